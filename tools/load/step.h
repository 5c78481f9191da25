/* step.h: one step after the data: a statement, and its row in the ledger, in one transaction. */
#ifndef LOAD_STEP_H
#define LOAD_STEP_H

#include "fence.h"

#include "graduate/schema.h"

/* Take the step, unless the ledger has it or what it makes is there already; *made says that it was
 * taken now, and *seconds how long it took. Its commit is unflushed (fence.h). What the server
 * refuses is an error that names the entities which fill the table. */
bool step_take(struct postgres *target, const struct project *project, const struct fence *fence,
               const struct schema_statement *statement, bool *made, double *seconds,
               struct error *error);
/* The entities that fill a table, as --restart takes them: "books", "books,drafts". */
void step_put_entities(const struct project *project, const char *table, struct buffer *out);

#endif
