/* restart.h: an entity's rows out of the target again, so that it can be loaded anew into the same
 * run.
 *
 * Exactly its rows go: those that its batches' transactions wrote, which the ledger knows by
 * number, as long as nobody has changed them since. In one transaction with them go its batches and
 * losses; the run is then as if the entity had not been begun. */
#ifndef LOAD_RESTART_H
#define LOAD_RESTART_H

#include "graduate/postgres.h"
#include "graduate/schema.h"

/* In the caller's transaction. The words are names of entities, each of the project. ERROR_REFUSED,
 * and nothing may be committed then: rows are gone or were changed since, or rows of others hang on
 * them. */
bool restart_entities(struct postgres *target, const struct schema *schema, const char *run,
                      const struct words *entities, struct error *error);
/* In the caller's transaction: what is made of all rows of the entity's tables (sequences,
 * statistics) is to be made once more at the run's end. */
bool restart_steps(struct postgres *target, const struct schema *schema, const char *run,
                   const struct mapping *mapping, struct error *error);

#endif
