/* calendar.h: days and dates of the Gregorian calendar, and ISO 8601 texts, as PostgreSQL counts
 * them. */
#ifndef VERIFY_CALENDAR_H
#define VERIFY_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct date {
    int64_t year; /* 0 is 1 BC */
    int month, day;
};

#define CALENDAR_DAY INT64_C(86400000000) /* microseconds */

/* Days since 2000-01-01. The date must be one of the calendar. */
int64_t calendar_days(struct date date);
struct date calendar_date(int64_t days);

/* What a text says: a date, maybe a time of day, maybe a zone. */
struct moment {
    int64_t microseconds; /* since 2000-01-01; UTC if zoned, else of the wall clock */
    bool timed, zoned;
};
/* "2020-02-29", "2020-02-29T12:00", "2020-02-29 12:00:00.123456+02:00", "...Z"; four digits of
 * year, from 0001. False for anything else, and for what is finer than a microsecond. */
bool calendar_parse(const char *text, size_t length, struct moment *moment);

/* What a text of a source's own says, that calls it a date. */
struct instant {
    int64_t seconds; /* since 2000-01-01; INT64_MIN and INT64_MAX: of no calendar */
    int64_t micros;  /* behind them */
    bool timed, zoned;
};
/* Likewise; and with years of up to seven digits, "BC" at the end, "infinity", "-infinity". */
bool calendar_instant(const char *text, size_t length, struct instant *instant);
bool calendar_is_endless(const struct instant *instant);

/* Milliseconds since 1970 (a BSON date) in microseconds since 2000; false beyond timestamptz. */
bool calendar_from_unix(int64_t milliseconds, int64_t *microseconds);
/* The same as "2020-01-01T00:00:00.000Z"; false beyond the years 0 to 9999. */
bool calendar_iso(int64_t milliseconds, char out[32]);

#endif
