/* foreign_keys.h: the foreign keys of a table: those that the mapping says, and all that the target
 * has (pg_constraint). */
#ifndef VERIFY_FOREIGN_KEYS_H
#define VERIFY_FOREIGN_KEYS_H

#include "pointer.h"
#include "query.h"

struct foreign_keys {
    struct inspection *inspection;
    const struct blueprint *blueprint;
    const char *const *oids; /* of the blueprint's tables; NULL: there is none */
    struct arena *arena;
};

/* Every key that the mapping says, with all that a key can say beside its columns, and no other
 * one; the rows of the table, whatever its keys say; and rows that a key of the target's alone
 * should not have let in: with triggers off nothing is refused. `pointers` are looked at already.
 */
bool foreign_keys_check(const struct foreign_keys *keys, const struct blueprint_table *table,
                        const struct pointers *pointers, struct error *error);

#endif
