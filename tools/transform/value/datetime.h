/* datetime.h: dates of documents and texts as PostgreSQL keeps them. */
#ifndef TRANSFORM_DATETIME_H
#define TRANSFORM_DATETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds since 1970 (a BSON date) to microseconds since 2000; false outside timestamptz's
 * range, 4714-11-24 BC to 294276-12-31. */
bool datetime_from_milliseconds(int64_t milliseconds, int64_t *microseconds);

/* ISO 8601: "2020-02-29", "2020-02-29T12:00:00", with up to six places of seconds, and "Z" or
 * "+02:00" / "+0200" / "+02". *zoned says whether a zone was given; microseconds since 2000 are
 * then UTC, else as written. A blank may stand for the T. Years 0001 to 9999. */
bool datetime_parse(const char *text, size_t length, int64_t *microseconds, bool *zoned,
                    bool *date_only);

/* A moment of a row as its text says it: what a Postgres source has as date, timestamp or
 * timestamptz, and datetimes of Appwrite. */
struct moment {
    int64_t day;       /* since 2000-01-01; INT64_MIN, INT64_MAX: "-infinity", "infinity" */
    int64_t clock;     /* microseconds of that day; in UTC where it is zoned */
    bool zoned, timed; /* neither: a day, which is its midnight */
};
/* The same as datetime_parse; and years of more digits, " BC" behind everything, and the words
 * "infinity" and "-infinity". */
bool datetime_moment(const char *text, size_t length, struct moment *moment);
static inline bool datetime_is_endless(const struct moment *moment)
{
    return moment->day == INT64_MIN || moment->day == INT64_MAX;
}

/* Days since 2000-01-01 of a proleptic Gregorian date. */
int64_t datetime_days(int64_t year, int month, int day);
/* "2020-02-29T12:00:00.123Z" for years 0 to 9999; false beyond. Out: at least 32 bytes. */
bool datetime_format(int64_t milliseconds, char *out, size_t size);

#endif
