/* postgres_catalog.h: what a Postgres source holds, asked of its system catalogs (11 to 18). */
#ifndef EXTRACT_POSTGRES_CATALOG_H
#define EXTRACT_POSTGRES_CATALOG_H

#include "graduate/catalog.h"
#include "graduate/postgres.h"

/* All tables of the schema, as the catalog of the source named `source`. What they have that a
 * catalog has no words for is warned of. */
bool postgres_catalog_read(struct postgres *postgres, const char *source, const char *schema,
                           struct catalog *catalog, struct error *error);

#endif
