#include "row_key.h"
#include "graduate/pgtype.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DAYS_1970_TO_2000 = 10957 };
static const int64_t microseconds_per_day = INT64_C(86400000000);

static void put_bytes(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    buffer_puts(buffer, "\\x");
    for (size_t i = 0; i < length; i++)
        buffer_printf(buffer, "%02x", bytes[i]);
}

/* Text for one line of a message: control characters, and bytes that are not UTF-8, as \xHH. */
static void put_text(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    bool utf8 = bson_utf8_validate((const char *)bytes, length, true);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < ' ' || bytes[i] == 0x7f || (bytes[i] >= 0x80 && !utf8))
            buffer_printf(buffer, "\\x%02x", bytes[i]);
        else
            buffer_putc(buffer, (char)bytes[i]);
    }
}

static bool put_bool(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    if (length != 1)
        return false;
    buffer_puts(buffer, bytes[0] != 0 ? "true" : "false");
    return true;
}

static bool put_integer(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    int64_t value;
    switch (length) {
    case 2:
        value = (int16_t)get_be16(bytes);
        break;
    case 4:
        value = (int32_t)get_be32(bytes);
        break;
    case 8:
        value = (int64_t)get_be64(bytes);
        break;
    default:
        return false;
    }
    buffer_printf(buffer, "%" PRId64, value);
    return true;
}

static bool put_float(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    float single;
    double value;
    uint32_t bits32;
    uint64_t bits64;
    if (length == sizeof single) {
        bits32 = get_be32(bytes);
        memcpy(&single, &bits32, sizeof single);
        value = single;
    } else if (length == sizeof value) {
        bits64 = get_be64(bytes);
        memcpy(&value, &bits64, sizeof value);
    } else {
        return false;
    }
    buffer_printf(buffer, "%.*g", length == sizeof single ? 9 : 17, value);
    return true;
}

/* int16 digits, weight, sign, scale; then digits of base 10000, the first worth 10000^weight. */
static bool put_numeric(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    enum { HEAD = 8, POSITIVE = 0x0000, NEGATIVE = 0x4000, LARGEST_DIGIT = 9999 };
    if (length < HEAD)
        return false;
    int count = (int16_t)get_be16(bytes), weight = (int16_t)get_be16(bytes + 2);
    int sign = get_be16(bytes + 4), scale = (int16_t)get_be16(bytes + 6);
    if (count < 0 || scale < 0 || length != HEAD + 2 * (size_t)count ||
        (sign != POSITIVE && sign != NEGATIVE))
        return false;
    for (int i = 0; i < count; i++)
        if (get_be16(bytes + HEAD + 2 * i) > LARGEST_DIGIT)
            return false;
    if (sign == NEGATIVE)
        buffer_putc(buffer, '-');
    for (int i = 0; i <= weight || i == 0; i++) {
        int digit = weight >= 0 && i < count ? get_be16(bytes + HEAD + 2 * i) : 0;
        buffer_printf(buffer, i == 0 ? "%d" : "%04d", digit);
    }
    if (scale > 0)
        buffer_putc(buffer, '.');
    for (int place = 1, left = scale; left > 0; place++, left -= 4) {
        int i = weight + place;
        char digits[8];
        snprintf(digits, sizeof digits, "%04d",
                 i >= 0 && i < count ? get_be16(bytes + HEAD + 2 * i) : 0);
        buffer_put(buffer, digits, left < 4 ? (size_t)left : 4);
    }
    return true;
}

static bool put_string(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    put_text(buffer, bytes, length);
    return true;
}

static bool put_jsonb(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    if (length < 1 || bytes[0] != 1) /* the version of the form */
        return false;
    put_text(buffer, bytes + 1, length - 1);
    return true;
}

static bool put_uuid(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    if (length != 16)
        return false;
    for (size_t i = 0; i < length; i++)
        buffer_printf(buffer, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", bytes[i]);
    return true;
}

/* The proleptic Gregorian date of a day counted from 2000-01-01, by eras of 400 years that begin
 * with a March. Returns what stands behind date and time: the era, for years before the first. */
static const char *put_day(struct buffer *buffer, int64_t day)
{
    enum { DAYS_PER_ERA = 146097, DAYS_0000_TO_1970 = 719468 };
    int64_t from_0000 = day + DAYS_1970_TO_2000 + DAYS_0000_TO_1970;
    int64_t era = (from_0000 >= 0 ? from_0000 : from_0000 - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t of_era = from_0000 - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / (DAYS_PER_ERA - 1)) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    int64_t of_month = of_year - (153 * from_march + 2) / 5 + 1;
    buffer_printf(buffer, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year > 0 ? year : 1 - year,
                  month, of_month);
    return year > 0 ? "" : " BC";
}

static void put_time_of_day(struct buffer *buffer, int64_t microseconds)
{
    int64_t seconds = microseconds / 1000000, part = microseconds % 1000000;
    buffer_printf(buffer, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600,
                  seconds / 60 % 60, seconds % 60);
    if (part == 0)
        return;
    buffer_printf(buffer, ".%06" PRId64, part);
    while (buffer->length > 0 && buffer->data[buffer->length - 1] == '0')
        buffer->length--;
}

static bool put_date(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    if (length != 4)
        return false;
    int32_t day = (int32_t)get_be32(bytes);
    if (day == INT32_MAX || day == INT32_MIN)
        buffer_puts(buffer, day > 0 ? "infinity" : "-infinity");
    else
        buffer_puts(buffer, put_day(buffer, day));
    return true;
}

static bool put_time(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    int64_t value = length == 8 ? (int64_t)get_be64(bytes) : -1;
    if (value < 0 || value > microseconds_per_day)
        return false;
    put_time_of_day(buffer, value);
    return true;
}

static bool put_moment(struct buffer *buffer, const uint8_t *bytes, size_t length, const char *zone)
{
    if (length != 8)
        return false;
    int64_t value = (int64_t)get_be64(bytes);
    if (value == INT64_MAX || value == INT64_MIN) {
        buffer_puts(buffer, value > 0 ? "infinity" : "-infinity");
        return true;
    }
    int64_t day = value / microseconds_per_day, rest = value % microseconds_per_day;
    if (rest < 0) {
        day--;
        rest += microseconds_per_day;
    }
    const char *era = put_day(buffer, day);
    buffer_putc(buffer, ' ');
    put_time_of_day(buffer, rest);
    buffer_puts(buffer, zone);
    buffer_puts(buffer, era);
    return true;
}

static bool put_timestamp(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    return put_moment(buffer, bytes, length, "");
}

static bool put_timestamptz(struct buffer *buffer, const uint8_t *bytes, size_t length)
{
    return put_moment(buffer, bytes, length, "+00");
}

/* What has no row is shown as bytes. */
static bool (*const forms[PG_BASE_COUNT])(struct buffer *, const uint8_t *, size_t) = {
    [PG_BOOL] = put_bool,       [PG_INT2] = put_integer,        [PG_INT4] = put_integer,
    [PG_INT8] = put_integer,    [PG_FLOAT4] = put_float,        [PG_FLOAT8] = put_float,
    [PG_NUMERIC] = put_numeric, [PG_TEXT] = put_string,         [PG_VARCHAR] = put_string,
    [PG_CHAR] = put_string,     [PG_UUID] = put_uuid,           [PG_DATE] = put_date,
    [PG_TIME] = put_time,       [PG_TIMESTAMP] = put_timestamp, [PG_TIMESTAMPTZ] = put_timestamptz,
    [PG_JSON] = put_string,     [PG_JSONB] = put_jsonb,
};

static void put_value(struct buffer *buffer, const char *type, const uint8_t *bytes, int32_t length)
{
    struct pgtype parsed;
    struct error unknown;
    if (length < 0) {
        buffer_puts(buffer, "NULL");
        return;
    }
    bool known =
        pgtype_parse(type, &parsed, &unknown) && !parsed.array && forms[parsed.base] != NULL;
    if (!known || !forms[parsed.base](buffer, bytes, (size_t)length))
        put_bytes(buffer, bytes, (size_t)length);
}

/* Move *at behind one field, or fail when the tuple is shorter than it says. */
static bool next_field(const uint8_t **at, const uint8_t *end, const uint8_t **bytes,
                       int32_t *length)
{
    if (end - *at < 4)
        return false;
    *length = (int32_t)get_be32(*at);
    *bytes = *at + 4;
    if (*length < -1 || (*length > 0 && *length > end - *bytes))
        return false;
    *at = *bytes + (*length > 0 ? *length : 0);
    return true;
}

/* The fields of tuple `number`; their count is *fields. */
static const uint8_t *find_tuple(const struct stream_section *section, uint64_t number,
                                 unsigned *fields)
{
    const uint8_t *at = section->tuples, *end = at + section->length, *bytes;
    int32_t length;
    for (uint64_t n = 1; end - at >= 2; n++) {
        *fields = get_be16(at);
        at += 2;
        if (n == number)
            return at;
        for (unsigned i = 0; i < *fields; i++)
            if (!next_field(&at, end, &bytes, &length))
                return NULL;
    }
    return NULL;
}

/* The text from `start` on must not be longer than `limit`, and must not end inside a character. */
static void cut(struct buffer *buffer, size_t start, size_t limit)
{
    if (buffer->length - start <= limit || limit < 3)
        return;
    size_t length = limit - 3;
    while (length > 0 && (buffer->data[start + length] & 0xc0) == 0x80)
        length--;
    buffer->length = start + length;
    buffer_puts(buffer, "...");
}

/* False: the tuple has no such field. */
static bool put_field(struct buffer *buffer, const struct stream_output *output,
                      const uint8_t *tuple, const uint8_t *end, unsigned fields, size_t column)
{
    const uint8_t *at = tuple, *bytes = NULL;
    int32_t length = -1;
    size_t i = 0;
    while (i <= column && i < fields && next_field(&at, end, &bytes, &length))
        i++;
    if (i <= column)
        return false;
    put_value(buffer, output->types[column], bytes, length);
    return true;
}

void row_key_put(struct buffer *buffer, const struct stream_output *output,
                 const struct stream_section *section, uint64_t number, size_t limit)
{
    const uint8_t *end = section->tuples + section->length;
    const size_t start = buffer->length;
    const char *separator = "";
    unsigned fields = 0;
    const uint8_t *tuple = find_tuple(section, number, &fields);
    if (tuple == NULL)
        return;
    for (size_t k = 0; k < output->key_count; k++) {
        const size_t before = buffer->length;
        buffer_puts(buffer, separator);
        if (output->key_count > 1)
            buffer_printf(buffer, "%s=", output->columns[output->key[k]]);
        if (put_field(buffer, output, tuple, end, fields, output->key[k]))
            separator = ", ";
        else
            buffer->length = before;
    }
    cut(buffer, start, limit);
}

/* The next name of "a, b"; *names moves behind it. */
static size_t next_column(const struct stream_output *output, const char **names)
{
    size_t length = strcspn(*names, ","), column = 0;
    while (column < output->column_count && (strlen(output->columns[column]) != length ||
                                             memcmp(output->columns[column], *names, length) != 0))
        column++;
    *names += length + strspn(*names + length, ", ");
    return column;
}

uint64_t row_key_find(const struct stream_output *output, const struct stream_section *section,
                      const char *columns, const char *values)
{
    const uint8_t *end = section->tuples + section->length;
    const uint8_t *tuple;
    uint64_t found = 0;
    unsigned fields = 0;
    struct buffer text;
    buffer_init(&text);
    for (uint64_t n = 1; found == 0 && (tuple = find_tuple(section, n, &fields)) != NULL; n++) {
        bool whole = true;
        buffer_clear(&text);
        for (const char *names = columns; whole && *names != '\0';) {
            if (text.length > 0)
                buffer_puts(&text, ", ");
            whole = put_field(&text, output, tuple, end, fields, next_column(output, &names));
        }
        if (whole && !text.failed && strcmp(buffer_text(&text), values) == 0)
            found = n;
    }
    buffer_release(&text);
    return found;
}
