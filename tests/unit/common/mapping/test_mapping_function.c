/* A call of a function in "do": what it becomes, and what is wrong with it, named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/function.h"
#include "sample.h"

static bool read_call(struct arena *arena, const char *text, cJSON **json,
                      struct function_call *call, struct error *error)
{
    const struct json_place place = {NULL, "do", 0};
    *json = cJSON_Parse(sample_quoted(text));
    if (*json == NULL)
        fail_msg("no JSON: %s", text);
    return function_call_read(*json, &place, arena, call, error);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *call, *message;
    } cases[] = {
        {"5", "do: a function is its name, or an object of its name and its argument, as "
              "{'split': ','}, and this is a number"},
        {"{}", "a function is its name"},
        {"{'split': ',', 'item': 0}", "and this is an object of several names"},
        {"'splitt'", "did you mean 'split'?"},
        {"{'lowr': 1}", "did you mean 'lower'?"},
        {"'split'", "do: 'split' needs its argument, as {'split': ', '}"},
        {"{'lower': true}", "do: 'lower' takes no argument: it is named alone, 'lower'"},
        {"{'split': 5}", "do: /split: this must be a text, and is a number"},
        {"{'strip': ''}", "do: /strip: this must be a text, and is a string that is empty"},
        {"{'item': 0.5}", "do: /item: this must be a whole number, from 0, or from the end"},
        {"{'item': '0'}", "do: /item: this must be a whole number"},
        {"{'item': 1e10}", "do: /item: this must be a whole number"},
        {"{'epoch': 'us'}", "do: /epoch: 'us' is none of: s, ms"},
        {"{'epoch': 1}", "do: /epoch: this must be a text"},
        {"{'uuid3': 'Java'}", "do: /uuid3: 'Java' is none of: java, csharp, python; did you mean 'java'?"},
        {"{'padded': 'both'}", "do: /padded: 'both' is none of: left, right"},
        {"{'day': 'Europe/Berlim'}", "do: /day: there is no time zone 'Europe/Berlim' in "},
        {"{'day': '../etc/passwd'}", "do: /day: there is no time zone '../etc/passwd' in "},
        {"{'day': '/etc/passwd'}", "there is no time zone"},
        {"{'day': true}", "do: /day: this must be a text"},
        {"{'time': 'YYYY'}", "do: /time: this must be an object, as {'format': 'DD.MM.YYYY'}"},
        {"{'time': {}}", "do: /time: the 'format' is missing"},
        {"{'time': {'form': 'YYYY'}}", "do: /time: unknown key 'form'; did you mean 'format'?"},
        {"{'time': {'format': 'YYYY.MM.DX'}}", "do: /time/format: this is no pattern at 'DX'"},
        {"{'time': {'format': 'YYYY', 'zone': 'Nowhere'}}", "do: /time/zone: there is no time zone"},
        {"{'time': {'format': 'YYYY', 'zone': 'UTC'}}",
         "do: /time/zone: a date without a time of day has no zone"},
        {"{'time': {'format': 'YYYY-MM-DD HH24 TZH', 'zone': 'UTC'}}",
         "do: /time/zone: the text has its zone (TZH) already"},
        {"{'time': {'format': 'YYYY', 'gap': 'before'}}", "do: /time/gap: this is for a 'zone'"},
        {"{'time': {'format': 'YYYY', 'overlap': 'first'}}", "do: /time/overlap: this is for a 'zone'"},
        {"{'time': {'format': 'YYYY HH24', 'zone': 'UTC', 'gap': 'first'}}",
         "do: /time/gap: 'first' is none of: before, after"},
        {"{'time': {'format': 'YYYY HH24', 'zone': 'UTC', 'overlap': 'last'}}",
         "do: /time/overlap: 'last' is none of: first, second"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct function_call call;
        struct error error;
        cJSON *json;
        arena_init(&arena);
        if (read_call(&arena, cases[i].call, &json, &call, &error))
            fail_msg("%s is taken", cases[i].call);
        sample_assert_error(&error, ERROR_USAGE, NULL, cases[i].message, cases[i].call);
        cJSON_Delete(json);
        arena_release(&arena);
    }
}

static void a_call_has_its_argument(void **state)
{
    (void)state;
    struct arena arena;
    struct function_call call;
    struct error error;
    cJSON *json;
    arena_init(&arena);
    assert_true(read_call(&arena,
                          "{'time': {'format': 'YYYY HH24', 'zone': 'Europe/Berlin', 'gap': "
                          "'after', 'overlap': 'first'}}",
                          &json, &call, &error));
    assert_int_equal(call.function, FUNCTION_TIME);
    assert_string_equal(call.zone->name, "Europe/Berlin");
    assert_string_equal(call.format->text, "YYYY HH24");
    assert_int_equal(call.gap, TIME_LATER);
    assert_int_equal(call.overlap, TIME_EARLIER);
    cJSON_Delete(json);
    assert_true(read_call(&arena, "{'item': -3}", &json, &call, &error));
    assert_int_equal(call.place, -3);
    cJSON_Delete(json);
    assert_true(read_call(&arena, "{'uuid3': 'python'}", &json, &call, &error));
    assert_int_equal(call.word, UUID3_PYTHON);
    cJSON_Delete(json);
    assert_true(read_call(&arena, "{'padded': 'left'}", &json, &call, &error));
    assert_int_equal(call.word, PADDED_LEFT);
    cJSON_Delete(json);
    assert_true(read_call(&arena, "{'epoch': 'ms'}", &json, &call, &error));
    assert_int_equal(call.word, EPOCH_MILLISECONDS);
    cJSON_Delete(json);
    arena_release(&arena);
}

/* What comes to a function after those before it. */
static void idle_calls_are_found(void **state)
{
    (void)state;
    static const struct {
        enum mapping_function functions[4];
        size_t count, idle;
        unsigned before;
    } cases[] = {
        {{FUNCTION_LOWER, FUNCTION_EMPTY_NULL, FUNCTION_UPPER}, 3, 3, 0},
        {{FUNCTION_ELEMENTS, FUNCTION_LOWER}, 2, 1, OF_NUMBER},
        {{FUNCTION_NUMBER, FUNCTION_TEXT, FUNCTION_LOWER}, 3, 3, 0},
        {{FUNCTION_NUMBER, FUNCTION_TRIM}, 2, 1, OF_NUMBER},
        {{FUNCTION_SPLIT, FUNCTION_NUMBER, FUNCTION_UNIQUE, FUNCTION_ELEMENTS}, 4, 4, 0},
        {{FUNCTION_SPLIT, FUNCTION_ITEM, FUNCTION_LOWER}, 3, 3, 0},
        {{FUNCTION_UUID3, FUNCTION_EPOCH}, 2, 1, OF_UUID},
        {{FUNCTION_TEXT, FUNCTION_ELEMENTS}, 2, 2, 0}, /* of the texts of an array */
        {{FUNCTION_ELEMENTS, FUNCTION_UNIQUE}, 2, 1, OF_NUMBER},
        {{FUNCTION_SPLIT, FUNCTION_EPOCH}, 2, 1, OF_ARRAY},
        {{FUNCTION_NUMBER, FUNCTION_SPLIT}, 2, 1, OF_NUMBER},
        {{FUNCTION_LOWER, FUNCTION_ELEMENTS}, 2, 2, 0}, /* an array passes */
        {{FUNCTION_ELEMENTS, FUNCTION_SAFE_NUMBERS}, 2, 2, 0},
        {{FUNCTION_TIME, FUNCTION_DAY, FUNCTION_MIDNIGHT, FUNCTION_DAY}, 4, 4, 0},
        {{FUNCTION_EPOCH, FUNCTION_DAY, FUNCTION_DAY}, 3, 2, OF_TEXT},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct function_call calls[4] = {0};
        unsigned before;
        for (size_t k = 0; k < cases[i].count; k++)
            calls[k].function = cases[i].functions[k];
        size_t idle = function_calls_idle(calls, cases[i].count, &before);
        if (idle != cases[i].idle || (idle < cases[i].count && before != cases[i].before))
            fail_msg("case %zu: %zu, %x", i, idle, before);
    }
}

/* What the table says of a function. */
static void every_function_is_described(void **state)
{
    (void)state;
    for (size_t f = 0; f < FUNCTION_COUNT; f++) {
        const struct function_entry *entry = &mapping_functions[f];
        char kinds[FUNCTION_KINDS];
        assert_non_null(entry->name);
        size_t length = strlen(entry->help);
        if (length < 10 || entry->help[length - 1] != '.')
            fail_msg("%s: %s", entry->name, entry->help);
        function_kinds(entry->takes, kinds);
        assert_true(kinds[0] != '\0' && strlen(kinds) < sizeof kinds - 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_call_has_its_argument),
        cmocka_unit_test(idle_calls_are_found),
        cmocka_unit_test(every_function_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
