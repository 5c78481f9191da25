/* Room verify/shape: what the tables must look like, and whether they do. It uses common/base,
 * common/catalog, common/mapping, common/postgres and verify/target. */

/* table_shape.h: a table of the target against its blueprint; references.c calls these for each
 * table. */
#ifndef VERIFY_TABLE_SHAPE_H
#define VERIFY_TABLE_SHAPE_H

#include "blueprint.h"
#include "query.h"

/* Columns, their types, collations, NOT NULL, defaults and sequences. `oid` is the table's. */
bool shape_columns(struct inspection *inspection, const struct blueprint_table *table,
                   const char *oid, struct error *error);
/* The sequence of one of its columns, whose number there is `number`. */
bool shape_sequence(struct inspection *inspection, const struct blueprint_table *table,
                    const struct blueprint_column *column, const char *oid, const char *number,
                    struct error *error);
bool shape_checks(struct inspection *inspection, const struct blueprint_table *table,
                  const char *oid, struct error *error);
/* Triggers, rules, children, an owner: of a table that the migration made, it should have none but
 * its own. */
bool shape_acts(struct inspection *inspection, const struct blueprint_table *table, const char *oid,
                struct error *error);
/* Primary key and uniques, what is twice where one of them is not there, and indexes; and those
 * that refuse rows beside them. */
bool shape_keys(struct inspection *inspection, const struct blueprint_table *table, const char *oid,
                struct arena *arena, struct error *error);
/* "concat_ws(', ', t.a, t.b)": a row's key as text; without a key the place where it lies. */
void shape_put_key(struct buffer *sql, const struct blueprint_table *table, const char *alias);

#endif
