/* origin.h: where a run's records come from, as the ledger has it.
 *
 * When a run begins, the ledger takes over from the catalogs what each collection and table that it
 * reads cannot be mistaken by (reader.h). Whatever comes later, a catalog of the run folder or the
 * header of a stream, must say the same. */
#ifndef LOAD_ORIGIN_H
#define LOAD_ORIGIN_H

#include "graduate/catalog.h"
#include "graduate/postgres.h"
#include "graduate/project.h"

/* Write down the identities of all that the project maps, of `only` alone where it is not NULL; in
 * the caller's transaction. */
bool origin_record(struct postgres *target, const char *run, const struct project *project,
                   const struct catalog *catalogs, size_t catalog_count, const struct mapping *only,
                   struct error *error);
/* ERROR_REFUSED that names the source and what differs, when a catalog's entity is not the one that
 * the run began with. What the ledger or the catalog does not know tells nothing. Entities of `but`
 * (maybe NULL) are left out. */
bool origin_check(struct postgres *target, const char *run, const struct project *project,
                  const struct catalog *catalogs, size_t catalog_count, const struct words *but,
                  struct error *error);
bool origin_check_entity(struct postgres *target, const char *run, const struct mapping *mapping,
                         const struct catalog_entity *entity, struct error *error);

#endif
