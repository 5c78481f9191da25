#include "canonical_decimal.h"
#include "canonical.h"

#include <stdlib.h>
#include <string.h>

enum { DECIMAL_HEAD = 6 }; /* tag, sign, power */

size_t canonical_decimal_begin(struct buffer *out)
{
    static const uint8_t head[DECIMAL_HEAD] = {'d', '+'};
    size_t start = out->length;
    buffer_put(out, head, sizeof head);
    return start;
}

bool canonical_decimal_end(struct buffer *out, size_t start, bool negative, int64_t power)
{
    if (out->failed)
        return true; /* whoever uses the buffer sees it */
    char *digits = (char *)out->data + start + DECIMAL_HEAD;
    size_t count = out->length - start - DECIMAL_HEAD, zeros = 0;
    while (count > 0 && digits[count - 1] == '0') {
        count--;
        power++;
    }
    while (zeros < count && digits[zeros] == '0')
        zeros++;
    count -= zeros;
    memmove(digits, digits + zeros, count);
    out->length = start + DECIMAL_HEAD + count;
    if (count == 0)
        return true;
    if (power < INT32_MIN || power > INT32_MAX) {
        out->length = start;
        return false;
    }
    out->data[start + 1] = negative ? '-' : '+';
    buffer_patch_be32(out, start + 2, (uint32_t)(int32_t)power);
    return true;
}

/* The exponent behind "e"; what no int64 holds is cut to one that no decimal fits. */
static bool read_exponent(const char *at, const char *end, int64_t *exponent)
{
    const int64_t large = INT64_C(1) << 40;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    for (*exponent = 0; at < end && *at >= '0' && *at <= '9'; at++)
        *exponent = *exponent < large ? *exponent * 10 + (*at - '0') : large;
    if (negative)
        *exponent = -*exponent;
    return at == end;
}

bool canonical_put_digits(struct buffer *out, const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    size_t start = canonical_decimal_begin(out), digits = 0;
    int64_t power = 0, exponent = 0;
    bool negative = at < end && *at == '-', point = false, valid = true;
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    for (; at < end && *at != 'e' && *at != 'E' && valid; at++) {
        if (*at >= '0' && *at <= '9') {
            buffer_putc(out, *at);
            digits++;
            power -= point;
        } else {
            valid = *at == '.' && !point;
            point = true;
        }
    }
    valid = valid && digits > 0 && (at == end || read_exponent(at + 1, end, &exponent));
    if (valid)
        return canonical_decimal_end(out, start, negative, power + exponent);
    out->length = out->failed ? out->length : start;
    return false;
}

bool canonical_put_decimal(struct buffer *out, const char *text)
{
    static const char *const specials[][2] = {
        {"NaN", "dNaN"}, {"Infinity", "d+Inf"}, {"-Infinity", "d-Inf"}};
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (strcmp(text, specials[i][0]) == 0) {
            buffer_puts(out, specials[i][1]);
            return true;
        }
    return canonical_put_digits(out, text, strlen(text));
}

bool canonical_decimal_read(const uint8_t *value, size_t length, struct canonical_decimal *decimal)
{
    if (length < DECIMAL_HEAD)
        return false;
    *decimal = (struct canonical_decimal){
        .negative = value[1] == '-',
        .power = (int32_t)get_be32(value + 2),
        .digits = (const char *)value + DECIMAL_HEAD,
        .count = length - DECIMAL_HEAD,
    };
    return true;
}
