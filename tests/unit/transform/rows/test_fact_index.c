/* What conditions ask about records of another entity: written down, and asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fact_cases.h"
#include "fact_index.h"
#include "transformation.h"

/* Books that ask users, whose facts are in a file of the folder. */
struct asking {
    struct folder folder;
    struct project project;
    struct catalog catalog;
    struct schema schema;
    struct plan plan;
    struct rows rows;
    struct fact_index index;
    struct lookups lookups;
    struct error error;
};

static void asking_open(struct asking *a, const char *books)
{
    *a = (struct asking){.index.writer.runs = -1};
    folder_make(&a->folder);
    folder_put(&a->folder, "project.json",
               sample_quoted("{'project': 'test', 'target': '${T}', 'sources': {'core': {'kind': "
                             "'mongodb', 'uri': '${C}'}}}"));
    folder_put(&a->folder, "users.json", sample_quoted(FACT_USERS));
    folder_put(&a->folder, "books.json", sample_quoted(books));
    catalog_init(&a->catalog);
    const struct mapping *entity = NULL;
    bool ok = project_load(&a->project, a->folder.path, &a->error);
    if (ok)
        entity = project_mapping(&a->project, "books");
    ok = ok && schema_resolve_entity(&a->schema, &a->project, entity, &a->catalog, &a->error) &&
         plan_compile(&a->plan, &a->schema, entity, NULL, &a->error) &&
         rows_init(&a->rows, a->schema.output_count, &a->error) &&
         fact_index_open(&a->index, &a->project, project_mapping(&a->project, "users"), NULL,
                         folder_path(&a->folder, "users.facts"), &a->error);
    if (!ok)
        fail_msg("%s\n%s", a->error.message, books);
}

static bool asking_tell(struct asking *a, const char *json)
{
    bson_t *bson = sample_bson(json);
    bool ok = fact_index_put_document(&a->index, bson_get_data(bson), bson->len, &a->error);
    bson_destroy(bson);
    return ok;
}

static bool asking_finish(struct asking *a)
{
    bool ok = fact_index_finish(&a->index, &a->error) &&
              lookups_open(&a->lookups, &a->project, project_mapping(&a->project, "books"), false,
                           a->folder.path, &a->error);
    a->plan.lookups = ok ? &a->lookups : NULL;
    return ok;
}

static bool asking_put(struct asking *a, const char *json)
{
    bson_t *bson = sample_bson(json);
    bool ok = rows_put_document(&a->rows, &a->plan, bson_get_data(bson), bson->len, &a->error);
    bson_destroy(bson);
    return ok;
}

static void asking_close(struct asking *a)
{
    lookups_close(&a->lookups);
    fact_index_close(&a->index);
    rows_release(&a->rows);
    plan_release(&a->plan);
    schema_release(&a->schema);
    catalog_release(&a->catalog);
    project_release(&a->project);
    folder_remove(&a->folder);
}

static void facts_hold_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < FACT_CASES; i++) {
        const struct fact_case *one = &fact_cases[i];
        struct asking a;
        char books[1000];
        snprintf(books, sizeof books, FACT_BOOKS, one->in);
        asking_open(&a, books);
        for (size_t u = 0; one->users[u] != NULL; u++)
            if (!asking_tell(&a, one->users[u]))
                fail_msg("%s: %s", one->users[u], a.error.message);
        /* A path that no record had is another matter. */
        for (size_t f = 0; f < a.index.count; f++)
            a.index.facts[f].optional = true;
        if (!asking_finish(&a))
            fail_msg("%s: %s", one->in, a.error.message);
        bool ok = asking_put(&a, one->record);
        if (ok != (one->holds[0] != '!') ||
            (!ok && (a.error.code != ERROR_DATA || strcmp(a.error.path, "s") != 0 ||
                     strstr(a.error.message,
                            "is of another kind than what records of users have") == NULL)))
            fail_msg("%s of %s: %s at %s", one->in, one->record, a.error.message, a.error.path);
        struct pgtype types[] = {a.schema.outputs[0].columns[0].type};
        if (ok)
            sample_assert_tuples(&a.rows.lists[0].tuples, types,
                                 one->holds[0] == '+' ? "held\n" : "not\n");
        asking_close(&a);
    }
}

/* A path that no record had is a mistake, unless it is said that it may be so. */
static void a_path_that_nobody_has_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *when, *user, *path;
    } cases[] = {
        {"{'s': {'in': {'users': 'x'}}}", "{'u': 'a'}", "x"},
        {"{'s': {'in': {'users': 'u.x'}}}", "{'u': 'a'}", "u.x"},
        {"{'s': {'in': {'users': 'u', 'when': {'any': [{'u': 'a'}, {'x': 1}]}}}}", "{'u': 'a'}",
         "x"},
        {"{'s': {'in': {'users': 'u', 'when': {'x.y': 1}}}}", "{'u': 'a', 'x': 7}", "x.y"},
        {"{'s': {'in': {'users': 'u', 'when': {'x': 1}}}}", "{'u': null, 'x': 7}", NULL},
        {"{'s': {'in': {'users': 'u'}}}", NULL, NULL},
        {"{'s': {'in': {'users': 'u'}}}}, 'l': {'from': 'l', 'optional': true, 'type': 'text', "
         "'when': "
         "{'s': {'in': {'users': 'x'}}}",
         "{'u': 'a'}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct asking a;
        char books[1000], message[200];
        snprintf(
            books, sizeof books,
            "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': "
            "{'const': 1, 'type': 'integer'}, 'n': {'from': 'n', 'type': 'text', 'when': %s}}}}}",
            cases[i].when);
        asking_open(&a, books);
        if (cases[i].user != NULL)
            assert_true(asking_tell(&a, cases[i].user));
        bool ok = asking_finish(&a);
        snprintf(message, sizeof message, "no record of users has \"%s\", for which ",
                 cases[i].path != NULL ? cases[i].path : "");
        if (ok != (cases[i].path == NULL) || (!ok && strstr(a.error.message, message) == NULL))
            fail_msg("%s: %s", cases[i].when, a.error.message);
        asking_close(&a);
    }
}

/* Of a part of the records nobody is asked, and it is not so. */
static void without_lookups_nothing_is_so(void **state)
{
    (void)state;
    struct transformation t;
    char books[1000];
    snprintf(books, sizeof books, FACT_BOOKS, "{'users': 'u'}");
    transformation_begin(&t, books);
    assert_true(transformation_put(&t, "{'s': 'a'}"));
    transformation_assert(&t, 0, "not\n");
    transformation_close(&t);
}

static void an_error_names_its_record(void **state)
{
    (void)state;
    struct asking a;
    char books[1000];
    snprintf(books, sizeof books, FACT_BOOKS, "{'users': 'u', 'when': {'k': 1}}");
    asking_open(&a, books);
    assert_false(asking_tell(&a, "{'_id': 'x', 'u': 'a', 'k': 'one'}"));
    assert_int_equal(a.error.code, ERROR_DATA);
    assert_string_equal(a.error.entity, "users");
    assert_string_equal(a.error.key, "x");
    assert_string_equal(a.error.path, "k");
    asking_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_hold_or_not),
        cmocka_unit_test(a_path_that_nobody_has_is_named),
        cmocka_unit_test(without_lookups_nothing_is_so),
        cmocka_unit_test(an_error_names_its_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
