/* schema_key.h: the foreign keys of a table: the mapping's, those that identities bring
 * (reference.h), and those of a Postgres source between tables whose rows come as they are. */
#ifndef COMMON_SCHEMA_KEY_H
#define COMMON_SCHEMA_KEY_H

#include "graduate/arena.h"
#include "graduate/schema.h"

struct schema_key {
    const struct schema_output *to;
    struct words columns, to_columns;
    struct words emptied; /* of ON DELETE SET NULL or DEFAULT; none: all columns */
    const char *name;     /* as in the source; NULL: made of the table's and the columns' */
    const char *on_delete, *on_update; /* NULL: no action */
    const char *timing;                /* "DEFERRABLE", ...; NULL: at once */
    bool match_full;
    bool invalid; /* rows that are there need not keep to it */
};

struct keying {
    const struct schema *schema;
    const struct catalog *catalogs; /* of the sources */
    size_t catalog_count;
    struct arena *arena;
    struct error *error;
};

/* What becomes of a foreign key of the source (an object of its catalog) in the table that keeps
 * its entity's shape: the key, or in *why the reason why there is none. False without memory. */
bool schema_key_keep(const struct keying *keying, const struct schema_output *output,
                     const struct catalog_object *object, struct schema_key *key, const char **why);

/* All of an output's table, of each pair of columns one: the source's comes before an identity's,
 * which decides only what happens on delete. ERROR_USAGE: columns that are not there, that are no
 * key, or of different types. */
bool schema_keys_gather(const struct keying *keying, const struct schema_output *output,
                        struct schema_key **keys, size_t *count);

#endif
