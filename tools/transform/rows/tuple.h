/* tuple.h: rows of a Postgres source that keep their shape, from binary COPY to binary COPY.
 *
 * Most fields are copied as they are; what changes is in two tables in tuple.c: conversions between
 * types whose values are the same, and identities. */
#ifndef TRANSFORM_TUPLE_H
#define TRANSFORM_TUPLE_H

#include "graduate/catalog.h"
#include "graduate/schema.h"
#include "rows.h"

struct field {
    const uint8_t *bytes;
    int32_t length; /* -1: NULL */
};

struct tuple_column;
struct tuple_plan {
    const struct mapping *entity;
    const struct identity *identity;
    const struct catalog_entity *catalog;
    const struct schema_output *output;
    struct tuple_column *columns;
    size_t column_count;
    struct field *fields; /* of the tuple at hand */
    size_t *key;          /* catalog columns that name a record */
    size_t key_count;
    struct slot_fate *fates; /* per column of the catalog, of the tuple at hand */
    struct losses losses;
    struct problems *problems; /* of a trial, or NULL */
    struct path_account paths;
    struct arena arena;
};

/* ERROR_USAGE for types that do not go together and for what a mapping cannot ask of a table. */
bool tuple_plan_compile(struct tuple_plan *plan, const struct schema *schema,
                        const struct mapping *entity, const struct catalog_entity *catalog,
                        struct error *error);
void tuple_plan_release(struct tuple_plan *plan);

/* Convert the tuple at *at and move behind it. ERROR_SOURCE when it is cut off or has another
 * number of fields than the catalog says, ERROR_DATA when a value does not fit. */
bool tuple_convert(struct tuple_plan *plan, struct rows *rows, const uint8_t **at,
                   const uint8_t *end, struct error *error);

/* Only the identity of a row, in the key of its table, and what the source calls the row; not
 * *there: it is null. */
bool tuple_identify(struct tuple_plan *plan, const uint8_t **at, const uint8_t *end,
                    uint8_t uuid[16], bool *there, char *key, size_t size, struct error *error);

#endif
