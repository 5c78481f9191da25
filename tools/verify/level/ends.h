/* ends.h: both ends of the migration side by side: what the sources hold, and what the tables do.
 *
 * The sources count for themselves (graduate-extract --count), or the level has counted the run's
 * checkpoints. A table's rows follow from those numbers where every record, or every element of one
 * array, becomes one row, and nothing else any; elsewhere only the level of content knows. */
#ifndef VERIFY_ENDS_H
#define VERIFY_ENDS_H

#include "query.h"

struct ends {
    struct inspection *inspection;
    cJSON **counted; /* per source of the project, as graduate-extract prints it; NULL: not heard */
    int64_t *records; /* per mapping of the project; -1: not known */
};

bool ends_init(struct ends *ends, struct inspection *inspection, struct error *error);
void ends_release(struct ends *ends);
/* Ask the sources how many records they hold, and how many elements are in their arrays; one that
 * cannot count is a doubt. */
void ends_ask(struct ends *ends);
/* Where an entity's number stands. */
int64_t *ends_records(const struct ends *ends, const struct mapping *entity);

/* Put each pair of an entity and a table into the verdict's `ends`: records and elements, and the
 * rows that the verdict has of the table by now. A table whose numbers do not go together is a
 * finding; `loaded` tells how many rows the ledger says were loaded into a table, -1 where there is
 * no ledger: then it is compared with what is there, and one that cannot be compared is a doubt. */
bool ends_tell(const struct ends *ends, int64_t (*loaded)(const void *context, const char *table),
               const void *context, struct error *error);

#endif
