#include "graduate/json.h"
#include "graduate/file.h"
#include "graduate/words.h"

#include <bson/bson.h>
#include <float.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 16 << 20, DEEPEST = 64 };

static void put_pointer(struct buffer *out, const struct json_place *place)
{
    if (place->up == NULL) {
        buffer_printf(out, "%s: ", place->name);
        return;
    }
    put_pointer(out, place->up);
    if (place->name == NULL) {
        buffer_printf(out, "/%zu", place->index);
        return;
    }
    buffer_putc(out, '/');
    for (const char *c = place->name; *c != '\0'; c++) { /* RFC 6901 */
        if (*c == '~')
            buffer_puts(out, "~0");
        else if (*c == '/')
            buffer_puts(out, "~1");
        else
            buffer_putc(out, *c);
    }
}

bool json_error(struct error *error, const struct json_place *place, const char *format, ...)
{
    struct buffer where;
    char what[768];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    buffer_init(&where);
    put_pointer(&where, place);
    if (place->up != NULL)
        buffer_puts(&where, ": ");
    error_set(error, ERROR_USAGE, "%s%s", buffer_text(&where), what);
    buffer_release(&where);
    return error_hint(error, "correct it there and run again; nothing was touched");
}

bool json_text(const cJSON *object, const struct json_place *place, const char *key, bool needed,
               const char **out, struct error *error)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    struct json_place here = {place, key, 0};
    if (value == NULL && !needed)
        return true;
    if (!cJSON_IsString(value) || value->valuestring[0] == '\0')
        return json_error(error, &here, "this must be a text, and is %s", json_kind(value));
    *out = value->valuestring;
    return true;
}

const char *json_kind(const cJSON *value)
{
    static const struct {
        int type;
        const char *name, *empty;
    } kinds[] = {
        {cJSON_False, "false", NULL},
        {cJSON_True, "true", NULL},
        {cJSON_NULL, "null", NULL},
        {cJSON_Number, "a number", NULL},
        {cJSON_String, "a string", "a string that is empty"},
        {cJSON_Array, "an array", "an array that is empty"},
        {cJSON_Object, "an object", "an object that is empty"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (value == NULL || (value->type & 0xFF) != kinds[i].type)
            continue;
        bool empty = cJSON_IsString(value) ? value->valuestring[0] == '\0' : value->child == NULL;
        return empty && kinds[i].empty != NULL ? kinds[i].empty : kinds[i].name;
    }
    return "nothing";
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static bool refuse_others(const cJSON *object, const struct json_place *place,
                          const char *const *words, size_t count, struct error *error)
{
    const cJSON *member;
    struct errors errors = {0};
    cJSON_ArrayForEach(member, object)
    {
        if (is_one_of(member->string, words, count))
            continue;
        const char *nearest = words_nearest(member->string, words, count);
        struct buffer allowed;
        buffer_init(&allowed);
        for (size_t i = 0; i < count; i++)
            buffer_printf(&allowed, "%s%s", i > 0 ? ", " : "", words[i]);
        json_error(error, place, "unknown key \"%s\"%s%s%s; allowed here: %s", member->string,
                   nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "\"?" : "", buffer_text(&allowed));
        buffer_release(&allowed);
        errors_add(&errors, error);
    }
    return errors_give(&errors, error);
}

bool json_only(const cJSON *object, const struct json_place *place, const char *const *words,
               size_t count, struct error *error)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        if (!is_one_of(member->string, words, count))
            return refuse_others(object, place, words, count, error);
    }
    return true;
}

static bool no_duplicates(const cJSON *value, const struct json_place *place, int depth,
                          struct error *error)
{
    if (depth > DEEPEST)
        return json_error(error, place, "nested deeper than %d levels", (int)DEEPEST);
    size_t index = 0;
    const cJSON *member;
    cJSON_ArrayForEach(member, value)
    {
        struct json_place here = {place, member->string, index++};
        if (member->string != NULL)
            for (const cJSON *other = member->next; other != NULL; other = other->next)
                if (strcmp(member->string, other->string) == 0)
                    return json_error(error, &here, "this key stands here twice");
        if (!no_duplicates(member, &here, depth + 1, error))
            return false;
    }
    return true;
}

static bool parse_error(const char *text, size_t length, const char *at, const char *name,
                        struct error *error)
{
    size_t line = 1, column = 1;
    for (const char *c = text; c < at && c < text + length; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    error_set(error, ERROR_USAGE, "%s:%zu:%zu: this is not JSON", name, line, column);
    return error_hint(error,
                      "look at line %zu, column %zu, and just before it: a missing comma or "
                      "quote, or a comma too many",
                      line, column);
}

/* The number of the first line that is no UTF-8, or holds a NUL; 0: all are sound. */
static size_t unsound_line(const char *text, size_t length)
{
    size_t number = 1;
    for (size_t at = 0; at < length; number++) {
        const char *newline = memchr(text + at, '\n', length - at);
        size_t line = newline != NULL ? (size_t)(newline - text) - at : length - at;
        if (!bson_utf8_validate(text + at, line, false))
            return number;
        at += line + 1;
    }
    return 0;
}

static bool check_text(const char *text, size_t length, const char *name, struct error *error)
{
    size_t line = unsound_line(text, length);
    if (line == 0)
        return true;
    error_set(error, ERROR_USAGE, "%s:%zu: this line is no UTF-8 text", name, line);
    return error_hint(error, "save the file in UTF-8 and run again; nothing was touched");
}

bool json_parse(const char *text, size_t length, const char *name, cJSON **json,
                struct error *error)
{
    const char *end = NULL;
    *json = NULL;
    if (!check_text(text, length, name, error))
        return false;
    *json = cJSON_ParseWithLengthOpts(text, length, &end, false);
    if (*json != NULL) /* cJSON stops behind the first value; the rest may only be white space */
        while (end < text + length && strchr(" \t\r\n", *end) != NULL && *end != '\0')
            end++;
    if (*json == NULL || end < text + length) {
        cJSON_Delete(*json);
        *json = NULL;
        return parse_error(text, length, end, name, error);
    }
    const struct json_place top = {NULL, name, 0};
    if (!no_duplicates(*json, &top, 0, error)) {
        cJSON_Delete(*json);
        *json = NULL;
        return false;
    }
    return true;
}

/* How many digits of the number at `text` count; *behind: where it ends, at `end` at the latest. */
static size_t count_digits(const char *text, const char *end, const char **behind)
{
    size_t digits = 0, zeros = 0;
    const char *at = text + (*text == '-');
    for (; at < end && ((*at >= '0' && *at <= '9') || *at == '.'); at++) {
        if (*at == '.' || (*at == '0' && digits == 0))
            continue;
        if (*at == '0') {
            zeros++;
            continue;
        }
        digits += zeros + 1;
        zeros = 0;
    }
    *behind = at;
    return digits;
}

static bool check_numbers(const char *text, size_t length, const char *name, struct error *error)
{
    const char *end = text + length, *behind;
    size_t line = 1;
    bool in_string = false;
    for (const char *at = text; at < end; at = behind) {
        behind = at + 1;
        line += *at == '\n';
        if (*at == '"')
            in_string = !in_string;
        else if (in_string && *at == '\\')
            behind++; /* a string ends before the text does */
        else if (!in_string && (*at == '-' || (*at >= '0' && *at <= '9')) &&
                 count_digits(at, end, &behind) > DBL_DIG) {
            int shown = behind - at < 60 ? (int)(behind - at) : 60;
            error_set(error, ERROR_USAGE,
                      "%s:%zu: the number %.*s has more digits than can be kept exactly here", name,
                      line, shown, at);
            return error_hint(error, "write it with %d digits at most", DBL_DIG);
        }
    }
    return true;
}

bool json_parse_exact(const char *text, size_t length, const char *name, cJSON **json,
                      struct error *error)
{
    if (!json_parse(text, length, name, json, error))
        return false;
    if (check_numbers(text, length, name, error))
        return true;
    cJSON_Delete(*json);
    *json = NULL;
    return false;
}

static bool read_file(const char *path,
                      bool (*parse)(const char *text, size_t length, const char *name, cJSON **json,
                                    struct error *error),
                      cJSON **json, struct error *error)
{
    struct buffer text;
    buffer_init(&text);
    *json = NULL;
    bool ok = file_read(path, LARGEST, ERROR_USAGE, &text, error) &&
              parse(buffer_text(&text), text.length, path, json, error);
    buffer_release(&text);
    return ok;
}

bool json_read_exact(const char *path, cJSON **json, struct error *error)
{
    return read_file(path, json_parse_exact, json, error);
}

bool json_read_file(const char *path, cJSON **json, struct error *error)
{
    return read_file(path, json_parse, json, error);
}

bool json_write_file(const char *path, const cJSON *json, struct error *error)
{
    char *text = cJSON_Print(json);
    if (text == NULL)
        return error_memory(error);
    bool ok = file_replace(path, text, strlen(text), error);
    cJSON_free(text);
    return ok;
}

void json_put_string(struct buffer *buffer, const char *text, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    buffer_putc(buffer, '"');
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_put(buffer, text + from, i - from); /* safe runs go out whole */
        from = i + 1;
        const char *shorts = "\b\t\n\f\r\"\\", *letters = "btnfr\"\\";
        const char *hit = c != '\0' ? strchr(shorts, c) : NULL;
        if (hit != NULL) {
            char escape[2] = {'\\', letters[hit - shorts]};
            buffer_put(buffer, escape, 2);
        } else {
            char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            buffer_put(buffer, escape, 6);
        }
    }
    buffer_put(buffer, text + from, length - from);
    buffer_putc(buffer, '"');
}
