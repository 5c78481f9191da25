/* named_key.h: entities whose key only the mapping knows. */
#ifndef EXTRACT_NAMED_KEY_H
#define EXTRACT_NAMED_KEY_H

#include "graduate/catalog.h"
#include "graduate/project.h"

/* A view, and a table without key and uniques, are read in the order of the columns that the key of
 * the mapping's first table is made of: give the catalog's entities that key. Views that no mapping
 * reads are taken off the catalog: nobody has to say what becomes of them as entities, for they are
 * objects of it. */
bool named_key_settle(const struct project *project, const struct source *source,
                      struct catalog *catalog, struct error *error);

#endif
