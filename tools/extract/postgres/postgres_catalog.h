/* postgres_catalog.h: what a Postgres source holds, asked of its system catalogs (12 to 18). */
#ifndef EXTRACT_POSTGRES_CATALOG_H
#define EXTRACT_POSTGRES_CATALOG_H

#include "graduate/catalog.h"
#include "graduate/postgres.h"

/* All tables of the schema, and whatever else the database has, as the catalog of the source named
 * `source`. */
bool postgres_catalog_read(struct postgres *postgres, const char *source, const char *schema,
                           struct catalog *catalog, struct error *error);

#endif
