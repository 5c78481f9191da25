#include "calendar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 0001-01-01 to the first day of the year. */
static int64_t year_start(int64_t year)
{
    int64_t before = year - 1;
    return before * 365 + floor_div(before, 4) - floor_div(before, 100) + floor_div(before, 400);
}

static int month_length(int64_t year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && is_leap(year));
}

int64_t calendar_days(struct date date)
{
    int64_t days = year_start(date.year) - year_start(2000) + date.day - 1;
    for (int month = 1; month < date.month; month++)
        days += month_length(date.year, month);
    return days;
}

struct date calendar_date(int64_t days)
{
    /* 146097 days are 400 years; the guess is at most one year off. */
    struct date date = {.year = 2000 + floor_div(days * 400, 146097), .month = 1};
    days += year_start(2000);
    while (year_start(date.year) > days)
        date.year--;
    while (year_start(date.year + 1) <= days)
        date.year++;
    days -= year_start(date.year);
    for (; days >= month_length(date.year, date.month); date.month++)
        days -= month_length(date.year, date.month);
    date.day = (int)days + 1;
    return date;
}

/* A text that is taken from the front. */
struct scan {
    const char *at, *end;
};

static bool take(struct scan *scan, const char *any)
{
    if (scan->at == scan->end || *scan->at == '\0' || strchr(any, *scan->at) == NULL)
        return false;
    scan->at++;
    return true;
}

/* Exactly `digits` digits, of a number from `low` to `high`. */
static bool take_number(struct scan *scan, int digits, int low, int high, int *number)
{
    *number = 0;
    for (; digits > 0; digits--, scan->at++) {
        if (scan->at == scan->end || *scan->at < '0' || *scan->at > '9')
            return false;
        *number = *number * 10 + (*scan->at - '0');
    }
    return *number >= low && *number <= high;
}

/* The digits behind the point, as microseconds. */
static bool take_fraction(struct scan *scan, int64_t *microseconds)
{
    int places = 0;
    for (; take(scan, "0123456789"); places++) {
        int digit = scan->at[-1] - '0';
        if (places >= 6 && digit != 0)
            return false;
        if (places < 6)
            *microseconds = *microseconds * 10 + digit;
    }
    for (int i = places; i < 6; i++)
        *microseconds *= 10;
    return places > 0;
}

static bool take_zone(struct scan *scan, int64_t *seconds)
{
    int hours, minutes = 0;
    if (take(scan, "Z"))
        return true;
    bool west = scan->at < scan->end && *scan->at == '-';
    if (!take(scan, "+-") || !take_number(scan, 2, 0, 15, &hours))
        return false;
    if (scan->at < scan->end) {
        take(scan, ":");
        if (!take_number(scan, 2, 0, 59, &minutes))
            return false;
    }
    *seconds = (west ? -60 : 60) * (int64_t)(hours * 60 + minutes);
    return true;
}

/* A date behind its year: a time of day may follow, and a zone. */
static bool take_rest(struct scan *scan, int64_t year, struct instant *instant)
{
    int month, day, hour = 0, minute = 0, second = 0;
    int64_t zone = 0;
    if (!take(scan, "-") || !take_number(scan, 2, 1, 12, &month) || !take(scan, "-") ||
        !take_number(scan, 2, 1, month_length(year, month), &day))
        return false;
    instant->timed = scan->at < scan->end;
    if (instant->timed) {
        if (!take(scan, "T ") || !take_number(scan, 2, 0, 23, &hour) || !take(scan, ":") ||
            !take_number(scan, 2, 0, 59, &minute))
            return false;
        if (take(scan, ":") && (!take_number(scan, 2, 0, 59, &second) ||
                                (take(scan, ".") && !take_fraction(scan, &instant->micros))))
            return false;
        instant->zoned = scan->at < scan->end;
        if (instant->zoned && !take_zone(scan, &zone))
            return false;
    }
    int64_t minutes = calendar_days((struct date){year, month, day}) * 24 * 60 +
                      hour * INT64_C(60) + minute;
    instant->seconds = minutes * 60 + second - zone;
    return scan->at == scan->end;
}

bool calendar_parse(const char *text, size_t length, struct moment *moment)
{
    struct scan scan = {text, text + length};
    struct instant instant = {0};
    int year;
    bool known = take_number(&scan, 4, 1, 9999, &year) && take_rest(&scan, year, &instant);
    *moment = (struct moment){.timed = instant.timed, .zoned = instant.zoned};
    if (known)
        moment->microseconds = instant.seconds * 1000000 + instant.micros;
    return known;
}

bool calendar_instant(const char *text, size_t length, struct instant *instant)
{
    struct scan scan = {text, text + length};
    int digits = 0, year;
    *instant = (struct instant){0};
    while (digits < (int)length && digits < 8 && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    if (digits == 0) {
        bool least = length > 0 && text[0] == '-';
        instant->timed = true;
        instant->seconds = least ? INT64_MIN : INT64_MAX;
        return length == strlen("infinity") + least &&
               strncmp(text + least, "infinity", strlen("infinity")) == 0;
    }
    bool before = length > 3 && memcmp(scan.end - 3, " BC", 3) == 0;
    if (before)
        scan.end -= 3;
    return digits >= 4 && take_number(&scan, digits, 1, 9999999, &year) &&
           take_rest(&scan, before ? 1 - year : year, instant);
}

bool calendar_is_endless(const struct instant *instant)
{
    return instant->seconds == INT64_MIN || instant->seconds == INT64_MAX;
}

/* 2000-01-01 in milliseconds since 1970, and the ends of timestamptz: 4714-11-24 BC, and
 * 294276-12-31. */
static const int64_t EPOCH = INT64_C(946684800000);
static const int64_t EARLIEST = INT64_C(-210866803200000), LATEST = INT64_C(9224318015999999);

bool calendar_from_unix(int64_t milliseconds, int64_t *microseconds)
{
    if (milliseconds < EARLIEST || milliseconds > LATEST)
        return false;
    *microseconds = (milliseconds - EPOCH) * 1000;
    return true;
}

bool calendar_iso(int64_t milliseconds, char out[32])
{
    int64_t microseconds;
    if (!calendar_from_unix(milliseconds, &microseconds))
        return false;
    int64_t days = floor_div(microseconds, CALENDAR_DAY);
    int64_t rest = (microseconds - days * CALENDAR_DAY) / 1000;
    struct date date = calendar_date(days);
    if (date.year < 0 || date.year > 9999)
        return false;
    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)date.year, date.month, date.day,
             (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
             (int)(rest % 1000));
    return true;
}
