#include "tuple.h"
#include "document.h"
#include "number.h"

#include "graduate/json_bson.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EXTRACT_ANEW ADVICE("the table changed, or the stream is damaged; extract it anew")

/* ---- fields -----------------------------------------------------------------------------------
 */

static bool cut_off(const struct plan *plan, struct error *error)
{
    error_set(error, ERROR_SOURCE,
              "a row of %s is cut off, or has another number of fields than "
              "the catalog says",
              plan->entity->from);
    error_hint(error, EXTRACT_ANEW);
    return error_at(error, plan->entity->name, NULL, NULL);
}

bool tuple_read(struct plan *plan, const uint8_t **at, const uint8_t *end, struct error *error)
{
    size_t count = plan->tuples.catalog->column_count;
    if (end - *at < 2 || get_be16(*at) != count)
        return cut_off(plan, error);
    *at += 2;
    for (size_t i = 0; i < count; i++) {
        if (end - *at < 4)
            return cut_off(plan, error);
        int32_t length = (int32_t)get_be32(*at);
        *at += 4;
        if (length < -1 || (length > 0 && end - *at < length))
            return cut_off(plan, error);
        plan->tuples.fields[i] = (struct field){*at, length};
        *at += length > 0 ? length : 0;
    }
    return true;
}

static bool is_text(uint32_t oid)
{
    return oid == OID_TEXT || oid == OID_VARCHAR || oid == OID_CHAR || oid == OID_NAME;
}

/* "id 17", "user_id 6f..., date 2020-01-02": enough to find the row. */
const char *tuple_key(void *context)
{
    struct plan *plan = context;
    struct tuple_reading *tuples = &plan->tuples;
    struct buffer text;
    buffer_init(&text);
    for (size_t i = 0; i < tuples->key_count; i++) {
        const struct catalog_column *column = &tuples->catalog->columns[tuples->key[i]];
        const struct field *field = &tuples->fields[tuples->key[i]];
        buffer_printf(&text, "%s%s ", i > 0 ? ", " : "", column->name);
        if (field->length >= 0 && is_text(column->oid))
            buffer_printf(&text, "%.*s", field->length < 63 ? field->length : 63,
                          (const char *)field->bytes);
        else if (field->length < 0 || !field_has_text(column->oid) ||
                 !field_put_text(column->oid, field, FIELD_POSTGRES, &text))
            buffer_putc(&text, '?');
    }
    snprintf(tuples->name, sizeof tuples->name, "%s", buffer_text(&text));
    buffer_release(&text);
    return tuples->name;
}

/* ---- values -----------------------------------------------------------------------------------
 */

/* What one value is appended with. */
struct appending {
    struct tuple_reading *tuples;
    bson_t *to;
    const char *name;
    struct error *error;
};

static bool wrong_length(struct appending *a, const struct field *field)
{
    error_set(a->error, ERROR_SOURCE, "a field of %d bytes cannot be what the catalog says",
              field->length);
    return error_hint(a->error, EXTRACT_ANEW);
}

static bool appended(struct appending *a, bool done)
{
    return done || error_set(a->error, ERROR_DATA, "the row is larger than 2 GiB as a document");
}

static bool append_text(struct appending *a, const char *text, size_t length)
{
    return appended(a, bson_append_utf8(a->to, a->name, -1, text, (int)length));
}

static bool append_numeric(struct appending *a, const struct field *field)
{
    bson_decimal128_t decimal;
    char again[BSON_DECIMAL128_STRING];
    const char *text = buffer_text(&a->tuples->text);
    (void)field;
    if (!bson_decimal128_from_string(text, &decimal)) {
        error_set(a->error, ERROR_DATA, "the number %.60s has more than 34 digits", text);
        return error_hint(a->error, "take the column as it is, without functions or conditions; "
                                    "or correct it in the source");
    }
    bson_decimal128_to_string(&decimal, again);
    if (!number_same(text, again) && strpbrk(text, "Nn") == NULL)
        return error_set(a->error, ERROR_DATA, "the number %.60s has more than 34 digits", text);
    return appended(a, bson_append_decimal128(a->to, a->name, -1, &decimal));
}

static bool append_float(struct appending *a, uint32_t oid, const struct field *field)
{
    double number;
    if (field->length != (oid == OID_FLOAT4 ? 4 : 8))
        return wrong_length(a, field);
    if (oid == OID_FLOAT4) {
        uint32_t bits = get_be32(field->bytes);
        float real;
        memcpy(&real, &bits, sizeof real);
        number = number_widen(real);
    } else {
        uint64_t bits = get_be64(field->bytes);
        memcpy(&number, &bits, sizeof number);
    }
    return appended(a, bson_append_double(a->to, a->name, -1, number));
}

static bool append_whole(struct appending *a, uint32_t oid, const struct field *field)
{
    if (field->length != (oid == OID_INT2 ? 2 : oid == OID_INT4 ? 4 : 8))
        return wrong_length(a, field);
    if (oid == OID_INT8)
        return appended(a, bson_append_int64(a->to, a->name, -1, (int64_t)get_be64(field->bytes)));
    return appended(a, bson_append_int32(a->to, a->name, -1,
                                         oid == OID_INT2 ? (int16_t)get_be16(field->bytes)
                                                         : (int32_t)get_be32(field->bytes)));
}

static bool append_json(struct appending *a, uint32_t oid, const struct field *field)
{
    size_t head = oid == OID_JSONB; /* the version of the binary form */
    if ((size_t)field->length < head)
        return wrong_length(a, field);
    if (json_bson_append(a->to, a->name, (const char *)field->bytes + head,
                         (size_t)field->length - head, a->error))
        return true;
    a->error->code = ERROR_DATA; /* it is JSON to PostgreSQL, and no document */
    return false;
}

static bool append_scalar(struct appending *a, uint32_t oid, const struct field *field)
{
    size_t length = field->length > 0 ? (size_t)field->length : 0;
    switch (oid) {
    case OID_BOOL:
        return field->length == 1
                   ? appended(a, bson_append_bool(a->to, a->name, -1, field->bytes[0] != 0))
                   : wrong_length(a, field);
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return append_whole(a, oid, field);
    case OID_FLOAT4:
    case OID_FLOAT8:
        return append_float(a, oid, field);
    case OID_CHAR:
        while (length > 0 && field->bytes[length - 1] == ' ')
            length--;
        return append_text(a, (const char *)field->bytes, length);
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_NAME:
        return append_text(a, (const char *)field->bytes, length);
    case OID_UUID:
        return length == 16 ? appended(a, bson_append_binary(a->to, a->name, -1, BSON_SUBTYPE_UUID,
                                                             field->bytes, 16))
                            : wrong_length(a, field);
    case OID_BYTEA:
        return appended(a, bson_append_binary(a->to, a->name, -1, BSON_SUBTYPE_BINARY, field->bytes,
                                              (uint32_t)length));
    case OID_JSON:
    case OID_JSONB:
        return append_json(a, oid, field);
    default:
        buffer_clear(&a->tuples->text);
        if (!field_has_text(oid)) /* of an array; others are refused before the first row */
            return error_set(a->error, ERROR_DATA, "its elements have no value of a document");
        if (!field_put_text(oid, field, FIELD_ISO, &a->tuples->text))
            return wrong_length(a, field);
        return oid == OID_NUMERIC
                   ? append_numeric(a, field)
                   : append_text(a, buffer_text(&a->tuples->text), a->tuples->text.length);
    }
}

/* Dimensions, whether there are nulls, the element type; for each dimension its size and first
 * number; then the elements. Those of enums and domains have the OID of what they go as. */
static bool append_array(struct appending *a, uint32_t array_oid, const struct field *field)
{
    bson_t array;
    const uint8_t *at = field->bytes, *end = at + field->length;
    if (field->length < 12 || get_be32(at) > 6)
        return wrong_length(a, field);
    struct pgtype type;
    uint32_t oid = pgtype_of_oid(array_oid, &type) ? pgtype_element_oid(&type) : get_be32(at + 8);
    uint32_t dimensions = get_be32(at), count = 0;
    if (dimensions > 1)
        return error_set(a->error, ERROR_DATA,
                         "an array of %u dimensions is no value of a document",
                         (unsigned)dimensions);
    at += 12;
    if (dimensions == 1) {
        if (end - at < 8)
            return wrong_length(a, field);
        count = get_be32(at);
        at += 8;
    }
    if (!appended(a, bson_append_array_begin(a->to, a->name, -1, &array)))
        return false;
    bool ok = true;
    for (uint32_t i = 0; ok && i < count; i++) {
        char digits[16];
        struct appending element = *a;
        element.to = &array;
        bson_uint32_to_string(i, &element.name, digits, sizeof digits);
        int32_t length = end - at >= 4 ? (int32_t)get_be32(at) : INT32_MIN;
        at += 4;
        ok = (length >= -1 && (length <= 0 || end - at >= length)) || wrong_length(a, field);
        const struct field inner = {at, length};
        ok = ok && (length < 0 ? appended(a, bson_append_null(&array, element.name, -1))
                               : append_scalar(&element, oid, &inner));
        at += ok && length > 0 ? length : 0;
    }
    return appended(a, bson_append_array_end(a->to, &array)) && ok;
}

/* The row as a document of its columns. A column whose value nobody asks for stands as a null. */
static bool make_document(struct plan *plan, struct error *error)
{
    struct tuple_reading *tuples = &plan->tuples;
    bson_reinit(tuples->document);
    for (size_t i = 0; i < tuples->catalog->column_count; i++) {
        const struct catalog_column *column = &tuples->catalog->columns[i];
        const struct field *field = &tuples->fields[i];
        struct appending a = {tuples, tuples->document, column->name, error};
        size_t length = strlen(column->type);
        bool array = length > 2 && strcmp(column->type + length - 2, "[]") == 0;
        bool ok = !tuples->valued[i] || field->length < 0
                      ? appended(&a, bson_append_null(tuples->document, column->name, -1))
                  : array ? append_array(&a, column->oid, field)
                          : append_scalar(&a, column->oid, field);
        if (ok)
            continue;
        struct buffer path;
        buffer_init(&path);
        buffer_printf(&path, "%s%s%s", column->name, error->path[0] != '\0' ? "." : "",
                      error->path);
        error_at(error, NULL, NULL, buffer_text(&path));
        buffer_release(&path);
        return false;
    }
    return true;
}

bool tuple_record(struct plan *plan, struct value *record, struct error *error)
{
    struct tuple_reading *tuples = &plan->tuples;
    *record = (struct value){.type = BSON_TYPE_DOCUMENT};
    if (!tuples->any_valued)
        return true;
    if (!make_document(plan, error))
        return false;
    record->bytes = bson_get_data(tuples->document);
    record->length = tuples->document->len;
    return true;
}

bool rows_put_tuple(struct rows *rows, struct plan *plan, const uint8_t **at, const uint8_t *end,
                    struct error *error)
{
    struct value record, given = {.bytes = *at};
    if (!tuple_read(plan, at, end, error))
        return false;
    given.length = (uint32_t)(*at - given.bytes);
    plan->losses.key = "";
    plan->losses.find_key = tuple_key;
    plan->losses.context = plan;
    if (plan->problems != NULL)
        plan->problems->key = tuple_key(plan);
    return tuple_record(plan, &record, error) ? rows_put_given(rows, plan, &record, &given, error)
                                              : rows_close_record(rows, plan, false, error);
}
