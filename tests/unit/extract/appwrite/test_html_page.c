/* What is repeated of a page for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "html_page.h"

#include <string.h>

static const struct {
    const char *page, *gist;
} cases[] = {
    {"<html><body><h1>This host name is not allowed here</h1>"
     "<span class='type'>general_access_forbidden</span></body></html>",
     "\"This host name is not allowed here\" (general_access_forbidden)"},
    {"<HTML><HEAD><TITLE>502 Bad Gateway</TITLE></HEAD></HTML>", "\"502 Bad Gateway\""},
    {"<title>t</title><h1 class=\"a\">\n  Page <b>not</b>\n found </h1> not_general_x",
     "\"Page not found \""},
    {"<h1></h1><title>t</title>", "\"t\""},
    {"<h1>no end", ""},
    {"", ""},
    {"not JSON", ""},
    {"{\"h1\": 1}", ""},
};

static void test_gist(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char gist[200];
        html_page_gist(cases[i].page, strlen(cases[i].page), gist, sizeof gist);
        assert_string_equal(gist, cases[i].gist);
    }
}

static void test_long_pages(void **state)
{
    (void)state;
    char page[2000], gist[40];
    memset(page, 'x', sizeof page);
    memcpy(page, "<h1>", 4);
    memcpy(page + sizeof page - 5, "</h1>", 5);
    html_page_gist(page, sizeof page, gist, sizeof gist);
    assert_int_equal(strlen(gist), sizeof gist - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gist),
        cmocka_unit_test(test_long_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
