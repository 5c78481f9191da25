/* statement.h: one statement of the schema's DDL, run inside a transaction.
 *
 * The way to the target and back is what it takes longest, so all that belongs to it goes twice:
 * first what has to be known before, then the statement with what is written of it. */
#ifndef LOAD_STATEMENT_H
#define LOAD_STATEMENT_H

#include "graduate/postgres.h"
#include "graduate/schema.h"

/* What the caller sends along. Each text is one or more statements, "" none. */
struct statement_around {
    const char *before;
    /* Looks at the answers, which begin with those to `before`; what it returns besides, when it is
     * done already, counts like what is there. NULL: nothing of them is looked at. */
    bool (*begun)(void *context, const struct answers *answers, bool *done, struct error *error);
    void *context;
    size_t answers;      /* that `before` has */
    const char *after;   /* behind the statement, when it was run */
    const char *instead; /* when it was not, because what it makes is there already */
};

/* Run it for the run, unless what it makes is there already; *made says which. What takes it back
 * is then in the ledger. `entities` are those that have filled its table, for the error
 * (refusal.h); NULL before the data. `last` are the answers to `after` or `instead`, at their end;
 * released by the caller either way. */
bool statement_run(struct postgres *target, const char *run,
                   const struct schema_statement *statement, const struct statement_around *around,
                   const char *entities, bool *made, struct answers *last, struct error *error);

#endif
