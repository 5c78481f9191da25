/* The function "json", and how it reads. */
#include "json_text.h"
#include "deed.h"
#include "number.h"

#include <stdio.h>
#include <string.h>

enum { DEEPEST = 190, DECIMAL_DIGITS = 34, LONGEST_NUMBER = 380 };

struct parsing {
    const char *start, *at, *end;
    const char *wrong;     /* what is not right at `at`; NULL: nothing yet, or no memory */
    struct buffer strings; /* scratch: the text at hand */
    int depth;
};

static bool fail(struct parsing *p, const char *what)
{
    if (p->wrong == NULL)
        p->wrong = what;
    return false;
}

static void skip_blanks(struct parsing *p)
{
    while (p->at < p->end && *p->at != '\0' && strchr(" \t\n\r", *p->at) != NULL)
        p->at++;
}

static bool take(struct parsing *p, char c)
{
    if (p->at >= p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

static bool take_word(struct parsing *p, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0)
        return fail(p, "no value of JSON");
    p->at += length;
    return true;
}

static bool take_hex(struct parsing *p, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++) {
        char c = p->at < p->end ? *p->at++ : '\0';
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return fail(p, "\\u without four hex digits");
        *code = *code * 16 + (uint32_t)digit;
    }
    return true;
}

static void put_character(struct buffer *out, uint32_t c)
{
    static const uint8_t heads[] = {0, 0xC0, 0xE0, 0xF0}; /* by how many bytes follow */
    if (c < 0x80) {
        buffer_putc(out, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    buffer_putc(out, (char)(heads[more] | c >> (6 * more)));
    while (more-- > 0)
        buffer_putc(out, (char)(0x80 | (c >> (6 * more) & 0x3F)));
}

static bool take_escape(struct parsing *p)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = p->at < p->end ? *p->at++ : '\0';
    const char *known = c != '\0' ? strchr(letters, c) : NULL;
    uint32_t code, low;
    if (known != NULL) {
        buffer_putc(&p->strings, meant[known - letters]);
        return true;
    }
    if (c != 'u')
        return fail(p, "an unknown escape");
    if (!take_hex(p, &code))
        return false;
    if (code >= 0xD800 && code < 0xE000) {
        if (code >= 0xDC00 || !take(p, '\\') || !take(p, 'u') || !take_hex(p, &low) ||
            low < 0xDC00 || low > 0xDFFF)
            return fail(p, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    put_character(&p->strings, code);
    return true;
}

/* The text goes into p->strings. */
static bool take_string(struct parsing *p)
{
    buffer_clear(&p->strings);
    if (!take(p, '"'))
        return fail(p, "no text in quotes");
    while (p->at < p->end && *p->at != '"') {
        char c = *p->at++;
        if ((unsigned char)c < 0x20)
            return fail(p, "a control character in a text");
        if (c != '\\')
            buffer_putc(&p->strings, c);
        else if (!take_escape(p))
            return false;
    }
    return take(p, '"') || fail(p, "a text without its end");
}

static size_t take_digits(struct parsing *p)
{
    const char *start = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return (size_t)(p->at - start);
}

/* Of a number's digits: leading zeros do not count. */
static size_t significant(const char *text)
{
    size_t count = 0;
    for (; *text != '\0' && *text != 'e' && *text != 'E'; text++)
        count += *text >= '0' && *text <= '9' && (count > 0 || *text != '0');
    return count;
}

static bool put_number(struct parsing *p, bson_t *into, const char *key, int key_length)
{
    const char *start = p->at;
    char text[LONGEST_NUMBER];
    int64_t whole;
    bson_decimal128_t decimal;
    take(p, '-');
    bool zero = p->at < p->end && *p->at == '0', plain = true;
    size_t digits = take_digits(p);
    if (digits == 0 || (zero && digits > 1))
        return fail(p, "no value of JSON");
    if (take(p, '.')) {
        plain = false;
        if (take_digits(p) == 0)
            return fail(p, "a number without digits behind its point");
    }
    if (take(p, 'e') || take(p, 'E')) {
        plain = false;
        if (!take(p, '+'))
            take(p, '-');
        if (take_digits(p) == 0)
            return fail(p, "a number without digits in its exponent");
    }
    size_t length = (size_t)(p->at - start);
    snprintf(text, sizeof text, "%.*s", (int)length, start);
    if (length < sizeof text && plain && number_parse_int64(text, &whole) &&
        (whole != 0 || text[0] != '-'))
        return bson_append_int64(into, key, key_length, whole);
    if (length >= sizeof text || significant(text) > DECIMAL_DIGITS ||
        !bson_decimal128_from_string(text, &decimal))
        return fail(p, "a number that 34 digits cannot hold");
    return bson_append_decimal128(into, key, key_length, &decimal);
}

static bool put_value(struct parsing *p, bson_t *into, const char *key, int key_length);

static bool put_array(struct parsing *p, bson_t *into)
{
    skip_blanks(p);
    if (take(p, ']'))
        return true;
    for (uint32_t i = 0;; i++) {
        char digits[16];
        const char *key;
        bson_uint32_to_string(i, &key, digits, sizeof digits);
        if (!put_value(p, into, key, -1))
            return false;
        if (take(p, ']'))
            return true;
        if (!take(p, ','))
            return fail(p, "an array without its end");
    }
}

static bool put_members(struct parsing *p, bson_t *into)
{
    skip_blanks(p);
    if (take(p, '}'))
        return true;
    for (;;) {
        struct buffer key;
        skip_blanks(p);
        if (!take_string(p))
            return false;
        if (p->strings.length > 0 && memchr(p->strings.data, 0, p->strings.length) != NULL)
            return fail(p, "a name with NUL in it");
        buffer_init(&key);
        buffer_put(&key, p->strings.data, p->strings.length);
        skip_blanks(p);
        bool ok = take(p, ':') || fail(p, "a name without a colon");
        ok = ok && put_value(p, into, buffer_text(&key), (int)key.length) && !key.failed;
        buffer_release(&key);
        if (!ok)
            return false;
        if (take(p, '}'))
            return true;
        if (!take(p, ','))
            return fail(p, "an object without its end");
    }
}

static bool put_container(struct parsing *p, bson_t *into, const char *key, int key_length,
                          bool array)
{
    bson_t child;
    p->at++;
    if (++p->depth > DEEPEST)
        return fail(p, "deeper than 190 levels");
    if (!(array ? bson_append_array_begin(into, key, key_length, &child)
                : bson_append_document_begin(into, key, key_length, &child)))
        return false;
    bool ok = array ? put_array(p, &child) : put_members(p, &child);
    ok = (array ? bson_append_array_end(into, &child) : bson_append_document_end(into, &child)) &&
         ok;
    p->depth--;
    return ok;
}

/* A value, with the blanks around it. */
static bool put_value(struct parsing *p, bson_t *into, const char *key, int key_length)
{
    bool ok;
    skip_blanks(p);
    char c = p->at < p->end ? *p->at : '\0';
    if (c == '{' || c == '[') {
        ok = put_container(p, into, key, key_length, c == '[');
    } else if (c == '"') {
        ok = take_string(p) && bson_append_utf8(into, key, key_length, buffer_text(&p->strings),
                                                (int)p->strings.length);
    } else if (c == 't' || c == 'f') {
        ok = take_word(p, c == 't' ? "true" : "false") &&
             bson_append_bool(into, key, key_length, c == 't');
    } else if (c == 'n') {
        ok = take_word(p, "null") && bson_append_null(into, key, key_length);
    } else {
        ok = put_number(p, into, key, key_length);
    }
    skip_blanks(p);
    return ok;
}

bool json_text_read(const char *text, size_t length, bson_t *into, struct buffer *wrong)
{
    struct parsing p = {.start = text, .at = text, .end = text + length};
    buffer_init(&p.strings);
    bool ok = put_value(&p, into, "", 0) && (p.at == p.end || fail(&p, "more behind the value"));
    ok = ok && !p.strings.failed;
    buffer_release(&p.strings);
    if (p.wrong != NULL)
        buffer_printf(wrong, "it is no JSON: %s at character %td", p.wrong, p.at - p.start + 1);
    return ok;
}

bool deed_json(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error)
{
    bson_t built = BSON_INITIALIZER;
    struct buffer wrong;
    (void)call;
    buffer_init(&wrong);
    bool ok = json_text_read((const char *)value->bytes, value->length, &built, &wrong);
    if (!ok && wrong.length > 0 && context->keeps_text) {
        char brief[120];
        value_brief(value, brief, sizeof brief);
        losses_add(context->losses, context->path, "json", brief, "the same text");
    } else if (!ok && wrong.length > 0) {
        deed_refuse(context, value, buffer_text(&wrong), NULL, error);
    } else if (!ok) {
        error_memory(error);
    }
    bool stays = !ok && wrong.length > 0 && context->keeps_text;
    buffer_release(&wrong);
    if (!ok)
        bson_destroy(&built);
    if (!ok)
        return stays;
    struct value document;
    bson_iter_t iter;
    if (!deed_make_container(context, &built, BSON_TYPE_DOCUMENT, &document, error))
        return false;
    if (!bson_iter_init_from_data(&iter, document.bytes, document.length) || !bson_iter_next(&iter))
        return error_set(error, ERROR_BUG, "a value of JSON was not put together");
    *value = value_from_iter(&iter);
    return true;
}
