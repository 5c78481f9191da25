/* html.h: texts cannot leave their place, numbers read as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "html.h"

#include <string.h>

static void check(struct buffer *out, const char *wanted)
{
    assert_string_equal(buffer_text(out), wanted);
    buffer_release(out);
}

static void test_texts(void **state)
{
    static const struct {
        const char *text, *as_text, *as_data;
    } rows[] = {
        {"", "", "<bdi></bdi>"},
        {"plain", "plain", "<bdi>plain</bdi>"},
        {"<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;", "<bdi>&lt;b&gt;&amp;&quot;&#39;</bdi>"},
        {"a\x01\x1b\x7f", "a\uFFFD\uFFFD\uFFFD", "<bdi>a\uFFFD\uFFFD\uFFFD</bdi>"},
        {"two\n\tlines", "two\n\tlines", "<bdi>two\n\tlines</bdi>"},
        {"public.a_b", "public.a_b", "<bdi>public.<wbr>a_<wbr>b</bdi>"},
        {"_<_", "_&lt;_", "<bdi>_<wbr>&lt;_</bdi>"},
        {"שלום", "שלום", "<bdi>שלום</bdi>"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer text, data;
        buffer_init(&text);
        buffer_init(&data);
        html_text(&text, rows[i].text);
        html_data(&data, rows[i].text);
        check(&text, rows[i].as_text);
        check(&data, rows[i].as_data);
    }
}

static void test_durations(void **state)
{
    static const struct {
        double seconds;
        const char *wanted;
    } rows[] = {
        {-1, "0 ms"},       {0, "0 ms"},       {0.0004, "0 ms"},   {0.0426, "43 ms"},
        {0.9994, "999 ms"}, {0.9996, "1.0 s"}, {75, "1 min 15 s"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer out;
        buffer_init(&out);
        html_duration(&out, rows[i].seconds);
        check(&out, rows[i].wanted);
    }
}

static void test_times(void **state)
{
    struct buffer out;
    (void)state;
    buffer_init(&out);
    html_time(&out, "2026-01-31T12:05:59Z");
    check(&out, "<time datetime=\"2026-01-31T12:05Z\">2026-01-31 12:05 UTC</time>");
    buffer_init(&out);
    html_time(&out, "<never>");
    check(&out, "<bdi>&lt;never&gt;</bdi>");
}

/* Balances are not added up, faults stand out, and a bar never is wider than its whole. */
static void test_table(void **state)
{
    static const struct html_column columns[] = {
        {HTML_NAME, "name", "n"},       {HTML_COUNT, "count", "c"}, {HTML_FAULT, "fault", "f"},
        {HTML_BALANCE, "balance", "b"}, {HTML_BAR, "", "s"},
    };
    const struct html_table table = {.id = "t",
                                     .caption = "a < b",
                                     .columns = columns,
                                     .column_count = 5,
                                     .total = true,
                                     .longest = 2,
                                     .color = "load",
                                     .part = "p",
                                     .part_color = "read"};
    cJSON *rows =
        cJSON_Parse("[{\"n\": \"x\", \"c\": 1000, \"f\": 0, \"b\": -3, \"s\": 2, \"p\": 9},"
                    " {\"n\": \"y\", \"c\": 234, \"f\": 5, \"b\": 3, \"s\": 1, \"p\": 0.5}]");
    struct buffer out;
    (void)state;
    assert_non_null(rows);
    buffer_init(&out);
    html_table(&out, &table, rows);
    const char *text = buffer_text(&out);
    assert_non_null(strstr(text, "a &lt; b"));
    assert_non_null(strstr(text, "<td data-title=\"balance\" class=\"number fault\">\u22123</td>"));
    assert_non_null(strstr(text, "x=\"0.0\" width=\"1000.0\"")); /* its part: not 4500 */
    assert_null(strstr(text, "4500"));
    assert_non_null(strstr(text, "x=\"250.0\" width=\"250.0\""));
    const char *total = strstr(text, "<tfoot>");
    assert_non_null(total);
    assert_non_null(strstr(total, "<td data-title=\"count\" class=\"number\">1,234</td>"
                                  "<td data-title=\"fault\" class=\"number fault\">5</td>"
                                  "<td class=\"number\"></td>"));
    buffer_release(&out);
    cJSON_Delete(rows);
}

/* A count that is 0 everywhere has no column; a balance has. */
static void test_sparse(void **state)
{
    static const struct html_column columns[] = {
        {HTML_NAME, "name", "n"}, {HTML_COUNT, "none", "z"}, {HTML_COUNT, "some", "c"},
        {HTML_FAULT, "fault", "f"}, {HTML_BALANCE, "balance", "b"}};
    const struct html_table table = {.id = "t",
                                     .caption = "c",
                                     .columns = columns,
                                     .column_count = 5,
                                     .sparse = true};
    cJSON *rows = cJSON_Parse("[{\"n\": \"x\", \"z\": 0, \"c\": 0}, {\"n\": \"y\", \"c\": 2}]");
    struct buffer out;
    (void)state;
    assert_non_null(rows);
    buffer_init(&out);
    html_table(&out, &table, rows);
    const char *text = buffer_text(&out);
    assert_null(strstr(text, ">none<"));
    assert_null(strstr(text, ">fault<"));
    assert_non_null(strstr(text, ">some<"));
    assert_non_null(strstr(text, ">balance<"));
    buffer_release(&out);
    cJSON_Delete(rows);
}

/* What is folded: where nothing is to be looked at, or where it is told to be. */
static void test_folds(void **state)
{
    static const struct html_column columns[] = {
        {HTML_NAME, "name", "n"}, {HTML_COUNT, "count", "c"}, {HTML_FAULT, "fault", "f"}};
    static const struct {
        const char *rows;
        size_t columns;
        bool judges, folded;
        const char *begins;
    } cases[] = {
        {"[{\"c\": 0, \"f\": 0}, {\"c\": 0}]", 3, false, false, "<details><summary>a &lt; b"},
        {"[{\"c\": 0, \"f\": 0}, {\"c\": 1}]", 3, false, false, "<details open><summary>"},
        {"[{\"c\": 0, \"f\": 2}]", 3, false, false, "<details open><summary>"},
        {"[{\"c\": 7, \"f\": 0}]", 3, true, false, "<details><summary>"},
        {"[{\"c\": 7, \"f\": 1}]", 3, true, false, "<details open><summary>"},
        {"[{\"c\": 7, \"f\": 1}]", 3, false, true, "<details><summary>"},
        {"[{\"n\": \"x\"}]", 1, false, false, "<details open><summary>"}, /* no numbers at all */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct html_table table = {.id = "t",
                                         .caption = "c",
                                         .title = "a < b",
                                         .columns = columns,
                                         .column_count = cases[i].columns,
                                         .judges = cases[i].judges,
                                         .folded = cases[i].folded};
        cJSON *rows = cJSON_Parse(cases[i].rows);
        struct buffer out;
        assert_non_null(rows);
        buffer_init(&out);
        html_table(&out, &table, rows);
        const char *text = buffer_text(&out);
        print_message("%zu: %.40s\n", i, text);
        assert_int_equal(strncmp(text, cases[i].begins, strlen(cases[i].begins)), 0);
        assert_non_null(strstr(text, "</table></div>\n</details>\n"));
        buffer_release(&out);
        cJSON_Delete(rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_folds),
        cmocka_unit_test(test_sparse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
