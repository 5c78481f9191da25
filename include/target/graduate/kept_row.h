/* kept_row.h: a row of a Postgres source as graduate.rejects keeps it, an object of its columns
 * (tools/transform/rows/tuple_text.h), back in the binary form of the stream.
 *
 * The target reads the texts: what PostgreSQL takes for a value of the column's type is one. A
 * number or a truth value may stand for its text. Columns of types that are the source's own have
 * their binary form. */
#ifndef GRADUATE_KEPT_ROW_H
#define GRADUATE_KEPT_ROW_H

#include "graduate/buffer.h"
#include "graduate/catalog.h"
#include "graduate/postgres.h"

#include <bson/bson.h>

/* Append the tuple (stream.h). ERROR_DATA: a column is missing, one that the table has not is
 * there, or the value is none of its type; other errors are the target's. */
bool kept_row_read(struct postgres *target, const struct catalog_entity *table,
                   const bson_t *record, struct buffer *tuple, struct error *error);

#endif
