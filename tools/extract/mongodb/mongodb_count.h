/* mongodb_count.h: counting the documents of a live MongoDB in the server. */
#ifndef EXTRACT_MONGODB_COUNT_H
#define EXTRACT_MONGODB_COUNT_H

#include "reader.h"

/* The reader's `count`. */
bool mongodb_count(const struct endpoint *endpoint, struct entity_count *counts, size_t count,
                   struct error *error);

/* The aggregation of a collection, {"pipeline": [...]}, into the empty document `pipeline`: its one
 * answer has the records in "n" and the elements of the Nth array in "aN". Stays empty where a path
 * cannot be said in it. */
bool mongodb_count_pipeline(const struct words *paths, bson_t *pipeline, struct error *error);

#endif
