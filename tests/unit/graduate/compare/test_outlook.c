/* The outlook: which rehearsals and sizes its forecasts are made from, and what it says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "member.h"
#include "outlook.h"

#include "sample.h"

#include <math.h>

/* Rehearsals of books, 10 records and 30, 100 bytes and 300: the second was verified, too. */
static const char *const facts[] = {
    "{'entities': [{'entity': 'books', 'records': 10, 'rows': 20, 'seconds': 3, 'loading': 1}],"
    " 'steps': [{'seconds': 1}, {'seconds': 1}]}",
    "{'entities': [{'entity': 'books', 'records': 30, 'rows': 60, 'seconds': 7, 'loading': 3}],"
    " 'steps': [{'seconds': 4}]}"};
static const char *const verdicts[] = {NULL, "{'levels': [{'seconds': 5}, {'seconds': 4}]}"};
static const char *const kept[] = {"{'core.json': {'source': 'core', 'version': '7', 'entities': "
                                   "[{'name': 'books', 'bytes': 100}]}}",
                                   "{'core.json': {'source': 'core', 'version': '7', 'entities': "
                                   "[{'name': 'books', 'bytes': 300}]}}"};

static cJSON *parsed(const char *text)
{
    return text != NULL ? cJSON_Parse(sample_quoted(text)) : NULL;
}

/* The outlook from both rehearsals for a source that holds this much of `name`. */
static cJSON *look_ahead(const char *name, int64_t records, int64_t bytes)
{
    static const struct source core = {.name = "core"};
    struct mapping books = {
        .name = "books", .source = &core, .from = "books", .file = "books.json"};
    struct mapping *mappings[] = {&books};
    const struct project project = {.mappings = mappings, .mapping_count = 1};
    struct past_run runs[COUNT(facts)] = {0};
    struct catalog catalog;
    const struct catalogs live = {&catalog, 1};
    struct error error = {0};
    cJSON *outlook;
    catalog_init(&catalog);
    catalog.source = strdup("core");
    catalog.version = strdup("7");
    struct catalog_entity *entity = catalog_add(&catalog, name);
    entity->estimate = records;
    entity->bytes = bytes;
    for (size_t i = 0; i < COUNT(facts); i++) {
        runs[i].folder.generation = 1;
        runs[i].facts = parsed(facts[i]);
        runs[i].verdict = parsed(verdicts[i]);
        runs[i].catalogs = parsed(kept[i]);
    }
    assert_true(outlook_make(runs, COUNT(runs), &project, &live, &outlook, &error));
    for (size_t i = 0; i < COUNT(facts); i++) {
        cJSON_Delete(runs[i].facts);
        cJSON_Delete(runs[i].verdict);
        cJSON_Delete(runs[i].catalogs);
    }
    catalog_release(&catalog);
    return outlook;
}

static void assert_seconds(const cJSON *json, const char *name, double seconds)
{
    if (fabs(member_number(member(json, name), "seconds") - seconds) > 1e-9)
        fail_msg("%s: %.12g is not %.12g", name, member_number(member(json, name), "seconds"),
                 seconds);
}

/* Twice the records of both together, but as many bytes: of what is measured by bytes no more. */
static void test_every_rehearsal_counts(void **state)
{
    static const struct {
        int64_t bytes;
        const char *by;
        double read, load;
    } cases[] = {
        {-1, "records", 12, 8},
        {400, "bytes", 6, 4},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cJSON *outlook = look_ahead("books", 80, cases[i].bytes);
        const cJSON *books = member_find(member(outlook, "entities"), "entity", "books");
        const cJSON *phases = member(outlook, "phases");
        double times = cases[i].read / 6;
        assert_string_equal(member_text(books, "by"), cases[i].by);
        assert_int_equal(member_number(books, "records"), 80);
        assert_int_equal(member_number(books, "bytes"), cases[i].bytes);
        assert_seconds(books, "read", cases[i].read);
        assert_seconds(books, "load", cases[i].load);
        assert_int_equal(member_number(outlook, "rows"), 80 * times);
        assert_seconds(phases, "steps", 6 * times);
        assert_seconds(phases, "verify", 9 * 80 * times / 60); /* from the second one alone */
        assert_seconds(outlook, "total", 16 * times + 12 * times);
        assert_true(cJSON_IsTrue(member(outlook, "whole")));
        assert_int_equal(cJSON_GetArraySize(member(outlook, "notes")), 0);
        cJSON_Delete(outlook);
    }
}

static void test_what_no_catalog_knows_is_unknown(void **state)
{
    (void)state;
    cJSON *outlook = look_ahead("others", 80, 400);
    const cJSON *books = member_find(member(outlook, "entities"), "entity", "books");
    assert_int_equal(member_number(books, "records"), -1);
    assert_int_equal(member_number(books, "bytes"), -1);
    assert_string_equal(member_text(member(books, "read"), "basis"), "none");
    assert_int_equal(member_number(outlook, "rows"), -1);
    assert_false(cJSON_IsTrue(member(outlook, "whole")));
    assert_int_equal(cJSON_GetArraySize(member(outlook, "notes")), 1);
    assert_non_null(strstr(cJSON_GetArrayItem(member(outlook, "notes"), 0)->valuestring,
                           "a part is not in it"));
    cJSON_Delete(outlook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rehearsal_counts),
        cmocka_unit_test(test_what_no_catalog_knows_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
