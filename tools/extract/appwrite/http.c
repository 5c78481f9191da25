#include "http.h"
#include "excerpt.h"
#include "graduate/buffer.h"
#include "graduate/message.h"
#include "html_page.h"
#include "graduate/json_bson.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    CONNECT_SECONDS = 15,
    STALL_SECONDS = 90, /* without a byte; a slow query of Appwrite ends after twice 15 */
    PAUSE_MS = 500,
    LONGEST_PAUSE_MS = 3600 * 1000,
};

/* What a transfer that failed may be cured by; any other failure is tried again. */
static const struct {
    CURLcode code;
    const char *hint;
} incurable[] = {
    {CURLE_PEER_FAILED_VERIFICATION,
     ADVICE(
         "the server's certificate is not trusted here: mend it, or add its CA to this machine")},
    {CURLE_SSL_CACERT_BADFILE,
     ADVICE("this machine's CA certificates cannot be read: install them")},
    {CURLE_OUT_OF_MEMORY, ADVICE("free some memory and run again")},
};

/* One attempt: the body so far, and whether it may not grow further. */
struct transfer {
    struct buffer body;
    size_t limit;
    bool too_large;
};

enum outcome { SETTLED, AGAIN, HOPELESS };

static bool backoff_of_environment(int64_t *pause, struct error *error)
{
    const char *text = getenv("GRADUATE_BACKOFF_MS");
    *pause = PAUSE_MS;
    if (text == NULL || text[0] == '\0')
        return true;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < 0 || value > LONGEST_PAUSE_MS)
        return error_set(error, ERROR_USAGE,
                         "GRADUATE_BACKOFF_MS is \"%s\"; it must be a number of milliseconds, "
                         "0 to %d",
                         text, LONGEST_PAUSE_MS);
    *pause = value;
    return true;
}

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * count;
    if (length > transfer->limit - transfer->body.length) {
        transfer->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    buffer_put(&transfer->body, bytes, length);
    return transfer->body.failed ? CURL_WRITEFUNC_ERROR : length;
}

bool http_init(struct http *http, bool direct, struct error *error)
{
    *http = (struct http){0};
    if (!backoff_of_environment(&http->pause, error))
        return false;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        (http->easy = curl_easy_init()) == NULL)
        return error_memory(error);
    /* Options that this libcurl knows fail only without memory, and then so will the request. */
    curl_easy_setopt(http->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(http->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(http->easy, CURLOPT_USERAGENT, "graduate/" GRADUATE_VERSION);
    curl_easy_setopt(http->easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(http->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(http->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(http->easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
    curl_easy_setopt(http->easy, CURLOPT_WRITEFUNCTION, receive);
    if (direct)
        curl_easy_setopt(http->easy, CURLOPT_PROXY, "");
    return true;
}

void http_release(struct http *http)
{
    curl_slist_free_all(http->headers);
    curl_easy_cleanup(http->easy);
    *http = (struct http){0};
}

bool http_header(struct http *http, const char *name, const char *value, struct error *error)
{
    struct buffer line;
    buffer_init(&line);
    buffer_printf(&line, "%s: %s", name, value);
    struct curl_slist *headers = NULL;
    if (!line.failed)
        headers = curl_slist_append(http->headers, buffer_text(&line));
    buffer_release(&line);
    if (headers == NULL)
        return error_memory(error);
    http->headers = headers;
    return true;
}

static int shown_length(const char *url)
{
    return (int)strcspn(url, "?");
}

/* Fill the answer from a transfer that is complete. False: it is cut off. */
static bool understand(struct http *http, struct transfer *transfer, struct http_answer *answer)
{
    const char *type = NULL, *redirect = NULL;
    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(http->easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(http->easy, CURLINFO_REDIRECT_URL, &redirect);
    if (redirect != NULL)
        snprintf(answer->redirect, sizeof answer->redirect, "%.*s", shown_length(redirect),
                 redirect);
    struct error cause;
    bool cut = false;
    const char *body = buffer_text(&transfer->body);
    bson_t *json = bson_new();
    if (json_bson_parse(body, transfer->body.length, json, &cut, &cause)) {
        answer->json = json;
        return true;
    }
    bson_destroy(json);
    char kind[64] = "no content type", start[81];
    if (type != NULL)
        excerpt(type, strlen(type), kind, sizeof kind);
    /* The first bytes of a page for people help; those of a page of records may be a secret. */
    excerpt(body, strcspn(body, "{["), start, sizeof start);
    answer->foreign = body[strspn(body, " \t\r\n")] != '{';
    html_page_gist(body, transfer->body.length, answer->gist, sizeof answer->gist);
    snprintf(answer->problem, sizeof answer->problem, "%s, %zu bytes; %.100s%s%.60s", kind,
             transfer->body.length, start[0] != '\0' ? start : cause.message,
             cause.path[0] != '\0' ? " at " : "", cause.path);
    return !cut;
}

static enum outcome no_transfer(CURLcode code, const char *text, const char *url,
                                struct error *error)
{
    error_set(error, ERROR_SOURCE, "GET %.*s: %s", shown_length(url), url,
              text[0] != '\0' ? text : curl_easy_strerror(code));
    for (size_t i = 0; i < sizeof incurable / sizeof incurable[0]; i++) {
        if (incurable[i].code == code) {
            error_hint(error, "%s", incurable[i].hint);
            return HOPELESS;
        }
    }
    error_hint(error, "see that the server can be reached from here, then run again");
    return AGAIN;
}

/* 501 and 505 say that the server will never do it. */
static bool is_passing(long status)
{
    return status == 429 || (status >= 500 && status != 501 && status != 505);
}

static enum outcome attempt(struct http *http, const char *url, struct transfer *transfer,
                            struct http_answer *answer, struct error *error)
{
    char text[CURL_ERROR_SIZE] = "";
    buffer_clear(&transfer->body);
    http_answer_release(answer);
    curl_easy_setopt(http->easy, CURLOPT_URL, url);
    curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->headers);
    curl_easy_setopt(http->easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(http->easy, CURLOPT_ERRORBUFFER, text);
    CURLcode code = curl_easy_perform(http->easy);
    curl_easy_setopt(http->easy, CURLOPT_ERRORBUFFER, NULL);
    if (transfer->too_large) {
        curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &answer->status);
        answer->too_large = true;
        snprintf(answer->problem, sizeof answer->problem, "more than %zu bytes", transfer->limit);
        return SETTLED;
    }
    if (code == CURLE_OUT_OF_MEMORY || transfer->body.failed) {
        error_memory(error);
        return HOPELESS;
    }
    if (code != CURLE_OK)
        return no_transfer(code, text, url, error);
    bool whole = understand(http, transfer, answer);
    if (is_passing(answer->status)) {
        const char *type = answer->json != NULL ? json_bson_text(answer->json, "type") : NULL;
        error_set(error, ERROR_SOURCE, "GET %.*s: the server answers %ld (%s)", shown_length(url),
                  url, answer->status, type != NULL ? type : answer->problem);
        error_hint(error, answer->status == 429
                              ? "the server limits requests: run again later to go on from here"
                              : "the server is in trouble: look after it, or wait, and run again");
        return AGAIN;
    }
    if (whole || answer->status != 200)
        return SETTLED;
    error_set(error, ERROR_SOURCE, "GET %.*s: the answer is cut off (%s)", shown_length(url), url,
              answer->problem);
    error_hint(error, "something between here and the server ends answers early: run again");
    return AGAIN;
}

/* Of the last answer; NULL if it is not there. Valid until the next call. */
static const char *header(struct http *http, const char *name)
{
    struct curl_header *found;
    return curl_easy_header(http->easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK
               ? found->value
               : NULL;
}

/* Milliseconds until the end of the rate limit by the server's own clock, 0 if it does not say. */
static int64_t until_reset(struct http *http)
{
    const char *text = header(http, "X-RateLimit-Reset");
    long long reset = text != NULL ? strtoll(text, NULL, 10) : 0;
    text = header(http, "Date");
    time_t now = text != NULL ? curl_getdate(text, NULL) : -1;
    if (now < 0)
        now = time(NULL);
    if (reset <= now || reset - now > LONGEST_PAUSE_MS / 1000)
        return 0;
    return (int64_t)(reset - now) * 1000;
}

static void pause_before(struct http *http, int number, const struct error *why)
{
    int64_t wait = http->pause << (number - 2);
    if (wait > LONGEST_PAUSE_MS)
        wait = LONGEST_PAUSE_MS;
    uint32_t chance = UINT32_MAX;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) < 0)
        chance = UINT32_MAX;
    wait = wait / 2 + wait / 2 * (int64_t)chance / UINT32_MAX;
    /* The reset is in whole seconds: with the jitter behind it, it has surely passed. */
    wait += until_reset(http);
    message_warning("%s; attempt %d of %d in %.1f s", why->message, number, HTTP_ATTEMPTS,
                    (double)wait / 1000);
    struct timespec left = {wait / 1000, wait % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

bool http_get(struct http *http, const char *url, size_t limit, struct http_answer *answer,
              struct error *error)
{
    struct transfer transfer = {.limit = limit};
    *answer = (struct http_answer){0};
    enum outcome outcome = AGAIN;
    for (int number = 1; outcome == AGAIN && number <= HTTP_ATTEMPTS; number++) {
        if (number > 1)
            pause_before(http, number, error);
        outcome = attempt(http, url, &transfer, answer, error);
    }
    buffer_release(&transfer.body);
    if (outcome == SETTLED)
        return true;
    http_answer_release(answer);
    if (outcome == AGAIN) {
        struct error last = *error;
        error_set(error, ERROR_SOURCE, "%s; %d attempts", last.message, HTTP_ATTEMPTS);
        error_hint(error, "%s", last.hint);
    }
    return false;
}

void http_answer_release(struct http_answer *answer)
{
    bson_destroy(answer->json);
    *answer = (struct http_answer){0};
}
