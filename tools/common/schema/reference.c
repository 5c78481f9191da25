#include "reference.h"

#include <string.h>

/* The parent table of a child's column, when the column holds the parent's whole key. */
static const struct schema_output *parent_of(const struct schema *schema,
                                             const struct schema_output *output,
                                             const struct schema_column *column)
{
    if (column->mapping == NULL || column->mapping->value.kind != VALUE_PARENT)
        return NULL;
    size_t first, count;
    schema_outputs(schema, output->entity, &first, &count);
    const struct schema_output *parent = &schema->outputs[first];
    bool whole = parent->key_count == 1 &&
                 strcmp(parent->columns[parent->key[0]].name, column->mapping->value.from) == 0;
    return whole ? parent : NULL;
}

bool reference_find(const struct schema *schema, const struct schema_output *output,
                    const struct schema_column *column, struct reference *reference)
{
    const struct schema_output *parent = parent_of(schema, output, column);
    const struct mapping_column *by = column->mapping;
    if (by == NULL || !by->foreign_key)
        return false;
    if (parent != NULL) {
        *reference = (struct reference){parent->table, parent->columns[parent->key[0]].name,
                                        by->on_delete != NULL ? by->on_delete : "cascade"};
        return true;
    }
    const struct mapping *home = by->value.id_of;
    if (home == NULL || home->home == NULL ||
        (home->home == output->table && strcmp(home->home_column, column->name) == 0))
        return false;
    *reference = (struct reference){home->home, home->home_column, by->on_delete};
    return true;
}
