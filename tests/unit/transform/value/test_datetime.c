/* Dates: BSON's milliseconds and ISO 8601 to PostgreSQL's microseconds since 2000, and back to
 * text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datetime.h"
#include "sample.h"

#include <inttypes.h>

static const int64_t DAY = INT64_C(86400000000);

/* The limits of timestamptz are those of sources like MongoDB's only by accident: one beyond either
 * is refused before anything overflows. */
static void milliseconds_fit_or_not(void **state)
{
    (void)state;
    static const struct {
        int64_t milliseconds;
        bool fits;
        int64_t microseconds;
    } cases[] = {
        {0, true, INT64_C(-946684800000000)},
        {INT64_C(946684800000), true, 0},
        {INT64_C(946684800001), true, 1000},
        {INT64_C(946684799999), true, -1000},
        {INT64_C(-210866803200000), true, INT64_C(-211813488000000000)},
        {INT64_C(-210866803200001), false, 0},
        {INT64_C(9224318015999999), true, INT64_C(9223371331199999000)},
        {INT64_C(9224318016000000), false, 0},
        {INT64_C(8640000000000000), true, INT64_C(8639053315200000000)}, /* JavaScript's last */
        {INT64_C(-8640000000000000), false, 0},
        {INT64_MAX, false, 0},
        {INT64_MIN, false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t microseconds = 0;
        bool fits = datetime_from_milliseconds(cases[i].milliseconds, &microseconds);
        if (fits != cases[i].fits || (fits && microseconds != cases[i].microseconds))
            fail_msg("%" PRId64 ": %d %" PRId64, cases[i].milliseconds, fits, microseconds);
    }
}

static void texts_are_moments(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t microseconds;
        bool zoned, date_only;
    } cases[] = {
        {"2000-01-01", 0, false, true},
        {"2000-01-02", INT64_C(86400000000), false, true},
        {"1999-12-31", INT64_C(-86400000000), false, true},
        {"2000-02-29", 59 * INT64_C(86400000000), false, true},
        {"2000-03-01", 60 * INT64_C(86400000000), false, true},
        {"0001-01-01", -730119 * INT64_C(86400000000), false, true},
        {"9999-12-31", 2921939 * INT64_C(86400000000), false, true},
        {"2000-01-01T00:00:01", 1000000, false, false},
        {"2000-01-01 00:00:01", 1000000, false, false},
        {"2000-01-01T00:01", 60000000, false, false},
        {"2000-01-01T01:00Z", INT64_C(3600000000), true, false},
        {"2000-01-01T00:00:00.1", 100000, false, false},
        {"2000-01-01T00:00:00.123456", 123456, false, false},
        {"2000-01-01T00:00:00.123456000", 123456, false, false},
        {"2000-01-01T00:00:00.000001Z", 1, true, false},
        {"2000-01-01T00:00:00Z", 0, true, false},
        {"2000-01-01T00:00:00.000+00:00", 0, true, false},
        {"2000-01-01T02:00:00+02:00", 0, true, false},
        {"2000-01-01T02:00:00+0200", 0, true, false},
        {"2000-01-01T02:00:00+02", 0, true, false},
        {"1999-12-31T18:30:00-05:30", 0, true, false},
        {"1999-12-31T23:59:59.999999Z", -1, true, false},
        {"2000-01-01T15:59:00+15:59", 0, true, false},
        {"2000-01-01T00:00:00-00:00", 0, true, false},
        {"2024-02-29T23:59:59Z", INT64_C(762566399000000), true, false},
        {"1900-03-01", -36465 * INT64_C(86400000000), false, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t microseconds = 0;
        bool zoned = !cases[i].zoned, date_only = !cases[i].date_only;
        bool ok =
            datetime_parse(cases[i].text, strlen(cases[i].text), &microseconds, &zoned, &date_only);
        if (!ok || microseconds != cases[i].microseconds || zoned != cases[i].zoned ||
            date_only != cases[i].date_only)
            fail_msg("%s: %d %" PRId64 " %d %d", cases[i].text, ok, microseconds, zoned, date_only);
    }
}

static void texts_are_no_moments(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "2000",
        "2000-01",
        "2000-1-1",
        "20000101",
        "2000-00-01",
        "2000-13-01",
        "2000-01-00",
        "2000-01-32",
        "2001-02-29",
        "1900-02-29",
        "2000-04-31",
        "0000-01-01",
        "-001-01-01",
        "10000-01-01",
        "+2000-01-01",
        "2000-01-01T",
        "2000-01-01X00:00",
        "2000-01-01T00",
        "2000-01-01T24:00:00",
        "2000-01-01T00:60:00",
        "2000-01-01T00:00:60",
        "2000-01-01T00:00:",
        "2000-01-01T00:00:00.",
        "2000-01-01T00:00:00,5",
        "2000-01-01T00:00:00.1234567", /* finer than a microsecond: it would be lost */
        "2000-01-01T00:00:00.0000001Z",
        "2000-01-01T00:00:00z",
        "2000-01-01t00:00:00Z",
        "2000-01-01T00:00:00ZZ",
        "2000-01-01T00:00:00 Z",
        "2000-01-01T00:00:00+",
        "2000-01-01T00:00:00+2",
        "2000-01-01T00:00:00+02:",
        "2000-01-01T00:00:00+02:0",
        "2000-01-01T00:00:00+02:60",
        "2000-01-01T00:00:00+16:00",
        "2000-01-01T00:00:00+02:00:00",
        "2000-01-01 ",
        " 2000-01-01",
        "Sat, 01 Jan 2000 00:00:00 GMT",
        "946684800000",
        "today",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        int64_t microseconds;
        bool zoned, date_only;
        if (datetime_parse(texts[i], strlen(texts[i]), &microseconds, &zoned, &date_only))
            fail_msg("\"%s\" is taken for %" PRId64, texts[i], microseconds);
    }
}

/* The length counts, not a terminator. */
static void a_text_ends_where_its_length_says(void **state)
{
    (void)state;
    int64_t microseconds;
    bool zoned, date_only;
    assert_true(datetime_parse("2000-01-02T03:04:05Z", 10, &microseconds, &zoned, &date_only));
    assert_true(date_only && microseconds == DAY);
    assert_false(datetime_parse("2000-01-02\0", 11, &microseconds, &zoned, &date_only));
}

/* Every day of the years 1 to 9999 is the day before plus one, and comes back in the text of its
 * milliseconds. */
static void every_day_has_its_number_and_its_text(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t expected = datetime_days(1, 1, 1);
    assert_int_equal(expected, -730119);
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int length = lengths[month - 1] + (month == 2 && leap);
            for (int day = 1; day <= length; day++, expected++) {
                char text[48], wanted[48];
                if (datetime_days(year, month, day) != expected)
                    fail_msg("%d-%d-%d", year, month, day);
                if (day != 1 && day != length)
                    continue;
                snprintf(wanted, sizeof wanted, "%04d-%02d-%02dT23:59:59.999Z", year, month, day);
                int64_t last = (expected + 1) * 86400000 - 1 + INT64_C(946684800000);
                assert_true(datetime_format(last, text, sizeof text));
                assert_string_equal(text, wanted);
            }
        }
}

static void milliseconds_have_a_text_or_not(void **state)
{
    (void)state;
    static const struct {
        int64_t milliseconds;
        const char *text; /* NULL: none */
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(951782400123), "2000-02-29T00:00:00.123Z"},
        {INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z"},
        {INT64_C(-62167219200001), NULL},
        {INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
        {INT64_C(253402300800000), NULL},
        {INT64_MAX, NULL},
        {INT64_MIN, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[32] = "";
        bool has = datetime_format(cases[i].milliseconds, text, sizeof text);
        assert_int_equal(has, cases[i].text != NULL);
        if (has)
            assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(milliseconds_fit_or_not),
        cmocka_unit_test(texts_are_moments),
        cmocka_unit_test(texts_are_no_moments),
        cmocka_unit_test(a_text_ends_where_its_length_says),
        cmocka_unit_test(every_day_has_its_number_and_its_text),
        cmocka_unit_test(milliseconds_have_a_text_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
