/* page.h: times are shown however short they were, on one scale for all bars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page.h"

#include "sample.h"

static void test_timings(void **state)
{
    static const struct {
        const char *report;
        const char *has, *lacks;
    } cases[] = {
        {"{}", "<p>No timings were kept.</p>", "<svg"},
        {"{'timings': {'entities': [{'entity': 'books', 'seconds': 0}]}}",
         "<p>No timings were kept.</p>", "books"},
        {"{'timings': {'seconds': 0.5, 'entities': [{'entity': 'books', 'seconds': 0.5}]}}",
         "width=\"1000.0\"", "No timings"},
        {"{'timings': {'seconds': 5, 'entities': [{'entity': 'books', 'seconds': 1}],"
         " 'levels': [{'level': 'counts', 'seconds': 4}]}}",
         "width=\"250.0\"", "No timings"},
        {"{'generation': 1}", "Where the time went", "went on"},
        {"{'generation': 2}", "The run was stopped and went on.", "<svg"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        cJSON *report = cJSON_Parse(sample_quoted(cases[i].report));
        struct buffer out;
        buffer_init(&out);
        page_timings(&out, report);
        if (strstr(buffer_text(&out), cases[i].has) == NULL ||
            strstr(buffer_text(&out), cases[i].lacks) != NULL)
            fail_msg("%s: it should have %s and not %s: %s", cases[i].report, cases[i].has,
                     cases[i].lacks, buffer_text(&out));
        buffer_release(&out);
        cJSON_Delete(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
