/* inventory.h: what the target holds of a schema's tables before graduate touches it. */
#ifndef LOAD_INVENTORY_H
#define LOAD_INVENTORY_H

#include "graduate/postgres.h"
#include "graduate/schema.h"

struct inventory_table {
    const struct mapping_table *table;
    bool exists;
    int64_t rows; /* 0 when it does not exist */
};
struct inventory {
    struct inventory_table *tables; /* each table once, in the schema's order */
    size_t count;
};

/* Look at every table of the schema; count its rows if asked to (else rows is 0). ERROR_REFUSED
 * when a table that the target must bring is not there, or those that are there cannot take the
 * rows: one is a view, lacks a column, has one of another type, or one that needs a value and gets
 * none; all such columns are named. Writes nothing. */
bool inventory_take(struct inventory *inventory, struct postgres *target,
                    const struct schema *schema, bool count_rows, struct error *error);
/* Name the triggers that will act on what is loaded; rules do not act on it. */
bool inventory_tell_triggers(const struct inventory *inventory, struct postgres *target,
                             struct error *error);
void inventory_release(struct inventory *inventory);

/* The tables that a project's mappings say the target brings, in the form of TARGET_TABLES
 * (project.h); the project may be a draft. One that is not there, or is no table, is left out. */
bool inventory_describe(struct postgres *target, const struct project *project, struct buffer *out,
                        struct error *error);

#endif
