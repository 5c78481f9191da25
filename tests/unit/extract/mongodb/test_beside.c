/* What a database has beside documents, as the metadata of new and old tools say it. */
#include "beside.h"
#include "graduate/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define N(number) "{\"$numberInt\": \"" #number "\"}"
#define INDEX(rest) "{\"indexes\": [{\"v\": " N(2) ", " rest "}]}"

static const struct {
    const char *name, *metadata; /* NULL: there are none */
    const char *objects;         /* "KIND NAME (ENTITY): DETAIL", a line each */
} rows[] = {
    {"c", NULL, ""},
    {"c", "{}", ""},
    {"c", "{\"options\": {}, \"indexes\": [], \"type\": \"collection\"}", ""},
    {"c", INDEX("\"key\": {\"_id\": " N(1) "}, \"name\": \"_id_\""), ""},
    {"c", INDEX("\"key\": {\"_id\": 1}, \"name\": \"_id_\", \"ns\": \"db.c\""), ""},
    {"c", INDEX("\"key\": {\"_id\": \"hashed\"}, \"name\": \"h\""),
     "index h on c (c): _id hashed\n"},
    {"c",
     INDEX("\"key\": {\"a\": " N(1) ", \"b.c\": " N(
         -1) "}, \"name\": \"a_1_b_-1\", \"unique\": true"),
     "index a_1_b_-1 on c (c): a, b.c desc; unique\n"},
    {"c", INDEX("\"key\": {\"a\": 1}, \"name\": \"a\", \"unique\": 1, \"sparse\": 0"),
     "index a on c (c): a; unique\n"},
    {"c",
     INDEX("\"key\": {\"a\": 1}, \"name\": \"a\", \"sparse\": true, \"expireAfterSeconds\": "
           "{\"$numberLong\": \"3600\"}, \"hidden\": true"),
     "index a on c (c): a; sparse; hidden; ttl 3600 s\n"},
    {"c", INDEX("\"key\": {\"a\": 1}, \"name\": \"a\", \"expireAfterSeconds\": " N(0)),
     "index a on c (c): a; ttl 0 s\n"},
    {"c",
     INDEX(
         "\"key\": {\"a\": 1}, \"name\": \"a\", \"partialFilterExpression\": {\"n\": {\"$gt\": " N(
             5) "}}, \"collation\": {\"locale\": \"fr\", \"strength\": " N(1) "}"),
     "index a on c (c): a; partial {\"n\":{\"$gt\":5}}; collation fr, strength 1\n"},
    {"c",
     INDEX("\"key\": {\"_fts\": \"text\", \"_ftsx\": 1, \"z\": 1}, \"name\": \"t\", \"weights\": "
           "{\"title\": 10, \"body\": 1}, \"default_language\": \"english\""),
     "index t on c (c): title text, body text, z; language english\n"},
    {"c", INDEX("\"key\": {\"at\": \"2dsphere\"}, \"name\": \"at\""),
     "index at on c (c): at 2dsphere\n"},
    {"c", INDEX("\"key\": {\"$**\": 1}, \"name\": \"all\", \"wildcardProjection\": {\"a\": 1}"),
     "index all on c (c): $**; of {\"a\":1}\n"},
    {"c", "{\"indexes\": [{\"key\": {\"a\": 1}}, null, 7]}", "index unnamed on c (c): a\n"},
    {"c",
     "{\"options\": {\"validator\": {\"$jsonSchema\": {\"required\": [\"a\"]}}, "
     "\"validationLevel\": \"moderate\", \"validationAction\": \"warn\"}}",
     "validator c (c): warn moderate {\"$jsonSchema\":{\"required\":[\"a\"]}}\n"},
    {"c", "{\"options\": {\"validator\": {}}}", ""},
    {"c", "{\"options\": {\"capped\": false}}", ""},
    {"c",
     "{\"options\": {\"capped\": true, \"size\": {\"$numberLong\": \"5368709120\"}, \"max\": 7}}",
     "capped c (c): at most 5368709120 bytes, 7 documents\n"},
    {"c", "{\"options\": {\"capped\": 1, \"size\": 4096.0}}", "capped c (c): at most 4096 bytes\n"},
    {"c", "{\"options\": {\"collation\": {\"locale\": \"de\", \"strength\": 2}}}",
     "collation c (c): de, strength 2\n"},
    {"c", "{\"options\": {\"encryptedFields\": {\"fields\": []}}}",
     "encrypted fields c (c): {\"fields\":[]}\n"},
    {"c",
     "{\"options\": {\"clusteredIndex\": {\"key\": {\"_id\": 1}, \"unique\": true}, "
     "\"expireAfterSeconds\": {\"$numberLong\": \"60\"}}}",
     "index clustered index on c (c): _id; clustered; ttl 60 s\n"},
    {"c", "{\"options\": {\"clusteredIndex\": {\"key\": {\"_id\": 1}, \"unique\": true}}}", ""},
    {"t",
     "{\"type\": \"timeseries\", \"options\": {\"timeseries\": {\"timeField\": \"at\", "
     "\"metaField\": \"m\", \"granularity\": \"hours\"}, \"expireAfterSeconds\": 60}}",
     "time-series t (t): time at, meta m, granularity hours; ttl 60 s\n"},
    {"t", "{\"type\": \"timeseries\"}", "time-series t (t): -\n"},
    {"v",
     "{\"options\": {\"viewOn\": \"c\", \"pipeline\": [{\"$limit\": {\"$numberInt\": \"1\"}}]}}",
     "view v (-): of c: [{\"$limit\":1}]\n"},
    {"v", "{\"type\": \"view\"}", "view v (-): -\n"},
    {"system.js", "{}",
     "system collection system.js (-): JavaScript functions that are stored in the server\n"},
    {"system.profile", NULL, "system collection system.profile (-): what the profiler recorded\n"},
    {"system.new", NULL, "system collection system.new (-): the server's own\n"},
    {"$admin.system.users", NULL,
     "system collection $admin.system.users (-): users of the database\n"},
    {"$admin.system.new", NULL, "system collection $admin.system.new (-): -\n"},
    {"system.views", NULL, ""},
    {"system.buckets.t", "{}", ""},
};

static void assert_objects(const struct catalog *catalog, const char *wanted)
{
    char text[2048] = "";
    for (size_t i = 0; i < catalog->object_count; i++) {
        const struct catalog_object *object = &catalog->objects[i];
        size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, "%s %s (%s): %s\n", object->kind,
                 object->name, object->entity != NULL ? object->entity : "-",
                 object->detail != NULL ? object->detail : "-");
    }
    assert_string_equal(text, wanted);
}

static void test_metadata(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct catalog catalog;
        struct error error = {0};
        cJSON *metadata = rows[i].metadata != NULL ? cJSON_Parse(rows[i].metadata) : NULL;
        if (rows[i].metadata != NULL && metadata == NULL)
            fail_msg("row %zu is no JSON", i);
        catalog_init(&catalog);
        enum mongodb_kind kind = beside_kind(rows[i].name, metadata);
        assert_true(beside_describe(&catalog, rows[i].name, kind, metadata, &error));
        assert_objects(&catalog, rows[i].objects);
        catalog_release(&catalog);
        cJSON_Delete(metadata);
    }
}

/* A long validator is cut between two characters. */
static void test_long_text(void **state)
{
    (void)state;
    struct catalog catalog;
    struct error error = {0};
    struct buffer text;
    buffer_init(&text);
    buffer_puts(&text, "{\"options\": {\"validator\": {\"a\": \"");
    for (size_t i = 0; i < 250; i++)
        buffer_puts(&text, "\xc3\xa9");
    buffer_puts(&text, "\"}}}");
    cJSON *metadata = cJSON_Parse(buffer_text(&text));
    buffer_release(&text);
    assert_non_null(metadata);
    catalog_init(&catalog);
    assert_true(beside_describe(&catalog, "c", MONGODB_COLLECTION, metadata, &error));
    const char *detail = catalog.objects[0].detail;
    assert_string_equal(detail + strlen(detail) - 6, "\xc3\xa9 ...");
    assert_in_range(strlen(detail), 300, 304);
    catalog_release(&catalog);
    cJSON_Delete(metadata);
}

static void test_buckets(void **state)
{
    (void)state;
    static const char *const names[] = {"a.files",  ".files",    "fs.chunks", "fs.files",
                                        "x.chunks", "y.z.files", "y.z.chunks"};
    struct catalog catalog;
    struct error error = {0};
    catalog_init(&catalog);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_non_null(catalog_add(&catalog, names[i]));
    assert_true(beside_buckets(&catalog, &error));
    assert_objects(&catalog,
                   "GridFS bucket fs (fs.files): files in fs.files, their content in fs.chunks\n"
                   "GridFS bucket y.z (y.z.files): files in y.z.files, their content in "
                   "y.z.chunks\n");
    catalog_release(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
