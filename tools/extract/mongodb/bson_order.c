#include "bson_order.h"

#include <string.h>

/* Types that are compared with each other are one bracket; brackets are in this order. */
static int bracket(bson_type_t type)
{
    switch (type) {
    case BSON_TYPE_MINKEY:
        return 0;
    case BSON_TYPE_EOD:
    case BSON_TYPE_UNDEFINED:
        return 1;
    case BSON_TYPE_NULL:
        return 2;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_DECIMAL128:
        return 3;
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
        return 4;
    case BSON_TYPE_DOCUMENT:
        return 5;
    case BSON_TYPE_ARRAY:
        return 6;
    case BSON_TYPE_BINARY:
        return 7;
    case BSON_TYPE_OID:
        return 8;
    case BSON_TYPE_BOOL:
        return 9;
    case BSON_TYPE_DATE_TIME:
        return 10;
    case BSON_TYPE_TIMESTAMP:
        return 11;
    case BSON_TYPE_REGEX:
        return 12;
    case BSON_TYPE_DBPOINTER:
        return 13;
    case BSON_TYPE_CODE:
        return 14;
    case BSON_TYPE_CODEWSCOPE:
        return 15;
    case BSON_TYPE_MAXKEY:
        break;
    }
    return 16;
}

#define COMPARE(left, right) ((left) < (right) ? ID_BEFORE : (left) > (right) ? ID_AFTER : ID_EQUAL)

static enum bson_order compare_bytes(const void *left, size_t left_length, const void *right,
                                   size_t right_length)
{
    size_t shorter = left_length < right_length ? left_length : right_length;
    int order = shorter > 0 ? memcmp(left, right, shorter) : 0;
    return order != 0 ? COMPARE(order, 0) : COMPARE(left_length, right_length);
}

static bool is_nan(double value)
{
    return value != value;
}

/* Of what is NaN, an order to all numbers: it is the smallest. Beyond 2^63 a double is greater than
 * any int64; within, its whole part is one. */
static enum bson_order compare_int_double(int64_t left, double right)
{
    const double limit = 9223372036854775808.0;
    if (is_nan(right) || right < -limit)
        return ID_AFTER;
    if (right >= limit)
        return ID_BEFORE;
    enum bson_order order = COMPARE(left, (int64_t)right);
    return order != ID_EQUAL ? order : COMPARE((double)(int64_t)right, right);
}

static enum bson_order compare_doubles(double left, double right)
{
    if (is_nan(left) || is_nan(right))
        return COMPARE(!is_nan(left), !is_nan(right));
    return COMPARE(left, right);
}

static enum bson_order compare_numbers(const bson_iter_t *left, const bson_iter_t *right)
{
    bool left_double = BSON_ITER_HOLDS_DOUBLE(left), right_double = BSON_ITER_HOLDS_DOUBLE(right);
    if (BSON_ITER_HOLDS_DECIMAL128(left) || BSON_ITER_HOLDS_DECIMAL128(right))
        return ID_UNKNOWN;
    if (left_double && right_double)
        return compare_doubles(bson_iter_double(left), bson_iter_double(right));
    if (right_double)
        return compare_int_double(bson_iter_as_int64(left), bson_iter_double(right));
    if (left_double)
        return -compare_int_double(bson_iter_as_int64(right), bson_iter_double(left));
    return COMPARE(bson_iter_as_int64(left), bson_iter_as_int64(right));
}

static const char *text_of(const bson_iter_t *iter, uint32_t *length)
{
    return BSON_ITER_HOLDS_SYMBOL(iter) ? bson_iter_symbol(iter, length)
                                        : bson_iter_utf8(iter, length);
}

static enum bson_order compare_texts(const bson_iter_t *left, const bson_iter_t *right, bool collated)
{
    uint32_t left_length, right_length;
    const char *left_text = text_of(left, &left_length),
               *right_text = text_of(right, &right_length);
    enum bson_order order = compare_bytes(left_text, left_length, right_text, right_length);
    return collated && order != ID_EQUAL ? ID_UNKNOWN : order;
}

static enum bson_order compare_binaries(const bson_iter_t *left, const bson_iter_t *right)
{
    bson_subtype_t left_subtype, right_subtype;
    uint32_t left_length, right_length;
    const uint8_t *left_bytes, *right_bytes;
    bson_iter_binary(left, &left_subtype, &left_length, &left_bytes);
    bson_iter_binary(right, &right_subtype, &right_length, &right_bytes);
    if (left_length != right_length)
        return COMPARE(left_length, right_length);
    if (left_subtype != right_subtype)
        return COMPARE(left_subtype, right_subtype);
    return compare_bytes(left_bytes, left_length, right_bytes, right_length);
}

static enum bson_order compare_timestamps(const bson_iter_t *left, const bson_iter_t *right)
{
    uint32_t left_seconds, left_number, right_seconds, right_number;
    bson_iter_timestamp(left, &left_seconds, &left_number);
    bson_iter_timestamp(right, &right_seconds, &right_number);
    return left_seconds != right_seconds ? COMPARE(left_seconds, right_seconds)
                                         : COMPARE(left_number, right_number);
}

static enum bson_order compare_codes(const bson_iter_t *left, const bson_iter_t *right)
{
    uint32_t left_length, right_length;
    const char *left_code = bson_iter_code(left, &left_length);
    const char *right_code = bson_iter_code(right, &right_length);
    return compare_bytes(left_code, left_length, right_code, right_length);
}

/* Field by field: first by bracket, then by name, then by value; the shorter comes first. */
static enum bson_order compare_documents(const bson_iter_t *left, const bson_iter_t *right,
                                       bool collated)
{
    bson_iter_t left_field, right_field;
    if (!bson_iter_recurse(left, &left_field) || !bson_iter_recurse(right, &right_field))
        return ID_UNKNOWN;
    for (;;) {
        bool left_more = bson_iter_next(&left_field), right_more = bson_iter_next(&right_field);
        if (!left_more || !right_more)
            return COMPARE(left_more, right_more);
        int left_bracket = bracket(bson_iter_type(&left_field));
        int right_bracket = bracket(bson_iter_type(&right_field));
        if (left_bracket != right_bracket)
            return COMPARE(left_bracket, right_bracket);
        int names = strcmp(bson_iter_key(&left_field), bson_iter_key(&right_field));
        if (names != 0)
            return COMPARE(names, 0);
        enum bson_order order = bson_order(&left_field, &right_field, collated);
        if (order != ID_EQUAL)
            return order;
    }
}

enum bson_order bson_order(const bson_iter_t *left, const bson_iter_t *right, bool collated)
{
    bson_type_t type = bson_iter_type(left);
    int left_bracket = bracket(type), right_bracket = bracket(bson_iter_type(right));
    if (left_bracket != right_bracket)
        return COMPARE(left_bracket, right_bracket);
    switch (type) {
    case BSON_TYPE_EOD:
    case BSON_TYPE_MINKEY:
    case BSON_TYPE_MAXKEY:
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
        return ID_EQUAL;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_DECIMAL128:
        return compare_numbers(left, right);
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
        return compare_texts(left, right, collated);
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        return compare_documents(left, right, collated);
    case BSON_TYPE_BINARY:
        return compare_binaries(left, right);
    case BSON_TYPE_OID:
        return COMPARE(bson_oid_compare(bson_iter_oid(left), bson_iter_oid(right)), 0);
    case BSON_TYPE_BOOL:
        return COMPARE(bson_iter_bool(left), bson_iter_bool(right));
    case BSON_TYPE_DATE_TIME:
        return COMPARE(bson_iter_date_time(left), bson_iter_date_time(right));
    case BSON_TYPE_TIMESTAMP:
        return compare_timestamps(left, right);
    case BSON_TYPE_CODE:
        return compare_codes(left, right);
    case BSON_TYPE_REGEX: /* is no _id; the others are out of use */
    case BSON_TYPE_DBPOINTER:
    case BSON_TYPE_CODEWSCOPE:
        break;
    }
    return ID_UNKNOWN;
}
