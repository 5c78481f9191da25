#include "appwrite_pager.h"
#include "graduate/message.h"
#include "graduate/json_bson.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PAGE = 100 };

void appwrite_pager_init(struct appwrite_pager *pager, struct appwrite_api *api,
                         const struct appwrite_list *list, const char *path)
{
    *pager = (struct appwrite_pager){.api = api, .list = list, .path = path, .limit = PAGE};
    bson_init(&pager->record);
    id_order_init(&pager->order);
}

void appwrite_pager_release(struct appwrite_pager *pager)
{
    bson_destroy(&pager->record);
    bson_destroy(pager->relations);
    http_answer_release(&pager->answer);
    http_answer_release(&pager->links);
    pager->relations = NULL;
}

/* Requests. */

static void query_behind(struct buffer *url, const char *last)
{
    struct buffer id;
    buffer_init(&id);
    appwrite_put_text(&id, last);
    if (id.failed)
        url->failed = true;
    else if (last[0] != '\0')
        appwrite_url_query(url,
                           "{\"method\":\"greaterThan\",\"attribute\":\"$id\",\"values\":[%s]}",
                           buffer_text(&id));
    buffer_release(&id);
}

static void page_url(struct buffer *url, const struct appwrite_pager *pager)
{
    /* Counting can take longer than reading; only of memberships the total is of use. */
    bool counts = pager->list == appwrite_memberships;
    appwrite_url_init(url, pager->api, pager->path, counts ? "" : "total=0");
    query_behind(url, pager->last);
    appwrite_url_query(url, "{\"method\":\"orderAsc\",\"attribute\":\"$id\"}");
    appwrite_url_query(url, "{\"method\":\"limit\",\"values\":[%d]}", pager->limit);
    if (pager->skipped > 0)
        appwrite_url_query(url, "{\"method\":\"offset\",\"values\":[%" PRId64 "]}", pager->skipped);
    if (pager->list == &appwrite_documents && pager->api->release < 108)
        appwrite_url_query(url, "{\"method\":\"select\",\"values\":[\"*\",\"$id\",\"$createdAt\","
                                "\"$updatedAt\",\"$permissions\"]}");
}

bool appwrite_pager_tail(struct appwrite_pager *pager, char greatest[APPWRITE_ID_SIZE],
                         int64_t *total, struct error *error)
{
    struct buffer url;
    struct http_answer answer;
    bson_t records, record;
    bson_iter_t at;
    appwrite_url_init(&url, pager->api, pager->path, "");
    appwrite_url_query(&url, "{\"method\":\"orderDesc\",\"attribute\":\"$id\"}");
    appwrite_url_query(&url, "{\"method\":\"limit\",\"values\":[1]}");
    if (pager->list == &appwrite_documents)
        appwrite_url_query(&url, "{\"method\":\"select\",\"values\":[\"$id\"]}");
    if (!appwrite_url_get(&url, pager->api, APPWRITE_RECORD_BYTES, &answer, error))
        return false;
    greatest[0] = '\0';
    *total = appwrite_total(&answer);
    if (*total >= APPWRITE_COUNT_CAP)
        *total = -1;
    bool ok = appwrite_records(&answer, pager->list, &records) ||
              appwrite_refused(pager->api, pager->path, pager->list->scope, &answer, error);
    const char *id;
    if (ok && bson_iter_init(&at, &records) && bson_iter_next(&at)) {
        ok = json_bson_view(&at, &record) && appwrite_record_id(&record, &id, error);
        if (ok)
            snprintf(greatest, APPWRITE_ID_SIZE, "%s", id);
        else
            ok = error_set(error, ERROR_SOURCE, "%s%s: the last record has no usable \"$id\"",
                           pager->api->base, pager->path);
    }
    http_answer_release(&answer);
    return ok;
}

bool appwrite_pager_behind(const struct appwrite_pager *pager, const char *greatest)
{
    return greatest[0] != '\0' &&
           (pager->last[0] == '\0' || id_order_surely_behind(&pager->order, pager->last, greatest));
}

/* Set an error about the record that comes next. */
static bool next_error(const struct appwrite_pager *pager, const char *what, struct error *error)
{
    char last[APPWRITE_ID_SIZE + 32] = "the first record";
    if (pager->last[0] != '\0')
        snprintf(last, sizeof last, "the record behind \"%s\"", pager->last);
    return error_set(error, ERROR_SOURCE, "%s%s: %s %s", pager->api->base, pager->path, last, what);
}

/* An answer that is no page: either the pager has changed so that asking again makes sense, or the
 * error is set. */
static bool ask_again(struct appwrite_pager *pager, const struct http_answer *answer,
                      struct error *error)
{
    bool timed_out = answer->status == 408;
    /* One string that is no UTF-8 spoils a page; with fewer records others get through. */
    bool garbled = answer->status == 400 &&
                   strncmp(appwrite_error_message(answer), "Failed to parse response", 24) == 0;
    if ((answer->too_large || timed_out || garbled) && pager->limit > 1) {
        pager->limit /= 2;
        return true;
    }
    if (answer->too_large) {
        next_error(pager, "is too long to be read", error);
        return error_hint(error, "make that record smaller than %d MiB in Appwrite, and run again",
                          APPWRITE_RECORD_BYTES >> 20);
    }
    if (timed_out) {
        next_error(pager, "takes Appwrite's database too long, even alone", error);
        return error_hint(error, "run again when the server has less to do");
    }
    if (garbled) {
        next_error(pager, "holds text that is no UTF-8, so Appwrite cannot print it", error);
        return error_hint(error, "mend or delete that record in Appwrite, and run again");
    }
    return appwrite_refused(pager->api, pager->path, pager->list->scope, answer, error);
}

/* A team that is deleted takes its memberships with it, and a bucket its files. */
static bool has_gone(const struct appwrite_pager *pager)
{
    return pager->list->owner != NULL && pager->answer.status == 404 &&
           strcmp(appwrite_error_type(&pager->answer), pager->list->owner_gone) == 0;
}

static bool fetch_page(struct appwrite_pager *pager, struct error *error)
{
    bson_t records;
    http_answer_release(&pager->answer);
    while (pager->answer.status == 0) {
        struct buffer url;
        page_url(&url, pager);
        if (!appwrite_url_get(&url, pager->api,
                              pager->limit > 1 ? APPWRITE_PAGE_BYTES : APPWRITE_RECORD_BYTES,
                              &pager->answer, error))
            return false;
        if (appwrite_records(&pager->answer, pager->list, &records))
            break;
        pager->ended = has_gone(pager);
        if (pager->ended)
            return true;
        bool again = ask_again(pager, &pager->answer, error);
        http_answer_release(&pager->answer);
        if (!again)
            return false;
    }
    return bson_iter_init(&pager->at, &records) || error_memory(error);
}

static bool is_empty(const struct appwrite_pager *pager)
{
    bson_iter_t at = pager->at;
    return !bson_iter_next(&at);
}

/* The links of the page's records. */

static void put_ids(const struct appwrite_pager *pager, struct buffer *ids, int *count)
{
    bson_iter_t at = pager->at;
    bson_t record;
    const char *id;
    struct error error;
    while (bson_iter_next(&at)) {
        if (!json_bson_view(&at, &record) || !appwrite_record_id(&record, &id, &error))
            continue; /* said when it is its turn */
        if ((*count)++ > 0)
            buffer_putc(ids, ',');
        appwrite_put_text(ids, id);
    }
}

static bool fetch_links(struct appwrite_pager *pager, struct error *error)
{
    struct buffer url, ids, names;
    bson_iter_t at;
    bson_t records;
    int count = 0;
    http_answer_release(&pager->links);
    buffer_init(&ids);
    buffer_init(&names);
    put_ids(pager, &ids, &count);
    if (bson_iter_init(&at, pager->relations)) {
        while (bson_iter_next(&at)) {
            struct buffer name;
            buffer_init(&name);
            buffer_printf(&name, "%s.$id", bson_iter_key(&at));
            buffer_putc(&names, ',');
            appwrite_put_text(&names, buffer_text(&name));
            buffer_release(&name);
        }
    }
    appwrite_url_init(&url, pager->api, pager->path, "total=0");
    appwrite_url_query(&url, "{\"method\":\"limit\",\"values\":[%d]}", count);
    appwrite_url_query(&url, "{\"method\":\"equal\",\"attribute\":\"$id\",\"values\":[%s]}",
                       buffer_text(&ids));
    appwrite_url_query(&url, "{\"method\":\"select\",\"values\":[\"$id\"%s]}", buffer_text(&names));
    bool ok = buffer_ok(&ids, error) && buffer_ok(&names, error);
    buffer_release(&ids);
    buffer_release(&names);
    if (!ok) {
        buffer_release(&url);
        return false;
    }
    return appwrite_url_get(&url, pager->api, APPWRITE_RECORD_BYTES, &pager->links, error) &&
           (appwrite_records(&pager->links, pager->list, &records) ||
            appwrite_refused(pager->api, pager->path, pager->list->scope, &pager->links, error));
}

/* The record of this id among the links; false: it has gone meanwhile. */
static bool find_links(const struct appwrite_pager *pager, const char *id, bson_t *found)
{
    bson_t records;
    bson_iter_t at;
    if (!appwrite_records(&pager->links, pager->list, &records) || !bson_iter_init(&at, &records))
        return false;
    while (bson_iter_next(&at)) {
        const char *this = json_bson_view(&at, found) ? json_bson_text(found, "$id") : NULL;
        if (this != NULL && strcmp(this, id) == 0)
            return true;
    }
    return false;
}

/* The ids of the related records, of which one that has gone is shown without. */
static bool put_links(const bson_t *found, const char *relation, bson_t *record)
{
    bson_t links, list, linked;
    bson_iter_t at;
    uint32_t count = 0;
    if (!bson_append_array_begin(record, relation, -1, &list))
        return false;
    bool ok = true;
    if (found != NULL && json_bson_array(found, relation, &links) && bson_iter_init(&at, &links)) {
        while (ok && bson_iter_next(&at)) {
            char digits[16];
            const char *key,
                *id = json_bson_view(&at, &linked) ? json_bson_text(&linked, "$id") : NULL;
            if (id == NULL)
                continue;
            size_t length = bson_uint32_to_string(count++, &key, digits, sizeof digits);
            ok = bson_append_utf8(&list, key, (int)length, id, -1);
        }
    }
    return bson_append_array_end(record, &list) && ok;
}

static bool add_links(struct appwrite_pager *pager, const char *id, struct error *error)
{
    bson_t found;
    bson_iter_t at;
    bool there = find_links(pager, id, &found), ok = bson_iter_init(&at, pager->relations);
    while (ok && bson_iter_next(&at))
        ok = bson_has_field(&pager->record, bson_iter_key(&at)) ||
             put_links(there ? &found : NULL, bson_iter_key(&at), &pager->record);
    return ok || error_memory(error);
}

/* Pages. */

/* An empty page that is not the end: the records in its places are not shown. */
static bool skips(struct appwrite_pager *pager)
{
    int64_t left = appwrite_total(&pager->answer) - pager->skipped - pager->limit;
    if (pager->list != appwrite_memberships || left <= 0)
        return false;
    pager->skipped += pager->limit;
    return true;
}

static bool fetch(struct appwrite_pager *pager, struct error *error)
{
    char greatest[APPWRITE_ID_SIZE];
    int64_t total;
    do {
        if (!fetch_page(pager, error))
            return false;
        if (pager->ended)
            return true;
    } while (is_empty(pager) && skips(pager));
    /* Once more, if the list itself says that this was not all of it. */
    if (is_empty(pager)) {
        if (!appwrite_pager_tail(pager, greatest, &total, error))
            return false;
        bool more =
            greatest[0] != '\0' && id_order_maybe_behind(&pager->order, pager->last, greatest);
        if (more && !fetch_page(pager, error))
            return false;
        if (pager->ended)
            return true;
    }
    /* A server in trouble recovers: back up slowly, as halving is cheap and small pages are not. */
    if (pager->limit < PAGE)
        pager->limit++;
    pager->ended = is_empty(pager);
    return pager->relations == NULL || pager->ended || fetch_links(pager, error);
}

static bool not_rising(const struct appwrite_pager *pager, const char *id, struct error *error)
{
    error_set(error, ERROR_SOURCE,
              "%s%s: asked for what is behind \"%s\", the server gave \"%s\", which is not: its "
              "pages do not get on",
              pager->api->base, pager->path, pager->last, id);
    error_hint(error, "something between here and the server (a cache?) gives old answers, or the "
                      "server is not well: mend that, and run again");
    return error_at(error, NULL, id, NULL);
}

bool appwrite_pager_next(struct appwrite_pager *pager, bson_t **record, struct error *error)
{
    *record = NULL;
    while (!pager->ended && (pager->answer.status == 0 || !bson_iter_next(&pager->at))) {
        if (!fetch(pager, error))
            return false;
    }
    if (pager->ended)
        return true;
    const char *id;
    bson_t view;
    if (!json_bson_view(&pager->at, &view) || !appwrite_record_id(&view, &id, error)) {
        next_error(pager, "has no usable \"$id\"", error);
        return error_hint(error, "is there an Appwrite behind the source's URI?");
    }
    if (pager->last[0] != '\0' && !id_order_rises(&pager->order, pager->last, id))
        return not_rising(pager, id, error);
    snprintf(pager->last, sizeof pager->last, "%s", id);
    pager->skipped = 0;
    bson_destroy(&pager->record);
    bson_copy_to(&view, &pager->record);
    *record = &pager->record;
    return pager->relations == NULL || add_links(pager, pager->last, error);
}
