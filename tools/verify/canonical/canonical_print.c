/* Canonical values as text for people. */
#include "calendar.h"
#include "canonical.h"
#include "canonical_decimal.h"
#include "canonical_json.h"
#include "graduate/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ZEROS = 40 }; /* before a decimal is written with an exponent */

static void put_zeros(struct buffer *out, int64_t count)
{
    for (; count > 0; count--)
        buffer_putc(out, '0');
}

static void print_decimal(const uint8_t *value, size_t length, struct buffer *out)
{
    struct canonical_decimal decimal;
    if (!canonical_decimal_read(value, length, &decimal)) {
        buffer_put(out, value + 1, length - 1);
        return;
    }
    int64_t whole = (int64_t)decimal.count + decimal.power; /* digits before the point */
    if (decimal.negative)
        buffer_putc(out, '-');
    if (decimal.count == 0) {
        buffer_putc(out, '0');
    } else if (decimal.power > MOST_ZEROS || whole < -MOST_ZEROS) {
        buffer_put(out, decimal.digits, decimal.count);
        buffer_printf(out, "e%" PRId32, decimal.power);
    } else if (decimal.power >= 0) {
        buffer_put(out, decimal.digits, decimal.count);
        put_zeros(out, decimal.power);
    } else if (whole <= 0) {
        buffer_puts(out, "0.");
        put_zeros(out, -whole);
        buffer_put(out, decimal.digits, decimal.count);
    } else {
        buffer_put(out, decimal.digits, (size_t)whole);
        buffer_putc(out, '.');
        buffer_put(out, decimal.digits + whole, decimal.count - (size_t)whole);
    }
}

static void print_double(const uint8_t *value, struct buffer *out)
{
    uint64_t bits = get_be64(value + 1);
    double number;
    char text[40];
    memcpy(&number, &bits, sizeof number);
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (isnan(number) || strtod(text, NULL) == number)
            break;
    }
    buffer_puts(out, text);
}

static void print_hex(const char *prefix, const uint8_t *bytes, size_t length, struct buffer *out)
{
    buffer_puts(out, prefix);
    for (size_t i = 0; i < length; i++)
        buffer_printf(out, "%02x", bytes[i]);
}

static void print_uuid(const uint8_t *value, struct buffer *out)
{
    for (size_t i = 0; i < 16; i++)
        buffer_printf(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", value[1 + i]);
}

static void print_clock(int64_t microseconds, struct buffer *out)
{
    int64_t seconds = microseconds / 1000000;
    buffer_printf(out, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                  (int)(seconds % 60));
    int fraction = (int)(microseconds % 1000000), places = 6;
    if (fraction == 0)
        return;
    for (; fraction % 10 == 0; places--)
        fraction /= 10;
    buffer_printf(out, ".%0*d", places, fraction);
}

/* The year before Christ is told behind everything else: returns how. */
static const char *print_days(int64_t days, struct buffer *out)
{
    struct date date = calendar_date(days);
    bool before_christ = date.year <= 0;
    int64_t year = before_christ ? 1 - date.year : date.year;
    buffer_printf(out, "%04" PRId64 "-%02d-%02d", year, date.month, date.day);
    return before_christ ? " BC" : "";
}

static void print_date(const uint8_t *value, struct buffer *out)
{
    int32_t days = (int32_t)get_be32(value + 1);
    if (days == INT32_MAX || days == INT32_MIN)
        buffer_puts(out, days > 0 ? "infinity" : "-infinity");
    else
        buffer_puts(out, print_days(days, out));
}

static void print_timestamp(const struct pgtype *type, const uint8_t *value, struct buffer *out)
{
    int64_t microseconds = (int64_t)get_be64(value + 1);
    if (microseconds == INT64_MAX || microseconds == INT64_MIN) {
        buffer_puts(out, microseconds > 0 ? "infinity" : "-infinity");
        return;
    }
    int64_t days = microseconds / CALENDAR_DAY, rest = microseconds % CALENDAR_DAY;
    if (rest < 0) {
        days--;
        rest += CALENDAR_DAY;
    }
    const char *era = print_days(days, out);
    buffer_putc(out, ' ');
    print_clock(rest, out);
    buffer_puts(out, type->base == PG_TIMESTAMPTZ ? "+00" : "");
    buffer_puts(out, era);
}

static const uint8_t *print_json(const uint8_t *value, struct buffer *out)
{
    const uint8_t *at = value + 5;
    uint32_t count = strchr("sd[{", value[0]) != NULL ? get_be32(value + 1) : 0;
    switch (value[0]) {
    case 's':
        json_put_string(out, (const char *)at, count);
        return at + count;
    case 'd':
        print_decimal(value + 4, count + 1, out); /* the byte before it stands for the tag */
        return at + count;
    case '[':
    case '{':
        buffer_putc(out, (char)value[0]);
        for (uint32_t i = 0; i < count; i++) {
            buffer_puts(out, i > 0 ? ", " : "");
            if (value[0] == '{') {
                uint32_t length = get_be32(at);
                json_put_string(out, (const char *)at + 4, length);
                buffer_puts(out, ": ");
                at += 4 + (size_t)length;
            }
            at = print_json(at, out);
        }
        buffer_putc(out, value[0] == '{' ? '}' : ']');
        return at;
    default:
        buffer_puts(out, value[0] == 'n' ? "null" : value[0] == 't' ? "true" : "false");
        return value + 1;
    }
}

/* Dimensions are shown flat, with their sizes before them where there are several; with their
 * bounds where they do not begin at 1. */
static void print_array(const struct pgtype *type, const uint8_t *value, size_t length,
                        struct buffer *out)
{
    const uint8_t *at = value + 5, *end = value + length;
    struct pgtype element = *type;
    element.array = false;
    uint32_t dimensions = get_be32(value + 1);
    for (uint32_t i = 0; i < dimensions; i++, at += 8) {
        int32_t size = (int32_t)get_be32(at), from = (int32_t)get_be32(at + 4);
        if (from != 1)
            buffer_printf(out, "[%" PRId32 ":%" PRId64 "]", from, (int64_t)from + size - 1);
        else if (dimensions > 1)
            buffer_printf(out, "[%" PRId32 "]", size);
    }
    buffer_putc(out, '{');
    for (bool first = true; at < end; first = false) {
        uint32_t size = get_be32(at);
        buffer_puts(out, first ? "" : ", ");
        if (at[4] == 't')
            json_put_string(out, (const char *)at + 5, size - 1);
        else
            canonical_print(&element, at + 4, size, out);
        at += 4 + (size_t)size;
    }
    buffer_putc(out, '}');
}

/* As PostgreSQL shows a composite, but for what is bytes. */
static void print_composite(const struct pgtype *type, const uint8_t *value, size_t length,
                            struct buffer *out)
{
    const uint8_t *at = value + 5, *end = value + length;
    for (const char *before = "("; at < end; before = ", ") {
        uint32_t size = get_be32(at);
        buffer_puts(out, before);
        canonical_print(type, at + 4, size, out);
        at += 4 + (size_t)size;
    }
    buffer_putc(out, ')');
}

void canonical_print(const struct pgtype *type, const uint8_t *value, size_t length,
                     struct buffer *out)
{
    switch (value[0]) {
    case 'N':
        buffer_puts(out, "NULL");
        return;
    case 'b':
        buffer_puts(out, value[1] != 0 ? "true" : "false");
        return;
    case 'i':
        buffer_printf(out, "%" PRId64, (int64_t)get_be64(value + 1));
        return;
    case 'd':
        print_decimal(value, length, out);
        return;
    case 'f':
        print_double(value, out);
        return;
    case 't':
        buffer_put(out, value + 1, length - 1);
        return;
    case 'u':
        print_uuid(value, out);
        return;
    case 'D':
        print_date(value, out);
        return;
    case 'c':
        print_clock((int64_t)get_be64(value + 1), out);
        return;
    case 'T':
        print_timestamp(type, value, out);
        return;
    case 'j':
        print_json(value + 1, out);
        return;
    case 'a':
        print_array(type, value, length, out);
        return;
    case 'r':
        print_composite(type, value, length, out);
        return;
    default: /* y, x */
        print_hex("\\x", value + 1, length - 1, out);
    }
}
