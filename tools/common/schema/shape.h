/* shape.h: what a table has besides columns and a key. */
#ifndef COMMON_SHAPE_H
#define COMMON_SHAPE_H

#include "graduate/arena.h"
#include "graduate/schema.h"

/* The uniques and indexes of an output's table: the mapping's, then those that it keeps of the
 * source's (`catalog`, NULL where there are none; of the whole `source`), under the names that
 * their columns have in the target. */
struct shape {
    struct words *uniques;
    size_t unique_count;
    struct mapping_index *indexes;
    size_t index_count;
};
/* Is the object an exclusion constraint of the source's table, which the output's is to have, too?
 */
bool shape_keeps_exclusion(const struct project *project, const struct catalog *catalog,
                           const struct catalog_object *object, const struct schema_output *output,
                           const struct catalog_entity *entity);
bool shape_gather(struct shape *shape, const struct schema *schema,
                  const struct schema_output *output, const struct catalog *source,
                  const struct catalog_entity *catalog, struct arena *arena, struct error *error);
/* Say in the output what is unique, but for the key and what holds for a part of the rows. */
bool shape_tell_uniques(const struct shape *shape, struct arena *arena,
                        struct schema_output *output, struct error *error);

#endif
