/* What conditions ask about records of another entity, by verify's own keys of what it read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_trial.h"
#include "fact_cases.h"

struct known {
    uint8_t keys[64][16];
    size_t count;
};

static bool take(void *context, const struct expect_id *id, struct error *error)
{
    struct known *known = context;
    (void)error;
    assert_true(known->count < sizeof known->keys / sizeof known->keys[0]);
    memcpy(known->keys[known->count++], id->key, 16);
    return true;
}

static bool ask(void *context, const struct mapping *to, const uint8_t key[16], bool *there,
                struct error *error)
{
    const struct known *known = context;
    (void)error;
    assert_string_equal(to->name, "users");
    for (size_t i = 0; i < known->count; i++)
        *there = *there || memcmp(known->keys[i], key, 16) == 0;
    return true;
}

static void tell(struct trial *t, const char *const *users, struct known *known)
{
    struct expectation *expectation;
    const struct catalog_entity none = {0};
    assert_true(expectation_new(&expectation, &t->project, project_mapping(&t->project, "users"),
                                &none, &t->error));
    for (; *users != NULL; users++) {
        bson_t *bson = sample_bson(*users);
        if (!expectation_facts(expectation, bson_get_data(bson), bson->len, take, known, &t->error))
            fail_msg("%s: %s", *users, t->error.message);
        bson_destroy(bson);
    }
    expectation_free(expectation);
}

static bool trial_put(struct trial *t, const char *json)
{
    bson_t *bson = sample_bson(json);
    bool ok = expectation_batch(t->expectation, bson_get_data(bson), bson->len, take_row, &t->rows,
                                &t->records, &t->filtered, &t->error);
    bson_destroy(bson);
    return ok;
}

static void facts_hold_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < FACT_CASES; i++) {
        const struct fact_case *one = &fact_cases[i];
        struct known known = {.count = 0};
        const struct expect_lookup lookup = {.ask_fact = ask, .context = &known};
        struct trial t;
        char books[1000];
        snprintf(books, sizeof books, FACT_BOOKS, one->in);
        assert_true(trial_open(&t, "pad-left", NULL, sample_quoted(books)));
        tell(&t, one->users, &known);
        expectation_look_up(t.expectation, &lookup);
        bool ok = trial_put(&t, one->record);
        if (ok != (one->holds[0] != '!') ||
            (!ok && (t.error.code != ERROR_DATA || strcmp(t.error.path, "s") != 0)))
            fail_msg("%s of %s: %s at %s", one->in, one->record, t.error.message, t.error.path);
        if (ok)
            assert_string_equal(buffer_text(&t.rows), one->holds[0] == '+'
                                                          ? "public.books k=held\n"
                                                          : "public.books k=not\n");
        trial_close(&t);
    }
}

static void without_a_lookup_nothing_is_so(void **state)
{
    (void)state;
    struct trial t;
    char books[1000];
    snprintf(books, sizeof books, FACT_BOOKS, "{'users': 'u'}");
    assert_true(trial_open(&t, "pad-left", NULL, sample_quoted(books)));
    assert_true(trial_put(&t, "{'s': {'a': 1}}"));
    assert_string_equal(buffer_text(&t.rows), "public.books k=not\n");
    trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_hold_or_not),
        cmocka_unit_test(without_a_lookup_nothing_is_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
