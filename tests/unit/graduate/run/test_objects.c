/* The strict rule about objects: what is not kept is left out by name or kind, what is left out is
 * there and is not kept; and the account of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4 };

static const struct source core = {.name = "core"}, sql = {.name = "sql"};

/* Two views and a trigger of core, a kept index and a changed one, and a view of sql. */
struct stage {
    struct catalog items[2];
    struct catalogs catalogs;
    struct project project;
    struct not_kept rules[MOST];
    struct schema schema;
    struct objects objects;
};

static void put(struct catalog *catalog, const char *kind, const char *name)
{
    struct error error;
    assert_true(catalog_object_add(catalog, kind, name, NULL, "what it is", &error));
}

static void gather(struct stage *stage)
{
    static char folder[] = "p";
    struct error error;
    stage->schema.project = &stage->project;
    stage->project.folder = folder;
    stage->project.not_kepts = stage->rules;
    assert_true(objects_gather(&stage->objects, &stage->catalogs, &stage->schema, &error));
    for (size_t i = 0; i < stage->objects.count; i++) {
        struct object_line *line = &stage->objects.lines[i];
        if (strncmp(line->object->name, "kept", 4) == 0)
            line->keeping.fate = KEEPING_KEPT;
        if (strncmp(line->object->name, "changed", 7) == 0)
            line->keeping = (struct keeping){.fate = KEEPING_CHANGED, .how = "without CYCLE"};
    }
}

static void open_stage(struct stage *stage)
{
    static const char *const names[] = {"core", "sql"};
    *stage = (struct stage){.catalogs = {stage->items, 2}};
    for (size_t i = 0; i < 2; i++) {
        catalog_init(&stage->items[i]);
        stage->items[i].source = strdup(names[i]);
        stage->items[i].kind = strdup("mongodb");
    }
}

static void set_stage(struct stage *stage)
{
    open_stage(stage);
    put(&stage->items[0], "view", "a");
    put(&stage->items[0], "trigger", "t \"on\" a");
    put(&stage->items[0], "view", "b");
    put(&stage->items[0], "index", "kept_i");
    put(&stage->items[0], "sequence", "changed_s");
    put(&stage->items[1], "view", "a");
}

static void close_stage(struct stage *stage)
{
    objects_release(&stage->objects);
    catalog_release(&stage->items[0]);
    catalog_release(&stage->items[1]);
}

static const struct {
    struct not_kept rules[MOST];
    const char *message, *hint; /* NULL: it holds */
} cases[] = {
    {{{&core, "view", NULL, "w"}, {&core, "trigger", NULL, "w"}, {&sql, "view", NULL, "w"}},
     NULL,
     NULL},
    {{{&core, "view", NULL, "w"}, {&core, "trigger", "t \"on\" a", "w"}, {&sql, "view", "a", "w"}},
     NULL,
     NULL},
    {{{0}},
     "4 of the sources' objects are neither kept nor left out: core view \"a\", core trigger \"t "
     "\"on\" a\", core view \"b\", sql view \"a\"",
     "make what the target needs there by hand; then add to project.json, with your reasons (or "
     "{\"name\": \"why\"} for single ones): \"not_kept\": {\"core\": {\"view\": \"why\", "
     "\"trigger\": \"why\"}, \"sql\": {\"view\": \"why\"}}"},
    {{{&core, "view", "a", "w"}, {&core, "trigger", NULL, "w"}, {&sql, "view", NULL, "w"}},
     "1 of the sources' objects is neither kept nor left out: core view \"b\"",
     "make what the target needs there by hand; then add to project.json, with your reasons (or "
     "{\"name\": \"why\"} for single ones): \"not_kept\": {\"core\": {\"view\": \"why\"}}"},
    {{{&core, "veiw", NULL, "w"}},
     "p/project.json: /not_kept/core/veiw: the source core has no veiw; did you mean \"view\"?",
     "it has: view, trigger, index, sequence"},
    {{{&core, "view", "A", "w"}},
     "p/project.json: /not_kept/core/view/A: the source core has no view A; did you mean \"a\"?",
     "it has: a, b"},
    {{{&sql, "trigger", NULL, "w"},
      {&sql, "view", NULL, "w"},
      {&core, "view", NULL, "w"},
      {&core, "trigger", NULL, "w"}},
     NULL,
     NULL},
    {{{&sql, "trigger", "x", "w"}},
     "p/project.json: /not_kept/sql/trigger/x: the source sql has no trigger x",
     "take it out of \"not_kept\""},
    {{{&core, "index", "kept_i", "w"}},
     "p/project.json: /not_kept/core/index/kept_i: index kept_i of the source core is kept",
     "take it out of \"not_kept\": there stands what is not kept"},
    {{{&core, "sequence", NULL, "w"}},
     "p/project.json: /not_kept/core/sequence: sequence changed_s of the source core is changed: "
     "without CYCLE",
     "take it out of \"not_kept\": there stands what is not kept"},
};

static void test_the_strict_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage;
        struct error error = {0};
        set_stage(&stage);
        while (stage.project.not_kept_count < MOST &&
               cases[i].rules[stage.project.not_kept_count].kind != NULL) {
            stage.rules[stage.project.not_kept_count] =
                cases[i].rules[stage.project.not_kept_count];
            stage.project.not_kept_count++;
        }
        gather(&stage);
        assert_int_equal(objects_check(&stage.objects, &stage.project, &error),
                         cases[i].message == NULL);
        if (cases[i].message != NULL) {
            assert_int_equal(error.code, ERROR_USAGE);
            /* Behind a rule of nothing stands what nobody has spoken for. */
            static const char both[] = "2 problems: ";
            bool rule = strncmp(cases[i].message, "p/project.json", 14) == 0;
            const char *message = error.message + (rule ? strlen(both) : 0);
            assert_int_equal(error.problems, rule ? 2 : 0);
            assert_int_equal(strncmp(message, cases[i].message, strlen(cases[i].message)), 0);
            assert_int_equal(strncmp(error.hint, cases[i].hint, strlen(cases[i].hint)), 0);
            if (rule)
                assert_non_null(strstr(message, "neither kept nor left out: "));
            else
                assert_string_equal(error.message, cases[i].message);
        }
        close_stage(&stage);
    }
}

static void test_of_many_the_first_are_named(void **state)
{
    struct stage stage;
    struct error error;
    char name[32];
    (void)state;
    open_stage(&stage);
    for (int i = 1; i <= 25; i++) {
        snprintf(name, sizeof name, "v%d", i);
        put(&stage.items[0], "view", name);
    }
    gather(&stage);
    assert_false(objects_check(&stage.objects, &stage.project, &error));
    assert_non_null(strstr(error.message, "25 of the sources' objects are neither"));
    assert_non_null(strstr(error.message, "core view \"v20\" and 5 others"));
    assert_null(strstr(error.message, "v21"));
    close_stage(&stage);
}

/* By its name before by its kind, wherever they stand. */
static void test_reasons(void **state)
{
    struct stage stage;
    (void)state;
    set_stage(&stage);
    stage.rules[0] = (struct not_kept){&core, "view", "b", "b alone"};
    stage.rules[1] = (struct not_kept){&core, "view", NULL, "all views"};
    stage.project.not_kept_count = 2;
    gather(&stage);
    assert_string_equal(stage.objects.lines[0].reason, "all views");
    assert_null(stage.objects.lines[1].reason);
    assert_string_equal(stage.objects.lines[2].reason, "b alone");
    assert_null(stage.objects.lines[5].reason);
    close_stage(&stage);
}

static void test_the_account(void **state)
{
    struct stage stage;
    struct buffer text;
    (void)state;
    set_stage(&stage);
    stage.rules[0] = (struct not_kept){&core, "view", NULL, "all views"};
    stage.project.not_kept_count = 1;
    gather(&stage);
    cJSON *json = objects_to_json(&stage.objects);
    char *written = cJSON_PrintUnformatted(cJSON_GetArrayItem(json, 0));
    assert_string_equal(written, "{\"source\":\"core\",\"kind\":\"view\",\"name\":\"a\","
                                 "\"detail\":\"what it is\",\"fate\":\"not kept\","
                                 "\"reason\":\"all views\"}");
    free(written);
    written = cJSON_PrintUnformatted(cJSON_GetArrayItem(json, 4));
    assert_string_equal(written, "{\"source\":\"core\",\"kind\":\"sequence\",\"name\":"
                                 "\"changed_s\",\"detail\":\"what it is\",\"fate\":\"changed\","
                                 "\"how\":\"without CYCLE\"}");
    free(written);
    assert_int_equal(cJSON_GetArraySize(json), 6);
    cJSON_Delete(json);
    buffer_init(&text);
    objects_print(&stage.objects, &text);
    assert_string_equal(buffer_text(&text), "\nbeside the records:\n"
                                            "  source  kind      kept  changed  not kept\n"
                                            "  core    view         0        0         2\n"
                                            "  core    trigger      0        0         1\n"
                                            "  core    index        1        0         0\n"
                                            "  core    sequence     0        1         0\n"
                                            "  sql     view         0        0         1\n"
                                            "\nchanged:\n"
                                            "  core  sequence  changed_s  without CYCLE\n"
                                            "\nnot kept:\n"
                                            "  core  view     a         all views\n"
                                            "  core  trigger  t \"on\" a\n"
                                            "  core  view     b         all views\n"
                                            "  sql   view     a\n");
    buffer_release(&text);
    close_stage(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_strict_rule),
        cmocka_unit_test(test_of_many_the_first_are_named),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_the_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
