#include "appwrite_api.h"
#include "appwrite_source.h"
#include "graduate/message.h"
#include "json_bson.h"

#include <stdlib.h>
#include <string.h>

/* An entity that is no list of the project is a collection: by its id where project.json names the
 * database, else as "database.collection". A collection that is called like a list of the project
 * has the longer name in either case. */

static bool collection_name(const char *database, const char *collection, bool whole,
                            struct buffer *name)
{
    buffer_clear(name);
    if (whole || appwrite_list_find(collection) != NULL)
        buffer_printf(name, "%s.", database);
    buffer_puts(name, collection);
    return !name->failed;
}

/* The path of the collection behind an entity's name; false without such a name. */
static bool collection_path(const char *database, const char *name, struct buffer *path)
{
    const char *collection = name, *dot = strchr(name, '.');
    char *prefix = NULL;
    if (database == NULL) {
        if (dot == NULL)
            return false;
        database = prefix = strndup(name, (size_t)(dot - name));
        collection = dot + 1;
    } else if (strncmp(name, database, strlen(database)) == 0 && name[strlen(database)] == '.' &&
               appwrite_list_find(name + strlen(database) + 1) != NULL) {
        collection = name + strlen(database) + 1;
    }
    buffer_puts(path, "/databases");
    appwrite_put_segment(path, database != NULL ? database : "");
    buffer_puts(path, "/collections");
    appwrite_put_segment(path, collection);
    path->failed = path->failed || database == NULL;
    free(prefix);
    return true;
}

/* The catalog. */

struct survey {
    struct appwrite_api api;
    const char *database; /* the only one, or NULL */
    struct catalog *catalog;
};

/* Columns are told for people and for plans; a record says itself what it holds. */
static bool add_column(struct catalog_entity *entity, json_t *attribute)
{
    const char *key = json_string_value(json_object_get(attribute, "key"));
    const char *type = json_string_value(json_object_get(attribute, "type"));
    const char *format = json_string_value(json_object_get(attribute, "format"));
    const char *status = json_string_value(json_object_get(attribute, "status"));
    /* Attributes of any other status are listed, but hold nothing. */
    if (key == NULL || type == NULL || status == NULL || strcmp(status, "available") != 0)
        return true;
    struct catalog_column *grown =
        reallocarray(entity->columns, entity->column_count + 1, sizeof *grown);
    if (grown == NULL)
        return false;
    entity->columns = grown;
    struct catalog_column *column = &grown[entity->column_count++];
    struct buffer word;
    buffer_init(&word);
    /* An e-mail address, an enum and their like are strings with a format. */
    buffer_puts(&word, format != NULL && format[0] != '\0' ? format : type);
    if (json_is_true(json_object_get(attribute, "array")))
        buffer_puts(&word, "[]");
    *column = (struct catalog_column){
        .name = strdup(key),
        .type = strdup(buffer_text(&word)),
        .not_null = json_is_true(json_object_get(attribute, "required")),
    };
    bool ok = !word.failed && column->name != NULL && column->type != NULL;
    buffer_release(&word);
    return ok;
}

static bool add_collection(struct survey *survey, const char *database, json_t *collection,
                           struct error *error)
{
    struct buffer name, path;
    buffer_init(&name);
    buffer_init(&path);
    const char *id = json_string_value(json_object_get(collection, "$id"));
    bool any, ok = collection_name(database, id, survey->database == NULL, &name) &&
                   collection_path(survey->database, buffer_text(&name), &path);
    buffer_puts(&path, "/documents");
    ok = ok && buffer_ok(&path, error);
    if (ok && catalog_find(survey->catalog, buffer_text(&name)) != NULL)
        ok = error_set(error, ERROR_SOURCE, "two collections would both be called \"%s\"",
                       buffer_text(&name));
    struct catalog_entity *entity = ok ? catalog_add(survey->catalog, buffer_text(&name)) : NULL;
    ok = ok && (entity != NULL || error_memory(error)) &&
         appwrite_api_survey(&survey->api, &appwrite_documents, buffer_text(&path), &any,
                             &entity->estimate, error);
    size_t i;
    json_t *attribute;
    json_array_foreach(json_object_get(collection, "attributes"), i, attribute) ok =
        ok && (add_column(entity, attribute) || error_memory(error));
    buffer_release(&name);
    buffer_release(&path);
    return ok;
}

static bool add_collections(struct survey *survey, const char *database, struct error *error)
{
    struct appwrite_pager pager;
    struct buffer path;
    buffer_init(&path);
    buffer_puts(&path, "/databases");
    appwrite_put_segment(&path, database);
    buffer_puts(&path, "/collections");
    bool ok = buffer_ok(&path, error);
    appwrite_pager_init(&pager, &survey->api, &appwrite_collections, buffer_text(&path));
    json_t *collection = NULL;
    while (ok && (ok = appwrite_pager_next(&pager, &collection, error)) && collection != NULL)
        ok = add_collection(survey, database, collection, error);
    appwrite_pager_release(&pager);
    buffer_release(&path);
    return ok;
}

static bool add_databases(struct survey *survey, struct error *error)
{
    struct appwrite_pager pager;
    struct buffer others;
    buffer_init(&others);
    appwrite_pager_init(&pager, &survey->api, &appwrite_databases, appwrite_databases.path);
    json_t *database = NULL;
    bool found = survey->database == NULL, ok;
    while ((ok = appwrite_pager_next(&pager, &database, error)) && database != NULL) {
        const char *id = json_string_value(json_object_get(database, "$id"));
        if (survey->database == NULL && strchr(id, '.') != NULL) {
            ok = error_set(error, ERROR_USAGE,
                           "the id of the database \"%s\" has a dot, so that "
                           "\"database.collection\" could mean two things",
                           id);
            error_hint(error, "name one \"database\" per Appwrite source in project.json");
        } else if (survey->database == NULL || strcmp(survey->database, id) == 0) {
            found = true;
            ok = add_collections(survey, id, error);
        } else {
            buffer_printf(&others, "%s\"%s\"", others.length > 0 ? ", " : "", id);
        }
        if (!ok)
            break;
    }
    if (ok && !found) {
        ok = error_set(error, ERROR_SOURCE, "Appwrite has no database with the id \"%s\"",
                       survey->database);
        error_hint(error, "look at \"database\" of this source in project.json; there are: %s",
                   others.length > 0 ? buffer_text(&others) : "none");
    }
    appwrite_pager_release(&pager);
    buffer_release(&others);
    return ok;
}

static bool add_list(struct survey *survey, const struct appwrite_list *list, struct error *error)
{
    bool any;
    int64_t estimate;
    if (!appwrite_api_survey(&survey->api, list, list->path, &any, &estimate, error))
        return false;
    if (list->optional && !any)
        return true;
    struct catalog_entity *entity = catalog_add(survey->catalog, list->name);
    if (entity == NULL)
        return error_memory(error);
    entity->estimate = estimate;
    if (strcmp(list->name, "teams") == 0)
        message_warning("teams are read without their memberships");
    return true;
}

static bool fill_catalog(const struct endpoint *endpoint, struct catalog *catalog,
                         struct error *error)
{
    struct survey survey = {.database = endpoint->source->database, .catalog = catalog};
    if (!appwrite_api_open(&survey.api, endpoint, error))
        return false;
    if (survey.api.exposed)
        message_warning("%s is not encrypted: the API key can be read on the way", survey.api.base);
    catalog->source = strdup(endpoint->source->name);
    catalog->kind = strdup(source_kind_names[SOURCE_APPWRITE]);
    catalog->version = strdup(survey.api.version);
    bool ok = (catalog->source != NULL && catalog->kind != NULL && catalog->version != NULL) ||
              error_memory(error);
    for (size_t i = 0; ok && i < APPWRITE_LISTS; i++)
        ok = add_list(&survey, &appwrite_lists[i], error);
    ok = ok && add_databases(&survey, error);
    appwrite_api_release(&survey.api);
    return ok;
}

/* The reader. */

struct appwrite {
    struct appwrite_api api;
    struct appwrite_pager pager;
    char *collection; /* path of the documents' collection; NULL for the project's own lists */
    char *path;       /* of the documents */
    char *from;
};

static void close_reader(struct reader *reader)
{
    struct appwrite *state = reader->state;
    appwrite_pager_release(&state->pager);
    appwrite_api_release(&state->api);
    free(state->collection);
    free(state->path);
    free(state->from);
    free(state);
    reader->state = NULL;
}

/* {"cursor": "<$id>", "sequence": int64 or absent} */
static bool go_on_after(struct appwrite_pager *pager, const bson_t *after, struct error *error)
{
    bson_iter_t at;
    bool ok = bson_iter_init(&at, after);
    while (ok && bson_iter_next(&at)) {
        const char *key = bson_iter_key(&at);
        uint32_t length;
        if (strcmp(key, "cursor") == 0 && BSON_ITER_HOLDS_UTF8(&at)) {
            const char *id = bson_iter_utf8(&at, &length);
            ok = length < sizeof pager->cursor && bson_utf8_validate(id, length, false);
            snprintf(pager->cursor, sizeof pager->cursor, "%s", id);
        } else if (strcmp(key, "sequence") == 0 && BSON_ITER_HOLDS_INT64(&at)) {
            pager->sequence = bson_iter_int64(&at);
        } else {
            ok = false;
        }
    }
    if (ok && pager->cursor[0] != '\0')
        return true;
    error_set(error, ERROR_REFUSED, "the position to go on from is not one of an Appwrite server");
    return error_hint(error, "the run began on another kind of source: give it that one again, or "
                             "begin a new run");
}

/* The collection as the server shows it to a key that it knows.
 *
 * A key that it does not know makes its bearer a guest, who may list documents, as far as their
 * permissions let anyone: a list that looks whole and is not. A guest may not see a collection. */
static bool get_collection(struct appwrite *state, json_t **collection, struct error *error)
{
    return appwrite_api_get(&state->api, state->collection, appwrite_collections.scope, collection,
                            error);
}

/* Many-to-many relationships, whose links documents do not hold. */
static bool find_links(struct appwrite *state, json_t *collection)
{
    json_t *attribute;
    size_t i;
    json_array_foreach(json_object_get(collection, "attributes"), i, attribute)
    {
        const char *relation = json_string_value(json_object_get(attribute, "relationType"));
        json_t *key = json_object_get(attribute, "key");
        if (relation == NULL || strcmp(relation, "manyToMany") != 0 || !json_is_string(key))
            continue;
        if (state->pager.links == NULL)
            state->pager.links = json_array();
        if (json_array_append(state->pager.links, key) != 0)
            return false;
    }
    return true;
}

static bool open_documents(struct appwrite *state, const struct extraction *what,
                           struct error *error)
{
    struct buffer path;
    buffer_init(&path);
    bool ok = collection_path(what->endpoint->source->database, what->from, &path);
    if (!ok) {
        error_set(error, ERROR_USAGE, "Appwrite has no list \"%s\"", what->from);
        error_hint(error, "a collection is named \"database.collection\", or the source needs a "
                          "\"database\" in project.json");
    } else {
        state->collection = strdup(buffer_text(&path));
        buffer_puts(&path, "/documents");
        state->path = strdup(buffer_text(&path));
        ok = (!path.failed && state->collection != NULL && state->path != NULL) ||
             error_memory(error);
    }
    buffer_release(&path);
    json_t *collection;
    if (!ok || !get_collection(state, &collection, error))
        return false;
    ok = find_links(state, collection) || error_memory(error);
    json_decref(collection);
    return ok;
}

static bool open_list(struct appwrite *state, const struct extraction *what, struct error *error)
{
    const struct appwrite_list *list = appwrite_list_find(what->from);
    if (list == NULL && !open_documents(state, what, error))
        return false;
    state->pager.list = list != NULL ? list : &appwrite_documents;
    state->pager.path = list != NULL ? list->path : state->path;
    return true;
}

static bool open_reader(struct reader *reader, const struct extraction *what, struct error *error)
{
    struct appwrite *state = calloc(1, sizeof *state);
    if (state == NULL)
        return error_memory(error);
    reader->state = state;
    appwrite_pager_init(&state->pager, &state->api, NULL, NULL);
    state->from = strdup(what->from);
    bool ok = (state->from != NULL || error_memory(error)) &&
              (what->after == NULL || go_on_after(&state->pager, what->after, error)) &&
              appwrite_api_open(&state->api, what->endpoint, error) &&
              open_list(state, what, error);
    if (!ok) {
        error_at(error, what->from, NULL, NULL);
        close_reader(reader);
    }
    return ok;
}

static bool next_record(struct reader *reader, struct buffer *payload, bool *more,
                        struct error *error)
{
    struct appwrite *state = reader->state;
    json_t *record;
    if (!appwrite_pager_next(&state->pager, &record, error))
        return error_at(error, state->from, NULL, NULL);
    *more = record != NULL;
    if (*more)
        return json_bson_put(record, payload, error) ||
               error_at(error, state->from, state->pager.cursor, NULL);
    /* Was the key good to the end? */
    json_t *collection = NULL;
    if (state->collection == NULL || get_collection(state, &collection, error)) {
        json_decref(collection);
        return true;
    }
    error_hint(error,
               "run again; but if the API key was taken back while documents were read, some "
               "may be missing: then read this entity from its start, in a new run");
    return error_at(error, state->from, NULL, NULL);
}

static bool position(struct reader *reader, bson_t *out, struct error *error)
{
    const struct appwrite *state = reader->state;
    bool ok = BSON_APPEND_UTF8(out, "cursor", state->pager.cursor);
    if (ok && state->pager.sequence >= 0)
        ok = BSON_APPEND_INT64(out, "sequence", state->pager.sequence);
    return ok || error_memory(error);
}

const struct reader_ops appwrite_reader = {
    .kind = SOURCE_APPWRITE,
    .export = false,
    .catalog = fill_catalog,
    .open = open_reader,
    .next = next_record,
    .position = position,
    .close = close_reader,
};
