/* jsonl_catalog.h: an export of Appwrite: a folder with one file of JSON lines per list, each line
 * one object as the REST API prints it.
 *
 *   users.jsonl, identities.jsonl, teams.jsonl, memberships.jsonl, buckets.jsonl, files.jsonl
 *   COLLECTION.jsonl      where project.json names the database of this source
 *   DB.COLLECTION.jsonl   where it does not
 *
 * A file whose name shows that it is a list in another form is no entity, but an object of the kind
 * "file not read", with what to do as its detail. */
#ifndef EXTRACT_JSONL_CATALOG_H
#define EXTRACT_JSONL_CATALOG_H

#include "reader.h"

extern const char jsonl_suffix[]; /* ".jsonl" */

/* As reader_ops.catalog. */
bool jsonl_catalog(const struct endpoint *endpoint, struct catalog *catalog, struct error *error);

#endif
