#include "conversion.h"
#include "json_keys.h"
#include "graduate/project.h"
#include "number.h"

#include "graduate/json.h"

#include <stdio.h>
#include <string.h>

#define EXTRACT_ANEW ADVICE("the table changed, or the stream is damaged; extract it anew")

static void put_field(struct buffer *out, const uint8_t *bytes, size_t length)
{
    buffer_put_be32(out, (uint32_t)length);
    buffer_put(out, bytes, length);
}

static bool as_is(const struct conversion *c, const struct field *field, struct buffer *out,
                  struct error *error)
{
    (void)c;
    (void)error;
    put_field(out, field->bytes, (size_t)field->length);
    return true;
}

static bool wrong_length(const struct conversion *c, const struct field *field, struct error *error)
{
    error_set(error, ERROR_SOURCE, "a field of %d bytes cannot be what the catalog says",
              field->length);
    error_hint(error, EXTRACT_ANEW);
    return error_at(error, NULL, NULL, c->path);
}

/* Whole numbers of any width, widened with their sign. */
static bool widen(const struct conversion *c, const struct field *field, struct buffer *out,
                  struct error *error)
{
    int64_t number;
    switch (field->length) {
    case 2:
        number = (int16_t)get_be16(field->bytes);
        break;
    case 4:
        number = (int32_t)get_be32(field->bytes);
        break;
    default:
        return wrong_length(c, field, error);
    }
    bool wide = c->type.base == PG_INT8;
    buffer_put_be32(out, wide ? 8 : 4);
    if (wide)
        buffer_put_be64(out, (uint64_t)number);
    else
        buffer_put_be32(out, (uint32_t)number);
    return true;
}

static bool widen_float(const struct conversion *c, const struct field *field, struct buffer *out,
                        struct error *error)
{
    float small;
    double wide;
    uint64_t bits;
    if (field->length != 4)
        return wrong_length(c, field, error);
    uint32_t raw = get_be32(field->bytes);
    memcpy(&small, &raw, sizeof small);
    wide = number_widen(small);
    memcpy(&bits, &wide, sizeof bits);
    buffer_put_be32(out, 8);
    buffer_put_be64(out, bits);
    return true;
}

/* char(n) without the blanks that fill it up, as PostgreSQL's own cast to text. */
static bool unpad(const struct conversion *c, const struct field *field, struct buffer *out,
                  struct error *error)
{
    (void)c;
    (void)error;
    size_t length = (size_t)field->length;
    while (length > 0 && field->bytes[length - 1] == ' ')
        length--;
    put_field(out, field->bytes, length);
    return true;
}

static bool is_whole(uint32_t oid)
{
    return oid == OID_INT2 || oid == OID_INT4 || oid == OID_INT8;
}

static bool is_text(uint32_t oid)
{
    return oid == OID_TEXT || oid == OID_VARCHAR || oid == OID_CHAR;
}

/* jsonb keeps numbers as numeric, which has no -0. */
static void lose_negative_zeros(const struct conversion *c, const char *text, size_t length)
{
    const char *end = text + length;
    bool quoted = false;
    for (const char *at = text; at < end; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (quoted && *at == '\\')
            at++;
        if (quoted || *at != '-')
            continue;
        const char *from = at, *digits = at + 1;
        while (at + 1 < end && memchr("0123456789.eE+-", at[1], 15) != NULL)
            at++;
        size_t zeros = 0, size = (size_t)(at + 1 - digits);
        while (zeros < size && (digits[zeros] == '0' || digits[zeros] == '.'))
            zeros++;
        if (zeros == size || digits[zeros] == 'e' || digits[zeros] == 'E') {
            char was[80];
            snprintf(was, sizeof was, "%.*s", (int)(size < 78 ? size + 1 : 79), from);
            losses_add(c->losses, c->path, misfit_names[MISFIT_NEGATIVE_ZERO], was, "0");
        }
    }
}

static bool json_to_jsonb(const struct conversion *c, const struct field *field, struct buffer *out,
                          struct error *error)
{
    struct error why;
    cJSON *json;
    if (!json_parse((const char *)field->bytes, (size_t)field->length, "json", &json, &why)) {
        error_set(error, ERROR_DATA, "jsonb would not hold it as it is: %s", why.message);
        error_hint(error,
                   "correct the record in the source, or keep the type json; then run again");
        return error_at(error, NULL, NULL, c->path);
    }
    cJSON_Delete(json); /* a key that stands twice would be lost without a word */
    lose_negative_zeros(c, (const char *)field->bytes, (size_t)field->length);
    buffer_put_be32(out, (uint32_t)field->length + 1);
    buffer_putc(out, 1);
    buffer_put(out, field->bytes, (size_t)field->length);
    return true;
}

/* varchar[] as text[], or an array of enums or domains: the same bytes under another element type
 * (the third int32). */
static bool retype_array(const struct conversion *c, const struct field *field, struct buffer *out,
                         struct error *error)
{
    if (field->length < 12)
        return wrong_length(c, field, error);
    put_field(out, field->bytes, (size_t)field->length);
    buffer_patch_be32(out, out->length - (size_t)field->length + 8, pgtype_element_oid(&c->type));
    return true;
}

/* A whole number is the text of its digits. */
static bool identify(const struct conversion *c, const struct field *field, struct buffer *out,
                     struct error *error)
{
    uint8_t uuid[16];
    char text[37];
    struct buffer digits;
    buffer_init(&digits);
    const char *id = (const char *)field->bytes;
    size_t length = (size_t)field->length;
    bool number = is_whole(c->from), ok = true;
    if (number || c->from == OID_UUID) {
        ok = field_put_text(c->from, field, FIELD_POSTGRES, &digits) ||
             wrong_length(c, field, error);
        id = buffer_text(&digits);
        length = digits.length;
    }
    if (ok && !(c->from == OID_UUID
                    ? identity_from_uuid(c->identity, c->id_entity, field->bytes, uuid)
                    : identity_from_text(c->identity, c->id_entity, c->ids, id, length, uuid))) {
        error_set(error, ERROR_DATA, "the %s %s%.*s%s is nobody's id: ids of %s are %s",
                  number ? "number" : "text", number ? "" : "\"", (int)(length < 80 ? length : 80),
                  id, number ? "" : "\"", c->id_entity, identity_ids_text(c->ids));
        error_hint(error, "correct the row in the source, and run again");
        ok = error_at(error, NULL, NULL, c->path);
    }
    buffer_release(&digits);
    if (!ok)
        return false;
    if (c->type.base == PG_UUID) {
        put_field(out, uuid, sizeof uuid);
        return true;
    }
    uuid_format(uuid, text);
    put_field(out, (const uint8_t *)text, 36);
    return true;
}

static bool identify_keys(const struct conversion *c, const struct field *field, struct buffer *out,
                          struct error *error)
{
    if (field->length < 1)
        return wrong_length(c, field, error);
    size_t head = out->length;
    buffer_put_be32(out, 0);
    buffer_putc(out, (char)field->bytes[0]);
    if (!json_keys_identify(c->identity, c->keys_entity, c->ids, c->asking,
                            (const char *)field->bytes + 1, (size_t)field->length - 1, out, error))
        return error_at(error, NULL, NULL, c->path);
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    return true;
}

/* As PostgreSQL's own cast to text. */
static bool print(const struct conversion *c, const struct field *field, struct buffer *out,
                  struct error *error)
{
    size_t head = out->length;
    buffer_put_be32(out, 0);
    if (!field_put_text(c->from, field, FIELD_POSTGRES, out))
        return wrong_length(c, field, error);
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    return true;
}

static bool to_numeric(const struct conversion *c, const struct field *field, struct buffer *out,
                       struct error *error)
{
    struct buffer digits;
    size_t head = out->length;
    buffer_init(&digits);
    buffer_put_be32(out, 0);
    bool ok =
        field_put_text(c->from, field, FIELD_POSTGRES, &digits) || wrong_length(c, field, error);
    if (ok &&
        numeric_put(out, buffer_text(&digits), c->type.precision, c->type.scale) != NUMERIC_OK) {
        error_set(error, ERROR_DATA,
                  "the number %s does not fit the type numeric(%d,%d): too large",
                  buffer_text(&digits), (int)c->type.precision, (int)c->type.scale);
        error_hint(error, "correct the record in the source, or give the column another type in "
                          "the mapping, and run again");
        ok = error_at(error, NULL, NULL, c->path);
    }
    buffer_release(&digits);
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    return ok;
}

/* Which types become which others without a change of value. A type becomes itself anyway. */
static const struct {
    uint32_t from;
    enum pgtype_base to;
    bool array;
    convert_function convert;
} conversions[] = {
    {OID_INT2, PG_INT4, false, widen},
    {OID_INT2, PG_INT8, false, widen},
    {OID_INT4, PG_INT8, false, widen},
    {OID_FLOAT4, PG_FLOAT8, false, widen_float},
    {OID_TEXT, PG_VARCHAR, false, as_is},
    {OID_TEXT, PG_CHAR, false, as_is},
    {OID_VARCHAR, PG_TEXT, false, as_is},
    {OID_CHAR, PG_TEXT, false, unpad},
    {OID_CHAR, PG_VARCHAR, false, unpad},
    {OID_NAME, PG_TEXT, false, as_is},
    {OID_TIMESTAMP, PG_TIMESTAMPTZ, false, as_is}, /* the wall clock is read as UTC */
    {OID_JSON, PG_JSONB, false, json_to_jsonb},
    {OID_VARCHAR_ARRAY, PG_TEXT, true, retype_array},
    {OID_TEXT_ARRAY, PG_VARCHAR, true, retype_array},
    {OID_INT2, PG_NUMERIC, false, to_numeric},
    {OID_INT4, PG_NUMERIC, false, to_numeric},
    {OID_INT8, PG_NUMERIC, false, to_numeric},
};

/* A text may be cut by a type with a length, so only those without one take what is printed. */
static convert_function find_by_type(uint32_t from, const struct pgtype *to)
{
    if (to->base == PG_CARRIED && to->carried == 0)
        return as_is;           /* of a source that has it, too: no mapping can name it */
    if (from == pgtype_oid(to)) /* elements of enums and domains have an OID of their own */
        return to->array ? retype_array : as_is;
    for (size_t i = 0; i < sizeof conversions / sizeof conversions[0]; i++)
        if (conversions[i].from == from && conversions[i].to == to->base &&
            conversions[i].array == to->array)
            return conversions[i].convert;
    bool endless = to->base == PG_TEXT || (to->base == PG_VARCHAR && to->length == 0);
    return endless && !to->array && field_has_text(from) ? print : NULL;
}

/* More digits of seconds, or other fields of an interval? */
static bool narrows_time(const struct pgtype *source, const struct pgtype *to)
{
    bool digits = to->seconds > 0 && (source->seconds == 0 || source->seconds > to->seconds);
    bool fields =
        to->fields != NULL && (source->fields == NULL || strcmp(source->fields, to->fields) != 0);
    return digits || fields;
}

/* Does the source's type say that it holds what the column's would round, or refuse? */
static bool narrows(const struct conversion *c)
{
    struct pgtype source = {0};
    struct error ignored;
    const struct pgtype *to = &c->type;
    bool known = pgtype_parse(c->from_name, &source, &ignored);
    if (to->named == NULL && narrows_time(&source, to))
        return true;
    if (to->base == PG_NUMERIC)
        return to->precision > 0 && (!known || source.base == PG_NUMERIC) &&
               (!known || source.precision == 0 || source.scale > to->scale ||
                source.precision - source.scale > to->precision - to->scale);
    return known && to->length > 0 &&
           (to->carried == OID_BIT ? source.length != to->length : source.length > to->length);
}

bool conversion_find(struct conversion *c, const char **word, char *why, size_t size)
{
    if (c->id_entity != NULL) {
        *word = "/id_of";
        c->convert = identify;
        snprintf(why, size, "an identity is kept as uuid, text or whole number in the source");
        return c->from == OID_UUID || is_text(c->from) || is_whole(c->from);
    }
    if (c->keys_entity != NULL) {
        *word = "/keys_id_of";
        c->convert = identify_keys;
        snprintf(why, size, "the source's column is no jsonb");
        return c->from == OID_JSONB;
    }
    char type[PGTYPE_SIZE];
    *word = "/type";
    c->convert = find_by_type(c->from, &c->type);
    pgtype_format(&c->type, type, sizeof type);
    snprintf(why, size, "the source's %.80s does not become %s without a change of value",
             c->from_name, type);
    return c->convert != NULL && !narrows(c);
}

bool conversion_put(const struct conversion *c, const struct field *field, struct buffer *out,
                    struct error *error)
{
    return c->convert(c, field, out, error);
}

bool conversion_is_one_way(const struct conversion *c, const struct field *field)
{
    return c->id_entity != NULL && field->length >= 0 &&
           (is_whole(c->from) ||
            (is_text(c->from) &&
             !identity_text_is_plain((const char *)field->bytes, (size_t)field->length)));
}
