/* tryout.h: the steps after the data, tried on its tables before a run begins. */
#ifndef LOAD_TRYOUT_H
#define LOAD_TRYOUT_H

#include "graduate/postgres.h"
#include "graduate/schema.h"

/* Inside the transaction that has made the run and its tables, and that the caller rolls back: make
 * keys, indexes, foreign keys, policies and the rest, but for numbers and statistics, which are
 * made of rows. Where a table held rows before, its keys and indexes are left away: they take as
 * long as there are rows; and then foreign keys that lack them. ERROR_USAGE with all steps that
 * what the mapping says does not allow; anything else ends it. */
bool tryout_take_steps(struct postgres *target, const struct schema *schema, const char *run,
                      struct error *error);

#endif
