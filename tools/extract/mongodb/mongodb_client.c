#include "mongodb_client.h"
#include "export_form.h"
#include "graduate/message.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Long enough for an election, short enough for someone who waits. */
enum { SELECTION_TIMEOUT_MS = 10000 };

/* How often in a row a read is tried again, and the pauses before: 0.5, 1, 2, 4, 8 seconds, in
 * which a server starts anew or a cluster elects. */
enum { ATTEMPTS = 5, FIRST_PAUSE_MS = 500 };

#define BAD_USER                                                                                   \
    "the server does not accept user and password",                                                \
        ADVICE("check user, password and authSource in the URI; characters such as : / ? # [ ] @ " \
               "% in them must be percent-encoded")
#define NOT_ALLOWED                                                                                \
    "the server does not allow this user to read",                                                 \
        ADVICE("give the URI a user, and that user the role read on the database")

/* What a failure is to the reader of the message, by the first row that fits: domain and code where
 * they are not 0, and a piece of libmongoc's or the server's text where there is one. */
static const struct meaning {
    uint32_t domain, code;
    const char *text;
    const char *what, *next;
} meanings[] = {
    {MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, NULL, BAD_USER},
    {MONGOC_ERROR_SERVER, 18, NULL, BAD_USER},
    {MONGOC_ERROR_SERVER, 8000, "not allowed", NOT_ALLOWED},
    {MONGOC_ERROR_SERVER, 8000, "auth", BAD_USER},
    {MONGOC_ERROR_SERVER, 13, NULL, NOT_ALLOWED},
    {0, 0, "Failed to resolve", "its host name cannot be resolved",
     ADVICE("check the host in the URI, and this machine's DNS")},
    {0, 0, "Failed to look up", "its host name has no SRV record",
     ADVICE("check the host in the URI; where DNS is limited, use the long form "
            "mongodb://host1,host2/")},
    {0, 0, "TLS handshake failed", "no TLS connection could be made",
     ADVICE("the server's certificate must name the host as the URI does, be valid, and be signed "
            "by an "
            "authority that this machine trusts or that tlsCAFile= in the URI names")},
    {0, 0, "connection refused", "no server listens at its host and port",
     ADVICE("check host and port in the URI, and that the server is running")},
    {0, 0, "connection closed", "the server hangs up",
     ADVICE("if it wants TLS, add tls=true to the URI; else see the server's log")},
    {MONGOC_ERROR_SERVER_SELECTION, 0, NULL, "the server does not answer",
     ADVICE("check host, port and tls= in the URI, the network, the IP access list (Atlas), and "
            "that the "
            "server is not paused")},
    {MONGOC_ERROR_STREAM, 0, NULL, "the connection was lost",
     ADVICE("see the network and the server's log, and run again")},
    {MONGOC_ERROR_SERVER, 0, NULL, "the server refuses the command",
     ADVICE("see the server's log")},
    {0, 0, NULL, "the server cannot be read", ADVICE("see that it is running, and run again")},
};

/* Codes of the server for what passes. */
static const uint32_t passing_codes[] = {
    6,     /* HostUnreachable */
    7,     /* HostNotFound */
    43,    /* CursorNotFound: idle too long, or the server was started anew */
    89,    /* NetworkTimeout */
    91,    /* ShutdownInProgress */
    175,   /* QueryPlanKilled */
    189,   /* PrimarySteppedDown */
    237,   /* CursorKilled */
    262,   /* ExceededTimeLimit */
    9001,  /* SocketException */
    10107, /* NotWritablePrimary */
    11600, /* InterruptedAtShutdown */
    11602, /* InterruptedDueToReplStateChange */
    13435, /* NotPrimaryNoSecondaryOk */
    13436, /* NotPrimaryOrSecondary */
};

bool mongodb_client_passing(const bson_error_t *cause)
{
    if (cause->domain == MONGOC_ERROR_STREAM || cause->domain == MONGOC_ERROR_SERVER_SELECTION)
        return true;
    if (cause->domain == MONGOC_ERROR_PROTOCOL)
        return cause->code == MONGOC_ERROR_PROTOCOL_INVALID_REPLY;
    for (size_t i = 0; i < sizeof passing_codes / sizeof passing_codes[0]; i++)
        if (cause->domain == MONGOC_ERROR_SERVER && cause->code == passing_codes[i])
            return true;
    return false;
}

bool mongodb_client_error(const struct mongodb_client *client, const bson_error_t *cause,
                          struct error *error)
{
    const struct meaning *meaning = meanings;
    while ((meaning->domain != 0 && meaning->domain != cause->domain) ||
           (meaning->code != 0 && meaning->code != cause->code) ||
           (meaning->text != NULL && strstr(cause->message, meaning->text) == NULL))
        meaning++;
    error_set(error, ERROR_SOURCE, "source %s: %s (%s)", client->source, meaning->what,
              cause->message);
    return error_hint(error, "%s", meaning->next);
}

/* Half of the pause for certain and half by chance, so that several readers do not come at once. */
static long choose_pause(int attempt)
{
    uint16_t chance = 0;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) < 0)
        chance = UINT16_MAX;
    long longest = (long)FIRST_PAUSE_MS << (attempt - 1);
    return longest / 2 + longest / 2 * chance / UINT16_MAX;
}

bool mongodb_client_retry(const struct mongodb_client *client, const char *collection,
                          const char *what, const bson_error_t *cause, int *attempts,
                          struct error *error)
{
    if (!mongodb_client_passing(cause) || ++*attempts > ATTEMPTS)
        return mongodb_client_error(client, cause, error);
    long pause = choose_pause(*attempts);
    message_warning("%s: reading from source %s was interrupted (%s); attempt %d of %d to %s in "
                    "%.1f s",
                    collection, client->source, cause->message, *attempts, ATTEMPTS, what,
                    (double)pause / 1000);
    struct timespec left = {.tv_sec = pause / 1000, .tv_nsec = pause % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
    return true;
}

static void start_library(void)
{
    mongoc_log_set_handler(NULL, NULL);
    mongoc_init();
    atexit(mongoc_cleanup);
}

static bool set_options(mongoc_uri_t *uri)
{
    return (mongoc_uri_has_option(uri, MONGOC_URI_SERVERSELECTIONTRYONCE) ||
            mongoc_uri_set_option_as_bool(uri, MONGOC_URI_SERVERSELECTIONTRYONCE, false)) &&
           (mongoc_uri_has_option(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS) ||
            mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS,
                                           SELECTION_TIMEOUT_MS)) &&
           (mongoc_uri_get_appname(uri) != NULL || mongoc_uri_set_appname(uri, "graduate-extract"));
}

/* libmongoc says only in its log that such a file is missing. */
static bool check_files(const struct mongodb_client *client, const mongoc_uri_t *uri,
                        struct error *error)
{
    static const char *const options[] = {MONGOC_URI_TLSCAFILE, MONGOC_URI_TLSCERTIFICATEKEYFILE};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const char *path = mongoc_uri_get_option_as_utf8(uri, options[i], NULL);
        if (path != NULL && access(path, R_OK) != 0) {
            error_set_errno(error, ERROR_SOURCE, "source %s: cannot read the file %s",
                            client->source, path);
            return error_hint(error, "check %s in the URI", options[i]);
        }
    }
    return true;
}

static bool use_uri(struct mongodb_client *client, const mongoc_uri_t *uri, const char *database,
                    struct error *error)
{
    bson_error_t cause;
    if (database == NULL)
        database = mongoc_uri_get_database(uri);
    if (database == NULL || database[0] == '\0') {
        error_set(error, ERROR_USAGE, "source %s: no database is named", client->source);
        return error_hint(error, "end the URI's host part in /DATABASE, or give the source a "
                                 "\"database\" in project.json");
    }
    if (!check_files(client, uri, error))
        return false;
    client->client = mongoc_client_new_from_uri_with_error(uri, &cause);
    if (client->client == NULL)
        return mongodb_client_error(client, &cause, error);
    mongoc_client_set_error_api(client->client, MONGOC_ERROR_API_VERSION_2);
    client->database = strdup(database);
    if (client->database != NULL)
        return true;
    mongoc_client_destroy(client->client);
    return error_memory(error);
}

/* A password with a bare '@' or '/' makes libmongoc take a part of it for a host or the database,
 * and print it as such. */
static bool is_sound(const char *uri)
{
    const char *scheme = strstr(uri, "://");
    const char *hosts = scheme != NULL ? scheme + 3 : uri, *at = strchr(hosts, '@');
    return at == NULL ||
           ((size_t)(at - hosts) < strcspn(hosts, "/?") && strchr(at + 1, '@') == NULL);
}

bool mongodb_client_init(struct mongodb_client *client, const struct endpoint *endpoint,
                         struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_library);
    *client = (struct mongodb_client){.source = endpoint->source->name};
    /* libmongoc's own words about a bad URI may quote the password. */
    bson_error_t unsaid;
    mongoc_uri_t *uri = mongoc_uri_new_with_error(endpoint->uri, &unsaid);
    if (uri == NULL || !is_sound(endpoint->uri) || !set_options(uri)) {
        mongoc_uri_destroy(uri);
        error_set(error, ERROR_USAGE, "source %s: its URI is no valid MongoDB URI", client->source);
        if (export_form_of_uri(endpoint->uri, error))
            return false;
        return error_hint(error, "write mongodb://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS or "
                                 "mongodb+srv://USER:PASSWORD@HOST.DOMAIN.TLD/DATABASE; characters "
                                 "such as : / ? # [ ] @ %% in user and "
                                 "password must be percent-encoded");
    }
    bool ok = use_uri(client, uri, endpoint->source->database, error);
    mongoc_uri_destroy(uri);
    return ok;
}

void mongodb_client_release(struct mongodb_client *client)
{
    mongoc_client_destroy(client->client);
    free(client->database);
}

bool mongodb_client_command(struct mongodb_client *client, const bson_t *command,
                            const bson_t *options, bson_t *reply, bson_error_t *cause)
{
    return mongoc_client_read_command_with_opts(client->client, client->database, command, NULL,
                                                options, reply, cause);
}

bool mongodb_client_ask(struct mongodb_client *client, const char *collection,
                        const bson_t *command, bson_t *reply, struct error *error)
{
    bson_error_t cause;
    int attempts = 0;
    while (!mongodb_client_command(client, command, NULL, reply, &cause)) {
        if (cause.domain == MONGOC_ERROR_SERVER && !mongodb_client_passing(&cause))
            return true;
        if (!mongodb_client_retry(client, collection, "ask again", &cause, &attempts, error))
            return false;
        bson_destroy(reply);
    }
    return true;
}

static const char *text_of(const bson_t *document, const char *field)
{
    bson_iter_t iter;
    return bson_iter_init_find(&iter, document, field) && BSON_ITER_HOLDS_UTF8(&iter)
               ? bson_iter_utf8(&iter, NULL)
               : "";
}

static bool add(struct mongodb_collections *collections, const bson_t *described,
                struct error *error)
{
    const char *name = text_of(described, "name"), *type = text_of(described, "type");
    struct mongodb_collection *items =
        realloc(collections->items, (collections->count + 1) * sizeof *items);
    if (items == NULL)
        return error_memory(error);
    collections->items = items;
    struct mongodb_collection *item = &items[collections->count];
    *item = (struct mongodb_collection){
        .name = strdup(name),
        .kind = strncmp(name, "system.", strlen("system.")) == 0 ? MONGODB_SYSTEM
                : strcmp(type, "view") == 0                      ? MONGODB_VIEW
                : strcmp(type, "timeseries") == 0                ? MONGODB_TIME_SERIES
                                                                 : MONGODB_COLLECTION,
        .described = bson_copy(described),
    };
    collections->count++;
    return item->name != NULL || error_memory(error);
}

static int by_name(const void *a, const void *b)
{
    const struct mongodb_collection *left = a, *right = b;
    return strcmp(left->name, right->name);
}

bool mongodb_client_list(struct mongodb_client *client, struct mongodb_collections *collections,
                         struct error *error)
{
    const bson_t *described;
    bson_error_t cause;
    bool found = false;
    *collections = (struct mongodb_collections){0};
    mongoc_database_t *database = mongoc_client_get_database(client->client, client->database);
    mongoc_cursor_t *cursor = mongoc_database_find_collections_with_opts(database, NULL);
    bool ok = true;
    while (ok && mongoc_cursor_next(cursor, &described))
        ok = add(collections, described, error);
    if (ok && mongoc_cursor_error(cursor, &cause))
        ok = mongodb_client_error(client, &cause, error);
    mongoc_cursor_destroy(cursor);
    mongoc_database_destroy(database);
    for (size_t i = 0; i < collections->count; i++)
        found = found || collections->items[i].kind != MONGODB_SYSTEM;
    if (ok && !found) {
        error_set(error, ERROR_SOURCE, "source %s: the database %s holds no collections",
                  client->source, client->database);
        return error_hint(error,
                          "check the database's name, capitals too: an unknown database looks "
                          "just like an empty one");
    }
    if (ok)
        qsort(collections->items, collections->count, sizeof collections->items[0], by_name);
    return ok;
}

void mongodb_collections_release(struct mongodb_collections *collections)
{
    for (size_t i = 0; i < collections->count; i++) {
        free(collections->items[i].name);
        bson_destroy(collections->items[i].described);
    }
    free(collections->items);
    *collections = (struct mongodb_collections){0};
}
