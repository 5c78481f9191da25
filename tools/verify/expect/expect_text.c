/* Functions of texts, character by character. */
#include "expect_deed.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

/* A text while it is read: a character at a time; a byte that is none of UTF-8 is one, unknown. */
struct walk {
    const char *at, *end;
    ucs4_t character;
    bool known;
    size_t length;
};

static bool walk_on(struct walk *walk)
{
    walk->at += walk->length;
    walk->length = 0;
    if (walk->at >= walk->end)
        return false;
    int length =
        u8_mbtoucr(&walk->character, (const uint8_t *)walk->at, (size_t)(walk->end - walk->at));
    walk->known = length > 0;
    walk->length = walk->known ? (size_t)length : 1;
    return true;
}

static struct walk walk_of(const struct item *item)
{
    struct walk walk = {0};
    const char *text = "";
    size_t length = 0;
    item_text(item, &text, &length);
    walk.at = text;
    walk.end = text + length;
    return walk;
}

static bool is_blank(const struct walk *walk)
{
    return walk->known && uc_is_property(walk->character, UC_PROPERTY_WHITE_SPACE);
}

static bool each_letter(struct expect_surroundings *around, struct item *item, ucs4_t (*of)(ucs4_t),
                        struct error *error)
{
    struct walk walk = walk_of(item);
    struct buffer made;
    buffer_init(&made);
    while (walk_on(&walk)) {
        uint8_t bytes[6];
        int length = walk.known ? u8_uctomb(bytes, of(walk.character), sizeof bytes) : 0;
        if (length > 0)
            buffer_put(&made, bytes, (size_t)length);
        else
            buffer_put(&made, walk.at, walk.length);
    }
    bool ok = buffer_ok(&made, error) &&
              expect_make_text(around, buffer_text(&made), made.length, item, error);
    buffer_release(&made);
    return ok;
}

EXPECT_DEED(expect_lower)
{
    (void)call;
    return each_letter(around, item, uc_tolower, error);
}

EXPECT_DEED(expect_upper)
{
    (void)call;
    return each_letter(around, item, uc_toupper, error);
}

EXPECT_DEED(expect_trim)
{
    struct walk walk = walk_of(item);
    const char *first = NULL, *behind = NULL;
    (void)around;
    (void)call;
    (void)error;
    while (walk_on(&walk)) {
        if (is_blank(&walk))
            continue;
        first = first != NULL ? first : walk.at;
        behind = walk.at + walk.length;
    }
    *item = first != NULL ? item_of_text(first, (size_t)(behind - first)) : item_of_text("", 0);
    return true;
}

EXPECT_DEED(expect_empty_to_null)
{
    struct walk walk = walk_of(item);
    (void)around;
    (void)call;
    (void)error;
    if (walk.at == walk.end)
        *item = (struct item){.value = {.value_type = BSON_TYPE_NULL}};
    return true;
}

EXPECT_DEED(expect_phone_digits)
{
    static const char out[] = {'+', '(', ')', '[', ']', '-', '.', '/'};
    struct walk walk = walk_of(item);
    struct buffer made;
    (void)call;
    buffer_init(&made);
    while (walk_on(&walk))
        if (!is_blank(&walk) && memchr(out, *walk.at, sizeof out) == NULL)
            buffer_put(&made, walk.at, walk.length);
    bool ok = buffer_ok(&made, error) &&
              expect_make_text(around, buffer_text(&made), made.length, item, error);
    buffer_release(&made);
    return ok;
}

EXPECT_DEED(expect_strip)
{
    struct walk walk = walk_of(item);
    const char *prefix = call->text;
    (void)around;
    (void)error;
    while (*prefix != '\0' && walk.at < walk.end && *walk.at == *prefix) {
        walk.at++;
        prefix++;
    }
    if (*prefix == '\0')
        *item = item_of_text(walk.at, (size_t)(walk.end - walk.at));
    return true;
}

EXPECT_DEED(expect_split)
{
    struct walk walk = walk_of(item);
    size_t separator = strlen(call->text), length = (size_t)(walk.end - walk.at);
    size_t start = 0, count = 0;
    bson_t parts;
    bson_init(&parts);
    bool ok = true;
    for (size_t i = 0; ok && length > 0 && i <= length; i++) {
        bool here = i + separator <= length && memcmp(walk.at + i, call->text, separator) == 0;
        if (!here && i < length)
            continue;
        char digits[16];
        const char *key;
        size_t key_length = bson_uint32_to_string((uint32_t)count++, &key, digits, sizeof digits);
        ok = bson_append_utf8(&parts, key, (int)key_length, walk.at + start, (int)(i - start));
        start = i + separator;
        i = here ? start - 1 : i;
    }
    ok = ok ? expect_make_bson(around, &parts, BSON_TYPE_ARRAY, item, error) : error_memory(error);
    bson_destroy(&parts);
    return ok;
}
