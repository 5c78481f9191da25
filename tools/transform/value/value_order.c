#include "value_order.h"
#include "number.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 32 }; /* of a number that stands in a text */

static enum order order_of(int difference)
{
    return difference < 0 ? ORDER_LESS : difference > 0 ? ORDER_MORE : ORDER_SAME;
}

static enum order order_of_bytes(const uint8_t *a, size_t a_length, const uint8_t *b,
                                 size_t b_length)
{
    size_t common = a_length < b_length ? a_length : b_length;
    int difference = common > 0 ? memcmp(a, b, common) : 0;
    return difference != 0 ? order_of(difference)
                           : order_of((a_length > b_length) - (a_length < b_length));
}

static bool is_integer(const struct value *value)
{
    return value->type == BSON_TYPE_INT32 || value->type == BSON_TYPE_INT64;
}

/* Of different types they are compared by their shortest decimal texts. */
static enum order order_of_numbers(const struct value *a, const struct value *b)
{
    char texts[2][BSON_DECIMAL128_STRING];
    int difference;
    if (is_integer(a) && is_integer(b))
        return order_of((a->integer > b->integer) - (a->integer < b->integer));
    value_brief(a, texts[0], sizeof texts[0]);
    value_brief(b, texts[1], sizeof texts[1]);
    return number_order(texts[0], texts[1], &difference) ? order_of(difference) : ORDER_NONE;
}

static enum order order_of_dates(int64_t milliseconds, const struct value *text)
{
    int64_t date, constant;
    bool zoned, date_only;
    if (!datetime_parse((const char *)text->bytes, text->length, &constant, &zoned, &date_only))
        return ORDER_STRANGE;
    if (!datetime_from_milliseconds(milliseconds,
                                    &date)) /* beyond all years that have four digits */
        return milliseconds < 0 ? ORDER_LESS : ORDER_MORE;
    return order_of((date > constant) - (date < constant));
}

/* What has a zone is not compared with a time that has none; but a day is one in UTC, too. */
static enum order order_of_moments(const struct value *value, const struct value *text)
{
    struct moment date, constant;
    if (!value_moment(value, &date) ||
        !datetime_moment((const char *)text->bytes, text->length, &constant))
        return ORDER_STRANGE;
    bool endless = datetime_is_endless(&date) || datetime_is_endless(&constant);
    if (constant.zoned && date.timed && !date.zoned && !endless)
        return ORDER_STRANGE;
    return date.day != constant.day
               ? order_of(date.day < constant.day ? -1 : 1)
               : order_of((date.clock > constant.clock) - (date.clock < constant.clock));
}

static bool parse_objectid(const struct value *text, uint8_t bytes[12])
{
    bson_oid_t oid;
    if (text->length != 24 || !bson_oid_is_valid((const char *)text->bytes, 24))
        return false;
    bson_oid_init_from_string(&oid, (const char *)text->bytes);
    memcpy(bytes, oid.bytes, 12);
    return true;
}

enum order value_order(const struct value *value, const struct value *constant)
{
    enum field_kind kind, constants;
    uint8_t bytes[16];
    if (!value_field_kind(value, &kind) || !value_field_kind(constant, &constants))
        return ORDER_STRANGE;
    if (kind == FIELD_NUMBER && constants == FIELD_NUMBER)
        return order_of_numbers(value, constant);
    if (kind == FIELD_BOOLEAN && constants == FIELD_BOOLEAN)
        return value->integer == constant->integer ? ORDER_SAME : ORDER_NONE;
    if (constants != FIELD_TEXT)
        return ORDER_STRANGE;
    if (value_holds_moments(value))
        return order_of_moments(value, constant);
    if (kind == FIELD_TEXT)
        return order_of_bytes(value->bytes, value->length, constant->bytes, constant->length);
    if (kind == FIELD_DATE)
        return order_of_dates(value->integer, constant);
    if (kind == FIELD_OBJECTID && parse_objectid(constant, bytes))
        return order_of_bytes(value->oid, 12, bytes, 12);
    if (kind == FIELD_UUID && uuid_parse((const char *)constant->bytes, constant->length, bytes))
        return order_of_bytes(value->bytes, 16, bytes, 16);
    return ORDER_STRANGE;
}

bool value_order_of_moments(const struct value *value, const struct value *constant,
                            enum order *order)
{
    struct value read = *value;
    struct moment moment;
    if (!value_is_text(value) || value->moment || !value_is_text(constant) ||
        !datetime_moment((const char *)constant->bytes, constant->length, &moment) || !moment.zoned)
        return false;
    read.moment = true;
    if (!value_moment(&read, &moment) || !moment.zoned)
        return false;
    *order = order_of_moments(&read, constant);
    return true;
}

bool value_reads_the_same(const struct value *a, const struct value *b)
{
    const struct value *text = value_is_text(a) ? a : b, *other = text == a ? b : a;
    char word[BSON_DECIMAL128_STRING], read[LONGEST_WORD + 1];
    struct moment unused;
    if (value_is_text(a) && value_is_text(b)) /* a moment that has no zone, and one that has */
        return value_holds_moments(a) &&
               datetime_moment((const char *)b->bytes, b->length, &unused);
    if (!value_is_text(text) || !value_is_scalar(other) || text->length > LONGEST_WORD ||
        (text->length > 0 && memchr(text->bytes, 0, text->length) != NULL))
        return false;
    value_brief(other, word, sizeof word);
    snprintf(read, sizeof read, "%.*s", (int)text->length, (const char *)text->bytes);
    return other->type == BSON_TYPE_BOOL ? strcmp(read, word) == 0 : number_same(read, word);
}

bool value_field_kind(const struct value *value, enum field_kind *kind)
{
    static const struct {
        bson_type_t type;
        enum field_kind kind;
    } kinds[] = {
        {BSON_TYPE_UTF8, FIELD_TEXT},     {BSON_TYPE_SYMBOL, FIELD_TEXT},
        {BSON_TYPE_INT32, FIELD_NUMBER},  {BSON_TYPE_INT64, FIELD_NUMBER},
        {BSON_TYPE_DOUBLE, FIELD_NUMBER}, {BSON_TYPE_DECIMAL128, FIELD_NUMBER},
        {BSON_TYPE_BOOL, FIELD_BOOLEAN},  {BSON_TYPE_DATE_TIME, FIELD_DATE},
        {BSON_TYPE_OID, FIELD_OBJECTID},  {BSON_TYPE_BINARY, FIELD_BINARY},
        {BSON_TYPE_ARRAY, FIELD_ARRAY},   {BSON_TYPE_DOCUMENT, FIELD_OBJECT},
        {BSON_TYPE_NULL, FIELD_NULL},     {BSON_TYPE_UNDEFINED, FIELD_NULL},
    };
    struct moment unused;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].type == value->type) {
            bool uuid =
                value->type == BSON_TYPE_BINARY && value->subtype == 4 && value->length == 16;
            *kind = uuid                           ? FIELD_UUID
                    : value_moment(value, &unused) ? FIELD_DATE
                                                   : kinds[i].kind;
            return true;
        }
    return false;
}
