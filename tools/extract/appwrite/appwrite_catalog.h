/* appwrite_catalog.h: what a live Appwrite holds: its lists and collections as entities, and
 * everything beside records as objects:
 *
 *   "index", "relationship", "failed attribute", "failed index"   NAME on ENTITY, with it
 *   "permissions"    of a collection that has any, by the collection's name, with it
 *   "bucket"         by its id, with the entity buckets
 *   "file"           how many are in a bucket, by its id, with the entity files
 *   "function"       by its id
 *   "not listed"     what the API key lacks the scope to list */
#ifndef EXTRACT_APPWRITE_CATALOG_H
#define EXTRACT_APPWRITE_CATALOG_H

#include "reader.h"

/* As reader_ops.catalog. */
bool appwrite_catalog(const struct endpoint *endpoint, struct catalog *catalog,
                      struct error *error);

#endif
