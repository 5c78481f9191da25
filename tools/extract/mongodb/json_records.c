#include "json_records.h"
#include "graduate/json_bson.h"

#include <string.h>

enum {
    /* Canonical Extended JSON of a document of MongoDB, every letter of it escaped, is shorter. */
    LARGEST_TEXT = 128 << 20,
    MORE = 256 << 10,
    LONGEST_MARK = 3, /* the byte order mark */
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Over the space that lies so far ahead; *next is what follows it, 0 at the end. Nothing is taken:
 * a position is behind a document. */
static bool spaces(struct record_window *window, size_t *ahead, uint8_t *next, struct error *error)
{
    const uint8_t *bytes;
    size_t held, before, wanted = *ahead + 1;
    do {
        before = *ahead;
        if (!record_window_fill(window, wanted, &bytes, &held, error))
            return false;
        wanted = held + MORE;
        while (*ahead < held && is_space(bytes[*ahead]))
            ++*ahead;
    } while (*ahead == held && *ahead > before && held < LARGEST_TEXT);
    if (*ahead >= LARGEST_TEXT)
        return record_window_damaged(window, 0, error,
                                     "nothing but space where a document should be");
    *next = *ahead < held ? bytes[*ahead] : 0;
    return *next != 0 || *ahead == held ||
           record_window_damaged(window, *ahead, error, "a NUL where a document should be");
}

static size_t mark_length(const uint8_t *bytes, size_t held)
{
    static const uint8_t mark[LONGEST_MARK] = {0xEF, 0xBB, 0xBF};
    return held >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0 ? sizeof mark : 0;
}

bool json_records_begin(struct json_records *records, struct record_window *window,
                        struct error *error)
{
    const uint8_t *bytes;
    size_t held;
    if (!record_window_fill(window, MORE, &bytes, &held, error))
        return false;
    size_t at = mark_length(bytes, held);
    while (at < held && is_space(bytes[at]))
        at++;
    *records = (struct json_records){.array = at < held && bytes[at] == '['};
    bson_init(&records->document);
    return true;
}

void json_records_release(struct json_records *records)
{
    bson_destroy(&records->document);
}

/* Where in the text a document stands. */
struct scan {
    size_t at;
    int depth;
    bool text, escaped;
};

/* Over so many bytes, to behind the document's last brace; false: it is not among them. Only what
 * is needed to find that is looked at. */
static bool scan_to_end(struct scan *scan, const uint8_t *bytes, size_t held)
{
    while (scan->at < held) {
        uint8_t c = bytes[scan->at++];
        if (scan->text) {
            if (!scan->escaped && c == '"')
                scan->text = false;
            scan->escaped = !scan->escaped && c == '\\';
        } else if (c == '"') {
            scan->text = true;
        } else if (c == '{' || c == '[') {
            scan->depth++;
        } else if ((c == '}' || c == ']') && --scan->depth == 0) {
            return true;
        }
    }
    return false;
}

/* What the text says, which begins so far ahead. An unclosed text or object can make a document of
 * all that follows: then the parser still finds the place where it begins. */
static bool convert(struct json_records *records, const struct record_window *window, size_t ahead,
                    size_t length, struct error *error)
{
    struct error cause = {0};
    size_t where;
    const char *text = (const char *)window->bytes.data + window->start + ahead;
    bson_reinit(&records->document);
    if (json_bson_parse_extended(text, length, &records->document, &where, &cause))
        return records->document.len <= LARGEST_DOCUMENT ||
               record_window_damaged(window, ahead, error,
                                     "it is larger than any document of MongoDB");
    if (cause.code == ERROR_SOURCE)
        record_window_damaged(window, ahead + where, error, "%s", cause.message);
    else
        *error = cause;
    return error_at(error, window->collection, NULL, cause.path);
}

static bool read_document(struct json_records *records, struct record_window *window, size_t ahead,
                          const uint8_t **document, size_t *length, struct error *error)
{
    const uint8_t *bytes;
    struct scan scan = {.at = ahead};
    size_t held = ahead, before, wanted = ahead + 1;
    bool whole = false;
    do {
        before = held;
        if (!record_window_fill(window, wanted, &bytes, &held, error))
            return false;
        wanted = held + MORE;
        whole = scan_to_end(&scan, bytes, held);
    } while (!whole && held > before && held < LARGEST_TEXT);
    if (!convert(records, window, ahead, scan.at - ahead, error))
        return false;
    record_window_take(window, scan.at);
    window->record++;
    *document = bson_get_data(&records->document);
    *length = records->document.len;
    return true;
}

/* What stands between documents; *ahead is where the next one begins, *next how, 0 at the end. */
static bool find_document(struct json_records *records, struct record_window *window, size_t *ahead,
                          uint8_t *next, struct error *error)
{
    const uint8_t *bytes;
    size_t held;
    if (!record_window_fill(window, LONGEST_MARK, &bytes, &held, error))
        return false;
    *ahead = window->offset == 0 ? mark_length(bytes, held) : 0;
    if (!spaces(window, ahead, next, error))
        return false;
    if (!records->array)
        return true;
    if (window->record == 0) { /* the bracket */
        ++*ahead;
        if (!spaces(window, ahead, next, error))
            return false;
    }
    if (*next == 0)
        return record_window_damaged(window, *ahead, error, "the file ends within the array");
    if (*next == ']') {
        ++*ahead;
        return spaces(window, ahead, next, error) &&
               (*ahead == window->bytes.length - window->start ||
                record_window_damaged(window, *ahead, error, "something follows the array"));
    }
    if (window->record == 0)
        return true;
    if (*next != ',')
        return record_window_damaged(window, *ahead, error, "',' or ']' expected");
    ++*ahead;
    return spaces(window, ahead, next, error) &&
           (*next != 0 ||
            record_window_damaged(window, *ahead, error, "the file ends within the array"));
}

bool json_records_next(struct json_records *records, struct record_window *window,
                       const uint8_t **document, size_t *length, struct error *error)
{
    uint8_t next;
    size_t ahead;
    *length = 0;
    if (!find_document(records, window, &ahead, &next, error))
        return false;
    if (next == 0)
        return true;
    if (next != '{')
        return record_window_damaged(window, ahead, error, "a document begins with '{'");
    return read_document(records, window, ahead, document, length, error);
}
