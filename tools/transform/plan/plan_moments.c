/* Which fields hold moments, by what the source says of them. */
#include "compiling.h"

#include "graduate/path.h"

#include <string.h>

static bool is_declared(const struct plan *plan, const struct catalog_column *column)
{
    struct pgtype type;
    if (plan->entity->source->kind == SOURCE_APPWRITE)
        return strcmp(column->type, "datetime") == 0 || strcmp(column->type, "datetime[]") == 0;
    return plan->entity->source->kind == SOURCE_POSTGRES &&
           pgtype_of_column(column->type, column->oid, column->layout, &type) &&
           (type.base == PG_DATE || type.base == PG_TIMESTAMP || type.base == PG_TIMESTAMPTZ);
}

bool plan_holds_moments(const struct plan *plan, const char *path)
{
    const struct catalog_entity *described = plan->described;
    if (plan->entity->source->kind == SOURCE_APPWRITE &&
        (path_is_name(path, "$createdAt") || path_is_name(path, "$updatedAt")))
        return true;
    for (size_t i = 0; described != NULL && i < described->column_count; i++)
        if (path_is_name(path, described->columns[i].name))
            return is_declared(plan, &described->columns[i]);
    return false;
}

static bool add(struct compiling *c, struct scope *scope, int slot)
{
    if (scope->moments == NULL)
        scope->moments =
            arena_alloc(&c->plan->arena, (size_t)scope->slot_count, sizeof *scope->moments);
    if (scope->moments == NULL)
        return error_memory(c->error);
    scope->moments[scope->moment_count++] = slot;
    return true;
}

/* They are fields of the record, or the elements of one of its arrays. */
bool compiling_find_moments(struct compiling *c)
{
    struct plan *plan = c->plan;
    struct scope *record = &plan->scopes[0];
    for (size_t i = 0; i < record->root.child_count; i++) {
        const struct node *node = &record->root.children[i];
        if (node->slot == NO_SLOT)
            continue;
        const char *path = path_of_name(node->name, &plan->arena);
        if (path == NULL)
            return error_memory(c->error);
        if (plan_holds_moments(plan, path) && !add(c, record, node->slot))
            return false;
    }
    for (size_t i = 1; i < plan->scope_count; i++) {
        struct scope *scope = &plan->scopes[i];
        if (scope->root.slot != NO_SLOT && plan_holds_moments(plan, scope->path) &&
            !add(c, scope, scope->root.slot))
            return false;
    }
    return true;
}
