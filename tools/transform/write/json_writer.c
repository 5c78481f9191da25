#include "json_writer.h"
#include "datetime.h"
#include "graduate/identity.h"
#include "graduate/json.h"
#include "graduate/path.h"
#include "number.h"
#include "text_check.h"
#include "value_walk.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t SAFE_INTEGER = INT64_C(9007199254740992); /* 2^53 */
enum { FEW_KEYS = 40 };

void json_writer_init(struct json_writer *writer, struct buffer *out, struct losses *losses,
                      const char *base, bool safe_numbers)
{
    writer->out = out;
    writer->losses = losses;
    writer->mending = NULL;
    writer->safe_numbers = safe_numbers;
    writer->base = base;
    writer->depth = writer->begin = 0;
}

static void current_path(const struct json_writer *writer, char *out, size_t size)
{
    struct buffer path;
    buffer_init(&path);
    buffer_puts(&path, writer->base);
    for (size_t i = writer->begin; i < writer->depth; i++) {
        if (writer->is_element[i]) {
            buffer_printf(&path, "[%s]", writer->path[i]);
            continue;
        }
        buffer_puts(&path, path.length > 0 ? "." : "");
        path_put_name(&path, writer->path[i]);
    }
    snprintf(out, size, "%s", buffer_text(&path));
    buffer_release(&path);
}

static bool at_path(const struct json_writer *writer, struct error *error)
{
    char path[sizeof error->path];
    current_path(writer, path, sizeof path);
    return error_at(error, NULL, NULL, path);
}

static bool put_mended(struct json_writer *writer, const uint8_t *text, size_t length,
                       struct error *error)
{
    const struct value value = value_from_text((const char *)text, length);
    struct buffer made;
    char path[256];
    current_path(writer, path, sizeof path);
    buffer_init(&made);
    bool ok = mending_text(writer->mending, writer->losses, path, &value, 0, &made);
    if (ok) {
        *error = (struct error){0};
        json_put_string(writer->out, buffer_text(&made), made.length);
    }
    writer->out->failed = writer->out->failed || made.failed;
    buffer_release(&made);
    return ok || at_path(writer, error);
}

static bool put_text(struct json_writer *writer, const uint8_t *text, size_t length,
                     struct error *error)
{
    if (!text_check(text, length, error))
        return put_mended(writer, text, length, error);
    json_put_string(writer->out, (const char *)text, length);
    return true;
}

bool json_write_key(struct json_writer *writer, bool *first, const char *key, size_t length,
                    struct error *error)
{
    if (!*first)
        buffer_puts(writer->out, ", ");
    *first = false;
    if (!text_check((const uint8_t *)key, length, error)) /* a key is never mended */
        return at_path(writer, error);
    json_put_string(writer->out, key, length);
    buffer_puts(writer->out, ": ");
    return true;
}

static void record(struct json_writer *writer, enum misfit kind, const char *before,
                   const char *after)
{
    char path[256];
    current_path(writer, path, sizeof path);
    mending_note(writer->mending, kind, writer->losses, path, before, after);
}

/* Is the number no finite one, and does null stand in its place? *done: it does. */
static bool put_not_finite(struct json_writer *writer, const char *text, struct error *error)
{
    if (mending_mends(writer->mending, MISFIT_NOT_FINITE)) {
        record(writer, MISFIT_NOT_FINITE, text, "null");
        buffer_puts(writer->out, "null");
        return true;
    }
    error_set(error, ERROR_DATA, "jsonb cannot hold %s", text);
    error_hint(error, "correct the record in the source; or have it given up, with a line in the "
                      "losses: \"misfit\": {\"not_finite\": \"null\"}; then run again");
    return at_path(writer, error);
}

/* jsonb has no negative zero. */
static bool lose_sign(struct json_writer *writer, const char *text, struct error *error)
{
    if (mending_mends(writer->mending, MISFIT_NEGATIVE_ZERO)) {
        record(writer, MISFIT_NEGATIVE_ZERO, text, text + 1);
        return true;
    }
    error_set(error, ERROR_DATA, "jsonb cannot hold %s", text);
    error_hint(error, "correct the record in the source, and run again");
    return at_path(writer, error);
}

static bool put_double(struct json_writer *writer, double number, struct error *error)
{
    char text[40];
    number_format(number, text, sizeof text);
    if (!isfinite(number))
        return put_not_finite(writer, text, error);
    bool negative = number == 0 && signbit(number);
    if (negative && !lose_sign(writer, text, error))
        return false;
    buffer_puts(writer->out, text + negative);
    return true;
}

static bool is_unsafe(int64_t integer)
{
    return integer > SAFE_INTEGER || integer < -SAFE_INTEGER;
}

/* Does a whole number beyond 2^53 stay one here? */
static bool takes_unsafe(const struct json_writer *writer)
{
    return !writer->safe_numbers &&
           mapping_remedy(writer->mending != NULL ? writer->mending->remedies : NULL,
                          MISFIT_BEYOND_DOUBLE) == REMEDY_UNSAID;
}

static bool put_unsafe(struct json_writer *writer, const char *digits, struct error *error)
{
    if (writer->safe_numbers || mending_mends(writer->mending, MISFIT_BEYOND_DOUBLE)) {
        buffer_printf(writer->out, "\"%s\"", digits);
        char path[256];
        current_path(writer, path, sizeof path);
        losses_add(writer->losses, path,
                   writer->safe_numbers ? "safe_numbers" : misfit_names[MISFIT_BEYOND_DOUBLE],
                   digits, "the same digits as text");
        return true;
    }
    error_set(error, ERROR_DATA, "JavaScript would round %s", digits);
    error_hint(error, "correct the record in the source; or have it become a text, with a line in "
                      "the losses: \"misfit\": {\"beyond_double\": \"text\"}; then run again");
    return at_path(writer, error);
}

static bool put_integer(struct json_writer *writer, int64_t integer, struct error *error)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, integer);
    if (is_unsafe(integer) && !takes_unsafe(writer))
        return put_unsafe(writer, digits, error);
    buffer_puts(writer->out, digits);
    return true;
}

static bool put_decimal(struct json_writer *writer, const bson_decimal128_t *decimal,
                        struct error *error)
{
    char text[BSON_DECIMAL128_STRING];
    bson_decimal128_to_string(decimal, text);
    if (strpbrk(text, "Nn") != NULL)
        return put_not_finite(writer, text, error);
    int64_t integer;
    if (!takes_unsafe(writer) && number_is_whole(text) &&
        (!number_parse_int64(text, &integer) || is_unsafe(integer))) {
        char digits[NUMBER_PLAIN];
        number_plain(text, digits);
        return put_unsafe(writer, digits, error);
    }
    const char *shown = text;
    char behind_zeros = text[1 + strspn(text + 1, "0.")];
    if (text[0] == '-' && (behind_zeros == '\0' || behind_zeros == 'E')) {
        if (!lose_sign(writer, text, error))
            return false;
        shown = text + 1;
    }
    buffer_puts(writer->out, shown);
    return true;
}

static void put_hex(struct buffer *out, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        buffer_putc(out, digits[bytes[i] >> 4]);
        buffer_putc(out, digits[bytes[i] & 15]);
    }
}

static void put_oid(struct buffer *out, const uint8_t *oid)
{
    buffer_putc(out, '"');
    put_hex(out, oid, 12);
    buffer_putc(out, '"');
}

static void put_base64(struct buffer *out, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        char quad[4] = {digits[group >> 18], digits[group >> 12 & 63],
                        left > 1 ? digits[group >> 6 & 63] : '=',
                        left > 2 ? digits[group & 63] : '='};
        buffer_put(out, quad, sizeof quad);
    }
}

static void put_binary(struct buffer *out, const struct value *value)
{
    if (value->subtype == 4 && value->length == 16) {
        char text[37];
        uuid_format(value->bytes, text);
        buffer_printf(out, "\"%s\"", text);
        return;
    }
    buffer_puts(out, "{\"$binary\": {\"base64\": \"");
    put_base64(out, value->bytes, value->length);
    buffer_printf(out, "\", \"subType\": \"%02x\"}}", value->subtype);
}

static void put_date(struct buffer *out, int64_t milliseconds)
{
    char text[40];
    if (datetime_format(milliseconds, text, sizeof text))
        buffer_printf(out, "\"%s\"", text);
    else
        buffer_printf(out, "{\"$date\": {\"$numberLong\": \"%" PRId64 "\"}}", milliseconds);
}

static bool put_regex(struct json_writer *writer, const struct value *value, struct error *error)
{
    buffer_puts(writer->out, "{\"$regularExpression\": {\"pattern\": ");
    if (!put_text(writer, value->bytes, value->length, error))
        return false;
    buffer_puts(writer->out, ", \"options\": ");
    if (!put_text(writer, (const uint8_t *)value->options, strlen(value->options), error))
        return false;
    buffer_puts(writer->out, "}}");
    return true;
}

static bool put_code(struct json_writer *writer, const struct value *value, struct error *error)
{
    buffer_puts(writer->out, "{\"$code\": ");
    if (!put_text(writer, value->bytes, value->length, error))
        return false;
    if (value->type == BSON_TYPE_CODEWSCOPE) {
        const struct value scope = {
            .type = BSON_TYPE_DOCUMENT, .bytes = value->scope, .length = value->scope_length};
        buffer_puts(writer->out, ", \"$scope\": ");
        if (!json_write_value(writer, &scope, error))
            return false;
    }
    buffer_putc(writer->out, '}');
    return true;
}

static bool put_dbpointer(struct json_writer *writer, const struct value *value,
                          struct error *error)
{
    buffer_puts(writer->out, "{\"$dbPointer\": {\"$ref\": ");
    if (!put_text(writer, value->bytes, value->length, error))
        return false;
    buffer_puts(writer->out, ", \"$id\": {\"$oid\": ");
    put_oid(writer->out, value->oid);
    buffer_puts(writer->out, "}}}");
    return true;
}

static bool stands_twice(struct json_writer *writer, const char *key, struct error *error)
{
    mending_mends(writer->mending, MISFIT_KEY_TWICE);
    error_set(error, ERROR_DATA, "the field stands twice in its document");
    error_hint(error, "correct the record in the source, and run again");
    json_writer_enter(writer, key, false);
    at_path(writer, error);
    writer->depth--;
    return false;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool check_many(struct json_writer *writer, struct value_walk *fields, size_t count,
                       struct error *error)
{
    struct value unused;
    const char **keys = malloc(count * sizeof *keys);
    if (keys == NULL)
        return error_memory(error);
    for (size_t i = 0; i < count && value_walk_next(fields, &unused); i++)
        keys[i] = fields->key;
    qsort(keys, count, sizeof *keys, compare_keys);
    bool ok = true;
    for (size_t i = 1; ok && i < count; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            ok = stands_twice(writer, keys[i], error);
    free(keys);
    return ok;
}

static bool check_depth(const struct json_writer *writer, struct error *error)
{
    if (writer->depth + 1 < JSON_DEPTH)
        return true;
    error_set(error, ERROR_DATA, "the document is nested deeper than %d levels", JSON_DEPTH - 1);
    return at_path(writer, error);
}

/* A number below 64 that tells most keys apart. */
static unsigned mark_of(const char *key, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)key;
    return (bytes[0] * 3u + bytes[length / 2] * 5u + (length > 0 ? bytes[length - 1] : 0u) * 7u +
            (unsigned)length) %
           64;
}

/* Most documents are small: there, looking back from a key that may have been there beats sorting
 * them. */
bool json_check_document(struct json_writer *writer, const struct value *document,
                         struct error *error)
{
    const char *keys[FEW_KEYS];
    uint64_t marks = 0;
    size_t count = 0;
    struct value_walk fields, begin;
    struct value unused;
    if (!check_depth(writer, error))
        return false;
    if (!value_walk_begin(&fields, document))
        return true; /* whoever walks it says so */
    begin = fields;
    for (; value_walk_next(&fields, &unused); count++) {
        if (count >= FEW_KEYS)
            continue;
        uint64_t mark = UINT64_C(1) << mark_of(fields.key, fields.key_length);
        keys[count] = fields.key;
        for (size_t i = 0; (marks & mark) != 0 && i < count; i++)
            if (strcmp(keys[i], keys[count]) == 0)
                return stands_twice(writer, keys[count], error);
        marks |= mark;
    }
    return count <= FEW_KEYS || check_many(writer, &begin, count, error);
}

static bool damaged(const struct json_writer *writer, struct error *error)
{
    value_damaged(error);
    return at_path(writer, error);
}

/* Does the key stand once more behind this place? Then what stands here is given up. */
static bool comes_again(struct json_writer *writer, const struct value_walk *walk,
                        const struct value *value)
{
    struct value_walk next = *walk;
    struct value other;
    while (value_walk_next(&next, &other)) {
        if (strcmp(next.key, walk->key) != 0)
            continue;
        char brief[120];
        value_brief(value, brief, sizeof brief);
        record(writer, MISFIT_KEY_TWICE, brief[0] != '\0' ? brief : value_kind(value),
               "the last one of this name");
        return true;
    }
    return false;
}

/* *twice: a key stands twice in the document, and the last is to stay. */
static bool check_keys(struct json_writer *writer, const struct value *document, bool *twice,
                       struct error *error)
{
    const struct remedies *remedies = writer->mending != NULL ? writer->mending->remedies : NULL;
    if (json_check_document(writer, document, error))
        return true;
    *twice = mapping_remedy(remedies, MISFIT_KEY_TWICE) == REMEDY_MEND &&
             check_depth(writer, error);
    if (*twice)
        *error = (struct error){0};
    return *twice;
}

static bool put_container(struct json_writer *writer, const struct value *value,
                          struct error *error)
{
    bool array = value->type == BSON_TYPE_ARRAY, first = true, twice = false;
    struct value_walk walk;
    struct value member;
    if (!(array ? check_depth(writer, error) : check_keys(writer, value, &twice, error)))
        return false;
    if (!value_walk_begin(&walk, value))
        return damaged(writer, error);
    buffer_putc(writer->out, array ? '[' : '{');
    while (value_walk_next(&walk, &member)) {
        json_writer_enter(writer, walk.key, array);
        if (twice && comes_again(writer, &walk, &member)) {
            writer->depth--;
            continue;
        }
        if (array) {
            if (!first)
                buffer_puts(writer->out, ", ");
            first = false;
        } else if (!json_write_key(writer, &first, walk.key, walk.key_length, error)) {
            return false;
        }
        if (!json_write_value(writer, &member, error))
            return false;
        writer->depth--;
    }
    if (!value_walk_ended(&walk))
        return damaged(writer, error);
    buffer_putc(writer->out, array ? ']' : '}');
    return true;
}

bool json_write_value(struct json_writer *writer, const struct value *value, struct error *error)
{
    struct buffer *out = writer->out;
    switch (value->type) {
    case BSON_TYPE_EOD:
    case BSON_TYPE_NULL:
        buffer_puts(out, "null");
        return true;
    case BSON_TYPE_UNDEFINED:
        buffer_puts(out, "{\"$undefined\": true}");
        return true;
    case BSON_TYPE_MINKEY:
        buffer_puts(out, "{\"$minKey\": 1}");
        return true;
    case BSON_TYPE_MAXKEY:
        buffer_puts(out, "{\"$maxKey\": 1}");
        return true;
    case BSON_TYPE_BOOL:
        buffer_puts(out, value->integer != 0 ? "true" : "false");
        return true;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        return put_integer(writer, value->integer, error);
    case BSON_TYPE_DOUBLE:
        return put_double(writer, value->number, error);
    case BSON_TYPE_DECIMAL128:
        return put_decimal(writer, &value->decimal, error);
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
        return put_text(writer, value->bytes, value->length, error);
    case BSON_TYPE_OID:
        put_oid(out, value->oid);
        writer->losses->hex_ids++;
        return true;
    case BSON_TYPE_DATE_TIME:
        put_date(out, value->integer);
        return true;
    case BSON_TYPE_BINARY:
        put_binary(out, value);
        return true;
    case BSON_TYPE_TIMESTAMP:
        buffer_printf(out, "{\"$timestamp\": {\"t\": %u, \"i\": %u}}", value->timestamp.seconds,
                      value->timestamp.ordinal);
        return true;
    case BSON_TYPE_REGEX:
        return put_regex(writer, value, error);
    case BSON_TYPE_CODE:
    case BSON_TYPE_CODEWSCOPE:
        return put_code(writer, value, error);
    case BSON_TYPE_DBPOINTER:
        return put_dbpointer(writer, value, error);
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        return put_container(writer, value, error);
    }
    error_set(error, ERROR_DATA, "a value of the unknown BSON type %d", (int)value->type);
    return at_path(writer, error);
}
