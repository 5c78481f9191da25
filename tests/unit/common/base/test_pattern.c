#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "graduate/pattern.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void patterns_are_found_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *text;
        bool found;
    } cases[] = {
        {"b", "abc", true},
        {"^b", "abc", false},
        {"^(a|bc){2}$", "abc", true},
        {"^(a|bc){2}$", "abcd", false},
        {"^[^ -~]+$", "\xC3\xA4\xC3\xB6", true},
        {"^..$", "\xC3\xA4\xC3\xB6", true}, /* characters, not bytes */
        {"^[[:alpha:]]+$", "\xC3\xA4\xC3\xB6", true},
        {"^[a-z]+$", "aB", false},
        {"a.c", "a\nc", true},
        {"", "", true},
        {"\\\\1", "\\1", true},
        {"x{1000}", "x", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pattern *pattern;
        struct error error;
        bool found;
        if (!pattern_new(&pattern, cases[i].expression, &error))
            fail_msg("%s: %s", cases[i].expression, error.message);
        assert_true(pattern_search(pattern, cases[i].text, strlen(cases[i].text), &found, &error));
        if (found != cases[i].found)
            fail_msg("%s in %s", cases[i].expression, cases[i].text);
        pattern_free(pattern);
    }
}

static void only_so_much_of_a_text_is_looked_at(void **state)
{
    (void)state;
    struct pattern *pattern;
    struct error error;
    bool found;
    assert_true(pattern_new(&pattern, "b$", &error));
    assert_true(pattern_search(pattern, "abc", 2, &found, &error) && found);
    assert_true(pattern_search(pattern, "abc", 3, &found, &error) && !found);
    assert_true(pattern_search(pattern, "a\0b", 3, &found, &error) && found);
    pattern_free(pattern);
}

static void what_has_no_end_is_refused(void **state)
{
    (void)state;
    char longest[PATTERN_LONGEST + 2];
    memset(longest, 'x', sizeof longest);
    longest[PATTERN_LONGEST + 1] = '\0';
    const struct {
        const char *expression, *message;
    } cases[] = {
        {"(", "no extended regular expression: Unmatched ("},
        {"[", "no extended regular expression"},
        {"(a)\\1", "no back references here, as \"\\1\""},
        {"\\\\(a)\\9", "as \"\\9\""},
        {"a{1001}", "multiply to more than 1000"},
        {"(a{40}){2,40}", "multiply to more than 1000"},
        {"(a{40}){40,}", "multiply to more than 1000"},
        {"a{99999999999999999999}", "multiply to more than 1000"},
        {longest, "at most 500 bytes"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pattern *pattern;
        struct error error;
        assert_false(pattern_new(&pattern, cases[i].expression, &error));
        assert_null(pattern);
        assert_int_equal(error.code, ERROR_USAGE);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].expression, error.message);
        pattern_free(pattern);
    }
    longest[PATTERN_LONGEST] = '\0';
    struct pattern *pattern;
    struct error error;
    assert_true(pattern_new(&pattern, longest, &error));
    pattern_free(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_found_or_not),
        cmocka_unit_test(only_so_much_of_a_text_is_looked_at),
        cmocka_unit_test(what_has_no_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
