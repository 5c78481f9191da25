/* met.h: rows of a table that were there when the run came to their key, by the ledger's word.
 *
 * Of such a row only what the mapping lets it take is compared: nothing but its key where it was
 * skipped, the columns that are named where only these are updated. Both sides are seen so. A row
 * that is gone since is not among them, and is missing. What is kept in memory is a hash per row
 * of which not all is compared. */
#ifndef VERIFY_MET_H
#define VERIFY_MET_H

#include "compared.h"

struct met {
    struct hash *keys; /* sorted */
    size_t count, capacity;
    int64_t before; /* how many there were before the run, whatever is compared of them */
    struct expected_value *masked[SIDE_COUNT];
};

void met_init(struct met *met);
void met_release(struct met *met);
/* Of a table that is settled. Nothing is met without a ledger, or with one that knows none. */
bool met_read(struct met *met, struct compared_table *compared, struct postgres *target,
              const char *run, struct error *error);
/* The row as it is compared: `values`, or the side's copy, until its next row. */
const struct expected_value *met_view(struct met *met, struct compared_table *compared,
                                      enum side side, const struct expected_value *values);
/* Which rows they are, as text. */
void met_put_identity(const struct met *met, struct buffer *text);

#endif
