/* What a live Appwrite is told apart by before anything is sent: URI, key, position. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "appwrite_collection.h"
#include "appwrite_source.h"

#include <string.h>

static char database[] = "main";
static const struct source source = {
    .name = "auth", .kind = SOURCE_APPWRITE, .uri = "${URI}", .database = database};

static bool open_at(const char *from, const char *uri, const char *position, struct error *error)
{
    const struct endpoint endpoint = {.source = &source, .uri = uri, .key = "k"};
    bson_t *after = bson_new_from_json((const uint8_t *)position, -1, NULL);
    const struct extraction what = {.endpoint = &endpoint, .from = from, .after = after};
    struct reader reader = {.ops = &appwrite_reader};
    bool ok = appwrite_reader.open(&reader, &what, error);
    bson_destroy(after);
    return ok;
}

/* Positions of older forms, of other sources, and of other lists are refused; a right one gets as
 * far as the URI. */
static void test_positions(void **state)
{
    (void)state;
    static const struct {
        const char *from, *position;
        enum error_code code;
    } cases[] = {
        {"users", "{\"$id\":\"a\"}", ERROR_USAGE},
        {"memberships", "{\"team\":\"t\",\"$id\":\"a\"}", ERROR_USAGE},
        {"memberships", "{\"$id\":\"a\"}", ERROR_REFUSED},
        {"users", "{\"team\":\"t\",\"$id\":\"a\"}", ERROR_REFUSED},
        {"users", "{}", ERROR_REFUSED},
        {"users", "{\"$id\":\"\"}", ERROR_REFUSED},
        {"users", "{\"$id\":7}", ERROR_REFUSED},
        {"users", "{\"cursor\":\"a\"}", ERROR_REFUSED},
        {"users", "{\"cursor\":\"a\",\"sequence\":{\"$numberLong\":\"1\"}}", ERROR_REFUSED},
        {"users", "{\"line\":{\"$numberLong\":\"1\"},\"offset\":{\"$numberLong\":\"1\"}}",
         ERROR_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        assert_false(open_at(cases[i].from, "nowhere", cases[i].position, &error));
        if (error.code != cases[i].code)
            fail_msg("case %zu: %s", i, error.message);
        assert_true(error.hint[0] != '\0');
    }
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *database, *name, *path; /* NULL: there is no such */
    } cases[] = {
        {"main", "books", "/databases/main/collections/books"},
        {"main", "a.b", "/databases/main/collections/a.b"},
        {"main", "main.books", "/databases/main/collections/main.books"},
        {"main", "main.users", "/databases/main/collections/users"},
        {"main", "main.memberships", "/databases/main/collections/memberships"},
        {NULL, "main.books", "/databases/main/collections/books"},
        {NULL, "main.a.b", "/databases/main/collections/a.b"},
        {NULL, "books", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct appwrite_collection collection;
        bool found = appwrite_collection_init(&collection, cases[i].database, cases[i].name);
        assert_int_equal(found, cases[i].path != NULL);
        if (found)
            assert_string_equal(collection.path, cases[i].path);
        appwrite_collection_release(&collection);
    }
}

/* What servers leave out is added; a related record in full is an error. */
static void test_documents(void **state)
{
    (void)state;
    static const char model[] =
        "{\"attributes\":[{\"key\":\"author\",\"type\":\"relationship\"},"
        "{\"key\":\"place\",\"type\":\"point\"},{\"key\":\"tags\",\"type\":\"string\"},"
        "{\"key\":\"future\",\"type\":\"object\"}]}";
    static const struct {
        const char *document, *complete; /* NULL: refused, at the path */
        const char *path;
    } cases[] = {
        {"{\"$id\":\"a\",\"author\":\"x\"}",
         "{ \"$id\" : \"a\", \"author\" : \"x\", \"$databaseId\" : \"main\", \"$collectionId\" : "
         "\"books\" }",
         NULL},
        {"{\"$databaseId\":\"d\",\"$collectionId\":\"c\",\"place\":[1.5,2.5],\"tags\":[],"
         "\"future\":{\"a\":null}}",
         "{ \"$databaseId\" : \"d\", \"$collectionId\" : \"c\", \"place\" : [ 1.5, 2.5 ], \"tags\" "
         ": [  ], \"future\" : { \"a\" : null } }",
         NULL},
        {"{\"author\":{\"$id\":\"x\"}}", NULL, "author"},
        {"{\"awards\":[\"y\",{\"$id\":\"x\"}]}", NULL, "awards"},
        {"{\"far\":{}}", NULL, "far"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct appwrite_collection collection;
        struct error error;
        bson_t *attributes = bson_new_from_json((const uint8_t *)model, -1, NULL);
        bson_t *document = bson_new_from_json((const uint8_t *)cases[i].document, -1, NULL);
        assert_true(appwrite_collection_init(&collection, "main", "books"));
        assert_true(bson_concat(&collection.model, attributes));
        bool ok = appwrite_collection_complete(&collection, document, &error);
        assert_int_equal(ok, cases[i].complete != NULL);
        if (ok) {
            char *text = bson_as_relaxed_extended_json(document, NULL);
            assert_string_equal(text, cases[i].complete);
            bson_free(text);
        } else {
            assert_int_equal(error.code, ERROR_SOURCE);
            assert_string_equal(error.path, cases[i].path);
        }
        appwrite_collection_release(&collection);
        bson_destroy(document);
        bson_destroy(attributes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
