/* The difference of two texts, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "line_diff.h"

#include "graduate/buffer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool on_line(void *context, bool new, struct line line, struct line within)
{
    buffer_printf(context, "%c%.*s<%.*s>\n", new ? '+' : '-', (int)line.length, line.text,
                  (int)within.length, within.text);
    return true;
}

static void test_differences(void **state)
{
    static const struct {
        const char *before, *after, *differences;
    } cases[] = {
        {"", "", ""},
        {"a\nb\n", "a\nb\n", ""},
        {"a\nb\n", "a\nb", ""}, /* the end of the last line is no difference */
        {"", "a\n", "+a<a>\n"},
        {"a\n", "", "-a<a>\n"},
        {"a\nb\nc\n", "a\nc\n", "-b<b>\n"},
        {"a\nc\n", "a\nb\nc\n", "+b<b>\n"},
        {"a\nb\nc\n", "a\nx\nc\n", "-b<b>\n+x<x>\n"},
        /* as little as possible: what stands twice and moved */
        {"a\nb\nc\na\n", "b\nc\na\nb\n", "-a<a>\n+b<b>\n"},
        /* in a statement */
        {"CREATE (\n  a,\n  b\n);\n", "CREATE (\n  a,\n  x\n);\n",
         "-  b<CREATE (>\n+  x<CREATE (>\n"},
        {"one\n", "one\nCREATE (\n);\n", "+CREATE (<CREATE (>\n+);<CREATE (>\n"},
    };
    struct buffer found;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        buffer_init(&found);
        assert_true(line_diff(cases[i].before, cases[i].after, on_line, &found));
        assert_string_equal(buffer_text(&found), cases[i].differences);
        buffer_release(&found);
    }
}

static bool stop(void *context, bool new, struct line line, struct line within)
{
    (void)new, (void)line, (void)within;
    return ++*(int *)context < 2;
}

static void test_stopping(void **state)
{
    int count = 0;
    (void)state;
    assert_false(line_diff("a\nb\nc\n", "", stop, &count));
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_stopping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
