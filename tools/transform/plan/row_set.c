#include "row_set.h"

#include <stdlib.h>
#include <xxhash.h>

enum { FIRST_SIZE = 64, LENGTH = 4 };

void row_set_release(struct row_set *set)
{
    buffer_release(&set->keys);
    free(set->table);
    *set = (struct row_set){0};
}

void row_set_clear(struct row_set *set)
{
    if (set->count > 0)
        memset(set->table, 0, set->size * sizeof *set->table);
    set->count = 0;
    buffer_clear(&set->keys);
}

static size_t *place_of(const struct row_set *set, const uint8_t *key, size_t length)
{
    size_t at = (size_t)XXH3_64bits(key, length) & (set->size - 1);
    for (; set->table[at] != 0; at = (at + 1) & (set->size - 1)) {
        const uint8_t *there = set->keys.data + set->table[at] - 1;
        if (get_le32(there) == length && memcmp(there + LENGTH, key, length) == 0)
            break;
    }
    return &set->table[at];
}

/* The table is never more than half full. */
static bool grow(struct row_set *set, struct error *error)
{
    size_t size = set->size > 0 ? set->size * 2 : FIRST_SIZE;
    size_t *table = calloc(size, sizeof *table);
    if (table == NULL)
        return error_memory(error);
    free(set->table);
    set->table = table;
    set->size = size;
    for (size_t at = 0; at < set->keys.length;) {
        size_t length = get_le32(set->keys.data + at);
        *place_of(set, set->keys.data + at + LENGTH, length) = at + 1;
        at += LENGTH + length;
    }
    return true;
}

bool row_set_add(struct row_set *set, const struct buffer *key, bool *twice, struct error *error)
{
    if (!buffer_ok(key, error) || (set->count * 2 >= set->size && !grow(set, error)))
        return false;
    size_t *place = place_of(set, key->data, key->length);
    *twice = *place != 0;
    if (*twice)
        return true;
    size_t at = set->keys.length;
    buffer_put_le32(&set->keys, (uint32_t)key->length);
    buffer_put(&set->keys, key->data, key->length);
    *place = at + 1;
    set->count++;
    return buffer_ok(&set->keys, error);
}
