/* http.h: GET of one JSON answer from a server that may stumble.
 *
 * Tried again, with exponential back-off and jitter, HTTP_ATTEMPTS times in all: lost connections,
 * answers that are cut off, 429 (waiting for X-RateLimit-Reset where the server says so) and 5xx.
 * Every other answer goes to the caller, redirects too: none is followed, so that a header never
 * reaches a host that the caller did not name. GRADUATE_BACKOFF_MS is the first pause (500).
 *
 * Errors name the URL without its query, and never a header or a piece of JSON. */
#ifndef EXTRACT_HTTP_H
#define EXTRACT_HTTP_H

#include "graduate/error.h"

#include <bson/bson.h>
#include <curl/curl.h>
#include <stdint.h>

enum { HTTP_ATTEMPTS = 6 };

struct http {
    CURL *easy;
    struct curl_slist *headers;
    int64_t pause; /* ms, before the second attempt */
};

struct http_answer {
    long status;
    bool too_large;    /* longer than the limit; there is nothing but the status */
    bson_t *json;      /* an object, owned by the answer; NULL: the body is none */
    bool foreign;      /* json NULL: it does not even begin like JSON */
    char problem[256]; /* json NULL: content type, length, and what is wrong or the first bytes */
    char gist[200]; /* json NULL: what a page for people says; "" if it is none; see html_page.h */
    char redirect[256]; /* 3xx: where to, without query; "" if the server does not say */
};

/* `direct`: not through the proxy that the environment names. */
bool http_init(struct http *http, bool direct, struct error *error);
void http_release(struct http *http);
/* Send this with every request. False without memory. */
bool http_header(struct http *http, const char *name, const char *value, struct error *error);

/* False: nothing usable came. `limit` is the greatest number of bytes of a body. */
bool http_get(struct http *http, const char *url, size_t limit, struct http_answer *answer,
              struct error *error);
void http_answer_release(struct http_answer *answer);

#endif
