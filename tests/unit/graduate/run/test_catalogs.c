/* The strict rule: every collection is mapped or left out, and every mapping's collection is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogs.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 4 };

static const struct {
    const char *what;
    const char *mapped[MOST], *left_out[MOST], *held[MOST]; /* of the source "core" */
    const char *message, *hint;                             /* parts; NULL: it holds */
} cases[] = {
    {"all mapped", {"books", "users"}, {0}, {"users", "books"}, NULL, NULL},
    {"one left out", {"books"}, {"sessions"}, {"books", "sessions"}, NULL, NULL},
    {"left out, but not there", {"books"}, {"sessions"}, {"books"}, NULL, NULL},
    {"nobody spoke of it",
     {"books"},
     {0},
     {"books", "sessions"},
     "core.sessions is neither mapped nor left out",
     "\"core.sessions\": \"why it stays behind\""},
    {"nobody spoke of three",
     {"books"},
     {0},
     {"books", "a", "b", "c"},
     "3 collections and tables are neither mapped nor left out: core.a (unknown records, unknown), "
     "core.b (unknown records, unknown), core.c (unknown records, unknown)",
     "\"left_out\" in project.json: \"core.a\": \"why it stays behind\", \"core.b\": \"why it stays "
     "behind\", \"core.c\": \"why it stays behind\""},
    {"a near mapping",
     {"books", "user"},
     {0},
     {"books", "user", "users"},
     "core.users is neither mapped nor left out",
     "is it what user.json reads as core.user?"},
    {"not there, with a near one",
     {"bookz"},
     {0},
     {"books"},
     "bookz.json: /from: the source core has no bookz; did you mean \"books\"?",
     "correct \"from\""},
    {"not there",
     {"books", "invoices"},
     {0},
     {"books"},
     "invoices.json: /from: the source core has no invoices",
     "correct \"from\""},
    {"case counts",
     {"Books"},
     {0},
     {"books"},
     "Books.json: /from: the source core has no Books; did you mean \"books\"?",
     ""},
};

static void check(size_t i)
{
    static const struct source core = {.name = "core"};
    struct mapping mappings[MOST] = {0};
    struct mapping *pointers[MOST];
    struct left_out left_outs[MOST] = {0};
    char files[MOST][32];
    struct project project = {.target = "", .mappings = pointers, .left_outs = left_outs};
    struct catalog catalog;
    struct catalogs catalogs = {&catalog, 1};
    struct error error = {0};
    catalog_init(&catalog);
    catalog.source = strdup("core");
    catalog.kind = strdup("mongodb");
    for (size_t n = 0; n < MOST && cases[i].mapped[n] != NULL; n++) {
        snprintf(files[n], sizeof files[n], "%s.json", cases[i].mapped[n]);
        mappings[n] =
            (struct mapping){.source = &core, .from = cases[i].mapped[n], .file = files[n]};
        pointers[project.mapping_count++] = &mappings[n];
    }
    for (size_t n = 0; n < MOST && cases[i].left_out[n] != NULL; n++)
        left_outs[project.left_out_count++] =
            (struct left_out){.source = &core, .from = cases[i].left_out[n]};
    for (size_t n = 0; n < MOST && cases[i].held[n] != NULL; n++)
        assert_non_null(catalog_add(&catalog, cases[i].held[n]));
    print_message("%s\n", cases[i].what);
    assert_int_equal(catalogs_check(&catalogs, &project, &error), cases[i].message == NULL);
    if (cases[i].message != NULL) {
        assert_int_equal(error.code, ERROR_USAGE);
        assert_string_equal(error.message, cases[i].message);
        assert_non_null(strstr(error.hint, cases[i].hint));
    }
    catalog_release(&catalog);
}

static void test_strict_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(i);
}

/* A collection of the same name in another source is another collection. */
static void test_sources_are_told_apart(void **state)
{
    static const struct source core = {.name = "core"};
    struct mapping mapping = {.source = &core, .from = "users", .file = "users.json"};
    struct mapping *pointer = &mapping;
    const struct project project = {.target = "", .mappings = &pointer, .mapping_count = 1};
    struct catalog items[2];
    struct catalogs catalogs = {items, 2};
    struct error error;
    (void)state;
    static const char *const names[] = {"core", "auth"};
    for (size_t i = 0; i < 2; i++) {
        catalog_init(&items[i]);
        items[i].source = strdup(names[i]);
        items[i].kind = strdup("mongodb");
        assert_non_null(catalog_add(&items[i], "users"));
    }
    assert_false(catalogs_check(&catalogs, &project, &error));
    assert_string_equal(error.message, "auth.users is neither mapped nor left out");
    assert_ptr_equal(catalogs_find(&catalogs, &mapping), &items[0].entities[0]);
    catalog_release(&items[0]);
    catalog_release(&items[1]);
}

/* Swapped lines of an .env; of a URI that is not set yet nothing can be told. */
static void test_the_target_is_no_source(void **state)
{
    static const struct {
        const char *target, *source;
        enum source_kind kind;
        bool ok;
    } pairs[] = {
        {"postgresql://u@h/d", "postgresql://u@h/d", SOURCE_POSTGRES, false},
        {"postgresql://u@h/d", "postgresql://u@h/e", SOURCE_POSTGRES, true},
        {"postgresql://u@h/d", "postgresql://u@h/d", SOURCE_MONGODB, true},
        {"postgresql://u@h/d", "${GRADUATE_TEST_UNSET}", SOURCE_POSTGRES, true},
        {"${GRADUATE_TEST_UNSET}", "postgresql://u@h/d", SOURCE_POSTGRES, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct source source = {.name = "old", .kind = pairs[i].kind, .uri = pairs[i].source};
        const struct project project = {
            .target = pairs[i].target, .sources = &source, .source_count = 1};
        const struct catalogs catalogs = {0};
        struct error error = {0};
        assert_int_equal(catalogs_check(&catalogs, &project, &error), pairs[i].ok);
        if (!pairs[i].ok) {
            assert_string_equal(error.message,
                                "the target and the source old are the same database");
            assert_int_equal(error.code, ERROR_REFUSED);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strict_rule),
        cmocka_unit_test(test_the_target_is_no_source),
        cmocka_unit_test(test_sources_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
