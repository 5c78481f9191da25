#include "zone_rule.h"

#include <ctype.h>
#include <string.h>

enum { DAY = 86400, LONGEST = 200 };

/* A whole number of at most `most`. */
static bool take_number(const char **at, int most, int *out)
{
    if (!isdigit((unsigned char)**at))
        return false;
    for (*out = 0; isdigit((unsigned char)**at); (*at)++) {
        *out = *out * 10 + (**at - '0');
        if (*out > most)
            return false;
    }
    return true;
}

static bool take(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* "2", "-3:30", "+24:00:00" */
static bool take_time(const char **at, int32_t *seconds)
{
    int parts[3] = {0}, sign = **at == '-' ? -1 : 1;
    *at += **at == '-' || **at == '+';
    for (int i = 0; i < 3; i++) {
        if (!take_number(at, i == 0 ? 167 : 59, &parts[i]))
            return false;
        if (**at != ':')
            break;
        (*at)++;
    }
    *seconds = sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]);
    return true;
}

/* A name of letters, or of more in angle brackets. */
static bool take_name(const char **at)
{
    const char *start = *at;
    if (**at == '<') {
        *at = strchr(start, '>');
        return *at != NULL && ++*at - start > 2;
    }
    while (isalpha((unsigned char)**at))
        (*at)++;
    return *at - start >= 3;
}

static bool take_date(const char **at, struct zone_date *date)
{
    *date = (struct zone_date){.kind = DATE_WITH_LEAP, .seconds = 7200};
    bool known;
    if (**at == 'M') {
        (*at)++;
        date->kind = DATE_OF_MONTH;
        known = take_number(at, 12, &date->month) && date->month > 0 && take(at, '.') &&
                take_number(at, 5, &date->week) && date->week > 0 && take(at, '.') &&
                take_number(at, 6, &date->day);
    } else {
        bool without = **at == 'J';
        date->kind = without ? DATE_WITHOUT_LEAP : DATE_WITH_LEAP;
        *at += without;
        known = take_number(at, 365, &date->day) && (!without || date->day > 0);
    }
    if (!known || **at != '/')
        return known;
    (*at)++;
    return take_time(at, &date->seconds);
}

bool zone_rule_parse(const char *text, size_t length, struct zone_rule *rule)
{
    char copy[LONGEST];
    const char *at = copy;
    *rule = (struct zone_rule){0};
    if (length >= sizeof copy || memchr(text, '\0', length) != NULL)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (!take_name(&at) || !take_time(&at, &rule->standard))
        return false;
    rule->standard = -rule->standard; /* POSIX counts to the west */
    if (*at == '\0')
        return true;
    rule->has_daylight = true;
    rule->daylight = -(rule->standard + 3600);
    if (!take_name(&at) || (*at != ',' && !take_time(&at, &rule->daylight)))
        return false;
    rule->daylight = -rule->daylight;
    return take(&at, ',') && take_date(&at, &rule->begin) && take(&at, ',') &&
           take_date(&at, &rule->end) && *at == '\0';
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first of January, from 1970 on. */
static int64_t days_before(int year)
{
    int64_t last = year - 1;
    return (last * 365 + last / 4 - last / 100 + last / 400) - 719162;
}

/* The day of the year, from 0. */
static int day_of_month_rule(const struct zone_date *date, int year)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int first = 0, length = lengths[date->month - 1] + (date->month == 2 && is_leap(year));
    for (int month = 1; month < date->month; month++)
        first += lengths[month - 1] + (month == 2 && is_leap(year));
    int weekday = (int)((days_before(year) + first + 4) % 7); /* 1970 began on a Thursday */
    int day = (date->day - weekday + 7) % 7 + (date->week - 1) * 7;
    return first + (day < length ? day : day - 7);
}

static int64_t second_of(const struct zone_date *date, int year)
{
    int day = date->kind == DATE_OF_MONTH    ? day_of_month_rule(date, year)
              : date->kind == DATE_WITH_LEAP ? date->day
                                             : date->day - 1 + (date->day > 59 && is_leap(year));
    return (days_before(year) + day) * DAY + date->seconds;
}

void zone_rule_changes(const struct zone_rule *rule, int year, int64_t *begin, int64_t *end)
{
    *begin = second_of(&rule->begin, year) - rule->standard;
    *end = second_of(&rule->end, year) - rule->daylight;
}
