/* statement.h: one statement of the schema's DDL, run inside the caller's transaction. */
#ifndef LOAD_STATEMENT_H
#define LOAD_STATEMENT_H

#include "graduate/postgres.h"
#include "graduate/schema.h"

/* Run it, unless what it makes is there already; *made says which. `entities` are those that have
 * filled its table, for the error (refusal.h); NULL before the data. */
bool statement_run(struct postgres *target, const struct schema_statement *statement,
                   const char *entities, bool *made, struct error *error);

#endif
