#include "loss.h"

#include <bson/bson.h>
#include <string.h>

void losses_init(struct losses *losses, const char *entity)
{
    *losses = (struct losses){.entity = entity, .key = ""};
    buffer_init(&losses->tuples);
}

void losses_release(struct losses *losses)
{
    buffer_release(&losses->tuples);
}

void losses_clear(struct losses *losses)
{
    buffer_clear(&losses->tuples);
    losses->count = 0;
}

/* The target takes valid UTF-8 only: a path may have been cut inside its last character, and a key may
 * come from text that never was any. */
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

void losses_add(struct losses *losses, const char *path, const char *rule, const char *before,
                const char *after)
{
    const char *fields[] = {losses->entity, losses->key, path, rule, before, after};
    buffer_put_be16(&losses->tuples, sizeof fields / sizeof fields[0]);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        put_text(&losses->tuples, fields[i]);
    losses->count++;
}
