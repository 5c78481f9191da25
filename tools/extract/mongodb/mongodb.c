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
 * error. So are _ids that go back: what stands for a server sends a batch twice, or does not sort.
 *
 * Where the scan ends it is asked for the greatest _id; while there is one behind, and the last
 * cursor brought anything, the scan is taken up again: the server has left records out, or somebody
 * is writing.
 *
 * Position: {"_id": the last document's}.
 *
 * Identity: {"set": text, "database": text, "collection": text, "uuid": hex}: the name of the
 * replica set, or else "hosts": a hash of the hosts that the URI names; and the collection's UUID,
 * where the server gives one. */
#include "bson_order.h"
#include "graduate/message.h"
#include "mongodb_catalog.h"
#include "mongodb_client.h"
#include "mongodb_count.h"
#include "mongodb_end.h"
#include "mongodb_source.h"
#include "soundness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What a reply of the server should hold. Left alone it holds 16 MiB, and libmongoc that twice. */
enum { REPLY_BYTES = 4 << 20 };

enum { UUID_BYTES = 16 };

struct live_reader {
    struct mongodb_client client;
    char *collection;
    bool time_series, collated;
    char uuid[2 * UUID_BYTES + 1]; /* in hex, or "" */
    bson_t *last;                  /* {"_id": ...}; empty before the first document */
    bson_t *next;                  /* the same of the document at hand */
    mongoc_client_session_t *session;
    mongoc_cursor_t *cursor; /* NULL: to be opened */
    int attempts;            /* in a row, without a single document in between */
    int64_t records, bytes;  /* delivered */
    int64_t of_cursor;       /* records that came by this cursor */
};

static void take_description(struct live_reader *reader, const struct mongodb_collection *found)
{
    bson_iter_t top, inner;
    bson_subtype_t subtype;
    uint32_t length;
    const uint8_t *bytes;
    reader->time_series = found->kind == MONGODB_TIME_SERIES;
    reader->collated = bson_iter_init(&top, found->described) &&
                       bson_iter_find_descendant(&top, "options.collation", &inner);
    if (!bson_iter_init(&top, found->described) ||
        !bson_iter_find_descendant(&top, "info.uuid", &inner) || !BSON_ITER_HOLDS_BINARY(&inner))
        return;
    bson_iter_binary(&inner, &subtype, &length, &bytes);
    for (uint32_t i = 0; length == UUID_BYTES && i < length; i++)
        snprintf(reader->uuid + 2 * i, 3, "%02x", bytes[i]);
}

/* Find the collection before it is read: of an unknown one a server delivers nothing, in peace. */
static bool look_up(struct live_reader *reader, struct error *error)
{
    struct mongodb_collections collections;
    const struct mongodb_collection *found = NULL;
    bool ok = mongodb_client_list(&reader->client, &collections, error);
    for (size_t i = 0; ok && i < collections.count; i++)
        if ((collections.items[i].kind == MONGODB_COLLECTION ||
             collections.items[i].kind == MONGODB_TIME_SERIES) &&
            strcmp(collections.items[i].name, reader->collection) == 0)
            found = &collections.items[i];
    if (ok && found == NULL) {
        ok = error_set(error, ERROR_SOURCE, "source %s: the database %s holds no collection %s",
                       reader->client.source, reader->client.database, reader->collection);
        error_hint(error, "%s", CHANGED_ADVICE);
    } else if (ok) {
        take_description(reader, found);
    }
    mongodb_collections_release(&collections);
    return ok;
}

/* find: NAME, sort: {_id: 1}, and behind the first document the filter of the head of this file. */
static void make_command(const struct live_reader *reader, bson_t *command)
{
    bson_t sort;
    bson_init(command);
    BSON_APPEND_UTF8(command, "find", reader->collection);
    if (!bson_empty(reader->last))
        mongodb_end_put_behind(command, "filter", reader->last);
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
    reader->of_cursor = 0;
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

static bool went_back(const struct live_reader *reader, struct error *error)
{
    char *key = bson_as_canonical_extended_json(reader->next, NULL);
    error_set(error, ERROR_SOURCE,
              "source %s: behind this key the server sent %s, which does not come after it in the "
              "order of _id: it sends records twice, or does not sort",
              reader->client.source, key != NULL ? key : "a key that is no UTF-8");
    bson_free(key);
    error_hint(error, "read from the server itself, if a proxy stands before it; else dump it with "
                      "mongodump and read that: file:DUMP/DATABASE");
    return at_last(reader, error);
}

/* Does the document at hand come after the last one, as far as that can be told? */
static bool gets_on(const struct live_reader *reader)
{
    bson_iter_t last, next;
    if (!bson_iter_init_find(&last, reader->last, "_id") ||
        !bson_iter_init_find(&next, reader->next, "_id"))
        return true;
    enum bson_order order = bson_order(&last, &next, reader->collated);
    return order == ID_BEFORE || order == ID_UNKNOWN;
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
    if (!gets_on(reader))
        return went_back(reader, error);
    bson_t *last = reader->last;
    reader->last = reader->next;
    reader->next = last;
    buffer_put(payload, bytes, document->len);
    reader->attempts = 0;
    reader->records++;
    reader->of_cursor++;
    reader->bytes += document->len;
    if ((reader->records & (reader->records - 1)) == 0) /* now and then: at powers of two */
        mongoc_cursor_set_batch_size(reader->cursor, reply_records(reader));
    return buffer_ok(payload, error);
}

/* A cursor has ended: is the scan to be taken up again? */
static bool goes_on(struct live_reader *reader, bool *again, struct error *error)
{
    *again = reader->of_cursor > 0;
    if (*again && !mongodb_end_ask(&reader->client, reader->collection, reader->last,
                                   reader->collated, again, error))
        return error_at(error, reader->collection, NULL, NULL);
    if (*again) {
        message_warning("%s: source %s has records behind the end that it gave: going on behind it",
                        reader->collection, reader->client.source);
        close_cursor(reader);
    }
    return true;
}

static bool live_next(struct reader *reader, struct buffer *payload, bool *more,
                      struct error *error)
{
    struct live_reader *state = reader->state;
    for (;;) {
        bson_error_t cause = {0};
        const bson_t *document;
        bool again;
        if (state->cursor != NULL || open_cursor(state, &cause)) {
            *more = mongoc_cursor_next(state->cursor, &document);
            if (*more)
                return deliver(state, document, payload, error);
            if (!mongoc_cursor_error(state->cursor, &cause)) {
                if (mongoc_cursor_more(state->cursor))
                    continue; /* an empty batch is not the end */
                if (!goes_on(state, &again, error))
                    return false;
                if (again)
                    continue;
                return true;
            }
        }
        close_cursor(state);
        if (!mongodb_client_retry(&state->client, state->collection, "go on from the last document",
                                  &cause, &state->attempts, error))
            return error_at(error, state->collection, NULL, NULL);
    }
}

static bool put_hosts(const mongoc_uri_t *uri, bson_t *identity, struct error *error)
{
    struct buffer hosts;
    char hash[2 * sizeof(XXH64_hash_t) + 1];
    buffer_init(&hosts);
    const char *name = mongoc_uri_get_srv_hostname(uri);
    if (name != NULL)
        buffer_puts(&hosts, name);
    for (const mongoc_host_list_t *host = name == NULL ? mongoc_uri_get_hosts(uri) : NULL;
         host != NULL; host = host->next)
        buffer_printf(&hosts, "%s\n", host->host_and_port);
    bool ok = buffer_ok(&hosts, error);
    if (ok) {
        snprintf(hash, sizeof hash, "%016" PRIx64, (uint64_t)XXH3_64bits(hosts.data, hosts.length));
        ok = BSON_APPEND_UTF8(identity, "hosts", hash) || error_memory(error);
    }
    buffer_release(&hosts);
    return ok;
}

/* A server that has a set says so whichever way it is reached. */
static bool live_identity(struct reader *reader, bson_t *identity, struct error *error)
{
    struct live_reader *state = reader->state;
    bson_t command = BSON_INITIALIZER, reply;
    bson_iter_t set;
    BSON_APPEND_INT32(&command, "isMaster", 1); /* older servers do not know hello */
    bool ok = mongodb_client_ask(&state->client, state->collection, &command, &reply, error) ||
              error_at(error, state->collection, NULL, NULL);
    if (ok && bson_iter_init_find(&set, &reply, "setName") && BSON_ITER_HOLDS_UTF8(&set))
        ok = bson_append_iter(identity, "set", -1, &set) || error_memory(error);
    else if (ok)
        ok = put_hosts(mongoc_client_get_uri(state->client.client), identity, error);
    bson_destroy(&reply);
    bson_destroy(&command);
    if (!ok)
        return false;
    ok = BSON_APPEND_UTF8(identity, "database", state->client.database) &&
         BSON_APPEND_UTF8(identity, "collection", state->collection) &&
         (state->uuid[0] == '\0' || BSON_APPEND_UTF8(identity, "uuid", state->uuid));
    return ok || error_memory(error);
}

/* Behind the last record there is nothing, by the other end of the order; and a count of all. */
static bool live_confirm(struct reader *reader, int64_t delivered, int64_t *held,
                         struct error *error)
{
    struct live_reader *state = reader->state;
    const bson_t *last = bson_empty(state->last) ? NULL : state->last;
    int64_t count;
    bool behind;
    if (!mongodb_end_ask(&state->client, state->collection, state->last, state->collated, &behind,
                         error) ||
        !mongodb_end_count(&state->client, state->collection, behind ? last : NULL, &count, error))
        return error_at(error, state->collection, NULL, NULL);
    if (!behind) {
        *held = count;
        return true;
    }
    char number[32] = "some";
    if (count > 0)
        snprintf(number, sizeof number, "%" PRId64, count);
    error_set(error, ERROR_SOURCE,
              "source %s: the server gave %" PRId64 " records and said that these are all, but it "
              "holds %s more behind the last one",
              state->client.source, delivered, number);
    error_hint(error, "run again: it goes on behind this key; if the server ends there again, read "
                      "from it without what stands between (a proxy), or from a dump: "
                      "file:DUMP/DATABASE");
    return at_last(state, error);
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
    .catalog = mongodb_catalog,
    .open = live_open,
    .next = live_next,
    .identity = live_identity,
    .confirm = live_confirm,
    .position = live_position,
    .close = live_close,
    .count = mongodb_count,
};
