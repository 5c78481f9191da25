#include "appwrite_api.h"
#include "graduate/message.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 100,
    /* A page longer than this is asked for again with fewer records, so that memory stays small;
     * a single record may be as long as it likes, within reason. */
    PAGE_BYTES = 8 << 20,
    RECORD_BYTES = 256 << 20,
    COUNT_CAP = 5000, /* where every server stops counting */
};

const struct appwrite_list appwrite_lists[APPWRITE_LISTS] = {
    {"users", "/users", "users.read", "prefs", false},
    {"identities", "/users/identities", "users.read", NULL, false},
    {"teams", "/teams", "teams.read", "prefs", true},
    {"buckets", "/storage/buckets", "buckets.read", "$permissions", true},
};
const struct appwrite_list appwrite_databases = {"databases", "/databases", "databases.read", NULL,
                                                 false};
const struct appwrite_list appwrite_collections = {"collections", NULL, "collections.read",
                                                   "$permissions", false};
const struct appwrite_list appwrite_documents = {"documents", NULL, "documents.read",
                                                 "$permissions", false};

/* What to do about a refusal; a missing scope has words of its own. */
static const struct {
    const char *type, *hint;
} hints[] = {
    {"project_key_expired", "make a new API key, put it in the environment, and run again"},
    {"project_not_found", "look at ?project= in the URI; on Appwrite Cloud the host must be that "
                          "of the project's region"},
    {"project_id_missing", "look at ?project= in the URI: the key is another project's"},
    {"user_unauthorized", "the project in the URI does not know this API key: look at both"},
    {"database_not_found", "look at \"database\" of this source in project.json"},
    {"collection_not_found", "the collection has gone since the catalog was made: run again"},
    {"general_route_not_found", "the URI should read https://HOST/v1?project=ID"},
};

const struct appwrite_list *appwrite_list_find(const char *name)
{
    for (size_t i = 0; i < APPWRITE_LISTS; i++)
        if (strcmp(appwrite_lists[i].name, name) == 0)
            return &appwrite_lists[i];
    return NULL;
}

bool appwrite_record(json_t *record, const char **id, int64_t *sequence, struct error *error)
{
    json_t *name = json_object_get(record, "$id");
    *id = json_string_value(name);
    *sequence = -1;
    if (*id == NULL || **id == '\0' || json_string_length(name) >= APPWRITE_ID_SIZE ||
        strlen(*id) != json_string_length(name))
        return error_set(error, ERROR_SOURCE, "has no usable \"$id\"");
    json_t *number = json_object_get(record, "$sequence");
    if (json_is_string(number)) {
        const char *digits = json_string_value(number);
        char *end;
        errno = 0;
        long long value = strtoll(digits, &end, 10);
        /* Servers on other databases than MariaDB have words here, which stay as they are. */
        if (errno != 0 || end == digits || (size_t)(end - digits) != json_string_length(number))
            return true;
        if (json_object_set_new(record, "$sequence", json_integer(value)) != 0)
            return error_memory(error);
        number = json_object_get(record, "$sequence");
    }
    if (json_is_integer(number))
        *sequence = json_integer_value(number);
    return true;
}

/* The URI. */

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "[::1]") == 0;
}

static bool is_header_word(const char *text)
{
    for (; *text > ' ' && *text < 127; text++)
        continue;
    return *text == '\0';
}

/* The project's id out of "project=ID", the one parameter that the URI may have. */
static bool read_project(const char *query, char *project, size_t size)
{
    static const char name[] = "project=";
    int length;
    if (query == NULL || strncmp(query, name, sizeof name - 1) != 0)
        return false;
    char *id = curl_easy_unescape(NULL, query + sizeof name - 1, 0, &length);
    bool ok = id != NULL && *id != '\0' && strlen(id) == (size_t)length && (size_t)length < size &&
              is_header_word(id) && strpbrk(id, "&=") == NULL;
    if (ok)
        memcpy(project, id, (size_t)length + 1);
    curl_free(id);
    return ok;
}

static bool wrong_uri(const struct endpoint *endpoint, const char *what, struct error *error)
{
    error_set(error, ERROR_USAGE, "the URI of the source \"%s\" %s", endpoint->source->name, what);
    return error_hint(error,
                      "it should read https://HOST/v1?project=ID; set it in the "
                      "environment, where project.json says \"%s\"",
                      endpoint->source->uri);
}

struct uri {
    char *scheme, *host, *port, *path, *query, *user, *fragment;
    char project[64];
};

static void uri_release(struct uri *uri)
{
    char *parts[] = {uri->scheme, uri->host, uri->port,    uri->path,
                     uri->query,  uri->user, uri->fragment};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        curl_free(parts[i]);
}

static bool uri_parse(struct uri *uri, const struct endpoint *endpoint, struct error *error)
{
    CURLU *url = curl_url();
    if (url == NULL)
        return error_memory(error);
    bool parsed = curl_url_set(url, CURLUPART_URL, endpoint->uri, 0) == CURLUE_OK;
    const struct {
        CURLUPart part;
        char **to;
    } parts[] = {
        {CURLUPART_SCHEME, &uri->scheme},     {CURLUPART_HOST, &uri->host},
        {CURLUPART_PORT, &uri->port},         {CURLUPART_PATH, &uri->path},
        {CURLUPART_QUERY, &uri->query},       {CURLUPART_USER, &uri->user},
        {CURLUPART_FRAGMENT, &uri->fragment},
    };
    for (size_t i = 0; parsed && i < sizeof parts / sizeof parts[0]; i++)
        curl_url_get(url, parts[i].part, parts[i].to, 0); /* a part that is not there stays NULL */
    curl_url_cleanup(url);
    if (!parsed || uri->scheme == NULL || uri->host == NULL || uri->path == NULL ||
        (strcmp(uri->scheme, "https") != 0 && strcmp(uri->scheme, "http") != 0))
        return wrong_uri(endpoint, "is no http or https URL", error);
    if (uri->user != NULL || uri->fragment != NULL)
        return wrong_uri(endpoint, "has a user or a #fragment, which Appwrite does not know",
                         error);
    size_t length = strlen(uri->path);
    while (length > 0 && uri->path[length - 1] == '/')
        uri->path[--length] = '\0';
    if (length == 0)
        return wrong_uri(endpoint, "has no path", error);
    if (!read_project(uri->query, uri->project, sizeof uri->project))
        return wrong_uri(endpoint, "must have one parameter, project=ID", error);
    return true;
}

static bool check_key(const struct endpoint *endpoint, struct error *error)
{
    if (endpoint->key == NULL || endpoint->key[0] == '\0') {
        error_set(error, ERROR_USAGE, "the source \"%s\" has no API key", endpoint->source->name);
        return error_hint(error, "say \"key\": \"${APPWRITE_API_KEY}\" for it in project.json, and "
                                 "set that variable");
    }
    if (!is_header_word(endpoint->key)) {
        error_set(error, ERROR_USAGE,
                  "the API key of the source \"%s\" holds a space, a line end "
                  "or another character that no key has",
                  endpoint->source->name);
        return error_hint(error, "copy the key again");
    }
    return true;
}

/* Requests and refusals. */

void appwrite_put_segment(struct buffer *path, const char *id)
{
    char *escaped = curl_easy_escape(NULL, id, 0);
    if (escaped == NULL)
        path->failed = true;
    else
        buffer_printf(path, "/%s", escaped);
    curl_free(escaped);
}

static const char *type_of(const struct http_answer *answer)
{
    const char *type = json_string_value(json_object_get(answer->json, "type"));
    return type != NULL ? type : "";
}

static const char *message_of(const struct http_answer *answer)
{
    const char *message = json_string_value(json_object_get(answer->json, "message"));
    return message != NULL ? message : "";
}

static bool lacks_scope(const struct http_answer *answer)
{
    return answer->status == 401 && strcmp(type_of(answer), "general_unauthorized_scope") == 0;
}

static bool redirected(const struct appwrite_api *api, const char *path,
                       const struct http_answer *answer, struct error *error)
{
    error_set(error, ERROR_SOURCE, "%s%s answers %ld, a redirect to %s, which is not followed",
              api->base, path, answer->status,
              answer->redirect[0] != '\0' ? answer->redirect : "nowhere");
    const char *host = strstr(api->base, "://");
    bool same_host = strncmp(api->base, "http:", 5) == 0 &&
                     strncmp(answer->redirect, "https", 5) == 0 &&
                     strncmp(answer->redirect + 5, host, strlen(host)) == 0;
    return error_hint(error, same_host ? "write https:// in the source's URI"
                                       : "if that server is meant, write it in the source's URI; "
                                         "the key was not sent there");
}

/* Turn an answer that is none of what was asked for into an error. */
static bool refused(const struct appwrite_api *api, const char *path, const char *scope,
                    const struct http_answer *answer, struct error *error)
{
    if (answer->status >= 300 && answer->status < 400)
        return redirected(api, path, answer, error);
    if (answer->json == NULL && !answer->foreign) {
        error_set(error, ERROR_SOURCE, "%s%s answers %ld with JSON that cannot be read (%s)",
                  api->base, path, answer->status, answer->problem);
        return error_hint(error, "mend the record in Appwrite that holds this, and run again");
    }
    if (answer->json == NULL || answer->status == 200) {
        error_set(error, ERROR_SOURCE, "%s%s answers %ld with %s (%s)", api->base, path,
                  answer->status, answer->json == NULL ? "what is no JSON" : "JSON of another kind",
                  answer->json == NULL ? answer->problem : "an object without what was asked for");
        return error_hint(error, "is there an Appwrite behind the source's URI, which should read "
                                 "https://HOST/v1?project=ID?");
    }
    char type[64], message[256];
    http_excerpt(type_of(answer), strlen(type_of(answer)), type, sizeof type);
    http_excerpt(message_of(answer), strlen(message_of(answer)), message, sizeof message);
    error_set(error, ERROR_SOURCE, "%s%s is refused with %ld %s: %s", api->base, path,
              answer->status, type, message);
    if (lacks_scope(answer) && strstr(message_of(answer), "role: guests") != NULL)
        return error_hint(error, "the project in the URI does not know this API key: look at both");
    if (lacks_scope(answer))
        return error_hint(error, "give the API key the scope %s, and run again", scope);
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strcmp(hints[i].type, type) == 0)
            return error_hint(error, "%s", hints[i].hint);
    return error_hint(error, "see what Appwrite's own console says of it, and run again");
}

/* A URL of the API whose queries are still to come. */
static void url_begin(struct buffer *url, const struct appwrite_api *api, const char *path,
                      const char *parameters)
{
    buffer_init(url);
    buffer_printf(url, "%s%s?%s", api->base, path, parameters);
}

/* Takes the query over; NULL is failed memory. */
static void url_query(struct buffer *url, json_t *query)
{
    char *text = query != NULL ? json_dumps(query, JSON_COMPACT) : NULL;
    char *escaped = text != NULL ? curl_easy_escape(NULL, text, 0) : NULL;
    if (escaped == NULL || url->length == 0)
        url->failed = true;
    else
        buffer_printf(url, "%squeries%%5B%%5D=%s", url->data[url->length - 1] == '?' ? "" : "&",
                      escaped);
    curl_free(escaped);
    free(text);
    json_decref(query);
}

static json_t *limit_query(int limit)
{
    return json_pack("{s:s,s:[i]}", "method", "limit", "values", limit);
}

/* Send it and release it. */
static bool url_get(struct buffer *url, struct appwrite_api *api, size_t limit,
                    struct http_answer *answer, struct error *error)
{
    bool ok = buffer_ok(url, error) && http_get(&api->http, buffer_text(url), limit, answer, error);
    buffer_release(url);
    return ok;
}

bool appwrite_api_get(struct appwrite_api *api, const char *path, const char *scope,
                      json_t **object, struct error *error)
{
    struct buffer url;
    struct http_answer answer;
    url_begin(&url, api, path, "");
    if (!url_get(&url, api, PAGE_BYTES, &answer, error))
        return false;
    bool ok = answer.status == 200 && answer.json != NULL;
    if (ok)
        *object = json_incref(answer.json);
    else
        refused(api, path, scope, &answer, error);
    http_answer_release(&answer);
    return ok;
}

bool appwrite_api_survey(struct appwrite_api *api, const struct appwrite_list *list,
                         const char *path, bool *any, int64_t *estimate, struct error *error)
{
    /* Counting can be what takes too long; then there is no estimate. */
    static const char *const parameters[] = {"", "total=0"};
    struct http_answer answer = {0};
    for (size_t i = 0; i < 2 && (i == 0 || answer.status == 408); i++) {
        struct buffer url;
        http_answer_release(&answer);
        url_begin(&url, api, path, parameters[i]);
        url_query(&url, limit_query(1));
        if (!url_get(&url, api, RECORD_BYTES, &answer, error))
            return false;
    }
    json_t *records = json_object_get(answer.json, list->name);
    int64_t total = json_integer_value(json_object_get(answer.json, "total"));
    bool ok = true;
    *any = false;
    if (answer.status == 200 && json_is_array(records)) {
        *any = json_array_size(records) > 0;
        *estimate = total > 0 && total < COUNT_CAP ? total : *any ? -1 : 0;
    } else if (list->optional && lacks_scope(&answer)) {
        message_warning("whether there are %s is unknown: the API key lacks the scope %s",
                        list->name, list->scope);
    } else {
        ok = refused(api, path, list->scope, &answer, error);
    }
    http_answer_release(&answer);
    return ok;
}

/* The server. */

static bool ask_version(struct appwrite_api *api, struct error *error)
{
    struct buffer url;
    struct http_answer answer;
    url_begin(&url, api, "/health/version", "");
    if (!url_get(&url, api, PAGE_BYTES, &answer, error))
        return false;
    /* Every error says the version too, so it does not matter whether this one is allowed. */
    const char *version = json_string_value(json_object_get(answer.json, "version"));
    bool ok = answer.json != NULL;
    if (!ok)
        refused(api, "/health/version", "health.read", &answer, error);
    char *end = NULL;
    long major = version != NULL ? strtol(version, &end, 10) : 0;
    long minor = end != version && *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    bool known = end != version && major >= 0 && major < 1000 && minor >= 0 && minor < 100;
    api->release = known ? (int)(major * 100 + minor) : INT_MAX;
    if (known)
        http_excerpt(version, strlen(version), api->version, sizeof api->version);
    else
        snprintf(api->version, sizeof api->version, "unknown");
    http_answer_release(&answer);
    if (ok && api->release < 105) {
        error_set(error, ERROR_SOURCE, "%s is an Appwrite %s", api->base, api->version);
        return error_hint(error, "versions from 1.5 on can be read: update the server first");
    }
    return ok;
}

bool appwrite_api_open(struct appwrite_api *api, const struct endpoint *endpoint,
                       struct error *error)
{
    struct uri uri = {0};
    struct buffer base;
    *api = (struct appwrite_api){0};
    buffer_init(&base);
    bool ok = uri_parse(&uri, endpoint, error) && check_key(endpoint, error);
    if (ok) {
        bool loopback = is_loopback(uri.host);
        api->exposed = !loopback && strcmp(uri.scheme, "http") == 0;
        buffer_printf(&base, "%s://%s%s%s%s", uri.scheme, uri.host, uri.port != NULL ? ":" : "",
                      uri.port != NULL ? uri.port : "", uri.path);
        api->base = strdup(buffer_text(&base));
        ok = (buffer_ok(&base, error) && api->base != NULL) || error_memory(error);
        ok = ok && http_init(&api->http, loopback, error) &&
             http_header(&api->http, "X-Appwrite-Project", uri.project, error) &&
             http_header(&api->http, "X-Appwrite-Key", endpoint->key, error) &&
             ask_version(api, error);
    }
    buffer_release(&base);
    uri_release(&uri);
    if (!ok)
        appwrite_api_release(api);
    return ok;
}

void appwrite_api_release(struct appwrite_api *api)
{
    http_release(&api->http);
    free(api->base);
    *api = (struct appwrite_api){0};
}

/* Pages. */

void appwrite_pager_init(struct appwrite_pager *pager, struct appwrite_api *api,
                         const struct appwrite_list *list, const char *path)
{
    *pager = (struct appwrite_pager){
        .api = api, .list = list, .path = path, .limit = PAGE, .sequence = -1};
}

void appwrite_pager_release(struct appwrite_pager *pager)
{
    json_decref(pager->page);
    json_decref(pager->links);
    pager->page = pager->links = NULL;
}

static void page_url(struct buffer *url, const struct appwrite_pager *pager)
{
    /* The total is of no use, and counting can take longer than reading. */
    url_begin(url, pager->api, pager->path, "total=0");
    url_query(url, limit_query(pager->limit));
    if (pager->by_sequence) {
        char number[24]; /* as text: some servers take no integer here */
        snprintf(number, sizeof number, "%" PRId64, pager->sequence);
        url_query(url, json_pack("{s:s,s:s,s:[s]}", "method", "greaterThan", "attribute",
                                 "$sequence", "values", number));
        url_query(url, json_pack("{s:s,s:s}", "method", "orderAsc", "attribute", "$sequence"));
    } else if (pager->cursor[0] != '\0') {
        url_query(url, json_pack("{s:s,s:[s]}", "method", "cursorAfter", "values", pager->cursor));
    }
    if (pager->list == &appwrite_documents && pager->api->release < 108)
        url_query(url, json_pack("{s:s,s:[s,s,s,s,s,s,s]}", "method", "select", "values", "*",
                                 "$id", "$createdAt", "$updatedAt", "$permissions", "$databaseId",
                                 "$collectionId"));
}

/* Set an error about the record that comes next. */
static bool next_error(const struct appwrite_pager *pager, const char *what, struct error *error)
{
    char last[APPWRITE_ID_SIZE + 32] = "the first record";
    if (pager->cursor[0] != '\0')
        snprintf(last, sizeof last, "the record behind \"%s\"", pager->cursor);
    return error_set(error, ERROR_SOURCE, "%s%s: %s %s", pager->api->base, pager->path, last, what);
}

/* An answer that is no page: either the pager has changed so that asking again makes sense, or the
 * error is set. */
static bool ask_again(struct appwrite_pager *pager, const struct http_answer *answer,
                      struct error *error)
{
    bool timed_out = answer->status == 408;
    /* One string that is no UTF-8 spoils a page; with fewer records others get through. */
    bool garbled =
        answer->status == 400 && strncmp(message_of(answer), "Failed to parse response", 24) == 0;
    bool gone = answer->status == 400 && strcmp(type_of(answer), "general_cursor_not_found") == 0;
    if ((answer->too_large || timed_out || garbled) && pager->limit > 1) {
        pager->limit /= 2;
        return true;
    }
    if (gone && pager->sequence >= 0 && !pager->by_sequence) {
        pager->by_sequence = true;
        return true;
    }
    if (answer->too_large) {
        next_error(pager, "is too long to be read", error);
        return error_hint(error, "make that record smaller than %d MiB in Appwrite, and run again",
                          RECORD_BYTES >> 20);
    }
    if (timed_out) {
        next_error(pager, "takes Appwrite's database too long, even alone", error);
        return error_hint(error, "run again when the server has less to do");
    }
    if (garbled) {
        next_error(pager, "holds text that is no UTF-8, so Appwrite cannot print it", error);
        return error_hint(error, "mend or delete that record in Appwrite, and run again");
    }
    if (!gone)
        return refused(pager->api, pager->path, pager->list->scope, answer, error);
    error_set(error, ERROR_SOURCE,
              "%s%s: the record behind which to go on has been deleted, and this server knows no "
              "other way to find the place",
              pager->api->base, pager->path);
    error_hint(error, "read this entity from its start, in a new run");
    return error_at(error, NULL, pager->cursor, NULL);
}

/* The links of many-to-many relationships, into the records of the page. */
static bool add_links(struct appwrite_pager *pager, struct error *error)
{
    json_t *ids = json_array(), *select = json_pack("[s]", "$id"), *by_id = json_object();
    json_t *record, *link, *linked;
    size_t i, j, k;
    int failed = 0;
    json_array_foreach(pager->links, j, link) failed |=
        json_array_append_new(select, json_sprintf("%s.$id", json_string_value(link)));
    json_array_foreach(pager->page, i, record)
    {
        json_t *id = json_object_get(record, "$id");
        failed |= json_array_append(ids, id) |
                  json_object_set(by_id, json_is_string(id) ? json_string_value(id) : "", record);
        json_array_foreach(pager->links, j, link) failed |=
            json_object_set_new(record, json_string_value(link), json_array());
    }
    struct buffer url;
    struct http_answer answer = {0};
    url_begin(&url, pager->api, pager->path, "total=0");
    url_query(&url, limit_query((int)json_array_size(pager->page)));
    url_query(&url,
              json_pack("{s:s,s:s,s:o}", "method", "equal", "attribute", "$id", "values", ids));
    url_query(&url, json_pack("{s:s,s:o}", "method", "select", "values", select));
    bool ok = url_get(&url, pager->api, RECORD_BYTES, &answer, error);
    json_t *found = json_object_get(answer.json, pager->list->name);
    if (ok && (answer.status != 200 || !json_is_array(found)))
        ok = refused(pager->api, pager->path, pager->list->scope, &answer, error);
    json_array_foreach(found, i, record)
    {
        const char *id = json_string_value(json_object_get(record, "$id"));
        json_t *to = id != NULL ? json_object_get(by_id, id) : NULL;
        json_array_foreach(pager->links, j, link)
        {
            json_t *list = json_object_get(to, json_string_value(link));
            json_array_foreach(json_object_get(record, json_string_value(link)), k,
                               linked) if (list != NULL) failed |=
                json_array_append(list, json_object_get(linked, "$id"));
        }
    }
    http_answer_release(&answer);
    json_decref(by_id);
    return ok && (failed == 0 || error_memory(error));
}

static bool fetch(struct appwrite_pager *pager, struct error *error)
{
    json_decref(pager->page);
    pager->page = NULL;
    pager->at = 0;
    while (pager->page == NULL) {
        struct buffer url;
        struct http_answer answer;
        page_url(&url, pager);
        if (!url_get(&url, pager->api, pager->limit > 1 ? PAGE_BYTES : RECORD_BYTES, &answer,
                     error))
            return false;
        json_t *records = json_object_get(answer.json, pager->list->name);
        bool ok = true;
        if (answer.status == 200 && json_is_array(records))
            pager->page = json_incref(records);
        else
            ok = ask_again(pager, &answer, error);
        http_answer_release(&answer);
        if (!ok)
            return false;
    }
    pager->by_sequence = false;
    /* A server in trouble recovers: back up slowly, as halving is cheap and small pages are not. */
    if (pager->limit < PAGE)
        pager->limit++;
    if (pager->links == NULL || json_array_size(pager->page) == 0)
        return true;
    return add_links(pager, error);
}

bool appwrite_pager_next(struct appwrite_pager *pager, json_t **record, struct error *error)
{
    *record = NULL;
    /* A page can be short although more follows; only an empty one is the end. */
    if (pager->at >= json_array_size(pager->page) && !fetch(pager, error))
        return false;
    if (json_array_size(pager->page) == 0)
        return true;
    const char *id;
    *record = json_array_get(pager->page, pager->at++);
    if (!appwrite_record(*record, &id, &pager->sequence, error)) {
        struct error cause = *error;
        next_error(pager, cause.message, error);
        return error_hint(error, "is there an Appwrite behind the source's URI?");
    }
    snprintf(pager->cursor, sizeof pager->cursor, "%s", id);
    return true;
}
