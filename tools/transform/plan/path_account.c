#include "path_account.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_ROOM = 64 };

void path_account_init(struct path_account *account)
{
    *account = (struct path_account){0};
}

void path_account_release(struct path_account *account)
{
    for (size_t i = 0; i < account->count; i++)
        free(account->paths[i].path);
    free(account->paths);
    free(account->table);
    *account = (struct path_account){0};
}

/* Where the path stands in the table, or the free place where it should. */
static size_t *place_of(const struct path_account *account, const char *path, size_t length)
{
    size_t mask = account->table_size - 1;
    size_t at = (size_t)XXH3_64bits(path, length) & mask;
    while (account->table[at] != 0) {
        const char *there = account->paths[account->table[at] - 1].path;
        if (strncmp(there, path, length) == 0 && there[length] == '\0')
            break;
        at = (at + 1) & mask;
    }
    return &account->table[at];
}

/* Twice the room, and a table that is never more than half full. */
static bool grow(struct path_account *account, struct error *error)
{
    size_t room = account->room > 0 ? account->room * 2 : FIRST_ROOM;
    struct path_count *paths = realloc(account->paths, room * sizeof *paths);
    if (paths == NULL)
        return error_memory(error);
    account->paths = paths;
    size_t *table = calloc(room * 2, sizeof *table);
    if (table == NULL)
        return error_memory(error);
    free(account->table);
    account->room = room;
    account->table = table;
    account->table_size = room * 2;
    for (size_t i = 0; i < account->count; i++)
        *place_of(account, paths[i].path, strlen(paths[i].path)) = i + 1;
    return true;
}

bool path_account_find(struct path_account *account, const char *path, size_t length, size_t *at,
                       struct error *error)
{
    if (account->count == account->room && !grow(account, error))
        return false;
    size_t *place = place_of(account, path, length);
    if (*place == 0 && account->count >= FATE_MOST_PATHS) {
        path = FATE_OTHER_PATHS;
        length = sizeof FATE_OTHER_PATHS - 1;
        place = place_of(account, path, length);
    }
    if (*place == 0) {
        char *copy = strndup(path, length);
        if (copy == NULL)
            return error_memory(error);
        account->paths[account->count] = (struct path_count){.path = copy};
        *place = ++account->count;
    }
    *at = *place - 1;
    return true;
}

void path_account_clear(struct path_account *account)
{
    for (size_t i = 0; i < account->count; i++)
        memset(account->paths[i].values, 0, sizeof account->paths[i].values);
}

static bool is_empty(const int64_t values[FATE_COUNT])
{
    for (size_t i = 0; i < FATE_COUNT; i++)
        if (values[i] != 0)
            return false;
    return true;
}

static bool put_values(const char *path, const int64_t values[FATE_COUNT], bson_t *out)
{
    bson_t fates;
    if (is_empty(values))
        return true;
    bool ok = bson_append_document_begin(out, path, -1, &fates);
    for (size_t fate = 0; ok && fate < FATE_COUNT; fate++)
        if (values[fate] != 0)
            ok = bson_append_int64(&fates, fate_names[fate], -1, values[fate]);
    return ok && bson_append_document_end(out, &fates);
}

bool path_account_put(const struct path_account *account, bson_t *out)
{
    return path_account_put_since(account, NULL, 0, out);
}

bool path_account_put_since(const struct path_account *account, const int64_t (*before)[FATE_COUNT],
                            size_t count, bson_t *out)
{
    bool ok = true;
    for (size_t i = 0; ok && i < account->count; i++) {
        int64_t values[FATE_COUNT];
        memcpy(values, account->paths[i].values, sizeof values);
        for (size_t fate = 0; i < count && fate < FATE_COUNT; fate++)
            values[fate] -= before[i][fate];
        ok = put_values(account->paths[i].path, values, out);
    }
    return ok;
}
