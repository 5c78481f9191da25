/* The catalog's JSON is its struct: every member, there and back; anything else is named. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "graduate/catalog.h"
#include "graduate/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN                                                                                     \
    "{\"name\":\"id\",\"type\":\"integer\",\"oid\":23,\"not_null\":true,\"serial\":true,"          \
    "\"serial_last\":42,\"serial_next\":43,\"always\":true,\"numbering\":\"CYCLE\"}"
#define BOOKS                                                                                      \
    "{\"name\":\"books\",\"estimate\":999999999999999,\"exact\":true,\"bytes\":8192,\"view\":"     \
    "false,"                                                                                       \
    "\"columns\":[" COLUMN ",{\"name\":\"Titel\",\"type\":\"character varying(50)\","              \
    "\"oid\":4294967295,\"not_null\":false,\"serial\":false,\"always\":false,\"default_sql\":\"'"  \
    "x'::text\","                                                                                  \
    "\"collation\":\"C\",\"generated\":\"x\",\"made_of\":[\"id\"],\"size\":50,\"elements\":["      \
    "\"x\",\"y\"]}],\"closed\":true,"                                                              \
    "\"key\":[\"id\"],"                                                                            \
    "\"uniques\":[[\"Titel\"],[\"id\",\"Titel\"]],"                                                \
    "\"indexes\":[{\"columns\":[\"Titel DESC\",\"(lower(x))\"],\"where\":\"id > 0\",\"unique\":"   \
    "true,\"name\":\"i\",\"method\":\"gin\",\"include\":[\"id\"],\"storage\":\"fillfactor=70\","   \
    "\"nulls_equal\":true,\"made_of\":[\"Titel\"]},{\"columns\":[\"id\"],\"unique\":false,"        \
    "\"nulls_equal\":false}],"                                                                     \
    "\"checks\":[{\"name\":\"c\",\"expression\":\"id > 0\",\"invalid\":true,"                      \
    "\"made_of\":[\"id\"]}]}"
#define WHOLE                                                                                      \
    "{\"source\":\"core\",\"kind\":\"postgres\",\"version\":\"15.4\",\"database\":\"d 1\","        \
    "\"schema\":\"public\",\"entities\":[" BOOKS                                                   \
    ",{\"name\":\"bare\",\"exact\":false,\"view\":false,\"closed\":false}],"                       \
    "\"sequences\":[{\"name\":\"s\",\"schema\":\"public\",\"options\":\"AS bigint\","              \
    "\"last\":\"9223372036854775807\",\"called\":true}],"                                          \
    "\"objects\":[{\"kind\":\"view\",\"name\":\"v\",\"detail\":\"of books\","                      \
    "\"in_shape\":false,\"match_full\":false,\"invalid\":false,\"nulls_equal\":false,"             \
    "\"definer\":false},{\"kind\":"                                                                \
    "\"foreign "                                                                                   \
    "key\",\"name\":\"f on books\",\"entity\":\"books\","                                          \
    "\"columns\":[\"Titel\"],\"in_shape\":true,\"unsaid\":\"NOT VALID\",\"refers\":\"bare\","      \
    "\"refers_in\":\"crm\","                                                                       \
    "\"referred\":[\"id\"],\"on_delete\":\"set null\",\"on_update\":\"cascade\","                  \
    "\"emptied\":[\"Titel\"],\"match_full\":true,\"timing\":\"DEFERRABLE\",\"invalid\":true,"      \
    "\"include\":[\"id\"],\"storage\":\"fillfactor=70\",\"nulls_equal\":true,\"definition\":"      \
    "\"x\",\"needs\":[{\"kind\":\"table\",\"name\":\"books\",\"column\":\"id\","                   \
    "\"schema\":\"crm\"}],"                                                                        \
    "\"lent\":[\"public.citext\"],\"signature\":\"public.f()\",\"definer\":true}]}"

static bool parse(const char *text, struct catalog *catalog, struct error *error)
{
    cJSON *json;
    assert_true(json_parse(text, strlen(text), "core.json", &json, error));
    bool ok = catalog_from_json(json, "core.json", catalog, error);
    cJSON_Delete(json);
    return ok;
}

static void assert_written(cJSON *json, const char *text)
{
    assert_non_null(json);
    char *written = cJSON_PrintUnformatted(json);
    assert_string_equal(written, text);
    free(written);
    cJSON_Delete(json);
}

static void there_and_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        WHOLE,
        "{\"source\":\"a\",\"kind\":\"mongodb\",\"entities\":[]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct catalog catalog;
        struct error error = {0};
        assert_true(parse(texts[i], &catalog, &error));
        assert_written(catalog_to_json(&catalog), texts[i]);
        catalog_release(&catalog);
    }
}

static void every_member(void **state)
{
    (void)state;
    struct catalog catalog;
    struct error error = {0};
    assert_true(parse(WHOLE, &catalog, &error));
    assert_string_equal(catalog.source, "core");
    assert_string_equal(catalog.kind, "postgres");
    assert_string_equal(catalog.version, "15.4");
    assert_int_equal(catalog.entity_count, 2);

    const struct catalog_entity *books = catalog_find(&catalog, "books");
    assert_ptr_equal(books, &catalog.entities[0]);
    assert_int_equal(books->estimate, INT64_C(999999999999999));
    assert_int_equal(books->bytes, 8192);
    assert_int_equal(books->column_count, 2);
    const struct catalog_column *id = catalog_column_find(books, "id");
    const struct catalog_column *title = catalog_column_find(books, "Titel");
    assert_ptr_equal(id, &books->columns[0]);
    assert_ptr_equal(title, &books->columns[1]);
    assert_null(catalog_column_find(books, "titel"));
    assert_true(id->not_null && id->serial && id->default_sql == NULL && id->oid == 23);
    assert_true(id->serial_last == 42 && title->serial_last == -1);
    assert_true(id->size == -1 && id->elements.count == 0 && title->size == 50);
    assert_int_equal(title->elements.count, 2);
    assert_string_equal(title->elements.items[1], "y");
    assert_true(!title->not_null && !title->serial && title->oid == UINT32_MAX);
    assert_string_equal(title->type, "character varying(50)");
    assert_string_equal(title->default_sql, "'x'::text");
    assert_int_equal(books->key.count, 1);
    assert_string_equal(books->key.items[0], "id");
    assert_int_equal(books->unique_count, 2);
    assert_int_equal(books->uniques[1].count, 2);
    assert_string_equal(books->uniques[1].items[1], "Titel");
    assert_int_equal(books->index_count, 2);
    assert_string_equal(books->indexes[0].columns.items[1], "(lower(x))");
    assert_string_equal(books->indexes[0].where, "id > 0");
    assert_true(books->indexes[0].unique && !books->indexes[1].unique);
    assert_null(books->indexes[1].where);
    assert_int_equal(books->check_count, 1);
    assert_string_equal(books->checks[0].name, "c");
    assert_string_equal(books->checks[0].expression, "id > 0");

    assert_true(books->closed);
    const struct catalog_entity *bare = catalog_find(&catalog, "bare");
    assert_true(bare->estimate == -1 && bare->bytes == -1 && bare->column_count == 0 && !bare->closed);
    assert_null(catalog_find(&catalog, "nothing"));
    catalog_release(&catalog);
    assert_true(catalog.entities == NULL && catalog.entity_count == 0);
}

static void built_by_hand(void **state)
{
    (void)state;
    struct catalog catalog;
    catalog_init(&catalog);
    catalog.source = strdup("core");
    catalog.kind = strdup("mongodb");
    struct catalog_entity *users = catalog_add(&catalog, "users");
    assert_non_null(users);
    assert_true(catalog_names_add(&users->key, "_id"));
    struct catalog_entity *books = catalog_add(&catalog, "books");
    assert_non_null(books);
    books->estimate = 0;
    const struct catalog_column *n = catalog_column_add(books, "n", "int");
    assert_true(n != NULL && n->size == -1 && n->serial_last == -1);
    assert_written(catalog_to_json(&catalog),
                   "{\"source\":\"core\",\"kind\":\"mongodb\",\"entities\":[{\"name\":\"users\","
                   "\"exact\":false,\"view\":false,"
                   "\"closed\":false,\"key\":[\"_id\"]},{\"name\":\"books\",\"estimate\":0,"
                   "\"exact\":false,\"view\":false,"
                   "\"columns\":[{\"name\":\"n\",\"type\":\"int\",\"oid\":0,\"not_null\":false,"
                   "\"serial\":false,\"always\":false}],\"closed\":false}]}");
    catalog_release(&catalog);
}

static void one_entity(void **state)
{
    (void)state;
    struct catalog catalog;
    struct error error = {0};
    assert_true(catalog_parse_entity(BOOKS, "stream", &catalog, &error));
    assert_int_equal(catalog.entity_count, 1);
    assert_written(catalog_entity_to_json(catalog_find(&catalog, "books")), BOOKS);
    catalog_release(&catalog);
    assert_false(catalog_parse_entity("{\"name\":7}", "stream", &catalog, &error));
    assert_string_equal(error.message, "stream: /name: expected a string, found a number");
    assert_false(catalog_parse_entity("{", "stream", &catalog, &error));
    assert_non_null(strstr(error.message, "stream:1:"));
    assert_null(catalog.entities);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
#define ENTITY(members)                                                                            \
    "{\"source\":\"a\",\"kind\":\"b\",\"entities\":[{\"name\":\"t\"," members "}]}"
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"[]", "core.json: expected an object, found an array"},
        {"{\"kind\":\"b\",\"entities\":[]}", "core.json: \"source\" is missing"},
        {"{\"source\":\"a\",\"kind\":\"b\"}", "core.json: \"entities\" is missing"},
        {"{\"source\":\"a\",\"kind\":\"b\",\"entities\":{}}",
         "core.json: /entities: expected an array, found an object"},
        {"{\"source\":\"a\",\"kind\":\"b\",\"entities\":[],\"entites\":[]}",
         "core.json: unknown key \"entites\"; did you mean \"entities\"?"},
        {"{\"source\":\"a\",\"kind\":\"b\",\"entities\":[{}]}",
         "core.json: /entities/0: \"name\" is missing"},
        {ENTITY("\"estimate\":-1"), "/entities/0/estimate: expected a whole number that is not"},
        {ENTITY("\"bytes\":1.5"),
         "/entities/0/bytes: expected a whole number that is not negative"},
        {ENTITY("\"bytes\":1e300"), "/entities/0/bytes: expected a whole number"},
        {ENTITY("\"columns\":[" COLUMN ",7]"), "/entities/0/columns/1: expected an object, found"},
        {ENTITY("\"columns\":[{\"name\":\"c\",\"type\":\"t\",\"oid\":4294967296}]"),
         "/entities/0/columns/0/oid: expected a whole number"},
        {ENTITY("\"columns\":[{\"name\":\"c\",\"type\":\"t\",\"oid\":1,\"serial\":1}]"),
         "/entities/0/columns/0/serial: expected true or false, found a number"},
        {ENTITY("\"key\":\"id\""), "/entities/0/key: expected an array of strings, found a string"},
        {ENTITY("\"key\":[\"id\",null]"), "/entities/0/key/1: expected a string, found null"},
        {ENTITY("\"uniques\":[[\"a\"],\"b\"]"), "/entities/0/uniques/1: expected an array of str"},
        {ENTITY("\"indexes\":[{\"unique\":true}]"),
         "/entities/0/indexes/0: \"columns\" is missing"},
        {ENTITY("\"checks\":[{\"name\":\"c\",\"expression\":\"x\",\"a\":1}]"),
         "/entities/0/checks/0: unknown key \"a\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct catalog catalog;
        struct error error = {0};
        assert_false(parse(cases[i].text, &catalog, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("%s\n  gave: %s\n  not:  %s", cases[i].text, error.message, cases[i].message);
        assert_true(catalog.source == NULL && catalog.entities == NULL);
    }
}

static void objects_are_copied(void **state)
{
    (void)state;
    struct catalog catalog;
    struct error error = {0};
    char kind[] = "view";
    catalog_init(&catalog);
    assert_true(catalog_object_add(&catalog, kind, "active", NULL, NULL, &error));
    kind[0] = 'x';
    assert_true(catalog_object_add(&catalog, "index", "i on c", "c", "unique", &error));
    assert_int_equal(catalog.object_count, 2);
    assert_string_equal(catalog.objects[0].kind, "view");
    assert_string_equal(catalog.objects[0].name, "active");
    assert_null(catalog.objects[0].entity);
    assert_null(catalog.objects[0].detail);
    assert_string_equal(catalog.objects[1].entity, "c");
    assert_string_equal(catalog.objects[1].detail, "unique");
    catalog_release(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),         cmocka_unit_test(every_member),
        cmocka_unit_test(built_by_hand),          cmocka_unit_test(one_entity),
        cmocka_unit_test(what_is_wrong_is_named), cmocka_unit_test(objects_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
