#include "row_set.h"

#include <stdlib.h>

static const uint64_t FACTOR = UINT64_C(0x9E3779B97F4A7C15); /* odd, its bits without a pattern */
enum { FEW = 32, FIRST_SIZE = 64, LENGTH = 4 };

void row_set_release(struct row_set *set)
{
    buffer_release(&set->keys);
    free(set->table);
    *set = (struct row_set){0};
}

void row_set_clear(struct row_set *set)
{
    set->count = 0;
    set->hashed = false;
    memset(set->seen, 0, sizeof set->seen);
    buffer_clear(&set->keys);
}

void row_set_begin(struct row_set *set)
{
    static const uint8_t unknown[LENGTH];
    set->begun = set->keys.length;
    buffer_put(&set->keys, unknown, sizeof unknown);
}

static uint64_t hash_of(const uint8_t *bytes, size_t length)
{
    uint64_t hash = length, word = 0;
    for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * FACTOR;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, bytes, length);
    hash = (hash ^ word) * FACTOR;
    return hash ^ hash >> 32;
}

/* Where the key that stands at an offset has its place in the table. */
static size_t *place_of(const struct row_set *set, size_t key)
{
    const uint8_t *bytes = set->keys.data + key;
    size_t length = LENGTH + get_le32(bytes);
    size_t at = (size_t)hash_of(bytes, length) & (set->size - 1);
    while (set->table[at] != 0 && memcmp(set->keys.data + set->table[at] - 1, bytes, length) != 0)
        at = (at + 1) & (set->size - 1);
    return &set->table[at];
}

/* All keys before the one at hand, in a table that is never more than half full. */
static bool hash_all(struct row_set *set, struct error *error)
{
    size_t size = set->size > 0 ? set->size : FIRST_SIZE;
    while (size < (set->count + 1) * 2)
        size *= 2;
    if (size > set->size) {
        size_t *table = realloc(set->table, size * sizeof *table);
        if (table == NULL)
            return error_memory(error);
        set->table = table;
        set->size = size;
    }
    memset(set->table, 0, set->size * sizeof *set->table);
    for (size_t at = 0; at < set->begun; at += LENGTH + get_le32(set->keys.data + at))
        *place_of(set, at) = at + 1;
    set->hashed = true;
    return true;
}

/* Few are found sooner by looking at each. */
static bool is_among_few(const struct row_set *set)
{
    const uint8_t *key = set->keys.data + set->begun;
    size_t length = LENGTH + get_le32(key);
    for (size_t at = 0; at < set->begun; at += LENGTH + get_le32(set->keys.data + at))
        if (memcmp(set->keys.data + at, key, length) == 0)
            return true;
    return false;
}

bool row_set_add(struct row_set *set, bool *twice, struct error *error)
{
    if (!buffer_ok(&set->keys, error))
        return false;
    uint32_t length = (uint32_t)(set->keys.length - set->begun - LENGTH);
    for (size_t i = 0; i < LENGTH; i++)
        set->keys.data[set->begun + i] = (uint8_t)(length >> (8 * i));
    uint64_t hash = hash_of(set->keys.data + set->begun, LENGTH + length);
    uint64_t *word = &set->seen[hash >> 6 & 3], bit = UINT64_C(1) << (hash & 63);
    bool seen = (*word & bit) != 0;
    *word |= bit;
    if (!seen && !set->hashed) {
        *twice = false;
    } else if (set->count < FEW) {
        *twice = is_among_few(set);
    } else {
        if ((!set->hashed || (set->count + 1) * 2 > set->size) && !hash_all(set, error))
            return false;
        size_t *place = place_of(set, set->begun);
        *twice = *place != 0;
        if (!*twice)
            *place = set->begun + 1;
    }
    if (*twice)
        set->keys.length = set->begun;
    else
        set->count++;
    return true;
}
