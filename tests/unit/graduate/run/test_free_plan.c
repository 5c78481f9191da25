/* What is moved against the 500 MB of the free plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "free_plan.h"

#include <string.h>

#define MB INT64_C(1000000)

static const struct {
    const char *what;
    int64_t books, authors, there; /* -1: the source does not say */
    const char *says;              /* NULL: nothing */
} cases[] = {
    {"little", 3 * MB, 2 * MB, 8 * MB, NULL},
    {"just so", 400 * MB, 92 * MB, 8 * MB, NULL},
    {"a byte more", 400 * MB, 92 * MB + 1, 8 * MB,
     "  the records take 469.2 MiB in the sources, and the target's database 7.6 MiB now: the 500 MB of Supabase's free plan "
     "are not enough\n"},
    {"one alone", 600 * MB, 0, 0,
     "  the records take 572.2 MiB in the sources, and the target's database 0 B now: the 500 MB of Supabase's free plan are "
     "not enough\n"},
    {"nobody knows", -1, 499 * MB, 1 * MB, NULL},
    {"a target that is full", 0, -1, 501 * MB,
     "  the records take 0 B in the sources, and the target's database 477.8 MiB now: the 500 MB of Supabase's free plan are "
     "not enough\n"},
};

static void check(size_t i)
{
    const struct source core = {.name = "core"};
    struct mapping books = {.name = "books", .source = &core, .from = "books"};
    struct mapping authors = {.name = "authors", .source = &core, .from = "authors"};
    struct mapping gone = {.name = "gone", .source = &core, .from = "gone"}; /* of no catalog */
    struct mapping *mappings[] = {&books, &authors, &gone};
    const struct project project = {.mappings = mappings, .mapping_count = 3};
    struct catalog catalog;
    const struct catalogs catalogs = {&catalog, 1};
    struct buffer out;
    catalog_init(&catalog);
    catalog.source = strdup("core");
    catalog.kind = strdup("mongodb");
    const int64_t bytes[] = {cases[i].books, cases[i].authors};
    for (size_t e = 0; e < 2; e++) {
        struct catalog_entity *entity = catalog_add(&catalog, mappings[e]->from);
        assert_non_null(entity);
        entity->bytes = bytes[e];
    }
    print_message("%s\n", cases[i].what);
    buffer_init(&out);
    free_plan_warn(&project, &catalogs, cases[i].there, &out);
    assert_string_equal(buffer_text(&out), cases[i].says != NULL ? cases[i].says : "");
    buffer_release(&out);
    catalog_release(&catalog);
}

static void test_what_goes_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_goes_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
