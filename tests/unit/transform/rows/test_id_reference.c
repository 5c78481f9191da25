/* Ids that are looked up in what an entity's own records say: identities written down, and asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "identities.h"
#include "transformation.h"

#define USER(n) "5000000000000000000000" n
#define UUID(n) "00000000-5000-0000-0000-0000000000" n
#define OID(n) "{'$oid': '" USER(n) "'}"

/* Users of users.json, by e-mail and by id; of whom 'away' is left out. */
struct known {
    struct folder folder;
    struct project project;
    struct catalog catalog;
    struct schema schema;
    struct plan plan;
    struct identities identities;
    struct lookups lookups;
    struct error error;
};

static bool known_open(struct known *k, const char *users, const char *books)
{
    *k = (struct known){.identities.writer.runs = -1};
    folder_make(&k->folder);
    folder_put(&k->folder, "project.json",
               sample_quoted("{'project': 'test', 'target': '${T}', 'identity': {'strategy': "
                             "'pad-left'}, 'sources': {'core': {'kind': 'mongodb', 'uri': "
                             "'${C}'}}}"));
    folder_put(&k->folder, "users.json", sample_quoted(users));
    folder_put(&k->folder, "books.json", sample_quoted(books));
    catalog_init(&k->catalog);
    if (!project_load(&k->project, k->folder.path, &k->error))
        fail_msg("%s", k->error.message);
    const struct mapping *entity = project_mapping(&k->project, "users");
    if (!schema_resolve_entity(&k->schema, &k->project, entity, &k->catalog, &k->error) ||
        !plan_compile(&k->plan, &k->schema, entity, NULL, &k->error))
        fail_msg("%s", k->error.message);
    return identities_open(&k->identities, &k->project, entity, &k->plan,
                           folder_path(&k->folder, "users.ids"), &k->error);
}

static bool known_put(struct known *k, const char *json)
{
    bson_t *bson = sample_bson(json);
    bool ok =
        identities_put_document(&k->identities, bson_get_data(bson), bson->len, &k->error);
    bson_destroy(bson);
    return ok;
}

static void known_close(struct known *k)
{
    lookups_close(&k->lookups);
    identities_close(&k->identities);
    plan_release(&k->plan);
    schema_release(&k->schema);
    catalog_release(&k->catalog);
    project_release(&k->project);
    folder_remove(&k->folder);
}

#define USERS                                                                                      \
    "{'from': 'core.users', 'to': {'public.users': {'key': ['id'], 'when': {'away': {'not': "      \
    "true}}, 'columns': {'id': {'from': '_id', 'id_of': 'users'}}}}, 'drop': ['email', 'n']}"
#define BOOKS(column, more)                                                                        \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'from': "      \
    "'_id', 'type': 'integer'}, 'c': " column "}}" more "}}"
#define BY "'id_of': 'users', 'by': 'email', 'do': ['lower']"

static const char *const users[] = {
    "{'_id': " OID("01") ", 'email': 'Ann@Example.org', 'n': 1, 'away': false}",
    "{'_id': " OID("02") ", 'email': 'bo@example.org', 'n': 2, 'away': false}",
    "{'_id': " OID("03") ", 'email': 'CY@example.org', 'n': 3, 'away': true}",
    "{'_id': " OID("04") ", 'email': null, 'n': {'$numberDouble': '4'}, 'away': false}",
    "{'_id': null, 'email': 'nobody@example.org', 'n': {'a': 1}, 'away': false}",
};

static void known_fill(struct known *k)
{
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
        if (!known_put(k, users[i]))
            fail_msg("%s: %s", users[i], k->error.message);
    if (!identities_finish(&k->identities, &k->error) ||
        !lookups_open(&k->lookups, &k->project, project_mapping(&k->project, "books"), false,
                      k->folder.path, &k->error))
        fail_msg("%s", k->error.message);
}

/* What one record becomes, its losses, and how many dangle. */
static const struct {
    const char *column, *json, *rows, *error;
    int64_t losses;
} cases[] = {
#define NULL_ID "{'from': 'u', 'id_of': 'users', 'dangling': 'null'}"
    {NULL_ID, "{'_id': 1, 'u': " OID("01") "}", "1|" UUID("01") "\n", NULL, 0},
    {NULL_ID, "{'_id': 1, 'u': '" USER("02") "'}", "1|" UUID("02") "\n", NULL, 0},
    {NULL_ID, "{'_id': 1, 'u': " OID("03") "}", "1|-\n", NULL, 1},
    {NULL_ID, "{'_id': 1, 'u': " OID("09") "}", "1|-\n", NULL, 1},
    {NULL_ID, "{'_id': 1, 'u': null}", "1|-\n", NULL, 0},
    {NULL_ID, "{'_id': 1}", "1|-\n", NULL, 0},
    {NULL_ID, "{'_id': 1, 'u': 'no id'}", NULL, "nobody's id", 0},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'keep'}", "{'_id': 1, 'u': " OID("09") "}",
     "1|" UUID("09") "\n", NULL, 1},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'keep', 'type': 'text'}",
     "{'_id': 1, 'u': " OID("09") "}", "1|" UUID("09") "\n", NULL, 1},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'left_out'}", "{'_id': 1, 'u': " OID("09") "}",
     "", NULL, 1},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'left_out'}", "{'_id': 1, 'u': " OID("01") "}",
     "1|" UUID("01") "\n", NULL, 0},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'error'}", "{'_id': 1, 'u': " OID("09") "}",
     NULL, "no record of users has the ObjectId " USER("09"), 0},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'error'}", "{'_id': 1, 'u': " OID("03") "}",
     NULL, "the record of users is there in the source, and is left out", 0},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'null', 'default': '" USER("02") "'}",
     "{'_id': 1}", "1|" UUID("02") "\n", NULL, 0},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'null', 'default': '" USER("08") "'}",
     "{'_id': 1}", "1|-\n", NULL, 1},
    {"{'first': [{'from': 'u'}, {'from': 'v'}], 'id_of': 'users', 'dangling': 'null'}",
     "{'_id': 1, 'v': " OID("02") "}", "1|" UUID("02") "\n", NULL, 0},
    /* arrays: each element for itself */
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'null', 'type': 'uuid[]'}",
     "{'_id': 1, 'u': [" OID("01") ", null, " OID("09") "]}", "1|{" UUID("01") ",NULL,NULL}\n",
     NULL, 1},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'left_out', 'type': 'text[]'}",
     "{'_id': 1, 'u': [" OID("03") ", null, " OID("02") "]}", "1|{NULL," UUID("02") "}\n", NULL,
     1},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'keep', 'type': 'uuid[]'}",
     "{'_id': 1, 'u': [" OID("09") "]}", "1|{" UUID("09") "}\n", NULL, 1},
    {"{'from': 'u', 'id_of': 'users', 'dangling': 'left_out', 'type': 'uuid[]'}",
     "{'_id': 1, 'u': [" OID("09") "]}", "1|{}\n", NULL, 1},
    /* inside of an object */
    {"{'object': {'m': {'from': 'u', 'id_of': 'users', 'dangling': 'null'}}, 'type': 'jsonb'}",
     "{'_id': 1, 'u': [" OID("01") ", " OID("09") "]}", "1|{'m': ['" UUID("01") "', null]}\n",
     NULL, 1},
    {"{'object': {'m': {'from': 'u', 'id_of': 'users', 'dangling': 'null'}}, 'type': 'jsonb'}",
     "{'_id': 1, 'u': " OID("09") "}", "1|{'m': null}\n", NULL, 1},
    /* by what a field holds, the functions done on both sides */
    {"{'from': 'u', " BY "}", "{'_id': 1, 'u': 'ANN@example.org'}", "1|" UUID("01") "\n", NULL, 0},
    {"{'from': 'u', " BY "}", "{'_id': 1, 'u': 'an@example.org'}", NULL,
     "no record of users has the text \"an@example.org\" as its email", 0},
    {"{'from': 'u', " BY "}", "{'_id': 1, 'u': 'cy@example.org'}", NULL, "is left out", 0},
    {"{'from': 'u', " BY "}", "{'_id': 1, 'u': 'nobody@example.org'}", NULL, "no record", 0},
    {"{'from': 'u', " BY "}", "{'_id': 1, 'u': {'a': 1}}", NULL,
     "a document is nothing to look up \"email\" of users by", 0},
    {"{'from': 'u', " BY ", 'dangling': 'null'}", "{'_id': 1, 'u': 'x'}", "1|-\n", NULL, 1},
    {"{'from': 'u', 'id_of': 'users', 'by': 'email', 'dangling': 'null'}",
     "{'_id': 1, 'u': 'ann@example.org'}", "1|-\n", NULL, 1},
    {"{'from': 'u', 'id_of': 'users', 'by': 'n'}", "{'_id': 1, 'u': {'$numberDouble': '2'}}",
     "1|" UUID("02") "\n", NULL, 0},
    {"{'from': 'u', 'id_of': 'users', 'by': 'n'}",
     "{'_id': 1, 'u': {'$numberDecimal': '4.0'}}", "1|" UUID("04") "\n", NULL, 0},
    {"{'from': 'u', 'id_of': 'users', 'by': 'n', 'dangling': 'null'}", "{'_id': 1, 'u': '2'}",
     "1|-\n", NULL, 1},
    {"{'from': 'u', 'id_of': 'users', 'by': '_id'}", "{'_id': 1, 'u': " OID("02") "}",
     "1|" UUID("02") "\n", NULL, 0},
};

static void ids_are_looked_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct known k;
        struct plan plan;
        struct schema schema;
        struct rows rows;
        struct error error = {0};
        char books[1000];
        snprintf(books, sizeof books, BOOKS("%s", ""), cases[i].column);
        assert_true(known_open(&k, USERS, books));
        known_fill(&k);
        const struct mapping *entity = project_mapping(&k.project, "books");
        assert_true(schema_resolve_entity(&schema, &k.project, entity, &k.catalog, &error));
        if (!plan_compile(&plan, &schema, entity, NULL, &error) ||
            !rows_init(&rows, schema.output_count, &error))
            fail_msg("%s: %s", cases[i].column, error.message);
        plan.lookups = &k.lookups;
        bson_t *bson = sample_bson(cases[i].json);
        bool ok = rows_put_document(&rows, &plan, bson_get_data(bson), bson->len, &error);
        if (ok != (cases[i].error == NULL))
            fail_msg("%s of %s: %s", cases[i].column, cases[i].json, error.message);
        if (!ok) {
            if (strstr(error.message, cases[i].error) == NULL)
                fail_msg("%s: %s", cases[i].error, error.message);
            assert_string_equal(error.key, "1");
            assert_string_equal(error.path, "u");
        } else {
            struct pgtype types[2] = {schema.outputs[0].columns[0].type,
                                      schema.outputs[0].columns[1].type};
            sample_assert_tuples(&rows.lists[0].tuples, types, cases[i].rows);
            assert_int_equal(plan.losses.count, cases[i].losses);
            assert_int_equal(rows.filtered, cases[i].rows[0] == '\0');
            int64_t dangling = 0;
            for (size_t p = 0; p < plan.paths.count; p++)
                dangling += plan.paths.paths[p].values[FATE_DANGLING];
            assert_int_equal(dangling, cases[i].losses);
        }
        bson_destroy(bson);
        rows_release(&rows);
        plan_release(&plan);
        schema_release(&schema);
        known_close(&k);
    }
}

/* Of a second table of the record only that table's row goes; an element goes, and its record stays. */
static void a_row_goes_alone_where_the_record_has_others(void **state)
{
    (void)state;
    struct known k;
    struct plan plan;
    struct schema schema;
    struct rows rows;
    struct error error = {0};
    assert_true(known_open(
        &k, USERS,
        BOOKS("{'from': 'a', 'type': 'text'}",
              ", 'public.loans': {'key': ['k'], 'columns': {'k': {'from': '_id', 'type': "
              "'integer'}, 'u': {'from': 'u', 'id_of': 'users', 'dangling': 'left_out'}}}, "
              "'public.parts': [{'each': 'p', 'key': ['n'], 'columns': {'n': {'position': true}, "
              "'w': {'from': 'w', 'id_of': 'users', 'dangling': 'left_out'}}}]")));
    known_fill(&k);
    const struct mapping *entity = project_mapping(&k.project, "books");
    assert_true(schema_resolve_entity(&schema, &k.project, entity, &k.catalog, &error) &&
                plan_compile(&plan, &schema, entity, NULL, &error) &&
                rows_init(&rows, schema.output_count, &error));
    plan.lookups = &k.lookups;
    bson_t *bson = sample_bson("{'_id': 1, 'a': 'x', 'u': " OID("09") ", 'p': [{'w': " OID(
        "01") "}, {'w': " OID("03") "}]}");
    if (!rows_put_document(&rows, &plan, bson_get_data(bson), bson->len, &error))
        fail_msg("%s", error.message);
    assert_int_equal(rows.lists[0].rows, 1);
    assert_int_equal(rows.lists[1].rows, 0);
    assert_int_equal(rows.lists[2].rows, 1);
    assert_int_equal(rows.filtered, 0);
    assert_int_equal(plan.losses.count, 2);
    for (size_t i = 0; i < plan.paths.count; i++) {
        const struct path_count *path = &plan.paths.paths[i];
        if (strcmp(path->path, "u") == 0) {
            assert_int_equal(path->values[FATE_KEPT_OUT], 1);
        } else if (strcmp(path->path, "p.w") == 0) {
            assert_int_equal(path->values[FATE_LEFT_OUT], 1);
            assert_int_equal(path->values[FATE_WRITTEN], 1);
        } else if (strcmp(path->path, "p") == 0) {
            assert_int_equal(path->values[FATE_ELEMENTS], 2);
            assert_int_equal(path->values[FATE_TAKEN], 1);
        }
    }
    bson_destroy(bson);
    rows_release(&rows);
    plan_release(&plan);
    schema_release(&schema);
    known_close(&k);
}

/* Nobody can be asked where only a part of the records is looked at. */
static void without_lookups_nothing_dangles(void **state)
{
    (void)state;
    struct transformation t;
    transformation_begin(&t, BOOKS("{'from': 'u', 'id_of': 'users', 'dangling': 'left_out'}, 'd': "
                                   "{'from': 'v', " BY "}",
                                   ""));
    assert_true(transformation_put(&t, "{'_id': 1, 'u': " OID("09") ", 'v': 'x'}"));
    transformation_assert(&t, 0, "1|" UUID("09") "|00000000-0000-0000-0000-000000000000\n");
    transformation_close(&t);
}

static void what_stands_twice_is_named(void **state)
{
    (void)state;
    struct known k;
    assert_true(known_open(&k, USERS, BOOKS("{'from': 'u', " BY "}", "")));
    for (size_t i = 0; i < 3; i++)
        assert_true(known_put(&k, users[i]));
    assert_true(known_put(&k, "{'_id': " OID("05") ", 'email': 'cy@example.org', 'away': false}"));
    assert_true(known_put(&k, "{'_id': " OID("06") ", 'email': 'ann@EXAMPLE.org', 'away': false}"));
    assert_false(identities_finish(&k.identities, &k.error));
    assert_int_equal(k.error.code, ERROR_DATA);
    assert_non_null(strstr(k.error.message, "two records of users have the same \"email\""));
    assert_non_null(strstr(k.error.message, USER("01")));
    assert_non_null(strstr(k.error.message, USER("06")));
    known_close(&k);
}

static void a_field_that_nobody_has_is_named(void **state)
{
    (void)state;
    struct known k;
    assert_true(
        known_open(&k, USERS, BOOKS("{'from': 'u', 'id_of': 'users', 'by': 'emial'}", "")));
    assert_true(known_put(&k, users[0]));
    assert_false(identities_finish(&k.identities, &k.error));
    assert_non_null(strstr(k.error.message, "no record of users has \"emial\""));
    known_close(&k);
}

/* What a run would stop at stops here, too. */
static void an_error_names_its_record(void **state)
{
    (void)state;
    struct known k;
    assert_true(known_open(&k, USERS, BOOKS("{'from': 'u', " BY "}", "")));
    assert_false(known_put(&k, "{'_id': " OID("01") ", 'away': false, 'new': 1}"));
    assert_int_equal(k.error.code, ERROR_DATA);
    assert_string_equal(k.error.entity, "users");
    assert_string_equal(k.error.key, USER("01"));
    assert_string_equal(k.error.path, "new");
    known_close(&k);
}

static void an_entity_without_a_home_has_no_ids(void **state)
{
    (void)state;
    struct known k;
    assert_false(known_open(
        &k,
        "{'from': 'core.users', 'to': {'public.users': {'key': ['n'], 'columns': {'n': {'from': "
        "'n', 'type': 'integer'}}}}}",
        BOOKS("{'from': 'u', 'id_of': 'users', 'dangling': 'null'}", "")));
    assert_int_equal(k.error.code, ERROR_USAGE);
    known_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_looked_up),
        cmocka_unit_test(a_row_goes_alone_where_the_record_has_others),
        cmocka_unit_test(without_lookups_nothing_dangles),
        cmocka_unit_test(what_stands_twice_is_named),
        cmocka_unit_test(a_field_that_nobody_has_is_named),
        cmocka_unit_test(an_error_names_its_record),
        cmocka_unit_test(an_entity_without_a_home_has_no_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
