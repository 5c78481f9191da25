#include "appwrite_uri.h"

#include <curl/curl.h>
#include <string.h>

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

void appwrite_uri_release(struct appwrite_uri *uri)
{
    char *parts[] = {uri->scheme, uri->host, uri->port,    uri->path,
                     uri->query,  uri->user, uri->fragment};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        curl_free(parts[i]);
}

bool appwrite_uri_parse(struct appwrite_uri *uri, const struct endpoint *endpoint,
                        struct error *error)
{
    *uri = (struct appwrite_uri){0};
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
    uri->loopback = is_loopback(uri->host);
    return true;
}

bool appwrite_key_check(const struct endpoint *endpoint, struct error *error)
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
