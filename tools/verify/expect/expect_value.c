#include "expect_value.h"
#include "calendar.h"
#include "canonical.h"
#include "canonical_decimal.h"
#include "expect_identity.h"
#include "expect_json.h"
#include "expect_mending.h"

#include <arpa/inet.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef bool (*put_function)(const struct expect_target *target, const struct item *item,
                             struct buffer *out, struct error *error);

static bool misfit(const struct expect_target *target, const struct item *item, const char *why,
                   struct error *error)
{
    expect_refuse(target->mending, MISFIT_OTHER);
    return item_misfit(item, target->path, why, error);
}

/* A kind that has a remedy of its own; false: it is not said. */
static bool mends(const struct expect_target *target, enum misfit kind, const struct item *item,
                  const char *why, struct error *error)
{
    return expect_mends(target->mending, kind) || item_misfit(item, target->path, why, error);
}

static bool put_bool(const struct expect_target *target, const struct item *item,
                     struct buffer *out, struct error *error)
{
    if (item->value.value_type != BSON_TYPE_BOOL)
        return misfit(target, item, "it is no boolean", error);
    buffer_putc(out, 'b');
    buffer_putc(out, item->value.value.v_bool);
    return true;
}

static bool check_zero(const struct expect_target *target, const struct item *item,
                       struct error *error)
{
    char text[ITEM_NUMBER];
    return !item_number(item, text) || text[0] != '-' || !item_same_number(text, "0") ||
           mends(target, MISFIT_NEGATIVE_ZERO, item, "its zero has a sign", error);
}

static bool put_int(const struct expect_target *target, const struct item *item, struct buffer *out,
                    struct error *error)
{
    int64_t number, bits = target->type.base == PG_INT2   ? 16
                           : target->type.base == PG_INT4 ? 32
                                                          : 64;
    int64_t limit = bits == 64 ? INT64_MAX : (INT64_C(1) << (bits - 1)) - 1;
    struct item whole = *item;
    char text[ITEM_NUMBER];
    bool rounded;
    if (!item_number(item, text))
        return misfit(target, item, "it is no whole number", error);
    if (!expect_round(&whole, 0, &rounded, error) || !check_zero(target, item, error) ||
        (rounded && !mends(target, MISFIT_ROUNDING, item, "it is no whole number", error)))
        return false;
    if (!item_whole(&whole, &number) || number > limit || number < -limit - 1) {
        if (!mends(target, MISFIT_RANGE, item, "it is too large", error))
            return false;
        number = text[0] == '-' ? -limit - 1 : limit;
    }
    canonical_put_int(out, number);
    return true;
}

static bool is_finite(const struct item *item)
{
    char text[ITEM_NUMBER];
    return !item_number(item, text) || strpbrk(text, "Nn") == NULL;
}

/* The nearest double; *same: it is the number itself. */
static double nearest_double(const struct item *item, bool *same)
{
    char text[ITEM_NUMBER], shortest[ITEM_NUMBER];
    double number = item->value.value.v_double;
    int64_t whole;
    *same = true;
    if (item->value.value_type == BSON_TYPE_DOUBLE)
        return number;
    if (item->value.value_type == BSON_TYPE_DECIMAL128) {
        item_number(item, text);
        number = strtod(text, NULL);
        item_shortest(number, shortest);
        *same = item_same_number(text, shortest);
    } else {
        item_whole(item, &whole);
        number = (double)whole;
        *same = number < 0x1p63 && (int64_t)number == whole; /* beyond there is no way back */
    }
    return number;
}

static bool put_float(const struct expect_target *target, const struct item *item,
                      struct buffer *out, struct error *error)
{
    char text[ITEM_NUMBER];
    bool small = target->type.base == PG_FLOAT4, same;
    if (!item_number(item, text))
        return misfit(target, item, "it is no double", error);
    double number = nearest_double(item, &same);
    if (small) {
        same = same && (double)(float)number == number;
        number = (double)(float)number;
    }
    if (isinf(number)) {
        if (!mends(target, MISFIT_RANGE, item, "it is too large", error))
            return false;
        number = copysign(small ? (double)FLT_MAX : DBL_MAX, number);
    } else if (!same && !mends(target, MISFIT_ROUNDING, item, "it would be rounded", error)) {
        return false;
    }
    canonical_put_double(out, number);
    return true;
}

/* All nines. */
static bool put_largest(const struct pgtype *type, bool negative, struct buffer *out)
{
    struct buffer text;
    buffer_init(&text);
    buffer_puts(&text, negative ? "-" : "");
    for (int i = 0; i < type->precision; i++)
        buffer_putc(&text, '9');
    buffer_printf(&text, "E-%d", (int)type->scale);
    bool ok = !text.failed && canonical_put_decimal(out, buffer_text(&text));
    out->failed = out->failed || text.failed;
    buffer_release(&text);
    return ok || out->failed;
}

static bool put_numeric(const struct expect_target *target, const struct item *item,
                        struct buffer *out, struct error *error)
{
    char text[ITEM_NUMBER];
    struct canonical_decimal decimal;
    struct item number = *item;
    size_t start = out->length;
    bool rounded = false;
    if (!check_zero(target, item, error))
        return false;
    if (target->type.precision > 0 &&
        (!expect_round(&number, target->type.scale, &rounded, error) ||
         (rounded && !mends(target, MISFIT_ROUNDING, item, "it would be rounded", error))))
        return false;
    if (!item_number(&number, text) || !canonical_put_decimal(out, text))
        return misfit(target, item, "it is no number", error);
    if (out->failed || target->type.precision == 0)
        return true;
    if (!canonical_decimal_read(out->data + start, out->length - start, &decimal))
        return misfit(target, item, "it is no number", error);
    int64_t whole = (int64_t)decimal.count + decimal.power;
    if (decimal.count == 0 || whole <= target->type.precision - target->type.scale)
        return true;
    bool negative = decimal.negative;
    out->length = start;
    return mends(target, MISFIT_RANGE, item, "it is too large", error) &&
           put_largest(&target->type, negative, out);
}

static bool put_text(const struct expect_target *target, const struct item *item,
                     struct buffer *out, struct error *error)
{
    const char *text;
    size_t length;
    char hex[25];
    if (item->value.value_type == BSON_TYPE_OID) {
        bson_oid_to_string(&item->value.value.v_oid, hex);
        text = hex;
        length = 24;
    } else if (item->value.value_type == BSON_TYPE_CODE) {
        text = item->value.value.v_code.code;
        length = item->value.value.v_code.code_len;
    } else if (!item_text(item, &text, &length)) {
        return misfit(target, item, "it is no text", error);
    }
    buffer_putc(out, 't');
    size_t start = out->length;
    if (!expect_text_kept(target->mending, text, length, target->type.length, out))
        return item_misfit(item, target->path, "it cannot be kept as it is", error);
    while (target->type.base == PG_CHAR && out->length > start &&
           out->data[out->length - 1] == ' ')
        out->length--;
    return true;
}

static bool put_bytea(const struct expect_target *target, const struct item *item,
                      struct buffer *out, struct error *error)
{
    bool id = item->value.value_type == BSON_TYPE_OID;
    if (!id && item->value.value_type != BSON_TYPE_BINARY)
        return misfit(target, item, "it is no binary data", error);
    buffer_putc(out, 'y');
    if (id)
        buffer_put(out, item->value.value.v_oid.bytes, 12);
    else
        buffer_put(out, item->value.value.v_binary.data, item->value.value.v_binary.data_len);
    return true;
}

static bool put_uuid(const struct expect_target *target, const struct item *item,
                     struct buffer *out, struct error *error)
{
    uint8_t uuid[16];
    const char *text;
    size_t length;
    bool binary = item->value.value_type == BSON_TYPE_BINARY &&
                  item->value.value.v_binary.subtype == BSON_SUBTYPE_UUID &&
                  item->value.value.v_binary.data_len == 16;
    if (binary)
        memcpy(uuid, item->value.value.v_binary.data, 16);
    else if (!item_text(item, &text, &length) || !expect_uuid_read(text, length, uuid))
        return misfit(target, item, "it is no UUID", error);
    buffer_putc(out, 'u');
    buffer_put(out, uuid, 16);
    return true;
}

static bool put_identity(const struct expect_target *target, const struct item *item,
                         struct buffer *out, struct error *error)
{
    uint8_t uuid[16];
    char text[37];
    if (target->resolved)
        memcpy(uuid, item->value.value.v_binary.data, sizeof uuid);
    else if (!expect_identity(target->rule, target->id_entity, target->ids, item, uuid))
        return misfit(target, item, "it is nobody's id", error);
    bool bare = target->type.base == PG_UUID;
    expect_uuid_write(uuid, text);
    buffer_putc(out, bare ? 'u' : 't');
    if (bare)
        buffer_put(out, uuid, 16);
    else
        buffer_puts(out, text);
    return true;
}

/* The moment that a BSON date or a text is. */
static bool read_moment(const struct item *item, struct moment *moment)
{
    const char *text;
    size_t length;
    *moment = (struct moment){.timed = true, .zoned = true};
    if (item->value.value_type == BSON_TYPE_DATE_TIME)
        return calendar_from_unix(item->value.value.v_datetime, &moment->microseconds);
    return item_text(item, &text, &length) && calendar_parse(text, length, moment);
}

/* A date of BSON before the first or behind the last that PostgreSQL has, of whole milliseconds or,
 * for a day, of whole days. */
static bool bring_near(const struct expect_target *target, const struct item *item,
                       struct moment *moment, struct error *error)
{
    if (item->value.value_type != BSON_TYPE_DATE_TIME)
        return misfit(target, item, "it is no point in time", error);
    if (!mends(target, MISFIT_RANGE, item, "it lies beyond PostgreSQL's years", error))
        return false;
    struct date first = {.year = -4713, .month = 11, .day = 24};
    struct date last = {.year = 294276, .month = 12, .day = 31};
    bool early = item->value.value.v_datetime < 0;
    moment->microseconds = calendar_days(early ? first : last) * CALENDAR_DAY;
    if (!early && target->type.base != PG_DATE)
        moment->microseconds += CALENDAR_DAY - 1000;
    return true;
}

static bool put_timestamp(const struct expect_target *target, const struct item *item,
                          struct buffer *out, struct error *error)
{
    struct moment moment;
    bool date = item->value.value_type == BSON_TYPE_DATE_TIME;
    if (!read_moment(item, &moment) && !bring_near(target, item, &moment, error))
        return false;
    if (!date && moment.zoned != (target->type.base == PG_TIMESTAMPTZ))
        return misfit(target, item, "its time zone is there or missing", error);
    static const int64_t steps[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    if (target->type.seconds > 0 && moment.microseconds % steps[target->type.seconds - 1] != 0)
        return misfit(target, item, "it would be rounded", error);
    buffer_putc(out, 'T');
    buffer_put_be64(out, (uint64_t)moment.microseconds);
    return true;
}

static bool put_date(const struct expect_target *target, const struct item *item,
                     struct buffer *out, struct error *error)
{
    struct moment moment;
    bool text = item->value.value_type != BSON_TYPE_DATE_TIME;
    if (!read_moment(item, &moment) && !bring_near(target, item, &moment, error))
        return false;
    if ((text && moment.timed) || moment.microseconds % CALENDAR_DAY != 0)
        return misfit(target, item, "it is no day", error);
    buffer_putc(out, 'D');
    buffer_put_be32(out, (uint32_t)(int32_t)(moment.microseconds / CALENDAR_DAY));
    return true;
}

static bool put_json(const struct expect_target *target, const struct item *item,
                     struct buffer *out, struct error *error)
{
    buffer_putc(out, 'j');
    return expect_json_put(out, item, target->path, error);
}

/* The address as the target sends it: its kind, the bits that count, whether it is a network, how
 * many bytes follow. */
static bool put_inet(const struct expect_target *target, const struct item *item,
                     struct buffer *out, struct error *error)
{
    const char *text;
    size_t length;
    char host[64];
    uint8_t bytes[16];
    unsigned bits = 0;
    if (!item_text(item, &text, &length) || length >= sizeof host || memchr(text, 0, length) != NULL)
        return misfit(target, item, "it is no address", error);
    size_t end = length;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '/')
            end = i < end ? i : end;
    memcpy(host, text, end);
    host[end] = '\0';
    bool old = inet_pton(AF_INET, host, bytes) == 1;
    unsigned size = old ? 4 : 16;
    bool known = old || inet_pton(AF_INET6, host, bytes) == 1;
    for (size_t i = end + 1; i < length; i++) {
        known = known && text[i] >= '0' && text[i] <= '9' && bits < 1000;
        bits = bits * 10 + (unsigned)(text[i] - '0');
    }
    if (!known || end + 1 == length || bits > size * 8)
        return misfit(target, item, "it is no address", error);
    const uint8_t head[] = {old ? 2 : 3, (uint8_t)(end == length ? size * 8 : bits), 0,
                            (uint8_t)size};
    buffer_putc(out, 'x');
    buffer_put(out, head, sizeof head);
    buffer_put(out, bytes, size);
    return true;
}

/* One row per type; NULL: nothing in a document becomes it. */
static const put_function puts_by_base[PG_BASE_COUNT] = {
    [PG_BOOL] = put_bool,
    [PG_INT2] = put_int,
    [PG_INT4] = put_int,
    [PG_INT8] = put_int,
    [PG_FLOAT4] = put_float,
    [PG_FLOAT8] = put_float,
    [PG_NUMERIC] = put_numeric,
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

bool expect_can_put(const struct pgtype *type)
{
    return puts_by_base[type->base] != NULL;
}

static bool put_scalar(const struct expect_target *target, const struct item *item,
                       struct buffer *out, struct error *error)
{
    if (item_is_nothing(item)) {
        buffer_putc(out, 'N');
        return true;
    }
    if (target->id_entity != NULL)
        return put_identity(target, item, out, error);
    enum pgtype_base base = target->type.base;
    bool number = base == PG_INT2 || base == PG_INT4 || base == PG_INT8 || base == PG_FLOAT4 ||
                  base == PG_FLOAT8 || base == PG_NUMERIC;
    if (number && !is_finite(item)) {
        if (!mends(target, MISFIT_NOT_FINITE, item, "it is not finite", error))
            return false;
        buffer_putc(out, 'N');
        return true;
    }
    return puts_by_base[target->type.base](target, item, out, error);
}

static bool put_element(const struct expect_target *target, const struct item *item,
                        struct buffer *out, struct error *error)
{
    size_t head = out->length;
    buffer_put_be32(out, 0);
    if (!put_scalar(target, item, out, error))
        return false;
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    return true;
}

/* All elements, of an array of the record or of a constant. */
static bool put_elements(const struct expect_target *target, const struct item *array,
                         struct buffer *out, uint32_t *count, struct error *error)
{
    bson_iter_t iter;
    bool ok = true;
    const cJSON *child;
    if (array->json != NULL) {
        cJSON_ArrayForEach(child, array->json)
        {
            struct item element = item_of_json(child);
            element.safe = array->safe;
            element.mending = array->mending;
            ok = ok && put_element(target, &element, out, error);
            ++*count;
        }
        return ok;
    }
    if (!item_open(array, &iter, error))
        return error_at(error, NULL, NULL, target->path);
    while (ok && item_next(&iter, &ok, error)) {
        struct item element = item_of(&iter);
        element.safe = array->safe;
        element.mending = array->mending;
        ok = put_element(target, &element, out, error);
        ++*count;
    }
    return ok || error_at(error, NULL, NULL, target->path);
}

static bool put_array(const struct expect_target *target, const struct item *item,
                      struct buffer *out, struct error *error)
{
    struct expect_target element = *target;
    uint32_t count = 0;
    bool single = item->value.value_type != BSON_TYPE_ARRAY;
    if (single && !target->list) {
        expect_refuse(target->mending, MISFIT_NO_ARRAY);
        return item_misfit(item, target->path, "it is no array", error);
    }
    element.type.array = false;
    size_t start = out->length;
    buffer_putc(out, 'a');
    buffer_put_be32(out, 1); /* dimensions */
    buffer_put_be32(out, 0); /* size */
    buffer_put_be32(out, 1); /* number of the first element */
    count = single ? 1 : 0;
    if (single ? !put_element(&element, item, out, error)
               : !put_elements(&element, item, out, &count, error))
        return false;
    if (out->failed)
        return true;
    if (count == 0)
        out->length = start + 5; /* an empty array has no dimension */
    buffer_patch_be32(out, start + 1, count > 0);
    if (count > 0)
        buffer_patch_be32(out, start + 5, count);
    return true;
}

bool expect_put(const struct expect_target *target, const struct item *item, struct buffer *out,
                struct error *error)
{
    bool array = target->type.array && !item_is_nothing(item);
    return array ? put_array(target, item, out, error) : put_scalar(target, item, out, error);
}
