#include "source_text.h"
#include "graduate/path.h"
#include "graduate/sql_token.h"
#include "query.h"

#include <stdio.h>
#include <string.h>

const char *source_name(const struct mapping *entity, const struct mapping_table *form,
                        const char *source)
{
    for (size_t i = 0; i < form->column_count; i++)
        if (form->columns[i].value.kind == VALUE_FROM &&
            path_is_name(form->columns[i].value.from, source))
            return form->columns[i].name;
    return form->keep_shape && !mapping_replaces(form, source) &&
                   !mapping_keeps_rest_of(form, source) &&
                   !path_any_is_name(entity->drops.items, entity->drops.count, source)
               ? source
               : NULL;
}

bool source_all_come(const struct mapping *entity, const struct mapping_table *form,
                     const struct catalog_names *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        if (source_name(entity, form, columns->items[i]) == NULL)
            return false;
    return true;
}

static bool is_of_extension(const struct catalog_entity *from, const char *schema, const char *rest)
{
    struct sql_token name;
    char whole[2 * SQL_NAME_SIZE + 1];
    bool found = false;
    if (!sql_token_next(&rest, &name) || name.kind != SQL_NAME)
        return false;
    snprintf(whole, sizeof whole, "%s.%s", schema, name.name);
    for (size_t i = 0; i < from->lent.count; i++)
        found = found || strcmp(from->lent.items[i], whole) == 0;
    return found;
}

const char *source_text(const struct project *project, const struct mapping *entity,
                        const struct mapping_table *form, const struct catalog_entity *from,
                        const char *sql, struct arena *arena)
{
    struct sql_token last = {0}, token;
    struct buffer out;
    buffer_init(&out);
    bool begun = false;
    for (const char *at = sql; at != NULL && sql_token_next(&at, &token); begun = true) {
        bool column = sql_token_is_column(begun ? &last : NULL, &token, at) &&
                      catalog_column_find(from, token.name) != NULL;
        const char *name = column ? source_name(entity, form, token.name) : NULL;
        if (!column && !project->plain && token.kind == SQL_NAME && at[0] == '.' &&
            is_of_extension(from, token.name, at + 1))
            name = "extensions";
        if (name != NULL && strcmp(name, token.name) != 0)
            query_put_name(&out, name);
        else
            buffer_put(&out, token.at, token.length);
        last = token;
    }
    const char *text = out.failed || sql == NULL ? NULL : arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return text;
}

bool source_text_same(const char *left, const char *right)
{
    struct sql_token a, b;
    for (;;) {
        bool more = sql_token_next(&left, &a);
        if (more != sql_token_next(&right, &b))
            return false;
        if (!more)
            return true;
        bool same = a.kind == SQL_NAME ? strcmp(a.name, b.name) == 0
                                       : a.length == b.length && strncmp(a.at, b.at, a.length) == 0;
        if (a.kind != b.kind || !same)
            return false;
    }
}
