#include "appwrite_guard.h"
#include "graduate/json_bson.h"

#include <stdlib.h>
#include <string.h>

static bool is_said(const bson_t *model, const char *key, bool said)
{
    bson_iter_t at;
    return bson_iter_init_find(&at, model, key) && BSON_ITER_HOLDS_BOOL(&at) &&
           bson_iter_bool(&at) == said;
}

bool appwrite_guard_is_off(const bson_t *model)
{
    return is_said(model, "enabled", false);
}

bool appwrite_guard_read(const bson_t *collection, bool off, struct catalog_entity *entity,
                         struct error *error)
{
    bson_t list;
    bson_iter_t at;
    if (!json_bson_array(collection, "$permissions", &list))
        return true;
    bool own =
        is_said(collection, "documentSecurity", true) || is_said(collection, "rowSecurity", true);
    free(entity->guard);
    entity->guard = strdup(off || appwrite_guard_is_off(collection) ? "off"
                           : own                                    ? "documents"
                                                                    : "collection");
    bool ok = entity->guard != NULL;
    if (ok && bson_iter_init(&at, &list))
        while (ok && bson_iter_next(&at))
            ok = !BSON_ITER_HOLDS_UTF8(&at) ||
                 catalog_names_add(&entity->permissions, bson_iter_utf8(&at, NULL));
    return ok || error_memory(error);
}
