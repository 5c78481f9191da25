/* Configuration as JSON: what is wrong is named by line and column, or by JSON pointer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch_folder.h"
#include "graduate/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int setup(void **state)
{
    static struct folder folder;
    folder_make(&folder);
    *state = &folder;
    return 0;
}

static int teardown(void **state)
{
    folder_remove(*state);
    return 0;
}

static bool parse(const char *text, cJSON **json, struct error *error)
{
    memset(error, 0, sizeof *error);
    return json_parse(text, strlen(text), "a.json", json, error);
}

static void broken_text_is_named_by_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "a.json:1:1: this is not JSON"},
        {" \n\t ", "a.json:2:2: this is not JSON"},
        {"{", "a.json:1:1: this is not JSON"},
        {"nonsense", "a.json:1:1: this is not JSON"},
        {"{\"a\": 1,\n \"b\": tru}", "a.json:2:7: this is not JSON"},
        {"{\"a\": 1,}", "a.json:1:9: this is not JSON"},
        {"{\"a\": 1\n\"b\": 2}", "a.json:2:1: this is not JSON"},
        {"[1, 2", "a.json:1:5: this is not JSON"},
        {"{\"a\": \"no end}", "a.json:1:8: this is not JSON"},
        {"{\"a\": 1} x", "a.json:1:10: this is not JSON"},
        {"{\"a\": 1}\n\n{}", "a.json:3:1: this is not JSON"},
        {"{'a': 1}", "a.json:1:3: this is not JSON"},
        {"[1] // why", "a.json:1:5: this is not JSON"},
        {"{\"a\": \"\\x\"}", "a.json:1:8: this is not JSON"},
        {"{\"a\": \"\\ud800\"}", "a.json:1:8: this is not JSON"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        cJSON *json;
        assert_false(parse(cases[i].text, &json, &error));
        assert_null(json);
        assert_int_equal(error.code, ERROR_USAGE);
        if (strcmp(error.message, cases[i].message) != 0)
            fail_msg("%s\n  gave: %s\n  not:  %s", cases[i].text, error.message, cases[i].message);
        assert_non_null(strstr(error.hint, "missing comma or quote"));
    }
}

static void what_is_json_is_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        " [1, 2.5, -3e2]\r\n\t ",
        "{\"a\": {\"a\": 1}, \"A\": [{\"a\": 1}, {\"a\": 2}]}",
        "\"\xc3\xa9\\u00e9\\ud83d\\ude00\"",
        "\xef\xbb\xbf{\"bom\": true}",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct error error;
        cJSON *json;
        assert_true(parse(texts[i], &json, &error));
        assert_non_null(json);
        cJSON_Delete(json);
    }
}

static void a_duplicate_key_is_named_by_its_pointer(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"a\": 1, \"a\": 1}", "a.json: /a: this key stands here twice"},
        {"{\"a\": 1, \"b\": 2, \"a\": 3}", "a.json: /a: this key stands here twice"},
        {"[0, {\"x\": [{\"b\": 1, \"b\": 2}]}]", "a.json: /1/x/0/b: this key stands here twice"},
        {"{\"a/b\": {\"c~d\": 1, \"c~d\": 1}}", "a.json: /a~1b/c~0d: this key stands here twice"},
        {"{\"\": {\"\": 1, \"\": 1}}", "a.json: //: this key stands here twice"},
        {"{\"a\": 1, \"\\u0061\": 1}", "a.json: /a: this key stands here twice"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        cJSON *json;
        assert_false(parse(cases[i].text, &json, &error));
        assert_null(json);
        assert_int_equal(error.code, ERROR_USAGE);
        assert_string_equal(error.message, cases[i].message);
    }
}

/* `depth` arrays and objects in turn around a number. */
static char *nested(size_t depth)
{
    struct buffer text;
    buffer_init(&text);
    for (size_t i = 0; i < depth; i++)
        buffer_puts(&text, i % 2 == 0 ? "[" : "{\"a\":");
    buffer_putc(&text, '1');
    for (size_t i = depth; i > 0; i--)
        buffer_puts(&text, i % 2 == 1 ? "]" : "}");
    char *copy = strdup(buffer_text(&text));
    buffer_release(&text);
    return copy;
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    static const struct {
        size_t depth;
        const char *message;
    } cases[] = {
        {64, NULL},
        {65, ": nested deeper than 64 levels"},
        {999, ": nested deeper than 64 levels"},
        {100000, "a.json:1:"}, /* a bomb: the parser itself gives up */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        cJSON *json;
        char *text = nested(cases[i].depth);
        bool ok = parse(text, &json, &error);
        assert_int_equal(ok, cases[i].message == NULL);
        if (!ok)
            assert_non_null(strstr(error.message, cases[i].message));
        cJSON_Delete(json);
        free(text);
    }
}

static void a_file_has_a_limit(void **state)
{
    const struct folder *folder = *state;
    enum { LIMIT = 16 << 20 };
    struct error error;
    cJSON *json;
    char *text = malloc(LIMIT + 1);
    assert_non_null(text);
    memset(text, ' ', LIMIT + 1);
    text[0] = '7';
    folder_put_bytes(folder, "largest", text, LIMIT);
    folder_put_bytes(folder, "too_large", text, LIMIT + 1);
    free(text);
    assert_true(json_read_file(folder_path(folder, "largest"), &json, &error));
    assert_int_equal(json->valueint, 7);
    cJSON_Delete(json);
    assert_false(json_read_file(folder_path(folder, "too_large"), &json, &error));
    assert_null(json);
    assert_int_equal(error.code, ERROR_USAGE);
    assert_non_null(strstr(error.message, "too_large is larger than the 16777216 bytes"));
}

static void files_that_cannot_be_read(void **state)
{
    const struct folder *folder = *state;
    struct error error;
    cJSON *json = (cJSON *)&error;
    assert_false(json_read_file(folder_path(folder, "none.json"), &json, &error));
    assert_null(json);
    assert_int_equal(error.code, ERROR_USAGE);
    assert_non_null(strstr(error.message, "none.json: No such file or directory"));
    folder_put(folder, "b.json", "{\n}}");
    assert_false(json_read_file(folder_path(folder, "b.json"), &json, &error));
    assert_non_null(strstr(error.message, "/b.json:2:2: this is not JSON"));
}

static void places_are_pointers(void **state)
{
    (void)state;
    struct error error;
    const struct json_place top = {NULL, "m.json", 0}, to = {&top, "to", 0},
                            table = {&to, "a/b~c", 0}, index = {&table, NULL, 3};
    assert_false(json_error(&error, &top, "no %s", "object"));
    assert_int_equal(error.code, ERROR_USAGE);
    assert_string_equal(error.message, "m.json: no object");
    json_error(&error, &to, "x");
    assert_string_equal(error.message, "m.json: /to: x");
    json_error(&error, &index, "x");
    assert_string_equal(error.message, "m.json: /to/a~1b~0c/3: x");
}

static void only_the_allowed_words(void **state)
{
    (void)state;
    static const char *const words[] = {"from", "to", "drop"};
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{}", NULL},
        {"{\"to\": 1, \"from\": {\"any\": 1}}", NULL},
        {"{\"to\": 1, \"form\": 2}",
         "m.json: unknown key \"form\"; did you mean \"from\"?; allowed here: from, to, drop"},
        {"{\"To\": 1}",
         "m.json: unknown key \"To\"; did you mean \"to\"?; allowed here: from, to, drop"},
        {"{\"something\": 1}", "m.json: unknown key \"something\"; allowed here: from, to, drop"},
    };
    const struct json_place top = {NULL, "m.json", 0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        cJSON *json;
        assert_true(parse(cases[i].text, &json, &error));
        bool ok = json_only(json, &top, words, COUNT(words), &error);
        assert_int_equal(ok, cases[i].message == NULL);
        if (!ok)
            assert_string_equal(error.message, cases[i].message);
        cJSON_Delete(json);
    }
}

static void kinds_have_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kind;
    } cases[] = {
        {"false", "false"},
        {"true", "true"},
        {"null", "null"},
        {"1", "a number"},
        {"\"x\"", "a string"},
        {"\"\"", "a string that is empty"},
        {"[1]", "an array"},
        {"[]", "an array that is empty"},
        {"{\"a\": 1}", "an object"},
        {"{}", "an object that is empty"},
    };
    assert_string_equal(json_kind(NULL), "nothing");
    for (size_t i = 0; i < COUNT(cases); i++) {
        cJSON *json = cJSON_Parse(cases[i].text);
        assert_string_equal(json_kind(json), cases[i].kind);
        cJSON_Delete(json);
    }
}

static void strings_are_escaped_where_they_must_be(void **state)
{
    (void)state;
#define TEXT(text) (text), sizeof(text) - 1
    static const struct {
        const char *text;
        size_t length;
        const char *json;
    } cases[] = {
        {TEXT(""), "\"\""},
        {TEXT("plain"), "\"plain\""},
        {TEXT("\""), "\"\\\"\""},
        {TEXT("a\\b/c"), "\"a\\\\b/c\""},
        {TEXT("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\""},
        {TEXT("\0\x01\x1f \x7f"), "\"\\u0000\\u0001\\u001f \x7f\""},
        {TEXT("x\0"), "\"x\\u0000\""},
        {TEXT("gr\xc3\xbc\xc3\x9f\xf0\x9f\x98\x80"), "\"gr\xc3\xbc\xc3\x9f\xf0\x9f\x98\x80\""},
        {TEXT("\"quoted\" twice\n"), "\"\\\"quoted\\\" twice\\n\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buffer out;
        buffer_init(&out);
        json_put_string(&out, cases[i].text, cases[i].length);
        assert_string_equal(buffer_text(&out), cases[i].json);
        if (memchr(cases[i].text, '\0', cases[i].length) == NULL) { /* and comes back */
            cJSON *json = cJSON_Parse(buffer_text(&out));
            assert_memory_equal(json->valuestring, cases[i].text, cases[i].length + 1);
            cJSON_Delete(json);
        }
        buffer_release(&out);
    }
}

static void what_is_written_can_be_read(void **state)
{
    const struct folder *folder = *state;
    struct error error;
    cJSON *json, *again;
    const char *path = folder_path(folder, "w.json");
    assert_true(parse("{\"a\": [1, null, \"\xc3\xa9\"], \"b\": 1.5}", &json, &error));
    assert_true(json_write_file(path, json, &error));
    assert_true(json_read_file(path, &again, &error));
    assert_true(cJSON_Compare(json, again, true));
    cJSON_Delete(again);
    assert_false(json_write_file(folder_path(folder, "none/w.json"), json, &error));
    assert_int_equal(error.code, ERROR_TARGET);
    cJSON_Delete(json);
}

/* A double holds 15 digits for certain: with more, another number would be moved, or none would
 * match. */
static void numbers_are_exact_or_refused(void **state)
{
    const struct folder *folder = *state;
    static const struct {
        const char *json, *refused; /* NULL: it is read */
    } cases[] = {
        {"{\"a\": [0, -0.5, 123456789012345, 1e300, 12345.6789012345]}", NULL},
        {"{\"a\": 100000000000000000000, \"b\": 0.000000000000000000001}", NULL},
        {"{\"a\": \"9007199254740993 \\\" 0.30000000000000004\"}", NULL},
        {"{\"9007199254740993\": 1.50000000000000000}", NULL},
        {"{\"a\": 9007199254740993}", "9007199254740993"},
        {"{\"a\":\n -1000000000000001}", "-1000000000000001"},
        {"{\"a\": [0.30000000000000004]}", "0.30000000000000004"},
        {"{\"a\": \"\\\\\", \"b\": 1.234567890123456e-7}", "1.234567890123456"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {0};
        cJSON *json;
        folder_put(folder, "n.json", cases[i].json);
        bool ok = json_read_exact(folder_path(folder, "n.json"), &json, &error);
        if (ok != (cases[i].refused == NULL))
            fail_msg("%s: %s", cases[i].json, ok ? "is read" : error.message);
        if (!ok) {
            char says[100];
            snprintf(says, sizeof says, "n.json:%d: the number %s has more digits",
                     1 + (strchr(cases[i].json, '\n') != NULL), cases[i].refused);
            assert_int_equal(error.code, ERROR_USAGE);
            assert_non_null(strstr(error.message, says));
            assert_null(json);
        }
        cJSON_Delete(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_text_is_named_by_line_and_column),
        cmocka_unit_test(what_is_json_is_read),
        cmocka_unit_test(a_duplicate_key_is_named_by_its_pointer),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test_setup_teardown(a_file_has_a_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(files_that_cannot_be_read, setup, teardown),
        cmocka_unit_test(places_are_pointers),
        cmocka_unit_test(only_the_allowed_words),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(strings_are_escaped_where_they_must_be),
        cmocka_unit_test_setup_teardown(what_is_written_can_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_exact_or_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
