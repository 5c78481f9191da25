#include "canonical.h"
#include "canonical_decimal.h"

#include <math.h>
#include <string.h>

typedef bool (*read_function)(const uint8_t *bytes, size_t length, struct buffer *out,
                              struct error *error);

static bool wrong_size(size_t length, struct error *error)
{
    return error_set(error, ERROR_BUG, "a binary value of %zu bytes is no value of its type",
                     length);
}

void canonical_put_int(struct buffer *out, int64_t number)
{
    buffer_putc(out, 'i');
    buffer_put_be64(out, (uint64_t)number);
}

void canonical_put_double(struct buffer *out, double number)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (!isnan(number))
        memcpy(&bits, &number, sizeof bits);
    buffer_putc(out, 'f');
    buffer_put_be64(out, bits);
}

static bool read_bool(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    if (length != 1)
        return wrong_size(length, error);
    buffer_putc(out, 'b');
    buffer_putc(out, bytes[0] != 0);
    return true;
}

static bool read_int(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    if (length == 2)
        canonical_put_int(out, (int16_t)get_be16(bytes));
    else if (length == 4)
        canonical_put_int(out, (int32_t)get_be32(bytes));
    else if (length == 8)
        canonical_put_int(out, (int64_t)get_be64(bytes));
    else
        return wrong_size(length, error);
    return true;
}

static bool read_float(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    if (length == 4) {
        float number;
        uint32_t bits = get_be32(bytes);
        memcpy(&number, &bits, sizeof number);
        canonical_put_double(out, (double)number);
    } else if (length == 8) {
        double number;
        uint64_t bits = get_be64(bytes);
        memcpy(&number, &bits, sizeof number);
        canonical_put_double(out, number);
    } else {
        return wrong_size(length, error);
    }
    return true;
}

/* Count, weight of the first, sign, scale for display, then the digits in base 10000. */
static bool read_numeric(const uint8_t *bytes, size_t length, struct buffer *out,
                         struct error *error)
{
    static const struct {
        uint16_t sign;
        const char *canonical;
    } specials[] = {{0xC000, "dNaN"}, {0xD000, "d+Inf"}, {0xF000, "d-Inf"}};
    if (length < 8 || length != 8 + 2 * (size_t)get_be16(bytes))
        return wrong_size(length, error);
    size_t count = get_be16(bytes);
    int64_t weight = (int16_t)get_be16(bytes + 2);
    uint16_t sign = get_be16(bytes + 4);
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (sign == specials[i].sign) {
            buffer_puts(out, specials[i].canonical);
            return true;
        }
    size_t start = canonical_decimal_begin(out);
    for (size_t i = 0; i < count; i++) {
        unsigned group = get_be16(bytes + 8 + 2 * i) % 10000U;
        const char digits[] = {(char)('0' + group / 1000), (char)('0' + group / 100 % 10),
                               (char)('0' + group / 10 % 10), (char)('0' + group % 10)};
        buffer_put(out, digits, sizeof digits);
    }
    if (!canonical_decimal_end(out, start, sign == 0x4000, 4 * (weight + 1 - (int64_t)count)))
        return wrong_size(length, error);
    return true;
}

static void put_tagged(struct buffer *out, char tag, const uint8_t *bytes, size_t length)
{
    buffer_putc(out, tag);
    buffer_put(out, bytes, length);
}

static bool read_text(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    (void)error;
    put_tagged(out, 't', bytes, length);
    return true;
}

static bool read_char(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    while (length > 0 && bytes[length - 1] == ' ')
        length--;
    return read_text(bytes, length, out, error);
}

static bool read_bytea(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    (void)error;
    put_tagged(out, 'y', bytes, length);
    return true;
}

static bool read_raw(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    (void)error;
    put_tagged(out, 'x', bytes, length);
    return true;
}

/* A type whose values are carried over: its layout (pgtype.h) says what is compared of them. */
static bool read_carried(const char *layout, const uint8_t *bytes, size_t length,
                         struct buffer *out, struct error *error);

static bool read_uuid(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    put_tagged(out, 'u', bytes, length);
    return length == 16 || wrong_size(length, error);
}

static bool read_date(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    put_tagged(out, 'D', bytes, length);
    return length == 4 || wrong_size(length, error);
}

static bool read_time(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    put_tagged(out, 'c', bytes, length);
    return length == 8 || wrong_size(length, error);
}

static bool read_timestamp(const uint8_t *bytes, size_t length, struct buffer *out,
                           struct error *error)
{
    put_tagged(out, 'T', bytes, length);
    return length == 8 || wrong_size(length, error);
}

static bool read_json(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    buffer_putc(out, 'j');
    return canonical_put_json(out, (const char *)bytes, length, error);
}

static bool read_jsonb(const uint8_t *bytes, size_t length, struct buffer *out, struct error *error)
{
    if (length < 1 || bytes[0] != 1)
        return error_set(error, ERROR_BUG, "jsonb in a binary form of an unknown version");
    return read_json(bytes + 1, length - 1, out, error);
}

/* One row per type. */
static const read_function reads[PG_BASE_COUNT] = {
    [PG_BOOL] = read_bool,
    [PG_INT2] = read_int,
    [PG_INT4] = read_int,
    [PG_INT8] = read_int,
    [PG_FLOAT4] = read_float,
    [PG_FLOAT8] = read_float,
    [PG_NUMERIC] = read_numeric,
    [PG_TEXT] = read_text,
    [PG_VARCHAR] = read_text,
    [PG_CHAR] = read_char,
    [PG_BYTEA] = read_bytea,
    [PG_UUID] = read_uuid,
    [PG_DATE] = read_date,
    [PG_TIME] = read_time,
    [PG_TIMESTAMP] = read_timestamp,
    [PG_TIMESTAMPTZ] = read_timestamp,
    [PG_INTERVAL] = read_raw,
    [PG_JSON] = read_json,
    [PG_JSONB] = read_jsonb,
    [PG_INET] = read_raw,
};

/* Behind an element's or a field's length. */
static bool read_part(const char *layout, const uint8_t **at, const uint8_t *end,
                      struct buffer *out, struct error *error)
{
    int32_t size = end - *at >= 4 ? (int32_t)get_be32(*at) : INT32_MIN;
    *at += 4;
    if (size < -1 || (size > 0 && end - *at < size))
        return wrong_size(0, error);
    size_t head = out->length;
    buffer_put_be32(out, 0);
    if (size < 0)
        buffer_putc(out, 'N');
    else if (!read_carried(layout, *at, (size_t)size, out, error))
        return false;
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    *at += size > 0 ? size : 0;
    return true;
}

/* Behind the layout of one value. */
static const char *skip_layout(const char *layout)
{
    int depth = 0;
    do {
        depth += *layout == '[' || *layout == '(';
        depth -= *layout == ']' || *layout == ')';
        layout += *layout != '\0';
    } while (depth > 0 && *layout != '\0');
    return layout;
}

/* Number of fields; of each its type's OID, its length and its bytes. */
static bool read_composite(const char *layout, const uint8_t *bytes, size_t length,
                           struct buffer *out, struct error *error)
{
    const uint8_t *at = bytes, *end = bytes + length;
    uint32_t count = length >= 4 ? get_be32(bytes) : UINT32_MAX;
    at += length >= 4 ? 4 : 0;
    buffer_putc(out, 'r');
    buffer_put_be32(out, count);
    for (; count > 0 && *layout != ')' && end - at >= 4; count--) {
        at += 4;
        if (!read_part(layout, &at, end, out, error))
            return false;
        layout = skip_layout(layout);
    }
    return (*layout == ')' && count == 0 && at == end) || wrong_size(length, error);
}

/* As read_array, of elements with a layout. */
static bool read_elements(const char *layout, const uint8_t *bytes, size_t length,
                          struct buffer *out, struct error *error)
{
    const uint8_t *end = bytes + length;
    uint32_t dimensions = length >= 12 ? get_be32(bytes) : UINT32_MAX;
    if (dimensions > 6 || length < 12 + 8 * (size_t)dimensions)
        return wrong_size(length, error);
    buffer_putc(out, 'a');
    buffer_put_be32(out, dimensions);
    buffer_put(out, bytes + 12, 8 * (size_t)dimensions);
    bytes += 12 + 8 * (size_t)dimensions;
    while (bytes < end)
        if (!read_part(layout, &bytes, end, out, error))
            return false;
    return true;
}

static bool read_carried(const char *layout, const uint8_t *bytes, size_t length,
                         struct buffer *out, struct error *error)
{
    switch (*layout) {
    case '[':
        return read_elements(layout + 1, bytes, length, out, error);
    case '(':
        return read_composite(layout + 1, bytes, length, out, error);
    case 't':
        return read_text(bytes, length, out, error);
    default:
        return read_raw(bytes, length, out, error);
    }
}

/* An element with its canonical length before it. */
static bool read_element(const struct pgtype *type, const uint8_t *bytes, int32_t length,
                         struct buffer *out, struct error *error)
{
    size_t head = out->length;
    buffer_put_be32(out, 0);
    if (!canonical_from_binary(type, bytes, length, out, error))
        return false;
    buffer_patch_be32(out, head, (uint32_t)(out->length - head - 4));
    return true;
}

/* Dimensions, a flag for NULLs, the element's OID; per dimension size and lower bound; elements. */
static bool read_array(const struct pgtype *type, const uint8_t *bytes, size_t length,
                       struct buffer *out, struct error *error)
{
    const uint8_t *end = bytes + length;
    struct pgtype element = *type;
    element.array = false;
    uint32_t dimensions = length >= 12 ? get_be32(bytes) : UINT32_MAX;
    if (dimensions > 6 || length < 12 + 8 * (size_t)dimensions)
        return wrong_size(length, error);
    buffer_putc(out, 'a');
    buffer_put_be32(out, dimensions);
    bytes += 12;
    buffer_put(out, bytes, 8 * (size_t)dimensions);
    bytes += 8 * (size_t)dimensions;
    while (bytes < end) {
        int32_t size = end - bytes >= 4 ? (int32_t)get_be32(bytes) : INT32_MIN;
        bytes += 4;
        if (size < -1 || (size > 0 && end - bytes < size))
            return wrong_size(length, error);
        if (!read_element(&element, bytes, size, out, error))
            return false;
        bytes += size > 0 ? size : 0;
    }
    return true;
}

bool canonical_from_binary(const struct pgtype *type, const uint8_t *bytes, int32_t length,
                           struct buffer *out, struct error *error)
{
    if (length < 0) {
        buffer_putc(out, 'N');
        return true;
    }
    if (type->array)
        return read_array(type, bytes, (size_t)length, out, error);
    if (type->base == PG_CARRIED)
        return read_carried(type->layout, bytes, (size_t)length, out, error);
    return reads[type->base](bytes, (size_t)length, out, error);
}
