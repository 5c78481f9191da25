/* How the driver writes numbers, tables and the line of progress for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "figures.h"
#include "progress.h"
#include "sheet.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_counts(void **state)
{
    static const struct {
        int64_t count;
        const char *text;
    } cases[] = {
        {0, "0"},
        {999, "999"},
        {1000, "1,000"},
        {123456, "123,456"},
        {1234567, "1,234,567"},
        {INT64_MAX, "9,223,372,036,854,775,807"},
        {-1, "unknown"},
    };
    char out[FIGURE_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(figure_count(cases[i].count, out), cases[i].text);
}

static void test_bytes(void **state)
{
    static const struct {
        int64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {(1 << 20) - 1, "1.0 MiB"}, /* not 1024.0 KiB */
        {5LL << 30, "5.0 GiB"},
        {INT64_MAX, "8.0 EiB"},
        {-1, "unknown"},
    };
    char out[FIGURE_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(figure_bytes(cases[i].bytes, out), cases[i].text);
}

static void test_durations(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {-1, "0.0 s"},          {0, "0.0 s"},
        {0.44, "0.4 s"},        {9.94, "9.9 s"},
        {9.96, "10 s"},                               /* not 10.0 s */
        {59.4, "59 s"},         {59.6, "1 min 00 s"}, /* not 60 s */
        {185, "3 min 05 s"},    {3599.4, "59 min 59 s"},
        {3599.6, "1 h 00 min"},                      /* not 60 min */
        {7625, "2 h 07 min"},   {86399, "1 d 00 h"}, /* not 24 h */
        {90000, "1 d 01 h"},    {1e12, "unknown"},
    };
    char out[FIGURE_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(figure_duration(cases[i].seconds, out), cases[i].text);
}

static void test_progress(void **state)
{
    static const struct {
        struct progress_line line;
        const char *text;
    } cases[] = {
        {{"books", 50000, 0, 12500, 2, 0, 0, 0},
         "books: 12,500 of about 50,000 records (25 %), 6,250/s, 6.0 s left"},
        /* what an earlier attempt loaded counts for how far, not for how fast */
        {{"books", 50000, 10000, 12500, 2, 0, 0, 0},
         "books: 12,500 of about 50,000 records (25 %), 1,250/s, 30 s left"},
        /* no rate of the first moment, and so no time left */
        {{"books", 50000, 0, 12500, 0.1, 0, 0, 0}, "books: 12,500 of about 50,000 records (25 %)"},
        {{"books", -1, 0, 12500, 2, 0, 0, 0}, "books: 12,500 records, 6,250/s"},
        {{"books", 0, 0, 12500, 2, 0, 0, 0}, "books: 12,500 records, 6,250/s"},
        /* an estimate that proved too low is no longer one */
        {{"books", 12499, 0, 12500, 2, 0, 0, 0}, "books: 12,500 records, 6,250/s"},
        {{"books", 12500, 0, 12500, 2, 0, 0, 0},
         "books: 12,500 of about 12,500 records (100 %), 6,250/s, 0.0 s left"},
        {{"books", 100, 40, 40, 3, 0, 0, 0}, "books: 40 of about 100 records (40 %)"},
        {{"books", 50000, 0, 12500, 2, 3, 22, 60},
         "books (3 of 22): 12,500 of about 50,000 records (25 %), 6,250/s, 6.0 s left, "
         "1 min 06 s in all"},
        /* of all entities as much is known as of this one */
        {{"books", -1, 0, 12500, 2, 3, 22, 60}, "books (3 of 22): 12,500 records, 6,250/s"},
    };
    char out[128];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        progress_line_format(&cases[i].line, out, sizeof out);
        assert_string_equal(out, cases[i].text);
    }
}

/* Names are shortened before the counts go, and rate and time left stay. */
static void test_progress_in_its_room(void **state)
{
    static const char name[] = "m\xc3\xa9moires_of_a_long_life_in_the_country";
    static const struct {
        size_t room;
        const char *text;
    } cases[] = {
        {200, "m\xc3\xa9moires_of_a_long_life_in_the_country (3 of 22): 12,500 of about 50,000 records "
              "(25 %), 6,250/s, 6.0 s left, 1 min 06 s in all"},
        {110, "m\xc3\xa9moires_of_a_lon.. (3 of 22): 12,500 of about 50,000 records (25 %), 6,250/s, "
              "6.0 s left, 1 min 06 s in all"},
        {90, "m\xc3\xa9moires_of_a.. (3 of 22): 12,500 records (25 %), 6,250/s, 6.0 s left, "
             "1 min 06 s in all"},
        {80, "m\xc3\xa9moires_of_a_long_l.. (3 of 22): 25 %, 6,250/s, 6.0 s left, 1 min 06 s in all"},
        {62, "m\xc3\xa9.. (3 of 22): 25 %, 6,250/s, 6.0 s left, 1 min 06 s in all"},
        {61, "m.. (3 of 22): 25 %, 6,250/s, 6.0 s left, 1 min 06 s in all"},
        {12, "m.. (3 of 2"},
    };
    char out[256];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct progress_line line = {name, 50000, 0, 12500, 2, 3, 22, 60};
        progress_line_format(&line, out, cases[i].room);
        assert_true(strlen(out) < cases[i].room);
        assert_string_equal(out, cases[i].text);
    }
}

static void test_sheet(void **state)
{
    struct sheet sheet;
    struct buffer out;
    (void)state;
    buffer_init(&out);
    sheet_init(&sheet, "<><");
    sheet_row(&sheet, "entity", "read", "why");
    sheet_row(&sheet, "caf\xc3\xa9", "1,200", ""); /* four characters, five bytes */
    sheet_row(&sheet, "b", "7", "because");
    sheet_print(&sheet, "  ", &out);
    assert_string_equal(buffer_text(&out), "  entity   read  why\n"
                                           "  caf\xc3\xa9    1,200\n"
                                           "  b           7  because\n");
    sheet_release(&sheet);
    buffer_release(&out);
}

/* A terminal of 80 columns: names before figures get lines of their own, texts are wrapped. */
static void test_a_sheet_that_is_too_wide(void **state)
{
    static const char name[] = "public.a_table_with_a_name_that_leaves_no_room_for_any_of_its_figures";
    static const char longest[] = "a_schema_with_a_name_of_fifty_and_some_more_characters."
                                  "and_a_table_with_a_name_like_that";
    struct sheet sheet;
    struct buffer out;
    (void)state;
    buffer_init(&out);
    sheet_init(&sheet, "<>>");
    sheet_row(&sheet, "table", "rows before", "present");
    sheet_row(&sheet, name, "1", "2");
    sheet_row(&sheet, longest, "3", "4");
    sheet_row(&sheet, "public.a_table_with_a_name_of_just_as_much_as_it_fits", "5", "6");
    sheet_print(&sheet, "  ", &out);
    assert_string_equal(
        buffer_text(&out),
        "  table                                                    rows before  present\n"
        "  public.a_table_with_a_name_that_leaves_no_room_for_any_of_its_figures\n"
        "                                                                     1        2\n"
        "  a_schema_with_a_name_of_fifty_and_some_more_characters.and_a_table_with_a_\n"
        "  name_like_that\n"
        "                                                                     3        4\n"
        "  public.a_table_with_a_name_of_just_as_much_as_it_fits              5        6\n");
    sheet_release(&sheet);
    buffer_clear(&out);
    sheet_init(&sheet, "<><");
    sheet_row(&sheet, "kind", "rows", "what becomes of it");
    sheet_row(&sheet, "trigger", "12",
              "is not kept: the target has functions of its own, caf\xc3\xa9s among them, that do it");
    sheet_row(&sheet, "public.books_that_were_sold_in_the_last_year_or_in_the_one_before_it", "1",
              "kept");
    sheet_print(&sheet, "", &out);
    assert_string_equal(buffer_text(&out),
                        "kind                                 rows  what becomes of it\n"
                        "trigger                                12  is not kept: the target has\n"
                        "                                           functions of its own, caf\xc3\xa9s among\n"
                        "                                           them, that do it\n"
                        "public.books_that_were_sold_in_the_     1  kept\n"
                        "last_year_or_in_the_one_before_it\n");
    sheet_release(&sheet);
    buffer_release(&out);
}

static void test_empty_sheet(void **state)
{
    struct sheet sheet;
    struct buffer out;
    (void)state;
    buffer_init(&out);
    sheet_init(&sheet, "<");
    sheet_print(&sheet, "  ", &out);
    assert_int_equal(out.length, 0);
    sheet_release(&sheet);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_progress_in_its_room),
        cmocka_unit_test(test_sheet),
        cmocka_unit_test(test_a_sheet_that_is_too_wide),
        cmocka_unit_test(test_empty_sheet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
