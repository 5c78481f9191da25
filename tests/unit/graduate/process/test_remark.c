/* Lines that programs write on standard error: understood, or kept as noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "remark.h"

#include <string.h>

static const struct {
    const char *line;
    enum remark_kind kind;
    const char *text;
} cases[] = {
    {"{\"level\":\"info\",\"message\":\"made index a\"}", REMARK_INFO, "made index a"},
    {"{\"level\":\"warning\",\"message\":\"slow\",\"entity\":\"books\"}", REMARK_WARNING, "slow"},
    {"{\"level\":\"debug\",\"message\":\"x\"}", REMARK_NOISE,
     "{\"level\":\"debug\",\"message\":\"x\"}"},
    {"{\"level\":7}", REMARK_NOISE, "{\"level\":7}"},
    {"{\"message\":\"no level\"}", REMARK_NOISE, "{\"message\":\"no level\"}"},
    {"[1]", REMARK_NOISE, "[1]"},
    {"", REMARK_NOISE, ""},
    {"==12==ERROR: AddressSanitizer: SEGV", REMARK_NOISE, "==12==ERROR: AddressSanitizer: SEGV"},
    /* two objects on a line are no line of the log */
    {"{\"level\":\"info\",\"message\":\"a\"}{}", REMARK_NOISE,
     "{\"level\":\"info\",\"message\":\"a\"}{}"},
    /* what could drive a terminal, and what is no UTF-8 */
    {"\x1b[2Jclear\ttab", REMARK_NOISE, "?[2Jclear tab"},
    {"caf\xe9 \xff", REMARK_NOISE, "caf? ?"},
    {"caf\xc3\xa9", REMARK_NOISE, "caf\xc3\xa9"},
    {"\xc2\x9b"
     "2J",
     REMARK_NOISE, "?2J"},
    {"{\"level\":\"info\",\"message\":\"a\\u001b[2J\\nb\"}", REMARK_INFO, "a?[2J?b"},
};

static void test_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct remark remark;
        remark_parse(cases[i].line, strlen(cases[i].line), &remark);
        assert_int_equal(remark.kind, cases[i].kind);
        assert_string_equal(remark.text, cases[i].text);
    }
}

static void parse(const char *line, struct remark *remark)
{
    remark_parse(line, strlen(line), remark);
}

static void test_error(void **state)
{
    struct remark remark;
    (void)state;
    parse("{\"level\":\"error\",\"code\":\"target\",\"message\":\"duplicate\",\"entity\":\"books\","
          "\"key\":\"7\",\"path\":\"isbn\",\"sqlstate\":\"23505\",\"hint\":\"mend it\","
          "\"row\":{\"batch\":3,\"output\":1,\"place\":12},"
          "\"index\":{\"name\":\"books_isbn_key\",\"table\":\"public.books\"}}",
          &remark);
    assert_int_equal(remark.kind, REMARK_ERROR);
    assert_int_equal(remark.error.code, ERROR_TARGET);
    assert_string_equal(remark.error.message, "duplicate");
    assert_string_equal(remark.error.entity, "books");
    assert_string_equal(remark.error.key, "7");
    assert_string_equal(remark.error.path, "isbn");
    assert_string_equal(remark.error.sqlstate, "23505");
    assert_string_equal(remark.error.hint, "mend it");
    assert_int_equal(remark.error.row.batch, 3);
    assert_int_equal(remark.error.row.output, 1);
    assert_int_equal(remark.error.row.place, 12);
    assert_string_equal(remark.error.index.name, "books_isbn_key");
    assert_string_equal(remark.error.index.table, "public.books");
}

static void test_error_without_a_known_code_is_a_bug(void **state)
{
    static const char *const lines[] = {
        "{\"level\":\"error\",\"message\":\"x\"}",
        "{\"level\":\"error\",\"code\":\"none\",\"message\":\"x\"}",
        "{\"level\":\"error\",\"code\":\"frobnicated\",\"message\":\"x\"}",
        "{\"level\":\"error\",\"code\":3,\"message\":\"x\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct remark remark;
        parse(lines[i], &remark);
        assert_int_equal(remark.error.code, ERROR_BUG);
    }
}

static void test_progress(void **state)
{
    struct remark remark;
    (void)state;
    parse("{\"level\":\"progress\",\"entity\":\"books\",\"batch\":3,\"records\":9007199254740992,"
          "\"rows\":-1,\"bytes\":1e300}",
          &remark);
    assert_int_equal(remark.kind, REMARK_PROGRESS);
    assert_string_equal(remark.entity, "books");
    assert_int_equal(remark.batch, 3);
    assert_int_equal(remark.records, 9007199254740992);
    assert_int_equal(remark.rows, 0);
    assert_int_equal(remark.bytes, 0);
}

static void test_long_text_is_cut_between_characters(void **state)
{
    char line[4096];
    struct remark remark;
    (void)state;
    line[0] = 'x';
    for (size_t i = 1; i + 1 < sizeof line; i += 2)
        memcpy(line + i, "\xc3\xa9", 2);
    remark_parse(line, sizeof line - 1, &remark);
    assert_int_equal(strlen(remark.text), sizeof remark.text - 1);
    assert_memory_equal(remark.text + sizeof remark.text - 3, "\xc3\xa9", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_error_without_a_known_code_is_a_bug),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
