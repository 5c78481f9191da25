/* ddl.h: the statements that make a resolved schema; schema.c calls it once. */
#ifndef COMMON_DDL_H
#define COMMON_DDL_H

#include "graduate/arena.h"
#include "graduate/schema.h"

/* Fill schema->statements from schema->outputs. `catalogs` as for schema_resolve. */
bool ddl_build(struct schema *schema, struct arena *arena, const struct catalog *catalogs,
               size_t catalog_count, struct error *error);

/* The uniques and indexes of an output's table: the mapping's, then those that it keeps of the source's
 * (`catalog`, NULL where there are none), under the names that their columns have in the target. */
struct shape {
    struct words *uniques;
    size_t unique_count;
    struct mapping_index *indexes;
    size_t index_count;
};
bool shape_gather(struct shape *shape, const struct schema_output *output,
                  const struct catalog_entity *catalog, struct arena *arena, struct error *error);

/* What the source says of an entity, or NULL. */
const struct catalog_entity *schema_catalog(const struct mapping *entity,
                                            const struct catalog *catalogs, size_t catalog_count);

#endif
