/* census.h: which fields the records of an entity have, of which types, and how often.
 *
 * A path is dotted; "[]" stands for the elements of an array, "tags[]" or "platforms[].name". A
 * name that is an id or a number, which is data rather than a field, counts as "*"; so does every
 * name of an object that has more of them than any form has fields. So the census is as small as
 * the shape of the records, however many there are. Types have MongoDB's names ("string", "int").
 */
#ifndef GRADUATE_DRIVER_CENSUS_H
#define GRADUATE_DRIVER_CENSUS_H

#include "graduate/arena.h"
#include "graduate/error.h"

#include <bson/bson.h>
#include <cjson/cJSON.h>

struct census_field;
struct census {
    struct arena memory;
    struct census_field *top; /* the records themselves */
    size_t fields;
    bool failed; /* no memory: census_to_json says so */
};

void census_init(struct census *census);
void census_release(struct census *census);
/* Count a record in. */
void census_take(struct census *census, const bson_t *record);
/* {"title": {"string": 240, "null": 3}, ...}, sorted by path; NULL without memory. */
cJSON *census_to_json(const struct census *census);

#endif
