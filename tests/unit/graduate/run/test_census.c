/* The census of fields: paths, types and counts; and what keeps it small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "census.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void take_json(struct census *census, const char *json)
{
    bson_error_t error;
    bson_t *record = bson_new_from_json((const uint8_t *)json, -1, &error);
    if (record == NULL)
        fail_msg("%s: %s", json, error.message);
    census_take(census, record);
    bson_destroy(record);
}

static void test_paths(void **state)
{
    static const struct {
        const char *records[3];
        const char *fields;
    } cases[] = {
        {{"{}"}, "{}"},
        {{"{\"b\": 1, \"a\": \"x\"}", "{\"a\": null, \"b\": 2}", "{\"b\": {\"$numberLong\": \"3\"}}"},
         "{\"a\":{\"string\":1,\"null\":1},\"b\":{\"int\":2,\"long\":1}}"},
        {{"{\"a\": {\"b\": true}, \"c\": [1, \"x\", [2]], \"d\": [{\"e\": 1}, {\"f\": 2.5}]}"},
         "{\"a\":{\"object\":1},\"a.b\":{\"bool\":1},\"c\":{\"array\":1},"
         "\"c[]\":{\"string\":1,\"array\":1,\"int\":1},\"c[][]\":{\"int\":1},\"d\":{\"array\":1},"
         "\"d[]\":{\"object\":2},\"d[].e\":{\"int\":1},\"d[].f\":{\"double\":1}}"},
        /* ids, numbers and dates are data, words that are short hex digits are not */
        {{"{\"by\": {\"5f0c8a1b2c3d4e5f60710001\": 1, \"2024-01\": 2, \"17\": \"x\"}, \"face\": 1}"},
         "{\"by\":{\"object\":1},\"by.*\":{\"string\":1,\"int\":2},\"face\":{\"int\":1}}"},
        /* a dot in a name is none of the path's */
        {{"{\"a.b\": 1, \"a\": {\"b\": 2}}"},
         "{\"a\":{\"object\":1},\"a.b\":{\"int\":1},\"a\\\\.b\":{\"int\":1}}"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct census census;
        census_init(&census);
        for (size_t r = 0; r < COUNT(cases[i].records) && cases[i].records[r] != NULL; r++)
            take_json(&census, cases[i].records[r]);
        cJSON *json = census_to_json(&census);
        char *text = cJSON_PrintUnformatted(json);
        assert_string_equal(text, cases[i].fields);
        cJSON_free(text);
        cJSON_Delete(json);
        census_release(&census);
    }
}

/* An object with a thousand names, each an object: what was counted before they were folded counts
 * on. */
static void test_folding(void **state)
{
    struct census census;
    (void)state;
    census_init(&census);
    for (int n = 0; n < 1000; n++) {
        char json[64];
        snprintf(json, sizeof json, "{\"by\": {\"user%d\": {\"sold\": %d}}}", n, n);
        take_json(&census, json);
    }
    cJSON *json = census_to_json(&census);
    char *text = cJSON_PrintUnformatted(json);
    assert_string_equal(text, "{\"by\":{\"object\":1000},\"by.*\":{\"object\":1000},"
                              "\"by.*.sold\":{\"int\":1000}}");
    cJSON_free(text);
    cJSON_Delete(json);
    census_release(&census);
}

/* The fields of a record, and of 48 objects inside one another; what lies deeper is not counted. */
static void test_depth(void **state)
{
    struct census census;
    bson_t *record = bson_new();
    (void)state;
    for (int n = 0; n < 60; n++) {
        bson_t *outer = bson_new();
        BSON_APPEND_DOCUMENT(outer, "a", record);
        bson_destroy(record);
        record = outer;
    }
    census_init(&census);
    census_take(&census, record);
    cJSON *json = census_to_json(&census);
    assert_int_equal(cJSON_GetArraySize(json), 49);
    cJSON_Delete(json);
    census_release(&census);
    bson_destroy(record);
}

static void test_bytes_that_are_no_text(void **state)
{
    bson_t record = BSON_INITIALIZER;
    struct census census;
    (void)state;
    BSON_APPEND_INT32(&record, "caf\xc3\xa9", 1);
    BSON_APPEND_INT32(&record, "caf\xe9", 1);
    census_init(&census);
    census_take(&census, &record);
    cJSON *json = census_to_json(&census);
    char *text = cJSON_PrintUnformatted(json);
    assert_string_equal(text, "{\"caf\xc3\xa9\":{\"int\":1},\"caf\\\\xe9\":{\"int\":1}}");
    cJSON_free(text);
    cJSON_Delete(json);
    census_release(&census);
    bson_destroy(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_bytes_that_are_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
