/* reference.h: the foreign keys that a mapping makes. */
#ifndef COMMON_REFERENCE_H
#define COMMON_REFERENCE_H

#include "graduate/schema.h"

struct reference {
    const struct mapping_table *table;
    const char *column, *on_delete; /* NULL: no action */
};
/* What the column refers to, by its id_of or as a child's column that holds its parent's whole key;
 * false: nothing. */
bool reference_find(const struct schema *schema, const struct schema_output *output,
                    const struct schema_column *column, struct reference *reference);

#endif
