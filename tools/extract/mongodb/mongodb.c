/* The reader of a live MongoDB: the documents of a collection in the order of their _id.
 *
 * Order and position. {_id: {$gt: x}} sees only the _ids of x's own type, silently. What sees all
 * of them is $expr: its $gt compares values of any two types in the order in which `sort` puts
 * them, so
 *
 *   find: NAME, filter: {$expr: {$gt: ["$_id", {$literal: LAST}]}}, sort: {_id: 1}
 *
 * goes on behind any _id whatever, and without the filter starts at the first one. $literal keeps
 * an _id such as "$name" or {"$x": 1} from being read as an expression. MongoDB 5.0 and newer
 * answer this from the _id index; older ones walk it from its beginning, once for each time that
 * the scan is taken up again.
 *
 * The other way, index bounds (hint: {_id: 1}, min: {_id: LAST}), has no such cost on old servers,
 * but it needs an index of that name, which clustered and time-series collections lack, and it puts
 * trust in the index having the order of the comparison: on SecantusDB 0.7 it has not for documents
 * as _ids, where a scan taken up behind {b: 0} then skips {a: 1, b: 2}. With $expr and sort, one
 * order rules both.
 *
 * The command is a raw one because libmongoc's find refuses a filter that holds an empty key, which
 * an _id may.
 *
 * Equal _ids in a row (shards, time series) could not be told apart by a position; they are an
 * error.
 *
 * Position: {"_id": the last document's}. */
#include "graduate/words.h"
#include "mongodb_client.h"
#include "mongodb_count.h"
#include "mongodb_source.h"
#include "soundness.h"

#include <stdlib.h>
#include <string.h>

/* What a reply of the server should hold. Left alone it holds 16 MiB, and libmongoc that twice. */
enum { REPLY_BYTES = 4 << 20 };

struct live_reader {
    struct mongodb_client client;
    char *collection;
    bool time_series;
    bson_t *last; /* {"_id": ...}; empty before the first document */
    bson_t *next; /* the same of the document at hand */
    mongoc_client_session_t *session;
    mongoc_cursor_t *cursor; /* NULL: to be opened */
    int attempts;            /* in a row, without a single document in between */
    int64_t records, bytes;  /* delivered */
};

/* Run a command whose answer can be done without: where the server refuses, *reply holds none. The
 * caller destroys *reply. */
static bool ask(struct mongodb_client *client, const bson_t *command, bson_t *reply,
                struct error *error)
{
    bson_error_t cause;
    return mongodb_client_command(client, command, NULL, reply, &cause) ||
           cause.domain == MONGOC_ERROR_SERVER || mongodb_client_error(client, &cause, error);
}

/* One number of a collection; -1 where the server will not tell. */
static bool ask_number(struct mongodb_client *client, const char *name, const char *collection,
                       const char *field, int64_t *number, struct error *error)
{
    bson_t command = BSON_INITIALIZER, reply;
    bson_iter_t iter;
    bson_append_utf8(&command, name, -1, collection, -1);
    bool ok = ask(client, &command, &reply, error);
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
    bool ok = ask(client, &command, &reply, error);
    if (ok) {
        bool told = bson_iter_init_find(&iter, &reply, "version") && BSON_ITER_HOLDS_UTF8(&iter);
        catalog->version = strdup(told ? bson_iter_utf8(&iter, NULL) : "unknown");
        ok = catalog->version != NULL || error_memory(error);
    }
    bson_destroy(&reply);
    bson_destroy(&command);
    return ok;
}

static bool fill_catalog(struct mongodb_client *client, struct catalog *catalog,
                         struct error *error)
{
    struct mongodb_collections collections;
    bool ok =
        mongodb_client_list(client, &collections, error) && ask_version(client, catalog, error);
    for (size_t i = 0; ok && i < collections.count; i++) {
        const struct mongodb_collection *item = &collections.items[i];
        if (item->kind == MONGODB_VIEW) /* it holds nothing of its own */
            continue;
        struct catalog_entity *entity = catalog_add(catalog, item->name);
        if (entity == NULL)
            ok = error_memory(error);
        if (ok && item->kind == MONGODB_COLLECTION) /* of a time series the count is a full scan */
            ok = ask_number(client, "count", item->name, "n", &entity->estimate, error);
        ok = ok && ask_number(client, "collStats", item->name, "size", &entity->bytes, error);
    }
    mongodb_collections_release(&collections);
    return ok;
}

static bool live_catalog(const struct endpoint *endpoint, struct catalog *catalog,
                         struct error *error)
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

/* Find the collection before it is read: of an unknown one a server delivers nothing, in peace. */
static bool look_up(struct live_reader *reader, struct error *error)
{
    struct mongodb_collections collections;
    const struct mongodb_collection *found = NULL;
    if (!mongodb_client_list(&reader->client, &collections, error)) {
        mongodb_collections_release(&collections);
        return false;
    }
    const char **names = calloc(collections.count, sizeof *names);
    for (size_t i = 0; names != NULL && i < collections.count; i++) {
        names[i] = collections.items[i].name;
        if (strcmp(names[i], reader->collection) == 0)
            found = &collections.items[i];
    }
    bool ok = names != NULL || error_memory(error);
    if (ok && found == NULL) {
        const char *nearest = words_nearest(reader->collection, names, collections.count);
        ok = error_set(error, ERROR_SOURCE, "source %s: the database %s holds no collection %s",
                       reader->client.source, reader->client.database, reader->collection);
        if (nearest != NULL)
            error_hint(error, "did you mean %s?", nearest);
        else
            error_hint(error, "see what it holds with graduate-extract --catalog");
    } else if (ok && found->kind == MONGODB_VIEW) {
        ok = error_set(error, ERROR_SOURCE,
                       "source %s: %s is a view, which holds no data of its own",
                       reader->client.source, reader->collection);
        error_hint(error, "read the collections that it is made of");
    } else if (ok) {
        reader->time_series = found->kind == MONGODB_TIME_SERIES;
    }
    free(names);
    mongodb_collections_release(&collections);
    return ok;
}

/* find: NAME, sort: {_id: 1}, and behind the first document the filter of the head of this file. */
static void make_command(const struct live_reader *reader, bson_t *command)
{
    bson_t filter, expression, operands, literal, sort;
    bson_init(command);
    BSON_APPEND_UTF8(command, "find", reader->collection);
    if (!bson_empty(reader->last)) {
        bson_iter_t id;
        bson_iter_init_find(&id, reader->last, "_id");
        BSON_APPEND_DOCUMENT_BEGIN(command, "filter", &filter);
        BSON_APPEND_DOCUMENT_BEGIN(&filter, "$expr", &expression);
        BSON_APPEND_ARRAY_BEGIN(&expression, "$gt", &operands);
        BSON_APPEND_UTF8(&operands, "0", "$_id");
        BSON_APPEND_DOCUMENT_BEGIN(&operands, "1", &literal);
        bson_append_iter(&literal, "$literal", -1, &id);
        bson_append_document_end(&operands, &literal);
        bson_append_array_end(&expression, &operands);
        bson_append_document_end(&filter, &expression);
        bson_append_document_end(command, &filter);
    }
    BSON_APPEND_DOCUMENT_BEGIN(command, "sort", &sort);
    BSON_APPEND_INT32(&sort, "_id", 1);
    bson_append_document_end(command, &sort);
    /* Without an _id index the server sorts, and may not have the memory to. */
    if (reader->time_series)
        BSON_APPEND_BOOL(command, "allowDiskUse", true);
}

/* By the average document so far; the first reply has 101. */
static uint32_t reply_records(const struct live_reader *reader)
{
    return (uint32_t)(REPLY_BYTES / (reader->bytes / reader->records) + 1);
}

/* A raw command's getMore must go to the same server, in the same session. */
static bool bind_cursor(struct live_reader *reader, bson_t *options, bson_error_t *cause)
{
    mongoc_client_t *client = reader->client.client;
    mongoc_server_description_t *server =
        mongoc_client_select_server(client, false, mongoc_client_get_read_prefs(client), cause);
    if (server == NULL)
        return false;
    BSON_APPEND_INT32(options, "serverId", (int32_t)mongoc_server_description_id(server));
    mongoc_server_description_destroy(server);
    mongoc_session_opt_t *session_options = mongoc_session_opts_new();
    mongoc_session_opts_set_causal_consistency(session_options, false);
    reader->session = mongoc_client_start_session(client, session_options, cause);
    mongoc_session_opts_destroy(session_options);
    if (reader->session != NULL)
        return mongoc_client_session_append(reader->session, options, cause);
    /* A server without sessions needs none. */
    return cause->domain == MONGOC_ERROR_CLIENT &&
           cause->code == MONGOC_ERROR_CLIENT_SESSION_FAILURE;
}

static bool open_cursor(struct live_reader *reader, bson_error_t *cause)
{
    bson_t options = BSON_INITIALIZER, command, reply;
    bool ok = bind_cursor(reader, &options, cause);
    if (reader->records > 0)
        BSON_APPEND_INT32(&options, "batchSize", (int32_t)reply_records(reader));
    if (ok) {
        make_command(reader, &command);
        ok = mongodb_client_command(&reader->client, &command, &options, &reply, cause);
        if (ok)
            reader->cursor = mongoc_cursor_new_from_command_reply_with_opts(reader->client.client,
                                                                            &reply, &options);
        else
            bson_destroy(&reply);
        bson_destroy(&command);
    }
    bson_destroy(&options);
    return ok;
}

static void close_cursor(struct live_reader *reader)
{
    mongoc_cursor_destroy(reader->cursor);
    mongoc_client_session_destroy(reader->session);
    reader->cursor = NULL;
    reader->session = NULL;
}

static bool take_position(struct live_reader *reader, const bson_t *after, struct error *error)
{
    bson_iter_t id;
    size_t at;
    if (after == NULL)
        return true;
    if (soundness_problem(bson_get_data(after), after->len, &at) != NULL ||
        bson_count_keys(after) != 1 || !bson_iter_init_find(&id, after, "_id")) {
        error_set(error, ERROR_REFUSED,
                  "source %s: the position to go on from is not one in a live MongoDB collection",
                  reader->client.source);
        return error_hint(error, "the run began on another kind of source: go on with that one, or "
                                 "start a new run");
    }
    return bson_append_iter(reader->last, "_id", -1, &id) ? true : error_memory(error);
}

static void release(struct live_reader *reader)
{
    close_cursor(reader);
    mongodb_client_release(&reader->client);
    bson_destroy(reader->last);
    bson_destroy(reader->next);
    free(reader->collection);
    free(reader);
}

static bool live_open(struct reader *reader, const struct extraction *what, struct error *error)
{
    struct live_reader *state = calloc(1, sizeof *state);
    if (state == NULL)
        return error_memory(error);
    if (!mongodb_client_init(&state->client, what->endpoint, error)) {
        free(state);
        return error_at(error, what->from, NULL, NULL);
    }
    state->last = bson_new();
    state->next = bson_new();
    state->collection = strdup(what->from);
    bool ok = state->collection != NULL || error_memory(error);
    if (ok && take_position(state, what->after, error) && look_up(state, error)) {
        reader->state = state;
        return true;
    }
    release(state);
    return error_at(error, what->from, NULL, NULL);
}

static bool at_last(const struct live_reader *reader, struct error *error)
{
    char *key =
        bson_empty(reader->last) ? NULL : bson_as_canonical_extended_json(reader->last, NULL);
    error_at(error, reader->collection, key, NULL);
    bson_free(key);
    return false;
}

static bool deliver(struct live_reader *reader, const bson_t *document, struct buffer *payload,
                    struct error *error)
{
    const uint8_t *bytes = bson_get_data(document);
    size_t at;
    const char *problem = soundness_problem(bytes, document->len, &at);
    bson_iter_t id;
    if (problem != NULL) {
        error_set(error, ERROR_SOURCE,
                  "source %s: the document after this key, in the order of _id, is damaged: %s (at "
                  "its byte %zu)",
                  reader->client.source, problem, at);
        error_hint(error, "validate the collection on the server: db.%s.validate({full: true})",
                   reader->collection);
        return at_last(reader, error);
    }
    if (!bson_iter_init_find(&id, document, "_id")) {
        error_set(error, ERROR_SOURCE, "source %s: the document after this key has no _id",
                  reader->client.source);
        error_hint(error, "a scan could not be taken up again behind it: give it an _id");
        return at_last(reader, error);
    }
    bson_reinit(reader->next);
    bson_append_iter(reader->next, "_id", -1, &id);
    if (bson_equal(reader->next, reader->last)) {
        error_set(error, ERROR_SOURCE, "source %s: two documents have this key as their _id",
                  reader->client.source);
        error_hint(error,
                   "no scan could tell them apart: give one of them another _id (on a sharded "
                   "cluster and in a time series they are not unique by themselves)");
        return at_last(reader, error);
    }
    bson_t *last = reader->last;
    reader->last = reader->next;
    reader->next = last;
    buffer_put(payload, bytes, document->len);
    reader->attempts = 0;
    reader->records++;
    reader->bytes += document->len;
    if ((reader->records & (reader->records - 1)) == 0) /* now and then: at powers of two */
        mongoc_cursor_set_batch_size(reader->cursor, reply_records(reader));
    return buffer_ok(payload, error);
}

static bool live_next(struct reader *reader, struct buffer *payload, bool *more,
                      struct error *error)
{
    struct live_reader *state = reader->state;
    for (;;) {
        bson_error_t cause = {0};
        const bson_t *document;
        if (state->cursor != NULL || open_cursor(state, &cause)) {
            *more = mongoc_cursor_next(state->cursor, &document);
            if (*more)
                return deliver(state, document, payload, error);
            if (!mongoc_cursor_error(state->cursor, &cause)) {
                if (mongoc_cursor_more(state->cursor))
                    continue; /* an empty batch is not the end */
                return true;
            }
        }
        close_cursor(state);
        if (!mongodb_client_retry(&state->client, state->collection, "go on from the last document",
                                  &cause, &state->attempts, error))
            return error_at(error, state->collection, NULL, NULL);
    }
}

static bool live_position(struct reader *reader, bson_t *position, struct error *error)
{
    const struct live_reader *state = reader->state;
    return bson_concat(position, state->last) ? true : error_memory(error);
}

static void live_close(struct reader *reader)
{
    release(reader->state);
}

const struct reader_ops mongodb_reader = {
    .kind = SOURCE_MONGODB,
    .export = false,
    .catalog = live_catalog,
    .open = live_open,
    .next = live_next,
    .position = live_position,
    .close = live_close,
    .count = mongodb_count,
};
