/* row_set.h: the keys of one record's rows in one table, so that none stands there twice. */
#ifndef TRANSFORM_ROW_SET_H
#define TRANSFORM_ROW_SET_H

#include "graduate/buffer.h"

struct row_set {
    struct buffer keys; /* each behind its length, uint32 little-endian */
    size_t *table;      /* open addressing by the key's hash: offset + 1, or 0 */
    size_t size, count; /* of the table, a power of two; of the keys */
};
void row_set_release(struct row_set *set);
void row_set_clear(struct row_set *set);
/* *twice: it is there already. False only without memory. */
bool row_set_add(struct row_set *set, const struct buffer *key, bool *twice, struct error *error);

#endif
