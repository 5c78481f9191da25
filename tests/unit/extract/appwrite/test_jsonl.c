/* The reader of Appwrite exports: lines, what is wrong with them, positions, the catalog. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "appwrite_source.h"
#include "graduate/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT(literal) literal, sizeof literal - 1
#define DOC(id) "{\"$id\":\"" id "\",\"$permissions\":[]}"

static char folder[] = "/tmp/test_jsonl.XXXXXX";
static const struct source source = {.name = "auth", .kind = SOURCE_APPWRITE, .uri = "${URI}"};
static struct endpoint endpoint = {.source = &source, .folder = folder};

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static void path_of(const char *name, char *path)
{
    struct error error;
    assert_true(file_join(path, PATH_MAX, folder, name, &error));
}

static void write_file(const char *name, const char *bytes, size_t length)
{
    char path[PATH_MAX];
    struct error error;
    path_of(name, path);
    assert_true(file_replace(path, bytes, length, &error));
}

static void remove_file(const char *name)
{
    char path[PATH_MAX];
    path_of(name, path);
    assert_int_equal(unlink(path), 0);
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* The ids of what is read, each behind a space, in `ids`; and, if wanted, the last position. */
static bool read_ids(const char *from, const bson_t *after, int most, struct buffer *ids,
                     bson_t *position, struct error *error)
{
    const struct extraction what = {.endpoint = &endpoint, .from = from, .after = after};
    struct reader reader = {.ops = &jsonl_reader};
    struct buffer payload;
    bool more = true, ok = jsonl_reader.open(&reader, &what, error);
    if (!ok)
        return false;
    buffer_init(&payload);
    for (int i = 0; i < most && ok && more; i++) {
        bson_t document;
        bson_iter_t at;
        buffer_clear(&payload);
        ok = jsonl_reader.next(&reader, &payload, &more, error);
        if (!ok || !more)
            break;
        assert_true(bson_init_static(&document, payload.data, payload.length));
        assert_true(bson_iter_init_find(&at, &document, "$id"));
        buffer_printf(ids, " %s", bson_iter_utf8(&at, NULL));
    }
    if (ok && position != NULL)
        ok = jsonl_reader.position(&reader, position, error);
    jsonl_reader.close(&reader);
    buffer_release(&payload);
    return ok;
}

static const struct {
    const char *name, *bytes;
    size_t length;
    const char *ids;   /* read before the end or the error */
    const char *error; /* part of its message, after the folder; NULL: none */
} files[] = {
    {"c", TEXT(""), "", NULL},
    {"c", TEXT("\n \t\r\n\n"), "", NULL},
    {"c", TEXT(DOC("a") "\n" DOC("b") "\n"), " a b", NULL},
    {"c", TEXT(DOC("a") "\r\n\r\n" DOC("b") "\r\n"), " a b", NULL},
    {"c", TEXT(DOC("a") "\n" DOC("b")), " a b", NULL},
    {"c", TEXT("\xEF\xBB\xBF" DOC("a") "\n"), " a", NULL},
    {"c", TEXT(DOC("a") "\n\xEF\xBB\xBF" DOC("b") "\n"), " a",
     "/c.jsonl, line 2: column 1: '{' expected"},
    {"c", TEXT(DOC("a") "\n\n{\"$id\":\"b\",\n"), " a", "/c.jsonl, line 3: column"},
    {"c", TEXT(DOC("a") "\n{\"$id\":\"b"), " a", "/c.jsonl, line 2: column"},
    {"c", TEXT("[]\n"), "", "/c.jsonl, line 1: column 1: this is an array"},
    {"c", TEXT("{\"$id\":\"a\",\"x\":\"\0\"}\n"), "", "line 1: column 17: a control character"},
    {"c", TEXT("{\"$id\":\"\xff\"}\n"), "", "line 1: column 9: the byte 0xff"},
    {"c", TEXT("\0\n"), "", "line 1: column 1"},
    {"c", TEXT("{\"$id\":\"a\",\"$id\":\"b\"}\n"), "", "line 1: column 21: the object that ends"},
    {"c", TEXT(DOC("a") " " DOC("b") "\n"), "", "line 1: column 31: a second object"},
    {"c", TEXT("{\"total\":0,\"documents\":[]}\n"), "", "line 1: has no usable \"$id\""},
    {"c", TEXT("{\"$id\":7}\n"), "", "line 1: has no usable \"$id\""},
    {"c", TEXT("{\"$id\":\"\"}\n"), "", "line 1: has no usable \"$id\""},
    /* What the command line tool leaves out or masks. */
    {"c", TEXT("{\"$id\":\"a\"}\n"), "", "line 1: \"$permissions\" is missing"},
    {"users", TEXT("{\"$id\":\"a\",\"prefs\":{}}\n"), " a", NULL},
    {"users", TEXT("{\"$id\":\"a\"}\n"), "", "/users.jsonl, line 1: \"prefs\" is missing"},
    {"identities", TEXT("{\"$id\":\"a\"}\n"), " a", NULL},
    {"identities", TEXT("{\"$id\":\"a\",\"t\":\"[hidden]\"}\n"), "", "\"t\" is masked"},
    {"identities", TEXT("{\"$id\":\"a\",\"t\":{\"u\":[\"[hidden]abcd\"]}}\n"), "",
     "\"t\" is masked"},
    {"identities", TEXT("{\"$id\":\"a\",\"t\":\"the [hidden] door\"}\n"), " a", NULL},
    {"identities", TEXT("{\"$id\":\"a\",\"t\":\"[hidden] in the woods\"}\n"), " a", NULL},
};

static void test_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char file[64];
        struct buffer ids;
        struct error error;
        snprintf(file, sizeof file, "%s.jsonl", files[i].name);
        write_file(file, files[i].bytes, files[i].length);
        buffer_init(&ids);
        bool ok = read_ids(files[i].name, NULL, INT_MAX, &ids, NULL, &error);
        if (ok != (files[i].error == NULL) || strcmp(buffer_text(&ids), files[i].ids) != 0)
            fail_msg("case %zu: read \"%s\", %s", i, buffer_text(&ids), ok ? "" : error.message);
        if (!ok) {
            assert_int_equal(error.code, ERROR_SOURCE);
            assert_string_equal(error.entity, files[i].name);
            if (strstr(error.message, files[i].error) == NULL)
                fail_msg("case %zu: \"%s\" lacks \"%s\"", i, error.message, files[i].error);
        }
        buffer_release(&ids);
        remove_file(file);
    }
}

/* "$sequence" is text from some servers, and stays as the source has it. */
static void test_sequence_stays_as_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bson_type_t type;
    } cases[] = {
        {"{\"$id\":\"a\",\"$sequence\":\"7\"}", BSON_TYPE_UTF8},
        {"{\"$id\":\"a\",\"$sequence\":7}", BSON_TYPE_INT64},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct extraction what = {.endpoint = &endpoint, .from = "identities"};
        struct reader reader = {.ops = &jsonl_reader};
        struct buffer payload;
        struct error error;
        bson_t document;
        bson_iter_t at;
        bool more;
        write_file("identities.jsonl", cases[i].line, strlen(cases[i].line));
        buffer_init(&payload);
        assert_true(jsonl_reader.open(&reader, &what, &error));
        assert_true(jsonl_reader.next(&reader, &payload, &more, &error));
        jsonl_reader.close(&reader);
        assert_true(bson_init_static(&document, payload.data, payload.length));
        assert_true(bson_iter_init_find(&at, &document, "$sequence"));
        assert_int_equal(bson_iter_type(&at), cases[i].type);
        buffer_release(&payload);
        remove_file("identities.jsonl");
    }
}

/* An error in a line names the record and the place in it, and says what to do. */
static void test_a_record_that_cannot_be_kept(void **state)
{
    (void)state;
    static const struct {
        const char *line, *key, *path;
    } cases[] = {
        {"{\"big\":[1e9999],\"$id\":\"a\",\"$permissions\":[]}\n", "a", "big.0"},
        {"{\"$id\":\"a\",\"o\":{\"x\":1,\"x\":1},\"$permissions\":[]}\n", "a", "o.x"},
        {"{\"$id\":\"a\",\"t\":\"\xff\"}\n", "a", "t"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer ids;
        struct error error;
        buffer_init(&ids);
        write_file("c.jsonl", cases[i].line, strlen(cases[i].line));
        assert_false(read_ids("c", NULL, INT_MAX, &ids, NULL, &error));
        assert_string_equal(error.entity, "c");
        assert_string_equal(error.key, cases[i].key);
        assert_string_equal(error.path, cases[i].path);
        assert_non_null(strstr(error.hint, "correct the line in place"));
        buffer_release(&ids);
        remove_file("c.jsonl");
    }
}

/* One byte of what was read differs, or it has gone: the run began with another file. */
static void check_spoiled(struct buffer *bytes, const bson_t *position, size_t place)
{
    struct buffer ids;
    struct error error;
    buffer_init(&ids);
    bytes->data[place] ^= 1;
    write_file("c.jsonl", (const char *)bytes->data, bytes->length);
    assert_false(read_ids("c", position, INT_MAX, &ids, NULL, &error));
    assert_int_equal(error.code, ERROR_REFUSED);
    assert_non_null(strstr(error.message, "bytes differ"));
    write_file("c.jsonl", "x", 1);
    assert_false(read_ids("c", position, INT_MAX, &ids, NULL, &error));
    assert_int_equal(error.code, ERROR_REFUSED);
    assert_non_null(strstr(error.message, "its size is 1 bytes"));
    bytes->data[place] ^= 1;
    write_file("c.jsonl", (const char *)bytes->data, bytes->length);
    buffer_release(&ids);
}

/* Lines of many lengths across the reader's blocks; every position leads to the same rest. */
static void test_positions(void **state)
{
    (void)state;
    enum { LINES = 40 };
    struct buffer bytes, all, ids;
    struct error error;
    buffer_init(&bytes);
    buffer_init(&all);
    buffer_init(&ids);
    buffer_puts(&bytes, "\xEF\xBB\xBF\n");
    for (int i = 0; i < LINES; i++) {
        buffer_printf(&bytes, "{\"$id\":\"r%d\",\"$permissions\":[],\"x\":\"%*s\"}%s%s", i,
                      i * i * 50, "x", i % 3 == 0 ? "\r\n" : "\n", i % 5 == 0 ? "\n" : "");
        buffer_printf(&all, " r%d", i);
    }
    bytes.length--; /* the last line has no end */
    write_file("c.jsonl", (const char *)bytes.data, bytes.length);
    bson_t end = BSON_INITIALIZER;
    assert_true(read_ids("c", NULL, INT_MAX, &ids, &end, &error));
    assert_string_equal(buffer_text(&ids), buffer_text(&all));
    for (int i = 1; i <= LINES; i++) {
        bson_t position = BSON_INITIALIZER, again = BSON_INITIALIZER, last = BSON_INITIALIZER;
        buffer_clear(&ids);
        assert_true(read_ids("c", NULL, i, &ids, &position, &error));
        /* Where nothing more is delivered, the position stays. */
        assert_true(read_ids("c", &position, 0, &ids, &again, &error));
        assert_true(bson_equal(&position, &again));
        assert_true(read_ids("c", &position, INT_MAX, &ids, &last, &error));
        assert_string_equal(buffer_text(&ids), buffer_text(&all));
        assert_true(bson_equal(&last, &end));
        if (i % 10 == 1)
            check_spoiled(&bytes, &position, i > 1 ? 1 : 4);
        bson_destroy(&position);
        bson_destroy(&again);
        bson_destroy(&last);
    }
    bson_destroy(&end);
    remove_file("c.jsonl");
    buffer_release(&bytes);
    buffer_release(&all);
    buffer_release(&ids);
}

static void test_foreign_positions(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{}",
        "{\"$id\":\"a\"}",
        "{\"line\":{\"$numberLong\":\"1\"},\"offset\":{\"$numberLong\":\"33\"}}",
        "{\"line\":1,\"offset\":{\"$numberLong\":\"33\"},\"hash\":{\"$numberLong\":\"5\"}}",
        "{\"line\":{\"$numberLong\":\"0\"},\"offset\":{\"$numberLong\":\"33\"},"
        "\"hash\":{\"$numberLong\":\"5\"}}",
        "{\"line\":{\"$numberLong\":\"1\"},\"offset\":{\"$numberLong\":\"-1\"},"
        "\"hash\":{\"$numberLong\":\"5\"}}",
        "{\"line\":{\"$numberLong\":\"1\"},\"offset\":{\"$numberLong\":\"33\"},"
        "\"hash\":{\"$numberLong\":\"5\"},\"x\":1}",
        /* Of this form, but of another file. */
        "{\"line\":{\"$numberLong\":\"1\"},\"offset\":{\"$numberLong\":\"5\"},"
        "\"hash\":{\"$numberLong\":\"5\"}}",
    };
    write_file("c.jsonl", TEXT(DOC("a") "\n" DOC("b") "\n"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer ids;
        struct error error;
        buffer_init(&ids);
        bson_t *after = bson_new_from_json((const uint8_t *)cases[i], -1, NULL);
        assert_non_null(after);
        assert_false(read_ids("c", after, INT_MAX, &ids, NULL, &error));
        assert_int_equal(error.code, ERROR_REFUSED);
        assert_true(error.hint[0] != '\0');
        bson_destroy(after);
        buffer_release(&ids);
    }
    remove_file("c.jsonl");
}

/* A list is who it is, and its end is one while the file does not grow. */
static void test_identity_and_end(void **state)
{
    (void)state;
    const struct extraction what = {.endpoint = &endpoint, .from = "c"};
    struct reader reader = {.ops = &jsonl_reader};
    struct buffer payload;
    struct error error;
    bson_t identity = BSON_INITIALIZER;
    bson_iter_t at;
    bool more = true;
    int64_t held;
    buffer_init(&payload);
    write_file("c.jsonl", TEXT(DOC("a") "\n\n"));
    assert_true(jsonl_reader.open(&reader, &what, &error));
    assert_true(jsonl_reader.identity(&reader, &identity, &error));
    assert_true(bson_iter_init_find(&at, &identity, "list"));
    assert_string_equal(bson_iter_utf8(&at, NULL), "c");
    while (more)
        assert_true(jsonl_reader.next(&reader, &payload, &more, &error));
    assert_true(jsonl_reader.confirm(&reader, 1, &held, &error));
    assert_int_equal(held, 1);
    char path[PATH_MAX];
    path_of("c.jsonl", path);
    assert_int_equal(truncate(path, 500), 0);
    assert_false(jsonl_reader.confirm(&reader, 1, &held, &error));
    assert_int_equal(error.code, ERROR_SOURCE);
    jsonl_reader.close(&reader);
    bson_destroy(&identity);
    buffer_release(&payload);
    remove_file("c.jsonl");
}

static void test_line_without_end(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct buffer ids;
    struct error error;
    buffer_init(&ids);
    write_file("c.jsonl", TEXT(DOC("a") "\n"));
    path_of("c.jsonl", path);
    assert_int_equal(truncate(path, 65 << 20), 0); /* sparse: it takes no room */
    assert_false(read_ids("c", NULL, INT_MAX, &ids, NULL, &error));
    assert_non_null(strstr(error.message, "line 2: longer than 64 MiB"));
    assert_string_equal(buffer_text(&ids), " a");
    buffer_release(&ids);
    remove_file("c.jsonl");
}

static void test_unopened(void **state)
{
    (void)state;
    static const char *const names[] = {"missing", "./c"};
    write_file("c.jsonl", TEXT(DOC("a")));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buffer ids;
        struct error error;
        buffer_init(&ids);
        assert_false(read_ids(names[i], NULL, INT_MAX, &ids, NULL, &error));
        assert_int_equal(error.code, ERROR_SOURCE);
        assert_non_null(strstr(error.message, names[i]));
        buffer_release(&ids);
    }
    remove_file("c.jsonl");
}

static void test_catalog(void **state)
{
    (void)state;
    struct catalog catalog;
    struct error error;
    write_file("users.jsonl", TEXT("{}\n"));
    write_file("a.b.jsonl", TEXT("{}\n{}\n"));
    write_file("schema.json", TEXT("{}"));
    write_file("teams.json", TEXT("[]"));
    catalog_init(&catalog);
    assert_true(jsonl_reader.catalog(&endpoint, &catalog, &error));
    assert_string_equal(catalog.source, "auth");
    assert_string_equal(catalog.kind, "appwrite");
    assert_string_equal(catalog.version, "export");
    assert_int_equal(catalog.entity_count, 2);
    assert_string_equal(catalog.entities[0].name, "a.b");
    assert_int_equal(catalog.entities[0].bytes, 6);
    assert_int_equal(catalog.entities[0].estimate, -1);
    assert_string_equal(catalog.entities[1].name, "users");
    assert_int_equal(catalog.object_count, 1);
    assert_string_equal(catalog.objects[0].kind, "file not read");
    assert_string_equal(catalog.objects[0].name, "teams.json");
    assert_non_null(strstr(catalog.objects[0].detail, "it must be teams.jsonl"));
    catalog_release(&catalog);
    remove_file("teams.json");
    remove_file("users.jsonl");
    remove_file("a.b.jsonl");
    remove_file("schema.json");
}

#define ATTRIBUTE(key, type, more)                                                                 \
    "{\"key\":\"" key "\",\"type\":\"" type "\",\"required\":false,\"array\":false" more "}"

/* What schema.json says of the collections whose documents are there. */
static void test_schema(void **state)
{
    (void)state;
    static const char schema[] =
        "{\"databases\":[\n{\"$id\":\"d\",\"collections\":[{\"$id\":\"c\",\"attributes\":["
        "{\"key\":\"tags\",\"type\":\"string\",\"format\":\"\",\"required\":true,\"array\":true,\"size\":9},"
        ATTRIBUTE("e", "string", ",\"format\":\"enum\",\"elements\":[\"x\",\"y\"]") ","
        ATTRIBUTE("gone", "string", ",\"status\":\"stuck\"") ","
        ATTRIBUTE("there", "integer", ",\"status\":\"available\"")
        "]},{\"$id\":\"other\",\"attributes\":["
        ATTRIBUTE("r", "relationship", ",\"relatedCollection\":\"far\",\"twoWay\":false") ","
        ATTRIBUTE("t", "relationship", ",\"relatedTable\":\"near\",\"twoWay\":false") ","
        ATTRIBUTE("s", "relationship", ",\"relatedCollection\":\"c\",\"twoWay\":true")
        "]},{\"$id\":\"far\",\"attributes\":[]},{\"$id\":\"near\",\"attributes\":[]},{\"$id\":\"none\"}]},"
        "{\"$id\":\"e\",\"collections\":[{\"$id\":\"c\",\"attributes\":[" ATTRIBUTE("wrong", "string", "") "]}]}]}";
    static const char *const databases[] = {"d", NULL};
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++) {
        const struct source of = {.name = "auth", .kind = SOURCE_APPWRITE, .uri = "${URI}", .database = databases[i]};
        const struct endpoint here = {.source = &of, .folder = folder};
        const char *c = i == 0 ? "c.jsonl" : "d.c.jsonl", *far = i == 0 ? "far.jsonl" : "d.far.jsonl";
        const char *near = i == 0 ? "near.jsonl" : "d.near.jsonl", *none = i == 0 ? "none.jsonl" : "d.none.jsonl";
        struct catalog catalog;
        struct error error;
        write_file(c, TEXT("{}\n"));
        write_file(far, TEXT("{}\n"));
        write_file(near, TEXT("{}\n"));
        write_file(none, TEXT("{}\n"));
        write_file("schema.json", schema, strlen(schema));
        catalog_init(&catalog);
        assert_true(jsonl_reader.catalog(&here, &catalog, &error));
        assert_int_equal(catalog.entity_count, 4);
        const struct catalog_entity *entity = &catalog.entities[0];
        assert_true(entity->closed);
        for (size_t e = 1; e < catalog.entity_count; e++)
            assert_false(catalog.entities[e].closed);
        assert_int_equal(entity->column_count, 3);
        assert_string_equal(entity->columns[0].type, "string[]");
        assert_true(entity->columns[0].not_null && entity->columns[0].size == 9);
        assert_string_equal(entity->columns[1].type, "enum");
        assert_int_equal(entity->columns[1].elements.count, 2);
        assert_string_equal(entity->columns[1].elements.items[1], "y");
        assert_true(!entity->columns[1].not_null && entity->columns[1].size == -1);
        assert_string_equal(entity->columns[2].name, "there");
        catalog_release(&catalog);
        remove_file(c);
        remove_file(far);
        remove_file(near);
        remove_file(none);
    }
    write_file("c.jsonl", TEXT("{}\n"));
    write_file("schema.json", TEXT("{\"databases\": ["));
    struct catalog catalog;
    struct error error;
    catalog_init(&catalog);
    assert_false(jsonl_reader.catalog(&endpoint, &catalog, &error));
    assert_int_equal(error.code, ERROR_SOURCE);
    assert_non_null(strstr(error.message, "/schema.json: "));
    assert_non_null(strstr(error.hint, "take it out of the folder"));
    catalog_release(&catalog);
    remove_file("c.jsonl");
    remove_file("schema.json");
}

/* What would be passed over in silence is an error. */
static void test_catalog_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *file, *message;
    } cases[] = {
        {"users.jsonl.gz", "users.jsonl.gz is compressed"},
        {"schema.json", "holds no *.jsonl file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct catalog catalog;
        struct error error;
        write_file(cases[i].file, TEXT("{}\n"));
        catalog_init(&catalog);
        assert_false(jsonl_reader.catalog(&endpoint, &catalog, &error));
        assert_int_equal(error.code, ERROR_SOURCE);
        assert_non_null(strstr(error.message, cases[i].message));
        catalog_release(&catalog);
        remove_file(cases[i].file);
    }
    const struct endpoint nowhere = {.source = &source, .folder = "/nowhere/at/all"};
    struct catalog catalog;
    struct error error;
    catalog_init(&catalog);
    assert_false(jsonl_reader.catalog(&nowhere, &catalog, &error));
    assert_non_null(strstr(error.message, "/nowhere/at/all"));
    catalog_release(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_sequence_stays_as_it_is),
        cmocka_unit_test(test_a_record_that_cannot_be_kept),
        cmocka_unit_test(test_identity_and_end),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_foreign_positions),
        cmocka_unit_test(test_line_without_end),
        cmocka_unit_test(test_unopened),
        cmocka_unit_test(test_catalog),
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_catalog_refusals),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
