/* Room verify/shape: what the tables must look like, and whether they do. It uses common/base,
 * common/catalog, common/mapping and verify/target. */

/* table_shape.h: a table of the target against its blueprint; references.c calls these for each table. */
#ifndef VERIFY_TABLE_SHAPE_H
#define VERIFY_TABLE_SHAPE_H

#include "blueprint.h"
#include "query.h"

/* Columns, their types, NOT NULL, defaults, checks and sequences. `oid` is the table's. */
bool shape_columns(struct inspection *inspection, const struct blueprint_table *table,
                   const char *oid, struct error *error);
/* Primary key and uniques, what is twice where one of them is not there, and indexes. */
bool shape_keys(struct inspection *inspection, const struct blueprint_table *table, const char *oid,
                struct arena *arena, struct error *error);
/* "concat_ws(', ', t.a, t.b)": a row's key as text; without a key the place where it lies. */
void shape_put_key(struct buffer *sql, const struct blueprint_table *table, const char *alias);

#endif
