/* reference.h: where the columns of the target point. Known only when every output is resolved: the
 * key of a table that keeps its shape comes from the source's catalog. */
#ifndef COMMON_REFERENCE_H
#define COMMON_REFERENCE_H

#include "graduate/schema.h"

struct reference {
    const struct schema_output *to;
    const char *column;
    const char *on_delete; /* NULL: no action */
};

/* The foreign key that a column of an output brings, if it brings one: to the home of the entity
 * behind id_of, or to the parent's row. The home of an entity is the first of its own tables whose
 * key is that identity and nothing else. */
bool reference_find(const struct schema *schema, const struct schema_output *output,
                    const struct schema_column *column, struct reference *reference);

/* ERROR_USAGE: an id of an entity that has no home, words for a foreign key that is never made,
 * forms of one table that point to different places. */
bool reference_check(const struct schema *schema, struct error *error);

#endif
