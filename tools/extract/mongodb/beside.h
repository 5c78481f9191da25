/* beside.h: what a MongoDB database has beside documents, as objects of the catalog.
 *
 * A server and a dump are told alike: of each name in the database what mongodump writes as its
 * metadata, {"options": {...}, "indexes": [...], "type": "collection"}, in Extended JSON. */
#ifndef EXTRACT_BESIDE_H
#define EXTRACT_BESIDE_H

#include "graduate/catalog.h"

#include <cjson/cJSON.h>

/* What a name in a database stands for. */
enum mongodb_kind {
    MONGODB_COLLECTION,
    MONGODB_TIME_SERIES,
    MONGODB_VIEW,
    MONGODB_SYSTEM, /* the server's own, or, in a dump, a user's of the database */
};

/* By its name, and by what the metadata say in the form of today's tools or of older ones. */
enum mongodb_kind beside_kind(const char *name, const cJSON *metadata);
/* Add what this name has or is, beside documents, and what its validator says of them to its
 * entity, which is in the catalog already. `metadata` may be NULL and is simplified: numbers in the
 * wrappers of Extended JSON become plain ones. */
bool beside_describe(struct catalog *catalog, const char *name, enum mongodb_kind kind,
                     cJSON *metadata, struct error *error);
/* Add the GridFS buckets, when all entities are in the catalog. */
bool beside_buckets(struct catalog *catalog, struct error *error);

#endif
