/* output.h: the outputs of an entity: its tables with their columns and keys resolved. */
#ifndef COMMON_OUTPUT_H
#define COMMON_OUTPUT_H

#include "graduate/arena.h"
#include "graduate/schema.h"

struct resolving {
    struct schema *schema;
    struct arena *arena;
    const struct catalog_entity *catalog; /* of the entity at hand, or NULL */
    const struct catalog *source;         /* the whole that it is of; NULL: nobody knows it */
    struct error *error;
};

/* Put the entity's outputs behind those that the schema has, which has room for them. */
bool output_resolve(struct resolving *resolving, const struct mapping *entity);

/* Once all outputs are known: ERROR_USAGE where a default or check that the output keeps calls a
 * function of the source's own that is not made. */
bool output_check_calls(struct resolving *resolving, const struct schema_output *output);

/* Does the schema make this table? Tables that the target brings are left alone, and so are further
 * forms of a table. */
bool output_is_made(const struct schema *schema, const struct schema_output *output);

/* The source's whole catalog, or NULL. */
const struct catalog *output_source(const struct mapping *entity, const struct catalog *catalogs,
                                    size_t catalog_count);
/* What the source says of an entity, or NULL. */
const struct catalog_entity *output_catalog(const struct mapping *entity,
                                            const struct catalog *catalogs, size_t catalog_count);

#endif
