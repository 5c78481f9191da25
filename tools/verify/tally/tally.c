#include "tally.h"

#include <xxhash.h>

int hash_compare(const struct hash *a, const struct hash *b)
{
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    return a->low == b->low ? 0 : a->low < b->low ? -1 : 1;
}

struct hash hash_of(const void *bytes, size_t length)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, length);
    return (struct hash){.high = hash.high64, .low = hash.low64};
}

static void add(struct hash *sum, const struct hash *hash)
{
    sum->low += hash->low;
    sum->high += hash->high + (sum->low < hash->low);
}

size_t tally_bucket_of(const struct hash *place)
{
    return place->low % TALLY_BUCKETS;
}

void tally_add(struct tally *tally, const struct hash *place, const struct hash *row, size_t bytes)
{
    struct tally_bucket *bucket = &tally->buckets[tally_bucket_of(place)];
    bucket->count++;
    bucket->bytes += bytes;
    add(&bucket->sum, row);
}

void tally_merge(struct tally *tally, const struct tally *part)
{
    for (size_t i = 0; i < TALLY_BUCKETS; i++) {
        tally->buckets[i].count += part->buckets[i].count;
        tally->buckets[i].bytes += part->buckets[i].bytes;
        add(&tally->buckets[i].sum, &part->buckets[i].sum);
    }
}

size_t tally_compare(const struct tally *a, const struct tally *b, bool differs[TALLY_BUCKETS])
{
    size_t count = 0;
    for (size_t i = 0; i < TALLY_BUCKETS; i++) {
        const struct tally_bucket *left = &a->buckets[i], *right = &b->buckets[i];
        differs[i] = left->count != right->count || left->bytes != right->bytes ||
                     hash_compare(&left->sum, &right->sum) != 0;
        count += differs[i];
    }
    return count;
}

int64_t tally_rows(const struct tally *tally)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < TALLY_BUCKETS; i++)
        rows += tally->buckets[i].count;
    return (int64_t)rows;
}
