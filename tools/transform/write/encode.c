#include "encode.h"
#include "datetime.h"
#include "number.h"
#include "text_check.h"
#include "value_walk.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends a field: its length, and its bytes. */
typedef bool (*put_function)(const struct encoding *encoding, const struct value *value,
                             struct buffer *out, struct error *error);

static bool misfit(const struct encoding *encoding, const struct value *value, const char *why,
                   struct error *error)
{
    char what[120], type[PGTYPE_SIZE];
    value_describe(value, what, sizeof what);
    pgtype_format(&encoding->type, type, sizeof type);
    error_set(error, ERROR_DATA, "%s does not fit the type %s%s%s", what, type,
              why[0] != '\0' ? ": " : "", why);
    error_hint(error, "correct the record in the source, or give the column another type in the "
                      "mapping, and run again");
    return error_at(error, NULL, NULL, encoding->path);
}

/* What would make it fit is a function. */
static bool misfit_unsaid(const struct encoding *encoding, const struct value *value,
                          const char *why, const char *word, struct error *error)
{
    misfit(encoding, value, why, error);
    return error_hint(
        error,
        "correct the record in the source; or, if that is what it means, say so in the "
        "mapping: \"do\": [%s]; then run again",
        word);
}

static inline void put_field(struct buffer *out, const void *bytes, uint32_t length)
{
    uint8_t *to = buffer_reserve(out, 4 + (size_t)length);
    if (to == NULL)
        return;
    uint32_t swapped = __builtin_bswap32(length);
    memcpy(to, &swapped, 4);
    memcpy(to + 4, bytes, length);
    out->length += 4 + (size_t)length;
}

static void put_field_be32(struct buffer *out, uint32_t value)
{
    value = __builtin_bswap32(value);
    put_field(out, &value, sizeof value);
}

static void put_field_be64(struct buffer *out, uint64_t value)
{
    value = __builtin_bswap64(value);
    put_field(out, &value, sizeof value);
}

/* Bytes of the source as they are. */
static bool put_bytes(const struct encoding *encoding, const struct value *value,
                      struct buffer *out, struct error *error)
{
    if (value->length > INT32_MAX)
        return misfit(encoding, value, "larger than 1 GB", error);
    put_field(out, value->bytes, value->length);
    return true;
}

/* A field whose length is known when it is written: where it begins. */
static size_t begin_field(struct buffer *out)
{
    buffer_put_be32(out, 0);
    return out->length;
}

static bool end_field(const struct encoding *encoding, const struct value *value, size_t begin,
                      struct buffer *out, struct error *error)
{
    size_t length = out->length - begin;
    if (length > INT32_MAX)
        return misfit(encoding, value, "larger than 1 GB", error);
    buffer_patch_be32(out, begin - 4, (uint32_t)length);
    return true;
}

static bool put_bool(const struct encoding *encoding, const struct value *value, struct buffer *out,
                     struct error *error)
{
    if (value->type != BSON_TYPE_BOOL)
        return misfit(encoding, value, "", error);
    put_field(out, &(uint8_t){value->integer != 0}, 1);
    return true;
}

/* Any number that is whole: applications in JavaScript write 100 as a double. */
static bool whole_number(const struct value *value, int64_t *out)
{
    char text[BSON_DECIMAL128_STRING];
    switch ((int)value->type) {
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        *out = value->integer;
        return true;
    case BSON_TYPE_DOUBLE:
        return number_to_int64(value->number, out);
    case BSON_TYPE_DECIMAL128:
        bson_decimal128_to_string(&value->decimal, text);
        return number_parse_int64(text, out);
    default:
        return false;
    }
}

/* Whole numbers and decimals of PostgreSQL have no sign at zero. */
static void note_negative_zero(const struct encoding *encoding, const struct value *value)
{
    char text[BSON_DECIMAL128_STRING] = "-0";
    bool negative = value->type == BSON_TYPE_DOUBLE && value->number == 0 && signbit(value->number);
    if (value->type == BSON_TYPE_DECIMAL128) {
        bson_decimal128_to_string(&value->decimal, text);
        negative = text[0] == '-' && number_same(text, "0");
    }
    if (negative)
        losses_add(encoding->losses, encoding->path, "negative_zero", text, text + 1);
}

/* What is no number would poison every sum that it comes into. */
static bool check_finite(const struct encoding *encoding, const struct value *value,
                         struct error *error)
{
    if (value_is_finite(value))
        return true;
    misfit(encoding, value, "it is no finite number", error);
    return error_hint(error,
                      "correct the record in the source; or have it given up, with a line in "
                      "the losses: \"do\": [\"not_finite_to_null\"]; then run again");
}

static bool put_integer(const struct encoding *encoding, const struct value *value,
                        struct buffer *out, struct error *error)
{
    int64_t number = value->integer;
    if (value->type != BSON_TYPE_INT32 && value->type != BSON_TYPE_INT64) {
        if (!check_finite(encoding, value, error))
            return false;
        if (value_is_text(value))
            return misfit_unsaid(encoding, value, "it is text", "\"number\"", error);
        if (!whole_number(value, &number))
            return misfit(encoding, value, "it is no whole number of 64 bits", error);
        note_negative_zero(encoding, value);
    }
    switch ((int)encoding->type.base) {
    case PG_INT2:
        if (number < INT16_MIN || number > INT16_MAX)
            return misfit(encoding, value, "too large", error);
        put_field(out, &(uint16_t){__builtin_bswap16((uint16_t)number)}, 2);
        return true;
    case PG_INT4:
        if (number < INT32_MIN || number > INT32_MAX)
            return misfit(encoding, value, "too large", error);
        put_field_be32(out, (uint32_t)number);
        return true;
    default:
        put_field_be64(out, (uint64_t)number);
        return true;
    }
}

/* The double whose shortest text is the decimal's number, if there is one. */
static bool decimal_to_double(const struct value *value, double *number)
{
    char text[BSON_DECIMAL128_STRING], back[BSON_DECIMAL128_STRING];
    bson_decimal128_to_string(&value->decimal, text);
    *number = strtod(text, NULL);
    number_format(*number, back, sizeof back);
    return isfinite(*number) && number_same(text, back);
}

static bool put_float(const struct encoding *encoding, const struct value *value,
                      struct buffer *out, struct error *error)
{
    double number = value->number;
    if (!check_finite(encoding, value, error))
        return false;
    if (value->type == BSON_TYPE_DECIMAL128) {
        if (!decimal_to_double(value, &number))
            return misfit(encoding, value, "it would be rounded", error);
    } else if (value->type == BSON_TYPE_INT32 || value->type == BSON_TYPE_INT64) {
        int64_t back;
        number = (double)value->integer;
        if (!number_to_int64(number, &back) || back != value->integer)
            return misfit(encoding, value, "it would be rounded", error);
    } else if (value_is_text(value)) {
        return misfit_unsaid(encoding, value, "it is text", "\"number\"", error);
    } else if (value->type != BSON_TYPE_DOUBLE) {
        return misfit(encoding, value, "", error);
    }
    if (encoding->type.base == PG_FLOAT8) {
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        put_field_be64(out, bits);
        return true;
    }
    float small = (float)number;
    uint32_t bits;
    if ((double)small != number)
        return misfit(encoding, value, "it would be rounded", error);
    memcpy(&bits, &small, sizeof bits);
    put_field_be32(out, bits);
    return true;
}

static bool put_numeric(const struct encoding *encoding, const struct value *value,
                        struct buffer *out, struct error *error)
{
    char text[BSON_DECIMAL128_STRING + 8];
    if (!check_finite(encoding, value, error))
        return false;
    note_negative_zero(encoding, value);
    switch ((int)value->type) {
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        snprintf(text, sizeof text, "%" PRId64, value->integer);
        break;
    case BSON_TYPE_DOUBLE:
        number_format(value->number, text, sizeof text);
        break;
    case BSON_TYPE_DECIMAL128:
        bson_decimal128_to_string(&value->decimal, text);
        break;
    default:
        return value_is_text(value)
                   ? misfit_unsaid(encoding, value, "it is text", "\"number\"", error)
                   : misfit(encoding, value, "", error);
    }
    size_t begin = begin_field(out);
    switch (numeric_put(out, text, encoding->type.precision, encoding->type.scale)) {
    case NUMERIC_OK:
        return end_field(encoding, value, begin, out, error);
    case NUMERIC_ROUNDS:
        return misfit(encoding, value, "it would be rounded", error);
    case NUMERIC_TOO_LARGE:
        return misfit(encoding, value, "too large", error);
    case NUMERIC_NOT:
        break;
    }
    return misfit(encoding, value, "it is no number", error);
}

/* Characters, as varchar(n) counts them. */
static size_t characters(const uint8_t *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += (text[i] & 0xC0) != 0x80;
    return count;
}

static bool put_no_text(const struct encoding *encoding, const struct value *value,
                        struct buffer *out, struct error *error)
{
    if (value->type == BSON_TYPE_OID) {
        char hex[32];
        if (encoding->type.length > 0 && encoding->type.length < 24)
            return misfit(encoding, value, "too long", error);
        value_brief(value, hex, sizeof hex);
        put_field(out, hex, 24);
        return true;
    }
    if (value_is_scalar(value) || value->type == BSON_TYPE_DATE_TIME)
        return misfit_unsaid(encoding, value, "", "\"text\"", error);
    return misfit(encoding, value, "", error);
}

/* What may be no text, has other characters than ASCII, or may be too long. Inlined, it would make
 * the usual way slower. */
__attribute__((noinline)) static bool put_any_text(const struct encoding *encoding,
                                                   const struct value *value, struct buffer *out,
                                                   struct error *error)
{
    if (!value_is_text(value) && value->type != BSON_TYPE_CODE)
        return put_no_text(encoding, value, out, error);
    if (!text_check(value->bytes, value->length, error))
        return error_at(error, NULL, NULL, encoding->path);
    if (encoding->type.length > 0 &&
        characters(value->bytes, value->length) > (size_t)encoding->type.length)
        return misfit(encoding, value, "too long", error);
    return put_bytes(encoding, value, out, error);
}

static bool put_text(const struct encoding *encoding, const struct value *value, struct buffer *out,
                     struct error *error)
{
    if (value->type != BSON_TYPE_UTF8 || encoding->type.length > 0 ||
        !text_is_plain(value->bytes, value->length))
        return put_any_text(encoding, value, out, error);
    return put_bytes(encoding, value, out, error);
}

static bool put_bytea(const struct encoding *encoding, const struct value *value,
                      struct buffer *out, struct error *error)
{
    if (value->type == BSON_TYPE_OID) {
        put_field(out, value->oid, 12);
        return true;
    }
    if (value->type != BSON_TYPE_BINARY)
        return misfit(encoding, value, "", error);
    return put_bytes(encoding, value, out, error);
}

static bool put_uuid(const struct encoding *encoding, const struct value *value, struct buffer *out,
                     struct error *error)
{
    uint8_t uuid[16];
    if (value->type == BSON_TYPE_BINARY && value->subtype == 4 && value->length == 16) {
        put_field(out, value->bytes, 16);
        return true;
    }
    if (value->type == BSON_TYPE_BINARY && value->subtype == 3)
        return misfit_unsaid(encoding, value,
                             "a UUID of subtype 3 does not say in which order its bytes stand",
                             "{\"uuid3\": \"java\"}] or [{\"uuid3\": \"csharp\"}] or "
                             "[{\"uuid3\": \"python\"}",
                             error);
    if (!value_is_text(value) || !uuid_parse((const char *)value->bytes, value->length, uuid))
        return misfit(encoding, value, "it is no UUID (an id of an entity needs \"id_of\")", error);
    put_field(out, uuid, sizeof uuid);
    return true;
}

static bool no_id(const struct encoding *encoding, const struct value *value, struct error *error)
{
    char what[120];
    value_describe(value, what, sizeof what);
    error_set(error, ERROR_DATA, "%s is nobody's id: ids of %s are %s", what, encoding->id_entity,
              identity_ids_text(encoding->ids));
    error_hint(error,
               "correct the record in the source; or, if such are ids of %s, have its mapping keep "
               "them in a column of their own; and run again",
               encoding->id_entity);
    return error_at(error, NULL, NULL, encoding->path);
}

bool encode_identity(const struct encoding *encoding, const struct value *value, uint8_t uuid[16],
                     struct error *error)
{
    char text[40];
    int64_t number;
    bool ok = true;
    if (value->type == BSON_TYPE_OID) {
        ok = identity_from_objectid(encoding->identity, encoding->id_entity, value->oid, uuid);
    } else if (value_is_text(value)) {
        ok = identity_from_text(encoding->identity, encoding->id_entity, encoding->ids,
                                (const char *)value->bytes, value->length, uuid);
    } else if (value->type == BSON_TYPE_BINARY && value->length == 16 && value->subtype == 4) {
        ok = identity_from_uuid(encoding->identity, encoding->id_entity, value->bytes, uuid);
    } else if (encoding->ids == IDENTITY_TEXTS && whole_number(value, &number)) {
        int length = snprintf(text, sizeof text, "%" PRId64, number);
        ok = identity_from_text(encoding->identity, encoding->id_entity, encoding->ids, text,
                                (size_t)length, uuid);
    } else {
        ok = false;
    }
    return ok || no_id(encoding, value, error);
}

static bool put_identity(const struct encoding *encoding, const struct value *value,
                         struct buffer *out, struct error *error)
{
    uint8_t uuid[16];
    char text[37];
    if (encoding->resolved)
        memcpy(uuid, value->bytes, sizeof uuid);
    else if (!encode_identity(encoding, value, uuid, error))
        return false;
    if (encoding->type.base == PG_UUID) {
        put_field(out, uuid, sizeof uuid);
    } else {
        uuid_format(uuid, text);
        put_field(out, text, 36);
    }
    return true;
}

/* A number, a Timestamp or a text that no date can be read from. */
static bool no_moment(const struct encoding *encoding, const struct value *value,
                      struct error *error)
{
    bool number = value_is_scalar(value) && value->type != BSON_TYPE_BOOL;
    if (value->type == BSON_TYPE_TIMESTAMP)
        return misfit_unsaid(encoding, value, "", "{\"epoch\": \"s\"}", error);
    if (number)
        return misfit_unsaid(encoding, value, "it is a number",
                             "{\"epoch\": \"s\"}] or [{\"epoch\": \"ms\"}", error);
    if (value_is_text(value))
        return misfit_unsaid(encoding, value, "",
                             "{\"time\": {\"format\": \"DD.MM.YYYY HH24:MI\", \"zone\": "
                             "\"Europe/Berlin\"}}",
                             error);
    return misfit(encoding, value, "", error);
}

static bool text_to_moment(const struct value *value, int64_t *microseconds, bool *zoned,
                           bool *date_only)
{
    return value_is_text(value) && datetime_parse((const char *)value->bytes, value->length,
                                                  microseconds, zoned, date_only);
}

/* Has the type the places for this fraction of a second? PostgreSQL would round it. */
static bool has_places(const struct pgtype *type, int64_t microseconds)
{
    int64_t step = 1;
    for (int32_t places = type->seconds - 1; type->seconds > 0 && places < 6; places++)
        step *= 10;
    return microseconds % step == 0;
}

static bool put_timestamp(const struct encoding *encoding, const struct value *value,
                          struct buffer *out, struct error *error)
{
    int64_t microseconds;
    bool zoned, date_only;
    if (value->type == BSON_TYPE_DATE_TIME) {
        if (!datetime_from_milliseconds(value->integer, &microseconds))
            return misfit(encoding, value, "beyond the years that PostgreSQL knows", error);
    } else if (!text_to_moment(value, &microseconds, &zoned, &date_only)) {
        return no_moment(encoding, value, error);
    } else if (zoned != (encoding->type.base == PG_TIMESTAMPTZ)) {
        return zoned ? misfit(encoding, value, "it has a time zone", error)
                     : misfit_unsaid(encoding, value, "it has no time zone",
                                     "{\"time\": {\"format\": \"YYYY-MM-DD HH24:MI:SS\", \"zone\": "
                                     "\"Europe/Berlin\"}}",
                                     error);
    }
    if (!has_places(&encoding->type, microseconds))
        return misfit(encoding, value, "it has more digits of seconds", error);
    put_field_be64(out, (uint64_t)microseconds);
    return true;
}

static bool put_date(const struct encoding *encoding, const struct value *value, struct buffer *out,
                     struct error *error)
{
    const int64_t day = INT64_C(86400000000);
    int64_t microseconds;
    bool zoned, date_only = true;
    bool ok = value->type == BSON_TYPE_DATE_TIME
                  ? datetime_from_milliseconds(value->integer, &microseconds)
                  : text_to_moment(value, &microseconds, &zoned, &date_only);
    if (!ok)
        return no_moment(encoding, value, error);
    if (!date_only || microseconds % day != 0)
        return misfit_unsaid(encoding, value, "it has a time of day",
                             value_is_text(value)
                                 ? "{\"time\": {\"format\": ..}}, {\"day\": \"Europe/Berlin\"}"
                                 : "{\"day\": \"Europe/Berlin\"}",
                             error);
    put_field_be32(out, (uint32_t)(int32_t)(microseconds / day));
    return true;
}

static bool put_json(const struct encoding *encoding, const struct value *value, struct buffer *out,
                     struct error *error)
{
    struct json_writer writer;
    size_t begin = begin_field(out);
    if (encoding->type.base == PG_JSONB)
        buffer_putc(out, 1); /* the version of jsonb's binary form */
    size_t start = out->length;
    json_writer_init(&writer, out, encoding->losses, encoding->path, encoding->safe_numbers);
    return json_write_value(&writer, value, error) &&
           (encoding->keys_entity == NULL ||
            json_keys_replace(encoding->identity, encoding->keys_entity, encoding->ids,
                              encoding->asking, out, start, error) ||
            error_at(error, NULL, NULL, encoding->path)) &&
           end_field(encoding, value, begin, out, error);
}

/* sources.md 5.3: family, bits of the mask, is it a cidr, bytes of the address, address. */
static bool put_inet(const struct encoding *encoding, const struct value *value, struct buffer *out,
                     struct error *error)
{
    enum { FOUR = 2, SIX = 3, LONGEST = 50 };
    char text[LONGEST + 1], *slash, *end;
    uint8_t address[16];
    if (!value_is_text(value) || value->length > LONGEST || value->length == 0 ||
        memchr(value->bytes, 0, value->length) != NULL)
        return misfit(encoding, value, "it is no address", error);
    snprintf(text, sizeof text, "%.*s", (int)value->length, (const char *)value->bytes);
    slash = strchr(text, '/');
    if (slash != NULL)
        *slash = '\0';
    bool four = inet_pton(AF_INET, text, address) == 1;
    if (!four && inet_pton(AF_INET6, text, address) != 1)
        return misfit(encoding, value, "it is no address", error);
    long most = four ? 32 : 128, bits = most;
    if (slash != NULL) {
        bits = strtol(slash + 1, &end, 10);
        if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > most)
            return misfit(encoding, value, "it is no address", error);
    }
    uint8_t field[20] = {four ? FOUR : SIX, (uint8_t)bits, 0, four ? 4 : 16};
    memcpy(field + 4, address, four ? 4 : 16);
    put_field(out, field, 4 + (uint32_t)field[3]);
    return true;
}

/* One row per type; NULL: no value of a document becomes this type. */
static const put_function puts_by_base[PG_BASE_COUNT] = {
    [PG_BOOL] = put_bool,       [PG_INT2] = put_integer,        [PG_INT4] = put_integer,
    [PG_INT8] = put_integer,    [PG_FLOAT4] = put_float,        [PG_FLOAT8] = put_float,
    [PG_NUMERIC] = put_numeric, [PG_TEXT] = put_text,           [PG_VARCHAR] = put_text,
    [PG_CHAR] = put_text,       [PG_BYTEA] = put_bytea,         [PG_UUID] = put_uuid,
    [PG_DATE] = put_date,       [PG_TIMESTAMP] = put_timestamp, [PG_TIMESTAMPTZ] = put_timestamp,
    [PG_JSON] = put_json,       [PG_JSONB] = put_json,          [PG_INET] = put_inet,
};

bool encode_supported(const struct pgtype *type)
{
    return puts_by_base[type->base] != NULL;
}

static put_function put_of(const struct encoding *encoding)
{
    return encoding->id_entity != NULL ? put_identity : puts_by_base[encoding->type.base];
}

static bool damaged(const struct encoding *encoding, struct error *error)
{
    value_damaged(error);
    return error_at(error, NULL, NULL, encoding->path);
}

/* One dimension; elements in BSON's order whatever their keys say. */
static bool put_array(const struct encoding *encoding, const struct value *value,
                      struct buffer *out, struct error *error)
{
    struct value_walk elements;
    struct value item;
    uint32_t count = 0, nulls = 0;
    bool one = value->type != BSON_TYPE_ARRAY;
    if (one && !encoding->list)
        return misfit(encoding, value, "", error);
    if (!one && !value_walk_begin(&elements, value))
        return damaged(encoding, error);
    size_t head = out->length;
    struct encoding element = *encoding;
    put_function put = put_of(encoding);
    element.type.array = false;
    buffer_put_be32(out, 0); /* field length */
    buffer_put_be32(out, 1); /* dimensions */
    buffer_put_be32(out, 0); /* has nulls */
    buffer_put_be32(out, pgtype_element_oid(&encoding->type));
    buffer_put_be32(out, 0); /* size of the dimension */
    buffer_put_be32(out, 1); /* its lower bound */
    if (one && !put(&element, value, out, error))
        return false;
    count += one;
    while (!one && value_walk_next(&elements, &item)) {
        count++;
        if (value_is_nothing(&item)) {
            nulls = 1;
            encode_null(out);
        } else if (!put(&element, &item, out, error)) {
            return false;
        }
    }
    if (!one && !value_walk_ended(&elements))
        return damaged(encoding, error);
    if (out->failed)
        return true; /* the row's end sees it */
    if (count == 0)
        out->length = head + 16; /* an empty array has no dimension */
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    buffer_patch_be32(out, head + 4, count > 0);
    buffer_patch_be32(out, head + 8, nulls);
    if (count > 0)
        buffer_patch_be32(out, head + 16, count);
    return true;
}

bool encode_value(const struct encoding *encoding, const struct value *value, struct buffer *out,
                  struct error *error)
{
    put_function put = encoding->type.array ? put_array : put_of(encoding);
    return put(encoding, value, out, error);
}
