#include "encode.h"
#include "datetime.h"
#include "encode_number.h"
#include "put_field.h"
#include "text_check.h"
#include "value_walk.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends a field: its length, and its bytes. */
typedef bool (*put_function)(const struct encoding *encoding, const struct value *value,
                             struct buffer *out, struct error *error);

/* Whatever has no kind of its own. */
static bool misfit(const struct encoding *encoding, const struct value *value, const char *why,
                   struct error *error)
{
    mending_mends(encoding->mending, MISFIT_OTHER);
    return encode_misfit(encoding, value, why, error);
}

static bool misfit_unsaid(const struct encoding *encoding, const struct value *value,
                          const char *why, const char *word, struct error *error)
{
    mending_mends(encoding->mending, MISFIT_OTHER);
    return encode_misfit_unsaid(encoding, value, why, word, error);
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
    if (text_check(value->bytes, value->length, error) &&
        (encoding->type.length == 0 ||
         characters(value->bytes, value->length) <= (size_t)encoding->type.length))
        return put_bytes(encoding, value, out, error);
    struct mending none = {0}, *mending = encoding->mending != NULL ? encoding->mending : &none;
    size_t begin = begin_field(out);
    if (mending_text(mending, encoding->losses, encoding->path, value, encoding->type.length,
                     out)) {
        *error = (struct error){0};
        return end_field(encoding, value, begin, out, error);
    }
    return mending->kind == MISFIT_TOO_LONG ? encode_misfit(encoding, value, "too long", error)
                                            : error_at(error, NULL, NULL, encoding->path);
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
    } else if (encoding->ids == IDENTITY_TEXTS && encode_whole_number(value, &number)) {
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

/* A date beyond PostgreSQL's becomes its first or last one, where a rule says so. */
static bool date_to_moment(const struct encoding *encoding, const struct value *value,
                           int64_t *microseconds, struct error *error)
{
    struct value nearest = {.type = BSON_TYPE_DATE_TIME};
    char before[40], after[40];
    if (datetime_from_milliseconds(value->integer, microseconds))
        return true;
    if (!mending_mends(encoding->mending, MISFIT_RANGE))
        return encode_misfit(encoding, value, "beyond the years that PostgreSQL knows", error);
    bool whole_day = encoding->type.base == PG_DATE;
    nearest.integer = datetime_nearest(value->integer, whole_day);
    value_brief(value, before, sizeof before);
    value_brief(&nearest, after, sizeof after);
    mending_note(encoding->mending, MISFIT_RANGE, encoding->losses, encoding->path, before, after);
    return datetime_from_milliseconds(nearest.integer, microseconds);
}

static bool put_timestamp(const struct encoding *encoding, const struct value *value,
                          struct buffer *out, struct error *error)
{
    int64_t microseconds;
    bool zoned, date_only;
    if (value->type == BSON_TYPE_DATE_TIME) {
        if (!date_to_moment(encoding, value, &microseconds, error))
            return false;
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
    if (value->type == BSON_TYPE_DATE_TIME) {
        if (!date_to_moment(encoding, value, &microseconds, error))
            return false;
    } else if (!text_to_moment(value, &microseconds, &zoned, &date_only)) {
        return no_moment(encoding, value, error);
    }
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
    writer.mending = encoding->mending;
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
    [PG_BOOL] = put_bool,
    [PG_INT2] = encode_integer,
    [PG_INT4] = encode_integer,
    [PG_INT8] = encode_integer,
    [PG_FLOAT4] = encode_float,
    [PG_FLOAT8] = encode_float,
    [PG_NUMERIC] = encode_numeric,
    [PG_TEXT] = put_text,
    [PG_VARCHAR] = put_text,
    [PG_CHAR] = put_text,
    [PG_BYTEA] = put_bytea,
    [PG_UUID] = put_uuid,
    [PG_DATE] = put_date,
    [PG_TIMESTAMP] = put_timestamp,
    [PG_TIMESTAMPTZ] = put_timestamp,
    [PG_JSON] = put_json,
    [PG_JSONB] = put_json,
    [PG_INET] = put_inet,
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

/* A NaN that a rule gave up. */
static bool is_null_at(const struct buffer *out, size_t at)
{
    return !out->failed && get_be32(out->data + at) == UINT32_MAX;
}

/* One dimension; elements in BSON's order whatever their keys say. */
static bool put_array(const struct encoding *encoding, const struct value *value,
                      struct buffer *out, struct error *error)
{
    struct value_walk elements;
    struct value item;
    uint32_t count = 0, nulls = 0;
    bool one = value->type != BSON_TYPE_ARRAY;
    if (one && !encoding->list) {
        mending_mends(encoding->mending, MISFIT_NO_ARRAY);
        return encode_misfit(encoding, value, "", error);
    }
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
    size_t at = out->length;
    if (one && !put(&element, value, out, error))
        return false;
    nulls = one && is_null_at(out, at);
    count += one;
    while (!one && value_walk_next(&elements, &item)) {
        count++;
        if (value_is_nothing(&item)) {
            nulls = 1;
            encode_null(out);
            continue;
        }
        at = out->length;
        if (!put(&element, &item, out, error))
            return value_at_element(encoding->path, count - 1, error);
        if (is_null_at(out, at))
            nulls = 1;
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
