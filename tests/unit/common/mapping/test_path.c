/* Paths: their canonical form, their steps, and what is no path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/path.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_path_has_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *form;
    } cases[] = {
        {".", "."},
        {"a", "a"},
        {"a.b", "a.b"},
        {"'a'.b", "a.b"},
        {"'a.b'.c", "'a.b'.c"},
        {"''", "''"},
        {"a.''", "a.''"},
        {"it's", "'it''s'"},
        {"'it''s'.x", "'it''s'.x"},
        {"''''", "''''"},
        {"first name", "'first name'"},
        {"a\tb", "'a\tb'"},
        {"a\x7f", "'a\x7f'"},
        {"'0'", "'0'"},
        {"tags.0", "tags.0"},
        {"tags.-1", "tags.-1"},
        {"'-1'", "'-1'"},
        {"-", "-"},
        {"2nd", "2nd"},
        {"1234567890", "1234567890"},
        {"'1234567890'", "1234567890"},
        {"'*'", "'*'"},
        {"*", "*"},
        {"**", "**"},
        {"$id", "$id"},
        {"^.a", "^.a"},
        {"^^.'a'", "^^.a"},
        {"^", "'^'"},
        {"'^'.a", "'^'.a"},
        {"^a", "^a"},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *form = NULL, *again = NULL, *fault;
        assert_true(path_canonical(cases[i].text, &arena, &form, &fault));
        assert_string_equal(form, cases[i].form);
        assert_true(path_canonical(form, &arena, &again, &fault));
        assert_string_equal(again, form);
    }
    arena_release(&arena);
}

static void what_is_no_path(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"", "a name in it is empty"},   {".a", "a name in it is empty"},
        {"a.", "a name in it is empty"}, {"a..b", "a name in it is empty"},
        {"''.", "a name in it is empty"}, {"..", "a name in it is empty"},
        {"^.", "a name in it is empty"}, {"'a", "a quote in it has no end"},
        {"a.'b", "a quote in it has no end"}, {"'", "a quote in it has no end"},
        {"'''", "a quote in it has no end"},  {"'a'b", "behind a name in quotes"},
        {"'a'b'", "behind a name in quotes"},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *form = NULL, *fault = NULL;
        if (path_canonical(cases[i].text, &arena, &form, &fault))
            fail_msg("%s was taken, as %s", cases[i].text, form);
        assert_non_null(fault);
        if (strncmp(fault, cases[i].fault, strlen(cases[i].fault)) != 0)
            fail_msg("%s gave: %s", cases[i].text, fault);
    }
    arena_release(&arena);
}

static void steps_are_taken_one_by_one(void **state)
{
    (void)state;
    struct arena arena;
    struct path_step step;
    const char *path = "^^.'a.''b'.*.-2.c", *one = "a", *none = "^a";
    arena_init(&arena);
    assert_int_equal(path_ups(&path), 2);
    assert_int_equal(path_ups(&one), 0);
    assert_int_equal(path_ups(&none), 0);
    assert_string_equal(none, "^a");
    assert_true(path_next(&path, &step));
    assert_int_equal(step.kind, STEP_NAME);
    assert_true(path_step_is(&step, "a.'b"));
    assert_false(path_step_is(&step, "a.''b"));
    assert_false(path_step_is(&step, "a.'"));
    assert_false(path_step_is(&step, "a.'bc"));
    assert_string_equal(path_step_name(&step, &arena), "a.'b");
    assert_true(path_next(&path, &step));
    assert_int_equal(step.kind, STEP_MEMBERS);
    assert_false(path_step_is(&step, "*"));
    assert_true(path_next(&path, &step));
    assert_int_equal(step.kind, STEP_PLACE);
    assert_int_equal(step.place, -2);
    assert_false(path_step_is(&step, "-2"));
    assert_true(path_next(&path, &step));
    assert_true(path_step_is(&step, "c"));
    assert_string_equal(path_step_name(&step, &arena), "c");
    assert_false(path_next(&path, &step));
    arena_release(&arena);
}

static void names_are_written_as_steps(void **state)
{
    (void)state;
    static const struct {
        const char *name, *step;
    } cases[] = {{"a", "a"},     {"a.b", "'a.b'"}, {"", "''"},   {"it's", "'it''s'"}, {"7", "'7'"},
                 {"*", "'*'"},   {"^^", "'^^'"},   {"^a", "^a"}, {"a b", "'a b'"},    {"\xc3\xa9", "\xc3\xa9"},
                 {"a\n", "'a\n'"}};
    struct buffer out;
    buffer_init(&out);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buffer_clear(&out);
        path_put_name(&out, cases[i].name);
        assert_string_equal(buffer_text(&out), cases[i].step);
    }
    buffer_release(&out);
}

static void paths_lie_below_others(void **state)
{
    (void)state;
    assert_string_equal(path_below("a.b", ""), "a.b");
    assert_string_equal(path_below("a.b", "a"), "b");
    assert_null(path_below("ab", "a"));
    assert_null(path_below("a", "a"));
    assert_int_equal(path_parent("a"), 0);
    assert_int_equal(path_parent("a.b.c"), 3);
    assert_int_equal(path_parent("'a.b'"), 0);
    assert_int_equal(path_parent("'a.b'.'c.d'"), 5);
    assert_int_equal(path_parent("''"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_has_one_form),        cmocka_unit_test(what_is_no_path),
        cmocka_unit_test(steps_are_taken_one_by_one), cmocka_unit_test(names_are_written_as_steps),
        cmocka_unit_test(paths_lie_below_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
