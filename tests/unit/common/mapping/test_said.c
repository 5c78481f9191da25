/* What project.json says for mappings, where it is put, and what cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/arena.h"
#include "said.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char said[] =
    "{\"said\": {\"moment\": {\"type\": \"date\", \"null\": false}, \"a\": {\"x\": 1, \"y\": 2},"
    " \"b\": {\"y\": 3, \"z\": {\"...\": \"moment\"}}, \"list\": [1, {\"...\": \"inner\"}],"
    " \"way\": {\"const\": \"{value}\", \"when\": {\"by\": [\"{name}\", \"name\"]}},"
    " \"inner\": [2, 3], \"text\": \"t\", \"other name\": {\"...\": \"a\"},"
    " \"with\": {\"...\": \"a\", \"y\": 9}, \"round\": {\"k\": {\"...\": \"about\"}},"
    " \"about\": {\"...\": \"round\"}}}";

/* Expanded, or what is wrong of it. */
static const struct {
    const char *text, *becomes;
} cases[] = {
    {"{\"c\": {\"...\": \"moment\"}}", "{\"c\":{\"type\":\"date\",\"null\":false}}"},
    {"{\"c\": {\"...\": \"moment\", \"null\": true}}", "{\"c\":{\"type\":\"date\",\"null\":true}}"},
    {"{\"c\": {\"from\": \"f\", \"...\": \"a\", \"w\": 0}}",
     "{\"c\":{\"from\":\"f\",\"x\":1,\"y\":2,\"w\":0}}"},
    {"{\"...\": [\"a\", \"b\"]}", "{\"x\":1,\"y\":2,\"z\":{\"type\":\"date\",\"null\":false}}"},
    {"{\"...\": [\"b\", \"a\"], \"z\": 0}", "{\"y\":3,\"x\":1,\"z\":0}"},
    {"{\"in\": {\"...\": \"list\"}}", "{\"in\":[1,2,3]}"},
    {"{\"in\": [0, {\"...\": \"list\"}, {\"...\": \"text\"}]}", "{\"in\":[0,1,2,3,\"t\"]}"},
    {"{\"o\": {\"...\": \"other name\"}, \"w\": {\"...\": \"with\"}}",
     "{\"o\":{\"x\":1,\"y\":2},\"w\":{\"x\":1,\"y\":9}}"},
    {"[0, {\"...\": \"way\", \"for\": {\"a\": \"x\", \"b\": \"b\"}}, 1]",
     "[0,{\"const\":\"x\",\"when\":{\"by\":[\"a\",\"name\"]}},"
     "{\"const\":\"b\",\"when\":{\"by\":[\"b\",\"name\"]}},1]"},
    {"[{\"...\": \"way\", \"for\": [1]}]", "m.json: /0/for: this must be an object of names"},
    {"{\"deep\": [[{\"...\": \"text\"}]]}", "{\"deep\":[[\"t\"]]}"},
    {"{\"said\": {\"own\": {\"p\": 7}}, \"c\": {\"...\": [\"own\", \"a\"]}}",
     "{\"c\":{\"p\":7,\"x\":1,\"y\":2}}"},
    {"{\"c\": {\"...\": \"momnt\"}}",
     "m.json: /c/...: project.json's \"said\" has no \"momnt\"; did you mean \"moment\"?"},
    {"{\"c\": {\"...\": \"round\"}}", "\"round\" goes in a circle"},
    {"{\"c\": {\"...\": \"text\", \"d\": 1}}", "\"text\" is a string, and has no members"},
    {"{\"c\": {\"...\": 1, \"d\": 1}}", "this names what project.json's \"said\" has"},
};

static void it_stands_in_the_mapping(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct project project = {0};
        const struct json_place top = {NULL, "project.json", 0};
        struct arena arena;
        struct error error = {0};
        cJSON *all = cJSON_Parse(said), *mapping = cJSON_Parse(cases[i].text);
        assert_true(all != NULL && mapping != NULL);
        arena_init(&arena);
        assert_true(said_read(&project, &arena, all, &top, &error));
        if (said_expand(&project, &arena, mapping, "m.json", &error)) {
            char *text = cJSON_PrintUnformatted(mapping);
            assert_string_equal(text, cases[i].becomes);
            cJSON_free(text);
        } else if (strstr(error.message, cases[i].becomes) == NULL) {
            fail_msg("%s: %s", cases[i].text, error.message);
        }
        arena_release(&arena);
        cJSON_Delete(mapping);
        cJSON_Delete(all);
    }
}

static void each_name_is_taken(void **state)
{
    (void)state;
    const struct json_place top = {NULL, "project.json", 0};
    struct said names[] = {{"a", NULL, true}, {"b", NULL, false}};
    struct project project = {.said = names, .said_count = 2};
    struct error error;
    assert_false(said_check(&project, &top, &error));
    assert_non_null(strstr(error.message, "/said/b: no mapping takes it"));
    names[1].used = true;
    assert_true(said_check(&project, &top, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stands_in_the_mapping),
        cmocka_unit_test(each_name_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
