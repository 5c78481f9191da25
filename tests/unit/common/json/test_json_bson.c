/* JSON text to BSON: what becomes what, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/buffer.h"
#include "graduate/json_bson.h"

#include <bson/bson.h>
#include <stdlib.h>
#include <string.h>

/* A literal that may hold NULs, with its length. */
#define TEXT(literal) literal, sizeof literal - 1

static bool convert(const char *text, size_t length, struct buffer *out, bool *cut,
                    struct error *error)
{
    bson_t document = BSON_INITIALIZER;
    bool ok = json_bson_parse(text, length, &document, cut, error);
    if (ok)
        buffer_put(out, bson_get_data(&document), document.len);
    bson_destroy(&document);
    return ok;
}

static const struct {
    const char *text;
    size_t length;
    const char *bson; /* canonical Extended JSON: it shows every type */
} values[] = {
    {TEXT("{}"), "{ }"},
    {TEXT(" \r\n{\"a\" : 1}\t\n"), "{ \"a\" : { \"$numberLong\" : \"1\" } }"},
    /* Integers are int64, small ones too. */
    {TEXT("{\"a\":0,\"b\":-1}"),
     "{ \"a\" : { \"$numberLong\" : \"0\" }, \"b\" : { \"$numberLong\" : \"-1\" } }"},
    {TEXT("{\"a\":9223372036854775807}"),
     "{ \"a\" : { \"$numberLong\" : \"9223372036854775807\" } }"},
    {TEXT("{\"a\":-9223372036854775808}"),
     "{ \"a\" : { \"$numberLong\" : \"-9223372036854775808\" } }"},
    /* Beyond 2^53, where a double would have lost one. */
    {TEXT("{\"a\":9007199254740993}"), "{ \"a\" : { \"$numberLong\" : \"9007199254740993\" } }"},
    {TEXT("{\"a\":1.0,\"b\":1e2,\"c\":-2.5E-1}"),
     "{ \"a\" : { \"$numberDouble\" : \"1.0\" }, \"b\" : { \"$numberDouble\" : \"100.0\" }, "
     "\"c\" : { \"$numberDouble\" : \"-0.25\" } }"},
    {TEXT("{\"a\":1.0e+25}"), "{ \"a\" : { \"$numberDouble\" : \"1.0000000000000000906e+25\" } }"},
    /* What PHP prints of doubles says them exactly, with up to 17 digits. */
    {TEXT("{\"a\":3.141592653589793,\"b\":5e-324}"),
     "{ \"a\" : { \"$numberDouble\" : \"3.141592653589793116\" }, "
     "\"b\" : { \"$numberDouble\" : \"4.9406564584124654418e-324\" } }"},
    {TEXT("{\"a\":-0,\"b\":-0.0,\"c\":0e9,\"d\":0}"),
     "{ \"a\" : { \"$numberDouble\" : \"-0.0\" }, \"b\" : { \"$numberDouble\" : \"-0.0\" }, "
     "\"c\" : { \"$numberDouble\" : \"0.0\" }, \"d\" : { \"$numberLong\" : \"0\" } }"},
    /* What neither holds. */
    {TEXT("{\"a\":9223372036854775808,\"b\":-9223372036854775809}"),
     "{ \"a\" : { \"$numberDecimal\" : \"9223372036854775808\" }, "
     "\"b\" : { \"$numberDecimal\" : \"-9223372036854775809\" } }"},
    {TEXT("{\"a\":12345678901234567890.50,\"b\":0.1234567890123456789012345}"),
     "{ \"a\" : { \"$numberDecimal\" : \"12345678901234567890.5\" }, "
     "\"b\" : { \"$numberDecimal\" : \"0.1234567890123456789012345\" } }"},
    {TEXT("{\"a\":1e400,\"b\":-1e-400,\"c\":9007199254740993.0,\"d\":4.94e-324}"),
     "{ \"a\" : { \"$numberDecimal\" : \"1E+400\" }, \"b\" : { \"$numberDecimal\" : \"-1E-400\" }, "
     "\"c\" : { \"$numberDecimal\" : \"9007199254740993\" }, "
     "\"d\" : { \"$numberDecimal\" : \"4.94E-324\" } }"},
    {TEXT("{\"a\":1234567890123456789012345678901234000000}"),
     "{ \"a\" : { \"$numberDecimal\" : \"1.234567890123456789012345678901234E+39\" } }"},
    {TEXT("{\"a\":true,\"b\":false,\"c\":null}"), "{ \"a\" : true, \"b\" : false, \"c\" : null }"},
    /* Names with a dollar sign are names, not Extended JSON; the order stays. */
    {TEXT("{\"$id\":\"x\",\"$oid\":\"0\",\"b\":\"\",\"a\":\"\"}"),
     "{ \"$id\" : \"x\", \"$oid\" : \"0\", \"b\" : \"\", \"a\" : \"\" }"},
    {TEXT("{\"\":{\"\":[]}}"), "{ \"\" : { \"\" : [  ] } }"},
    {TEXT("{\"a\":[1,[\"b\",{\"c\":null}],{}]}"),
     "{ \"a\" : [ { \"$numberLong\" : \"1\" }, [ \"b\", { \"c\" : null } ], {  } ] }"},
    {TEXT("{\"a\":\"\\/\\u00e9\\ud83d\\ude00\"}"), "{ \"a\" : \"/\xc3\xa9\xf0\x9f\x98\x80\" }"},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct buffer out;
        struct error error;
        bool cut = true;
        bson_t document;
        buffer_init(&out);
        assert_true(convert(values[i].text, values[i].length, &out, &cut, &error));
        assert_false(cut);
        assert_true(bson_init_static(&document, out.data, out.length));
        char *text = bson_as_canonical_extended_json(&document, NULL);
        assert_string_equal(text, values[i].bson);
        bson_free(text);
        buffer_release(&out);
    }
}

static void test_string_with_nul(void **state)
{
    (void)state;
    struct buffer out;
    struct error error;
    bson_t document;
    bson_iter_t at;
    uint32_t length;
    buffer_init(&out);
    assert_true(convert(TEXT("{\"a\":\"x\\u0000y\",\"b\":1}"), &out, NULL, &error));
    assert_true(bson_init_static(&document, out.data, out.length));
    assert_true(bson_iter_init_find(&at, &document, "a"));
    const char *text = bson_iter_utf8(&at, &length);
    assert_int_equal(length, 3);
    assert_memory_equal(text, "x\0y", 4);
    assert_true(bson_iter_next(&at));
    assert_string_equal(bson_iter_key(&at), "b");
    buffer_release(&out);
}

static const struct {
    const char *text;
    size_t length;
    const char *message; /* part of it */
    bool cut;
    const char *path;
} refusals[] = {
    {TEXT(""), "column 1: '{' expected", true, ""},
    {TEXT(" \n"), "column 3: '{' expected", true, ""},
    {TEXT("{"), "column 2: '\"' expected", true, ""},
    {TEXT("{\"a\":\"x"), "column 7: the text that begins here has no end", true, "a"},
    {TEXT("{\"a\":tr"), "column 6: a value expected", true, "a"},
    {TEXT("{\"a\":{}"), "column 8: ',' or '}' expected", true, "a"}, /* ends like a whole object */
    {TEXT("{\"a\":\"\xc3"), "column 7: the byte 0xc3 is no UTF-8", true, "a"},
    {TEXT("[1]"), "column 1: this is an array", false, ""},
    {TEXT("1"), "column 1: '{' expected", false, ""},
    {TEXT("<html>"), "column 1: '{' expected", false, ""},
    {TEXT("\0"), "column 1: '{' expected", false, ""},
    {TEXT("{} {}"), "column 4: a second object follows on the same line", false, ""},
    {TEXT("{} x"), "column 4: something follows", false, ""},
    {TEXT("{\"a\":1,}"), "column 8: '\"' expected", false, "a"},
    {TEXT("{\"a\":[1,]}"), "column 9: a value expected", false, "a.1"},
    {TEXT("{\"a\" 1}"), "column 6: ':' expected", false, "a"},
    {TEXT("{'a':1}"), "column 2", false, ""},
    {TEXT("{\"a\":NaN}"), "column 6: a value expected", false, "a"},
    {TEXT("{\"a\":01}"), "column 7: ',' or '}' expected", false, "a"},
    {TEXT("{\"a\":1.}"), "column 6: a value expected", false, "a"},
    {TEXT("{\"a\":1e}"), "column 6: a value expected", false, "a"},
    {TEXT("{\"a\":-}"), "column 6: a value expected", false, "a"},
    {TEXT("{\"a\":{\"b\":[0,12345678901234567890123456789012345]}}"), "34 digits", false, "a.b.1"},
    {TEXT("{\"a\":1e9999}\n"), "34 digits", false, "a"},
    {TEXT("{\"a\":1.00000000000000000000000000000000001}"), "34 digits", false, "a"},
    {TEXT("{\"a\":1e9999}"), "34 digits", false, "a"},
    {TEXT("{\"a\":1e-99999999999999999999}"), "34 digits", false, "a"},
    {TEXT("{\"a\":1,\"b\":{\"c\":1,\"d\":1,\"c\":2}}"), "has this key twice", false, "b.c"},
    {TEXT("{\"a\":1,\"a\":2}"), "column 13: the object that ends here has this key twice", false,
     "a"},
    {TEXT("{\"a\\u0000b\":1}"), "NUL", false, ""},
    {TEXT("{\"a\":\"\0\"}"), "control character", false, "a"},
    {TEXT("{\"a\":\"\\x\"}"), "escape", false, "a"},
    {TEXT("{\"a\":\"\xff\"}"), "the byte 0xff", false, "a"},
    {TEXT("{\"a\":\"\xc0\xaf\"}"), "the byte 0xc0", false, "a"},         /* too long for "/" */
    {TEXT("{\"a\":\"\xed\xa0\x80\"}"), "the byte 0xed", false, "a"},     /* a surrogate */
    {TEXT("{\"a\":\"\xf4\x90\x80\x80\"}"), "the byte 0xf4", false, "a"}, /* beyond Unicode */
    {TEXT("{\"a\":\"\\ud800\"}"), "Unicode", false, "a"},
    {TEXT("{\"a\":\"\\ud800\\u0041\"}"), "Unicode", false, "a"},
    {TEXT("{\"a\":\"\\u12\"}"), "Unicode", false, "a"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct buffer out;
        struct error error;
        bool cut = !refusals[i].cut;
        buffer_init(&out);
        assert_false(convert(refusals[i].text, refusals[i].length, &out, &cut, &error));
        assert_int_equal(error.code, ERROR_SOURCE);
        if (strstr(error.message, refusals[i].message) == NULL)
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, error.message, refusals[i].message);
        if (cut != refusals[i].cut || strcmp(error.path, refusals[i].path) != 0)
            fail_msg("case %zu: cut is %d, the path \"%s\"", i, cut, error.path);
        buffer_release(&out);
    }
}

/* A record can be named although a value of it cannot be kept, before its name or behind it. */
static void test_the_rest_of_a_refused_record(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"a\":1e9999,\"$id\":\"x\"}",
        "{\"a\":{\"b\":1,\"b\":2},\"$id\":\"x\"}",
        "{\"$id\":\"x\",\"a\":{\"b\":[{\"c\":\"\xff\"}]}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bson_t document = BSON_INITIALIZER;
        struct error error;
        assert_false(json_bson_parse(texts[i], strlen(texts[i]), &document, NULL, &error));
        assert_string_equal(json_bson_text(&document, "$id"), "x");
        assert_true(bson_validate(&document, BSON_VALIDATE_NONE, NULL));
        bson_destroy(&document);
    }
}

/* A value can be a password or a token. */
static void test_errors_show_no_value(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"token\":\"hunter2", "{\"token\":hunter2}",
                                        "{\"token\":\"hunter2\" \"hunter2\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buffer out;
        struct error error;
        buffer_init(&out);
        assert_false(convert(texts[i], strlen(texts[i]), &out, NULL, &error));
        assert_null(strstr(error.message, "hunter2"));
        buffer_release(&out);
    }
}

/* {"deep":[[...]]} with so many levels, the object counted. */
static bool convert_deep(int levels, struct buffer *out, struct error *error)
{
    struct buffer text;
    buffer_init(&text);
    buffer_puts(&text, "{\"deep\":");
    for (int i = 1; i < levels; i++)
        buffer_putc(&text, '[');
    for (int i = 1; i < levels; i++)
        buffer_putc(&text, ']');
    buffer_puts(&text, "}");
    bool ok = convert(buffer_text(&text), text.length, out, NULL, error);
    buffer_release(&text);
    return ok;
}

static void test_depth(void **state)
{
    (void)state;
    struct buffer out;
    struct error error;
    buffer_init(&out);
    assert_true(convert_deep(JSON_BSON_DEPTH, &out, &error));
    size_t before = out.length;
    assert_false(convert_deep(JSON_BSON_DEPTH + 1, &out, &error));
    assert_int_equal(error.code, ERROR_SOURCE);
    assert_int_equal(strncmp(error.path, "deep.0.0.", 9), 0);
    assert_int_equal(out.length, before); /* nothing half-written */
    buffer_release(&out);
}

static void test_documents_lie_back_to_back(void **state)
{
    (void)state;
    struct buffer out;
    struct error error;
    buffer_init(&out);
    assert_true(convert(TEXT("{\"a\":1}"), &out, NULL, &error));
    assert_true(convert(TEXT("{\"b\":\"\"}"), &out, NULL, &error));
    uint32_t first = get_le32(out.data);
    assert_int_equal(first, 16);
    assert_int_equal(out.length, first + get_le32(out.data + first));
    buffer_release(&out);
}

/* ---- Extended JSON --------------------------------------------------------------------------- */

#define OID "{ \"$oid\" : \"5f0c8a1b2c3d4e5f60718293\" }"

/* What libbson writes of it. */
static const struct {
    const char *text, *bson;
} extended[] = {
    {"{\"a\":5,\"b\":5.0,\"c\":2147483648,\"d\":-2147483648}",
     "{ \"a\" : { \"$numberInt\" : \"5\" }, \"b\" : { \"$numberDouble\" : \"5.0\" }, "
     "\"c\" : { \"$numberLong\" : \"2147483648\" }, \"d\" : { \"$numberInt\" : \"-2147483648\" } "
     "}"},
    {"{\"a\":-0,\"b\":1e2,\"c\":NaN,\"d\":-Infinity,\"e\":+Infinity}",
     "{ \"a\" : { \"$numberDouble\" : \"-0.0\" }, \"b\" : { \"$numberDouble\" : \"100.0\" }, "
     "\"c\" : { \"$numberDouble\" : \"NaN\" }, \"d\" : { \"$numberDouble\" : \"-Infinity\" }, "
     "\"e\" : { \"$numberDouble\" : \"Infinity\" } }"},
    {"{\"$oid\":" OID ",\"a\":[" OID "]}", "{ \"$oid\" : " OID ", \"a\" : [ " OID " ] }"},
    {"{\"a\":{\"$date\":\"1969-12-31T23:59:59.9Z\"},\"b\":{\"$date\":1},"
     "\"c\":{\"$date\":\"2000-03-01T00:30:00+01:00\"},\"d\":{\"$date\":\"1900-03-01T00:00:00Z\"}}",
     "{ \"a\" : { \"$date\" : { \"$numberLong\" : \"-100\" } }, "
     "\"b\" : { \"$date\" : { \"$numberLong\" : \"1\" } }, "
     "\"c\" : { \"$date\" : { \"$numberLong\" : \"951867000000\" } }, "
     "\"d\" : { \"$date\" : { \"$numberLong\" : \"-2203891200000\" } } }"},
    {"{\"a\":{\"$binary\":\"AQID\",\"$type\":\"80\"},"
     "\"b\":{\"$binary\":{\"subType\":\"2\",\"base64\":\"AQ==\"}}}",
     "{ \"a\" : { \"$binary\" : { \"base64\" : \"AQID\", \"subType\" : \"80\" } }, "
     "\"b\" : { \"$binary\" : { \"base64\" : \"AQ==\", \"subType\" : \"02\" } } }"},
    {"{\"a\":{\"$regex\":\"x\",\"$options\":\"mi\"},\"b\":{\"$regex\":\"x\"}}",
     "{ \"a\" : { \"$regularExpression\" : { \"pattern\" : \"x\", \"options\" : \"im\" } }, "
     "\"b\" : { \"$regex\" : \"x\" } }"},
    {"{\"a\":{\"$code\":\"f\",\"$scope\":{\"b\":" OID "}},\"c\":{\"$symbol\":\"s\"}}",
     "{ \"a\" : { \"$code\" : \"f\", \"$scope\" : { \"b\" : " OID " } }, "
     "\"c\" : { \"$symbol\" : \"s\" } }"},
    {"{\"a\":{\"$ref\":\"b\",\"$id\":" OID "},\"c\":{\"$dbPointer\":{\"$ref\":\"b\",\"$id\":" OID
     "}}}",
     "{ \"a\" : { \"$ref\" : \"b\", \"$id\" : " OID " }, "
     "\"c\" : { \"$dbPointer\" : { \"$ref\" : \"b\", \"$id\" : " OID " } } }"},
    {"{\"a\":{\"$timestamp\":{\"i\":4294967295,\"t\":0}},\"b\":{\"$minKey\":1}}",
     "{ \"a\" : { \"$timestamp\" : { \"t\" : 0, \"i\" : 4294967295 } }, \"b\" : { \"$minKey\" : 1 "
     "} }"},
};

static void test_extended(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof extended / sizeof extended[0]; i++) {
        bson_t document = BSON_INITIALIZER;
        struct error error = {0};
        size_t where;
        if (!json_bson_parse_extended(extended[i].text, strlen(extended[i].text), &document, &where,
                                      &error))
            fail_msg("%s: %s at %zu", extended[i].text, error.message, where);
        char *text = bson_as_canonical_extended_json(&document, NULL);
        assert_string_equal(text, extended[i].bson);
        bson_free(text);
        bson_destroy(&document);
    }
}

static const struct {
    const char *text;
    size_t where; /* the byte of it */
    const char *message, *path;
} extended_refusals[] = {
    {"{\"a\":{\"$oid\":\"5f\"}}", 5, "$oid is not 24", "a"},
    {"{\"a\":{\"$oid\":\"zf0c8a1b2c3d4e5f60718293\"}}", 5, "$oid is not 24", "a"},
    {"{\"a\":[{},{\"$numberInt\":\"5.0\"}]}", 9, "$numberInt", "a.1"},
    {"{\"a\":{\"$numberLong\":\"\"}}", 5, "$numberLong", "a"},
    {"{\"a\":{\"$numberDouble\":\"0x1\"}}", 5, "$numberDouble", "a"},
    {"{\"a\":{\"$numberDecimal\":\"1\\u0000\"}}", 5, "$numberDecimal", "a"},
    {"{\"a\":{\"$binary\":{\"base64\":\"A===\",\"subType\":\"00\"}}}", 5, "no base64", "a"},
    {"{\"a\":{\"$binary\":\"AQ==\"}}", 5, "$binary is neither", "a"},
    {"{\"a\":{\"$type\":256,\"$binary\":\"AQ==\"}}", 5, "$binary is neither", "a"},
    {"{\"a\":{\"$date\":\"1900-02-29T00:00:00Z\"}}", 5, "$date", "a"},
    {"{\"a\":{\"$date\":\"2000-01-01T24:00:00Z\"}}", 5, "$date", "a"},
    {"{\"a\":{\"$date\":1.5}}", 5, "$date", "a"},
    {"{\"a\":{\"$timestamp\":{\"t\":4294967296,\"i\":0}}}", 5, "$timestamp", "a"},
    {"{\"a\":{\"$regex\":\"x\\u0000\",\"$options\":\"\"}}", 5, "holds NUL", "a"},
    {"{\"a\":{\"$oid\":\"x\",\"b\":1}}", 5, "does not belong to it", "a"},
    {"{\"a\":{\"b\":{\"$undefined\":false}}}", 10, "$undefined", "a.b"},
    {"{\n\"a\":\n18446744073709551617}", 7, "neither 64 bits nor a double", "a"},
};

static void test_extended_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof extended_refusals / sizeof extended_refusals[0]; i++) {
        bson_t document = BSON_INITIALIZER;
        struct error error = {0};
        const char *text = extended_refusals[i].text;
        size_t where;
        assert_false(json_bson_parse_extended(text, strlen(text), &document, &where, &error));
        assert_int_equal(error.code, ERROR_SOURCE);
        if (where != extended_refusals[i].where ||
            strcmp(error.path, extended_refusals[i].path) != 0 ||
            strstr(error.message, extended_refusals[i].message) == NULL)
            fail_msg("%s: \"%s\" at %zu, %s", text, error.message, where, error.path);
        bson_destroy(&document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_string_with_nul),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_errors_show_no_value),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_the_rest_of_a_refused_record),
        cmocka_unit_test(test_documents_lie_back_to_back),
        cmocka_unit_test(test_extended),
        cmocka_unit_test(test_extended_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
