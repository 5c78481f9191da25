#include "canonical_json.h"
#include "canonical.h"
#include "canonical_decimal.h"

#include <stdlib.h>
#include <string.h>

void canonical_put_counted(struct buffer *out, const void *bytes, size_t length)
{
    buffer_put_be32(out, (uint32_t)length);
    buffer_put(out, bytes, length);
}

void canonical_put_json_string(struct buffer *out, const void *text, size_t length)
{
    buffer_putc(out, 's');
    canonical_put_counted(out, text, length);
}

/* Writes the decimal with its own tag, and then the length where the tag was: "d" length form. */
bool canonical_put_json_number(struct buffer *out, const char *text, size_t length)
{
    size_t start = out->length;
    buffer_putc(out, 'd');
    buffer_put_be32(out, 0);
    if (!canonical_put_digits(out, text, length)) {
        out->length = out->failed ? out->length : start;
        return false;
    }
    if (out->failed)
        return true;
    uint8_t *form = out->data + start + 5;
    size_t size = out->length - start - 6;
    memmove(form, form + 1, size);
    out->length--;
    buffer_patch_be32(out, start + 1, (uint32_t)size);
    return true;
}

/* ---- objects and arrays --------------------------------------------------------------------- */

enum { CONTAINER_HEAD = 5 }; /* tag and count */

struct canonical_member {
    size_t at; /* of its key's length, in the buffer */
    size_t length;
    const uint8_t *bytes; /* while members are sorted */
};

static size_t container_begin(struct buffer *out, char tag)
{
    size_t start = out->length;
    buffer_putc(out, tag);
    buffer_put_be32(out, 0);
    return start;
}

size_t canonical_array_begin(struct buffer *out)
{
    return container_begin(out, '[');
}

void canonical_array_end(struct buffer *out, size_t start, size_t count)
{
    buffer_patch_be32(out, start + 1, (uint32_t)count);
}

void canonical_object_begin(struct canonical_object *object, struct buffer *out)
{
    *object = (struct canonical_object){.out = out, .start = container_begin(out, '{')};
}

void canonical_object_member(struct canonical_object *object)
{
    if (object->count == object->room) {
        size_t room = object->room * 2 + 8;
        struct canonical_member *members = realloc(object->members, room * sizeof *object->members);
        if (members == NULL) {
            object->out->failed = true;
            return;
        }
        object->members = members;
        object->room = room;
    }
    object->members[object->count++] = (struct canonical_member){.at = object->out->length};
}

void canonical_object_withdraw(struct canonical_object *object)
{
    if (!object->out->failed)
        object->out->length = object->members[--object->count].at;
}

static int compare_keys(const struct canonical_member *a, const struct canonical_member *b)
{
    uint32_t x = get_be32(a->bytes), y = get_be32(b->bytes);
    int order = memcmp(a->bytes + 4, b->bytes + 4, x < y ? x : y);
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_members(const void *a, const void *b)
{
    const struct canonical_member *x = a, *y = b;
    int order = compare_keys(x, y);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* Write the members anew in their order, leaving out those whose key comes again. */
static size_t rewrite(struct canonical_object *object, uint8_t *scratch)
{
    size_t used = 0, twice = 0;
    for (size_t i = 0; i < object->count; i++) {
        const struct canonical_member *member = &object->members[i];
        if (i + 1 < object->count && compare_keys(member, member + 1) == 0) {
            twice++;
            continue;
        }
        memcpy(scratch + used, member->bytes, member->length);
        used += member->length;
    }
    memcpy(object->out->data + object->start + CONTAINER_HEAD, scratch, used);
    object->out->length = object->start + CONTAINER_HEAD + used;
    return twice;
}

size_t canonical_object_end(struct canonical_object *object)
{
    struct buffer *out = object->out;
    bool sorted = true;
    size_t twice = 0;
    for (size_t i = 0; !out->failed && i < object->count; i++) {
        struct canonical_member *member = &object->members[i];
        size_t end = i + 1 < object->count ? member[1].at : out->length;
        member->length = end - member->at;
        member->bytes = out->data + member->at;
        sorted = sorted && (i == 0 || compare_keys(member - 1, member) < 0);
    }
    if (!out->failed && !sorted) {
        uint8_t *scratch = malloc(out->length - object->start);
        qsort(object->members, object->count, sizeof *object->members, compare_members);
        if (scratch != NULL)
            twice = rewrite(object, scratch);
        else
            out->failed = true;
        free(scratch);
    }
    buffer_patch_be32(out, object->start + 1, (uint32_t)(object->count - twice));
    free(object->members);
    return twice;
}

size_t canonical_json_length(const uint8_t *value)
{
    size_t length = CONTAINER_HEAD;
    switch (value[0]) {
    case 's':
    case 'd':
        return length + get_be32(value + 1);
    case '[':
        for (uint32_t left = get_be32(value + 1); left > 0; left--)
            length += canonical_json_length(value + length);
        return length;
    case '{':
        for (uint32_t left = get_be32(value + 1); left > 0; left--) {
            length += 4 + (size_t)get_be32(value + length);
            length += canonical_json_length(value + length);
        }
        return length;
    default: /* n, t, f */
        return 1;
    }
}

/* ---- JSON text ------------------------------------------------------------------------------ */

struct parser {
    const char *text, *at, *end;
    struct buffer *out;
    struct error *error;
    int depth;
};

static bool wrong(struct parser *parser)
{
    return error_set(parser->error, ERROR_BUG, "this is no JSON at its byte %zu",
                     (size_t)(parser->at - parser->text));
}

static char next(struct parser *parser)
{
    while (parser->at < parser->end && (*parser->at == ' ' || *parser->at == '\n' ||
                                        *parser->at == '\r' || *parser->at == '\t'))
        parser->at++;
    return parser->at < parser->end ? *parser->at : '\0';
}

static bool take(struct parser *parser, char c)
{
    bool there = next(parser) == c && c != '\0';
    parser->at += there;
    return there;
}

static bool take_hex(struct parser *parser, uint32_t *code)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    *code = 0;
    for (int i = 0; i < 4; i++, parser->at++) {
        const char *digit =
            parser->at < parser->end ? memchr(digits, *parser->at, sizeof digits - 1) : NULL;
        if (digit == NULL)
            return wrong(parser);
        ptrdiff_t place = digit - digits;
        *code = *code << 4 | (uint32_t)(place < 16 ? place : place - 6);
    }
    return true;
}

static void put_utf8(struct buffer *out, uint32_t code)
{
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0x00, 0xC0, 0xE0, 0xF0};
    buffer_putc(out, (char)(leads[more] | code >> (6 * more)));
    while (more-- > 0)
        buffer_putc(out, (char)(0x80 | (code >> (6 * more) & 0x3F)));
}

/* Behind "\u". */
static bool parse_unicode(struct parser *parser)
{
    uint32_t code, low;
    if (!take_hex(parser, &code))
        return false;
    if (code >= 0xD800 && code < 0xE000) {
        if (code >= 0xDC00 || parser->end - parser->at < 2 || memcmp(parser->at, "\\u", 2) != 0)
            return wrong(parser);
        parser->at += 2;
        if (!take_hex(parser, &low))
            return false;
        if (low < 0xDC00 || low >= 0xE000)
            return wrong(parser);
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    put_utf8(parser->out, code);
    return true;
}

static bool parse_escape(struct parser *parser)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char c = parser->at < parser->end ? *parser->at : '\0';
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    if (name == NULL && c != 'u')
        return wrong(parser);
    parser->at++;
    if (name == NULL)
        return parse_unicode(parser);
    buffer_putc(parser->out, values[name - names]);
    return true;
}

/* int32 length and bytes. */
static bool parse_string(struct parser *parser)
{
    size_t head = parser->out->length;
    if (!take(parser, '"'))
        return wrong(parser);
    buffer_put_be32(parser->out, 0);
    while (parser->at < parser->end && *parser->at != '"') {
        const char *run = parser->at;
        while (parser->at < parser->end && *parser->at != '"' && *parser->at != '\\')
            parser->at++;
        buffer_put(parser->out, run, (size_t)(parser->at - run));
        if (parser->at < parser->end && *parser->at == '\\') {
            parser->at++;
            if (!parse_escape(parser))
                return false;
        }
    }
    if (parser->at == parser->end)
        return wrong(parser);
    parser->at++;
    buffer_patch_be32(parser->out, head, (uint32_t)(parser->out->length - head - 4));
    return true;
}

static bool parse_value(struct parser *parser);

static bool parse_members(struct parser *parser, struct canonical_object *object)
{
    if (take(parser, '}'))
        return true;
    do {
        canonical_object_member(object);
        if (!parse_string(parser))
            return false;
        if (!take(parser, ':'))
            return wrong(parser);
        if (!parse_value(parser))
            return false;
    } while (take(parser, ','));
    return take(parser, '}') || wrong(parser);
}

static bool parse_object(struct parser *parser)
{
    struct canonical_object object;
    canonical_object_begin(&object, parser->out);
    bool ok = parse_members(parser, &object);
    canonical_object_end(&object);
    return ok;
}

static bool parse_array(struct parser *parser)
{
    size_t start = canonical_array_begin(parser->out), count = 0;
    if (take(parser, ']'))
        return true;
    do {
        if (!parse_value(parser))
            return false;
        count++;
    } while (take(parser, ','));
    canonical_array_end(parser->out, start, count);
    return take(parser, ']') || wrong(parser);
}

static bool is_of_number(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

static bool parse_number(struct parser *parser)
{
    const char *start = parser->at;
    while (parser->at < parser->end && is_of_number(*parser->at))
        parser->at++;
    return canonical_put_json_number(parser->out, start, (size_t)(parser->at - start)) ||
           wrong(parser);
}

static bool parse_word(struct parser *parser)
{
    static const char *const words[] = {"null", "true", "false"};
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(parser->end - parser->at) >= length &&
            memcmp(parser->at, words[i], length) == 0) {
            parser->at += length;
            buffer_putc(parser->out, words[i][0]);
            return true;
        }
    }
    return wrong(parser);
}

static bool parse_value(struct parser *parser)
{
    char c = next(parser);
    if (c == '"') {
        buffer_putc(parser->out, 's');
        return parse_string(parser);
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return parse_number(parser);
    if (c != '{' && c != '[')
        return parse_word(parser);
    if (parser->depth == CANONICAL_JSON_DEPTH)
        return error_set(parser->error, ERROR_BUG, "JSON nested deeper than %d levels",
                         CANONICAL_JSON_DEPTH);
    parser->at++;
    parser->depth++;
    bool ok = c == '{' ? parse_object(parser) : parse_array(parser);
    parser->depth--;
    return ok;
}

bool canonical_put_json(struct buffer *out, const char *text, size_t length, struct error *error)
{
    struct parser parser = {
        .text = text, .at = text, .end = text + length, .out = out, .error = error};
    if (!parse_value(&parser))
        return false;
    next(&parser);
    return parser.at == parser.end || wrong(&parser);
}
