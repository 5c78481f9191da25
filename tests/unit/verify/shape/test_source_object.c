/* What a source has of its own is found by its name or its columns, and nothing else is taken for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source_object.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char catalog_json[] =
    "{\"source\": \"old\", \"kind\": \"postgres\", \"version\": \"15\", \"entities\": [], \"objects\": ["
    "{\"kind\": \"trigger\", \"name\": \"keep on books\", \"entity\": \"books\"},"
    "{\"kind\": \"trigger\", \"name\": \"other on films\", \"entity\": \"films\"},"
    "{\"kind\": \"trigger\", \"name\": \"far on films\", \"entity\": \"books\"},"
    "{\"kind\": \"rule\", \"name\": \"quiet on books\", \"entity\": \"books\"},"
    "{\"kind\": \"column collation\", \"name\": \"title of books\", \"entity\": \"books\"},"
    "{\"kind\": \"sequence\", \"name\": \"books_id_seq\", \"entity\": \"books\", \"columns\": [\"a\"],"
    " \"unsaid\": \"INCREMENT 10, MAXVALUE 100, CYCLE\"},"
    "{\"kind\": \"foreign key\", \"name\": \"k on books\", \"entity\": \"books\", \"columns\": [\"a\", \"b\"]},"
    "{\"kind\": \"identity\", \"name\": \"c of books\", \"entity\": \"books\", \"columns\": [\"c\"]},"
    "{\"kind\": \"function\", \"name\": \"alone\"}]}";

static struct catalog catalogs[2]; /* the first is empty */
static struct verification verification = {.catalogs = catalogs, .catalog_count = COUNT(catalogs)};
static struct catalog_object *objects;
static struct source old = {.name = "old"}, none = {.name = "none"};

static int read_catalog(void **state)
{
    (void)state;
    static char empty[] = "empty";
    struct error error = {0};
    cJSON *json = cJSON_Parse(catalog_json);
    catalogs[0].source = empty;
    bool ok = catalog_from_json(json, "the catalog", &catalogs[1], &error);
    cJSON_Delete(json);
    objects = catalogs[1].objects;
    return ok ? 0 : -1;
}

static int release_catalog(void **state)
{
    (void)state;
    catalog_release(&catalogs[1]);
    return 0;
}

static const struct catalog_object *named(struct source *source, const char *kind, const char *name)
{
    const struct mapping entity = {.source = source, .from = "books"};
    const struct blueprint_table table = {.entity = &entity};
    return source_object_named(&verification, &table, kind, name);
}

/* The target calls the source's column c otherwise; its own c is something else. */
static const struct catalog_object *over(const char *kind, const char *columns)
{
    const struct mapping entity = {.source = &old, .from = "books"};
    const struct mapping_column renamed = {.value = {.kind = VALUE_FROM, .from = "c"}};
    const struct mapping_column other = {.value = {.kind = VALUE_FROM, .from = "d"}};
    const struct mapping_column same = {.value = {.kind = VALUE_FROM, .from = "b"}};
    struct blueprint_column own[] = {
        {.name = "a"}, {.name = "b", .mapping = &same}, {.name = "new", .mapping = &renamed}, {.name = "c", .mapping = &other},
    };
    const struct blueprint_table table = {.entity = &entity, .columns = own, .column_count = COUNT(own)};
    return source_object_over(&verification, &table, kind, columns);
}

static void an_object_is_found_by_its_name(void **state)
{
    (void)state;
    assert_ptr_equal(named(&old, "trigger", "keep"), &objects[0]);
    assert_null(named(&old, "column collation", "title"));
    assert_null(named(&old, "sequence", "books_id_seq"));
    assert_null(named(&none, "trigger", "keep"));
    assert_ptr_equal(named(&old, "rule", "quiet"), &objects[3]);
    assert_null(named(&old, "rule", "keep"));        /* of another kind */
    assert_null(named(&old, "trigger", "kee"));      /* the beginning of a name */
    assert_null(named(&old, "trigger", "keep on"));  /* more than the name */
    assert_null(named(&old, "trigger", "other"));    /* of another entity */
    assert_null(named(&old, "trigger", "far"));      /* on another one */
    assert_null(named(&old, "function", "alone"));   /* of none */
}

static void an_object_is_found_by_its_columns(void **state)
{
    (void)state;
    assert_ptr_equal(over("foreign key", "a\nb"), &objects[6]);
    assert_ptr_equal(over("sequence", "a"), &objects[5]);
    assert_null(over("foreign key", "a"));
    assert_null(over("foreign key", "b\na"));
    assert_null(over("foreign key", "a\nb\nc"));
    assert_null(over("sequence", "a\nb"));
    assert_null(over("sequence", "ab"));
    assert_null(over("sequence", "x"));
    assert_null(over("trigger", ""));                /* over none */
    assert_ptr_equal(over("identity", "new"), &objects[7]);
    assert_null(over("identity", "c"));
}

static void an_object_says_words(void **state)
{
    (void)state;
    assert_true(source_object_says(&objects[5], "INCREMENT 10"));
    assert_true(source_object_says(&objects[5], "MAXVALUE 100"));
    assert_true(source_object_says(&objects[5], "CYCLE"));
    assert_false(source_object_says(&objects[5], "INCREMENT 1"));
    assert_false(source_object_says(&objects[5], "MAXVALUE 10"));
    assert_false(source_object_says(&objects[5], "MAXVALUE 1000"));
    assert_false(source_object_says(&objects[5], "YCLE"));
    assert_false(source_object_says(&objects[0], "CYCLE"));
    assert_false(source_object_says(NULL, "CYCLE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_found_by_its_name),
        cmocka_unit_test(an_object_is_found_by_its_columns),
        cmocka_unit_test(an_object_says_words),
    };
    return cmocka_run_group_tests(tests, read_catalog, release_catalog);
}
