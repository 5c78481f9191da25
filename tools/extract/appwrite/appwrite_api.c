#include "appwrite_api.h"
#include "appwrite_uri.h"
#include "excerpt.h"
#include "graduate/message.h"
#include "graduate/json_bson.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct appwrite_list appwrite_lists[APPWRITE_LISTS] = {
    {.name = "users", .path = "/users", .scope = "users.read", .sign = "prefs"},
    {.name = "identities", .path = "/users/identities", .scope = "users.read"},
    {.name = "teams", .path = "/teams", .scope = "teams.read", .sign = "prefs", .optional = true},
    {.name = "memberships",
     .scope = "teams.read",
     .sign = "roles",
     .optional = true,
     .owner = &appwrite_lists[2],
     .owner_word = "team",
     .owner_gone = "team_not_found"},
    {.name = "buckets",
     .path = "/storage/buckets",
     .scope = "buckets.read",
     .sign = "$permissions",
     .optional = true},
    {.name = "files",
     .scope = "files.read",
     .sign = "$permissions",
     .optional = true,
     .owner = &appwrite_lists[4],
     .owner_word = "bucket",
     .owner_gone = "storage_bucket_not_found"},
};
const struct appwrite_list *const appwrite_teams = &appwrite_lists[2];
const struct appwrite_list *const appwrite_memberships = &appwrite_lists[3];
const struct appwrite_list *const appwrite_buckets = &appwrite_lists[4];
const struct appwrite_list *const appwrite_files = &appwrite_lists[5];
const struct appwrite_list appwrite_databases = {
    .name = "databases", .path = "/databases", .scope = "databases.read"};
const struct appwrite_list appwrite_collections = {
    .name = "collections", .scope = "collections.read", .sign = "$permissions"};
const struct appwrite_list appwrite_documents = {
    .name = "documents", .scope = "documents.read", .sign = "$permissions"};
const struct appwrite_list appwrite_functions = {
    .name = "functions", .path = "/functions", .scope = "functions.read", .optional = true};

/* What to do about a refusal; a missing scope has words of its own. */
static const struct {
    const char *type, *hint;
} hints[] = {
    {"project_key_expired", ADVICE("make a new API key, put it in the environment, and run again")},
    {"project_not_found",
     ADVICE("look at ?project= in the URI; on Appwrite Cloud the host must be that "
            "of the project's region")},
    {"project_id_missing", ADVICE("look at ?project= in the URI: the key is another project's")},
    {"user_unauthorized",
     ADVICE("the project in the URI does not know this API key: look at both")},
    {"general_access_forbidden",
     ADVICE("the project in the URI does not know this API key: look at both")},
    {"database_not_found", ADVICE("look at \"database\" of this source in project.json")},
    {"collection_not_found", CHANGED_ADVICE},
    {"general_route_not_found", ADVICE("the URI should read https://HOST/v1?project=ID")},
};

const struct appwrite_list *appwrite_list_find(const char *name)
{
    for (size_t i = 0; i < APPWRITE_LISTS; i++)
        if (strcmp(appwrite_lists[i].name, name) == 0)
            return &appwrite_lists[i];
    return NULL;
}

bool appwrite_record_id(const bson_t *record, const char **id, struct error *error)
{
    bson_iter_t at;
    uint32_t length = 0;
    *id = NULL;
    if (bson_iter_init_find(&at, record, "$id") && BSON_ITER_HOLDS_UTF8(&at))
        *id = bson_iter_utf8(&at, &length);
    if (*id != NULL && length > 0 && length < APPWRITE_ID_SIZE && strlen(*id) == length)
        return true;
    *id = NULL;
    return error_set(error, ERROR_SOURCE, "has no usable \"$id\"");
}

/* Answers. */

static const char *text_of(const struct http_answer *answer, const char *key)
{
    const char *text = answer->json != NULL ? json_bson_text(answer->json, key) : NULL;
    return text != NULL ? text : "";
}

const char *appwrite_error_type(const struct http_answer *answer)
{
    return text_of(answer, "type");
}

const char *appwrite_error_message(const struct http_answer *answer)
{
    return text_of(answer, "message");
}

bool appwrite_lacks_scope(const struct http_answer *answer)
{
    return answer->status == 401 &&
           strcmp(appwrite_error_type(answer), "general_unauthorized_scope") == 0 &&
           strstr(appwrite_error_message(answer), "role: guests") == NULL;
}

bool appwrite_records(const struct http_answer *answer, const struct appwrite_list *list,
                      bson_t *records)
{
    return answer->status == 200 && answer->json != NULL &&
           (json_bson_array(answer->json, list->name, records) ||
            (list == appwrite_memberships && json_bson_object(answer->json, list->name, records)));
}

int64_t appwrite_total(const struct http_answer *answer)
{
    bson_iter_t at;
    return answer->json != NULL && bson_iter_init_find(&at, answer->json, "total") &&
                   BSON_ITER_HOLDS_INT64(&at)
               ? bson_iter_int64(&at)
               : 0;
}

/* The host in "https://HOST:PORT/PATH". */
static int host_of(const char *url, const char **host)
{
    const char *start = strstr(url, "://");
    *host = start != NULL ? start + 3 : "";
    size_t port = **host == '[' ? strcspn(*host, "]") : 0;
    return (int)(port + strcspn(*host + port, ":/?"));
}

static bool redirected(const struct appwrite_api *api, const char *path,
                       const struct http_answer *answer, struct error *error)
{
    const char *here, *there;
    int length = host_of(api->base, &here);
    bool same = host_of(answer->redirect, &there) == length && length > 0 &&
                strncmp(here, there, (size_t)length) == 0;
    error_set(error, ERROR_SOURCE, "%s%s answers %ld, a redirect to %s, which is not followed",
              api->base, path, answer->status,
              answer->redirect[0] != '\0' ? answer->redirect : "nowhere");
    if (same && strncmp(api->base, "http:", 5) == 0 && strncmp(answer->redirect, "https:", 6) == 0)
        return error_hint(error, "write https:// in the source's URI, with the port at which the "
                                 "server speaks TLS, if it is not 443");
    return error_hint(error, "if that server is meant, write it in the source's URI; the key was "
                             "not sent there");
}

static bool no_json(const struct appwrite_api *api, const char *path,
                    const struct http_answer *answer, struct error *error)
{
    if (!answer->foreign) {
        error_set(error, ERROR_SOURCE, "%s%s answers %ld with JSON that cannot be read (%s)",
                  api->base, path, answer->status, answer->problem);
        return error_hint(error, "mend the record in Appwrite that holds this, and run again");
    }
    if (answer->gist[0] != '\0' && answer->status >= 400) {
        error_set(error, ERROR_SOURCE, "%s%s answers %ld with a page that says %s", api->base, path,
                  answer->status, answer->gist);
        return error_hint(error, "the source's URI should read https://HOST/v1?project=ID, with "
                                 "the host that this Appwrite is configured for (its _APP_DOMAIN)");
    }
    error_set(error, ERROR_SOURCE, "%s%s answers %ld with what is no JSON (%s)", api->base, path,
              answer->status, answer->problem);
    return error_hint(error, "is there an Appwrite behind the source's URI, which should read "
                             "https://HOST/v1?project=ID?");
}

bool appwrite_refused(const struct appwrite_api *api, const char *path, const char *scope,
                      const struct http_answer *answer, struct error *error)
{
    if (answer->status >= 300 && answer->status < 400)
        return redirected(api, path, answer, error);
    if (answer->json == NULL)
        return no_json(api, path, answer, error);
    if (answer->status == 200) {
        error_set(error, ERROR_SOURCE,
                  "%s%s answers 200 with JSON of another kind (an object without what was asked "
                  "for)",
                  api->base, path);
        return error_hint(error, "is there an Appwrite behind the source's URI, which should read "
                                 "https://HOST/v1?project=ID?");
    }
    char type[64], message[256];
    excerpt(appwrite_error_type(answer), strlen(appwrite_error_type(answer)), type, sizeof type);
    excerpt(appwrite_error_message(answer), strlen(appwrite_error_message(answer)), message,
            sizeof message);
    error_set(error, ERROR_SOURCE, "%s%s is refused with %ld %s: %s", api->base, path,
              answer->status, type, message);
    if (appwrite_lacks_scope(answer))
        return error_hint(error, "give the API key the scope %s, and run again", scope);
    if (strcmp(type, "general_unauthorized_scope") == 0) /* its bearer is a guest */
        return error_hint(error, "the project in the URI does not know this API key: look at both");
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strcmp(hints[i].type, type) == 0)
            return error_hint(error, "%s", hints[i].hint);
    return error_hint(error, "see what Appwrite's own console says of it, and run again");
}

/* Requests. */

void appwrite_put_segment(struct buffer *path, const char *id)
{
    char *escaped = curl_easy_escape(NULL, id, 0);
    if (escaped == NULL)
        path->failed = true;
    else
        buffer_printf(path, "/%s", escaped);
    curl_free(escaped);
}

void appwrite_put_owned(struct buffer *path, const struct appwrite_list *list, const char *owner)
{
    buffer_puts(path, list->owner->path);
    appwrite_put_segment(path, owner);
    buffer_printf(path, "/%s", list->name);
}

void appwrite_put_text(struct buffer *json, const char *text)
{
    buffer_putc(json, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            buffer_printf(json, "\\u%04x", (unsigned char)*text);
        else
            buffer_putc(json, *text);
    }
    buffer_putc(json, '"');
}

void appwrite_url_init(struct buffer *url, const struct appwrite_api *api, const char *path,
                       const char *parameters)
{
    buffer_init(url);
    buffer_printf(url, "%s%s?%s", api->base, path, parameters);
}

void appwrite_url_query(struct buffer *url, const char *format, ...)
{
    struct buffer json;
    va_list args;
    buffer_init(&json);
    va_start(args, format);
    buffer_vprintf(&json, format, args);
    va_end(args);
    char *escaped = json.failed ? NULL : curl_easy_escape(NULL, buffer_text(&json), 0);
    if (escaped == NULL || url->length == 0)
        url->failed = true;
    else
        buffer_printf(url, "%squeries%%5B%%5D=%s", url->data[url->length - 1] == '?' ? "" : "&",
                      escaped);
    curl_free(escaped);
    buffer_release(&json);
}

bool appwrite_url_get(struct buffer *url, struct appwrite_api *api, size_t limit,
                      struct http_answer *answer, struct error *error)
{
    bool ok = buffer_ok(url, error) && http_get(&api->http, buffer_text(url), limit, answer, error);
    buffer_release(url);
    return ok;
}

bool appwrite_api_get(struct appwrite_api *api, const char *path, const char *scope, bson_t *object,
                      struct error *error)
{
    struct buffer url;
    struct http_answer answer;
    appwrite_url_init(&url, api, path, "");
    if (!appwrite_url_get(&url, api, APPWRITE_PAGE_BYTES, &answer, error))
        return false;
    bool ok = answer.status == 200 && answer.json != NULL;
    if (!ok)
        appwrite_refused(api, path, scope, &answer, error);
    else if (!bson_concat(object, answer.json))
        ok = error_memory(error);
    http_answer_release(&answer);
    return ok;
}

enum { TEAMS_LOOKED_AT = 25 };

static bool any_has_members(const bson_t *teams)
{
    bson_iter_t at, total;
    bson_t team;
    bool any = false, ok = bson_iter_init(&at, teams);
    while (ok && !any && bson_iter_next(&at))
        any = json_bson_view(&at, &team) && bson_iter_init_find(&total, &team, "total") &&
              bson_iter_as_int64(&total) > 0;
    return any;
}

bool appwrite_api_survey(struct appwrite_api *api, const struct appwrite_list *list,
                         const char *path, struct appwrite_figures *figures, struct error *error)
{
    /* Counting can be what takes too long; then there is no count. */
    static const char *const parameters[] = {"", "total=0"};
    struct http_answer answer = {0};
    for (size_t i = 0; i < 2 && (i == 0 || answer.status == 408); i++) {
        struct buffer url;
        http_answer_release(&answer);
        appwrite_url_init(&url, api, path, parameters[i]);
        appwrite_url_query(&url, "{\"method\":\"limit\",\"values\":[%d]}",
                           list == appwrite_teams ? TEAMS_LOOKED_AT : 1);
        /* Without a select, related documents come along, as many as there are. */
        if (list == &appwrite_documents)
            appwrite_url_query(&url, "{\"method\":\"select\",\"values\":[\"$id\"]}");
        if (!appwrite_url_get(&url, api, APPWRITE_RECORD_BYTES, &answer, error))
            return false;
    }
    bson_t records;
    bool ok = true;
    *figures = (struct appwrite_figures){.count = -1};
    if (appwrite_records(&answer, list, &records)) {
        int64_t total = appwrite_total(&answer);
        figures->any = bson_count_keys(&records) > 0;
        figures->count = total > 0 && total < APPWRITE_COUNT_CAP ? total : figures->any ? -1 : 0;
        figures->members = list == appwrite_teams && any_has_members(&records);
    } else if (list->optional && appwrite_lacks_scope(&answer)) {
        figures->unseen = true;
    } else {
        ok = appwrite_refused(api, path, list->scope, &answer, error);
    }
    http_answer_release(&answer);
    return ok;
}

/* The server. */

/* Of "1.8.1-rc2" the response format is "1.8.1": of anything else, servers take the oldest. */
static bool read_version(const char *text, struct appwrite_api *api)
{
    int major = 0, minor = 0, patch = 0;
    if (text == NULL || sscanf(text, "%3d.%2d.%3d", &major, &minor, &patch) < 2 || major < 0 ||
        minor < 0 || patch < 0)
        return false;
    api->release = major * 100 + minor;
    snprintf(api->version, sizeof api->version, "%d.%d.%d", major, minor, patch);
    return true;
}

static bool ask_version(struct appwrite_api *api, struct error *error)
{
    static const char path[] = "/health/version";
    struct buffer url;
    struct http_answer answer;
    appwrite_url_init(&url, api, path, "");
    if (!appwrite_url_get(&url, api, APPWRITE_PAGE_BYTES, &answer, error))
        return false;
    /* Every error says the version too. */
    bool ok = answer.json != NULL && read_version(json_bson_text(answer.json, "version"), api);
    if (!ok)
        appwrite_refused(api, path, "health.read", &answer, error);
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
    struct appwrite_uri uri;
    struct buffer base;
    *api = (struct appwrite_api){0};
    buffer_init(&base);
    bool ok = appwrite_uri_parse(&uri, endpoint, error) && appwrite_key_check(endpoint, error);
    if (ok) {
        api->exposed = !uri.loopback && strcmp(uri.scheme, "http") == 0;
        memcpy(api->project, uri.project, sizeof api->project);
        buffer_printf(&base, "%s://%s%s%s%s", uri.scheme, uri.host, uri.port != NULL ? ":" : "",
                      uri.port != NULL ? uri.port : "", uri.path);
        api->base = strdup(buffer_text(&base));
        ok = (buffer_ok(&base, error) && api->base != NULL) || error_memory(error);
        ok = ok && http_init(&api->http, uri.loopback, error) && ask_version(api, error) &&
             http_header(&api->http, "X-Appwrite-Project", uri.project, error) &&
             http_header(&api->http, "X-Appwrite-Key", endpoint->key, error) &&
             http_header(&api->http, "X-Appwrite-Response-Format", api->version, error);
    }
    buffer_release(&base);
    appwrite_uri_release(&uri);
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
