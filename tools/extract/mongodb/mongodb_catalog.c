#include "mongodb_catalog.h"
#include "graduate/message.h"
#include "mongodb_client.h"

#include <string.h>

/* NULL: without memory, and where the text is no UTF-8. */
static cJSON *to_json(const bson_t *document)
{
    char *text = bson_as_canonical_extended_json(document, NULL);
    cJSON *json = text != NULL ? cJSON_Parse(text) : NULL;
    bson_free(text);
    return json;
}

/* One number of a collection; -1 where the server will not tell. */
static bool ask_number(struct mongodb_client *client, const char *name, const char *collection,
                       const char *field, int64_t *number, struct error *error)
{
    bson_t command = BSON_INITIALIZER, reply;
    bson_iter_t iter;
    bson_append_utf8(&command, name, -1, collection, -1);
    bool ok = mongodb_client_ask(client, collection, &command, &reply, error);
    bool told = ok && bson_iter_init_find(&iter, &reply, field) && BSON_ITER_HOLDS_NUMBER(&iter);
    *number = told ? bson_iter_as_int64(&iter) : -1;
    bson_destroy(&reply);
    bson_destroy(&command);
    return ok;
}

static bool ask_version(struct mongodb_client *client, struct catalog *catalog, struct error *error)
{
    bson_t command = BSON_INITIALIZER, reply;
    bson_iter_t iter;
    BSON_APPEND_INT32(&command, "buildInfo", 1);
    bool ok = mongodb_client_ask(client, "buildInfo", &command, &reply, error);
    if (ok) {
        bool told = bson_iter_init_find(&iter, &reply, "version") && BSON_ITER_HOLDS_UTF8(&iter);
        catalog->version = strdup(told ? bson_iter_utf8(&iter, NULL) : "unknown");
        ok = catalog->version != NULL || error_memory(error);
    }
    bson_destroy(&reply);
    bson_destroy(&command);
    return ok;
}

/* The index specifications of a collection, added to its metadata. A server that does not list them
 * (to this user) is not asked twice, but it is said. */
static bool list_indexes(struct mongodb_client *client, const char *name, cJSON *metadata,
                         struct error *error)
{
    const bson_t *index;
    bson_error_t cause;
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client->client, client->database, name);
    mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(collection, NULL);
    cJSON *indexes = cJSON_AddArrayToObject(metadata, "indexes");
    bool ok = indexes != NULL || error_memory(error);
    while (ok && mongoc_cursor_next(cursor, &index)) {
        cJSON *json = to_json(index);
        if (json != NULL && !cJSON_AddItemToArray(indexes, json))
            ok = error_memory(error);
    }
    if (ok && mongoc_cursor_error(cursor, &cause)) {
        ok = cause.domain == MONGOC_ERROR_SERVER || mongodb_client_error(client, &cause, error);
        if (ok)
            message_warning("source %s: the server does not list the indexes of %s (%s)",
                            client->source, name, cause.message);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return ok;
}

/* What is beside the documents, in the form of mongodump's metadata. */
static bool describe_beside(struct mongodb_client *client, const struct mongodb_collection *item,
                            struct catalog *catalog, struct error *error)
{
    cJSON *metadata = to_json(item->described);
    if (metadata == NULL)
        metadata = cJSON_CreateObject();
    bool ok = metadata != NULL || error_memory(error);
    if (item->kind == MONGODB_COLLECTION || item->kind == MONGODB_TIME_SERIES)
        ok = ok && list_indexes(client, item->name, metadata, error);
    ok = ok && beside_describe(catalog, item->name, item->kind, metadata, error);
    cJSON_Delete(metadata);
    return ok;
}

/* The count of a collection is the server's own note of it, which a crash leaves wrong; of a time
 * series it would be a full scan. */
static bool describe_entity(struct mongodb_client *client, const struct mongodb_collection *item,
                            struct catalog *catalog, struct error *error)
{
    struct catalog_entity *entity = catalog_add(catalog, item->name);
    if (entity == NULL)
        return error_memory(error);
    if (item->kind == MONGODB_COLLECTION &&
        !ask_number(client, "count", item->name, "n", &entity->estimate, error))
        return false;
    return ask_number(client, "collStats", item->name, "size", &entity->bytes, error);
}

static bool fill_catalog(struct mongodb_client *client, struct catalog *catalog,
                         struct error *error)
{
    struct mongodb_collections collections;
    bool ok =
        mongodb_client_list(client, &collections, error) && ask_version(client, catalog, error);
    for (size_t i = 0; ok && i < collections.count; i++) {
        const struct mongodb_collection *item = &collections.items[i];
        if (item->kind == MONGODB_COLLECTION || item->kind == MONGODB_TIME_SERIES)
            ok = describe_entity(client, item, catalog, error);
        ok = ok && describe_beside(client, item, catalog, error);
    }
    mongodb_collections_release(&collections);
    return ok && beside_buckets(catalog, error);
}

bool mongodb_catalog(const struct endpoint *endpoint, struct catalog *catalog, struct error *error)
{
    struct mongodb_client client;
    if (!mongodb_client_init(&client, endpoint, error))
        return false;
    catalog->source = strdup(endpoint->source->name);
    catalog->kind = strdup(source_kind_names[endpoint->source->kind]);
    bool ok = catalog->source != NULL && catalog->kind != NULL
                  ? fill_catalog(&client, catalog, error)
                  : error_memory(error);
    mongodb_client_release(&client);
    return ok;
}
