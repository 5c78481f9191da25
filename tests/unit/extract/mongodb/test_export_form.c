/* What is said of a path that is no folder of a dump, in the forms that founders have. */
#include "export_form.h"
#include "mongodb_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch_folder.h"

#include <zlib.h>

#define ARCHIVE "\x6d\xe2\x99\x81 and more"

static const struct {
    const char *files[3]; /* below the folder; one in a/ makes that */
    const char *given;    /* below the folder */
    const char *hint;     /* %s is the folder */
    const char *of_uri;   /* the same of a URI that is this path; NULL: none is given */
} rows[] = {
    {{"archive.bin"}, "archive.bin", "export again", "write file:%s/archive.bin to read that"},
    {{"packed.gz"}, "packed.gz", "export again", "write file:%s/packed.gz to read that archive"},
    {{"old.archive"}, "old.archive", "export again", "write file:%s/old.archive to read that"},
    {{"archive.bin"}, "", "write file:%s/archive.bin to read that archive", ""},
    {{"c.json"}, "", NULL, "write file:%s to read that folder"},
    {{"c.json"}, "c.json", "give the folder in which the file lies: file:%s", ""},
    {{"c.jsonl.gz"}, "c.jsonl.gz", "give the folder in which the file lies: file:%s", ""},
    {{"c.csv", "prelude.json"}, "", "%s/c.csv has lost its types", ""},
    {{"prelude.json"}, "", "give the folder of one database that mongodump wrote", NULL},
    {{"notes.txt"}, "", "give the folder of one database that mongodump wrote", NULL},
    {{"notes.txt"}, "notes.txt", "file:DUMP/DATABASE", NULL},
    {{"a/c.bson"}, "", "such as file:%s/a", ""},
    {{"a/c.bson.gz", "c.csv"}, "", "such as file:%s/a", ""},
    {{"a/b.json"}, "", "such as file:%s/a", ""},
    {{"a/c.bson"}, "a/c.bson", "give the folder in which the file lies: file:%s/a", ""},
    {{"dump.tar.gz"}, "dump.tar.gz", "unpack %s/dump.tar.gz", ""},
    {{"dump.zip"}, "", "unpack %s/dump.zip", ""},
    {{"a/c.bson"}, "a", NULL, "write file:%s/a to read that folder"},
};

static void put(const struct folder *folder, const char *name)
{
    if (strncmp(name, "a/", 2) == 0)
        mkdir(folder_path(folder, "a"), 0700);
    if (strcmp(name, "packed.gz") == 0) {
        gzFile file = gzopen(folder_path(folder, name), "wb");
        assert_int_equal(gzputs(file, ARCHIVE), (int)strlen(ARCHIVE));
        assert_int_equal(gzclose(file), Z_OK);
    } else {
        folder_put(folder, name,
                   strcmp(name, "archive.bin") == 0 ? ARCHIVE
                   : strncmp(name, "prelude", 7) == 0
                       ? "{\"ServerVersion\":\"8.0.4\",\"ToolVersion\":\"100.10.0\"}"
                       : "x");
    }
}

static void assert_hint(const struct error *error, const char *wanted, const char *folder)
{
    char text[PATH_MAX];
    const char *place = strstr(wanted, "%s");
    snprintf(text, sizeof text, "%.*s%s%s", (int)(place != NULL ? place - wanted : 0), wanted,
             place != NULL ? folder : "", place != NULL ? place + 2 : wanted);
    if (strstr(error->hint, text) == NULL)
        fail_msg("\"%s\" is not \"%s\"", error->hint, text);
}

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct folder folder;
        struct source source = {.name = "core", .kind = SOURCE_MONGODB};
        struct error error = {0};
        struct catalog catalog;
        char path[PATH_MAX];
        folder_make(&folder);
        for (size_t j = 0; j < 3 && rows[i].files[j] != NULL; j++)
            put(&folder, rows[i].files[j]);
        snprintf(path, sizeof path, "%s%s%s", folder.path, rows[i].given[0] != '\0' ? "/" : "",
                 rows[i].given);
        if (rows[i].hint != NULL) {
            struct endpoint endpoint = {.source = &source, .folder = path};
            catalog_init(&catalog);
            assert_false(mongodump_reader.catalog(&endpoint, &catalog, &error));
            assert_int_equal(error.code, ERROR_SOURCE);
            assert_hint(&error, rows[i].hint, folder.path);
            catalog_release(&catalog);
        }
        struct endpoint endpoint = {.source = &source, .uri = path};
        assert_false(mongodb_reader.catalog(&endpoint, &catalog, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        const char *of_uri = rows[i].of_uri == NULL      ? "write mongodb://"
                             : rows[i].of_uri[0] != '\0' ? rows[i].of_uri
                                                         : rows[i].hint;
        assert_hint(&error, of_uri, folder.path);
        folder_remove(&folder);
    }
}

/* Which file is the first is the folder's choice. */
static const struct {
    const char *files[4];
    const char *warning; /* NULL: none */
} read_folders[] = {
    {{"c.bson", "c.metadata.json", "prelude.json", "notes.txt"}, NULL},
    {{"c.bson.gz", "c.metadata.json.gz", "prelude.json.gz"}, NULL},
    {{"c.bson", "d.csv"}, "/d.csv is not read"},
    {{"c.bson", "d.json"}, NULL},
    {{"c.bson", "a/c.bson"}, "/a is not read"},
    {{"c.bson", "a/c.json"}, "/a is not read"},
    {{"c.bson", "d.csv", "e.tsv"}, "and 1 more beside it are not read"},
};

static void test_what_is_not_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof read_folders / sizeof read_folders[0]; i++) {
        struct folder folder;
        struct caught caught;
        folder_make(&folder);
        for (size_t j = 0; j < 4 && read_folders[i].files[j] != NULL; j++)
            put(&folder, read_folders[i].files[j]);
        catch_begin(&caught, STDERR_FILENO);
        export_form_warn(folder.path, "core");
        char *said = catch_end(&caught);
        const char *warning = read_folders[i].warning;
        if (warning != NULL ? strstr(said, warning) == NULL : said[0] != '\0')
            fail_msg("folder %zu: %s", i, said);
        free(said);
        folder_remove(&folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_what_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
