/* evidence.h: the rows of one table that findings name: what they hold, kept while both sides are read
 * once more.
 *
 * Of each row only a hash and some text per column is kept, so that memory is bounded by the limit of
 * findings, not by the rows' size. */
#ifndef VERIFY_EVIDENCE_H
#define VERIFY_EVIDENCE_H

#include "compared.h"
#include "suspects.h"

struct exhibit; /* one row on one side */
struct evidence {
    struct difference *differences; /* to be named, in the order of their kinds */
    size_t count, capacity;
    size_t of_kind[ROW_KINDS];
    struct exhibit *exhibits[SIDE_COUNT]; /* sorted by hash, once there are any */
    size_t exhibit_count[SIDE_COUNT];
};

void evidence_init(struct evidence *evidence);
void evidence_release(struct evidence *evidence);
/* Note a difference, unless there are `most` of its kind already. */
bool evidence_note(struct evidence *evidence, const struct difference *difference, size_t most,
                   struct error *error);
/* Keep at most `share` of what was noted, of every kind as evenly as can be; now rows can be kept.
 * Kinds that are not `wanted` go. */
bool evidence_choose(struct evidence *evidence, size_t share, const bool wanted[ROW_KINDS],
                     struct error *error);
/* A row of one side; kept if a difference is about it. */
bool evidence_keep(struct evidence *evidence, const struct compared_table *compared, enum side side,
                   const struct expected_value *values, const struct hash *row,
                   struct error *error);
/* Tell the findings, ordered by kind and key. */
bool evidence_tell(struct evidence *evidence, const struct compared_table *compared,
                   struct verdict_file *verdict, struct error *error);

#endif
