/* The form of a time: its patterns, and what cannot be meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/time_format.h"
#include "sample.h"

static void parts_are_taken_in_order(void **state)
{
    (void)state;
    static const enum time_part_kind kinds[] = {
        TIME_DAY, TIME_LITERAL, TIME_MONTH_LONG, TIME_LITERAL, TIME_YEAR, TIME_LITERAL,
        TIME_HOUR24, TIME_LITERAL, TIME_MINUTE, TIME_SECOND, TIME_MICROSECOND, TIME_ZONE_HOUR,
        TIME_ZONE_MINUTE,
    };
    struct arena arena;
    const struct time_format *format;
    struct error error;
    arena_init(&arena);
    assert_true(time_format_parse(&arena, "FMdd.Month YYYY\"T at\"HH24:missUSTZHTZM", &format, &error));
    assert_int_equal(format->count, COUNT(kinds));
    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_int_equal(format->parts[i].kind, kinds[i]);
    assert_true(format->parts[0].fewer);
    assert_int_equal(format->parts[0].digits, 2);
    assert_false(format->parts[4].fewer);
    assert_int_equal(format->parts[4].digits, 4);
    assert_int_equal(format->parts[5].length, 4);
    assert_memory_equal(format->parts[5].literal, "T at", 4);
    assert_int_equal(format->parts[10].digits, 6);
    assert_true(format->timed && format->fine && format->zoned);
    assert_true(time_format_parse(&arena, "YYYY-MM", &format, &error));
    assert_false(format->timed || format->fine || format->zoned);
    arena_release(&arena);
}

static void what_cannot_be_meant_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *format, *message;
    } cases[] = {
        {"", "the year (YYYY) is missing at \"\""},
        {"MM-DD", "the year (YYYY) is missing"},
        {"YYYY-DD", "there is a day, and no month"},
        {"YYYY MI", "there are minutes, and no hours"},
        {"YYYY HH24:SS", "there are seconds, and no minutes"},
        {"YYYY HH24:MI.MS", "there are parts of a second, and no seconds"},
        {"YYYY HH24:MI.US", "there are parts of a second, and no seconds"},
        {"YYYY HH12", "HH12 and AM go together"},
        {"YYYY HH24 AM", "HH12 and AM go together"},
        {"YYYY HH24 TZM", "TZM goes with TZH"},
        {"YYYY TZH", "there is a zone, and no time of day"},
        {"YYYY-MM-DDTHH24", "this is no pattern at \"THH24\""},
        {"YYYY-MM-D", "this is no pattern at \"D\""},
        {"YY-MM-DD", "this is no pattern at \"YY-MM-DD\""},
        {"YYYY 5", "this is no pattern at \"5\""},
        {"YYYY \"T", "a quoted text has no end at \"\"T\""},
        {"YYYY MM Mon", "this is said twice at \"Mon\""},
        {"YYYY YYYY", "this is said twice at \"YYYY\""},
        {"YYYY HH12 AM HH24", "this is said twice at \"HH24\""},
        {"YYYY HH24MISSMSUS", "this is said twice at \"US\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        const struct time_format *format;
        struct error error;
        arena_init(&arena);
        if (time_format_parse(&arena, cases[i].format, &format, &error))
            fail_msg("%s is taken", cases[i].format);
        sample_assert_error(&error, ERROR_USAGE, NULL, cases[i].message, cases[i].format);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_taken_in_order),
        cmocka_unit_test(what_cannot_be_meant_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
