#include "permit.h"
#include "expect_permission.h"

#include <stdlib.h>
#include <string.h>

const char *const act_words[ACTS] = {"read", "update", "delete", "create"};

static bool allows(const struct expect_permission *permission, enum act act)
{
    const char *word = act_words[act];
    bool write = permission->action_length == 5 && memcmp(permission->action, "write", 5) == 0;
    return (write && act != ACT_READ) || (permission->action_length == strlen(word) &&
                                          memcmp(permission->action, word, strlen(word)) == 0);
}

/* What one permission lets everybody do. */
static void admit(const struct askers *askers, const char *text, size_t length,
                  bool (*may)[ACTS])
{
    struct expect_permission permission;
    if (!expect_permission_read(text, length, &permission))
        return;
    for (size_t i = 0; i < askers->count; i++)
        if (asker_is(&askers->items[i], permission.role, permission.role_length))
            for (enum act act = 0; act < ACTS; act++)
                may[i][act] = may[i][act] || allows(&permission, act);
}

bool permit_init(struct permit *permit, const struct catalog_entity *collection,
                 const struct askers *askers, struct error *error)
{
    *permit = (struct permit){.collection = collection, .askers = askers};
    permit->by_collection = calloc(askers->count + 1, sizeof *permit->by_collection);
    permit->by_document = calloc(askers->count + 1, sizeof *permit->by_document);
    if (permit->by_collection == NULL || permit->by_document == NULL)
        return error_memory(error);
    for (size_t i = 0; !catalog_is_off(collection) && i < collection->permissions.count; i++)
        admit(askers, collection->permissions.items[i], strlen(collection->permissions.items[i]),
              permit->by_collection);
    return true;
}

void permit_release(struct permit *permit)
{
    free(permit->by_collection);
    free(permit->by_document);
    *permit = (struct permit){0};
}

static bool take_own(struct permit *permit, const struct item *record, struct error *error)
{
    const struct item list = item_find(record, "$permissions");
    bson_iter_t iter;
    bool ok = true;
    if (!catalog_has_own_permissions(permit->collection) || catalog_is_off(permit->collection) ||
        list.value.value_type != BSON_TYPE_ARRAY)
        return true;
    ok = item_open(&list, &iter, error);
    while (ok && item_next(&iter, &ok, error)) {
        const struct item element = item_of(&iter);
        const char *text;
        size_t length;
        if (item_text(&element, &text, &length))
            admit(permit->askers, text, length, permit->by_document);
    }
    return ok;
}

bool permit_take(struct permit *permit, const struct item *record, struct error *error)
{
    size_t count = permit->askers->count;
    bool blind = false;
    permit->some = false;
    memcpy(permit->by_document, permit->by_collection, count * sizeof *permit->by_document);
    if (!take_own(permit, record, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool *may = permit->by_document[i];
        blind = blind || (!may[ACT_READ] && (may[ACT_UPDATE] || may[ACT_DELETE]));
        may[ACT_UPDATE] = may[ACT_UPDATE] && may[ACT_READ];
        may[ACT_DELETE] = may[ACT_DELETE] && may[ACT_READ];
        permit->some = permit->some || may[ACT_READ];
    }
    permit->blind += blind;
    return true;
}
