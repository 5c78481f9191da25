/* postgres_shape.h: the columns of a table as they are now, and how they are selected. */
#ifndef EXTRACT_POSTGRES_SHAPE_H
#define EXTRACT_POSTGRES_SHAPE_H

#include "graduate/buffer.h"
#include "graduate/catalog.h"
#include "graduate/postgres.h"
#include "postgres_key.h"

struct postgres_shape {
    const struct catalog_entity *catalog;
    PGresult *columns; /* NULL: not read yet */
};

/* Ask the server and compare with what the catalog says, which must outlive it. ERROR_SOURCE when
 * tuples would be another thing; `label` is the table's name for people, `qualified` for SQL. */
bool postgres_shape_read(struct postgres_shape *shape, struct postgres *postgres, const char *label,
                         const char *qualified, const struct catalog_entity *catalog,
                         struct error *error);
void postgres_shape_release(struct postgres_shape *shape);

/* The type of a column of the table's own as it is selected; its name holds as long as the shape. */
struct postgres_type postgres_shape_type(const struct postgres_shape *shape, size_t column);
/* How many columns are the table's own; those that are computed stand behind them. */
size_t postgres_shape_own(const struct catalog_entity *entity);
/* pg_class.relkind of the table. */
char postgres_shape_kind(const struct postgres_shape *shape);
/* SQL: the columns in the order of the catalog, in the types that it says, from the table. */
void postgres_shape_put_select(const struct postgres_shape *shape, const char *qualified,
                               struct buffer *sql);
/* The rows of a partitioned table are its partitions'; those of any other table's children belong
 * to the children. A view has no children. `kind` is pg_class.relkind. */
void postgres_shape_put_from(struct buffer *sql, char kind, const char *qualified);
/* Where a key of an extension's type is compared, its own operators must be in sight: by those of
 * text, behind a citext would come another row than in its order. */
bool postgres_shape_show_operators(const struct postgres_shape *shape, struct postgres *postgres,
                                   const struct postgres_key *key, struct error *error);

#endif
