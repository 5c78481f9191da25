#include "value.h"
#include "number.h"

#include "graduate/identity.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct value value_from_iter(const bson_iter_t *iter)
{
    struct value v = {.type = bson_iter_type(iter)};
    const char *text = NULL;
    switch (v.type) {
    case BSON_TYPE_DOUBLE:
        v.number = bson_iter_double(iter);
        break;
    case BSON_TYPE_UTF8:
        text = bson_iter_utf8(iter, &v.length);
        break;
    case BSON_TYPE_SYMBOL:
        text = bson_iter_symbol(iter, &v.length);
        break;
    case BSON_TYPE_CODE:
        text = bson_iter_code(iter, &v.length);
        break;
    case BSON_TYPE_DOCUMENT:
        bson_iter_document(iter, &v.length, &v.bytes);
        break;
    case BSON_TYPE_ARRAY:
        bson_iter_array(iter, &v.length, &v.bytes);
        break;
    case BSON_TYPE_BINARY: {
        bson_subtype_t subtype;
        bson_iter_binary(iter, &subtype, &v.length, &v.bytes);
        v.subtype = (uint8_t)subtype;
        break;
    }
    case BSON_TYPE_OID:
        v.oid = bson_iter_oid(iter)->bytes;
        break;
    case BSON_TYPE_BOOL:
        v.integer = bson_iter_bool(iter);
        break;
    case BSON_TYPE_DATE_TIME:
        v.integer = bson_iter_date_time(iter);
        break;
    case BSON_TYPE_REGEX:
        text = bson_iter_regex(iter, &v.options);
        v.length = (uint32_t)strlen(text);
        break;
    case BSON_TYPE_DBPOINTER: {
        const bson_oid_t *oid;
        bson_iter_dbpointer(iter, &v.length, &text, &oid);
        v.oid = oid->bytes;
        break;
    }
    case BSON_TYPE_CODEWSCOPE:
        text = bson_iter_codewscope(iter, &v.length, &v.scope_length, &v.scope);
        break;
    case BSON_TYPE_INT32:
        v.integer = bson_iter_int32(iter);
        break;
    case BSON_TYPE_TIMESTAMP:
        bson_iter_timestamp(iter, &v.timestamp.seconds, &v.timestamp.ordinal);
        break;
    case BSON_TYPE_INT64:
        v.integer = bson_iter_int64(iter);
        break;
    case BSON_TYPE_DECIMAL128:
        bson_iter_decimal128(iter, &v.decimal);
        break;
    case BSON_TYPE_EOD:
    case BSON_TYPE_UNDEFINED:
    case BSON_TYPE_NULL:
    case BSON_TYPE_MAXKEY:
    case BSON_TYPE_MINKEY:
        break;
    }
    if (text != NULL)
        v.bytes = (const uint8_t *)text;
    return v;
}

bool value_walked(const bson_iter_t *iter, const struct value *document)
{
    return iter->err_off == 0 && iter->off + 1 == document->length;
}

bool value_damaged(struct error *error)
{
    error_set(error, ERROR_SOURCE,
              "the document is damaged: a length in it is wrong, or it ends early");
    return error_hint(error,
                      "take the stream or the export that it comes from anew, or another copy");
}

bool value_at_element(const char *path, size_t place, struct error *error)
{
    size_t length = path != NULL ? strlen(path) : 0;
    char whole[sizeof error->path + 24];
    if (length == 0 || strncmp(error->path, path, length) != 0 ||
        strchr(".[", error->path[length]) == NULL) /* or at its end */
        return false;
    snprintf(whole, sizeof whole, "%.*s[%zu]%s", (int)length, path, place, error->path + length);
    snprintf(error->path, sizeof error->path, "%.*s", (int)sizeof error->path - 1, whole);
    return false;
}

struct value value_from_text(const char *text, size_t length)
{
    return (struct value){
        .type = BSON_TYPE_UTF8, .bytes = (const uint8_t *)text, .length = (uint32_t)length};
}

static bool container_from_json(struct arena *arena, const cJSON *json, struct value *value)
{
    bson_t bson;
    char *text = cJSON_PrintUnformatted(json);
    bool ok = text != NULL && bson_init_from_json(&bson, text, -1, NULL);
    cJSON_free(text);
    if (!ok)
        return false;
    uint8_t *copy = arena_alloc(arena, bson.len, 1);
    if (copy != NULL)
        memcpy(copy, bson_get_data(&bson), bson.len);
    *value = (struct value){
        .type = cJSON_IsArray(json) ? BSON_TYPE_ARRAY : BSON_TYPE_DOCUMENT,
        .bytes = copy,
        .length = bson.len,
    };
    bson_destroy(&bson);
    return copy != NULL;
}

bool value_from_json(struct arena *arena, const cJSON *json, struct value *value)
{
    double number = cJSON_IsNumber(json) ? json->valuedouble : 0;
    bool whole = fabs(number) < 9007199254740992.0 && number == floor(number);
    if (cJSON_IsObject(json) || cJSON_IsArray(json))
        return container_from_json(arena, json, value);
    if (cJSON_IsString(json))
        *value = value_from_text(json->valuestring, strlen(json->valuestring));
    else if (cJSON_IsBool(json))
        *value = (struct value){.type = BSON_TYPE_BOOL, .integer = cJSON_IsTrue(json)};
    else if (cJSON_IsNumber(json) && whole)
        *value = (struct value){.type = BSON_TYPE_INT64, .integer = (int64_t)number};
    else if (cJSON_IsNumber(json))
        *value = (struct value){.type = BSON_TYPE_DOUBLE, .number = number};
    else
        *value = (struct value){.type = BSON_TYPE_NULL};
    return true;
}

/* What is made of others as a whole. */
static bool append_compound(bson_t *out, const char *key, const struct value *value)
{
    const char *bytes = (const char *)value->bytes;
    bson_t inside, scope;
    switch ((int)value->type) {
    case BSON_TYPE_ARRAY:
        return bson_init_static(&inside, value->bytes, value->length) &&
               bson_append_array(out, key, -1, &inside);
    case BSON_TYPE_DOCUMENT:
        return bson_init_static(&inside, value->bytes, value->length) &&
               bson_append_document(out, key, -1, &inside);
    case BSON_TYPE_REGEX:
        return bson_append_regex(out, key, -1, bytes, value->options);
    case BSON_TYPE_CODE:
        return bson_append_code(out, key, -1, bytes);
    case BSON_TYPE_CODEWSCOPE:
        return bson_init_static(&scope, value->scope, value->scope_length) &&
               bson_append_code_with_scope(out, key, -1, bytes, &scope);
    default:
        return false;
    }
}

bool value_append(bson_t *out, const char *key, const struct value *value)
{
    const char *text = (const char *)value->bytes;
    bson_oid_t oid;
    switch ((int)value->type) {
    case BSON_TYPE_EOD:
    case BSON_TYPE_NULL:
        return bson_append_null(out, key, -1);
    case BSON_TYPE_UNDEFINED:
        return bson_append_undefined(out, key, -1);
    case BSON_TYPE_MINKEY:
        return bson_append_minkey(out, key, -1);
    case BSON_TYPE_MAXKEY:
        return bson_append_maxkey(out, key, -1);
    case BSON_TYPE_UTF8:
        return bson_append_utf8(out, key, -1, text, (int)value->length);
    case BSON_TYPE_SYMBOL:
        return bson_append_symbol(out, key, -1, text, (int)value->length);
    case BSON_TYPE_INT32:
        return bson_append_int32(out, key, -1, (int32_t)value->integer);
    case BSON_TYPE_INT64:
        return bson_append_int64(out, key, -1, value->integer);
    case BSON_TYPE_DOUBLE:
        return bson_append_double(out, key, -1, value->number);
    case BSON_TYPE_BOOL:
        return bson_append_bool(out, key, -1, value->integer != 0);
    case BSON_TYPE_DATE_TIME:
        return bson_append_date_time(out, key, -1, value->integer);
    case BSON_TYPE_TIMESTAMP:
        return bson_append_timestamp(out, key, -1, value->timestamp.seconds,
                                     value->timestamp.ordinal);
    case BSON_TYPE_DECIMAL128:
        return bson_append_decimal128(out, key, -1, &value->decimal);
    case BSON_TYPE_OID:
        memcpy(oid.bytes, value->oid, sizeof oid.bytes);
        return bson_append_oid(out, key, -1, &oid);
    case BSON_TYPE_BINARY:
        return bson_append_binary(out, key, -1, (bson_subtype_t)value->subtype, value->bytes,
                                  value->length);
    case BSON_TYPE_DBPOINTER:
        memcpy(oid.bytes, value->oid, sizeof oid.bytes);
        return bson_append_dbpointer(out, key, -1, text, &oid);
    default:
        return append_compound(out, key, value);
    }
}

static bool is_integer(const struct value *value)
{
    return value->type == BSON_TYPE_INT32 || value->type == BSON_TYPE_INT64;
}

bool value_is_number(const struct value *value)
{
    return is_integer(value) || value->type == BSON_TYPE_DOUBLE ||
           value->type == BSON_TYPE_DECIMAL128;
}

bool value_moment(const struct value *value, struct moment *moment)
{
    return value_is_text(value) && value->moment &&
           datetime_moment((const char *)value->bytes, value->length, moment);
}

bool value_is_scalar(const struct value *value)
{
    return value_is_number(value) || value->type == BSON_TYPE_BOOL;
}

bool value_is_finite(const struct value *value)
{
    char text[BSON_DECIMAL128_STRING];
    if (value->type == BSON_TYPE_DOUBLE)
        return isfinite(value->number);
    if (value->type != BSON_TYPE_DECIMAL128)
        return true;
    bson_decimal128_to_string(&value->decimal, text);
    return strpbrk(text, "Nn") == NULL;
}

bool value_identical(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == BSON_TYPE_BINARY && a->subtype != b->subtype)
        return false;
    switch ((int)a->type) {
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
    case BSON_TYPE_BINARY:
        return a->length == b->length &&
               (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
    case BSON_TYPE_INT64:
    case BSON_TYPE_DATE_TIME:
        return a->integer == b->integer;
    default:
        return true; /* no function makes another of its own type */
    }
}

const char *value_kind(const struct value *value)
{
    static const struct {
        bson_type_t type;
        const char *name;
    } kinds[] = {
        {BSON_TYPE_EOD, "nothing"},
        {BSON_TYPE_DOUBLE, "the double"},
        {BSON_TYPE_UTF8, "the text"},
        {BSON_TYPE_DOCUMENT, "a document"},
        {BSON_TYPE_ARRAY, "an array"},
        {BSON_TYPE_BINARY, "binary data"},
        {BSON_TYPE_UNDEFINED, "undefined"},
        {BSON_TYPE_OID, "the ObjectId"},
        {BSON_TYPE_BOOL, "the boolean"},
        {BSON_TYPE_DATE_TIME, "the date"},
        {BSON_TYPE_NULL, "null"},
        {BSON_TYPE_REGEX, "a regular expression"},
        {BSON_TYPE_DBPOINTER, "a DBPointer"},
        {BSON_TYPE_CODE, "JavaScript code"},
        {BSON_TYPE_SYMBOL, "the symbol"},
        {BSON_TYPE_CODEWSCOPE, "JavaScript code with scope"},
        {BSON_TYPE_INT32, "the int32"},
        {BSON_TYPE_TIMESTAMP, "the timestamp"},
        {BSON_TYPE_INT64, "the int64"},
        {BSON_TYPE_DECIMAL128, "the decimal"},
        {BSON_TYPE_MAXKEY, "MaxKey"},
        {BSON_TYPE_MINKEY, "MinKey"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].type == value->type)
            return kinds[i].name;
    return "a value of an unknown type";
}

/* To the second where it is one; beyond the years of ISO 8601 the milliseconds. */
static void brief_date(int64_t milliseconds, char *out, size_t size)
{
    char text[40];
    if (!datetime_format(milliseconds, text, sizeof text)) {
        snprintf(out, size, "%" PRId64 " ms", milliseconds);
        return;
    }
    char *fraction = strstr(text, ".000Z");
    snprintf(out, size, "%.*s%s", fraction != NULL ? (int)(fraction - text) : (int)sizeof text,
             text, fraction != NULL ? "Z" : "");
}

/* As JSON, so far as it fits: a key may be made of several fields. */
static void brief_container(const struct value *value, char *out, size_t size)
{
    bool array = value->type == BSON_TYPE_ARRAY;
    const char *between = "";
    size_t used = (size_t)snprintf(out, size, "%s", array ? "[" : "{");
    bson_iter_t iter;
    if (!bson_iter_init_from_data(&iter, value->bytes, value->length))
        return;
    while (used < size && bson_iter_next(&iter)) {
        char brief[80];
        const struct value member = value_from_iter(&iter);
        const char *quote = value_is_text(&member) || member.type == BSON_TYPE_OID ||
                                    member.type == BSON_TYPE_DATE_TIME
                                ? "\""
                                : "";
        value_brief(&member, brief, sizeof brief);
        used += (size_t)snprintf(
            out + used, size - used, "%s%s%s%s%s%s%s", between, array ? "" : "\"",
            array ? "" : bson_iter_key(&iter), array ? "" : "\": ", quote,
            brief[0] != '\0' || quote[0] != '\0' ? brief : value_kind(&member), quote);
        between = ", ";
    }
    if (used < size)
        snprintf(out + used, size - used, "%s", array ? "]" : "}");
}

void value_brief(const struct value *value, char *out, size_t size)
{
    char text[BSON_DECIMAL128_STRING];
    out[0] = '\0';
    if (value->type == BSON_TYPE_DOUBLE) {
        number_format(value->number, text, sizeof text);
        snprintf(out, size, "%s", text);
    } else if (value->type == BSON_TYPE_DECIMAL128) {
        bson_decimal128_to_string(&value->decimal, text);
        snprintf(out, size, "%s", text);
    } else if (is_integer(value)) {
        snprintf(out, size, "%" PRId64, value->integer);
    } else if (value->type == BSON_TYPE_DATE_TIME) {
        brief_date(value->integer, out, size);
    } else if (value->type == BSON_TYPE_BOOL) {
        snprintf(out, size, "%s", value->integer != 0 ? "true" : "false");
    } else if (value->type == BSON_TYPE_TIMESTAMP) {
        snprintf(out, size, "%u,%u", value->timestamp.seconds, value->timestamp.ordinal);
    } else if (value->type == BSON_TYPE_OID && size >= 25) {
        static const char digits[] = "0123456789abcdef"; /* every record's key comes by here */
        for (size_t i = 0; i < 12; i++) {
            out[2 * i] = digits[value->oid[i] >> 4];
            out[2 * i + 1] = digits[value->oid[i] & 15];
        }
        out[24] = '\0';
    } else if (value_is_text(value)) {
        /* Cut at a character, not inside one, and shown without control characters. */
        size_t length = value->length < size - 1 ? value->length : size - 1;
        while (length > 0 && length < value->length && (value->bytes[length] & 0xC0) == 0x80)
            length--;
        for (size_t i = 0; i < length; i++)
            out[i] = value->bytes[i] < 0x20 ? '?' : (char)value->bytes[i];
        out[length] = '\0';
    } else if (value->type == BSON_TYPE_DOCUMENT || value->type == BSON_TYPE_ARRAY) {
        brief_container(value, out, size);
    } else if (value->type == BSON_TYPE_BINARY && value->subtype == 4 && value->length == 16) {
        uuid_format(value->bytes, text);
        snprintf(out, size, "%s", text);
    }
}

void value_describe(const struct value *value, char *out, size_t size)
{
    char brief[64];
    value_brief(value, brief, sizeof brief);
    struct moment unused;
    bool moment = value_moment(value, &unused), text = value_is_text(value) && !moment;
    if (value->type == BSON_TYPE_DOCUMENT || value->type == BSON_TYPE_ARRAY ||
        value->type == BSON_TYPE_BINARY)
        brief[0] = '\0'; /* what it is says enough */
    snprintf(out, size, "%s%s%s%s", moment ? "the date" : value_kind(value), brief[0] != '\0' || text ? " " : "",
             text ? "\"" : "", brief);
    size_t used = strlen(out);
    if (text)
        snprintf(out + used, size - used, "\"%s", value->length > sizeof brief - 1 ? "..." : "");
}
