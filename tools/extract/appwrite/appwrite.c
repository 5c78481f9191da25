/* The reader of a live Appwrite. */
#include "appwrite_catalog.h"
#include "appwrite_collection.h"
#include "appwrite_pager.h"
#include "appwrite_source.h"
#include "graduate/json_bson.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What has an owner is read owner by owner: `pager` is then at what the one owns at which `owners`
 * stands. */
struct appwrite {
    struct appwrite_api api;
    struct appwrite_pager pager;
    struct appwrite_collection collection; /* without a path: it is a list of the project */
    struct appwrite_pager owners;
    struct buffer owned;             /* path of what it owns; empty: at no owner */
    char owner_id[APPWRITE_ID_SIZE]; /* of the last record delivered */
    char last[APPWRITE_ID_SIZE];     /* id of the last record delivered */
    const struct appwrite_list *owned_list; /* or NULL */
    bool looks_for_members;                 /* of each team, as nobody speaks for them */
    char *from;
};

static void close_reader(struct reader *reader)
{
    struct appwrite *state = reader->state;
    appwrite_pager_release(&state->pager);
    appwrite_pager_release(&state->owners);
    appwrite_collection_release(&state->collection);
    appwrite_api_release(&state->api);
    buffer_release(&state->owned);
    free(state->from);
    free(state);
    reader->state = NULL;
}

static bool read_id(const bson_iter_t *at, char id[APPWRITE_ID_SIZE])
{
    uint32_t length = 0;
    const char *text = BSON_ITER_HOLDS_UTF8(at) ? bson_iter_utf8(at, &length) : "";
    if (length == 0 || length >= APPWRITE_ID_SIZE || !bson_utf8_validate(text, length, false))
        return false;
    memcpy(id, text, length + 1);
    return true;
}

/* {"$id": last}; of memberships {"team": its id, "$id": last}, and of files so with "bucket" */
static bool read_position(struct appwrite *state, const bson_t *after, struct error *error)
{
    bson_iter_t at;
    bool ok = bson_iter_init(&at, after);
    while (ok && bson_iter_next(&at)) {
        const char *key = bson_iter_key(&at);
        ok = strcmp(key, "$id") == 0
                 ? read_id(&at, state->last)
                 : state->owned_list != NULL && strcmp(key, state->owned_list->owner_word) == 0 &&
                       read_id(&at, state->owner_id);
    }
    if (ok && state->last[0] != '\0' &&
        (state->owned_list == NULL || state->owner_id[0] != '\0'))
        return true;
    error_set(error, ERROR_REFUSED, "the position to go on from is not one of an Appwrite server");
    return error_hint(error, "the run began on another kind of source, or with another version of "
                             "graduate: give it that one again, or begin a new run");
}

/* The collection as the server shows it to a key that it knows.
 *
 * Up to 1.6.1 a key that is not known makes its bearer a guest, who may list documents, as far as
 * their permissions let anyone: a list that looks whole and is not. A guest may not see a
 * collection. */
static bool get_collection(struct appwrite *state, bson_t *model, struct error *error)
{
    return appwrite_api_get(&state->api, state->collection.path, appwrite_collections.scope, model,
                            error);
}

static bool open_documents(struct appwrite *state, const struct extraction *what,
                           struct error *error)
{
    const char *database = what->endpoint->source->database;
    if (!appwrite_collection_init(&state->collection, database, what->from)) {
        error_set(error, ERROR_USAGE, "Appwrite has no list \"%s\"", what->from);
        return error_hint(error, "a collection is named \"database.collection\", or the source "
                                 "needs a \"database\" in project.json");
    }
    state->pager.list = &appwrite_documents;
    state->pager.path = state->collection.documents;
    if (!get_collection(state, &state->collection.model, error))
        return false;
    state->pager.relations = appwrite_collection_relations(&state->collection);
    return true;
}

static bool open_list(struct appwrite *state, const struct extraction *what, struct error *error)
{
    const struct appwrite_list *list = appwrite_list_find(what->from);
    if (list == NULL && !open_documents(state, what, error))
        return false;
    if (list != NULL) {
        state->pager.list = list;
        state->pager.path = list->path;
    }
    memcpy(state->pager.last, state->last, sizeof state->last);
    return true;
}

/* Stand at what an owner has, behind its record `last`. */
static void enter_owner(struct appwrite *state, const char *owner, const char *last)
{
    buffer_clear(&state->owned);
    appwrite_put_owned(&state->owned, state->owned_list, owner);
    appwrite_pager_release(&state->pager);
    appwrite_pager_init(&state->pager, &state->api, state->owned_list, buffer_text(&state->owned));
    snprintf(state->pager.last, sizeof state->pager.last, "%s", last);
}

static void open_owned(struct appwrite *state, const struct extraction *what)
{
    const struct appwrite_list *owners = state->owned_list->owner;
    appwrite_pager_init(&state->owners, &state->api, owners, owners->path);
    if (what->after == NULL)
        return;
    memcpy(state->owners.last, state->owner_id, sizeof state->owner_id);
    enter_owner(state, state->owner_id, state->last);
}

static bool open_reader(struct reader *reader, const struct extraction *what, struct error *error)
{
    struct appwrite *state = calloc(1, sizeof *state);
    if (state == NULL)
        return error_memory(error);
    reader->state = state;
    appwrite_pager_init(&state->pager, &state->api, NULL, NULL);
    appwrite_pager_init(&state->owners, &state->api, NULL, NULL);
    bson_init(&state->collection.model);
    buffer_init(&state->owned);
    const struct appwrite_list *list = appwrite_list_find(what->from);
    state->owned_list = list != NULL && list->owner != NULL ? list : NULL;
    state->from = strdup(what->from);
    state->looks_for_members = what->members_unspoken && list == appwrite_teams;
    bool ok = (state->from != NULL || error_memory(error)) &&
              (what->after == NULL || read_position(state, what->after, error)) &&
              appwrite_api_open(&state->api, what->endpoint, error);
    if (ok && state->owned_list != NULL)
        open_owned(state, what);
    else
        ok = ok && open_list(state, what, error);
    ok = ok && buffer_ok(&state->owned, error);
    if (!ok) {
        error_at(error, what->from, NULL, NULL);
        close_reader(reader);
    }
    return ok;
}

static bool next_owned(struct appwrite *state, bson_t **record, struct error *error)
{
    *record = NULL;
    while (*record == NULL) {
        bson_t *owner;
        if (state->owned.length > 0) {
            if (!appwrite_pager_next(&state->pager, record, error))
                return false;
            if (*record != NULL)
                break;
        }
        if (!appwrite_pager_next(&state->owners, &owner, error))
            return false;
        if (owner == NULL)
            return true;
        enter_owner(state, state->owners.last, "");
        if (!buffer_ok(&state->owned, error))
            return false;
    }
    memcpy(state->owner_id, state->owners.last, sizeof state->owner_id);
    return true;
}

/* A team whose members would stay behind without a word. */
static bool check_members(struct appwrite *state, struct error *error)
{
    struct appwrite_figures figures;
    struct buffer path;
    buffer_init(&path);
    appwrite_put_owned(&path, appwrite_memberships, state->pager.last);
    bool ok = buffer_ok(&path, error) && appwrite_api_survey(&state->api, appwrite_memberships,
                                                             buffer_text(&path), &figures, error);
    buffer_release(&path);
    if (!ok || (!figures.any && figures.count <= 0))
        return ok;
    error_set(error, ERROR_USAGE,
              "the team has members, and memberships are neither mapped nor "
              "left out");
    return error_hint(error,
                      "graduate undo --run-dir DIR; then map them, or say in \"left_out\" of "
                      "project.json why they stay behind, and run again");
}

static bool next_record(struct reader *reader, struct buffer *payload, bool *more,
                        struct error *error)
{
    struct appwrite *state = reader->state;
    bson_t *record;
    if (state->owned_list != NULL ? !next_owned(state, &record, error)
                                  : !appwrite_pager_next(&state->pager, &record, error))
        return error_at(error, state->from, NULL, NULL);
    *more = record != NULL;
    if (*more) {
        if (state->collection.path != NULL &&
            !appwrite_collection_complete(&state->collection, record, error))
            return error_at(error, state->from, state->pager.last, NULL);
        if (state->looks_for_members && !check_members(state, error))
            return error_at(error, state->from, state->pager.last, NULL);
        memcpy(state->last, state->pager.last, sizeof state->last);
        buffer_put(payload, bson_get_data(record), record->len);
        return true;
    }
    /* Was the key good to the end? */
    bson_t model = BSON_INITIALIZER;
    bool ok = state->collection.path == NULL || get_collection(state, &model, error);
    bson_destroy(&model);
    if (ok)
        return true;
    error_hint(error,
               "run again; but if the API key was taken back while documents were read, some "
               "may be missing: then read this entity from its start, in a new run");
    return error_at(error, state->from, NULL, NULL);
}

/* The source has records behind the last one that it gave. */
static bool withheld(const struct appwrite *state, const char *greatest, int64_t total,
                     int64_t delivered, struct error *error)
{
    if (state->owned_list != NULL)
        error_set(error, ERROR_SOURCE, "%s: the source has the %s \"%s\", and did not give it",
                  state->from, state->owned_list->owner_word, greatest);
    else if (total > delivered)
        error_set(error, ERROR_SOURCE,
                  "%s: the source says that it has %" PRId64 " records, and gave %" PRId64,
                  state->from, total, delivered);
    else
        error_set(error, ERROR_SOURCE,
                  "%s: the source says that its last record is \"%s\", and gave %" PRId64
                  " up to \"%s\"",
                  state->from, greatest, delivered, state->pager.last);
    error_hint(error, "see that nothing writes to it and that it is well, and run again: the run "
                      "goes on behind the last record that it was given");
    return error_at(error, state->from, NULL, NULL);
}

static bool confirm(struct reader *reader, int64_t delivered, int64_t *held, struct error *error)
{
    struct appwrite *state = reader->state;
    struct appwrite_pager *pager = state->owned_list != NULL ? &state->owners : &state->pager;
    char greatest[APPWRITE_ID_SIZE];
    int64_t total;
    *held = -1;
    if (!appwrite_pager_tail(pager, greatest, &total, error))
        return error_at(error, state->from, NULL, NULL);
    if (appwrite_pager_behind(pager, greatest))
        return withheld(state, greatest, total, delivered, error);
    if (state->owned_list == NULL)
        *held = total;
    return true;
}

static bool identity(struct reader *reader, bson_t *out, struct error *error)
{
    const struct appwrite *state = reader->state;
    bool ok = BSON_APPEND_UTF8(out, "endpoint", state->api.base) &&
              BSON_APPEND_UTF8(out, "project", state->api.project);
    if (state->collection.path != NULL)
        ok = ok && BSON_APPEND_UTF8(out, "database", state->collection.database) &&
             BSON_APPEND_UTF8(out, "collection", state->collection.collection);
    return ok || error_memory(error);
}

static bool position(struct reader *reader, bson_t *out, struct error *error)
{
    const struct appwrite *state = reader->state;
    bool ok = state->owned_list == NULL ||
              bson_append_utf8(out, state->owned_list->owner_word, -1, state->owner_id, -1);
    return (ok && BSON_APPEND_UTF8(out, "$id", state->last)) || error_memory(error);
}

const struct reader_ops appwrite_reader = {
    .kind = SOURCE_APPWRITE,
    .export = false,
    .catalog = appwrite_catalog,
    .open = open_reader,
    .next = next_record,
    .identity = identity,
    .confirm = confirm,
    .position = position,
    .close = close_reader,
};
