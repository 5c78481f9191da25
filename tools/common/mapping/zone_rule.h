/* zone_rule.h: the rule for all years to come in the footer of a zone file, in the form of POSIX's
 * TZ ("CET-1CEST,M3.5.0,M10.5.0/3"), with the extensions of RFC 9636. */
#ifndef COMMON_ZONE_RULE_H
#define COMMON_ZONE_RULE_H

#include "graduate/zone.h"

/* A day of a year, and the second of it. */
struct zone_date {
    enum { DATE_OF_MONTH, DATE_WITHOUT_LEAP, DATE_WITH_LEAP } kind;
    int month, week, day; /* the day of the week, or of the year */
    int32_t seconds;
};
struct zone_rule {
    int32_t standard, daylight; /* seconds east */
    bool has_daylight;
    struct zone_date begin, end; /* of daylight saving, on the clock that goes until then */
};

/* False for what is no rule. An empty text is none, either. */
bool zone_rule_parse(const char *text, size_t length, struct zone_rule *rule);
/* When daylight saving begins and ends in a year: seconds since 1970, UTC. */
void zone_rule_changes(const struct zone_rule *rule, int year, int64_t *begin, int64_t *end);

#endif
