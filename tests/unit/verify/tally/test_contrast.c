/* What a finding shows of two texts that differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contrast.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define SIXTY_LESS TEN TEN TEN TEN TEN "abcdefghi"
#define LONG SIXTY SIXTY SIXTY

static const struct {
    const char *what, *expected, *found, *left, *right;
} pairs[] = {
    {"a blank at the end", "\"ann\"", "\"ann \"", "\"ann\"", "\"ann \""},
    {"a composed letter and a decomposed one", "\"\u00e9\"", "\"e\u0301\"", "\"\\u00e9\"", "\"e\\u0301\""},
    {"letters before the difference stay", "\"\u00fc\u00e9x\"", "\"\u00fc\u00e9y\"", "\"\u00fc\u00e9x\"", "\"\u00fc\u00e9y\""},
    {"marks before the difference do not", "\"u\u0308x\"", "\"u\u0308y\"", "\"u\\u0308x\"", "\"u\\u0308y\""},
    {"letters of two alphabets", "\"a\"", "\"\u0430\"", "\"a\"", "\"\\u0430\""},
    {"letters that begin with the same byte", "\"\u00e9\"", "\"\u00e8\"", "\"\\u00e9\"", "\"\\u00e8\""},
    {"a space that does not break", "\"a b\"", "\"a\u00a0b\"", "\"a b\"", "\"a\\u00a0b\""},
    {"a blank of no width", "\"a\"", "\"a\u200b\"", "\"a\"", "\"a\\u200b\""},
    {"a byte order mark", "\"a\"", "\"\ufeffa\"", "\"a\"", "\"\\ufeffa\""},
    {"beyond 16 bits", "\"\U0001f600\"", "\"\U0001f601\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\\ude01\""},
    {"the first and last of a range", "\u0300\u036f\u0370x", "\u0300\u036f\u0370y", "\\u0300\\u036f\u0370x", "\\u0300\\u036f\u0370y"},
    {"delete", "a\x7f", "a", "a\\u007f", "a"},
    {"nothing", "\u00e9", "\u00e9", "\u00e9", "\u00e9"},
    {"far behind", LONG "x", LONG "y", "\u2026" SIXTY "x", "\u2026" SIXTY "y"},
    {"one is the other's beginning", LONG "x", LONG, "\u2026" SIXTY "x", "\u2026" SIXTY},
    {"as far as is shown before", SIXTY "x", SIXTY "y", SIXTY "x", SIXTY "y"},
    {"on whole characters", "\u00e9" TEN SIXTY "x", "\u00e9" TEN SIXTY "y", "\u2026" SIXTY "x", "\u2026" SIXTY "y"},
    {"in the middle of a character", "\u00e9" SIXTY_LESS "x", "\u00e9" SIXTY_LESS "y", "\u00e9" SIXTY_LESS "x", "\u00e9" SIXTY_LESS "y"},
};

static void both_are_shown_where_they_part(void **state)
{
    (void)state;
    struct buffer left, right;
    buffer_init(&left);
    buffer_init(&right);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        contrast_show(pairs[i].expected, pairs[i].found, &left, &right);
        if (strcmp(buffer_text(&left), pairs[i].left) != 0 || strcmp(buffer_text(&right), pairs[i].right) != 0)
            fail_msg("%s: %s and %s", pairs[i].what, buffer_text(&left), buffer_text(&right));
    }
    buffer_release(&left);
    buffer_release(&right);
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* Escapes count as what they are written with. */
static void no_more_is_shown_than_there_is_room_for(void **state)
{
    (void)state;
    static const char *const units[] = {"a", "\u00e9", "\u0301", "\U000e0001"};
    struct buffer text, other, left, right;
    buffer_init(&text);
    buffer_init(&other);
    buffer_init(&left);
    buffer_init(&right);
    for (size_t i = 0; i < COUNT(units); i++) {
        buffer_clear(&text);
        for (size_t n = 0; n < 300; n++)
            buffer_puts(&text, units[i]);
        buffer_clear(&other);
        buffer_printf(&other, "%s!", buffer_text(&text));
        contrast_show(buffer_text(&text), buffer_text(&other), &left, &right);
        assert_true(characters(buffer_text(&left)) <= CONTRAST_SHOWN);
        contrast_show(buffer_text(&text), "x", &left, &right);
        assert_true(characters(buffer_text(&left)) <= CONTRAST_SHOWN);
        assert_true(characters(buffer_text(&left)) > CONTRAST_SHOWN / 2);
        assert_string_equal(buffer_text(&left) + left.length - strlen("\u2026"), "\u2026");
        assert_string_equal(buffer_text(&right), "x");
    }
    buffer_release(&text);
    buffer_release(&other);
    buffer_release(&left);
    buffer_release(&right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_shown_where_they_part),
        cmocka_unit_test(no_more_is_shown_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
