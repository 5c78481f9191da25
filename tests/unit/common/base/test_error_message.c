/* Errors carry what, where and what next; messages say it to people and to programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch_folder.h"
#include "graduate/error.h"
#include "graduate/message.h"

#include <cjson/cJSON.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The exit codes that people and scripts rely on. */
static const struct {
    enum error_code code;
    const char *name;
    int exit_code;
} codes[] = {
    {ERROR_NONE, "none", 0},     {ERROR_USAGE, "usage", 2},   {ERROR_DATA, "data", 1},
    {ERROR_SOURCE, "source", 3}, {ERROR_TARGET, "target", 4}, {ERROR_REFUSED, "refused", 5},
    {ERROR_PEER, "peer", 3},     {ERROR_BUG, "bug", 70},
};

static void every_code_has_its_name_and_exit_code(void **state)
{
    (void)state;
    assert_int_equal(COUNT(codes), ERROR_BUG + 1);
    for (size_t i = 0; i < COUNT(codes); i++) {
        assert_string_equal(error_code_name(codes[i].code), codes[i].name);
        assert_int_equal(error_exit_code(codes[i].code), codes[i].exit_code);
        assert_int_equal(error_code_from_name(codes[i].name), codes[i].code);
    }
    assert_int_equal(error_code_from_name("no such code"), ERROR_BUG);
}

static void setting_forgets_what_was_before(void **state)
{
    (void)state;
    struct error error;
    memset(&error, 'x', sizeof error);
    assert_false(error_set(&error, ERROR_DATA, "row %d of %s", 7, "books"));
    assert_int_equal(error.code, ERROR_DATA);
    assert_string_equal(error.message, "row 7 of books");
    assert_string_equal(error.hint, "");
    assert_string_equal(error.entity, "");
    assert_string_equal(error.key, "");
    assert_string_equal(error.path, "");
    assert_string_equal(error.sqlstate, "");
}

static void advice_says_what_a_second_call_cannot_cure(void **state)
{
    (void)state;
    static const struct {
        const char *hint;
        bool elsewhere;
    } cases[] = {
        {"", false},
        {"check the host in the URI", false},
        {"correct the record in the source, and run again", false},
        {"correct it; then graduate run --run-dir r --restart books", true},
        {"begin anew: graduate undo --run-dir r", true},
        {"what came into the source afterwards needs a new run", true},
        {"begin a new one in an empty target", true},
        {"run again; or read it from its start, in a new run", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        error_set(&error, ERROR_SOURCE, "x");
        error_hint(&error, "%s", cases[i].hint);
        assert_int_equal(error_leads_elsewhere(&error), cases[i].elsewhere);
    }
}

static void an_error_can_quote_itself(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, ERROR_DATA, "the cause");
    error_set(&error, ERROR_TARGET, "the effect: %s", error.message);
    assert_string_equal(error.message, "the effect: the cause");
}

static void the_system_says_why(void **state)
{
    (void)state;
    struct error error;
    errno = ENOSPC;
    assert_false(error_set_errno(&error, ERROR_TARGET, "cannot write %s", "a"));
    assert_string_equal(error.message, "cannot write a: No space left on device");
    char longest[2 * sizeof error.message];
    memset(longest, 'y', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    errno = ENOSPC;
    error_set_errno(&error, ERROR_TARGET, "%s", longest);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

static void texts_are_cut_to_their_field(void **state)
{
    (void)state;
    char longest[sizeof(struct error)];
    memset(longest, 'z', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct error error;
    error_set(&error, ERROR_DATA, "%s", longest);
    assert_false(error_hint(&error, "%s", longest));
    assert_false(error_at(&error, longest, longest, longest));
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    assert_int_equal(strlen(error.hint), sizeof error.hint - 1);
    assert_int_equal(strlen(error.entity), sizeof error.entity - 1);
    assert_int_equal(strlen(error.key), sizeof error.key - 1);
    assert_int_equal(strlen(error.path), sizeof error.path - 1);
    assert_string_equal(error.sqlstate, "");
}

static void the_innermost_place_wins(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, ERROR_DATA, "x");
    error_at(&error, NULL, "7", NULL);
    error_at(&error, "books", "8", "title");
    error_at(&error, "users", NULL, "name");
    assert_string_equal(error.entity, "books");
    assert_string_equal(error.key, "7");
    assert_string_equal(error.path, "title");
}

static void memory_is_an_error_of_this_machine(void **state)
{
    (void)state;
    struct error error;
    assert_false(error_memory(&error));
    assert_int_equal(error.code, ERROR_TARGET);
    assert_string_equal(error.message, "out of memory");
    assert_non_null(strstr(error.hint, "--batch-bytes"));
}

/* ---- messages ------------------------------------------------------------------------------ */

static const struct error whole = {
    .code = ERROR_DATA,
    .message = "the value \"1\t2\" does not fit",
    .hint = "make it fit",
    .entity = "books",
    .key = "id=7",
    .path = "price",
    .sqlstate = "22003",
};
static const struct error bare = {.code = ERROR_BUG, .message = "impossible"};

enum say { INFO, WARNING, WHOLE_ERROR, BARE_ERROR, PROGRESS };

static char *said(enum message_format format, enum say what)
{
    struct caught caught;
    message_init("graduate-load", format);
    catch_begin(&caught, STDERR_FILENO);
    switch (what) {
    case INFO:
        message_info("%d rows", 3);
        break;
    case WARNING:
        message_warning("a \"quoted\"\nline");
        break;
    case WHOLE_ERROR:
        assert_int_equal(message_error(&whole), 1);
        break;
    case BARE_ERROR:
        assert_int_equal(message_error(&bare), 70);
        break;
    case PROGRESS:
        message_progress(&(struct progress){"books", 2, INT64_C(3000000000), 5, 700});
        break;
    }
    char *text = catch_end(&caught);
    message_init("graduate", MESSAGE_TEXT);
    return text;
}

static void people_read_lines(void **state)
{
    (void)state;
    static const struct {
        enum say what;
        const char *text;
    } cases[] = {
        {INFO, "graduate-load: 3 rows\n"},
        {WARNING, "graduate-load: warning: a \"quoted\"\nline\n"},
        {WHOLE_ERROR, "graduate-load: error: the value \"1\t2\" does not fit\n"
                      "  where: entity books, key id=7, at price, SQLSTATE 22003\n"
                      "  next: make it fit\n"},
        {BARE_ERROR, "graduate-load: error: impossible\n"},
        {PROGRESS, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = said(MESSAGE_TEXT, cases[i].what);
        assert_string_equal(text, cases[i].text);
        free(text);
    }
}

static void programs_read_objects(void **state)
{
    (void)state;
    static const struct {
        enum say what;
        const char *members; /* behind time and program, which are checked apart */
    } cases[] = {
        {INFO, "{\"level\":\"info\",\"message\":\"3 rows\"}"},
        {WARNING, "{\"level\":\"warning\",\"message\":\"a \\\"quoted\\\"\\nline\"}"},
        {WHOLE_ERROR, "{\"level\":\"error\",\"code\":\"data\",\"message\":\"the value "
                      "\\\"1\\t2\\\" does not fit\",\"entity\":\"books\",\"key\":\"id=7\","
                      "\"path\":\"price\",\"sqlstate\":\"22003\",\"hint\":\"make it fit\"}"},
        {BARE_ERROR, "{\"level\":\"error\",\"code\":\"bug\",\"message\":\"impossible\"}"},
        {PROGRESS, "{\"level\":\"progress\",\"entity\":\"books\",\"batch\":2,"
                   "\"records\":3000000000,\"rows\":5,\"bytes\":700}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = said(MESSAGE_JSON, cases[i].what);
        char *end = strchr(text, '\n');
        assert_true(end != NULL && end[1] == '\0'); /* one object, one line */
        cJSON *json = cJSON_Parse(text);
        assert_non_null(json);
        assert_string_equal(json->child->string, "time");
        const char *time = json->child->valuestring;
        for (size_t c = 0; c < 25; c++) /* RFC 3339, UTC, to the millisecond */
            assert_true("0000-00-00T00:00:00.000Z"[c] == '0'
                            ? time[c] >= '0' && time[c] <= '9'
                            : time[c] == "0000-00-00T00:00:00.000Z"[c]);
        assert_string_equal(cJSON_GetObjectItem(json, "program")->valuestring, "graduate-load");
        cJSON_DeleteItemFromObject(json, "time");
        cJSON_DeleteItemFromObject(json, "program");
        cJSON *expected = cJSON_Parse(cases[i].members);
        if (!cJSON_Compare(json, expected, true))
            fail_msg("%s\n  is not: %s", text, cases[i].members);
        cJSON_Delete(expected);
        cJSON_Delete(json);
        free(text);
    }
}

/* A log whose lines are not UTF-8 is no JSON: such bytes become question marks. */
static void lines_are_text(void **state)
{
    (void)state;
    static const struct {
        const char *message, *line;
    } cases[] = {
        {"gr\xc3\xbc\xc3\x9f", "graduate: gr\xc3\xbc\xc3\x9f\n"},
        {"caf\xe9", "graduate: caf?\n"},
        {"cut \xc3", "graduate: cut ?\n"},
    };
    message_init("graduate", MESSAGE_TEXT);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct caught caught;
        catch_begin(&caught, STDERR_FILENO);
        message_info("%s", cases[i].message);
        char *text = catch_end(&caught);
        assert_string_equal(text, cases[i].line);
        free(text);
    }
}

static void formats_have_names(void **state)
{
    (void)state;
    struct error error;
    enum message_format format = MESSAGE_TEXT;
    assert_true(message_format_parse("json", &format, &error));
    assert_int_equal(format, MESSAGE_JSON);
    assert_true(message_format_parse("text", &format, &error));
    assert_int_equal(format, MESSAGE_TEXT);
    assert_false(message_format_parse("JSON", &format, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    assert_string_equal(error.message, "--log-format is \"JSON\"; it can be text or json");
}

/* Several errors are one: all of them are told, and those that were several before are counted as such. */
static void several_errors_are_told_as_one(void **state)
{
    (void)state;
    struct errors errors = {0}, outer = {0};
    struct error error;
    assert_true(errors_give(&errors, &error));
    error_set(&error, ERROR_TARGET, "no disk");
    assert_false(errors_add(&errors, &error)); /* nobody goes on behind this one */
    assert_true(errors_give(&errors, &error));
    error_set(&error, ERROR_USAGE, "a.json: wrong");
    error_hint(&error, "mend a");
    assert_true(errors_add(&errors, &error));
    assert_false(errors_give(&errors, &error));
    assert_string_equal(error.message, "a.json: wrong");
    assert_string_equal(error.hint, "mend a");
    error_set(&error, ERROR_USAGE, "b.json: bad");
    assert_true(errors_add(&errors, &error));
    assert_false(errors_give(&errors, &error));
    assert_string_equal(error.message, "2 problems: a.json: wrong; b.json: bad");
    assert_string_equal(error.hint, "mend a");
    assert_int_equal(error.code, ERROR_USAGE);
    assert_true(errors_add(&outer, &error));
    error_set(&error, ERROR_USAGE, "c.json: worse");
    error_hint(&error, "mend c");
    assert_true(errors_add(&outer, &error));
    assert_false(errors_give(&outer, &error));
    assert_string_equal(error.message, "3 problems: a.json: wrong; b.json: bad; c.json: worse");
    assert_string_equal(error.hint, "mend a; mend c");
    error_set(&error, ERROR_USAGE, "c.json: worst; see d.json"); /* the file stands before its own */
    assert_true(errors_add(&outer, &error));
    assert_false(errors_give(&outer, &error));
    assert_non_null(strstr(error.message, "b.json: bad; c.json: worse; worst; see d.json"));
    for (int i = 0; i < 1000; i++) {
        error_set(&error, ERROR_USAGE, "file %d.json: wrong", i);
        assert_true(errors_add(&outer, &error));
    }
    assert_false(errors_give(&outer, &error));
    assert_non_null(strstr(error.message, "1004 problems: a.json: wrong; "));
    assert_non_null(strstr(error.message, ".json: wrong; and more, which are told when these are mended"));
    assert_non_null(strstr(error_text(&error), "; file 999.json: wrong"));
    assert_null(strstr(error_text(&error), "and more"));
}

/* Of errors that were several themselves each advice is given once, whatever they had beside it. */
static void each_advice_is_given_once(void **state)
{
    (void)state;
    static const char *const hints[][2] = {
        {"mend it there; nothing was touched", "look at a"},
        {"mend it there; nothing was touched", "look at b"},
    };
    struct errors outer = {0};
    struct error error;
    for (size_t i = 0; i < COUNT(hints); i++) {
        struct errors inner = {0};
        for (size_t k = 0; k < COUNT(hints[i]); k++) {
            error_set(&error, ERROR_USAGE, "wrong");
            error_hint(&error, "%s", hints[i][k]);
            assert_true(errors_add(&inner, &error));
        }
        assert_false(errors_give(&inner, &error));
        assert_true(errors_add(&outer, &error));
    }
    assert_false(errors_give(&outer, &error));
    assert_string_equal(error.hint, "mend it there; nothing was touched; look at a; look at b");
}

/* What does not fit into a message goes whole into another list, and is said whole. */
static void a_list_of_lists_is_whole(void **state)
{
    (void)state;
    struct errors inner = {0}, outer = {0};
    struct error error;
    for (int i = 0; i < 200; i++) {
        error_set(&error, ERROR_USAGE, "mistake %03d is one of two hundred, and has words about it", i);
        assert_true(errors_add(&inner, &error));
    }
    assert_false(errors_give(&inner, &error));
    assert_true(errors_add(&outer, &error));
    assert_false(errors_give(&outer, &error));
    assert_int_equal(error.problems, 200);
    assert_non_null(strstr(error.message, "200 problems: mistake 000 is one"));
    assert_non_null(strstr(error.message, "about it; and more, which are told when these are mended"));
    assert_null(strstr(strstr(error.message, "and more") + 1, "and more"));
    struct caught caught;
    catch_begin(&caught, STDERR_FILENO);
    message_error(&error);
    char *text = catch_end(&caught);
    for (int i = 0; i < 200; i++) {
        char mistake[40];
        snprintf(mistake, sizeof mistake, "mistake %03d is one of", i);
        assert_non_null(strstr(text, mistake));
    }
    assert_null(strstr(text, "and more"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_lists_is_whole),
        cmocka_unit_test(each_advice_is_given_once),
        cmocka_unit_test(every_code_has_its_name_and_exit_code),
        cmocka_unit_test(several_errors_are_told_as_one),
        cmocka_unit_test(setting_forgets_what_was_before),
        cmocka_unit_test(advice_says_what_a_second_call_cannot_cure),
        cmocka_unit_test(an_error_can_quote_itself),
        cmocka_unit_test(the_system_says_why),
        cmocka_unit_test(texts_are_cut_to_their_field),
        cmocka_unit_test(the_innermost_place_wins),
        cmocka_unit_test(memory_is_an_error_of_this_machine),
        cmocka_unit_test(people_read_lines),
        cmocka_unit_test(programs_read_objects),
        cmocka_unit_test(lines_are_text),
        cmocka_unit_test(formats_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
