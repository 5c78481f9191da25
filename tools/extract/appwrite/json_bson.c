#include "json_bson.h"

#include <bson/bson.h>
#include <ctype.h>
#include <string.h>

static bool put_value(bson_t *parent, const char *key, int key_length, json_t *value, int depth,
                      struct error *error);

/* Where the key begins whose closing quote is the byte before `end`. */
static size_t key_start(const char *text, size_t end)
{
    size_t at = end - 1;
    while (at > 0) {
        size_t backslashes = 0;
        at--;
        while (backslashes < at && text[at - backslashes - 1] == '\\')
            backslashes++;
        if (text[at] == '"' && backslashes % 2 == 0)
            break;
    }
    return at;
}

static bool parse_error(const json_error_t *cause, const char *text, size_t length,
                        struct error *error)
{
    size_t at = cause->position < 0 ? 0 : (size_t)cause->position;
    if (at > length)
        at = length;
    enum json_error_code code = json_error_code(cause);
    if (code == json_error_out_of_memory)
        return error_memory(error);
    if (code == json_error_numeric_overflow)
        return error_set(error, ERROR_SOURCE, "column %d: a number that 64 bits cannot hold",
                         cause->column);
    if (code == json_error_duplicate_key && at > 0) {
        /* Jansson itself shows only short keys. */
        size_t start = key_start(text, at);
        return error_set(error, ERROR_SOURCE, "column %d: the key %.*s is there twice",
                         cause->column, (int)(at - start), text + start);
    }
    /* Jansson goes on with " near" and a piece of the text, which may be a secret. */
    const char *near = strstr(cause->text, " near ");
    int shown = near != NULL ? (int)(near - cause->text) : (int)strlen(cause->text);
    return error_set(error, ERROR_SOURCE, "column %d: %.*s", cause->column, shown, cause->text);
}

/* An object that stops too early: the text is empty, or begins as an object and does not end as
 * one, or the parser says so. */
static bool is_cut(const json_error_t *cause, const char *text, size_t length)
{
    size_t from = 0;
    while (from < length && isspace((unsigned char)text[from]))
        from++;
    while (length > from && isspace((unsigned char)text[length - 1]))
        length--;
    if (from == length)
        return true;
    return text[from] == '{' &&
           (text[length - 1] != '}' || json_error_code(cause) == json_error_premature_end_of_input);
}

bool json_bson_parse(const char *text, size_t length, json_t **object, bool *cut,
                     struct error *error)
{
    json_error_t cause;
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &cause);
    if (cut != NULL)
        *cut = value == NULL && is_cut(&cause, text, length);
    if (value == NULL)
        return parse_error(&cause, text, length, error);
    if (!json_is_object(value)) {
        json_decref(value);
        return error_set(error, ERROR_SOURCE, "column 1: this is an array, not an object");
    }
    *object = value;
    return true;
}

/* All that can go wrong in libbson, which aborts when memory is out. */
static bool fits(bool appended, struct error *error)
{
    return appended || error_set(error, ERROR_SOURCE, "as BSON it is larger than 2 GiB");
}

static bool put_members(bson_t *document, json_t *object, int depth, struct error *error)
{
    const char *key;
    size_t length;
    json_t *value;
    json_object_keylen_foreach(object, key, length, value)
    {
        if (!put_value(document, key, (int)length, value, depth, error))
            return depth == 1 ? error_at(error, NULL, NULL, key) : false;
    }
    return true;
}

static bool put_elements(bson_t *document, json_t *array, int depth, struct error *error)
{
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value)
    {
        char digits[16];
        const char *key;
        size_t length = bson_uint32_to_string((uint32_t)i, &key, digits, sizeof digits);
        if (!put_value(document, key, (int)length, value, depth, error))
            return false;
    }
    return true;
}

static bool put_nested(bson_t *parent, const char *key, int key_length, json_t *value, int depth,
                       struct error *error)
{
    if (depth == JSON_BSON_DEPTH)
        return error_set(error, ERROR_SOURCE, "nested deeper than %d levels", JSON_BSON_DEPTH);
    bson_t child;
    if (json_is_object(value))
        return fits(bson_append_document_begin(parent, key, key_length, &child), error) &&
               put_members(&child, value, depth + 1, error) &&
               fits(bson_append_document_end(parent, &child), error);
    return fits(bson_append_array_begin(parent, key, key_length, &child), error) &&
           put_elements(&child, value, depth + 1, error) &&
           fits(bson_append_array_end(parent, &child), error);
}

static bool put_value(bson_t *parent, const char *key, int key_length, json_t *value, int depth,
                      struct error *error)
{
    bool appended = false;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return put_nested(parent, key, key_length, value, depth, error);
    case JSON_STRING:
        appended = bson_append_utf8(parent, key, key_length, json_string_value(value),
                                    (int)json_string_length(value));
        break;
    case JSON_INTEGER:
        appended = bson_append_int64(parent, key, key_length, json_integer_value(value));
        break;
    case JSON_REAL:
        appended = bson_append_double(parent, key, key_length, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        appended = bson_append_bool(parent, key, key_length, json_is_true(value));
        break;
    case JSON_NULL:
        appended = bson_append_null(parent, key, key_length);
        break;
    }
    return fits(appended, error);
}

bool json_bson_put(json_t *object, struct buffer *out, struct error *error)
{
    bson_t document = BSON_INITIALIZER;
    bool ok = put_members(&document, object, 1, error);
    if (ok) {
        buffer_put(out, bson_get_data(&document), document.len);
        ok = buffer_ok(out, error);
    }
    bson_destroy(&document);
    return ok;
}
