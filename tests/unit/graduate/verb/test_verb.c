/* A verb is found by its name; a wrong one is told the nearest and all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verb.h"

#include <string.h>

static const struct verb *const verbs[] = {
    &verb_plan, &verb_schema, &verb_run, &verb_status, &verb_rehearse, &verb_stream,
};
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static void test_each_is_found(void **state)
{
    static const char *const names[] = {"plan", "schema", "run", "status", "rehearse", "stream"};
    struct error error;
    (void)state;
    for (size_t i = 0; i < VERB_COUNT; i++) {
        assert_ptr_equal(verb_find(verbs, VERB_COUNT, names[i], &error), verbs[i]);
        assert_string_equal(verb_name(verbs[i]), names[i]);
    }
}

static void test_each_shows_an_example(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERB_COUNT; i++)
        assert_non_null(strstr(verbs[i]->command->epilogue, verbs[i]->command->name));
}

static void test_wrong_words(void **state)
{
    static const struct {
        const char *word, *said;
    } cases[] = {
        {"sratus", "there is no verb \"sratus\"; did you mean \"status\"? (there are: "},
        {"Plan", "there is no verb \"Plan\"; did you mean \"plan\"? (there are: "},
        {"rehearsal", "there is no verb \"rehearsal\"; did you mean \"rehearse\"? (there are: "},
        {"obliterate", "there is no verb \"obliterate\" (there are: "},
        {"", "there is no verb \"\""},
    };
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_null(verb_find(verbs, VERB_COUNT, cases[i].word, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        assert_memory_equal(error.message, cases[i].said, strlen(cases[i].said));
        assert_non_null(strstr(error.message, "plan, schema, run, status, rehearse, stream"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_found),
        cmocka_unit_test(test_each_shows_an_example),
        cmocka_unit_test(test_wrong_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
