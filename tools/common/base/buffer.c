#include "graduate/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *buffer)
{
    *buffer = (struct buffer){0};
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->capacity = buffer->failed ? 0 : buffer->capacity;
}

uint8_t *buffer_grow(struct buffer *buffer, size_t more)
{
    size_t wanted = buffer->capacity < 256 ? 256 : buffer->capacity;
    while (wanted - buffer->length < more && wanted <= SIZE_MAX / 2)
        wanted += wanted / 2;
    bool fits = !buffer->failed && wanted - buffer->length >= more;
    uint8_t *data = fits ? realloc(buffer->data, wanted) : NULL;
    if (data == NULL) {
        buffer->failed = true;
        buffer->capacity = buffer->length;
        return NULL;
    }
    buffer->data = data;
    buffer->capacity = wanted;
    return buffer->data + buffer->length;
}

bool buffer_ok(const struct buffer *buffer, struct error *error)
{
    return buffer->failed ? error_memory(error) : true;
}

void buffer_puts(struct buffer *buffer, const char *text)
{
    buffer_put(buffer, text, strlen(text));
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) {
        buffer->failed = true;
        return;
    }
    uint8_t *to = buffer_reserve(buffer, (size_t)length + 1);
    if (to == NULL)
        return;
    vsnprintf((char *)to, (size_t)length + 1, format, args);
    buffer->length += (size_t)length;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buffer_vprintf(buffer, format, args);
    va_end(args);
}

const char *buffer_text(struct buffer *buffer)
{
    uint8_t *end = buffer_reserve(buffer, 1);
    if (end == NULL)
        return "";
    *end = '\0';
    return (const char *)buffer->data;
}
