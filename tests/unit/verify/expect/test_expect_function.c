/* The functions of "do" as verify reads them: the same values come of them as transform makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_function.h"
#include "function_cases.h"

static struct item field_of(const bson_t *record, struct item *document, const struct words *dates)
{
    const uint8_t *bytes = bson_get_data(record);
    *document = (struct item){.value = {.value_type = BSON_TYPE_DOCUMENT}, .dates = dates};
    memcpy(&document->value.value.v_doc.data, &bytes, sizeof bytes);
    document->value.value.v_doc.data_len = record->len;
    return item_find(document, "v");
}

/* The value as extended JSON. */
static char *shown(const struct item *item)
{
    bson_t record = BSON_INITIALIZER;
    if (item->value.value_type != BSON_TYPE_EOD)
        assert_true(bson_append_value(&record, "v", 1, &item->value));
    char *text = bson_as_canonical_extended_json(&record, NULL);
    bson_destroy(&record);
    return text;
}

/* `dates`: the fields that the source calls so, or NULL. */
static void try_case(const struct function_case *c, const struct words *dates)
{
    bson_t *record = function_record(c->input);
    struct item document, item = field_of(record, &document, dates);
    struct arena arena, texts;
    struct function_call *calls;
    struct error error = {0};
    cJSON *list;
    bool ok = true, any = false;
    arena_init(&arena);
    arena_init(&texts);
    struct expect_surroundings around = {.record = &document, .texts = &texts, .rule = &function_identity};
    size_t count = function_calls(&arena, c->calls, &list, &calls);
    for (size_t i = 0; ok && i < count; i++) {
        bool changed = false;
        ok = expect_apply(&calls[i], &around, &item, &changed, &error);
        any = any || changed;
    }
    if (ok != (c->output != NULL))
        fail_msg("%s of %s: %s", c->calls, c->input, ok ? "not refused" : error.message);
    if (!ok) {
        assert_int_equal(error.code, ERROR_DATA);
    } else {
        bson_t *expected = function_record(c->output);
        struct item other;
        const struct item right = field_of(expected, &other, NULL);
        char *found = shown(&item), *wanted = shown(&right);
        if (strcmp(found, wanted) != 0)
            fail_msg("%s of %s gave %s, not %s", c->calls, c->input, found, wanted);
        if (any != (strcmp(c->input, c->output) != 0))
            fail_msg("%s of %s: is it a change?", c->calls, c->input);
        bson_free(found);
        bson_free(wanted);
        bson_destroy(expected);
    }
    cJSON_Delete(list);
    arena_release(&arena);
    arena_release(&texts);
    bson_destroy(record);
}

static void verify_makes_of_values_what_transform_makes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(function_cases); i++)
        try_case(&function_cases[i], NULL);
}

static void dates_of_the_source_are_texts_too(void **state)
{
    (void)state;
    const char *names[] = {"u", "v"};
    const struct words dates = {names, COUNT(names)};
    for (size_t i = 0; i < COUNT(moment_function_cases); i++)
        try_case(&moment_function_cases[i], &dates);
}

static void every_example_is_true(void **state)
{
    (void)state;
    for (size_t f = 0; f < FUNCTION_COUNT; f++) {
        const struct function_entry *entry = &mapping_functions[f];
        char calls[300];
        snprintf(calls, sizeof calls, "[%s]", entry->call);
        try_case(&(struct function_case){calls, entry->input, entry->output, NULL}, NULL);
    }
}

/* An array of the mapping itself, as of "const". */
static void arrays_of_the_mapping_are_arrays(void **state)
{
    (void)state;
    cJSON *json = cJSON_Parse("[\"a\", {\"b\": 1}]");
    struct item item = item_of_json(json), document = {0};
    struct arena texts;
    struct error error;
    bool changed;
    arena_init(&texts);
    struct expect_surroundings around = {.record = &document, .texts = &texts, .rule = &function_identity};
    const struct function_call last = {.function = FUNCTION_ITEM, .place = -1};
    assert_true(expect_apply(&last, &around, &item, &changed, &error));
    char *text = shown(&item);
    assert_string_equal(text, "{ \"v\" : { \"b\" : { \"$numberInt\" : \"1\" } } }");
    bson_free(text);
    arena_release(&texts);
    cJSON_Delete(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verify_makes_of_values_what_transform_makes),
        cmocka_unit_test(dates_of_the_source_are_texts_too),
        cmocka_unit_test(every_example_is_true),
        cmocka_unit_test(arrays_of_the_mapping_are_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
