#include "json_keys.h"

#include <string.h>

/* Behind the string that begins at `at` (on its opening quote). */
static size_t skip_string(const char *text, size_t length, size_t at)
{
    for (at++; at < length && text[at] != '"'; at++)
        at += text[at] == '\\';
    return at < length ? at + 1 : length;
}

bool json_keys_identify(const struct identity *identity, const char *entity, const char *text,
                        size_t length, struct buffer *out, struct error *error)
{
    int depth = 0;
    bool key = false; /* the next string at depth 1 is a key */
    for (size_t at = 0; at < length;) {
        char c = text[at];
        if (c == '"') {
            size_t end = skip_string(text, length, at);
            uint8_t uuid[16];
            char name[37];
            bool is_key = key && depth == 1;
            key = false;
            if (!is_key) {
                buffer_put(out, text + at, end - at);
            } else if (memchr(text + at, '\\', end - at) != NULL || end - at < 3 ||
                       !identity_from_text(identity, entity, text + at + 1, end - at - 2, uuid)) {
                return error_set(error, ERROR_DATA, "the key %.*s is nobody's id",
                                 (int)(end - at < 80 ? end - at : 80), text + at);
            } else {
                uuid_format(uuid, name);
                buffer_putc(out, '"');
                buffer_puts(out, name);
                buffer_putc(out, '"');
            }
            at = end;
            continue;
        }
        if (depth == 0 && c == '[') { /* not an object: nothing in it is a key */
            buffer_put(out, text + at, length - at);
            return true;
        }
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        key = depth == 1 && (c == '{' || c == ',' || (key && (c == ' ' || c == '\n')));
        buffer_putc(out, c);
        at++;
    }
    return true;
}
