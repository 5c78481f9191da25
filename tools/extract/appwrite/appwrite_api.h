/* appwrite_api.h: Appwrite's REST API as far as a reader of everything needs it: who asks, lists
 * page by page, refusals; and what a record is, over REST and in an export alike.
 *
 * Only GET, only the Databases API, which all versions from 1.5 on serve, without a response format
 * of our own: what the server keeps is what is read. Where versions differ:
 *
 *   before 1.8   documents nest related ones unless a select asks for the plain columns, and a
 *                select returns only the system fields that it names
 *   from 1.8     "$sequence": an integer or, from 1.9 on, its digits; always an int64 here
 *   all          a link of a many-to-many relationship is in no document; a second request brings
 *                the links of a page, and the record holds them as an array of ids */
#ifndef EXTRACT_APPWRITE_API_H
#define EXTRACT_APPWRITE_API_H

#include "http.h"
#include "reader.h"

#include <jansson.h>

enum { APPWRITE_ID_SIZE = 256 }; /* servers allow 36 characters */

/* One kind of list. */
struct appwrite_list {
    const char *name;  /* the answer's member, and the entity where it is one */
    const char *path;  /* NULL: depends on database and collection */
    const char *scope; /* that the key needs */
    const char *sign;  /* a member that every record has but that a lossy export drops; or NULL */
    bool optional;     /* an entity only where there is at least one record and the scope */
};
enum { APPWRITE_LISTS = 4 };
/* The lists of a project; each is an entity. */
extern const struct appwrite_list appwrite_lists[APPWRITE_LISTS];
extern const struct appwrite_list appwrite_databases, appwrite_collections, appwrite_documents;
/* NULL: there is no such list of a project, so it is a collection's name. */
const struct appwrite_list *appwrite_list_find(const char *name);

/* Check a record's "$id", which lives as long as the record, and bring its "$sequence" to an
 * integer; *sequence is -1 if there is none. The error's subject is the caller's. */
bool appwrite_record(json_t *record, const char **id, int64_t *sequence, struct error *error);

struct appwrite_api {
    struct http http;
    char *base;       /* "https://HOST/v1" */
    bool exposed;     /* the key travels unencrypted over a network */
    char version[32]; /* of the server; "unknown" */
    int release;      /* 108 for 1.8; INT_MAX unknown */
};

/* ERROR_USAGE for a URI or key that cannot be right, before anything is sent. */
bool appwrite_api_open(struct appwrite_api *api, const struct endpoint *endpoint,
                       struct error *error);
void appwrite_api_release(struct appwrite_api *api);
/* One object, owned by the caller. */
bool appwrite_api_get(struct appwrite_api *api, const char *path, const char *scope,
                      json_t **object, struct error *error);
/* Whether a list has a record, and how many (-1: unknown). An optional list that the key may not
 * see is a warning, and counts as empty. */
bool appwrite_api_survey(struct appwrite_api *api, const struct appwrite_list *list,
                         const char *path, bool *any, int64_t *estimate, struct error *error);
/* Append "/" and the id, escaped, to a path. */
void appwrite_put_segment(struct buffer *path, const char *id);

/* The records of one list, in the server's own order, one page in memory. The place in the list is
 * `cursor` ("": the start) and `sequence` (-1: unknown) of the last record; set them to go on. */
struct appwrite_pager {
    struct appwrite_api *api;
    const struct appwrite_list *list;
    const char *path;
    json_t *links; /* names of many-to-many relationships, or NULL; the pager's */
    json_t *page;
    size_t at;
    int limit;
    bool by_sequence; /* the cursor's record has gone: the next page is found by number */
    char cursor[APPWRITE_ID_SIZE];
    int64_t sequence;
};

void appwrite_pager_init(struct appwrite_pager *pager, struct appwrite_api *api,
                         const struct appwrite_list *list, const char *path);
void appwrite_pager_release(struct appwrite_pager *pager);
/* The next record, valid until the next call; NULL at the end. */
bool appwrite_pager_next(struct appwrite_pager *pager, json_t **record, struct error *error);

#endif
