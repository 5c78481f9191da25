/* appwrite_pager.h: the records of one list in the order of their "$id", one page in memory.
 *
 * A page is asked for by what is behind the last id: greaterThan("$id", last), orderAsc("$id"). So
 * no record need be there still for the next page to be found, and an id is all that it takes to go
 * on. Every version from 1.5 on understands this, for every list. Where versions differ:
 *
 *   before 1.8   documents nest related ones unless a select asks for the plain columns, and a
 *                select returns only the system fields that it names; none may name $databaseId or
 *                $collectionId
 *   all          a link of a many-to-many relationship is in no document; a second request brings
 *                the links of a page, and the record holds them as an array of ids
 *   memberships  those without a user are taken out of a page that was cut before, so that a page
 *                can be short, or empty, although more follow
 *
 * An empty page is believed when the greatest id of the list says the same. A page that does not
 * get on is an error. */
#ifndef EXTRACT_APPWRITE_PAGER_H
#define EXTRACT_APPWRITE_PAGER_H

#include "appwrite_api.h"
#include "id_order.h"

struct appwrite_pager {
    struct appwrite_api *api;
    const struct appwrite_list *list;
    const char *path;
    bson_t *relations;         /* names of many-to-many relationships as keys, or NULL; ours */
    struct http_answer answer; /* the page */
    struct http_answer links;  /* of its records; status 0: none were asked for */
    bson_iter_t at;            /* the page's record before the next */
    bson_t record;             /* the last one delivered */
    bool ended;
    int limit;
    int64_t skipped; /* places behind `last` whose records the server does not show */
    struct id_order order;
    char last[APPWRITE_ID_SIZE]; /* "": the start; set it to go on */
};

void appwrite_pager_init(struct appwrite_pager *pager, struct appwrite_api *api,
                         const struct appwrite_list *list, const char *path);
void appwrite_pager_release(struct appwrite_pager *pager);
/* The next record, valid until the next call; NULL at the end. */
bool appwrite_pager_next(struct appwrite_pager *pager, bson_t **record, struct error *error);
/* The greatest id of the list ("": it is empty), asked from its other end, and how many records it
 * has (-1: more than a server counts). */
bool appwrite_pager_tail(struct appwrite_pager *pager, char greatest[APPWRITE_ID_SIZE],
                         int64_t *total, struct error *error);
/* Is this id certainly behind that of the last record delivered? */
bool appwrite_pager_behind(const struct appwrite_pager *pager, const char *greatest);

#endif
