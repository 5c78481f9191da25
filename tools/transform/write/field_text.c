#include "field_text.h"

#include "graduate/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef bool (*put_function)(const struct field *field, enum field_style style, struct buffer *out);

static bool put_bool(const struct field *field, enum field_style style, struct buffer *out)
{
    (void)style;
    if (field->length != 1)
        return false;
    buffer_puts(out, field->bytes[0] != 0 ? "true" : "false");
    return true;
}

static bool put_int2(const struct field *field, enum field_style style, struct buffer *out)
{
    (void)style;
    if (field->length != 2)
        return false;
    buffer_printf(out, "%d", (int)(int16_t)get_be16(field->bytes));
    return true;
}

static bool put_int4(const struct field *field, enum field_style style, struct buffer *out)
{
    (void)style;
    if (field->length != 4)
        return false;
    buffer_printf(out, "%" PRId32, (int32_t)get_be32(field->bytes));
    return true;
}

static bool put_int8(const struct field *field, enum field_style style, struct buffer *out)
{
    (void)style;
    if (field->length != 8)
        return false;
    buffer_printf(out, "%" PRId64, (int64_t)get_be64(field->bytes));
    return true;
}

/* Digits of base 10000, the first of them worth 10000 to the power of `weight`; as many decimals
 * are shown as the scale says. */
static bool put_numeric(const struct field *field, enum field_style style, struct buffer *out)
{
    enum {
        POSITIVE = 0,
        NEGATIVE = 0x4000,
        NOT_A_NUMBER = 0xC000,
        ENDLESS = 0xD000,
        LEAST = 0xF000
    };
    (void)style;
    if (field->length < 8)
        return false;
    int count = (int16_t)get_be16(field->bytes), weight = (int16_t)get_be16(field->bytes + 2);
    unsigned sign = get_be16(field->bytes + 4);
    int scale = (int16_t)get_be16(field->bytes + 6);
    if (count < 0 || scale < 0 || field->length != 8 + 2 * count)
        return false;
    if (sign != POSITIVE && sign != NEGATIVE) {
        buffer_puts(out, sign == NOT_A_NUMBER ? "NaN" : sign == LEAST ? "-Infinity" : "Infinity");
        return sign == NOT_A_NUMBER || sign == LEAST || sign == ENDLESS;
    }
    if (sign == NEGATIVE)
        buffer_putc(out, '-');
    if (weight < 0)
        buffer_putc(out, '0');
    for (int i = 0; i <= weight; i++)
        buffer_printf(out, i == 0 ? "%u" : "%04u",
                      i < count ? (unsigned)get_be16(field->bytes + 8 + 2 * i) : 0);
    if (scale > 0)
        buffer_putc(out, '.');
    for (int shown = 0, i = weight + 1; shown < scale; i++) {
        char digits[16];
        bool there = i >= 0 && i < count;
        snprintf(digits, sizeof digits, "%04u",
                 there ? (unsigned)get_be16(field->bytes + 8 + 2 * i) : 0);
        for (int d = 0; d < 4 && shown < scale; d++, shown++)
            buffer_putc(out, digits[d]);
    }
    return true;
}

/* The proleptic Gregorian date so many days after 2000-01-01 (the days of an era of 400 years are
 * counted from a first of March). */
static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    days += 730425; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = years + era * 400 + (*month <= 2);
}

/* True: the year is one before Christ, which stands behind everything else. */
static bool put_day(int64_t days, struct buffer *out)
{
    int64_t year;
    int month, day;
    date_of(days, &year, &month, &day);
    buffer_printf(out, "%04" PRId64 "-%02d-%02d", year > 0 ? year : 1 - year, month, day);
    return year <= 0;
}

static void put_clock(int64_t microseconds, struct buffer *out)
{
    int64_t seconds = microseconds / 1000000;
    int fraction = (int)(microseconds % 1000000), places = 6;
    buffer_printf(out, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                  (int)(seconds % 60));
    if (fraction == 0)
        return;
    for (; fraction % 10 == 0; places--)
        fraction /= 10;
    buffer_printf(out, ".%0*d", places, fraction);
}

static bool put_date(const struct field *field, enum field_style style, struct buffer *out)
{
    (void)style;
    if (field->length != 4)
        return false;
    int32_t days = (int32_t)get_be32(field->bytes);
    if (days == INT32_MAX || days == INT32_MIN)
        buffer_puts(out, days == INT32_MAX ? "infinity" : "-infinity");
    else if (put_day(days, out))
        buffer_puts(out, " BC");
    return true;
}

static bool put_time(const struct field *field, enum field_style style, struct buffer *out)
{
    (void)style;
    if (field->length != 8)
        return false;
    put_clock((int64_t)get_be64(field->bytes), out);
    return true;
}

static bool put_moment(const struct field *field, enum field_style style, const char *zone,
                       struct buffer *out)
{
    const int64_t day = INT64_C(86400000000);
    if (field->length != 8)
        return false;
    int64_t at = (int64_t)get_be64(field->bytes);
    if (at == INT64_MAX || at == INT64_MIN) {
        buffer_puts(out, at == INT64_MAX ? "infinity" : "-infinity");
        return true;
    }
    int64_t days = (at >= 0 ? at : at - (day - 1)) / day;
    bool before = put_day(days, out);
    buffer_putc(out, style == FIELD_ISO ? 'T' : ' ');
    put_clock(at - days * day, out);
    buffer_puts(out, zone);
    if (before)
        buffer_puts(out, " BC");
    return true;
}

static bool put_timestamp(const struct field *field, enum field_style style, struct buffer *out)
{
    return put_moment(field, style, "", out);
}

static bool put_timestamptz(const struct field *field, enum field_style style, struct buffer *out)
{
    return put_moment(field, style, style == FIELD_ISO ? "Z" : "+00", out);
}

static bool put_uuid(const struct field *field, enum field_style style, struct buffer *out)
{
    char text[37];
    (void)style;
    if (field->length != 16)
        return false;
    uuid_format(field->bytes, text);
    buffer_puts(out, text);
    return true;
}

static const struct {
    uint32_t oid;
    put_function put;
} texts[] = {
    {OID_BOOL, put_bool}, {OID_INT2, put_int2},           {OID_INT4, put_int4},
    {OID_INT8, put_int8}, {OID_NUMERIC, put_numeric},     {OID_DATE, put_date},
    {OID_TIME, put_time}, {OID_TIMESTAMP, put_timestamp}, {OID_TIMESTAMPTZ, put_timestamptz},
    {OID_UUID, put_uuid},
};

static put_function find(uint32_t oid)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].oid == oid)
            return texts[i].put;
    return NULL;
}

bool field_has_text(uint32_t oid)
{
    return find(oid) != NULL;
}

bool field_put_text(uint32_t oid, const struct field *field, enum field_style style,
                    struct buffer *out)
{
    return find(oid)(field, style, out);
}
