/* statement.h: one statement of the schema's DDL, run inside the caller's transaction. */
#ifndef LOAD_STATEMENT_H
#define LOAD_STATEMENT_H

#include "graduate/postgres.h"
#include "graduate/schema.h"

/* Run it for the run, unless what it makes is there already; *made says which. What takes it back
 * is then in the ledger. `entities` are those that have filled its table, for the error
 * (refusal.h); NULL before the data. */
bool statement_run(struct postgres *target, const char *run,
                   const struct schema_statement *statement, const char *entities, bool *made,
                   struct error *error);

#endif
