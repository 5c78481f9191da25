/* The oplog that mongodump --oplog leaves above, or somebody put into, a database's folder. */
#include "mongodb_source.h"
#include "oplog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch_folder.h"

#include <zlib.h>

static const char insert[] = "{\"ts\": {\"$timestamp\": {\"t\": 1, \"i\": 1}}, \"op\": \"i\", "
                             "\"ns\": \"shop.c\", \"o\": {\"_id\": 2}}";
static const char other[] = "{\"ts\": {\"$timestamp\": {\"t\": 1, \"i\": 2}}, \"op\": \"i\", "
                            "\"ns\": \"shopping.c\", \"o\": {\"_id\": 2}}";
static const char noop[] = "{\"ts\": {\"$timestamp\": {\"t\": 1, \"i\": 3}}, \"op\": \"n\", "
                           "\"ns\": \"shop.c\", \"o\": {}}";
static const char transaction[] =
    "{\"ts\": {\"$timestamp\": {\"t\": 1, \"i\": 4}}, \"op\": \"c\", \"ns\": \"admin.$cmd\", "
    "\"o\": {\"applyOps\": [{\"op\": \"i\", \"ns\": \"shop.c\", \"o\": {}}, "
    "{\"op\": \"d\", \"ns\": \"shop.d\", \"o\": {}}, {\"op\": \"i\", \"ns\": \"a.c\", \"o\": "
    "{}}]}}";
static const char lookalike[] =
    "{\"ts\": {\"$timestamp\": {\"t\": 1, \"i\": 5}}, \"op\": \"i\", \"ns\": \"shop.c\", "
    "\"o\": {\"applyOps\": []}}";
static const char document[] = "{\"_id\": 1}";

static const struct {
    const char *file;
    const char *entries[4]; /* JSON; "cut": one byte of a document */
    const char *detail;     /* of the object; NULL: none is noted */
    const char *entities;
} rows[] = {
    {"oplog.bson", {insert}, "1 entry of this database", "c,"},
    {"oplog.bson", {other, insert, insert}, "2 entries of this database", "c,"},
    {"oplog.bson.gz", {insert, transaction}, "3 entries of this database", "c,"},
    {"oplog.bson", {lookalike}, "1 entry of this database", "c,"},
    {"oplog.bson", {other, noop}, NULL, "c,"},
    {"oplog.bson", {document}, NULL, "c,"},
    {"oplog.bson", {NULL}, NULL, "c,"},
    {"oplog.bson",
     {insert, "cut"},
     "1 entry of this database, and it cannot be read to its end",
     "c,"},
    {"shop/oplog.bson", {insert, other}, "2 entries", "c,"},
    {"shop/oplog.bson", {document}, NULL, "c,oplog,"},
    {"shop/oplog.bson", {NULL}, NULL, "c,oplog,"},
};

static void put_entries(const struct folder *folder, const char *name, const char *const *entries)
{
    bool packed = strstr(name, ".gz") != NULL;
    gzFile file = gzopen(folder_path(folder, name), packed ? "wb" : "wbT");
    assert_non_null(file);
    for (size_t i = 0; i < 4 && entries[i] != NULL; i++) {
        bson_error_t cause;
        if (strcmp(entries[i], "cut") == 0) {
            assert_int_equal(gzwrite(file, "\5", 1), 1);
            continue;
        }
        bson_t *entry = bson_new_from_json((const uint8_t *)entries[i], -1, &cause);
        if (entry == NULL)
            fail_msg("%s: %s", entries[i], cause.message);
        assert_int_equal(gzwrite(file, bson_get_data(entry), entry->len), (int)entry->len);
        bson_destroy(entry);
    }
    assert_int_equal(gzclose(file), Z_OK);
}

static void check(const struct folder *folder, const char *detail, const char *entities)
{
    struct source source = {.name = "core", .kind = SOURCE_MONGODB};
    struct endpoint endpoint = {.source = &source, .folder = folder_path(folder, "shop/")};
    struct catalog catalog;
    struct error error = {0};
    struct caught caught;
    char names[64] = "";
    catalog_init(&catalog);
    catch_begin(&caught, STDERR_FILENO);
    bool ok = mongodump_reader.catalog(&endpoint, &catalog, &error);
    char *said = catch_end(&caught);
    if (!ok)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < catalog.entity_count; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s,",
                 catalog.entities[i].name);
    assert_string_equal(names, entities);
    assert_int_equal(catalog.object_count, detail != NULL);
    if (detail != NULL) {
        assert_string_equal(catalog.objects[0].kind, "oplog");
        assert_string_equal(catalog.objects[0].detail, detail);
        assert_non_null(strstr(said, detail));
        assert_non_null(strstr(said, "consistent only with it"));
    } else {
        assert_string_equal(said, "");
    }
    free(said);
    catalog_release(&catalog);
}

static void test_oplogs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct folder folder;
        folder_make(&folder);
        assert_int_equal(mkdir(folder_path(&folder, "shop"), 0700), 0);
        folder_put_bytes(&folder, "shop/c.bson", "\5\0\0\0\0", 5);
        put_entries(&folder, rows[i].file, rows[i].entries);
        check(&folder, rows[i].detail, rows[i].entities);
        folder_remove(&folder);
    }
}

/* With metadata it is a collection, whatever its documents look like. */
static void test_collection_of_that_name(void **state)
{
    (void)state;
    static const char *const entries[4] = {insert};
    struct folder folder;
    folder_make(&folder);
    assert_int_equal(mkdir(folder_path(&folder, "shop"), 0700), 0);
    put_entries(&folder, "shop/oplog.bson", entries);
    folder_put(&folder, "shop/oplog.metadata.json", "{}");
    check(&folder, NULL, "oplog,");
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oplogs),
        cmocka_unit_test(test_collection_of_that_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
