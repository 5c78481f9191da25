/* row_keys.h: which columns of the rows of an entity must be unique, and which refer to others. */
#ifndef CHECK_ROW_KEYS_H
#define CHECK_ROW_KEYS_H

#include "findings.h"
#include "graduate/schema.h"
#include "graduate/stream.h"
#include "server_uniques.h"
#include "store.h"

/* Of one check of one entity. */
struct row_keys {
    const struct schema *schema;
    const struct mapping *entity;
    struct store *store;
    struct findings *findings;
    size_t first, count; /* its outputs */
    struct unique_index *index;     /* by this alone, of all that must be unique; or NULL */
    struct server_uniques *uniques; /* what the server tells besides; or NULL */
    struct row_tie **ties;          /* its own: foreign keys of each output */
};

enum { ROW_KEY_SETS = 31 }; /* of keys, so many a table has at most */

/* Take in a batch of rows: `sections` has one per output of the entity (rows 0: none of it),
 * `records` is that of "graduate.records". What stands twice becomes a finding. ERROR_SOURCE: the
 * stream is damaged. */
bool row_keys_take(struct row_keys *keys, const struct stream_section *sections,
                   const struct stream_section *records, struct error *error);
/* When all entities are in: what refers to nothing becomes findings. */
bool row_keys_references(struct row_keys *keys, struct error *error);
/* What it found out itself; the rest is the caller's. */
void row_keys_release(struct row_keys *keys);

#endif
