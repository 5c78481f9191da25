#include "graduate/json_bson.h"
#include "extended.h"
#include "graduate/buffer.h"
#include "json_number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The objects of a value in Extended JSON, in which a document may end, nest once more. */
enum { WRAPPERS = 3 };

struct parser {
    const char *text;
    size_t length, at;
    bool extended;        /* Extended JSON */
    size_t *where;        /* gets the place of what is wrong; NULL: the message says it */
    struct buffer string; /* the string or number read last */
    struct buffer keys;   /* the names of all members that we are in, each with its NUL */
    size_t starts[JSON_BSON_DEPTH + WRAPPERS];
    int depth;
    bool wrong;  /* a value has no faithful form: the error is set, and we read on for the key */
    bool closed; /* the object's end was met */
    struct error *error;
};

static bool parse_value(struct parser *p, bson_t *parent, const char *key, int key_length);

/* What went wrong. The first error counts. */

static bool fail(struct parser *p, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(struct parser *p, size_t at, const char *format, ...)
{
    if (p->wrong)
        return false;
    char what[200], path[sizeof p->error->path] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (p->where == NULL)
        error_set(p->error, ERROR_SOURCE, "column %zu: %s", at + 1, what);
    else
        error_set(p->error, ERROR_SOURCE, "%s", what);
    if (p->where != NULL)
        *p->where = at;
    const char *keys = buffer_text(&p->keys);
    for (int i = 0; i < p->depth && p->starts[i] < p->keys.length; i++) {
        size_t used = strlen(path);
        snprintf(path + used, sizeof path - used, "%s%s", i > 0 ? "." : "", keys + p->starts[i]);
    }
    if (path[0] != '\0')
        error_at(p->error, NULL, NULL, path);
    p->wrong = true;
    return false;
}

static bool no_memory(struct parser *p)
{
    p->wrong = true;
    return error_memory(p->error);
}

/* A value that cannot be kept; the text goes on behind it. */
static bool unfaithful(struct parser *p, size_t at, const char *what, const char *hint)
{
    if (!p->wrong) {
        fail(p, at, "%s", what);
        error_hint(p->error, "%s", hint);
    }
    return true;
}

static bool appended(struct parser *p, bool done)
{
    return done || fail(p, p->at, "as BSON it is larger than 2 GiB");
}

/* The text. */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct parser *p)
{
    while (p->at < p->length && is_space(p->text[p->at]))
        p->at++;
}

static bool takes(struct parser *p, char c)
{
    skip_space(p);
    bool there = p->at < p->length && p->text[p->at] == c;
    p->at += there;
    return there;
}

static bool expect(struct parser *p, char c)
{
    return takes(p, c) || fail(p, p->at, "'%c' expected", c);
}

/* The length of the character that begins there; 0: it is none of UTF-8. */
static size_t utf8_length(const unsigned char *c, size_t left)
{
    size_t length = c[0] < 0x80   ? 1
                    : c[0] < 0xC2 ? 0
                    : c[0] < 0xE0 ? 2
                    : c[0] < 0xF0 ? 3
                    : c[0] < 0xF5 ? 4
                                  : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((c[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xF0 && c[1] < 0x90);
    bool surrogate = c[0] == 0xED && c[1] >= 0xA0;
    bool beyond = c[0] == 0xF4 && c[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

static void put_character(struct buffer *out, unsigned code)
{
    char bytes[4];
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)(marks[length] | code);
    buffer_put(out, bytes, length);
}

/* Four digits of "\u"; -1: there are none. */
static long hex4(struct parser *p)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    char text[5] = "";
    for (size_t i = 0; i < 4; i++) {
        if (p->at >= p->length || p->text[p->at] == '\0' || strchr(digits, p->text[p->at]) == NULL)
            return -1;
        text[i] = p->text[p->at++];
    }
    return strtol(text, NULL, 16);
}

static bool parse_unicode(struct parser *p)
{
    size_t start = p->at;
    long code = hex4(p);
    if (code >= 0xD800 && code < 0xDC00 && p->at + 1 < p->length && p->text[p->at] == '\\' &&
        p->text[p->at + 1] == 'u') {
        p->at += 2;
        long low = hex4(p);
        code =
            low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : -1;
    }
    if (code < 0 || (code >= 0xD800 && code < 0xE000))
        return fail(p, start, "after \\u stands no character of Unicode");
    put_character(&p->string, (unsigned)code);
    return true;
}

static bool parse_escape(struct parser *p)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = p->at < p->length ? p->text[p->at] : '\0';
    const char *found = c != '\0' ? strchr(letters, c) : NULL;
    if (found == NULL && c != 'u')
        return fail(p, p->at, "an escape that JSON does not know");
    p->at++;
    if (c == 'u')
        return parse_unicode(p);
    buffer_putc(&p->string, meant[found - letters]);
    return true;
}

/* The string whose opening quote is the byte before, into p->string. */
static bool parse_string(struct parser *p)
{
    buffer_clear(&p->string);
    size_t open = p->at;
    while (p->at < p->length) {
        const unsigned char *c = (const unsigned char *)p->text + p->at;
        if (*c == '"') {
            p->at++;
            return true;
        }
        if (*c == '\\') {
            p->at++;
            if (!parse_escape(p))
                return false;
            continue;
        }
        if (*c < ' ')
            return fail(p, p->at, "a control character (0x%02x) in a text", *c);
        size_t length = utf8_length(c, p->length - p->at);
        if (length == 0)
            return fail(p, p->at, "the byte 0x%02x is no UTF-8", *c);
        buffer_put(&p->string, c, length);
        p->at += length;
    }
    return fail(p, open, "the text that begins here has no end");
}

/* Values. */

static bool parse_number(struct parser *p, bson_t *parent, const char *key, int key_length)
{
    size_t start = p->at, length = json_number_length(p->text + start, p->length - start);
    if (length == 0)
        return fail(p, start, "a value expected");
    p->at += length;
    buffer_clear(&p->string);
    buffer_put(&p->string, p->text + start, length);
    bson_value_t value;
    if (p->extended && !json_number_extended(buffer_text(&p->string), &value))
        return fail(p, start, "a number that neither 64 bits nor a double can hold");
    if (!p->extended && !json_number_value(buffer_text(&p->string), &value))
        return unfaithful(p, start, "a number that neither 64 bits nor 34 digits can hold",
                          ADVICE("write it in quotes, as a text, or with fewer digits"));
    return appended(p, bson_append_value(parent, key, key_length, &value));
}

static bool takes_word(struct parser *p, const char *word)
{
    size_t length = strlen(word);
    bool there = p->length - p->at >= length && memcmp(p->text + p->at, word, length) == 0;
    p->at += there ? length : 0;
    return there;
}

/* Doubles for which JSON has no number; version 1 of Extended JSON has them without quotes. */
static bool parse_bare_double(struct parser *p, double *value)
{
    static const struct {
        const char *word;
        double value;
    } rows[] = {
        {"NaN", NAN}, {"Infinity", INFINITY}, {"+Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    size_t i = 0;
    while (i < sizeof rows / sizeof rows[0] && !takes_word(p, rows[i].word))
        i++;
    *value = i < sizeof rows / sizeof rows[0] ? rows[i].value : 0;
    return i < sizeof rows / sizeof rows[0];
}

static bool parse_word(struct parser *p, bson_t *parent, const char *key, int key_length)
{
    static const char *const words[] = {"true", "false", "null"};
    double bare;
    if (p->extended && parse_bare_double(p, &bare))
        return appended(p, bson_append_double(parent, key, key_length, bare));
    for (size_t i = 0; i < 3; i++) {
        if (!takes_word(p, words[i]))
            continue;
        return appended(p, i == 2 ? bson_append_null(parent, key, key_length)
                                  : bson_append_bool(parent, key, key_length, i == 0));
    }
    return parse_number(p, parent, key, key_length);
}

static bool enter(struct parser *p, size_t at)
{
    if (p->depth == JSON_BSON_DEPTH + (p->extended ? WRAPPERS : 0))
        return fail(p, at, "nested deeper than %d levels", JSON_BSON_DEPTH);
    p->starts[p->depth++] = p->keys.length;
    return true;
}

/* Name the member that comes next; the text is valid until the name is replaced. */
static const char *name_member(struct parser *p, const void *name, size_t length)
{
    size_t start = p->starts[p->depth - 1];
    p->keys.length = start;
    buffer_put(&p->keys, name, length);
    buffer_putc(&p->keys, '\0');
    return p->keys.failed ? NULL : (const char *)p->keys.data + start;
}

static void leave(struct parser *p)
{
    p->keys.length = p->starts[--p->depth];
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A key that is there twice would be lost once, whichever is taken. */
static bool check_names(struct parser *p, const bson_t *object, size_t count)
{
    bson_iter_t at;
    if (count <= 1 || p->wrong)
        return true;
    const char **names = calloc(count, sizeof *names);
    if (names == NULL)
        return no_memory(p);
    size_t n = 0;
    if (bson_iter_init(&at, object))
        while (n < count && bson_iter_next(&at))
            names[n++] = bson_iter_key(&at);
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 1; i < n && !p->wrong; i++) {
        if (strcmp(names[i - 1], names[i]) != 0)
            continue;
        name_member(p, names[i], strlen(names[i]));
        unfaithful(p, p->at - 1, "the object that ends here has this key twice",
                   ADVICE("take one of the two away"));
    }
    free(names);
    return true;
}

static bool parse_member(struct parser *p, bson_t *object)
{
    size_t start = p->at;
    if (!expect(p, '"') || !parse_string(p))
        return false;
    if (p->string.length > 0 && memchr(p->string.data, '\0', p->string.length) != NULL)
        return fail(p, start, "a key holds NUL");
    size_t length = p->string.length;
    const char *key = name_member(p, p->string.data, length);
    if (key == NULL)
        return no_memory(p);
    return expect(p, ':') && parse_value(p, object, key, (int)length);
}

/* The object whose brace has been taken. */
static bool parse_object(struct parser *p, bson_t *object)
{
    size_t count = 0;
    if (!enter(p, p->at - 1))
        return false;
    bool ok = true;
    if (!takes(p, '}')) {
        do {
            skip_space(p);
            ok = parse_member(p, object);
            count += ok;
        } while (ok && takes(p, ','));
        ok = ok && (takes(p, '}') || fail(p, p->at, "',' or '}' expected"));
    }
    /* The object's own names, not that of its last member, are in an error's path. */
    p->keys.length = p->starts[p->depth - 1];
    ok = ok && check_names(p, object, count);
    leave(p);
    return ok;
}

static bool parse_array(struct parser *p, bson_t *array)
{
    if (!enter(p, p->at - 1))
        return false;
    bool ok = true;
    uint32_t i = 0;
    if (!takes(p, ']')) {
        do {
            char digits[16];
            const char *text;
            size_t length = bson_uint32_to_string(i++, &text, digits, sizeof digits);
            const char *key = name_member(p, text, length);
            if (key == NULL)
                return no_memory(p);
            ok = parse_value(p, array, key, (int)length);
        } while (ok && takes(p, ','));
        ok = ok && (takes(p, ']') || fail(p, p->at, "',' or ']' expected"));
    }
    leave(p);
    return ok;
}

/* Does an object begin as one that stands for a value? */
static bool may_stand_for(const struct parser *p)
{
    size_t at = p->at + 1;
    while (at < p->length && is_space(p->text[at]))
        at++;
    return at + 1 < p->length && p->text[at] == '"' &&
           (p->text[at + 1] == '$' || p->text[at + 1] == '\\');
}

/* A document of this one member is the member itself. */
static bool append_raw(struct parser *p, bson_t *parent, bson_type_t type, const char *key,
                       int key_length, const struct buffer *bytes)
{
    struct buffer member;
    bson_t view;
    buffer_init(&member);
    buffer_put_le32(&member, (uint32_t)((size_t)key_length + bytes->length + 7));
    buffer_putc(&member, (char)type);
    buffer_put(&member, key, (size_t)key_length);
    buffer_putc(&member, '\0');
    buffer_put(&member, bytes->data, bytes->length);
    buffer_putc(&member, '\0');
    bool ok = !member.failed && !bytes->failed ? true : no_memory(p);
    ok = ok && appended(p, bson_init_static(&view, member.data, member.length) &&
                               bson_concat(parent, &view));
    buffer_release(&member);
    return ok;
}

/* It is put together apart, as only its end says what it is. */
static bool parse_wrapper(struct parser *p, bson_t *parent, int key_length)
{
    bson_t object = BSON_INITIALIZER;
    bson_type_t type = BSON_TYPE_EOD;
    const char *problem = NULL;
    struct buffer bytes;
    size_t start = p->at++;
    buffer_init(&bytes);
    bool ok = parse_object(p, &object);
    /* The names of its members may have moved its own, which is the last one now. */
    const char *key = (const char *)p->keys.data + p->starts[p->depth - 1];
    enum extended what = ok ? extended_value(&object, &type, &bytes, &problem) : EXTENDED_NONE;
    if (what == EXTENDED_WRONG)
        ok = fail(p, start, "%s", problem);
    else if (what == EXTENDED_VALUE)
        ok = append_raw(p, parent, type, key, key_length, &bytes);
    else if (ok)
        ok = appended(p, bson_append_document(parent, key, key_length, &object));
    buffer_release(&bytes);
    bson_destroy(&object);
    return ok;
}

static bool parse_nested(struct parser *p, bson_t *parent, const char *key, int key_length)
{
    bson_t child;
    if (p->extended && may_stand_for(p))
        return parse_wrapper(p, parent, key_length);
    bool object = p->text[p->at++] == '{';
    if (!appended(p, object ? bson_append_document_begin(parent, key, key_length, &child)
                            : bson_append_array_begin(parent, key, key_length, &child)))
        return false;
    bool ok = object ? parse_object(p, &child) : parse_array(p, &child);
    /* Also after a failure, so that the parent is a document. */
    bool ended =
        object ? bson_append_document_end(parent, &child) : bson_append_array_end(parent, &child);
    return appended(p, ended) && ok;
}

static bool parse_value(struct parser *p, bson_t *parent, const char *key, int key_length)
{
    skip_space(p);
    char c = p->at < p->length ? p->text[p->at] : '\0';
    if (c == '{' || c == '[')
        return parse_nested(p, parent, key, key_length);
    if (c != '"')
        return parse_word(p, parent, key, key_length);
    p->at++;
    return parse_string(p) &&
           appended(p, bson_append_utf8(parent, key, key_length, buffer_text(&p->string),
                                        (int)p->string.length));
}

/* An object that stops too early: the text is empty, or begins as an object and does not end as
 * one, or the parser met its end. */
static bool is_cut(const struct parser *p)
{
    size_t from = 0, to = p->length;
    while (from < to && is_space(p->text[from]))
        from++;
    while (to > from && is_space(p->text[to - 1]))
        to--;
    return from == to || (p->text[from] == '{' && (p->text[to - 1] != '}' || p->at >= p->length));
}

static bool parse_text(struct parser *p, bson_t *document)
{
    if (takes(p, '[')) {
        fail(p, p->at - 1, "this is an array, not an object");
        return error_hint(p->error, "make a line of each of its objects: jq -c '.[]' FILE");
    }
    if (!expect(p, '{') || !parse_object(p, document))
        return false;
    p->closed = true;
    skip_space(p);
    if (p->at == p->length || p->wrong)
        return true;
    if (p->text[p->at] != '{')
        return fail(p, p->at, "something follows the object");
    fail(p, p->at, "a second object follows on the same line");
    return error_hint(p->error, "make a line of each: jq -c . FILE");
}

static bool parse_whole(struct parser *p, bson_t *document)
{
    buffer_init(&p->string);
    buffer_init(&p->keys);
    bool ok = parse_text(p, document) && !p->wrong;
    if (p->string.failed)
        ok = error_memory(p->error);
    buffer_release(&p->string);
    buffer_release(&p->keys);
    return ok;
}

bool json_bson_parse(const char *text, size_t length, bson_t *document, bool *cut,
                     struct error *error)
{
    struct parser p = {.text = text, .length = length, .error = error};
    bool ok = parse_whole(&p, document);
    if (cut != NULL)
        *cut = !p.closed && is_cut(&p);
    return ok;
}

bool json_bson_parse_extended(const char *text, size_t length, bson_t *document, size_t *where,
                              struct error *error)
{
    struct parser p = {
        .text = text, .length = length, .extended = true, .where = where, .error = error};
    *where = 0;
    return parse_whole(&p, document);
}

bool json_bson_append(bson_t *document, const char *key, const char *text, size_t length,
                      struct error *error)
{
    struct parser p = {.text = text, .length = length, .error = error};
    buffer_init(&p.string);
    buffer_init(&p.keys);
    bool ok = parse_value(&p, document, key, (int)strlen(key));
    skip_space(&p);
    ok = ok && (p.at == p.length || fail(&p, p.at, "something follows the value")) && !p.wrong;
    if (p.string.failed)
        ok = error_memory(error);
    buffer_release(&p.string);
    buffer_release(&p.keys);
    return ok;
}

/* Members. */

const char *json_bson_text(const bson_t *document, const char *key)
{
    bson_iter_t at;
    return bson_iter_init_find(&at, document, key) && BSON_ITER_HOLDS_UTF8(&at)
               ? bson_iter_utf8(&at, NULL)
               : NULL;
}

bool json_bson_view(const bson_iter_t *at, bson_t *view)
{
    uint32_t length;
    const uint8_t *data;
    if (BSON_ITER_HOLDS_DOCUMENT(at))
        bson_iter_document(at, &length, &data);
    else if (BSON_ITER_HOLDS_ARRAY(at))
        bson_iter_array(at, &length, &data);
    else
        return false;
    return bson_init_static(view, data, length);
}

bool json_bson_object(const bson_t *document, const char *key, bson_t *object)
{
    bson_iter_t at;
    return bson_iter_init_find(&at, document, key) && BSON_ITER_HOLDS_DOCUMENT(&at) &&
           json_bson_view(&at, object);
}

bool json_bson_array(const bson_t *document, const char *key, bson_t *array)
{
    bson_iter_t at;
    return bson_iter_init_find(&at, document, key) && BSON_ITER_HOLDS_ARRAY(&at) &&
           json_bson_view(&at, array);
}
