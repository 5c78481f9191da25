/* foreign_key.h: keys of the target between the tables that a run loads.
 *
 * They say in which order the entities go. Those that no order satisfies (of a circle, of a table
 * to itself) are taken off before the data; the ledger keeps them (ledger.h), and they are made
 * again after it, by whichever run of the project comes to its end. */
#ifndef LOAD_FOREIGN_KEY_H
#define LOAD_FOREIGN_KEY_H

#include "graduate/postgres.h"
#include "graduate/schema.h"

/* The entities, as they are to be loaded, and what the target's foreign keys and triggers ask of
 * that. */
struct loading_order {
    struct words entities;
    struct after {
        const char *entity, *first; /* is at its end before the entity begins */
    } *afters;
    size_t after_count;
};
void loading_order_release(struct loading_order *order);

/* Fill `order` with all entities: what others refer to comes first, else they stand as in the
 * project. Then take off the keys that entities in that order would violate, as far as the role
 * may. The order is the caller's to release, also after an error. */
bool foreign_key_prepare(struct postgres *target, const struct schema *schema, const char *run,
                         struct loading_order *order, struct error *error);

/* Those that are off, one a row: table, step ("foreign key X of T"), statement that makes it, query
 * that finds it. *keys is the caller's (PQclear), and NULL on failure. */
bool foreign_key_read_off(struct postgres *target, const struct project *project, PGresult **keys,
                          struct error *error);
enum { FOREIGN_KEY_TABLE, FOREIGN_KEY_STEP, FOREIGN_KEY_SQL, FOREIGN_KEY_EXISTS };
/* Where triggers are off for a table, its keys are not looked at while rows are loaded: look at the
 * run's rows. ERROR_DATA names the first that refers to nothing. */
bool foreign_key_check_rows(struct postgres *target, const struct project *project, const char *run,
                            struct error *error);
/* They are all on again. */
bool foreign_key_forget(struct postgres *target, const struct project *project,
                        struct error *error);

#endif
