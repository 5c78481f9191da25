/* Conditions, as verify reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "condition_cases.h"
#include "expect_trial.h"

static bool put(struct trial *t, const char *record)
{
    bson_t *bson = sample_bson(record);
    bool ok = expectation_batch(t->expectation, bson_get_data(bson), bson->len, take_row, &t->rows, &t->records,
                                &t->filtered, &t->error);
    bson_destroy(bson);
    return ok;
}

/* Of records of the source, which says this of them. */
static void try_case(const struct condition_case *one, const char *source, const char *catalog)
{
    struct trial t;
    char mapping[1000], said[1000] = "";
    snprintf(mapping, sizeof mapping,
             "{'from': '%s.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 'held', "
             "'when': %s, 'default': 'not', 'type': 'text'}}}}}",
             source, one->when);
    if (catalog != NULL)
        snprintf(said, sizeof said, "%s", sample_quoted(catalog));
    if (!trial_open(&t, "pad-left", catalog != NULL ? said : NULL, sample_quoted(mapping)))
        fail_msg("%s: %s", one->when, t.error.message);
    bool ok = put(&t, one->record);
    if (ok != (one->holds[0] == '+' || one->holds[0] == '-') ||
        (!ok && (t.error.code != ERROR_DATA || t.error.hint[0] == '\0')))
        fail_msg("%s of %s: %s", one->when, one->record, ok ? "no error" : t.error.message);
    if (ok)
        assert_string_equal(buffer_text(&t.rows),
                            one->holds[0] == '+' ? "public.books k=held\n" : "public.books k=not\n");
    trial_close(&t);
}

static void conditions_hold_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(condition_cases); i++)
        try_case(&condition_cases[i], "core", NULL);
}

static void moments_are_compared_as_such(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(moment_cases); i++)
        try_case(&moment_cases[i], "auth", moment_catalog(&moment_cases[i]));
}

static void conditions_of_an_element(void **state)
{
    (void)state;
    struct trial t;
    assert_true(trial_open(
        &t, "pad-left", NULL,
        sample_quoted(
            "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 1, 'type': "
            "'integer'}, 'w': {'from': 'w', 'type': 'text'}}}, 'public.e': {'each': 'e', 'key': ['v'], 'when': {'any': "
            "[{'.': {'above': 10}}, {'^.w': {'in': ['all']}}]}, 'columns': {'v': {'from': '.', 'type': 'integer'}}}}, "
            "'left_out': [{'each': 'e', 'when': {'.': {'at_most': 10}}, 'why': 'small'}]}")));
    assert_true(put(&t, "{'w': 'some', 'e': [9, 10, 11]}"));
    assert_true(put(&t, "{'w': 'all', 'e': [8]}"));
    assert_string_equal(buffer_text(&t.rows), "public.books k=1|w=some\npublic.e v=11\npublic.books k=1|w=all\n"
                                              "public.e v=8\n");
    assert_false(put(&t, "{'w': 'some', 'e': [null]}"));
    assert_false(put(&t, "{'w': 'some', 'e': ['x']}"));
    assert_string_equal(t.error.path, "e");
    trial_close(&t);
}

/* Nobody keeps the rest of an element that is left out, and nobody trips over it. */
static void a_rest_that_nobody_keeps(void **state)
{
    (void)state;
    struct trial t;
    assert_true(trial_open(
        &t, "pad-left", NULL,
        sample_quoted("{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 1, "
                      "'type': 'integer'}}}, 'public.e': {'each': 'e', 'key': ['n'], 'when': {'k': {'exists': true}}, "
                      "'columns': {'n': {'position': true}, 'rest': {'rest': true}}}}, 'left_out': [{'each': 'e', "
                      "'when': {'k': {'exists': false}}, 'why': 'no kind'}]}")));
    assert_true(put(&t, "{'e': [{'z': 1, 'y': 2, 'x': 3}, {'k': null, 'b': 1, 'a': 2}]}"));
    assert_string_equal(buffer_text(&t.rows), "public.books k=1\npublic.e n=2|rest={\"a\": 2, \"b\": 1}\n");
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_hold_or_not),
        cmocka_unit_test(moments_are_compared_as_such),
        cmocka_unit_test(conditions_of_an_element),
        cmocka_unit_test(a_rest_that_nobody_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
