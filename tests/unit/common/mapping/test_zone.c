/* Time zones: the changes of zone files and of the rules in their footers, held against the C
 * library's reading of the same files; and files that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/file.h"
#include "graduate/zone.h"
#include "sample.h"
#include "zone_rule.h"

#include <time.h>

static int32_t offset_at(const struct zone *zone, int64_t seconds)
{
    return zone->changes[zone_at(zone, seconds)].offset;
}

static void offsets_are_those_of_the_c_library(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Europe/Berlin",  "America/New_York", "Australia/Sydney", "Asia/Kolkata",   "UTC",
        "Pacific/Apia",   "America/Nuuk",     "Europe/Dublin",    "Africa/Casablanca",
        "Asia/Gaza",      "Antarctica/Troll", "America/Sao_Paulo", "Etc/GMT+5",      "Africa/Monrovia",
        "Asia/Kathmandu", "America/Caracas",  "Australia/Lord_Howe", "EST5EDT",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        struct arena arena;
        const struct zone *zone;
        struct error error;
        arena_init(&arena);
        if (!zone_load(&arena, names[i], &zone, &error))
            fail_msg("%s: %s", names[i], error.message);
        setenv("TZ", names[i], 1);
        tzset();
        /* from 1850 to 2150, every few days at another hour */
        for (int64_t at = INT64_C(-3786912000); at < INT64_C(5680281600); at += 86400 * 3 + 7200 + 61) {
            time_t moment = (time_t)at;
            struct tm local;
            localtime_r(&moment, &local);
            if (offset_at(zone, at) != (int32_t)local.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", names[i], (long long)at, offset_at(zone, at),
                         local.tm_gmtoff);
        }
        for (size_t k = 1; k < zone->count; k++) { /* to the second */
            time_t before = (time_t)zone->changes[k].from - 1;
            struct tm local;
            if (before > INT64_C(5680281600))
                break;
            localtime_r(&before, &local);
            assert_int_equal(local.tm_gmtoff, zone->changes[k - 1].offset);
            assert_true(zone->changes[k].offset != zone->changes[k - 1].offset);
        }
        arena_release(&arena);
    }
    unsetenv("TZ");
}

static void names_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"",    "Nowhere", "../zoneinfo/UTC", "/usr/share/zoneinfo/UTC",
                                        "UTC ", "Europe"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct arena arena;
        const struct zone *zone;
        struct error error = {0};
        arena_init(&arena);
        if (zone_load(&arena, names[i], &zone, &error))
            fail_msg("\"%s\" is a zone", names[i]);
        bool folder = strcmp(names[i], "Europe") == 0;
        assert_int_equal(error.code, folder ? ERROR_TARGET : ERROR_USAGE);
        arena_release(&arena);
    }
}

static void files_lie_where_tzdir_says(void **state)
{
    (void)state;
    struct arena arena;
    const struct zone *zone;
    struct error error;
    arena_init(&arena);
    setenv("TZDIR", "/usr/share/zoneinfo/Europe", 1);
    assert_true(zone_load(&arena, "Berlin", &zone, &error));
    assert_int_equal(offset_at(zone, 1721025000), 7200);
    assert_false(zone_load(&arena, "Europe/Berlin", &zone, &error));
    setenv("TZDIR", "", 1);
    assert_true(zone_load(&arena, "Europe/Berlin", &zone, &error));
    unsetenv("TZDIR");
    arena_release(&arena);
}

/* Every file that is cut off, and every one with a byte changed, is a zone or an error: nothing is
 * read beyond its end. */
static void damaged_files_are_survived(void **state)
{
    (void)state;
    struct buffer file;
    struct error error;
    buffer_init(&file);
    assert_true(file_read("/usr/share/zoneinfo/Europe/Berlin", 1 << 20, ERROR_TARGET, &file, &error));
    for (size_t i = 0; i < 2 * file.length; i++) {
        struct arena arena;
        const struct zone *zone;
        size_t length = i < file.length ? i : file.length;
        uint8_t *copy = malloc(length + 1);
        assert_non_null(copy);
        memcpy(copy, file.data, length);
        if (i >= file.length)
            copy[i - file.length] ^= 0xFF;
        uint8_t *exact = malloc(length > 0 ? length : 1);
        assert_non_null(exact);
        memcpy(exact, copy, length);
        arena_init(&arena);
        bool read = zone_read(&arena, "Z", exact, length, &zone, &error);
        if (i < file.length && read)
            fail_msg("%zu bytes are a zone", i);
        if (!read)
            assert_true(error.message[0] != '\0');
        arena_release(&arena);
        free(copy);
        free(exact);
    }
    buffer_release(&file);
}

static void rules_are_read_as_posix_has_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t standard, daylight;
        int64_t begin, end; /* in 2024 */
    } cases[] = {
        {"CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200, 1711846800, 1729990800},
        {"EST5EDT,M3.2.0,M11.1.0", -18000, -14400, 1710054000, 1730613600},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37800, 39600, 1728142200, 1712415600},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 3600, 0, 1729990800, 1711846800},
        {"XXX3EDT4,0/0,J365/23", -10800, -14400, 1704078000, 1735700400},
        {"AAA0BBB,J60/0,59/0", 0, 3600, 1709251200, 1709161200}, /* 29 February is no day of J */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600, 1711846800, 1729990800},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone_rule rule;
        int64_t begin, end;
        if (!zone_rule_parse(cases[i].text, strlen(cases[i].text), &rule))
            fail_msg("%s is no rule", cases[i].text);
        zone_rule_changes(&rule, 2024, &begin, &end);
        if (rule.standard != cases[i].standard || rule.daylight != cases[i].daylight ||
            begin != cases[i].begin || end != cases[i].end)
            fail_msg("%s: %d, %d, %lld, %lld", cases[i].text, rule.standard, rule.daylight,
                     (long long)begin, (long long)end);
    }
    static const char *const wrong[] = {
        "", "C", "CET", "CE-1", "CET-168", "CET-1:60", "CET-1CEST", "CET-1CEST,", "CET-1CEST,M3.5.0",
        "CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,M10.5.0",
        "CET-1CEST,366,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0 ", "<>-1", "<CET-1",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct zone_rule rule;
        if (zone_rule_parse(wrong[i], strlen(wrong[i]), &rule))
            fail_msg("\"%s\" is a rule", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_c_library),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(files_lie_where_tzdir_says),
        cmocka_unit_test(damaged_files_are_survived),
        cmocka_unit_test(rules_are_read_as_posix_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
