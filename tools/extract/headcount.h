/* headcount.h: how many records the entities of a source hold now, counted, not estimated.
 *
 * `graduate-extract --project P --source S --count` prints a headcount as one JSON document:
 *
 *   {"source": "core", "entities": [
 *     {"entity": "books", "from": "books", "records": 12,
 *      "arrays": [{"path": "prices", "elements": 31}]}]}
 *
 * One entry per mapping of the project that reads this source, in the project's order. `arrays` has
 * one member per path that one of its tables names in "each", in the mapping's order, each once;
 * `elements` is how many elements all records have there together. What is absent or null there
 * has none; something else that is no array has none either (a run stops at it).
 *
 * A server that can count for itself does so (the reader's `count`): one aggregation per collection
 * of MongoDB ($group over the whole collection; never the estimate), one count(*) per table of
 * Postgres. Other sources are read through, record by record, with their reader's open and next. */
#ifndef EXTRACT_HEADCOUNT_H
#define EXTRACT_HEADCOUNT_H

#include "endpoint.h"
#include "reader.h"

/* Count all entities of the source. *json becomes owned by the caller. ERROR_SOURCE with the
 * entity: it could not be read, or the source has no such collection or table. */
bool headcount_take(const struct project *project, const struct endpoint_texts *source,
                    cJSON **json, struct error *error);

#endif
