/* removal.h: the SQL that takes rows of a run out of a table again, exactly.
 *
 * Rows that its transactions wrote go; but those that were there before, and were updated, become
 * what they were (graduate.met keeps it). Whoever changed a row since has made another of it, which
 * neither does. The statements have the run for $1, and for $2 the entity, NULL for all. */
#ifndef LOAD_REMOVAL_H
#define LOAD_REMOVAL_H

#include "graduate/buffer.h"
#include "graduate/postgres.h"

struct removal {
    const char *run, *entity; /* NULL: of all */
    const char *label, *name; /* "public.books"; the same, quoted */
};
/* Put the condition under which a row t goes. */
bool removal_put_condition(struct postgres *target, const struct removal *removal,
                           struct buffer *sql, struct error *error);
/* Put the parts of a WITH, named by `number`, and three counts for its SELECT: rows that are
 * deleted, rows that are what they were again, and rows that something made another of on the way.
 * *updated is how many there were to be put back. */
bool removal_put(struct postgres *target, const struct removal *removal, int number,
                 struct buffer *parts, struct buffer *counts, int64_t *updated,
                 struct error *error);
/* ERROR_REFUSED where triggers changed rows that were put back. */
bool removal_check(const struct removal *removal, int64_t changed, struct error *error);

#endif
