#include "path_sums.h"

#include <stdlib.h>
#include <string.h>

void path_sums_release(struct path_sums *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i].path);
    free(paths->items);
    *paths = (struct path_sums){0};
}

/* A batch has them in the order of those before it, so the next one is the first guess. */
static struct path_sum *find(struct path_sums *paths, const char *path)
{
    for (size_t i = 0; i < paths->count; i++) {
        size_t at = (paths->next + i) % paths->count;
        if (strcmp(paths->items[at].path, path) == 0) {
            paths->next = at + 1;
            return &paths->items[at];
        }
    }
    if (paths->count == paths->room) {
        size_t room = paths->room * 2 + 64;
        struct path_sum *items = realloc(paths->items, room * sizeof *items);
        if (items == NULL)
            return NULL;
        paths->items = items;
        paths->room = room;
    }
    struct path_sum sum = {.path = strdup(path)};
    if (sum.path == NULL)
        return NULL;
    paths->items[paths->count++] = sum;
    return &paths->items[paths->count - 1];
}

static void add_values(struct path_sum *sum, bson_iter_t *fates)
{
    while (bson_iter_next(fates))
        for (size_t fate = 0; fate < FATE_COUNT; fate++)
            if (strcmp(fate_names[fate], bson_iter_key(fates)) == 0)
                sum->values[fate] += bson_iter_as_int64(fates);
}

bool path_sums_add(struct path_sums *paths, const bson_t *batch, struct error *error)
{
    bson_iter_t iter, fates;
    if (!bson_iter_init(&iter, batch))
        return true; /* of a batch that counted nothing */
    while (bson_iter_next(&iter)) {
        struct path_sum *sum = find(paths, bson_iter_key(&iter));
        if (sum == NULL)
            return error_memory(error);
        if (bson_iter_recurse(&iter, &fates))
            add_values(sum, &fates);
    }
    return true;
}

cJSON *path_sums_to_json(const struct path_sums *paths)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < paths->count; i++) {
        const struct path_sum *sum = &paths->items[i];
        cJSON *json = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(array, json) &&
             cJSON_AddStringToObject(json, "path", sum->path) != NULL;
        for (size_t fate = 0; ok && fate < FATE_COUNT; fate++)
            ok = sum->values[fate] == 0 ||
                 cJSON_AddNumberToObject(json, fate_names[fate], (double)sum->values[fate]) != NULL;
    }
    if (ok)
        return array;
    cJSON_Delete(array);
    return NULL;
}
