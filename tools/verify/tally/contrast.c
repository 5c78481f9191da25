#include "contrast.h"

#include <stdint.h>
#include <string.h>

enum {
    BEFORE = 60,     /* bytes that are shown before the first difference */
    ELLIPSES = 2,    /* characters that they take */
    PAIR_SIZE = 12,  /* of "\ud83d\ude00" */
    PLAIN_SIZE = 6,  /* of "\u00e9" */
    BASIC = 0x10000, /* from here on UTF-16, and so JSON, needs two */
};

/* From and to of what cannot be seen, or not by itself; in their order. */
static const struct {
    uint32_t from, to;
} unseen[] = {
    {0x7F, 0xA0},     {0xAD, 0xAD},       {0x300, 0x36F},   {0x61C, 0x61C},   {0x115F, 0x1160},
    {0x1680, 0x1680}, {0x180B, 0x180F},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x2000, 0x200F},
    {0x2028, 0x202F}, {0x205F, 0x206F},   {0x20D0, 0x20FF}, {0x3000, 0x3000}, {0x3099, 0x309A},
    {0x3164, 0x3164}, {0xFE00, 0xFE0F},   {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB}, {0xE0000, 0xE0FFF},
};

static bool is_unseen(uint32_t code)
{
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        if (code >= unseen[i].from && code <= unseen[i].to)
            return true;
    return false;
}

static bool is_inside(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* How many bytes a character has. What is cut at its end has as many as there are. */
static size_t length_of(const char *text)
{
    size_t length = 1;
    while (is_inside(text[length]))
        length++;
    return length;
}

static uint32_t code_of(const char *text, size_t length)
{
    unsigned char first = (unsigned char)text[0];
    uint32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3FU);
    return code;
}

/* How many characters that took. */
static size_t put_escaped(uint32_t code, struct buffer *out)
{
    if (code < BASIC) {
        buffer_printf(out, "\\u%04x", (unsigned)code);
        return PLAIN_SIZE;
    }
    code -= BASIC;
    buffer_printf(out, "\\u%04x\\u%04x", (unsigned)(0xD800 + (code >> 10)),
                  (unsigned)(0xDC00 + (code & 0x3FF)));
    return PAIR_SIZE;
}

/* Where two texts begin to differ, on whole characters; 0 when they do not. */
static size_t first_difference(const char *a, const char *b)
{
    size_t at = 0;
    while (a[at] != '\0' && a[at] == b[at])
        at++;
    if (a[at] == b[at])
        return 0;
    while (at > 0 && (is_inside(a[at]) || is_inside(b[at])))
        at--;
    return at;
}

static void show(const char *text, size_t differs, bool differ, struct buffer *out)
{
    size_t from = differs > BEFORE ? differs - BEFORE : 0, shown = 0;
    while (from > 0 && is_inside(text[from]))
        from--;
    buffer_clear(out);
    buffer_puts(out, from > 0 ? "…" : "");
    while (text[from] != '\0' && shown < CONTRAST_SHOWN - ELLIPSES - PAIR_SIZE) {
        size_t length = length_of(text + from);
        uint32_t code = code_of(text + from, length);
        if (is_unseen(code) || (differ && from == differs && code > 0x7F)) {
            shown += put_escaped(code, out);
        } else {
            buffer_put(out, text + from, length);
            shown++;
        }
        from += length;
    }
    buffer_puts(out, text[from] != '\0' ? "…" : "");
}

void contrast_show(const char *expected, const char *found, struct buffer *left,
                   struct buffer *right)
{
    size_t differs = first_difference(expected, found);
    bool differ = strcmp(expected, found) != 0;
    show(expected, differs, differ, left);
    show(found, differs, differ, right);
}
