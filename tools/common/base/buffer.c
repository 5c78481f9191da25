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
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed)
        return NULL;
    if (more > buffer->capacity - buffer->length) {
        size_t wanted = buffer->capacity < 256 ? 256 : buffer->capacity;
        while (wanted - buffer->length < more) {
            if (wanted > SIZE_MAX / 2) {
                buffer->failed = true;
                return NULL;
            }
            wanted += wanted / 2;
        }
        uint8_t *data = realloc(buffer->data, wanted);
        if (data == NULL) {
            buffer->failed = true;
            return NULL;
        }
        buffer->data = data;
        buffer->capacity = wanted;
    }
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
