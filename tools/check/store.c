#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* Address space, not disk: the file is as large as its content. */
#define MAP_SIZE ((size_t)1 << 38)
enum { NUMBER = 4, NAME = NUMBER + sizeof(XXH128_canonical_t) };

static bool failed(int code, const char *what, struct error *error)
{
    error_set(error, ERROR_TARGET, "%s: %s", what, mdb_strerror(code));
    return error_hint(error, code == ENOSPC
                                 ? "free some space where TMPDIR is, or set TMPDIR to a larger disk"
                                 : "set TMPDIR to a folder of a local disk");
}

/* Big-endian: all names of a set are neighbours. */
static void put_number(uint32_t set, uint8_t name[NUMBER])
{
    for (size_t i = 0; i < NUMBER; i++)
        name[i] = (uint8_t)(set >> (24 - 8 * i));
}

static void put_name(uint32_t set, const void *bytes, size_t length, uint8_t name[NAME])
{
    XXH128_canonical_t hash;
    XXH128_canonicalFromHash(&hash, XXH3_128bits(bytes, length));
    put_number(set, name);
    memcpy(name + NUMBER, hash.digest, sizeof hash.digest);
}

static bool begin(struct store *store, struct error *error)
{
    int code = mdb_txn_begin(store->env, NULL, 0, &store->txn);
    return code == 0 || failed(code, "the keys cannot be kept", error);
}

bool store_open(struct store *store, const char *path, struct error *error)
{
    *store = (struct store){0};
    int code = mdb_env_create(&store->env);
    if (code == 0)
        code = mdb_env_set_mapsize(store->env, MAP_SIZE);
    if (code == 0)
        code = mdb_env_set_maxdbs(store->env, 2);
    if (code == 0) /* nothing of it outlives the check, and nobody else opens it */
        code = mdb_env_open(store->env, path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOLOCK, 0600);
    if (code != 0) {
        failed(code, path, error);
        store_close(store);
        return false;
    }
    if (!begin(store, error))
        return false;
    code = mdb_dbi_open(store->txn, "keys", MDB_CREATE, &store->keys);
    if (code == 0)
        code = mdb_dbi_open(store->txn, "references", MDB_CREATE, &store->references);
    return code == 0 || failed(code, path, error);
}

void store_close(struct store *store)
{
    if (store->txn != NULL)
        mdb_txn_abort(store->txn);
    if (store->env != NULL)
        mdb_env_close(store->env);
    *store = (struct store){0};
}

bool store_commit(struct store *store, struct error *error)
{
    int code = mdb_txn_commit(store->txn);
    store->txn = NULL;
    return (code == 0 || failed(code, "the keys cannot be kept", error)) && begin(store, error);
}

bool store_put_key(struct store *store, uint32_t set, const void *bytes, size_t length,
                   const char *record, bool *there, char by[STORE_TEXT], struct error *error)
{
    uint8_t name[NAME];
    char text[STORE_TEXT];
    put_name(set, bytes, length, name);
    snprintf(text, sizeof text, "%s", record);
    MDB_val key = {NAME, name}, value = {strlen(text) + 1, text};
    int code = mdb_put(store->txn, store->keys, &key, &value, MDB_NOOVERWRITE);
    *there = code == MDB_KEYEXIST;
    if (*there)
        snprintf(by, STORE_TEXT, "%s", (const char *)value.mv_data);
    return code == 0 || *there || failed(code, "the keys cannot be kept", error);
}

bool store_put_reference(struct store *store, uint32_t reference, const void *bytes, size_t length,
                         const char *value, const char *record, struct error *error)
{
    uint8_t name[NAME];
    struct orphan orphan = {.count = 1};
    MDB_val key = {NAME, name}, data;
    put_name(reference, bytes, length, name);
    int code = mdb_get(store->txn, store->references, &key, &data);
    if (code == 0 && data.mv_size == sizeof orphan) {
        memcpy(&orphan, data.mv_data, sizeof orphan);
        orphan.count++;
    } else {
        snprintf(orphan.record, sizeof orphan.record, "%s", record);
        snprintf(orphan.value, sizeof orphan.value, "%s", value);
    }
    data = (MDB_val){sizeof orphan, &orphan};
    if (code == 0 || code == MDB_NOTFOUND)
        code = mdb_put(store->txn, store->references, &key, &data, 0);
    return code == 0 || failed(code, "the references cannot be kept", error);
}

bool store_each_orphan(struct store *store, uint32_t reference, uint32_t set, uint32_t left_out,
                       bool (*take)(void *context, const struct orphan *orphan,
                                    struct error *error),
                       void *context, struct error *error)
{
    MDB_cursor *cursor;
    uint8_t first[NUMBER];
    put_number(reference, first);
    MDB_val key = {sizeof first, first}, data, there;
    int code = mdb_cursor_open(store->txn, store->references, &cursor);
    if (code != 0)
        return failed(code, "the references cannot be read", error);
    bool ok = true;
    code = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
    while (ok && code == 0 && key.mv_size == NAME &&
           memcmp(key.mv_data, first, sizeof first) == 0) {
        uint8_t name[NAME];
        memcpy(name, key.mv_data, NAME);
        put_number(set, name);
        MDB_val home = {NAME, name};
        int found = mdb_get(store->txn, store->keys, &home, &there);
        if (found == MDB_NOTFOUND && data.mv_size == sizeof(struct orphan)) {
            struct orphan orphan;
            memcpy(&orphan, data.mv_data, sizeof orphan);
            put_number(left_out, name);
            orphan.left_out = mdb_get(store->txn, store->keys, &home, &there) == 0;
            ok = take(context, &orphan, error);
        } else if (found != 0) {
            ok = failed(found, "the keys cannot be read", error);
        }
        code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return ok && (code == 0 || code == MDB_NOTFOUND ||
                  failed(code, "the references cannot be read", error));
}
