/* Numbers: the shortest text of a double, whole numbers out of decimal text, and PostgreSQL's
 * binary numeric, byte for byte as numeric_send of PostgreSQL 15 writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "number.h"
#include "value_sample.h"

#include <float.h>
#include <math.h>

static void a_double_has_its_shortest_text(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.005, "1.005"},
        {12.7, "12.7"},
        {100, "100"},
        {1e15, "1e+15"},
        {123456789012345, "123456789012345"},
        {9007199254740993.0, "9007199254740992"},
        {9007199254740991.0, "9007199254740991"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {1e21, "1e+21"},
        {1e300, "1e+300"},
        {1e-7, "1e-07"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {4.9406564584124654e-324, "5e-324"},
        {1.5e-320, "1.5e-320"},
        {DBL_MIN - 4.9406564584124654e-324, "2.225073858507201e-308"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[40];
        number_format(cases[i].number, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

/* Any double comes back as itself: a fixed sequence of bit patterns over the whole range. */
static void every_text_of_a_double_reads_back(void **state)
{
    (void)state;
    uint64_t bits = UINT64_C(0x9E3779B97F4A7C15);
    for (int i = 0; i < 20000; i++) {
        double number;
        char text[40];
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t mixed = bits ^ bits >> 29;
        memcpy(&number, &mixed, sizeof number);
        if (!isfinite(number))
            continue;
        number_format(number, text, sizeof text);
        if (strtod(text, NULL) != number)
            fail_msg("%s is not %a", text, number);
    }
}

static void a_double_is_a_whole_number_or_not(void **state)
{
    (void)state;
    static const struct {
        double number;
        bool whole;
        int64_t value;
    } cases[] = {
        {0.0, true, 0},
        {-0.0, true, 0},
        {42, true, 42},
        {-42, true, -42},
        {0.5, false, 0},
        {-1e-300, false, 0},
        {9007199254740992.0, true, INT64_C(9007199254740992)},
        {9223372036854774784.0, true, INT64_C(9223372036854774784)}, /* the last below 2^63 */
        {9223372036854775808.0, false, 0},
        {-9223372036854775808.0, true, INT64_MIN},
        {-9223372036854777856.0, false, 0},
        {(double)INFINITY, false, 0},
        {-(double)INFINITY, false, 0},
        {(double)NAN, false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 0;
        bool whole = number_to_int64(cases[i].number, &value);
        if (whole != cases[i].whole || (whole && value != cases[i].value))
            fail_msg("%a: %d %lld", cases[i].number, whole, (long long)value);
    }
}

static void a_decimal_is_a_whole_number_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool whole;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"0E-6176", true, 0},
        {"0.00", true, 0},
        {"12", true, 12},
        {"-12", true, -12},
        {"+12", true, 12},
        {"5.0", true, 5},
        {"5.10", false, 0},
        {"1.20E+2", true, 120},
        {"1.20E+1", true, 12},
        {"1.20E+0", false, 0},
        {"120E-1", true, 12},
        {"125E-1", false, 0},
        {"1E+18", true, INT64_C(1000000000000000000)},
        {"1E+19", false, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"9223372036854775807.000000000000000", true, INT64_MAX},
        {"1E+6144", false, 0},
        {"NaN", false, 0},
        {"Infinity", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {".", false, 0},
        {"1.2.3", false, 0},
        {"1E", false, 0},
        {"12 ", false, 0},
        {"0x10", false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 0;
        bool whole = number_parse_int64(cases[i].text, &value);
        if (whole != cases[i].whole || (whole && value != cases[i].value))
            fail_msg("\"%s\": %d %lld", cases[i].text, whole, (long long)value);
    }
}

static void two_texts_are_one_number_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"1", "1", true},         {"1.0", "10E-1", true},
        {"1E+3", "1000", true},   {"0", "-0.00", true},
        {"0E+9", "0", true},      {"0.10", ".1", true},
        {"1", "2", false},        {"1", "-1", false},
        {"1", "10", false},       {"12", "1.2", false},
        {"1", "1.0001", false},   {"NaN", "NaN", false},
        {"Infinity", "1", false}, {"x", "x", false},
        {"1e2", "100.000", true}, {"5E-324", "5E-323", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (number_same(cases[i].a, cases[i].b) != cases[i].same ||
            number_same(cases[i].b, cases[i].a) != cases[i].same)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
}

static void two_texts_are_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
        bool ordered;
    } cases[] = {
        {"1", "1.0", 0, true},           {"1", "2", -1, true},         {"-1", "-2", 1, true},
        {"0", "-0.00", 0, true},         {"0", "1E-6000", -1, true},   {"-5", "0", -1, true},
        {"9", "10", -1, true},           {"12", "1.2E+1", 0, true},    {"12", "123", -1, true},
        {"1.23", "1.2", 1, true},        {"-1.23", "-1.2", -1, true},  {"Infinity", "1E+6000", 1, true},
        {"-Infinity", "-5", -1, true},   {"Infinity", "Infinity", 0, true},
        {"-Infinity", "Infinity", -1, true}, {"NaN", "1", 0, false},   {"1", "x", 0, false},
        {"NaN", "Infinity", 0, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int turned = 0; turned < 2; turned++) {
            const char *a = turned ? cases[i].b : cases[i].a, *b = turned ? cases[i].a : cases[i].b;
            int order = 0, sign = turned ? -cases[i].order : cases[i].order;
            if (number_order(a, b, &order) != cases[i].ordered ||
                (cases[i].ordered && (order > 0) - (order < 0) != sign))
                fail_msg("%s and %s", a, b);
        }
}

/* digits, weight, sign, scale, digits of base 10000. Digits beyond the last that is not zero are
 * written where the text has them; PostgreSQL strips them on the way in. */
static void a_decimal_becomes_a_binary_numeric(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int precision, scale;
        enum numeric_outcome outcome;
        const char *hex;
    } cases[] = {
        {"0", 0, 0, NUMERIC_OK, "0000 0000 0000 0000"},
        {"0.00", 0, 0, NUMERIC_OK, "0000 0000 0000 0002"},
        {"-0", 0, 0, NUMERIC_OK, "0000 0000 0000 0000"},
        {"0E-6176", 0, 0, NUMERIC_OK, "0000 0000 0000 1820"},
        {"0E+3", 0, 0, NUMERIC_OK, "0000 0000 0000 0000"},
        {"1", 0, 0, NUMERIC_OK, "0001 0000 0000 0000 0001"},
        {"1.5", 0, 0, NUMERIC_OK, "0002 0000 0000 0001 0001 1388"},
        {"1.10", 0, 0, NUMERIC_OK, "0002 0000 0000 0002 0001 03e8"},
        {"-12345.678", 0, 0, NUMERIC_OK, "0003 0001 4000 0003 0001 0929 1a7c"},
        {"0.0001", 0, 0, NUMERIC_OK, "0001 ffff 0000 0004 0001"},
        {"0.00001", 0, 0, NUMERIC_OK, "0001 fffe 0000 0005 03e8"},
        {"9999", 0, 0, NUMERIC_OK, "0001 0000 0000 0000 270f"},
        {"10000", 0, 0, NUMERIC_OK, "0002 0001 0000 0000 0001 0000"},
        {"1E+3", 0, 0, NUMERIC_OK, "0001 0000 0000 0000 03e8"},
        {"1E+4", 0, 0, NUMERIC_OK, "0001 0001 0000 0000 0001"},
        {"1e+300", 0, 0, NUMERIC_OK, "0001 004b 0000 0000 0001"},
        {"00012.50", 0, 0, NUMERIC_OK, "0002 0000 0000 0002 000c 1388"},
        {"+7", 0, 0, NUMERIC_OK, "0001 0000 0000 0000 0007"},
        {".5", 0, 0, NUMERIC_OK, "0001 ffff 0000 0001 1388"},
        {"5.", 0, 0, NUMERIC_OK, "0001 0000 0000 0000 0005"},
        {"9999999999999999999999999999999999", 0, 0, NUMERIC_OK,
         "0009 0008 0000 0000 0063 270f 270f 270f 270f 270f 270f 270f 270f"},
        {"1E-6176", 0, 0, NUMERIC_OK, "0001 f9f8 0000 1820 0001"},
        {"9.999999999999999999999999999999999E+6144", 0, 0, NUMERIC_OK,
         "000a 0600 0000 0000 0009 270f 270f 270f 270f 270f 270f 270f 270f 2328"},
        {"NaN", 0, 0, NUMERIC_OK, "0000 0000 c000 0000"},
        {"Infinity", 0, 0, NUMERIC_OK, "0000 0000 d000 0000"},
        {"-Infinity", 0, 0, NUMERIC_OK, "0000 0000 f000 0000"},
        {"-NaN", 0, 0, NUMERIC_NOT, ""},
        {"abc", 0, 0, NUMERIC_NOT, ""},
        {"", 0, 0, NUMERIC_NOT, ""},
        {"1E+", 0, 0, NUMERIC_NOT, ""},
        {"1 ", 0, 0, NUMERIC_NOT, ""},
        {"1E-16383", 0, 0, NUMERIC_OK, "0001 f000 0000 3fff 000a"},
        {"1E-16384", 0, 0, NUMERIC_ROUNDS, ""},
        /* numeric(10,2) */
        {"0", 10, 2, NUMERIC_OK, "0000 0000 0000 0002"},
        {"1", 10, 2, NUMERIC_OK, "0001 0000 0000 0002 0001"},
        {"1.5", 10, 2, NUMERIC_OK, "0002 0000 0000 0002 0001 1388"},
        {"1.50000", 10, 2, NUMERIC_OK, "0002 0000 0000 0002 0001 1388"},
        {"0.125", 10, 2, NUMERIC_ROUNDS, ""},
        {"0.001", 10, 2, NUMERIC_ROUNDS, ""},
        {"0.000", 10, 2, NUMERIC_OK, "0000 0000 0000 0002"},
        {"99999999.99", 10, 2, NUMERIC_OK, "0003 0001 0000 0002 270f 270f 26ac"},
        {"-99999999.99", 10, 2, NUMERIC_OK, "0003 0001 4000 0002 270f 270f 26ac"},
        {"100000000", 10, 2, NUMERIC_TOO_LARGE, ""},
        {"1E+8", 10, 2, NUMERIC_TOO_LARGE, ""},
        {"1E+7", 10, 2, NUMERIC_OK, "0001 0001 0000 0002 03e8"},
        {"NaN", 10, 2, NUMERIC_OK, "0000 0000 c000 0000"},
        {"Infinity", 10, 2, NUMERIC_TOO_LARGE, ""},
        {"-Infinity", 10, 2, NUMERIC_TOO_LARGE, ""},
        {"0.9", 2, 2, NUMERIC_OK, "0001 ffff 0000 0002 2328"},
        {"1", 2, 2, NUMERIC_TOO_LARGE, ""},
        {"7", 1, 0, NUMERIC_OK, "0001 0000 0000 0000 0007"},
    };
    struct buffer out;
    buffer_init(&out);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buffer_clear(&out);
        enum numeric_outcome outcome =
            numeric_put(&out, cases[i].text, cases[i].precision, cases[i].scale);
        if (outcome != cases[i].outcome)
            fail_msg("\"%s\": outcome %d, not %d", cases[i].text, outcome, cases[i].outcome);
        sample_assert_hex(&out, cases[i].hex, cases[i].text);
    }
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_double_has_its_shortest_text),
        cmocka_unit_test(every_text_of_a_double_reads_back),
        cmocka_unit_test(a_double_is_a_whole_number_or_not),
        cmocka_unit_test(a_decimal_is_a_whole_number_or_not),
        cmocka_unit_test(two_texts_are_one_number_or_not),
        cmocka_unit_test(two_texts_are_in_order),
        cmocka_unit_test(a_decimal_becomes_a_binary_numeric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
