/* JSON text to BSON: what becomes what, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_bson.h"

#include <bson/bson.h>
#include <stdlib.h>
#include <string.h>

/* A literal that may hold NULs, with its length. */
#define TEXT(literal) literal, sizeof literal - 1

static bool convert(const char *text, size_t length, struct buffer *out, bool *cut,
                    struct error *error)
{
    json_t *object = NULL;
    if (!json_bson_parse(text, length, &object, cut, error))
        return false;
    bool ok = json_bson_put(object, out, error);
    json_decref(object);
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
} refusals[] = {
    {TEXT(""), "column", true},
    {TEXT(" \n"), "column", true},
    {TEXT("{"), "column 1", true},
    {TEXT("{\"a\":\"x"), "column", true},
    {TEXT("{\"a\":tr"), "column", true},
    {TEXT("{\"a\":{}"), "column 7", true}, /* ends like a whole object */
    {TEXT("{\"a\":\"\xc3"), "column", true},
    {TEXT("[1]"), "an array", false},
    {TEXT("1"), "column 1: '[' or '{' expected", false},
    {TEXT("<html>"), "column 1", false},
    {TEXT("{} {}"), "column 4: end of file expected", false},
    {TEXT("{\"a\":1,}"), "column", false},
    {TEXT("{'a':1}"), "column 2", false},
    {TEXT("{\"a\":NaN}"), "column", false},
    {TEXT("{\"a\":01}"), "column", false},
    {TEXT("{\"a\":9223372036854775808}"), "64 bits", false},
    {TEXT("{\"a\":-9223372036854775809}"), "64 bits", false},
    {TEXT("{\"a\":1e400}"), "64 bits", false},
    {TEXT("{\"a\":1,\"b\":{\"c\":1,\"c\":2}}"), "the key \"c\" is there twice", false},
    {TEXT("{\"a key longer than the parser shows\":1,\"a key longer than the parser shows\":2}"),
     "the key \"a key longer than the parser shows\" is there twice", false},
    {TEXT("{\"with \\\" and \\\\\":1,\"with \\\" and \\\\\":2}"),
     "the key \"with \\\" and \\\\\" is there twice", false},
    {TEXT("{\"a\\u0000b\":1}"), "NUL", false},
    {TEXT("{\"a\":\"\0\"}"), "control character", false},
    {TEXT("{\"a\":\"\xff\"}"), "unable to decode byte 0xff", false},
    {TEXT("{\"a\":\"\xed\xa0\x80\"}"), "unable to decode byte 0xed", false}, /* a surrogate */
    {TEXT("{\"a\":\"\\ud800\"}"), "Unicode", false},
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
        if (cut != refusals[i].cut)
            fail_msg("case %zu: cut is %d", i, cut);
        buffer_release(&out);
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
    assert_string_equal(error.path, "deep");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),   cmocka_unit_test(test_string_with_nul),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_errors_show_no_value),
        cmocka_unit_test(test_depth),    cmocka_unit_test(test_documents_lie_back_to_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
