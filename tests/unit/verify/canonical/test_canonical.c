/* Canonical values: equal values are equal bytes, others are not, and people can read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "canonical.h"
#include "sample.h"

#include <float.h>
#include <math.h>

static struct pgtype type_of(const char *text)
{
    struct pgtype type;
    struct error error;
    if (!pgtype_parse(text, &type, &error))
        fail_msg("%s", error.message);
    return type;
}

/* Bytes from hex digits with blanks among them; returns how many. */
static size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t count = 0;
    for (; *hex != '\0'; hex++) {
        unsigned byte;
        if (*hex == ' ')
            continue;
        sscanf(hex++, "%2x", &byte);
        bytes[count++] = (uint8_t)byte;
    }
    return count;
}

/* What the server sends, its canonical form, and how that is printed. */
static void binary_forms_have_one_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *type, *binary, *canonical, *printed;
    } cases[] = {
        {"boolean", "01", "62 01", "true"},
        {"boolean", "00", "62 00", "false"},
        {"smallint", "fffe", "69 fffffffffffffffe", "-2"},
        {"integer", "fffffffe", "69 fffffffffffffffe", "-2"},
        {"bigint", "7fffffffffffffff", "69 7fffffffffffffff", "9223372036854775807"},
        /* 12.7 with two places, with one, and with a digit of zeros behind it */
        {"numeric", "0002 0000 0000 0002 000c 1b58", "64 2b ffffffff 313237", "12.7"},
        {"numeric", "0002 0000 0000 0001 000c 1b58", "64 2b ffffffff 313237", "12.7"},
        {"numeric", "0003 0000 0000 0008 000c 1b58 0000", "64 2b ffffffff 313237", "12.7"},
        {"numeric", "0003 0001 4000 0003 0001 0929 1a7c", "64 2d fffffffd 3132333435363738",
         "-12345.678"},
        {"numeric", "0001 ffff 0000 0004 0001", "64 2b fffffffc 31", "0.0001"},
        {"numeric", "0001 0002 0000 0000 0064", "64 2b 0000000a 31", "10000000000"},
        {"numeric", "0000 0000 0000 0002", "64 2b 00000000", "0"},
        {"numeric", "0000 0000 c000 0000", "64 4e614e", "NaN"},
        {"numeric", "0000 0000 d000 0020", "64 2b496e66", "+Inf"},
        {"numeric", "0000 0000 f000 0020", "64 2d496e66", "-Inf"},
        {"real", "3fc00000", "66 3ff8000000000000", "1.5"},
        {"real", "7fc00001", "66 7ff8000000000000", "nan"},
        {"double precision", "3ff8000000000000", "66 3ff8000000000000", "1.5"},
        {"double precision", "fff8000000000001", "66 7ff8000000000000", "nan"},
        {"double precision", "8000000000000000", "66 8000000000000000", "-0"},
        {"double precision", "3fb999999999999a", "66 3fb999999999999a", "0.1"},
        {"text", "6120", "74 6120", "a "},
        {"text", "", "74", ""},
        {"varchar(5)", "6120", "74 6120", "a "},
        {"char(5)", "6120202020", "74 61", "a"},
        {"bytea", "0061", "79 0061", "\\x0061"},
        {"uuid", "00112233445566778899aabbccddeeff", "75 00112233445566778899aabbccddeeff",
         "00112233-4455-6677-8899-aabbccddeeff"},
        {"date", "00000000", "44 00000000", "2000-01-01"},
        {"date", "ffffffff", "44 ffffffff", "1999-12-31"},
        {"date", "7fffffff", "44 7fffffff", "infinity"},
        {"date", "80000000", "44 80000000", "-infinity"},
        {"time", "0000000000000001", "63 0000000000000001", "00:00:00.000001"},
        {"timestamp", "0000000000000001", "54 0000000000000001", "2000-01-01 00:00:00.000001"},
        {"timestamptz", "ffffffffffffffff", "54 ffffffffffffffff", "1999-12-31 23:59:59.999999+00"},
        {"timestamptz", "7fffffffffffffff", "54 7fffffffffffffff", "infinity"},
        {"timestamptz", "fd0f7fbdaf17e000", "54 fd0f7fbdaf17e000", "4713-01-01 00:00:00+00 BC"},
        {"interval", "00000000000000010000000200000003", "78 00000000000000010000000200000003",
         "\\x00000000000000010000000200000003"},
        {"json", "31", "6a 64 00000006 2b 00000000 31", "1"},
        {"jsonb", "01 31", "6a 64 00000006 2b 00000000 31", "1"},
        {"jsonb", "01 6e756c6c", "6a 6e", "null"},
        {"text[]", "00000000 00000000 00000019", "61 00000000", "{}"},
        {"text[]", "00000001 00000001 00000019 00000002 00000001 00000001 61 ffffffff",
         "61 00000001 00000002 00000001 00000002 7461 00000001 4e", "{\"a\", NULL}"},
        /* the same, counted from 0 and from -3 */
        {"text[]", "00000001 00000001 00000019 00000002 00000000 00000001 61 ffffffff",
         "61 00000001 00000002 00000000 00000002 7461 00000001 4e", "[0:1]{\"a\", NULL}"},
        {"text[]", "00000001 00000001 00000019 00000002 fffffffd 00000001 61 ffffffff",
         "61 00000001 00000002 fffffffd 00000002 7461 00000001 4e", "[-3:-2]{\"a\", NULL}"},
        {"integer[]",
         "00000002 00000000 00000017 00000001 00000001 00000002 00000001 00000004 00000001 "
         "00000004 00000002",
         "61 00000002 00000001 00000001 00000002 00000001 00000009 69 0000000000000001 00000009 69 "
         "0000000000000002",
         "[1][2]{1, 2}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pgtype type = type_of(cases[i].type);
        struct buffer value, printed;
        struct error error;
        uint8_t bytes[128];
        size_t length = from_hex(cases[i].binary, bytes);
        buffer_init(&value);
        buffer_init(&printed);
        if (!canonical_from_binary(&type, bytes, (int32_t)length, &value, &error))
            fail_msg("%s %s: %s", cases[i].type, cases[i].binary, error.message);
        sample_assert_hex(&value, cases[i].canonical, cases[i].binary);
        canonical_print(&type, value.data, value.length, &printed);
        assert_string_equal(buffer_text(&printed), cases[i].printed);
        buffer_release(&printed);
        buffer_clear(&value);
        assert_true(canonical_from_binary(&type, bytes, -1, &value, &error));
        sample_assert_hex(&value, "4e", cases[i].type);
        buffer_release(&value);
    }
}

static void a_binary_form_that_cannot_be_is_a_bug(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"boolean", "0000"},
        {"integer", "000000"},
        {"real", "0000"},
        {"uuid", "00"},
        {"date", "0000000000000000"},
        {"time", "00000000"},
        {"timestamptz", "00000000"},
        {"numeric", "0001 0000 0000 0000"},
        {"numeric", "0000"},
        {"jsonb", "02 31"},
        {"jsonb", ""},
        {"text[]", "00000001"},
        {"text[]", "00000001 00000000 00000019 00000001 00000001 00000005 61"},
        {"text[]", "00000001 00000000 00000019 00000001 00000001 0000"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pgtype type = type_of(cases[i][0]);
        struct buffer value;
        struct error error;
        uint8_t bytes[128];
        size_t length = from_hex(cases[i][1], bytes);
        buffer_init(&value);
        if (canonical_from_binary(&type, bytes, (int32_t)length, &value, &error))
            fail_msg("%s %s passes", cases[i][0], cases[i][1]);
        assert_int_equal(error.code, ERROR_BUG);
        buffer_release(&value);
    }
}

/* Texts of one group are one value, texts of two groups are two. */
static void decimals_are_what_they_are_worth(void **state)
{
    (void)state;
    static const char *const groups[][5] = {
        {"12.70", "12.7", "1.27e1", "+127E-1", "0012.700"},
        {"0", "-0", "0.00", "0e99", "-0E-3"},
        {"1E+3", "1000", "1000.0", "10e2", "0.1e+4"},
        {"-12.7", "-1.27e1"},
        {"1e-30", "0.000000000000000000000000000001"},
        {"123456789012345678901234567890.1234567890123456789",
         "1234567890123456789012345678901234567890123456789e-19"},
        {"123456789012345678901234567890.1234567890123456788"},
        {"NaN"},
        {"Infinity"},
        {"-Infinity"},
        {"9007199254740993"},
        {"9007199254740992"},
    };
    struct buffer first[COUNT(groups)], other;
    buffer_init(&other);
    for (size_t i = 0; i < COUNT(groups); i++) {
        buffer_init(&first[i]);
        assert_true(canonical_put_decimal(&first[i], groups[i][0]));
        for (size_t k = 1; k < 5 && groups[i][k] != NULL; k++) {
            buffer_clear(&other);
            assert_true(canonical_put_decimal(&other, groups[i][k]));
            if (other.length != first[i].length ||
                memcmp(other.data, first[i].data, other.length) != 0)
                fail_msg("%s is not %s", groups[i][k], groups[i][0]);
        }
        for (size_t k = 0; k < i; k++)
            if (first[k].length == first[i].length &&
                memcmp(first[k].data, first[i].data, first[i].length) == 0)
                fail_msg("%s is %s", groups[i][0], groups[k][0]);
    }
    for (size_t i = 0; i < COUNT(groups); i++)
        buffer_release(&first[i]);
    static const char *const wrong[] = {"",
                                        "-",
                                        ".",
                                        "1e",
                                        "1e+",
                                        "1.2.3",
                                        "1x",
                                        "e1",
                                        " 1",
                                        "1 ",
                                        "--1",
                                        "inf",
                                        "1e99999999999999999999"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        buffer_clear(&other);
        if (canonical_put_decimal(&other, wrong[i]))
            fail_msg("\"%s\" passes", wrong[i]);
        assert_int_equal(other.length, 0);
    }
    buffer_release(&other);
}

static void doubles_keep_their_bits(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *canonical;
    } cases[] = {
        {0.0, "66 0000000000000000"},
        {-0.0, "66 8000000000000000"},
        {(double)NAN, "66 7ff8000000000000"},
        {-(double)NAN, "66 7ff8000000000000"},
        {(double)INFINITY, "66 7ff0000000000000"},
        {DBL_TRUE_MIN, "66 0000000000000001"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer value;
        buffer_init(&value);
        canonical_put_double(&value, cases[i].number);
        sample_assert_hex(&value, cases[i].canonical, "a double");
        buffer_release(&value);
    }
}

static void put_json(struct buffer *out, const char *text)
{
    struct error error;
    buffer_init(out);
    if (!canonical_put_json(out, text, strlen(text), &error))
        fail_msg("%s: %s", text, error.message);
}

static void json_is_what_it_says(void **state)
{
    (void)state;
    static const char *const groups[][4] = {
        {"{\"a\": 1, \"b\": 2}", "{\"b\":2,\"a\":1}", " {\n\"a\" : 1.0,\t\"b\" : 20e-1 } "},
        {"{\"b\": 1, \"aa\": 2}", "{\"aa\": 2, \"b\": 1}"},
        {"{\"a\": 3}", "{\"a\": 1, \"a\": 2, \"a\": 3}"},
        {"{\"a\": 1}", "{\"a\": {\"x\": []}, \"a\": 1}"},
        {"{\"a\": null}"},
        {"{}", "{ }"},
        {"[]", "[ ]"},
        {"[{}]"},
        {"[[]]"},
        {"null"},
        {"\"null\""},
        {"\"\""},
        {"[1, 2]"},
        {"[2, 1]"},
        {"[1, [2]]"},
        {"0", "-0", "0.0", "-0e5"},
        {"1"},
        {"\"1\""},
        {"true"},
        {"\"\\u00e9\\ud83d\\ude00\\n\\\"\\/\"", "\"\xc3\xa9\xf0\x9f\x98\x80\\n\\u0022/\""},
        {"\"\\u20AC\"", "\"\xe2\x82\xac\""},
        {"12345678901234567890123456789012345678901234567890.5"},
        {"12345678901234567890123456789012345678901234567890.6"},
        {"1e400"},
        {"{\"\": 1}"},
        {"{\"a\": {\"b\": {\"d\": 1, \"c\": 2}}}", "{\"a\": {\"b\": {\"c\": 2, \"d\": 1}}}"},
    };
    struct buffer first[COUNT(groups)];
    for (size_t i = 0; i < COUNT(groups); i++) {
        put_json(&first[i], groups[i][0]);
        for (size_t k = 1; k < 4 && groups[i][k] != NULL; k++) {
            struct buffer other;
            put_json(&other, groups[i][k]);
            if (other.length != first[i].length ||
                memcmp(other.data, first[i].data, other.length) != 0)
                fail_msg("%s is not %s", groups[i][k], groups[i][0]);
            buffer_release(&other);
        }
        for (size_t k = 0; k < i; k++)
            if (first[k].length == first[i].length &&
                memcmp(first[k].data, first[i].data, first[i].length) == 0)
                fail_msg("%s is %s", groups[i][0], groups[k][0]);
    }
    for (size_t i = 0; i < COUNT(groups); i++)
        buffer_release(&first[i]);
}

static void canonical_json_is_as_defined(void **state)
{
    (void)state;
    struct buffer value;
    put_json(&value, "{\"b\": [true, false, null], \"a\": \"x\", \"aa\": -12.50}");
    sample_assert_hex(&value,
                      "7b 00000003 "
                      "00000001 61 73 00000001 78 "
                      "00000002 6161 64 00000008 2d ffffffff 313235 "
                      "00000001 62 5b 00000003 74 66 6e",
                      "an object");
    buffer_release(&value);
}

static void what_is_no_json_is_a_bug(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "{",
        "[1",
        "[1,]",
        "{\"a\"}",
        "{\"a\":}",
        "{a: 1}",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "1 2",
        "nul",
        "[1 2]",
        "{\"a\": 1,}",
        "tru",
        "-",
        "\"\\ud800\\u0041\"",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer value;
        struct error error;
        buffer_init(&value);
        if (canonical_put_json(&value, cases[i], strlen(cases[i]), &error))
            fail_msg("%s passes", cases[i]);
        assert_int_equal(error.code, ERROR_BUG);
        buffer_release(&value);
    }
    /* Deeper than any stack: an error, not a crash. */
    char *deep = malloc(100001);
    struct buffer value;
    struct error error;
    assert_non_null(deep);
    memset(deep, '[', 100000);
    deep[100000] = '\0';
    buffer_init(&value);
    assert_false(canonical_put_json(&value, deep, 100000, &error));
    buffer_release(&value);
    free(deep);
}

static void people_can_read_values(void **state)
{
    (void)state;
    static const struct {
        const char *type, *binary, *printed;
    } cases[] = {
        {"jsonb", "01 7b2261223a205b312e35302c2022785c6e225d2c202262223a207b2263223a206e756c6c7d7d",
         "{\"a\": [1.5, \"x\\n\"], \"b\": {\"c\": null}}"},
        {"numeric", "0001 0100 0000 0000 0001", "1e1024"},
        {"numeric", "0001 ff00 0000 0400 0001", "1e-1024"},
        {"date", "ffde9200", "4000-08-30 BC"},
        {"date", "fff4dbf8", "0001-12-31 BC"},
        {"date", "000b26e3", "4001-01-01"},
        {"timestamptz", "fffca308d3b3d000", "1970-01-01 12:00:00+00"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pgtype type = type_of(cases[i].type);
        struct buffer value, printed;
        struct error error;
        uint8_t bytes[128];
        size_t length = from_hex(cases[i].binary, bytes);
        buffer_init(&value);
        buffer_init(&printed);
        if (!canonical_from_binary(&type, bytes, (int32_t)length, &value, &error))
            fail_msg("%s: %s", cases[i].binary, error.message);
        canonical_print(&type, value.data, value.length, &printed);
        assert_string_equal(buffer_text(&printed), cases[i].printed);
        buffer_release(&printed);
        buffer_release(&value);
    }
}

/* Composites, and arrays of what is none of PostgreSQL's own: without the numbers of types, which
 * are others in each database. */
static void types_of_the_database_itself(void **state)
{
    (void)state;
    static const struct {
        const char *layout, *binary, *canonical; /* NULL: it cannot be */
    } cases[] = {
        {"x", "0102", "78 0102"},
        {"t", "6162", "74 6162"},
        {"(xt)", "00000002 00000017 00000001 07 00000019 ffffffff",
         "72 00000002 00000002 7807 00000001 4e"},
        {"(xt)", "00000002 00004001 00000001 07 00004002 ffffffff",
         "72 00000002 00000002 7807 00000001 4e"},
        {"([x]x)",
         "00000002 00004001 00000019 00000001 00000000 00004002 00000001 00000001 00000001 61"
         " 00000017 ffffffff",
         "72 00000002 00000013 61 00000001 00000001 00000001 00000002 7861 00000001 4e"},
        {"((x))", "00000001 00004001 0000000d 00000001 00004002 00000001 61",
         "72 00000001 0000000b 72 00000001 00000002 7861"},
        {"(xx)", "00000001 00004001 00000001 07", NULL},
        {"(x)", "00000002 00004001 00000001 07 00004001 00000001 07", NULL},
        {"(x)", "00000001 00004001 00000002 07", NULL},
        {"(x)", "000000", NULL},
        {"[x]", "00000001", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct pgtype type = {
            .name = "public.t", .base = PG_CARRIED, .layout = cases[i].layout};
        uint8_t bytes[200];
        struct buffer value;
        struct error error = {0};
        size_t length = from_hex(cases[i].binary, bytes);
        buffer_init(&value);
        bool ok = canonical_from_binary(&type, bytes, (int32_t)length, &value, &error);
        if (ok != (cases[i].canonical != NULL))
            fail_msg("%s %s", cases[i].layout, cases[i].binary);
        if (ok)
            sample_assert_hex(&value, cases[i].canonical, cases[i].binary);
        else
            assert_int_equal(error.code, ERROR_BUG);
        buffer_release(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binary_forms_have_one_canonical_form),
        cmocka_unit_test(a_binary_form_that_cannot_be_is_a_bug),
        cmocka_unit_test(decimals_are_what_they_are_worth),
        cmocka_unit_test(doubles_keep_their_bits),
        cmocka_unit_test(json_is_what_it_says),
        cmocka_unit_test(canonical_json_is_as_defined),
        cmocka_unit_test(what_is_no_json_is_a_bug),
        cmocka_unit_test(people_can_read_values),
        cmocka_unit_test(types_of_the_database_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
