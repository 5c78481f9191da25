/* What did not arrive as asked: "everything" may be said only where nothing of it is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arrival.h"

#include <string.h>

static const struct {
    const char *entities, *paths, *objects;
    size_t left_outs;
    const char *told; /* behind "3 records read, 3 loaded"; "": everything arrived */
} cases[] = {
    {"[]", "[{\"seen\": 3, \"written\": 2, \"changed\": 1, \"elements\": 4, \"taken\": 4}]", "[]",
     0, ""},
    {"[]", "[]", "[{\"fate\": \"kept\"}, {\"fate\": \"changed\"}]", 0, ""},
    {"[{\"filtered\": 1}]", "[]", "[]", 0, "1 record left out by rules"},
    {"[{\"rejected\": 2}]", "[]", "[]", 0, "2 records rejected"},
    {"[]", "[{\"elements\": 4, \"taken\": 1}]", "[]", 0, "3 elements left out by rules"},
    {"[]", "[{\"dropped\": 1}, {\"dropped\": 1200}]", "[]", 0, "1,201 values dropped by name"},
    {"[]", "[{\"compared\": 1}]", "[]", 0, "1 value that only conditions read"},
    {"[]", "[{\"kept_out\": 1}]", "[]", 0, "1 value kept out by conditions"},
    {"[]", "[{\"lost\": 1}]", "[]", 0, "1 value lost by rules, each with a line"},
    {"[]", "[{\"emptied\": 1}]", "[]", 0, "1 value of which a function or \"map\" made nothing"},
    {"[]", "[{\"by unique\": 1, \"by count\": 1}, {\"by item\": 2, \"by field\": 1}]", "[]", 0,
     "5 values of which a function took a part"},
    {"[]", "[{\"by lower\": 1, \"by split\": 1, \"by day\": 1}]", "[]", 0, ""},
    {"[]", "[]", "[]", 1, "1 collection or table left out by name"},
    {"[]", "[]", "[{\"fate\": \"not kept\"}]", 0, "1 object of the sources' catalogs not kept"},
    {"[{\"filtered\": 1}]", "[{\"lost\": 2}]", "[]", 0,
     "1 record left out by rules, 2 values lost by rules, each with a line"},
};

/* A record that was corrected by hand is there, but is not what the source has. */
static void test_retried(void **state)
{
    (void)state;
    cJSON *entities = cJSON_Parse("[{\"read\": 3, \"loaded\": 1, \"retried\": 2}]");
    const struct project project = {0};
    struct arrival arrival = arrival_of(entities, NULL, NULL, NULL, &project);
    struct buffer out;
    buffer_init(&out);
    assert_true(arrival_is_whole(&arrival));
    arrival_put(&arrival, &out);
    assert_string_equal(
        buffer_text(&out),
        "3 records read, 3 loaded, of them 2 records as they were corrected by hand, "
        "which differ from the source");
    buffer_clear(&out);
    arrival.retried = 1;
    assert_true(arrival_put_retried(&arrival, &out));
    assert_string_equal(buffer_text(&out),
                        "1 record as it was corrected by hand, which differs from the source");
    buffer_release(&out);
    cJSON_Delete(entities);
}

static void test_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct project project = {.left_out_count = cases[i].left_outs};
        cJSON *entities = cJSON_Parse(cases[i].entities), *paths = cJSON_Parse(cases[i].paths);
        cJSON *objects = cJSON_Parse(cases[i].objects);
        assert_true(entities != NULL && paths != NULL && objects != NULL);
        struct arrival arrival = arrival_of(entities, paths, objects, NULL, &project);
        struct buffer out, wanted;
        buffer_init(&out);
        buffer_init(&wanted);
        arrival.read = arrival.loaded = 3;
        arrival_put(&arrival, &out);
        buffer_printf(&wanted, "3 records read, 3 loaded%s%s",
                      cases[i].told[0] != '\0' ? "; left behind, as asked: " : "", cases[i].told);
        assert_string_equal(buffer_text(&out), buffer_text(&wanted));
        assert_int_equal(arrival_is_whole(&arrival), cases[i].told[0] == '\0');
        assert_false(arrival_put_retried(&arrival, &out));
        buffer_release(&out);
        buffer_release(&wanted);
        cJSON_Delete(entities);
        cJSON_Delete(paths);
        cJSON_Delete(objects);
    }
}

/* Rows of a table that say "if_there": skipped ones stay, updated ones where only some columns are. */
static void test_rows_that_stay(void **state)
{
    (void)state;
    const char *only[] = {"name"};
    struct mapping_table tables[] = {
        {.label = "public.a", .updates = {only, 1}}, {.label = "public.b"}};
    struct mapping mapping = {.tables = tables, .table_count = 2}, *mappings[] = {&mapping};
    const struct project project = {.mappings = mappings, .mapping_count = 1};
    cJSON *none = cJSON_Parse("[]");
    cJSON *json = cJSON_Parse("[{\"table\": \"public.a\", \"updated\": 3},"
                              "{\"table\": \"public.b\", \"updated\": 5, \"skipped\": 1}]");
    struct arrival arrival = arrival_of(none, none, none, json, &project);
    struct buffer out;
    buffer_init(&out);
    assert_int_equal(arrival.stayed, 4);
    assert_false(arrival_is_whole(&arrival));
    arrival_put(&arrival, &out);
    assert_string_equal(buffer_text(&out),
                        "0 records read, 0 loaded; left behind, as asked: 4 rows that were there and "
                        "stayed, in all or some columns");
    arrival = arrival_of(none, none, none, json, NULL);
    assert_int_equal(arrival.stayed, 1);
    buffer_release(&out);
    cJSON_Delete(json);
    cJSON_Delete(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_retried),
        cmocka_unit_test(test_rows_that_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
