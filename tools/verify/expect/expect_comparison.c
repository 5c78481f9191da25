#include "expect_comparison.h"
#include "calendar.h"
#include "canonical.h"
#include "canonical_decimal.h"
#include "expect_identity.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 32 };

enum field_kind expect_kind(const struct item *item)
{
    const bson_value_t *value = &item->value;
    struct instant unused;
    switch ((int)value->value_type) {
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
        return item_instant(item, &unused) ? FIELD_DATE : FIELD_TEXT;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_DECIMAL128:
        return FIELD_NUMBER;
    case BSON_TYPE_BOOL:
        return FIELD_BOOLEAN;
    case BSON_TYPE_DATE_TIME:
        return FIELD_DATE;
    case BSON_TYPE_OID:
        return FIELD_OBJECTID;
    case BSON_TYPE_BINARY:
        return value->value.v_binary.subtype == BSON_SUBTYPE_UUID &&
                       value->value.v_binary.data_len == 16
                   ? FIELD_UUID
                   : FIELD_BINARY;
    case BSON_TYPE_ARRAY:
        return FIELD_ARRAY;
    case BSON_TYPE_DOCUMENT:
        return FIELD_OBJECT;
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
        return FIELD_NULL;
    default:
        return FIELD_KINDS;
    }
}

static enum comparison by_sign(int64_t difference)
{
    return difference == 0  ? COMPARISON_EQUAL
           : difference < 0 ? COMPARISON_BELOW
                            : COMPARISON_ABOVE;
}

static enum comparison compare_bytes(const void *a, size_t a_length, const void *b, size_t b_length)
{
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < a_length && i < b_length; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? COMPARISON_BELOW : COMPARISON_ABOVE;
    return by_sign((int64_t)a_length - (int64_t)b_length);
}

/* Neither is 0, and both have the same sign, which is left aside. The digit of the power, 0 behind
 * either end. */
static int digit_at(const struct canonical_decimal *decimal, int64_t power)
{
    int64_t top = (int64_t)decimal->count - 1 + decimal->power;
    return power > top || power < decimal->power ? 0 : decimal->digits[top - power] - '0';
}

static enum comparison compare_digits(const struct canonical_decimal *a,
                                      const struct canonical_decimal *b)
{
    int64_t a_top = (int64_t)a->count + a->power, b_top = (int64_t)b->count + b->power;
    int64_t last = a->power < b->power ? a->power : b->power;
    if (a_top != b_top)
        return by_sign(a_top - b_top);
    for (int64_t power = a_top - 1; power >= last && a_top - power <= ITEM_NUMBER; power--)
        if (digit_at(a, power) != digit_at(b, power))
            return by_sign(digit_at(a, power) - digit_at(b, power));
    return COMPARISON_EQUAL;
}

static enum comparison turned(enum comparison comparison)
{
    return comparison == COMPARISON_BELOW   ? COMPARISON_ABOVE
           : comparison == COMPARISON_ABOVE ? COMPARISON_BELOW
                                            : comparison;
}

static int sign_of(const struct canonical_decimal *decimal)
{
    return decimal->count == 0 ? 0 : decimal->negative ? -1 : 1;
}

static enum comparison compare_decimals(const struct canonical_decimal *a,
                                        const struct canonical_decimal *b)
{
    int a_sign = sign_of(a), b_sign = sign_of(b);
    if (a_sign != b_sign || a_sign == 0)
        return by_sign(a_sign - b_sign);
    return a_sign > 0 ? compare_digits(a, b) : turned(compare_digits(a, b));
}

/* The constant is finite. */
static enum comparison compare_numbers(const char *number, const char *constant)
{
    struct buffer forms[2];
    struct canonical_decimal decimals[2];
    enum comparison found = COMPARISON_APART; /* a NaN */
    if (strstr(number, "Inf") != NULL)
        return number[0] == '-' ? COMPARISON_BELOW : COMPARISON_ABOVE;
    buffer_init(&forms[0]);
    buffer_init(&forms[1]);
    if (canonical_put_digits(&forms[0], number, strlen(number)) &&
        canonical_put_digits(&forms[1], constant, strlen(constant)) && !forms[0].failed &&
        !forms[1].failed && canonical_decimal_read(forms[0].data, forms[0].length, &decimals[0]) &&
        canonical_decimal_read(forms[1].data, forms[1].length, &decimals[1]))
        found = compare_decimals(&decimals[0], &decimals[1]);
    buffer_release(&forms[0]);
    buffer_release(&forms[1]);
    return found;
}

static enum comparison compare_moments(int64_t milliseconds, const char *text)
{
    struct moment moment;
    int64_t microseconds;
    if (!calendar_parse(text, strlen(text), &moment))
        return COMPARISON_IMPOSSIBLE;
    if (!calendar_from_unix(milliseconds, &microseconds))
        return milliseconds < 0 ? COMPARISON_BELOW : COMPARISON_ABOVE;
    return microseconds == moment.microseconds  ? COMPARISON_EQUAL
           : microseconds < moment.microseconds ? COMPARISON_BELOW
                                                : COMPARISON_ABOVE;
}

/* A clock that has no zone, and a moment of one, are not in one order. */
static enum comparison compare_instants(const struct item *field, const char *text)
{
    struct instant date, constant;
    if (!item_instant(field, &date) || !calendar_instant(text, strlen(text), &constant))
        return COMPARISON_IMPOSSIBLE;
    if (constant.zoned && date.timed && !date.zoned && !calendar_is_endless(&date))
        return COMPARISON_IMPOSSIBLE;
    if (date.seconds != constant.seconds)
        return date.seconds < constant.seconds ? COMPARISON_BELOW : COMPARISON_ABOVE;
    return by_sign(date.micros - constant.micros);
}

/* Hex digits, small ones, are in the order of the bytes that they stand for. */
static enum comparison compare_object_ids(const bson_oid_t *id, const char *text)
{
    char hex[25], small[25];
    if (strlen(text) != 24 || strspn(text, "0123456789abcdefABCDEF") != 24)
        return COMPARISON_IMPOSSIBLE;
    bson_oid_to_string(id, hex);
    for (size_t i = 0; i < 25; i++)
        small[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] + ('a' - 'A') : text[i]);
    return by_sign(strcmp(hex, small));
}

static enum comparison compare_with_text(const struct item *field, const char *constant)
{
    const bson_value_t *value = &field->value;
    const char *text;
    size_t length;
    uint8_t uuid[16];
    if (field->date)
        return compare_instants(field, constant);
    if (item_text(field, &text, &length))
        return compare_bytes(text, length, constant, strlen(constant));
    switch ((int)expect_kind(field)) {
    case FIELD_DATE:
        return compare_moments(value->value.v_datetime, constant);
    case FIELD_OBJECTID:
        return compare_object_ids(&value->value.v_oid, constant);
    case FIELD_UUID:
        return expect_uuid_read(constant, strlen(constant), uuid)
                   ? compare_bytes(value->value.v_binary.data, 16, uuid, 16)
                   : COMPARISON_IMPOSSIBLE;
    default:
        return COMPARISON_IMPOSSIBLE;
    }
}

enum comparison expect_compare(const struct item *field, const cJSON *constant)
{
    char number[ITEM_NUMBER], other[ITEM_NUMBER];
    if (cJSON_IsString(constant))
        return compare_with_text(field, constant->valuestring);
    if (cJSON_IsBool(constant) && expect_kind(field) == FIELD_BOOLEAN)
        return field->value.value.v_bool == cJSON_IsTrue(constant) ? COMPARISON_EQUAL
                                                                   : COMPARISON_APART;
    if (!cJSON_IsNumber(constant) || !item_number(field, number))
        return COMPARISON_IMPOSSIBLE;
    item_shortest(constant->valuedouble, other);
    return compare_numbers(number, other);
}

bool expect_compare_meant(const struct item *field, const cJSON *constant, enum comparison *found)
{
    struct item date = *field;
    struct instant one, other;
    date.date = true;
    if (field->date || !cJSON_IsString(constant) || !item_instant(&date, &one) || !one.zoned ||
        !calendar_instant(constant->valuestring, strlen(constant->valuestring), &other) ||
        !other.zoned)
        return false;
    *found = compare_instants(&date, constant->valuestring);
    return true;
}

bool expect_is_spelt_alike(const struct item *field, const cJSON *constant)
{
    const struct item other = item_of_json(constant);
    const struct item *one = field, *two = &other;
    const char *text;
    size_t length;
    char number[ITEM_NUMBER], word[ITEM_NUMBER];
    struct instant unused;
    if (field->date && cJSON_IsString(constant))
        return calendar_instant(constant->valuestring, strlen(constant->valuestring), &unused);
    if (!item_text(one, &text, &length)) {
        one = &other;
        two = field;
    }
    if (!item_text(one, &text, &length) || length > LONGEST_WORD || memchr(text, 0, length) != NULL)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    if (two->value.value_type == BSON_TYPE_BOOL)
        return strcmp(word, two->value.value.v_bool ? "true" : "false") == 0;
    return item_number(two, number) && item_same_number(word, number);
}
