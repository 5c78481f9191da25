#include "retarget.h"
#include "graduate/sql.h"
#include "graduate/sql_token.h"

#include <string.h>

const struct schema_column *output_column(const struct schema_output *output,
                                          const struct catalog_entity *entity, const char *name)
{
    for (size_t c = 0; c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        if (column->source_column >= 0 &&
            strcmp(entity->columns[column->source_column].name, name) == 0)
            return column;
    }
    return NULL;
}

/* The column's name in the target where it is another; else NULL. */
static const char *renamed(const struct schema_output *output, const struct catalog_entity *entity,
                           const char *name)
{
    const struct schema_column *column = output_column(output, entity, name);
    return column != NULL && strcmp(column->name, name) != 0 ? column->name : NULL;
}

/* Is what follows the schema and its dot an extension's: a name, or an operator? */
static bool is_lent(const struct catalog_entity *entity, const char *schema, const char *after)
{
    const char *rest = after;
    struct sql_token token;
    size_t length = strlen(schema);
    bool name = sql_token_next(&rest, &token) && token.kind == SQL_NAME;
    for (size_t i = 0; i < entity->lent.count; i++) {
        const char *lent = entity->lent.items[i];
        if (strncmp(lent, schema, length) != 0 || lent[length] != '.')
            continue;
        lent += length + 1;
        if (name ? strcmp(lent, token.name) == 0 : strncmp(after, lent, strlen(lent)) == 0)
            return true;
    }
    return false;
}

const char *retarget(const struct project *project, const struct schema_output *output,
                     const struct catalog_entity *entity, const char *sql, struct arena *arena)
{
    struct sql_token before = {0}, token;
    bool first = true, changed = false;
    struct buffer out;
    buffer_init(&out);
    for (const char *at = sql; at != NULL && sql_token_next(&at, &token); first = false) {
        const char *name = sql_token_is_column(first ? NULL : &before, &token, at)
                               ? renamed(output, entity, token.name)
                               : NULL;
        if (name == NULL && !project->plain && token.kind == SQL_NAME && at[0] == '.' &&
            is_lent(entity, token.name, at + 1))
            name = "extensions";
        if (name != NULL)
            sql_put_identifier(&out, name);
        else
            buffer_put(&out, token.at, token.length);
        changed = changed || name != NULL;
        before = token;
    }
    const char *text = !changed ? sql : out.failed ? NULL : arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

bool retarget_is_there(const struct schema_output *output, const struct catalog_entity *entity,
                       const struct catalog_names *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        if (output_column(output, entity, columns->items[i]) == NULL)
            return false;
    return true;
}

bool retarget_is_whole(const struct schema_output *output, const struct catalog_entity *entity,
                       const struct catalog_names *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        const struct schema_column *column = output_column(output, entity, columns->items[i]);
        if (column == NULL || pgtype_oid(&column->type) != column->source_oid ||
            (column->mapping != NULL && (!mapping_value_is_plain(&column->mapping->value) ||
                                         column->mapping->value.fallback != NULL)))
            return false;
    }
    return true;
}
