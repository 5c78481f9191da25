#include "kept_function.h"

#include <string.h>

enum { DEEPEST = 32 }; /* objects that need objects; PostgreSQL lets none need itself */

/* ---- when --------------------------------------------------------------------------------------
 */

static enum kept_time time_of(const struct kept_objects *objects,
                              const struct catalog_object *object, int depth)
{
    enum kept_time latest = KEPT_FIRST;
    for (size_t i = 0; depth < DEEPEST && i < object->need_count; i++) {
        const struct catalog_need *need = &object->needs[i];
        const struct kept_objects there = kept_objects_beside(objects, need->schema);
        const struct catalog_object *other =
            there.catalog != NULL ? kept_object_find(there.catalog, need) : NULL;
        bool view = strcmp(need->kind, "view") == 0 || strcmp(need->kind, "materialized view") == 0;
        enum kept_time time = view                               ? KEPT_BEHIND_VIEWS
                              : strcmp(need->kind, "table") == 0 ? KEPT_BEHIND_TABLES
                              : other != NULL && other->need_count > 0
                                  ? time_of(&there, other, depth + 1)
                                  : KEPT_FIRST;
        latest = time > latest ? time : latest;
    }
    return latest;
}

enum kept_time kept_function_time(const struct kept_objects *objects,
                                const struct catalog_object *object)
{
    return time_of(objects, object, 0);
}

static bool is_there_when_called(const struct kept_objects *objects, const char *signature,
                                 const char **why)
{
    for (size_t i = 0; i < objects->catalog->object_count; i++) {
        const struct catalog_object *object = &objects->catalog->objects[i];
        if (object->signature == NULL || strcmp(object->signature, signature) != 0)
            continue;
        if (!kept_object_comes(objects, object, why))
            return false;
        bool comes = *why == NULL;
        if (!comes)
            *why = arena_printf(objects->arena, "which does not come (%s)", *why);
        else if (kept_function_time(objects, object) != KEPT_FIRST)
            *why = "which needs tables itself";
        if (!comes && *why == NULL)
            return error_memory(objects->error);
    }
    return true;
}

/* Signatures are the whole database's. */
bool kept_function_is_called(const struct kept_objects *objects, const char *signature,
                           const char **why)
{
    const struct schema *schema = objects->schema;
    *why = "which does not come";
    if (!is_there_when_called(objects, signature, why))
        return false;
    for (size_t i = 0; i < schema->catalog_count; i++) {
        const char *name = schema->catalogs[i].schema;
        const struct kept_objects there =
            name != NULL ? kept_objects_beside(objects, name) : *objects;
        if (there.catalog != NULL && there.catalog != objects->catalog &&
            !is_there_when_called(&there, signature, why))
            return false;
    }
    return true;
}

/* ---- by whom -----------------------------------------------------------------------------------
 */

static bool is_among(const struct catalog_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

static bool is_called_by(const struct catalog_entity *entity, const char *signature)
{
    for (size_t c = 0; c < entity->column_count; c++)
        if (is_among(&entity->columns[c].calls, signature))
            return true;
    for (size_t c = 0; c < entity->check_count; c++)
        if (is_among(&entity->checks[c].calls, signature))
            return true;
    return false;
}

static bool asks_for(const struct catalog_object *object, const struct catalog_object *function,
                     const char *schema)
{
    for (size_t n = 0; n < object->need_count; n++) {
        const struct catalog_need *need = &object->needs[n];
        bool same_schema = need->schema == NULL ? schema == NULL
                                                : schema != NULL && strcmp(need->schema, schema) == 0;
        if (same_schema && strcmp(need->kind, function->kind) == 0 &&
            strcmp(need->name, function->name) == 0)
            return true;
    }
    return false;
}

/* By something of the catalog's; `schema`: of the function, where it is another. */
static bool is_asked_for(const struct catalog *catalog, const struct catalog_object *function,
                         const char *schema)
{
    for (size_t e = 0; e < catalog->entity_count; e++)
        if (is_called_by(&catalog->entities[e], function->signature))
            return true;
    for (size_t i = 0; i < catalog->object_count; i++) {
        const struct catalog_object *object = &catalog->objects[i];
        bool asks = strcmp(object->kind, "trigger") != 0 && strcmp(object->kind, "comment") != 0;
        if (asks && asks_for(object, function, schema))
            return true;
    }
    return false;
}

bool kept_function_is_shared(const struct kept_objects *objects,
                           const struct catalog_object *function)
{
    const struct schema *schema = objects->schema;
    bool shared = is_asked_for(objects->catalog, function, NULL);
    for (size_t i = 0; !shared && i < schema->catalog_count; i++) {
        const struct catalog *other = &schema->catalogs[i];
        if (other->schema == NULL || other == objects->catalog ||
            kept_objects_beside(objects, other->schema).catalog != other)
            continue;
        shared = is_asked_for(other, function, objects->catalog->schema);
    }
    return shared;
}
