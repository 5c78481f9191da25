#include "json_number.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DECIMAL_DIGITS = 34,
    DECIMAL_LEAST = -6176, /* exponent of the last digit */
    DECIMAL_MOST = 6144,   /* exponent of the first digit */
    EXPONENT_BOUND = 1000 * 1000,
};

/* digits * 10^exponent, without zeros at either end; zero has no digits. */
struct decimal {
    bool negative, too_long;
    char digits[DECIMAL_DIGITS + 1];
    int count;
    long exponent;
};

static size_t digits_length(const char *text, size_t length)
{
    size_t n = 0;
    while (n < length && isdigit((unsigned char)text[n]))
        n++;
    return n;
}

size_t json_number_length(const char *text, size_t length)
{
    size_t at = length > 0 && text[0] == '-';
    size_t whole = digits_length(text + at, length - at);
    if (whole == 0)
        return 0;
    at += text[at] == '0' ? 1 : whole;
    if (at < length && text[at] == '.') {
        size_t fraction = digits_length(text + at + 1, length - at - 1);
        if (fraction == 0)
            return 0;
        at += 1 + fraction;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        size_t sign = at + 1 < length && (text[at + 1] == '+' || text[at + 1] == '-');
        size_t exponent = digits_length(text + at + 1 + sign, length - at - 1 - sign);
        if (exponent == 0)
            return 0;
        at += 1 + sign + exponent;
    }
    return at;
}

static void put_digit(struct decimal *number, char digit, long *zeros)
{
    if (digit == '0') {
        *zeros += number->count > 0; /* in front they say nothing */
        return;
    }
    if (number->count + *zeros >= DECIMAL_DIGITS) {
        number->too_long = true;
        return;
    }
    memset(number->digits + number->count, '0', (size_t)*zeros);
    number->count += (int)*zeros;
    number->digits[number->count++] = digit;
    *zeros = 0;
}

static struct decimal decimal_of(const char *token)
{
    struct decimal number = {.negative = *token == '-'};
    long zeros = 0, behind = 0; /* digits behind the point */
    bool fraction = false;
    const char *at = token + number.negative;
    for (; isdigit((unsigned char)*at) || *at == '.'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        behind += fraction;
        put_digit(&number, *at, &zeros);
    }
    long exponent = *at == 'e' || *at == 'E' ? strtol(at + 1, NULL, 10) : 0;
    if (exponent > EXPONENT_BOUND || exponent < -EXPONENT_BOUND)
        exponent = exponent > 0 ? EXPONENT_BOUND : -EXPONENT_BOUND;
    number.exponent = number.count > 0 ? exponent - behind + zeros : 0;
    return number;
}

static bool is_same(const struct decimal *a, const struct decimal *b)
{
    return !a->too_long && !b->too_long && a->negative == b->negative && a->count == b->count &&
           a->exponent == b->exponent && strcmp(a->digits, b->digits) == 0;
}

/* Does the shortest text that reads back as this double say the token's number? Short numbers need
 * no look: every one of 15 digits survives, unless it is so small that a double has fewer. */
static bool is_exact(double value, const struct decimal *number)
{
    if (!isfinite(value) || number->too_long || (value == 0 && number->count > 0))
        return false;
    bool normal = fabs(value) >= DBL_MIN || value == 0;
    if (normal && number->count <= DBL_DIG)
        return true;
    char text[40];
    int digits = normal ? DBL_DIG : 1;
    do
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
    while (digits++ < DBL_DECIMAL_DIG && strtod(text, NULL) != value);
    struct decimal shortest = decimal_of(text);
    return is_same(&shortest, number);
}

static bool decimal128_of(const struct decimal *number, bson_decimal128_t *out)
{
    char text[DECIMAL_DIGITS + 32];
    if (number->too_long || number->exponent < DECIMAL_LEAST ||
        number->exponent + number->count - 1 > DECIMAL_MOST)
        return false;
    snprintf(text, sizeof text, "%s%sE%+ld", number->negative ? "-" : "", number->digits,
             number->exponent);
    return bson_decimal128_from_string(text, out);
}

bool json_number_value(const char *token, bson_value_t *value)
{
    if (strpbrk(token, ".eE") == NULL && strcmp(token, "-0") != 0) {
        errno = 0;
        value->value_type = BSON_TYPE_INT64;
        value->value.v_int64 = strtoll(token, NULL, 10);
        if (errno == 0)
            return true;
    } else {
        struct decimal number = decimal_of(token);
        value->value_type = BSON_TYPE_DOUBLE;
        value->value.v_double = strtod(token, NULL);
        if (is_exact(value->value.v_double, &number))
            return true;
    }
    struct decimal number = decimal_of(token);
    value->value_type = BSON_TYPE_DECIMAL128;
    return decimal128_of(&number, &value->value.v_decimal128);
}

bool json_number_extended(const char *token, bson_value_t *value)
{
    struct decimal number = decimal_of(token);
    bool whole = strpbrk(token, ".eE") == NULL && strcmp(token, "-0") != 0;
    if (whole) {
        errno = 0;
        long long integer = strtoll(token, NULL, 10);
        bool small = integer >= INT32_MIN && integer <= INT32_MAX;
        value->value_type = small ? BSON_TYPE_INT32 : BSON_TYPE_INT64;
        if (small)
            value->value.v_int32 = (int32_t)integer;
        else
            value->value.v_int64 = integer;
        if (errno == 0)
            return true;
    }
    double nearest = strtod(token, NULL);
    value->value_type = BSON_TYPE_DOUBLE;
    value->value.v_double = nearest;
    return whole ? is_exact(nearest, &number)
                 : isfinite(nearest) && (nearest != 0 || (number.count == 0 && !number.too_long));
}
