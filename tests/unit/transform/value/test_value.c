/* Values as views: out of BSON and JSON, compared as "when" compares, and described for messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "value_sample.h"

static void every_type_has_words(void **state)
{
    (void)state;
    static const struct {
        const char *json, *described, *brief;
    } cases[] = {
        {"{}", "nothing", ""},
        {"{'v': null}", "null", ""},
        {"{'v': {'$undefined': true}}", "undefined", ""},
        {"{'v': 1.5}", "the double 1.5", "1.5"},
        {"{'v': {'$numberDouble': '-0.0'}}", "the double -0", "-0"},
        {"{'v': {'$numberInt': '-7'}}", "the int32 -7", "-7"},
        {"{'v': {'$numberLong': '9223372036854775807'}}", "the int64 9223372036854775807",
         "9223372036854775807"},
        {"{'v': {'$numberDecimal': '1.20'}}", "the decimal 1.20", "1.20"},
        {"{'v': true}", "the boolean true", "true"},
        {"{'v': false}", "the boolean false", "false"},
        {"{'v': 'a b'}", "the text 'a b'", "a b"},
        {"{'v': ''}", "the text ''", ""},
        {"{'v': 'a\\nb\\u0000c'}", "the text 'a?b?c'", "a?b?c"},
        {"{'v': {'$symbol': 's'}}", "the symbol 's'", "s"},
        {"{'v': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}", "the ObjectId 5f0c8a1b2c3d4e5f60718293",
         "5f0c8a1b2c3d4e5f60718293"},
        {"{'v': {'$date': {'$numberLong': '-1'}}}", "the date 1969-12-31T23:59:59.999Z",
         "1969-12-31T23:59:59.999Z"},
        {"{'v': {'$date': {'$numberLong': '226117231000'}}}", "the date 1977-03-02T02:20:31Z",
         "1977-03-02T02:20:31Z"},
        {"{'v': {'$date': {'$numberLong': '9223372036854775807'}}}",
         "the date 9223372036854775807 ms", "9223372036854775807 ms"},
        {"{'v': {'$timestamp': {'t': 4294967295, 'i': 2}}}", "the timestamp 4294967295,2",
         "4294967295,2"},
        {"{'v': {'$binary': {'base64': 'AAE=', 'subType': '00'}}}", "binary data", ""},
        {"{'v': {'$regularExpression': {'pattern': 'a', 'options': 'i'}}}", "a regular expression",
         ""},
        {"{'v': {'$code': 'f()'}}", "JavaScript code", ""},
        {"{'v': {'$code': 'f()', '$scope': {}}}", "JavaScript code with scope", ""},
        {"{'v': {'$dbPointer': {'$ref': 'c', '$id': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}}}",
         "a DBPointer", ""},
        {"{'v': {'$minKey': 1}}", "MinKey", ""},
        {"{'v': {'$maxKey': 1}}", "MaxKey", ""},
        {"{'v': {'a': 1}}", "a document", "{\"a\": 1}"},
        {"{'v': [1]}", "an array", "[1]"},
        {"{'v': {'$binary': {'base64': 'AAAAAAAAAAAAAAAAAAAAAA==', 'subType': '04'}}}", "binary data",
         "00000000-0000-0000-0000-000000000000"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *bson = sample_bson(cases[i].json);
        struct value value = sample_value(bson);
        char described[120], brief[120];
        value_describe(&value, described, sizeof described);
        value_brief(&value, brief, sizeof brief);
        assert_string_equal(described, sample_quoted(cases[i].described));
        assert_string_equal(brief, cases[i].brief);
        bson_destroy(bson);
    }
}

/* A text is cut between two characters, also when the cut would fall inside one. */
static void a_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *brief;
    } cases[] = {
        {"abcdef", 4, "abc"},        {"abc", 4, "abc"},
        {"ab\xc3\xa9", 4, "ab"},     {"a\xc3\xa9x", 4, "a\xc3\xa9"},
        {"\xf0\x9f\x98\x80", 4, ""}, {"\xf0\x9f\x98\x80", 5, "\xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value value = value_from_text(cases[i].text, strlen(cases[i].text));
        char brief[8];
        value_brief(&value, brief, cases[i].size);
        assert_string_equal(brief, cases[i].brief);
    }
    char longer[200], described[120];
    memset(longer, 'x', sizeof longer);
    struct value value = value_from_text(longer, sizeof longer);
    value_describe(&value, described, sizeof described);
    assert_int_equal(strlen(described), strlen("the text ''...") + 63);
    assert_string_equal(described + strlen(described) - 6, "xx\"...");
}

/* Lengths are those of the BSON, so a NUL inside a text is not its end. */
static void a_nul_does_not_end_a_text(void **state)
{
    (void)state;
    static const uint8_t symbol[] = "\x10\0\0\0\x0e"
                                    "v\0\x04\0\0\0a\0b\0\0";
    static const uint8_t code[] = "\x10\0\0\0\x0d"
                                  "v\0\x04\0\0\0a\0b\0\0";
    static const uint8_t scoped[] = "\x19\0\0\0\x0f"
                                    "v\0\x11\0\0\0\x04\0\0\0a\0b\0\x05\0\0\0\0\0";
    static const uint8_t pointer[] = "\x1c\0\0\0\x0c"
                                     "v\0\x04\0\0\0a\0b\0"
                                     "123456789abc\0";
    static const struct {
        const uint8_t *bytes;
        size_t length;
    } cases[] = {{symbol, 16}, {code, 16}, {scoped, 25}, {pointer, 28}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t bson;
        assert_true(bson_init_static(&bson, cases[i].bytes, cases[i].length));
        assert_true(bson_validate(&bson, BSON_VALIDATE_NONE, NULL));
        struct value value = sample_value(&bson);
        assert_int_equal(value.length, 3);
        assert_memory_equal(value.bytes, "a\0b", 3);
    }
}

static void a_walk_that_stops_short_is_known(void **state)
{
    (void)state;
    static const struct {
        const uint8_t *bytes;
        uint32_t length;
        bool whole;
    } cases[] = {
        {(const uint8_t *)"\5\0\0\0\0", 5, true},
        {(const uint8_t *)"\x0c\0\0\0\x10"
                          "a\0\1\0\0\0\0",
         12, true},
        {(const uint8_t *)"\x0c\0\0\0\x12"
                          "a\0\1\0\0\0\0",
         12, false},                                 /* int64 cut off */
        {(const uint8_t *)"\6\0\0\0\0\0", 6, false}, /* ends before its end */
        {(const uint8_t *)"\x0b\0\0\0\x0a"
                          "a\0\x55"
                          "b\0\0",
         11, false}, /* unknown type */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct value document = {
            .type = BSON_TYPE_DOCUMENT, .bytes = cases[i].bytes, .length = cases[i].length};
        bson_iter_t iter;
        assert_true(bson_iter_init_from_data(&iter, document.bytes, document.length));
        while (bson_iter_next(&iter))
            ;
        if (value_walked(&iter, &document) != cases[i].whole)
            fail_msg("case %zu", i);
    }
}

static void constants_come_from_json(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bson_type_t type;
        const char *described;
    } cases[] = {
        {"null", BSON_TYPE_NULL, "null"},
        {"true", BSON_TYPE_BOOL, "the boolean true"},
        {"'x'", BSON_TYPE_UTF8, "the text 'x'"},
        {"12", BSON_TYPE_INT64, "the int64 12"},
        {"-12.0", BSON_TYPE_INT64, "the int64 -12"},
        {"9007199254740991", BSON_TYPE_INT64, "the int64 9007199254740991"},
        {"9007199254740992", BSON_TYPE_DOUBLE, "the double 9007199254740992"},
        {"0.5", BSON_TYPE_DOUBLE, "the double 0.5"},
        {"[1, 'a']", BSON_TYPE_ARRAY, "an array"},
        {"{'a': []}", BSON_TYPE_DOCUMENT, "a document"},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        cJSON *json = cJSON_Parse(sample_quoted(cases[i].json));
        struct value value;
        char described[120];
        assert_true(value_from_json(&arena, json, &value));
        assert_int_equal(value.type, cases[i].type);
        value_describe(&value, described, sizeof described);
        assert_string_equal(described, sample_quoted(cases[i].described));
        cJSON_Delete(json);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_words),
        cmocka_unit_test(a_long_text_is_cut_at_a_character),
        cmocka_unit_test(a_nul_does_not_end_a_text),
        cmocka_unit_test(a_walk_that_stops_short_is_known),
        cmocka_unit_test(constants_come_from_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
