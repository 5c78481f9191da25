/* undo.h: exactly what a run made and wrote, out of the target again.
 *
 * The ledger knows all of it: what the run made, with the SQL that takes it back (graduate.made),
 * and the transactions that wrote its rows. The tables that were there before stay, with the rows
 * of others; those that the run made go. The run's rows in the ledger go with them, and the ledger
 * when it was the last. */
#ifndef LOAD_UNDO_H
#define LOAD_UNDO_H

#include "graduate/postgres.h"

/* In the caller's transaction; the ledger has the run. ERROR_REFUSED, and nothing may be committed
 * then: rows of others are in a table that the run made, or rows that were changed since; rows that
 * the run wrote into another table are gone or were changed since; rows or things of others hang on
 * what would go. With `changed_too` the first go with their table, and the second stay as they are;
 * the third is refused all the same. */
bool undo_run(struct postgres *target, const char *run, bool changed_too, struct error *error);

#endif
