/* time_format.h: the form of a time in a text, by the patterns of PostgreSQL's to_timestamp: YYYY,
 * MM, Mon, Month, DD, HH24, HH12 with AM or PM, MI, SS, MS, US, TZH and TZM, in any case. All
 * digits of a pattern must be there, unless FM stands before it; what is in double quotes, and what
 * is neither letter nor digit, stands in the text as it is. */
#ifndef GRADUATE_TIME_FORMAT_H
#define GRADUATE_TIME_FORMAT_H

#include "graduate/arena.h"
#include "graduate/error.h"

#include <stddef.h>

enum time_part_kind {
    TIME_LITERAL,
    TIME_YEAR,
    TIME_MONTH,
    TIME_MONTH_SHORT, /* Jan; of English, in any case */
    TIME_MONTH_LONG,  /* January */
    TIME_DAY,
    TIME_HOUR24,
    TIME_HOUR12,
    TIME_HALF, /* AM or PM, in any case */
    TIME_MINUTE,
    TIME_SECOND,
    TIME_MILLISECOND,
    TIME_MICROSECOND,
    TIME_ZONE_HOUR, /* with its sign */
    TIME_ZONE_MINUTE,
};
enum { TIME_PARTS = TIME_ZONE_MINUTE + 1 };

struct time_part {
    enum time_part_kind kind;
    int digits;          /* as many, or with `fewer` from 1 to as many */
    bool fewer;          /* FM */
    const char *literal; /* of TIME_LITERAL */
    size_t length;
};
struct time_format {
    const char *text;
    struct time_part *parts;
    size_t count;
    bool timed; /* it has a time of day */
    bool fine;  /* down to microseconds */
    bool zoned; /* it has TZH */
};

/* ERROR_USAGE: what is wrong with it. */
bool time_format_parse(struct arena *arena, const char *text, const struct time_format **format,
                       struct error *error);

#endif
