/* The order of _ids: every pair of a list that is in MongoDB's order, and what cannot be told. */
#include "bson_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* In the order of MongoDB; what is equal stands in one row, with a gap behind. */
static const char *const sorted[][3] = {
    {"{\"$minKey\": 1}"},
    {"null"},
    {"{\"$numberDouble\": \"NaN\"}"},
    {"{\"$numberDouble\": \"-Infinity\"}"},
    {"{\"$numberDouble\": \"-1e300\"}"},
    {"{\"$numberLong\": \"-9223372036854775808\"}",
     "{\"$numberDouble\": \"-9223372036854775808\"}"},
    {"{\"$numberDouble\": \"-1.5\"}"},
    {"{\"$numberInt\": \"-1\"}", "{\"$numberLong\": \"-1\"}", "{\"$numberDouble\": \"-1.0\"}"},
    {"{\"$numberInt\": \"0\"}", "{\"$numberDouble\": \"-0.0\"}"},
    {"{\"$numberDouble\": \"0.5\"}"},
    {"{\"$numberLong\": \"9007199254740992\"}", "{\"$numberDouble\": \"9007199254740992\"}"},
    {"{\"$numberLong\": \"9007199254740993\"}"},
    {"{\"$numberLong\": \"9223372036854775807\"}"},
    {"{\"$numberDouble\": \"9223372036854775808\"}"},
    {"{\"$numberDouble\": \"Infinity\"}"},
    {"\"\"", "{\"$symbol\": \"\"}"},
    {"\"a\""},
    {"\"a\\u0000\""},
    {"\"aa\""},
    {"\"b\""},
    {"\"\xc3\xa4\""},
    {"{}"},
    {"{\"b\": 1}"},
    {"{\"b\": 1, \"a\": 0}"},
    {"{\"c\": 0}"},
    {"{\"a\": \"\"}"},
    {"{\"a\": {\"b\": 1}}"},
    {"{\"a\": {\"b\": 2}}"},
    {"[]"},
    {"[1]"},
    {"[1, 2]"},
    {"[2]"},
    {"{\"$binary\": {\"base64\": \"\", \"subType\": \"00\"}}"},
    {"{\"$binary\": {\"base64\": \"/w==\", \"subType\": \"00\"}}"},
    {"{\"$binary\": {\"base64\": \"AA==\", \"subType\": \"80\"}}"},
    {"{\"$binary\": {\"base64\": \"AAA=\", \"subType\": \"00\"}}"},
    {"{\"$oid\": \"000000000000000000000000\"}"},
    {"{\"$oid\": \"f00000000000000000000000\"}"},
    {"false"},
    {"true"},
    {"{\"$date\": {\"$numberLong\": \"-1\"}}"},
    {"{\"$date\": {\"$numberLong\": \"1\"}}"},
    {"{\"$timestamp\": {\"t\": 1, \"i\": 4294967295}}"},
    {"{\"$timestamp\": {\"t\": 4294967295, \"i\": 0}}"},
    {"{\"$regularExpression\": {\"pattern\": \"a\", \"options\": \"\"}}"},
    {"{\"$code\": \"f()\"}"},
    {"{\"$code\": \"g()\"}"},
    {"{\"$maxKey\": 1}"},
};
enum { COUNT = sizeof sorted / sizeof sorted[0] };

static bson_t *make(const char *value, bson_iter_t *id)
{
    char text[256];
    bson_error_t cause;
    snprintf(text, sizeof text, "{\"_id\": %s}", value);
    bson_t *document = bson_new_from_json((const uint8_t *)text, -1, &cause);
    if (document == NULL)
        fail_msg("%s: %s", text, cause.message);
    assert_true(bson_iter_init_find(id, document, "_id"));
    return document;
}

static enum bson_order compare(const char *left, const char *right, bool collated)
{
    bson_iter_t left_id, right_id;
    bson_t *left_document = make(left, &left_id), *right_document = make(right, &right_id);
    enum bson_order order = bson_order(&left_id, &right_id, collated);
    bson_destroy(left_document);
    bson_destroy(right_document);
    return order;
}

static void test_every_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            for (size_t k = 0; k < 9; k++) {
                const char *left = sorted[i][k / 3], *right = sorted[j][k % 3];
                enum bson_order wanted = i < j ? ID_BEFORE : i > j ? ID_AFTER : ID_EQUAL;
                if (left == NULL || right == NULL || (i == j && strstr(left, "$regular") != NULL))
                    continue;
                if (compare(left, right, false) != wanted)
                    fail_msg("%s and %s: %d", left, right, compare(left, right, false));
            }
}

static void test_what_cannot_be_told(void **state)
{
    (void)state;
    static const char ten[] = "{\"$numberDecimal\": \"10\"}";
    assert_int_equal(compare(ten, "1", false), ID_UNKNOWN);
    assert_int_equal(compare("1.5", ten, false), ID_UNKNOWN);
    assert_int_equal(compare(ten, "\"a\"", false), ID_BEFORE);
    assert_int_equal(compare("\"b\"", "\"A\"", true), ID_UNKNOWN);
    assert_int_equal(compare("\"b\"", "\"b\"", true), ID_EQUAL);
    assert_int_equal(compare("{\"a\": \"b\"}", "{\"a\": \"B\"}", true), ID_UNKNOWN);
    assert_int_equal(compare("2", "1", true), ID_AFTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair),
        cmocka_unit_test(test_what_cannot_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
