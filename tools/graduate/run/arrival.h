/* arrival.h: what did not arrive although all is well: what the mapping asked to leave behind.
 *
 * "Everything arrived" may be said only where all of these numbers are 0. They are told from JSON
 * that graduate wrote: the entities and paths of an account or of a verdict, and objects and tables
 * of an account. */
#ifndef GRADUATE_DRIVER_ARRIVAL_H
#define GRADUATE_DRIVER_ARRIVAL_H

#include "graduate/buffer.h"
#include "graduate/project.h"

#include <cjson/cJSON.h>

struct arrival {
    int64_t read, loaded;
    int64_t retried;                 /* of those that are loaded: as they were corrected by hand */
    int64_t filtered, rejected;      /* records */
    int64_t elements;                /* of arrays, left out by rules */
    int64_t dropped, compared, kept_out, lost; /* values */
    int64_t emptied, in_part; /* values of which a function or "map" left nothing, or a part */
    int64_t computed;         /* values of which only that came what the source made of them */
    int64_t stayed;                  /* rows that were there, in all or some columns */
    int64_t collections;             /* and tables of the sources, left out by name */
    int64_t objects;                 /* of the sources' catalogs, not kept */
};

/* All but the first two may be NULL. */
struct arrival arrival_of(const cJSON *entities, const cJSON *paths, const cJSON *objects,
                          const cJSON *tables, const struct project *project);
bool arrival_is_whole(const struct arrival *arrival);
/* "2 records read, 1 loaded; left behind, as asked: 1 record left out by rules, 2 values dropped by
 * name". */
void arrival_put(const struct arrival *arrival, struct buffer *out);

/* "2 records as they were corrected by hand, which differ from the source"; false, and nothing is
 * put, where there are none. */
bool arrival_put_retried(const struct arrival *arrival, struct buffer *out);

/* The numbers one by one: "1 record left out by rules". */
enum arrival_part {
    ARRIVAL_FILTERED,
    ARRIVAL_REJECTED,
    ARRIVAL_ELEMENTS,
    ARRIVAL_DROPPED,
    ARRIVAL_COMPARED,
    ARRIVAL_KEPT_OUT,
    ARRIVAL_LOST,
    ARRIVAL_EMPTIED,
    ARRIVAL_IN_PART,
    ARRIVAL_COMPUTED,
    ARRIVAL_STAYED,
    ARRIVAL_COLLECTIONS,
    ARRIVAL_OBJECTS,
    ARRIVAL_PARTS,
};
/* False, and nothing is put, where the number is 0. */
bool arrival_put_part(const struct arrival *arrival, enum arrival_part part, struct buffer *out);

#endif
