/* The functions of texts. What is no UTF-8 in them stays as it is: the column refuses it. */
#include "deed.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

/* The character at a place, and how many bytes it has; a byte that begins none is itself. */
static int character(const struct value *value, size_t at, ucs4_t *out, bool *valid)
{
    int length = u8_mbtoucr(out, value->bytes + at, value->length - at);
    *valid = length > 0;
    if (!*valid)
        *out = value->bytes[at];
    return *valid ? length : 1;
}

static bool map_letters(const struct function_context *context, struct value *value,
                        ucs4_t (*map)(ucs4_t), struct error *error)
{
    enum { LONGEST = 4 }; /* of a character */
    size_t length = 0, room = (size_t)value->length * 2 + LONGEST;
    uint8_t *made = deed_memory(context, room, error);
    if (made == NULL)
        return false;
    for (size_t at = 0; at < value->length;) {
        ucs4_t letter;
        bool valid;
        int size = character(value, at, &letter, &valid);
        int written = valid ? u8_uctomb(made + length, map(letter), (ptrdiff_t)(room - length)) : 0;
        if (written <= 0) {
            memcpy(made + length, value->bytes + at, (size_t)size);
            written = size;
        }
        length += (size_t)written;
        at += (size_t)size;
    }
    *value = value_from_text((const char *)made, length);
    return true;
}

bool deed_lower(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error)
{
    (void)call;
    return map_letters(context, value, uc_tolower, error);
}

bool deed_upper(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error)
{
    (void)call;
    return map_letters(context, value, uc_toupper, error);
}

/* How many bytes of white space stand at a place. */
static size_t blank_at(const struct value *value, size_t at)
{
    ucs4_t c;
    bool valid;
    int size = character(value, at, &c, &valid);
    return valid && uc_is_property_white_space(c) ? (size_t)size : 0;
}

bool deed_trim(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error)
{
    size_t start = 0, end = 0;
    (void)context;
    (void)call;
    (void)error;
    while (start < value->length && blank_at(value, start) > 0)
        start += blank_at(value, start);
    for (size_t at = start; at < value->length;) {
        size_t blank = blank_at(value, at);
        at += blank > 0 ? blank : 1;
        end = blank > 0 ? end : at;
    }
    *value = value_from_text((const char *)value->bytes + start, end > start ? end - start : 0);
    return true;
}

bool deed_empty_to_null(const struct function_context *context, const struct function_call *call,
                        struct value *value, struct error *error)
{
    (void)context;
    (void)call;
    (void)error;
    if (value->length == 0)
        *value = (struct value){.type = BSON_TYPE_NULL};
    return true;
}

bool deed_phone_digits(const struct function_context *context, const struct function_call *call,
                       struct value *value, struct error *error)
{
    size_t length = 0;
    uint8_t *made = deed_memory(context, value->length, error);
    (void)call;
    if (made == NULL)
        return false;
    for (size_t at = 0; at < value->length;) {
        size_t blank = blank_at(value, at);
        uint8_t c = value->bytes[at];
        if (blank == 0 && (c == '\0' || strchr("+()[]-./", c) == NULL))
            made[length++] = c;
        at += blank > 0 ? blank : 1;
    }
    *value = value_from_text((const char *)made, length);
    return true;
}

bool deed_strip(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error)
{
    size_t length = strlen(call->text);
    (void)context;
    (void)error;
    if (value->length >= length && memcmp(value->bytes, call->text, length) == 0)
        *value = value_from_text((const char *)value->bytes + length, value->length - length);
    return true;
}

bool deed_split(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error)
{
    bson_t parts = BSON_INITIALIZER;
    size_t length = strlen(call->text);
    const char *at = (const char *)value->bytes, *end = at + value->length;
    bool ok = true;
    for (uint32_t i = 0; ok && at < end + (i > 0); i++) {
        char digits[16];
        const char *key,
            *next = at < end ? memmem(at, (size_t)(end - at), call->text, length) : NULL;
        const char *stop = next != NULL ? next : end;
        bson_uint32_to_string(i, &key, digits, sizeof digits);
        ok = bson_append_utf8(&parts, key, -1, at, (int)(stop - at));
        if (next == NULL)
            break;
        at = next + length;
    }
    if (ok)
        return deed_make_container(context, &parts, BSON_TYPE_ARRAY, value, error);
    bson_destroy(&parts);
    return error_memory(error);
}
