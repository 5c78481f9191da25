/* What was read against what the catalogs counted: who may differ, and how it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "witness.h"

#include <string.h>

static const struct {
    const char *what;
    int64_t counted, read;
    bool exact, changing;
    size_t heard, against;
    const char *says; /* a part of what is printed; NULL: nothing */
} cases[] = {
    {"as many", 12, 12, true, false, 1, 0, "as many records were read of each"},
    {"none at all", 0, 0, true, false, 1, 0, "as many records were read of each"},
    {"one less", 12, 11, true, false, 1, 1, "books: the source counted 12, and 11 were read; stop"},
    {"one more", 12, 13, true, false, 1, 1, "graduate run --restart books"},
    {"all of them missing", 1200, 0, true, false, 1, 1, "WHAT WAS READ IS NOT"},
    {"one less of a changing source", 12, 11, true, true, 1, 0, "the source core is \"changing\""},
    {"an estimate", 12, 11, false, false, 0, 0, NULL},
    {"no count", -1, 11, true, false, 0, 0, NULL},
};

static void check(size_t i)
{
    const struct source core = {.name = "core", .changing = cases[i].changing};
    struct mapping mapping = {.name = "books", .source = &core, .from = "books"};
    struct mapping *pointer = &mapping;
    const struct project project = {.mappings = &pointer, .mapping_count = 1};
    char name[] = "books";
    struct account_entity entity = {.entity = name, .read = cases[i].read};
    const struct account account = {.entities = &entity, .entity_count = 1};
    struct catalog catalog;
    const struct catalogs catalogs = {&catalog, 1};
    struct witness_list list;
    struct buffer out;
    struct error error = {0};
    catalog_init(&catalog);
    catalog.source = strdup("core");
    catalog.kind = strdup("mongodb");
    struct catalog_entity *said = catalog_add(&catalog, "books");
    assert_non_null(said);
    said->estimate = cases[i].counted;
    said->exact = cases[i].exact;
    print_message("%s\n", cases[i].what);
    assert_true(witness_list_hear(&list, &project, &catalogs, &account, &error));
    assert_int_equal(list.count, cases[i].heard);
    assert_int_equal(witness_list_contradict(&list), cases[i].against);
    buffer_init(&out);
    witness_list_print(&list, &out);
    if (cases[i].says != NULL)
        assert_non_null(strstr(buffer_text(&out), cases[i].says));
    else
        assert_string_equal(buffer_text(&out), "");
    cJSON *json = witness_list_to_json(&list);
    assert_int_equal(cJSON_GetArraySize(json), cases[i].heard);
    cJSON_Delete(json);
    buffer_release(&out);
    witness_list_release(&list);
    catalog_release(&catalog);
}

static void test_who_may_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_may_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
