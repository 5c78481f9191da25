/* row_set.h: the keys of one record's rows in one table, so that none stands there twice. */
#ifndef TRANSFORM_ROW_SET_H
#define TRANSFORM_ROW_SET_H

#include "graduate/buffer.h"

struct row_set {
    struct buffer keys; /* each behind its length, uint32 little-endian */
    size_t begun;       /* where the key at hand begins */
    size_t count;
    uint64_t seen[4]; /* a bit for each hash that a key had: most keys are told apart by it */
    size_t *table;    /* of many: open addressing by the key's hash: offset + 1, or 0 */
    size_t size;      /* of the table, a power of two */
    bool hashed;      /* the keys are in the table */
};
void row_set_release(struct row_set *set);
void row_set_clear(struct row_set *set);
/* Begin a key, put its bytes into set->keys, and add it. *twice: it is there already. False only
 * without memory. */
void row_set_begin(struct row_set *set);
bool row_set_add(struct row_set *set, bool *twice, struct error *error);

#endif
