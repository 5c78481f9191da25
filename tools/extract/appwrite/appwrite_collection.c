#include "appwrite_collection.h"
#include "appwrite_api.h"
#include "graduate/json_bson.h"

#include <stdlib.h>
#include <string.h>

void appwrite_collection_name(const char *database, const char *collection, bool whole,
                              struct buffer *name)
{
    buffer_clear(name);
    if (whole || appwrite_list_find(collection) != NULL)
        buffer_printf(name, "%s.", database);
    buffer_puts(name, collection);
}

static char *copy_text(struct buffer *text)
{
    return text->failed ? NULL : strdup(buffer_text(text));
}

bool appwrite_collection_init(struct appwrite_collection *collection, const char *database,
                              const char *name)
{
    const char *id = name, *dot = strchr(name, '.');
    struct buffer path;
    *collection = (struct appwrite_collection){0};
    bson_init(&collection->model);
    if (database == NULL && dot == NULL)
        return false;
    if (database == NULL) {
        collection->database = strndup(name, (size_t)(dot - name));
        id = dot + 1;
    } else {
        size_t length = strlen(database);
        collection->database = strdup(database);
        if (strncmp(name, database, length) == 0 && name[length] == '.' &&
            appwrite_list_find(name + length + 1) != NULL)
            id = name + length + 1;
    }
    collection->collection = strdup(id);
    if (collection->database == NULL || collection->collection == NULL)
        return false;
    buffer_init(&path);
    buffer_puts(&path, appwrite_databases.path);
    appwrite_put_segment(&path, collection->database);
    buffer_puts(&path, "/collections");
    appwrite_put_segment(&path, collection->collection);
    collection->path = copy_text(&path);
    buffer_puts(&path, "/documents");
    collection->documents = copy_text(&path);
    buffer_release(&path);
    return collection->path != NULL && collection->documents != NULL;
}

void appwrite_collection_release(struct appwrite_collection *collection)
{
    free(collection->database);
    free(collection->collection);
    free(collection->path);
    free(collection->documents);
    bson_destroy(&collection->model);
    *collection = (struct appwrite_collection){0};
}

/* The next attribute of the model. */
static bool next_attribute(bson_iter_t *at, bson_t *attribute)
{
    while (bson_iter_next(at))
        if (json_bson_view(at, attribute))
            return true;
    return false;
}

static bool begin_attributes(const struct appwrite_collection *collection, bson_iter_t *at)
{
    bson_t attributes;
    return json_bson_array(&collection->model, "attributes", &attributes) &&
           bson_iter_init(at, &attributes);
}

bool appwrite_collection_holds(const bson_t *attribute)
{
    const char *status = json_bson_text(attribute, "status");
    return status == NULL || status[0] == '\0' || strcmp(status, "available") == 0;
}

bson_t *appwrite_collection_relations(const struct appwrite_collection *collection)
{
    bson_t attribute, *relations = NULL;
    bson_iter_t at;
    bool begun = begin_attributes(collection, &at);
    while (begun && next_attribute(&at, &attribute)) {
        const char *relation = json_bson_text(&attribute, "relationType");
        const char *key = json_bson_text(&attribute, "key");
        /* One that failed is listed, but a server knows nothing of it where it is selected. */
        if (relation == NULL || strcmp(relation, "manyToMany") != 0 || key == NULL ||
            !appwrite_collection_holds(&attribute))
            continue;
        if (relations == NULL)
            relations = bson_new();
        bson_append_null(relations, key, -1);
    }
    return relations;
}

/* Whether the attribute can hold an object of its own. None of Appwrite's up to 1.9 can; the far
 * side of a relationship may be in documents and in no list of attributes. */
static bool holds_objects(const struct appwrite_collection *collection, const char *name)
{
    bson_t attribute;
    bson_iter_t at;
    bool begun = begin_attributes(collection, &at);
    while (begun && next_attribute(&at, &attribute)) {
        const char *key = json_bson_text(&attribute, "key");
        const char *type = json_bson_text(&attribute, "type");
        if (key != NULL && strcmp(key, name) == 0)
            return type != NULL && strcmp(type, "relationship") != 0;
    }
    return false;
}

/* An object, or an array that holds one. */
static bool is_nested(const bson_iter_t *member)
{
    bson_t array;
    bson_iter_t at;
    if (!BSON_ITER_HOLDS_ARRAY(member))
        return BSON_ITER_HOLDS_DOCUMENT(member);
    if (!json_bson_view(member, &array) || !bson_iter_init(&at, &array))
        return false;
    while (bson_iter_next(&at))
        if (BSON_ITER_HOLDS_DOCUMENT(&at))
            return true;
    return false;
}

bool appwrite_collection_complete(const struct appwrite_collection *collection, bson_t *document,
                                  struct error *error)
{
    bson_iter_t at;
    if (!bson_iter_init(&at, document))
        return error_memory(error);
    while (bson_iter_next(&at)) {
        const char *name = bson_iter_key(&at);
        if (name[0] == '$' || !is_nested(&at) || holds_objects(collection, name))
            continue;
        error_set(error, ERROR_SOURCE,
                  "a related record stands in \"%s\" in full, where its id should be", name);
        error_hint(error, "the server does not heed the response format that it was asked for: "
                          "look at _APP_SYSTEM_RESPONSE_FORMAT and at what stands in front of it");
        return error_at(error, NULL, NULL, name);
    }
    const char *const members[] = {"$databaseId", "$collectionId"};
    const char *const ids[] = {collection->database, collection->collection};
    for (size_t i = 0; i < 2; i++)
        if (!bson_has_field(document, members[i]) &&
            !bson_append_utf8(document, members[i], -1, ids[i], -1))
            return error_memory(error);
    return true;
}
