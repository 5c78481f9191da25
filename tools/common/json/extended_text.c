#include "extended_text.h"
#include "json_number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -1: it is no digit. */
static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)((found - digits) % 16) : -1;
}

bool extended_hex(const char *text, uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
        if (low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool extended_integer(const char *text, size_t length, int64_t *number)
{
    size_t sign = length > 0 && text[0] == '-';
    if (length == sign || strspn(text + sign, "0123456789") != length - sign)
        return false;
    errno = 0;
    *number = strtoll(text, NULL, 10);
    return errno == 0;
}

bool extended_double(const char *text, size_t length, double *number)
{
    static const char *const words[] = {"Infinity", "-Infinity", "NaN"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (length == strlen(words[i]) && memcmp(text, words[i], length) == 0) {
            *number = i == 0 ? INFINITY : i == 1 ? -INFINITY : NAN;
            return true;
        }
    if (length == 0 || json_number_length(text, length) != length)
        return false;
    *number = strtod(text, NULL);
    /* Only zeros before an exponent are 0. */
    return isfinite(*number) && (*number != 0 || strcspn(text, "123456789") >= strcspn(text, "eE"));
}

/* -1: it is none. */
static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

bool extended_base64(const char *text, size_t length, struct buffer *bytes)
{
    if (length % 4 != 0)
        return false;
    size_t padding = 0;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    for (size_t at = 0; at < length; at += 4) {
        size_t digits = at + 4 < length ? 4 : 4 - padding;
        uint32_t group = 0;
        for (size_t i = 0; i < 4; i++) {
            int digit = i < digits ? base64_digit(text[at + i]) : 0;
            if (digit < 0)
                return false;
            group = group << 6 | (uint32_t)digit;
        }
        /* Bits that no byte has must not say anything. */
        if ((digits == 3 && (group & 0xFF) != 0) || (digits == 2 && (group & 0xFFFF) != 0))
            return false;
        const uint8_t three[3] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group};
        buffer_put(bytes, three, digits - 1);
    }
    return true;
}

bool extended_uuid(const char *text, size_t length, uint8_t uuid[16])
{
    static const size_t groups[] = {4, 2, 2, 2, 6};
    size_t at = 0, byte = 0;
    if (length != 36)
        return false;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if ((i > 0 && text[at++] != '-') || !extended_hex(text + at, uuid + byte, groups[i]))
            return false;
        at += 2 * groups[i];
        byte += groups[i];
    }
    return true;
}

/* ---- times ---------------------------------------------------------------------------------- */

struct cursor {
    const char *text;
    size_t length, at;
};

static bool takes(struct cursor *c, char wanted)
{
    bool there = c->at < c->length && c->text[c->at] == wanted;
    c->at += there;
    return there;
}

/* Exactly so many digits. */
static bool digits(struct cursor *c, size_t count, int64_t most, int64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < count; i++, c->at++) {
        char digit = c->at < c->length ? c->text[c->at] : '\0';
        if (digit < '0' || digit > '9')
            return false;
        *number = *number * 10 + (digit - '0');
    }
    return *number <= most;
}

/* Whole milliseconds; what is behind them must be zeros. */
static bool fraction(struct cursor *c, int64_t *milliseconds)
{
    size_t count = 0;
    *milliseconds = 0;
    for (; c->at < c->length && c->text[c->at] >= '0' && c->text[c->at] <= '9'; c->at++, count++) {
        if (count < 3)
            *milliseconds = *milliseconds * 10 + (c->text[c->at] - '0');
        else if (c->text[c->at] != '0')
            return false;
    }
    for (size_t i = count; i < 3; i++)
        *milliseconds *= 10;
    return count > 0;
}

/* Z, or hours east of Greenwich, with minutes or without. */
static bool zone(struct cursor *c, int64_t *minutes)
{
    int64_t hour, minute = 0;
    *minutes = 0;
    if (takes(c, 'Z'))
        return true;
    bool west = takes(c, '-');
    if ((!west && !takes(c, '+')) || !digits(c, 2, 23, &hour))
        return false;
    bool colon = takes(c, ':');
    if ((colon || c->at < c->length) && !digits(c, 2, 59, &minute))
        return false;
    *minutes = (hour * 60 + minute) * (west ? -1 : 1);
    return true;
}

/* Days from 1970-01-01, by Gregory's calendar at all times. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int64_t last = year + 399; /* years 0 to 9999: nothing is negative */
    int64_t leaps = last / 4 - last / 100 + last / 400 - (2369 / 4 - 2369 / 100 + 2369 / 400);
    return (year - 1970) * 365 + leaps + before[month - 1] + (leap && month > 2) + day - 1;
}

static bool is_day(int64_t year, int64_t month, int64_t day)
{
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= (month == 12 ? 31 : days_of(year, month + 1, 1) - days_of(year, month, 1));
}

bool extended_time(const char *text, size_t length, int64_t *milliseconds)
{
    struct cursor c = {.text = text, .length = length};
    int64_t year, month, day, hour, minute, second, part = 0, east;
    if (!digits(&c, 4, 9999, &year) || !takes(&c, '-') || !digits(&c, 2, 12, &month) ||
        !takes(&c, '-') || !digits(&c, 2, 31, &day) || !takes(&c, 'T') ||
        !digits(&c, 2, 23, &hour) || !takes(&c, ':') || !digits(&c, 2, 59, &minute) ||
        !takes(&c, ':') || !digits(&c, 2, 59, &second))
        return false;
    if ((takes(&c, '.') && !fraction(&c, &part)) || !zone(&c, &east) || c.at != length ||
        !is_day(year, month, day))
        return false;
    *milliseconds = ((days_of(year, month, day) * 24 + hour) * 60 + minute - east) * 60000 +
                    second * 1000 + part;
    return true;
}
