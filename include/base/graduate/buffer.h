/* buffer.h: a growable run of bytes, used wherever bytes are put together.
 *
 * Invariants: length <= capacity; data[0..length) are the bytes; data is NULL only while capacity
 * is 0. The bytes may hold NULs; buffer_text gives them a terminator that is not counted.
 *
 * A failed allocation does not fail the call that needed it: it sets `failed` and leaves no room,
 * after which every put is a no-op, and the writer checks once, at the end of what it builds
 * (buffer_ok). So code that encodes a row has no error path per value. buffer_clear forgets the
 * content, not the memory; it does not forget a failure. */
#ifndef GRADUATE_BUFFER_H
#define GRADUATE_BUFFER_H

#include "graduate/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "graduate is written for little-endian machines"
#endif

struct buffer {
    uint8_t *data;
    size_t length;
    size_t capacity;
    bool failed;
};

void buffer_init(struct buffer *buffer);
void buffer_release(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
/* False with an out-of-memory error if any put has failed since the buffer was made. */
bool buffer_ok(const struct buffer *buffer, struct error *error);

/* In the header, as are the integers, because every value of a row goes through here, most of them
 * a few bytes long. */
uint8_t *buffer_grow(struct buffer *buffer, size_t more);
/* Make room for `more` further bytes and return where they go, or NULL (failed is set). The caller
 * adds what it wrote to length. */
static inline uint8_t *buffer_reserve(struct buffer *buffer, size_t more)
{
    return more <= buffer->capacity - buffer->length ? buffer->data + buffer->length
                                                     : buffer_grow(buffer, more);
}
static inline void buffer_put(struct buffer *buffer, const void *bytes, size_t length)
{
    uint8_t *to = length > 0 ? buffer_reserve(buffer, length) : NULL;
    if (to == NULL)
        return;
    memcpy(to, bytes, length);
    buffer->length += length;
}
static inline void buffer_putc(struct buffer *buffer, char c)
{
    buffer_put(buffer, &c, 1);
}
void buffer_puts(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Integers in the order of PostgreSQL's binary COPY (big-endian), and of BSON and the stream. */
static inline void buffer_put_be16(struct buffer *buffer, uint16_t value)
{
    uint16_t swapped = __builtin_bswap16(value);
    buffer_put(buffer, &swapped, sizeof swapped);
}
static inline void buffer_put_be32(struct buffer *buffer, uint32_t value)
{
    uint32_t swapped = __builtin_bswap32(value);
    buffer_put(buffer, &swapped, sizeof swapped);
}
static inline void buffer_put_be64(struct buffer *buffer, uint64_t value)
{
    uint64_t swapped = __builtin_bswap64(value);
    buffer_put(buffer, &swapped, sizeof swapped);
}
static inline void buffer_put_le32(struct buffer *buffer, uint32_t value)
{
    buffer_put(buffer, &value, sizeof value);
}
static inline void buffer_put_le64(struct buffer *buffer, uint64_t value)
{
    buffer_put(buffer, &value, sizeof value);
}
/* Overwrite 4 bytes at `offset`, which must lie inside the content; for lengths known later. */
static inline void buffer_patch_be32(struct buffer *buffer, size_t offset, uint32_t value)
{
    uint32_t swapped = __builtin_bswap32(value);
    if (!buffer->failed)
        memcpy(buffer->data + offset, &swapped, sizeof swapped);
}

/* The content as a C string; valid until the next put. "" when empty or failed. */
const char *buffer_text(struct buffer *buffer);

/* Integers out of bytes of any alignment. */
static inline uint16_t get_be16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap16(value);
}
static inline uint32_t get_be32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap32(value);
}
static inline uint64_t get_be64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}
static inline uint32_t get_le32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}
static inline uint64_t get_le64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

#endif
