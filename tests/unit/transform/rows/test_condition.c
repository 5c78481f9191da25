/* Conditions, as transform reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "condition_cases.h"
#include "transformation.h"

/* Of records of such a source, that says this of them. */
static void try_case(const struct condition_case *one, const char *source, const char *described)
{
    struct transformation t;
    char mapping[1000];
    snprintf(mapping, sizeof mapping,
             "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 'held', "
             "'when': %s, 'default': 'not', 'type': 'text'}}}}}",
             one->when);
    if (!transformation_compare(&t, source, mapping, described))
        fail_msg("%s: %s", one->when, t.error.message);
    bool ok = transformation_put(&t, one->record);
    if (ok != (one->holds[0] == '+' || one->holds[0] == '-') ||
        (!ok &&
         (t.error.code != ERROR_DATA || t.error.hint[0] == '\0' || strcmp(t.error.path, one->holds) != 0)))
        fail_msg("%s of %s: %s at %s", one->when, one->record, ok ? "no error" : t.error.message, t.error.path);
    if (ok)
        transformation_assert(&t, 0, one->holds[0] == '+' ? "held\n" : "not\n");
    transformation_close(&t);
}

static void conditions_hold_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(condition_cases); i++)
        try_case(&condition_cases[i], "{'kind': 'mongodb', 'uri': '${C}'}", NULL);
}

static void moments_are_compared_as_such(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(moment_cases); i++)
        try_case(&moment_cases[i], "{'kind': 'appwrite', 'uri': '${A}', 'database': 'main'}",
                 moment_catalog(&moment_cases[i]));
}

/* What a condition meets is named as it is written, and what it wants. */
static void a_refusal_says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *when, *record, *message;
    } cases[] = {
        {"{'s': false}", "{'s': 'false'}",
         "the text 'false' is of another kind than the boolean false, which the mapping compares it with"},
        {"{'s': {'in': ['a', 'b']}}", "{'s': 1}",
         "the int32 1 is of another kind than the text 'a', which the mapping compares it with"},
        {"{'s': {'has': 1}}", "{'s': ['1']}",
         "the text '1' is of another kind than the int64 1, which the mapping compares it with"},
        {"{'s': {'has': 1}}", "{'s': 2}", "the int32 2 is no array, as the condition 'has' wants it"},
        {"{'s': {'matches': 'x'}}", "{'s': 2}", "the int32 2 is no text, as the condition 'matches' wants it"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct transformation t;
        char mapping[1000], message[400];
        snprintf(mapping, sizeof mapping,
                 "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 1, 'type': "
                 "'integer'}}}, 'public.e': {'each': 'e', 'key': ['n'], 'when': %s, 'columns': {'n': {'position': "
                 "true}}}}}",
                 cases[i].when);
        transformation_begin(&t, mapping);
        snprintf(message, sizeof message, "{'e': [%s]}", cases[i].record);
        assert_false(transformation_put(&t, message));
        assert_string_equal(t.error.message, sample_quoted(cases[i].message));
        assert_string_equal(t.error.path, "e[0].s");
        transformation_close(&t);
    }
}

/* An element's conditions look at it, at what is in it, and out at its record. */
static void conditions_of_an_element(void **state)
{
    (void)state;
    struct transformation t;
    transformation_begin(
        &t, "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 1, 'type': "
            "'integer'}, 'w': {'from': 'w', 'type': 'text'}}}, 'public.e': {'each': 'e', 'key': ['v'], 'when': {'any': "
            "[{'.': {'above': 10}}, {'^.w': {'in': ['all']}}]}, 'columns': {'v': {'from': '.', 'type': 'integer'}}}}, "
            "'left_out': [{'each': 'e', 'when': {'.': {'at_most': 10}}, 'why': 'small'}]}");
    assert_true(transformation_put(&t, "{'w': 'some', 'e': [9, 10, 11]}"));
    transformation_assert(&t, 1, "11\n");
    assert_true(transformation_put(&t, "{'w': 'all', 'e': [8]}"));
    transformation_assert(&t, 1, "11\n8\n");
    assert_false(transformation_put(&t, "{'w': 'some', 'e': [null]}"));
    assert_string_equal(t.error.message,
                        sample_quoted("no table takes this element: /to/public.e/when/any/0/.: . is null"));
    assert_false(transformation_put(&t, "{'w': 'some', 'e': ['x']}"));
    assert_string_equal(t.error.path, "e[0]");
    transformation_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_hold_or_not),
        cmocka_unit_test(moments_are_compared_as_such),
        cmocka_unit_test(a_refusal_says_what_is_wrong),
        cmocka_unit_test(conditions_of_an_element),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
