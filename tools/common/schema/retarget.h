/* retarget.h: SQL that the source's server prints of a table, for the table of the target: under
 * the names that its columns have there. */
#ifndef COMMON_RETARGET_H
#define COMMON_RETARGET_H

#include "graduate/arena.h"
#include "graduate/schema.h"

/* `entity` is what the source says of the output's table. Where nothing is another, the text
 * itself; NULL without memory, and of NULL. */
const char *retarget(const struct project *project, const struct schema_output *output,
                     const struct catalog_entity *entity, const char *sql, struct arena *arena);
/* Do all of these columns come, with the values and types that they have? What is made of them can
 * then be made there again. */
bool retarget_is_whole(const struct schema_output *output, const struct catalog_entity *entity,
                       const struct catalog_names *columns);
/* Do they come at all? */
bool retarget_is_there(const struct schema_output *output, const struct catalog_entity *entity,
                       const struct catalog_names *columns);

/* What the source's column of that name is in the output, or NULL: it does not come. `entity` is
 * what the source says of the output's. */
const struct schema_column *output_column(const struct schema_output *output,
                                          const struct catalog_entity *entity, const char *name);

#endif
