/* The function "json": a text of JSON, read token by token. */
#include "expect_deed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 190, DECIMAL_DIGITS = 34, LONGEST_NUMBER = 380 };

enum token { END, PUNCTUATION, TEXT, NUMBER, WORD, NONE };

/* The token at hand: for TEXT its content is in `content`, else it is [at, at + length). */
struct reader {
    const char *at, *end;
    enum token token;
    size_t length;
    struct buffer content;
    int depth;
};

static unsigned hex_of(const char *digits)
{
    char four[5] = {0};
    memcpy(four, digits, 4);
    return strspn(four, "0123456789abcdefABCDEF") == 4 ? (unsigned)strtoul(four, NULL, 16)
                                                       : 0x110000;
}

static void put_utf8(struct buffer *out, unsigned c)
{
    if (c >= 0x10000)
        buffer_putc(out, (char)(0xF0 | c >> 18));
    if (c >= 0x800)
        buffer_putc(out, (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 63) : 0xE0 | c >> 12));
    if (c >= 0x80)
        buffer_putc(out, (char)(c >= 0x800 ? 0x80 | (c >> 6 & 63) : 0xC0 | c >> 6));
    buffer_putc(out, (char)(c >= 0x80 ? 0x80 | (c & 63) : c));
}

/* Behind a backslash: how many characters the escape has, 0 if it is none. */
static size_t unescape(struct reader *r, const char *at)
{
    static const char pairs[][2] = {{'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'b', '\b'},
                                    {'f', '\f'}, {'n', '\n'},  {'r', '\r'}, {'t', '\t'}};
    size_t left = (size_t)(r->end - at);
    for (size_t i = 0; left > 0 && i < sizeof pairs / sizeof pairs[0]; i++)
        if (*at == pairs[i][0]) {
            buffer_putc(&r->content, pairs[i][1]);
            return 1;
        }
    unsigned high = left >= 5 && *at == 'u' ? hex_of(at + 1) : 0x110000;
    if (high < 0xD800 || (high > 0xDFFF && high < 0x10000)) {
        put_utf8(&r->content, high);
        return 5;
    }
    unsigned low =
        high < 0xDC00 && left >= 11 && at[5] == '\\' && at[6] == 'u' ? hex_of(at + 7) : 0;
    if (low < 0xDC00 || low > 0xDFFF)
        return 0;
    put_utf8(&r->content, (high & 0x3FF) * 0x400 + (low & 0x3FF) + 0x10000);
    return 11;
}

static enum token read_text(struct reader *r)
{
    const char *at = r->at + 1;
    buffer_clear(&r->content);
    while (at < r->end && *at != '"') {
        if ((unsigned char)*at < ' ')
            return NONE;
        size_t escape = *at == '\\' ? unescape(r, at + 1) : 0;
        if (*at == '\\' && escape == 0)
            return NONE;
        if (*at != '\\')
            buffer_putc(&r->content, *at);
        at += 1 + escape;
    }
    r->length = (size_t)(at + 1 - r->at);
    return at < r->end ? TEXT : NONE;
}

static size_t digits_at(const char *at, const char *end)
{
    size_t count = 0;
    while (at + count < end && at[count] >= '0' && at[count] <= '9')
        count++;
    return count;
}

static enum token read_number(struct reader *r)
{
    const char *at = r->at + (*r->at == '-');
    size_t digits = digits_at(at, r->end);
    if (digits == 0 || (digits > 1 && *at == '0'))
        return NONE;
    at += digits;
    if (at < r->end && *at == '.') {
        digits = digits_at(at + 1, r->end);
        if (digits == 0)
            return NONE;
        at += 1 + digits;
    }
    if (at < r->end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < r->end && (*at == '+' || *at == '-');
        digits = digits_at(at, r->end);
        if (digits == 0)
            return NONE;
        at += digits;
    }
    r->length = (size_t)(at - r->at);
    return NUMBER;
}

/* Go to the next token. */
static void advance(struct reader *r)
{
    static const char *const words[] = {"true", "false", "null"};
    r->at += r->length;
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
    r->length = 1;
    r->token = NONE;
    if (r->at == r->end) {
        r->length = 0;
        r->token = END;
    } else if (memchr("{}[]:,", *r->at, 6) != NULL) {
        r->token = PUNCTUATION;
    } else if (*r->at == '"') {
        r->token = read_text(r);
    } else if (*r->at == '-' || (*r->at >= '0' && *r->at <= '9')) {
        r->token = read_number(r);
    }
    for (size_t i = 0; r->token == NONE && i < 3; i++)
        if ((size_t)(r->end - r->at) >= strlen(words[i]) &&
            memcmp(r->at, words[i], strlen(words[i])) == 0) {
            r->length = strlen(words[i]);
            r->token = WORD;
        }
}

static bool is_mark(const struct reader *r, char mark)
{
    return r->token == PUNCTUATION && *r->at == mark;
}

static bool put_number(const struct reader *r, bson_t *into, const char *key, int key_length)
{
    char text[LONGEST_NUMBER], *end;
    bson_decimal128_t decimal;
    if (r->length >= sizeof text)
        return false;
    memcpy(text, r->at, r->length);
    text[r->length] = '\0';
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    if (*end == '\0' && errno == 0 && (whole != 0 || text[0] != '-'))
        return bson_append_int64(into, key, key_length, whole);
    size_t digits = 0;
    for (const char *c = text + strspn(text, "-0."); *c != '\0' && *c != 'e' && *c != 'E'; c++)
        digits += *c != '.';
    return digits <= DECIMAL_DIGITS && bson_decimal128_from_string(text, &decimal) &&
           bson_append_decimal128(into, key, key_length, &decimal);
}

static bool put_value(struct reader *r, bson_t *into, const char *key, int key_length);

/* What stands between two brackets; the first of them is at hand. */
static bool put_members(struct reader *r, bson_t *into, bool array)
{
    char close = array ? ']' : '}';
    advance(r);
    for (uint32_t place = 0; !is_mark(r, close); place++) {
        char digits[16];
        const char *key;
        struct buffer name;
        bool ok = true;
        if (place > 0 && !is_mark(r, ','))
            return false;
        if (place > 0)
            advance(r);
        buffer_init(&name);
        bson_uint32_to_string(place, &key, digits, sizeof digits);
        buffer_puts(&name, array ? key : "");
        if (!array) {
            ok = r->token == TEXT;
            buffer_put(&name, r->content.data, ok ? r->content.length : 0);
            ok = ok && (name.length == 0 || memchr(name.data, 0, name.length) == NULL);
            advance(r);
            ok = ok && is_mark(r, ':');
            advance(r);
        }
        ok = ok && put_value(r, into, buffer_text(&name), (int)name.length) && !name.failed;
        buffer_release(&name);
        if (!ok)
            return false;
    }
    advance(r);
    return true;
}

static bool put_value(struct reader *r, bson_t *into, const char *key, int key_length)
{
    bson_t child;
    bool ok = false, array = is_mark(r, '[');
    if (array || is_mark(r, '{')) {
        if (++r->depth > DEEPEST)
            return false;
        ok = array ? bson_append_array_begin(into, key, key_length, &child)
                   : bson_append_document_begin(into, key, key_length, &child);
        if (!ok)
            return false;
        ok = put_members(r, &child, array);
        ok = (array ? bson_append_array_end(into, &child)
                    : bson_append_document_end(into, &child)) &&
             ok;
        r->depth--;
        return ok;
    }
    if (r->token == TEXT)
        ok = bson_append_utf8(into, key, key_length, buffer_text(&r->content),
                              (int)r->content.length);
    else if (r->token == NUMBER)
        ok = put_number(r, into, key, key_length);
    else if (r->token == WORD)
        ok = *r->at == 'n' ? bson_append_null(into, key, key_length)
                           : bson_append_bool(into, key, key_length, *r->at == 't');
    advance(r);
    return ok;
}

bool expect_read_json(const char *text, size_t length, bson_t *into)
{
    struct reader r = {.at = text, .end = text + length};
    buffer_init(&r.content);
    advance(&r);
    bool read = put_value(&r, into, "", 0) && r.token == END && !r.content.failed;
    buffer_release(&r.content);
    return read;
}

EXPECT_DEED(expect_json)
{
    const char *text;
    size_t length;
    bson_t built;
    bson_iter_t iter;
    struct item document;
    (void)call;
    if (!item_text(item, &text, &length))
        return true;
    bson_init(&built);
    bool read = expect_read_json(text, length, &built);
    if (!read && around->keeps_text) {
        bson_destroy(&built);
        return true;
    }
    bool ok = read ? expect_make_bson(around, &built, BSON_TYPE_DOCUMENT, &document, error)
                   : item_misfit(item, NULL, "it is no JSON", error);
    bson_destroy(&built);
    if (!ok || !item_open(&document, &iter, error))
        return false;
    if (item_next(&iter, &ok, error))
        *item = item_of(&iter);
    return ok;
}
