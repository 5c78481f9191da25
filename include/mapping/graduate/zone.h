/* zone.h: a time zone of IANA, out of the machine's zone files: RFC 9636 (TZif), versions 2 to 4,
 * with the rule in the footer. They lie in $TZDIR, or in /usr/share/zoneinfo. */
#ifndef GRADUATE_ZONE_H
#define GRADUATE_ZONE_H

#include "graduate/arena.h"
#include "graduate/error.h"

#include <stddef.h>
#include <stdint.h>

/* From when which offset holds; until the next. Seconds since 1970, UTC; seconds east of it. */
struct zone_change {
    int64_t from;
    int32_t offset;
};
struct zone {
    const char *name;
    struct zone_change *changes; /* the first from INT64_MIN; to the end of the year 9999 */
    size_t count;
};

/* ERROR_USAGE for a name that is none, ERROR_TARGET for a file that cannot be read. */
bool zone_load(struct arena *arena, const char *name, const struct zone **zone,
               struct error *error);
/* The same out of the bytes of a zone file. */
bool zone_read(struct arena *arena, const char *name, const uint8_t *bytes, size_t length,
               const struct zone **zone, struct error *error);
/* The index of the change that holds at a moment. */
size_t zone_at(const struct zone *zone, int64_t seconds);

#endif
