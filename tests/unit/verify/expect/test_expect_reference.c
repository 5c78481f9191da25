/* Ids that verify looks up, by its own keys of what it read of the users. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_trial.h"

#define USER(n) "5000000000000000000000" n
#define UUID(n) "00000000-5000-0000-0000-0000000000" n
#define OID(n) "{\"$oid\": \"" USER(n) "\"}"

/* What was told of the users; there are few. */
struct known {
    struct expect_id ids[64];
    size_t count;
};

static bool take_id(void *context, const struct expect_id *id, struct error *error)
{
    struct known *known = context;
    (void)error;
    known->ids[known->count++] = *id;
    return true;
}

static bool ask(void *context, const struct mapping *to, const uint8_t key[16],
                struct expect_answer *answer, struct error *error)
{
    const struct known *known = context;
    (void)error;
    assert_string_equal(to->name, "users");
    for (size_t i = 0; i < known->count; i++)
        if (memcmp(known->ids[i].key, key, 16) == 0) {
            answer->there = true;
            answer->stays = answer->stays || known->ids[i].stays;
            memcpy(answer->uuid, known->ids[i].uuid, 16);
        }
    return true;
}

/* users.json of trial_open: of all of them there is a row, so one that is left out is made here. */
static const char *const users[] = {
    "{\"_id\": " OID("01") ", \"email\": \"Ann@Example.org\", \"n\": 1}",
    "{\"_id\": " OID("02") ", \"email\": \"bo@example.org\", \"n\": {\"$numberDouble\": \"2\"}}",
    "{\"_id\": " OID("03") ", \"email\": \"CY@example.org\", \"n\": 3}",
};

static void read_users(struct trial *t, struct known *known)
{
    struct expectation *expectation;
    const struct catalog_entity none = {0};
    assert_true(expectation_new(&expectation, &t->project, project_mapping(&t->project, "users"),
                                &none, &t->error));
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        size_t before = known->count;
        bson_t *bson = sample_bson(users[i]);
        if (!expectation_ids(expectation, bson_get_data(bson), bson->len, take_id, known,
                             &t->error))
            fail_msg("%s", t->error.message);
        for (size_t k = before; k < known->count; k++) {
            assert_true(known->ids[k].stays);
            known->ids[k].stays = i != 2;
        }
        bson_destroy(bson);
    }
    expectation_free(expectation);
}

#define BY "\"id_of\": \"users\", \"by\": \"email\", \"do\": [\"lower\"]"
#define DANGLING(policy) "{\"from\": \"u\", \"id_of\": \"users\", \"dangling\": \"" policy "\"}"
#define LIST(policy)                                                                               \
    "{\"from\": \"u\", \"id_of\": \"users\", \"type\": \"uuid[]\", \"dangling\": \"" policy "\"}"
#define MEMBER                                                                                     \
    "{\"object\": {\"m\": {\"from\": \"u\", \"id_of\": \"users\", \"dangling\": \"null\"}}, "      \
    "\"type\": \"jsonb\"}"

static const struct {
    const char *column, *json, *value; /* NULL: the run should have stopped; "": no row */
    int64_t dangling;
    enum fate fate; /* of u */
} cases[] = {
    {DANGLING("null"), "{\"u\": " OID("01") "}", UUID("01"), 0, FATE_WRITTEN},
    {DANGLING("null"), "{\"u\": \"" USER("02") "\"}", UUID("02"), 0, FATE_WRITTEN},
    {DANGLING("null"), "{\"u\": " OID("03") "}", "NULL", 1, FATE_LOST},
    {DANGLING("null"), "{\"u\": " OID("09") "}", "NULL", 1, FATE_LOST},
    {DANGLING("null"), "{\"u\": null}", "NULL", 0, FATE_WRITTEN},
    {DANGLING("keep"), "{\"u\": " OID("09") "}", UUID("09"), 1, FATE_WRITTEN},
    {DANGLING("left_out"), "{\"u\": " OID("09") "}", "", 1, FATE_MET},
    {DANGLING("left_out"), "{\"u\": " OID("02") "}", UUID("02"), 0, FATE_WRITTEN},
    {DANGLING("error"), "{\"u\": " OID("09") "}", NULL, 0, FATE_SEEN},
    {DANGLING("error"), "{\"u\": " OID("03") "}", NULL, 0, FATE_SEEN},
    {LIST("null"), "{\"u\": [" OID("01") ", null, " OID("09") "]}",
     "{" UUID("01") ", NULL, NULL}", 1, FATE_CHANGED},
    {LIST("left_out"), "{\"u\": [" OID("03") ", null, " OID("02") "]}", "{NULL, " UUID("02") "}",
     1, FATE_CHANGED},
    {LIST("keep"), "{\"u\": [" OID("09") "]}", "{" UUID("09") "}", 1, FATE_WRITTEN},
    {LIST("left_out"), "{\"u\": [" OID("09") "]}", "{}", 1, FATE_CHANGED},
    {MEMBER, "{\"u\": [" OID("01") ", " OID("09") "]}", "{\"m\": [\"" UUID("01") "\", null]}", 1,
     FATE_CHANGED},
    {MEMBER, "{\"u\": " OID("09") "}", "{\"m\": null}", 1, FATE_LOST},
    {"{\"from\": \"u\", " BY "}", "{\"u\": \"ANN@example.org\"}", UUID("01"), 0, FATE_CHANGED},
    {"{\"from\": \"u\", " BY "}", "{\"u\": \"bo@example.org\"}", UUID("02"), 0, FATE_WRITTEN},
    {"{\"from\": \"u\", " BY "}", "{\"u\": \"an@example.org\"}", NULL, 0, FATE_SEEN},
    {"{\"from\": \"u\", " BY "}", "{\"u\": {\"a\": 1}}", NULL, 0, FATE_SEEN},
    {"{\"from\": \"u\", \"id_of\": \"users\", \"by\": \"n\", \"type\": \"text\"}",
     "{\"u\": {\"$numberDecimal\": \"2.0\"}}", UUID("02"), 0, FATE_WRITTEN},
    {"{\"from\": \"u\", \"id_of\": \"users\", \"by\": \"_id\"}", "{\"u\": " OID("02") "}",
     UUID("02"), 0, FATE_WRITTEN},
};

static void ids_are_looked_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trial t;
        struct known known = {.count = 0};
        const struct expect_lookup lookup = {.ask = ask, .context = &known};
        char mapping[1000], expected[300];
        size_t count;
        snprintf(mapping, sizeof mapping,
                 "{\"from\": \"core.books\", \"to\": {\"public.books\": {\"key\": [\"k\"], "
                 "\"columns\": {\"k\": {\"const\": 1, \"type\": \"integer\"}, \"v\": %s}}}}",
                 cases[i].column);
        if (!trial_open(&t, "pad-left", NULL, mapping))
            fail_msg("%s", t.error.message);
        read_users(&t, &known);
        expectation_look_up(t.expectation, &lookup);
        bson_t *bson = sample_bson(cases[i].json);
        bool ok = expectation_batch(t.expectation, bson_get_data(bson), bson->len, take_row,
                                    &t.rows, &t.records, &t.filtered, &t.error);
        if (ok != (cases[i].value != NULL))
            fail_msg("%s of %s: %s", cases[i].column, cases[i].json, t.error.message);
        snprintf(expected, sizeof expected, "public.books k=1|v=%s\n", ok ? cases[i].value : "");
        if (ok && strcmp(buffer_text(&t.rows), cases[i].value[0] != '\0' ? expected : "") != 0)
            fail_msg("%s of %s: %s", cases[i].column, cases[i].json, buffer_text(&t.rows));
        const struct expected_path *paths = expectation_paths(t.expectation, &count);
        for (size_t p = 0; ok && p < count; p++) {
            if (strcmp(paths[p].path, "u") != 0)
                continue;
            assert_int_equal(paths[p].values[FATE_DANGLING], cases[i].dangling);
            assert_int_equal(paths[p].values[cases[i].fate], 1);
        }
        assert_int_equal(t.filtered, ok && cases[i].value[0] == '\0');
        bson_destroy(bson);
        trial_close(&t);
    }
}

/* Every id is told with what it becomes; a field of them where somebody looks by it, and only then. */
static void records_tell_by_what_they_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *column;
        size_t ids;
    } counts[] = {{DANGLING("null"), 3}, {"{\"from\": \"u\", " BY "}", 6}};
    for (size_t i = 0; i < 2; i++) {
        struct trial t;
        struct known known = {.count = 0};
        char mapping[1000];
        snprintf(mapping, sizeof mapping,
                 "{\"from\": \"core.books\", \"to\": {\"public.books\": {\"key\": [\"k\"], "
                 "\"columns\": {\"k\": {\"const\": 1, \"type\": \"integer\"}, \"v\": %s}}}}",
                 counts[i].column);
        assert_true(trial_open(&t, "pad-left", NULL, mapping));
        read_users(&t, &known);
        assert_int_equal(known.count, counts[i].ids);
        for (size_t k = 1; k < known.count; k++)
            assert_memory_not_equal(known.ids[k - 1].key, known.ids[k].key, 16);
        if (i == 1)
            assert_string_equal(known.ids[1].by, "email");
        assert_null(known.ids[0].by);
        trial_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_looked_up),
        cmocka_unit_test(records_tell_by_what_they_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
