#include "number.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void number_format(double number, char *out, size_t size)
{
    if (!isfinite(number)) {
        snprintf(out, size, "%s", isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
        return;
    }
    /* 15 digits are never too many, save below the normal range, where a double holds fewer. */
    int digits = fpclassify(number) == FP_SUBNORMAL ? 1 : 15;
    for (; digits <= 17; digits++) {
        snprintf(out, size, "%.*g", digits, number);
        if (strtod(out, NULL) == number)
            return;
    }
}

double number_widen(float small)
{
    char text[32];
    if (!isfinite(small))
        return (double)small;
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)small);
        if (strtof(text, NULL) == small)
            break;
    }
    return strtod(text, NULL);
}

bool number_to_int64(double number, int64_t *out)
{
    /* -2^63 is a double, 2^63 is the first that is too large. */
    if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0) ||
        number != floor(number))
        return false;
    *out = (int64_t)number;
    return true;
}

/* A decimal text taken apart: significant digits, and the power of ten of the last one. */
struct decimal {
    bool negative;
    const char *digits; /* as they stand in the text, maybe with one point among them */
    size_t length;
    long exponent; /* of the last digit */
};

static bool parse(const char *text, struct decimal *decimal)
{
    const char *at = text;
    *decimal = (struct decimal){0};
    decimal->negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    decimal->digits = at;
    size_t digits = 0, after_point = 0;
    bool point = false;
    for (; (*at >= '0' && *at <= '9') || (*at == '.' && !point); at++) {
        point = point || *at == '.';
        digits += *at != '.';
        after_point += point && *at != '.';
    }
    decimal->length = (size_t)(at - decimal->digits);
    if (digits == 0 || after_point > 100000)
        return false;
    decimal->exponent = -(long)after_point;
    if (*at == 'e' || *at == 'E') {
        char *end;
        long exponent = strtol(at + 1, &end, 10);
        if (end == at + 1 || exponent < -100000 || exponent > 100000)
            return false;
        decimal->exponent += exponent;
        at = end;
    }
    return *at == '\0';
}

/* The digits without point and leading zeros, into `out`; returns how many. */
static size_t significant(const struct decimal *decimal, char *out)
{
    size_t count = 0;
    for (size_t i = 0; i < decimal->length; i++)
        if (decimal->digits[i] != '.' && (count > 0 || decimal->digits[i] != '0'))
            out[count++] = decimal->digits[i];
    return count;
}

enum { LONGEST_TEXT = 400 };

bool number_parse_int64(const char *text, int64_t *out)
{
    struct decimal decimal;
    char digits[LONGEST_TEXT];
    if (!parse(text, &decimal) || decimal.length >= sizeof digits)
        return false;
    size_t count = significant(&decimal, digits);
    for (; count > 0 && decimal.exponent < 0; decimal.exponent++)
        if (digits[--count] != '0')
            return false;
    if (count == 0) {
        *out = 0;
        return true;
    }
    if ((long)count + decimal.exponent > 19)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < count + (size_t)decimal.exponent; i++)
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(i < count ? digits[i] - '0' : 0), &value))
            return false;
    if (value > (uint64_t)INT64_MAX + decimal.negative)
        return false;
    *out = decimal.negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* The digits without zeros at either end; the exponent goes with them. */
static size_t bare(struct decimal *decimal, char *out)
{
    size_t count = significant(decimal, out);
    for (; count > 0 && out[count - 1] == '0'; count--)
        decimal->exponent++;
    return count;
}

bool number_round(const char *text, int places, char *out, size_t size)
{
    struct decimal decimal;
    char digits[LONGEST_TEXT + 2] = "0"; /* for what is carried over */
    if (!parse(text, &decimal) || decimal.length > LONGEST_TEXT)
        return false;
    long count = (long)significant(&decimal, digits + 1), exponent = decimal.exponent;
    long gone = -places - exponent;
    if (gone > count) { /* less than half of the last place */
        count = 0;
        exponent = -places;
    } else if (gone > 0) {
        bool up = digits[1 + count - gone] >= '5';
        count -= gone;
        exponent = -places;
        long i = count;
        for (; up && digits[i] == '9'; i--)
            digits[i] = '0';
        digits[i] = (char)(digits[i] + up);
    }
    int length = snprintf(out, size, "%s%.*se%ld", decimal.negative ? "-" : "", (int)count + 1,
                          digits, exponent);
    return length > 0 && (size_t)length < size;
}

bool number_is_whole(const char *text)
{
    struct decimal decimal;
    char digits[LONGEST_TEXT];
    return parse(text, &decimal) && decimal.length < LONGEST_TEXT &&
           (bare(&decimal, digits) == 0 || decimal.exponent >= 0);
}

void number_plain(const char *text, char out[NUMBER_PLAIN])
{
    struct decimal decimal;
    char digits[LONGEST_TEXT];
    bool exponent = strpbrk(text, "eE") != NULL && parse(text, &decimal) &&
                    decimal.length < LONGEST_TEXT && decimal.exponent >= 0;
    size_t count = exponent ? significant(&decimal, digits) : 0;
    if (count == 0 || (long)count + decimal.exponent > NUMBER_PLAIN - 4) {
        snprintf(out, NUMBER_PLAIN, "%s", text);
        return;
    }
    size_t sign = decimal.negative;
    out[0] = '-';
    memcpy(out + sign, digits, count);
    memset(out + sign + count, '0', (size_t)decimal.exponent);
    out[sign + count + (size_t)decimal.exponent] = '\0';
}

bool number_same(const char *a, const char *b)
{
    struct decimal x, y;
    char digits[2][LONGEST_TEXT];
    if (!parse(a, &x) || !parse(b, &y) || x.length >= LONGEST_TEXT || y.length >= LONGEST_TEXT)
        return false;
    size_t count = bare(&x, digits[0]);
    if (count != bare(&y, digits[1]) || memcmp(digits[0], digits[1], count) != 0)
        return false;
    return count == 0 || (x.negative == y.negative && x.exponent == y.exponent);
}

/* Of the first digit, where digits stand for a number that is not 0: their power of ten. */
static int compare_magnitudes(const char *a, size_t a_count, long a_top, const char *b,
                              size_t b_count, long b_top)
{
    if (a_top != b_top)
        return a_top < b_top ? -1 : 1;
    int difference = memcmp(a, b, a_count < b_count ? a_count : b_count);
    return difference != 0 ? difference : (a_count > b_count) - (a_count < b_count);
}

/* -1 and 1 for the infinities, 0 for anything else. */
static int infinity_of(const char *text)
{
    return (strcmp(text, "Infinity") == 0) - (strcmp(text, "-Infinity") == 0);
}

bool number_order(const char *a, const char *b, int *order)
{
    struct decimal x, y;
    char digits[2][LONGEST_TEXT];
    int x_infinity = infinity_of(a), y_infinity = infinity_of(b);
    if ((x_infinity == 0 && (!parse(a, &x) || x.length >= LONGEST_TEXT)) ||
        (y_infinity == 0 && (!parse(b, &y) || y.length >= LONGEST_TEXT)))
        return false;
    *order = x_infinity - y_infinity;
    if (x_infinity != 0 || y_infinity != 0)
        return true;
    size_t x_count = bare(&x, digits[0]), y_count = bare(&y, digits[1]);
    int x_sign = x_count == 0 ? 0 : x.negative ? -1 : 1;
    int y_sign = y_count == 0 ? 0 : y.negative ? -1 : 1;
    *order = x_sign - y_sign;
    if (*order == 0 && x_sign != 0)
        *order = x_sign * compare_magnitudes(digits[0], x_count, (long)x_count + x.exponent,
                                             digits[1], y_count, (long)y_count + y.exponent);
    return true;
}

static void put_head(struct buffer *out, size_t digits, long weight, uint16_t sign, long scale)
{
    buffer_put_be16(out, (uint16_t)digits);
    buffer_put_be16(out, (uint16_t)(int16_t)weight);
    buffer_put_be16(out, sign);
    buffer_put_be16(out, (uint16_t)scale);
}

static bool put_special(struct buffer *out, const char *text)
{
    static const struct {
        const char *text;
        uint16_t sign;
    } specials[] = {{"NaN", 0xC000}, {"Infinity", 0xD000}, {"-Infinity", 0xF000}};
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (strcmp(text, specials[i].text) == 0) {
            put_head(out, 0, 0, specials[i].sign, 0);
            return true;
        }
    return false;
}

enum numeric_outcome numeric_put(struct buffer *out, const char *text, int precision, int scale)
{
    struct decimal decimal;
    char digits[LONGEST_TEXT];
    if (strpbrk(text, "Nn") != NULL) {
        if (precision > 0 && strcmp(text, "NaN") != 0)
            return NUMERIC_TOO_LARGE;
        return put_special(out, text) ? NUMERIC_OK : NUMERIC_NOT;
    }
    if (!parse(text, &decimal) || decimal.length >= sizeof digits)
        return NUMERIC_NOT;
    size_t count = significant(&decimal, digits);
    long exponent = decimal.exponent;
    long shown = exponent < 0 ? -exponent : 0; /* places of the text */
    if (precision > 0) {
        shown = scale > 0 ? scale : 0;
        while (count > 0 && exponent < -scale && digits[count - 1] == '0') {
            count--;
            exponent++;
        }
        if (count > 0 && exponent < -scale)
            return NUMERIC_ROUNDS;
        if (count > 0 && (long)count + exponent > precision - scale)
            return NUMERIC_TOO_LARGE;
    }
    if (shown > 16383)
        return NUMERIC_ROUNDS; /* PostgreSQL's largest scale */
    if (count == 0) {
        put_head(out, 0, 0, 0, shown);
        return NUMERIC_OK;
    }
    /* Base-10000 digits are aligned to the point: find the power of the first and the last. */
    long top = (long)count + exponent - 1; /* power of ten of the first digit */
    long weight = top >= 0 ? top / 4 : -((-top + 3) / 4);
    long bottom = exponent >= 0 ? exponent / 4 : -((-exponent + 3) / 4);
    put_head(out, (size_t)(weight - bottom + 1), weight, decimal.negative ? 0x4000 : 0, shown);
    for (long group = weight; group >= bottom; group--) {
        unsigned value = 0;
        for (long power = group * 4 + 3; power >= group * 4; power--) {
            long index = top - power;
            unsigned digit =
                index >= 0 && index < (long)count ? (unsigned)(digits[index] - '0') : 0;
            value = value * 10 + digit;
        }
        buffer_put_be16(out, (uint16_t)value);
    }
    return NUMERIC_OK;
}
