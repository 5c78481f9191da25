/* Room verify/tally: rows by the million compared with little memory: sums, then hashes of those
 * in doubt, then the few that are named. It uses common/base, common/target, verify/canonical,
 * verify/expect and verify/target. */

/* tally.h: the rows of a table on one side, in 4096 buckets, however many they are.
 *
 * A row falls into a bucket by the hash of its place (its key; compared.h) and adds its own hash to
 * the bucket's sum modulo 2^128. Sums, not XOR: two equal rows must not cancel each other. Rows can
 * come in any order, and tallies of parts of the rows can be added to one of all. Buckets that are
 * equal on both sides hold equal rows; in the others something is to be named. */
#ifndef VERIFY_TALLY_H
#define VERIFY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rows that there should be, and those that the target has. */
enum side { SIDE_EXPECTED, SIDE_FOUND, SIDE_COUNT };

struct hash {
    uint64_t high, low;
};
/* <0, 0, >0; a total order. */
int hash_compare(const struct hash *a, const struct hash *b);
/* XXH3-128. */
struct hash hash_of(const void *bytes, size_t length);

enum { TALLY_BUCKETS = 4096 };
struct tally_bucket {
    uint64_t count, bytes; /* rows, and how long their canonical forms are */
    struct hash sum;
};
struct tally {
    struct tally_bucket buckets[TALLY_BUCKETS];
};

size_t tally_bucket_of(const struct hash *place);
void tally_add(struct tally *tally, const struct hash *place, const struct hash *row, size_t bytes);
/* All that is in `part` comes into `tally`. */
void tally_merge(struct tally *tally, const struct tally *part);
/* Which buckets differ, and how many they are. */
size_t tally_compare(const struct tally *a, const struct tally *b, bool differs[TALLY_BUCKETS]);
int64_t tally_rows(const struct tally *tally);

#endif
