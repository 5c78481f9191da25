/* appwrite_api.h: Appwrite's REST API as far as a reader of everything needs it: who asks, what is
 * asked, refusals; and what a record is, over REST and in an export alike.
 *
 * Only GET, only the Databases API, which all versions from 1.5 on serve. The version is asked for
 * without a key (a key may not ask); everything after that carries it as the response format, so
 * that no setting of the server changes what a record looks like. */
#ifndef EXTRACT_APPWRITE_API_H
#define EXTRACT_APPWRITE_API_H

#include "http.h"
#include "reader.h"

enum {
    APPWRITE_ID_SIZE = 256, /* servers allow 36 characters */
    /* Bytes of a page of many records: one that is longer is asked for again with fewer, so that
     * memory stays small; and of a page of one, which may be as long as it likes, within reason. */
    APPWRITE_PAGE_BYTES = 8 << 20,
    APPWRITE_RECORD_BYTES = 256 << 20,
    APPWRITE_COUNT_CAP = 5000, /* where every server stops counting */
};

/* One kind of list. Some are there once for each record of another, their owner, as
 * "/teams/T/memberships": they are one entity all the same. */
struct appwrite_list {
    const char *name;  /* the answer's member, and the entity where it is one */
    const char *path;  /* NULL: depends on database and collection, or on the owner */
    const char *scope; /* that the key needs */
    const char *sign;  /* a member that every record has but that a lossy export drops; or NULL */
    bool optional;     /* an entity only where there is at least one record and the scope */
    const struct appwrite_list *owner; /* or NULL */
    const char *owner_word;            /* what positions call the owner */
    const char *owner_gone;            /* the type of the error where it is deleted */
};
enum { APPWRITE_LISTS = 6 };
/* The lists of a project; each is an entity. */
extern const struct appwrite_list appwrite_lists[APPWRITE_LISTS];
extern const struct appwrite_list *const appwrite_teams, *const appwrite_memberships;
extern const struct appwrite_list *const appwrite_buckets, *const appwrite_files;
extern const struct appwrite_list appwrite_databases, appwrite_collections, appwrite_documents;
extern const struct appwrite_list appwrite_functions;
/* NULL: there is no such list of a project, so it is a collection's name. */
const struct appwrite_list *appwrite_list_find(const char *name);

/* Check a record's "$id", which lives as long as the record. The error's subject is the caller's.
 */
bool appwrite_record_id(const bson_t *record, const char **id, struct error *error);

struct appwrite_api {
    struct http http;
    char *base;       /* "https://HOST/v1" */
    char project[64]; /* its id */
    bool exposed;     /* the key travels unencrypted over a network */
    char version[40]; /* of the server: "1.8.1" */
    int release;      /* 108 for 1.8 */
};

/* ERROR_USAGE for a URI or key that cannot be right, before anything is sent. */
bool appwrite_api_open(struct appwrite_api *api, const struct endpoint *endpoint,
                       struct error *error);
void appwrite_api_release(struct appwrite_api *api);

/* A URL of the API, path and parameters, to which queries are added, each one JSON object. */
void appwrite_url_init(struct buffer *url, const struct appwrite_api *api, const char *path,
                       const char *parameters);
void appwrite_url_query(struct buffer *url, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Append "/" and the id, escaped, to a path. */
void appwrite_put_segment(struct buffer *path, const char *id);
/* Append the path of a list that the record with this id owns. */
void appwrite_put_owned(struct buffer *path, const struct appwrite_list *list, const char *owner);
/* Append a JSON string with its quotes. */
void appwrite_put_text(struct buffer *json, const char *text);
/* Send it and release it. */
bool appwrite_url_get(struct buffer *url, struct appwrite_api *api, size_t limit,
                      struct http_answer *answer, struct error *error);

/* Members of an error's envelope; "" where there are none. */
const char *appwrite_error_type(const struct http_answer *answer);
const char *appwrite_error_message(const struct http_answer *answer);
bool appwrite_lacks_scope(const struct http_answer *answer);
/* The records of a list's answer; false: there are none. Members that a list of memberships has
 * lost make an object of the array. */
bool appwrite_records(const struct http_answer *answer, const struct appwrite_list *list,
                      bson_t *records);
int64_t appwrite_total(const struct http_answer *answer);
/* Turn an answer that is none of what was asked for into an error. */
bool appwrite_refused(const struct appwrite_api *api, const char *path, const char *scope,
                      const struct http_answer *answer, struct error *error);

/* One object, which the caller has initialised. */
bool appwrite_api_get(struct appwrite_api *api, const char *path, const char *scope, bson_t *object,
                      struct error *error);

/* What can be said of a list by one request. */
struct appwrite_figures {
    bool unseen;   /* the key lacks the scope for this optional list, which is no error */
    bool any;      /* it has records, by the id of one of them */
    int64_t count; /* how many; -1: unknown */
    bool members;  /* of teams: one of the first has a member that has accepted */
};
bool appwrite_api_survey(struct appwrite_api *api, const struct appwrite_list *list,
                         const char *path, struct appwrite_figures *figures, struct error *error);

#endif
