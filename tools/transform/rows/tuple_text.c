#include "tuple_text.h"
#include "number.h"

#include "graduate/pgtype.h"

#include <string.h>

static bool put_bytes(const struct field *field, size_t head, struct buffer *out)
{
    if ((size_t)field->length < head)
        return false;
    buffer_put(out, field->bytes + head, (size_t)field->length - head);
    return true;
}

static bool put_text(const struct field *field, struct buffer *out)
{
    return put_bytes(field, 0, out);
}

static bool put_jsonb(const struct field *field, struct buffer *out)
{
    return put_bytes(field, 1, out); /* behind the version of the binary form */
}

static bool put_hex(const struct field *field, struct buffer *out)
{
    buffer_puts(out, "\\x");
    for (int32_t i = 0; i < field->length; i++)
        buffer_printf(out, "%02x", field->bytes[i]);
    return true;
}

static void put_number(double number, struct buffer *out)
{
    char text[40];
    number_format(number, text, sizeof text);
    buffer_puts(out, text);
}

static bool put_float4(const struct field *field, struct buffer *out)
{
    float real;
    if (field->length != 4)
        return false;
    uint32_t bits = get_be32(field->bytes);
    memcpy(&real, &bits, sizeof real);
    put_number(number_widen(real), out);
    return true;
}

static bool put_float8(const struct field *field, struct buffer *out)
{
    double number;
    if (field->length != 8)
        return false;
    uint64_t bits = get_be64(field->bytes);
    memcpy(&number, &bits, sizeof number);
    put_number(number, out);
    return true;
}

/* Beside those of field_text.h. */
static const struct {
    uint32_t oid;
    bool (*put)(const struct field *field, struct buffer *out);
} texts[] = {
    {OID_TEXT, put_text}, {OID_VARCHAR, put_text},  {OID_CHAR, put_text},
    {OID_NAME, put_text}, {OID_JSON, put_text},     {OID_JSONB, put_jsonb},
    {OID_BYTEA, put_hex}, {OID_FLOAT4, put_float4}, {OID_FLOAT8, put_float8},
};

static bool put_scalar(uint32_t oid, const struct field *field, struct buffer *out)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].oid == oid)
            return texts[i].put(field, out);
    return field_has_text(oid) && field_put_text(oid, field, FIELD_POSTGRES, out);
}

/* Each in quotes, as every type's elements may be. */
static void put_quoted(const struct buffer *text, struct buffer *out)
{
    buffer_putc(out, '"');
    for (size_t i = 0; i < text->length; i++) {
        if (text->data[i] == '"' || text->data[i] == '\\')
            buffer_putc(out, '\\');
        buffer_putc(out, (char)text->data[i]);
    }
    buffer_putc(out, '"');
}

static bool put_element(uint32_t oid, const struct field *field, struct buffer *out)
{
    struct buffer text;
    if (field->length < 0) {
        buffer_puts(out, "NULL");
        return true;
    }
    buffer_init(&text);
    bool ok = put_scalar(oid, field, &text);
    put_quoted(&text, out);
    buffer_release(&text);
    return ok;
}

/* Dimensions, whether there are nulls, the element type; for the only one its size and first
 * number; then the elements. */
static bool put_array(uint32_t oid, const struct field *field, struct buffer *out)
{
    const uint8_t *at = field->bytes, *end = at + field->length;
    if (field->length < 12 || get_be32(at) > 1)
        return false;
    bool some = get_be32(at) == 1;
    if (some && (field->length < 20 || get_be32(at + 16) != 1))
        return false;
    uint32_t count = some ? get_be32(at + 12) : 0;
    at += some ? 20 : 12;
    buffer_putc(out, '{');
    for (uint32_t i = 0; i < count; i++) {
        struct field element = {at + 4, end - at >= 4 ? (int32_t)get_be32(at) : INT32_MIN};
        if (i > 0)
            buffer_putc(out, ',');
        if (element.length < -1 || (element.length > 0 && end - at - 4 < element.length) ||
            !put_element(oid, &element, out))
            return false;
        at += 4 + (element.length > 0 ? element.length : 0);
    }
    buffer_putc(out, '}');
    return at == end;
}

static bool put_field(uint32_t oid, const struct field *field, struct buffer *out)
{
    struct pgtype type;
    if (pgtype_of_oid(oid, &type) && type.array)
        return put_array(pgtype_element_oid(&type), field, out);
    return put_scalar(oid, field, out);
}

static bool append(bson_t *to, const struct catalog_column *column, const struct field *field)
{
    struct buffer text;
    if (field->length < 0)
        return bson_append_null(to, column->name, -1);
    buffer_init(&text);
    bool printed = put_field(column->oid, field, &text);
    bool ok =
        !text.failed &&
        (printed ? bson_append_utf8(to, column->name, -1, buffer_text(&text), (int)text.length)
                 : bson_append_binary(to, column->name, -1, BSON_SUBTYPE_BINARY, field->bytes,
                                      (uint32_t)field->length));
    buffer_release(&text);
    return ok;
}

bool tuple_text(const struct tuple_reading *tuples, struct buffer *out, struct error *error)
{
    bson_t row = BSON_INITIALIZER;
    bool ok = true;
    for (size_t i = 0; ok && i < tuples->catalog->column_count; i++)
        ok = append(&row, &tuples->catalog->columns[i], &tuples->fields[i]);
    char *json = ok ? bson_as_canonical_extended_json(&row, NULL) : NULL;
    if (json != NULL)
        buffer_puts(out, json);
    bson_free(json);
    bson_destroy(&row);
    return json != NULL ? buffer_ok(out, error) : error_memory(error);
}
