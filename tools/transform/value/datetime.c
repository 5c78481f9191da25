#include "datetime.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int64_t MICROSECONDS_PER_DAY = INT64_C(86400000000);
static const int64_t MILLISECONDS_PER_DAY = INT64_C(86400000);
static const int64_t EPOCH_2000_MS = INT64_C(946684800000);
static const int64_t DAYS_1970_TO_2000 = 10957;

bool datetime_from_milliseconds(int64_t milliseconds, int64_t *microseconds)
{
    /* The check comes first: the multiplication would overflow outside the range. */
    if (milliseconds < INT64_C(-210866803200000) || milliseconds > INT64_C(9224318015999999))
        return false;
    *microseconds = (milliseconds - EPOCH_2000_MS) * 1000;
    return true;
}

/* Days from civil date, after the algorithm of era, year of era and day of year that begins the
 * year in March, so that the leap day is its last. */
int64_t datetime_days(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468 - DAYS_1970_TO_2000;
}

/* `count` digits at *at. */
static bool take_number(const char **at, const char *end, int count, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (*at >= end || **at < '0' || **at > '9')
            return false;
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

static bool take(const char **at, const char *end, char c)
{
    if (*at >= end || **at != c)
        return false;
    (*at)++;
    return true;
}

static bool take_fraction(const char **at, const char *end, int64_t *microseconds)
{
    int64_t unit = 100000;
    *microseconds = 0;
    if (!take(at, end, '.'))
        return true;
    int digits = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++, digits++) {
        if (unit == 0 && **at != '0')
            return false; /* finer than a microsecond: it would be lost */
        *microseconds += (**at - '0') * unit;
        unit /= 10;
    }
    return digits > 0;
}

static bool take_zone(const char **at, const char *end, bool *zoned, int64_t *offset)
{
    int hours, minutes = 0;
    *offset = 0;
    *zoned = *at < end;
    if (!*zoned || take(at, end, 'Z'))
        return true;
    bool west = **at == '-';
    if (!west && **at != '+')
        return false;
    (*at)++;
    if (!take_number(at, end, 2, &hours))
        return false;
    if (*at < end) {
        take(at, end, ':');
        if (!take_number(at, end, 2, &minutes))
            return false;
    }
    *offset = (hours * INT64_C(3600) + minutes * INT64_C(60)) * 1000000 * (west ? -1 : 1);
    return hours <= 15 && minutes <= 59;
}

/* Years of `most` digits at most, and four at least. */
static bool take_year(const char **at, const char *end, int most, int *year)
{
    int digits = 0;
    for (const char *next = *at; next < end && *next >= '0' && *next <= '9'; next++)
        digits++;
    return digits >= 4 && digits <= most && take_number(at, end, digits, year) && *year >= 1;
}

static bool take_before_christ(const char **at, const char **end)
{
    static const char word[] = " BC";
    size_t length = sizeof word - 1;
    if ((size_t)(*end - *at) < length || memcmp(*end - length, word, length) != 0)
        return false;
    *end -= length;
    return true;
}

/* `most`: digits of a year; with more than four it may be one before Christ, too. */
static bool parse(const char *text, size_t length, int most, struct moment *moment)
{
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *at = text, *end = text + length;
    int year, month, day, hour = 0, minute = 0, second = 0;
    int64_t fraction = 0, offset = 0;
    bool before = most > 4 && take_before_christ(&at, &end);
    *moment = (struct moment){0};
    if (!take_year(&at, end, most, &year) || !take(&at, end, '-') ||
        !take_number(&at, end, 2, &month) || !take(&at, end, '-') ||
        !take_number(&at, end, 2, &day))
        return false;
    if (before)
        year = 1 - year;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > month_days[month - 1] ||
        (month == 2 && day == 29 && !leap))
        return false;
    moment->timed = at < end;
    if (moment->timed) {
        if ((!take(&at, end, 'T') && !take(&at, end, ' ')) || !take_number(&at, end, 2, &hour) ||
            !take(&at, end, ':') || !take_number(&at, end, 2, &minute))
            return false;
        if (take(&at, end, ':') &&
            (!take_number(&at, end, 2, &second) || !take_fraction(&at, end, &fraction)))
            return false;
        if (hour > 23 || minute > 59 || second > 59 ||
            !take_zone(&at, end, &moment->zoned, &offset))
            return false;
    }
    int64_t seconds = hour * INT64_C(3600) + minute * INT64_C(60) + second;
    moment->day = datetime_days(year, month, day);
    moment->clock = seconds * 1000000 + fraction - offset; /* less than a day beyond its day */
    int64_t beyond = moment->clock < 0 ? -1 : moment->clock >= MICROSECONDS_PER_DAY;
    moment->day += beyond;
    moment->clock -= beyond * MICROSECONDS_PER_DAY;
    return at == end;
}

bool datetime_moment(const char *text, size_t length, struct moment *moment)
{
    static const char word[] = "-infinity";
    for (size_t sign = 0; sign < 2; sign++)
        if (length == sizeof word - 1 - sign && memcmp(text, word + sign, length) == 0) {
            *moment = (struct moment){.day = sign == 0 ? INT64_MIN : INT64_MAX, .timed = true};
            return true;
        }
    return parse(text, length, 7, moment);
}

bool datetime_parse(const char *text, size_t length, int64_t *microseconds, bool *zoned,
                    bool *date_only)
{
    struct moment moment;
    bool known = parse(text, length, 4, &moment);
    *zoned = moment.zoned;
    *date_only = known && !moment.timed;
    *microseconds = known ? moment.day * MICROSECONDS_PER_DAY + moment.clock : 0;
    return known;
}

bool datetime_format(int64_t milliseconds, char *out, size_t size)
{
    /* 0000-01-01 to 9999-12-31: four digits, as ISO 8601 has them without agreement. */
    if (milliseconds < INT64_C(-62167219200000) || milliseconds > INT64_C(253402300799999))
        return false;
    int64_t days = milliseconds / MILLISECONDS_PER_DAY;
    int64_t rest = milliseconds % MILLISECONDS_PER_DAY;
    if (rest < 0) {
        rest += MILLISECONDS_PER_DAY;
        days--;
    }
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    snprintf(out, size,
             "%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64 ":%02" PRId64
             ".%03" PRId64 "Z",
             year, month, day, rest / 3600000, rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
    return true;
}
