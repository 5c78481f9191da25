#include "json_keys.h"

#include <stdlib.h>
#include <string.h>

/* Behind the string that begins at `at` (on its opening quote). */
static size_t skip_string(const char *text, size_t length, size_t at)
{
    for (at++; at < length && text[at] != '"'; at++)
        at += text[at] == '\\';
    return at < length ? at + 1 : length;
}

static bool replace_keys(const struct identity *identity, const char *entity, enum identity_ids ids,
                         const struct json_keys_asking *asking, const char *text, size_t length,
                         struct buffer *out, struct buffer *uuids, struct error *error)
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
                       !identity_from_text(identity, entity, ids, text + at + 1, end - at - 2,
                                           uuid)) {
                error_set(error, ERROR_DATA, "the key %.*s is nobody's id: ids of %s are %s",
                          (int)(end - at < 80 ? end - at : 80), text + at, entity,
                          identity_ids_text(ids));
                return error_hint(error, "correct the row in the source, and run again");
            } else if (asking != NULL &&
                       !asking->ask(asking->context, text + at + 1, end - at - 2, uuid, error)) {
                return false;
            } else {
                buffer_put(uuids, uuid, sizeof uuid);
                uuid_format(uuid, name);
                buffer_putc(out, '"');
                buffer_puts(out, name);
                buffer_putc(out, '"');
            }
            at = end;
            continue;
        }
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        key = depth == 1 && (c == '{' || c == ',' || (key && (c == ' ' || c == '\n')));
        buffer_putc(out, c);
        at++;
    }
    return true;
}

/* What is no object has no keys that could be ids; null is nothing. */
static bool check_object(const char *entity, const char *text, size_t length, struct error *error)
{
    if ((length > 0 && text[0] == '{') || (length == 4 && memcmp(text, "null", 4) == 0))
        return true;
    error_set(error, ERROR_DATA, "the value is %s, and no object whose keys are ids of %s",
              length == 0                     ? "empty"
              : text[0] == '['                ? "an array"
              : text[0] == '"'                ? "a text"
              : strchr("tf", text[0]) != NULL ? "a truth value"
                                              : "a number",
              entity);
    return error_hint(error, "correct the row in the source, and run again");
}

static int compare_uuids(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

/* Two forms of one id ("5F0C..." and "5f0c...") are two keys before and one afterwards. */
static bool no_key_twice(struct buffer *uuids, struct error *error)
{
    char name[37];
    if (!buffer_ok(uuids, error))
        return false;
    if (uuids->length > 16)
        qsort(uuids->data, uuids->length / 16, 16, compare_uuids);
    for (size_t i = 16; i < uuids->length; i += 16)
        if (memcmp(uuids->data + i - 16, uuids->data + i, 16) == 0) {
            uuid_format(uuids->data + i, name);
            error_set(error, ERROR_DATA, "two keys of the object are one id, %s", name);
            return error_hint(error, "correct the row in the source, and run again");
        }
    return true;
}

bool json_keys_identify(const struct identity *identity, const char *entity, enum identity_ids ids,
                        const struct json_keys_asking *asking, const char *text, size_t length,
                        struct buffer *out, struct error *error)
{
    struct buffer uuids;
    buffer_init(&uuids);
    bool ok = check_object(entity, text, length, error) &&
              replace_keys(identity, entity, ids, asking, text, length, out, &uuids, error) &&
              no_key_twice(&uuids, error);
    buffer_release(&uuids);
    return ok;
}

bool json_keys_replace(const struct identity *identity, const char *entity, enum identity_ids ids,
                       const struct json_keys_asking *asking, struct buffer *out, size_t start,
                       struct error *error)
{
    struct buffer text;
    if (!buffer_ok(out, error))
        return false;
    buffer_init(&text);
    buffer_put(&text, out->data + start, out->length - start);
    out->length = start;
    bool ok =
        buffer_ok(&text, error) && json_keys_identify(identity, entity, ids, asking,
                                                      buffer_text(&text), text.length, out, error);
    buffer_release(&text);
    return ok;
}
