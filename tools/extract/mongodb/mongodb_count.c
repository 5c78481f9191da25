/* Counting in the server, by one aggregation per collection:
 *
 *   {$group: {_id: null, n: {$sum: 1},
 *             a0: {$sum: {$cond: [{$isArray: ["$prices"]}, {$size: "$prices"}, 0]}}, ...}}
 *
 * It looks at every document: `count` and $collStats are estimates, which a crash leaves wrong, and
 * on a sharded cluster have documents twice while they move.
 *
 * A path of an aggregation leads through documents and arrays by other rules than a run's, a name
 * such as "$x" is no field there but a variable, and a field without a name cannot be named: a
 * collection with an array that is not named by one plain name is read through. So is one that the
 * server refuses to aggregate. */
#include "mongodb_count.h"
#include "graduate/message.h"
#include "mongodb_client.h"

#include <stdio.h>
#include <string.h>

enum { INDEX_TEXT = 24 };

static bool is_plain(const char *path)
{
    return path[0] != '\0' && path[strcspn(path, "$.'*")] == '\0';
}

static bool are_plain(const struct words *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        if (!is_plain(paths->items[i]))
            return false;
    return true;
}

static void name_sum(size_t array, char *name, size_t size)
{
    snprintf(name, size, "a%zu", array);
}

/* aN: {$sum: {$cond: [{$isArray: ["$prices"]}, {$size: "$prices"}, 0]}} */
static bool put_sum(bson_t *group, size_t array, const char *path, struct error *error)
{
    bson_t sum, condition, branches;
    char name[INDEX_TEXT];
    struct buffer field;
    buffer_init(&field);
    buffer_printf(&field, "$%s", path);
    bool ok = buffer_ok(&field, error);
    if (ok) {
        name_sum(array, name, sizeof name);
        BSON_APPEND_DOCUMENT_BEGIN(group, name, &sum);
        BSON_APPEND_DOCUMENT_BEGIN(&sum, "$sum", &condition);
        BSON_APPEND_ARRAY_BEGIN(&condition, "$cond", &branches);
        BCON_APPEND(&branches, "0", "{", "$isArray", "[", BCON_UTF8(buffer_text(&field)), "]", "}");
        BCON_APPEND(&branches, "1", "{", "$size", BCON_UTF8(buffer_text(&field)), "}");
        BSON_APPEND_INT32(&branches, "2", 0);
        bson_append_array_end(&condition, &branches);
        bson_append_document_end(&sum, &condition);
        bson_append_document_end(group, &sum);
    }
    buffer_release(&field);
    return ok;
}

bool mongodb_count_pipeline(const struct words *paths, bson_t *pipeline, struct error *error)
{
    bson_t stages, stage, group;
    bool ok = true;
    if (!are_plain(paths))
        return true;
    BSON_APPEND_ARRAY_BEGIN(pipeline, "pipeline", &stages);
    BSON_APPEND_DOCUMENT_BEGIN(&stages, "0", &stage);
    BSON_APPEND_DOCUMENT_BEGIN(&stage, "$group", &group);
    BSON_APPEND_NULL(&group, "_id");
    BCON_APPEND(&group, "n", "{", "$sum", BCON_INT32(1), "}");
    for (size_t i = 0; ok && i < paths->count; i++)
        ok = put_sum(&group, i, paths->items[i], error);
    bson_append_document_end(&stage, &group);
    bson_append_document_end(&stages, &stage);
    bson_append_array_end(pipeline, &stages);
    return ok;
}

static bool get_number(const bson_t *group, const char *name, int64_t *number)
{
    bson_iter_t iter;
    if (!bson_iter_init_find(&iter, group, name) || !BSON_ITER_HOLDS_NUMBER(&iter))
        return false;
    *number = bson_iter_as_int64(&iter);
    return true;
}

/* From an answer that is of another form nothing is taken. */
static void take_answer(const bson_t *group, struct entity_count *count)
{
    char name[INDEX_TEXT];
    count->counted = get_number(group, "n", &count->records);
    for (size_t i = 0; count->counted && i < count->arrays.count; i++) {
        name_sum(i, name, sizeof name);
        count->counted = get_number(group, name, &count->elements[i]);
    }
    if (count->counted)
        return;
    count->records = 0;
    for (size_t i = 0; i < count->arrays.count; i++)
        count->elements[i] = 0;
}

/* Of an empty collection there is no group. */
static bool aggregate(struct mongodb_client *client, const bson_t *pipeline,
                      struct entity_count *count, bson_error_t *cause)
{
    const bson_t *group;
    mongoc_collection_t *collection =
        mongoc_client_get_collection(client->client, client->database, count->entity->from);
    mongoc_cursor_t *cursor =
        mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, pipeline, NULL, NULL);
    bool found = mongoc_cursor_next(cursor, &group), ok = !mongoc_cursor_error(cursor, cause);
    if (found)
        take_answer(group, count);
    else if (ok)
        count->counted = true;
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return ok;
}

static bool count_documents(struct mongodb_client *client, const bson_t *pipeline,
                            struct entity_count *count, struct error *error)
{
    const char *from = count->entity->from;
    bson_error_t cause;
    int attempts = 0;
    while (!aggregate(client, pipeline, count, &cause)) {
        if (cause.domain == MONGOC_ERROR_SERVER && !mongodb_client_passing(&cause)) {
            message_warning("%s: source %s does not count it (%s): it is read through", from,
                            client->source, cause.message);
            return true;
        }
        if (!mongodb_client_retry(client, from, "count anew", &cause, &attempts, error))
            return error_at(error, count->entity->name, NULL, NULL);
    }
    return true;
}

static bool count_collection(struct mongodb_client *client, struct entity_count *count,
                             struct error *error)
{
    bson_t pipeline = BSON_INITIALIZER;
    bool ok = mongodb_count_pipeline(&count->arrays, &pipeline, error);
    if (ok && !bson_empty(&pipeline))
        ok = count_documents(client, &pipeline, count, error);
    bson_destroy(&pipeline);
    return ok;
}

bool mongodb_count(const struct endpoint *endpoint, struct entity_count *counts, size_t count,
                   struct error *error)
{
    struct mongodb_client client;
    if (!mongodb_client_init(&client, endpoint, error))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = count_collection(&client, &counts[i], error);
    mongodb_client_release(&client);
    return ok;
}
