/* put_field.h: a field of binary COPY whose length is known: its length and its bytes. */
#ifndef TRANSFORM_PUT_FIELD_H
#define TRANSFORM_PUT_FIELD_H

#include "graduate/buffer.h"

#include <string.h>

static inline void put_field(struct buffer *out, const void *bytes, uint32_t length)
{
    uint8_t *to = buffer_reserve(out, 4 + (size_t)length);
    if (to == NULL)
        return;
    uint32_t swapped = __builtin_bswap32(length);
    memcpy(to, &swapped, 4);
    memcpy(to + 4, bytes, length);
    out->length += 4 + (size_t)length;
}

static inline void put_field_be32(struct buffer *out, uint32_t value)
{
    value = __builtin_bswap32(value);
    put_field(out, &value, sizeof value);
}

static inline void put_field_be64(struct buffer *out, uint64_t value)
{
    value = __builtin_bswap64(value);
    put_field(out, &value, sizeof value);
}

#endif
