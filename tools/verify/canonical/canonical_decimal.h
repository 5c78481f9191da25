/* canonical_decimal.h: decimals as canonical.h has them, digit by digit. */
#ifndef VERIFY_CANONICAL_DECIMAL_H
#define VERIFY_CANONICAL_DECIMAL_H

#include "graduate/buffer.h"

/* A decimal under construction: put digits (as characters) behind canonical_decimal_begin's place;
 * `power` is the power of ten of the last of them. False, with the buffer as it was before, when
 * the power does not fit. */
size_t canonical_decimal_begin(struct buffer *out);
bool canonical_decimal_end(struct buffer *out, size_t start, bool negative, int64_t power);

/* As canonical_put_decimal, of text without terminator and of finite numbers only. */
bool canonical_put_digits(struct buffer *out, const char *text, size_t length);

/* A canonical decimal that is finite, taken apart. False for NaN and the infinities. */
struct canonical_decimal {
    bool negative;
    int32_t power; /* of the last digit */
    const char *digits;
    size_t count;
};
bool canonical_decimal_read(const uint8_t *value, size_t length, struct canonical_decimal *decimal);

#endif
