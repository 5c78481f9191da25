/* compared.h: what of a target table is compared, and the hashes of a row of it.
 *
 * The columns are all that any entity gives, in the order of their names. A row is named by its
 * key. Where nothing usable names it, all its columns do, and rows are then only missing or extra.
 * Rows of a table with `each` and a position have a parent too, and their place is that parent: all
 * children of one parent come together, so that a changed order can be told from changed rows. For
 * every other row its place is its key. */
#ifndef VERIFY_COMPARED_H
#define VERIFY_COMPARED_H

#include "expect.h"
#include "found.h"
#include "tally.h"

#include "graduate/verdict.h"

struct compared_column {
    char *name;
    struct pgtype type; /* in the target */
    bool key, parent, position;
    bool usable;               /* else it is taken out */
    bool secret;               /* a password's hash: not for a report */
    bool constant;             /* a row that does not give it holds `fallback` */
    struct buffer fallback;    /* canonical */
    size_t key_claims, claims; /* how many entities say it is of the key; fill it at all */
};
/* What is put together to be hashed; each side has its own, because both are read at once. */
struct compared_scratch {
    struct buffer row, key, parent, rest;
};
struct compared_table {
    const struct mapping_table *mapping; /* a form of it */
    const char *label, *schema, *name;   /* the project's */
    struct compared_column *columns;
    size_t column_count, entity_count;
    bool there, named;    /* in the target; by a key, and not by all that its rows hold */
    bool ordered;         /* has positions within a parent */
    struct buffer prefix; /* "table NUL": what the canonical form of a row begins with */
    struct compared_scratch scratch[SIDE_COUNT];
    char left_out[128]; /* a column that could not be compared, and why; "" none */
};
struct row_hashes {
    struct hash row, key;
    struct hash parent, rest; /* ordered: of the parent's columns; of all but the position */
    size_t bytes;
};

bool compared_init(struct compared_table *compared, const struct mapping_table *table,
                   struct error *error);
void compared_release(struct compared_table *compared);
/* An entity fills the table. */
bool compared_claim(struct compared_table *compared, const struct expected_table *table,
                    struct error *error);
/* When all have: compare that with what the target has. What is not there, or of a type that cannot
 * be compared, is a finding, and not compared. */
bool compared_settle(struct compared_table *compared, const struct project *project,
                     struct postgres *target, struct verdict_file *verdict, struct error *error);

/* The SELECT of the compared columns; the types in their order (column_count of them). */
void compared_put_select(const struct compared_table *compared, struct buffer *sql);
/* Everything that decides what a tally of this table means, as text. */
void compared_put_identity(const struct compared_table *compared, struct buffer *text);

/* Of the columns of the key alone, which are given: as compared_hash has it. */
bool compared_hash_key(struct compared_table *compared, enum side side,
                       const struct expected_value *values, struct hash *key, struct error *error);
/* Index of a column, or column_count. */
size_t compared_find(const struct compared_table *compared, const char *name);
bool compared_hash(struct compared_table *compared, enum side side,
                   const struct expected_value *values, struct row_hashes *hashes,
                   struct error *error);
const struct hash *compared_place(const struct compared_table *compared,
                                  const struct row_hashes *hashes);

#endif
