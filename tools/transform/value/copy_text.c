#include "copy_text.h"

#include <bson/bson.h>
#include <string.h>

static void put_text(struct buffer *out, const char *text)
{
    size_t length = strlen(text), whole = length;
    while (length - whole < 4 && whole > 0 && !bson_utf8_validate(text, whole, false))
        whole--;
    bool valid = bson_utf8_validate(text, whole, false);
    length = valid ? whole : length;
    buffer_put_be32(out, (uint32_t)length);
    for (size_t i = 0; !valid && i < length; i++)
        buffer_putc(out, (text[i] & 0x80) != 0 ? '?' : text[i]);
    if (valid)
        buffer_put(out, text, length);
}

void copy_texts(struct buffer *out, const char *const *texts, size_t count)
{
    buffer_put_be16(out, (uint16_t)count);
    for (size_t i = 0; i < count; i++)
        put_text(out, texts[i]);
}
