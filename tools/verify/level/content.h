/* content.h: the content level at work: its tables, and a pass over either side of them. */
#ifndef VERIFY_CONTENT_H
#define VERIFY_CONTENT_H

#include "amended.h"
#include "compared.h"
#include "evidence.h"
#include "fates.h"
#include "known_ids.h"
#include "level.h"
#include "met.h"
#include "state.h"
#include "suspects.h"
#include "tally.h"

struct content_table {
    struct compared_table compared;
    struct met met;
    struct tally *expected, *found;
    bool differs[TALLY_BUCKETS];
    size_t differing; /* buckets */
    struct suspects suspects;
    struct evidence evidence;
    int64_t before; /* rows, says the ledger */
    int64_t of_kind[ROW_KINDS];
};

struct content {
    struct verification *verification;
    struct state state;
    char identity[256]; /* of the target and the run */
    char fingerprint[65];
    struct content_table *tables;
    size_t table_count;
    struct amended amended; /* records that were corrected by hand */
    struct known_ids known; /* of the entities that others look up */
    struct fates fates;     /* of the records' values, counted anew */
};

/* What a pass does with a row of either side. */
typedef bool (*content_visit)(struct content *content, struct content_table *table, enum side side,
                              const struct expected_value *values, const struct row_hashes *hashes,
                              struct error *error);

struct content_table *content_find(const struct content *content, const char *label);
/* The tables that an entity fills, each once; returns how many. */
size_t pass_tables(const struct content *content, const struct mapping *entity,
                   struct content_table **tables);
/* All rows that an entity's records should have become go to `visit`, and what became of the
 * records' values to `fates`, which may be NULL. */
bool pass_entity(struct content *content, const struct mapping *entity, content_visit visit,
                 struct fates *fates, struct error *error);
/* All rows of a table go to `visit`; none where there is no table. */
bool pass_table(struct content *content, struct content_table *table, content_visit visit,
                struct error *error);

/* What is wrong with the tables whose tallies differ: how many rows of each kind, and which of them
 * are named. Two further passes over both sides. */
bool content_look_closer(struct content *content, struct error *error);

#endif
