/* row_table.h: a temporary table of the target in which rows of a trial are asked about. */
#ifndef CHECK_ROW_TABLE_H
#define CHECK_ROW_TABLE_H

#include "graduate/postgres.h"
#include "graduate/schema.h"

/* Make it as the output's own table is, or will be, without what a row would have to keep there;
 * `rows`: "pg_temp.NAME". What a default says is what a column has that no mapping fills. It is
 * empty again at the end of each transaction. */
bool row_table_make(struct postgres *target, const char *rows, const struct schema_output *output,
                    struct error *error);

#endif
