/* resident.h: rows that are in a table already when the run comes to them by their key.
 *
 * Rows for a table whose mapping says what becomes of these ("if_there") come by COPY into a
 * temporary table of the same name, which keeps a key from standing there twice, and from there
 * into the table: those whose key is not there, and, where it is said, into those whose key is. The
 * ledger keeps each row that was met (ledger.h), so that the account, verify and undo know it. All
 * of it is part of the batch's transaction. */
#ifndef LOAD_RESIDENT_H
#define LOAD_RESIDENT_H

#include "fence.h"

#include "graduate/postgres.h"
#include "graduate/schema.h"
#include "graduate/stream.h"

/* ERROR_REFUSED where a table that the target brings does not keep the mapping's key unique: two
 * records could become one row, or none be found. */
bool resident_check(struct postgres *target, const struct schema *schema, struct error *error);

struct resident {
    const struct mapping_table *table;
    const struct stream_output *output;
};
/* Make the temporary table; COPY into "pg_temp"."NAME" is next. */
bool resident_open(struct postgres *target, const struct resident *resident, struct error *error);
/* Take its rows into the table. *added is how many became new rows of it; `rows` are all.
 * ERROR_DATA where a key was loaded before by the same entity; errors leave the transaction failed.
 */
bool resident_take(struct postgres *target, const struct resident *resident,
                   const struct fence *fence, const char *entity, int64_t rows, int64_t *added,
                   struct error *error);

#endif
