/* mongodb_client.h: a connection to a MongoDB server, and what its failures mean. */
#ifndef EXTRACT_MONGODB_CLIENT_H
#define EXTRACT_MONGODB_CLIENT_H

#include "beside.h"
#include "reader.h"

#include <mongoc/mongoc.h>

struct mongodb_client {
    mongoc_client_t *client;
    char *database;
    const char *source; /* its name in project.json; borrowed */
};

/* Make a client of the endpoint's URI; the first command connects. Nothing of libmongoc's own log
 * comes through: it may hold secrets. */
bool mongodb_client_init(struct mongodb_client *client, const struct endpoint *endpoint,
                         struct error *error);
void mongodb_client_release(struct mongodb_client *client);
/* Run a command that reads, on the database. The caller destroys *reply, also after a failure. */
bool mongodb_client_command(struct mongodb_client *client, const bson_t *command,
                            const bson_t *options, bson_t *reply, bson_error_t *cause);

/* Turn libmongoc's error into an ERROR_SOURCE that says what to do; returns false. */
bool mongodb_client_error(const struct mongodb_client *client, const bson_error_t *cause,
                          struct error *error);
/* Would the same read go through a moment later: has the connection been lost, the server changed
 * its role, the cursor been dropped? */
bool mongodb_client_passing(const bson_error_t *cause);
/* After a read that failed, the *attempts-th time in a row: say so and pause, for the caller to "go
 * on from the last document", or what else it does. False, with the error: it would fail again, or
 * has too often. */
bool mongodb_client_retry(const struct mongodb_client *client, const char *collection,
                          const char *what, const bson_error_t *cause, int *attempts,
                          struct error *error);

/* Run a command whose answer can be done without; lost connections are retried as above. Where the
 * server refuses, *reply holds none. The caller destroys *reply. */
bool mongodb_client_ask(struct mongodb_client *client, const char *collection,
                        const bson_t *command, bson_t *reply, struct error *error);

struct mongodb_collection {
    char *name;
    enum mongodb_kind kind;
    bson_t *described; /* by listCollections */
};
struct mongodb_collections {
    struct mongodb_collection *items; /* by name */
    size_t count;
};

/* Everything that has a name in the database; that there is nothing but the server's own is an
 * error, for to MongoDB a mistyped database is an empty one. Release also after a failure. */
bool mongodb_client_list(struct mongodb_client *client, struct mongodb_collections *collections,
                         struct error *error);
void mongodb_collections_release(struct mongodb_collections *collections);

#endif
