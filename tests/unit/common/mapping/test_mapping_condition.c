/* Conditions: what is refused, and the tree that the others become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "graduate/project.h"
#include "sample.h"
#include "scratch_folder.h"

/* A table of "books" with these members; single quotes stand for double ones. */
static bool load(struct folder *folder, const char *members, struct project *project, struct error *error)
{
    char text[2000];
    folder_make(folder);
    folder_put(folder, "project.json",
               "{\"project\":\"p\",\"target\":\"${T}\",\"sources\":{\"core\":{\"kind\":\"mongodb\",\"uri\":\"${A}\"}}}");
    snprintf(text, sizeof text,
             "{'from':'core.books','to':{'public.books':{'key':['id'],'columns':{'id':{'from':'_id','type':'text'}}},"
             "'public.parts':{'each':'parts','key':['n'],'columns':{'n':{'position':true}},%s}}}",
             members);
    folder_put(folder, "books.json", sample_quoted(text));
    bool ok = project_load(project, folder->path, error);
    folder_remove(folder);
    return ok;
}

static void wrong_conditions(void **state)
{
    (void)state;
    static const char scalars[] = "a field is compared with a text, a number, true, false or null, not with ";
    static const struct {
        const char *when, *place, *message;
    } cases[] = {
        {"{}", "",
         "this must be an object, as {'field': true} or {'field': {'not': ''}}, and is an object that is empty"},
        {"['a']", "", "this must be an object, as"},
        {"{'a':[1]}", "/a", "a field is compared with a text, a number, true, false or null, not with an array"},
        {"{'a':[]}", "/a", scalars},
        {"{'a':{}}", "/a", scalars},
        {"{'a':{'nto':1}}", "/a", "unknown key 'nto'; did you mean 'not'?; allowed here: not, in, above, below, at_"},
        {"{'a':{'at_leats':1}}", "/a", "unknown key 'at_leats'; did you mean 'at_least'?"},
        {"{'a':{'not':{}}}", "/a/not", "this must be a text, a number, true, false or null, and is an object"},
        {"{'a':{'in':1}}", "/a/in", "this must be an array of texts, of numbers, or of true and false, and is a n"},
        {"{'a':{'in':[]}}", "/a/in", "this must be an array of texts"},
        {"{'a':{'in':['x',null]}}", "/a/in/1",
         "a list holds constants of one kind: texts, numbers, or true and false; this is null"},
        {"{'a':{'in':['x',1]}}", "/a/in/1", "a list holds constants of one kind"},
        {"{'a':{'in':[true,'x']}}", "/a/in/1", "a list holds constants of one kind"},
        {"{'a':{'in':[1,2,1.0]}}", "/a/in/2", "this stands in the list already"},
        {"{'a':{'above':true}}", "/a/above", "this must be a text or a number, and is true"},
        {"{'a':{'below':null}}", "/a/below", "this must be a text or a number"},
        {"{'a':{'at_least':[1]}}", "/a/at_least", "this must be a text or a number"},
        {"{'a':{'at_most':{}}}", "/a/at_most", "this must be a text or a number"},
        {"{'a':{'matches':1}}", "/a/matches", "this must be a regular expression, and is a number"},
        {"{'a':{'matches':'(x'}}", "/a/matches", "this is no extended regular expression: Unmatched ("},
        {"{'a':{'matches':'(x)\\\\1'}}", "/a/matches", "there are no back references here, as '\\1'"},
        {"{'a':{'has':null}}", "/a/has", "this must be a text, a number, true or false, and is null"},
        {"{'a':{'kind':7}}", "/a/kind", "this must be the name of a kind, and is a number"},
        {"{'a':{'kind':'txt'}}", "/a/kind",
         "'txt' is none of: text, number, boolean, date, objectid, uuid, binary, array, object, null; did you mean "
         "'text'?"},
        {"{'a':{'exists':1}}", "/a/exists", "this must be true or false, and is a number"},
        {"{'a':{'exists':true,'above':1}}", "/a/exists", "this decides nothing beside another question, unless"},
        {"{'a':{'not':1,'exists':false}}", "/a/exists", "this decides nothing beside another question"},
        {"{'a':{'exists':true,'empty':false}}", "/a/exists", "this decides nothing beside another question"},
        {"{'a':{'exists':false,'empty':true}}", "/a/exists", "this decides nothing beside another question"},
        {"{'a':{'exists':true,'empty':true,'not':1}}", "/a/exists", "this decides nothing beside another question"},
        {"{'a':{'empty':''}}", "/a/empty", "this must be true or false"},
        {"{'any':true}", "/any",
         "'any' holds a list of conditions, as [{'a': true}, {'b': 1}], and this is true"},
        {"{'none':{'a':1}}", "/none", "'none' holds a list of conditions"},
        {"{'any':[]}", "/any", "'any' holds a list of conditions"},
        {"{'any':[{}]}", "/any/0", "this must be an object, as"},
        {"{'any':[{'a':1},{'none':[{'b':{'kind':'x'}}]}]}", "/any/1/none/0/b/kind", "'x' is none of"},
        {"{'a':{'in':{}}}", "/a/in", "this names an entity and a field of its records, as"},
        {"{'a':{'in':{'when':{'b':1}}}}", "/a/in", "this names an entity and a field of its records"},
        {"{'a':{'in':{'books':1}}}", "/a/in/books", "beside 'when' stands an entity with the path of a field"},
        {"{'a':{'in':{'books':''}}}", "/a/in/books", "beside 'when' stands an entity"},
        {"{'a':{'in':{'books':'b','more':'c'}}}", "/a/in/more", "one entity is asked, and this asks 'books' already"},
        {"{'a':{'in':{'boks':'b'}}}", "/a/in", "the project has no entity 'boks'; did you mean 'books'?"},
        {"{'a':{'in':{'books':'b.'}}}", "/a/in/books", "'b.' is no path: a name in it is empty"},
        {"{'a':{'in':{'books':'.'}}}", "/a/in/books", "'.' is no path: it names no field"},
        {"{'a':{'in':{'books':'^.b'}}}", "/a/in/books", "'^.b' is no path: '^.' looks out of an element"},
        {"{'a':{'in':{'books':'b','when':{}}}}", "/a/in/when", "this must be an object, as"},
        {"{'a':{'in':{'books':'b','when':{'c':{'kind':'x'}}}}}", "/a/in/when/c/kind", "'x' is none of"},
        {"{'a':{'in':{'books':'b','when':{'^.c':1}}}}", "/a/in/when/^.c", "a record has nothing around it"},
        {"{'any':[{'a':{'in':{'books':'b','when':{'none':[{'c':{'in':{'books':'d'}}}]}}}}]}",
         "/any/0/a/in/when/none/0/c", "in here only that record itself is asked, and no further entity"},
        {"{'any':[{'a.':1}]}", "/any/0/a.", "'a.' is no path: a name in it is empty"},
        {"{'any':[{'b':1},{'none':[{'a..b':1}]}]}", "/any/1/none/0/a..b", "'a..b' is no path"},
        {"{'^..a':1}", "/^..a", "'^..a' is no path"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        struct project project;
        struct error error;
        char members[500], expected[600];
        snprintf(members, sizeof members, "'when':%s", cases[i].when);
        if (load(&folder, members, &project, &error))
            fail_msg("%s was taken", cases[i].when);
        assert_int_equal(error.code, ERROR_USAGE);
        snprintf(expected, sizeof expected, "books.json: /to/public.parts/when%s: %s", cases[i].place, cases[i].message);
        if (strstr(error.message, sample_quoted(expected)) == NULL)
            fail_msg("%s gave: %s", cases[i].when, error.message);
    }
}

/* "^." deep inside has nothing to look out at where there is no element. */
static void records_have_nothing_around_them(void **state)
{
    (void)state;
    struct folder folder;
    struct project project;
    struct error error;
    assert_false(load(&folder, "'optional':true},'public.more':{'key':['id'],'columns':{'id':{'from':'_id','type':"
                               "'text','when':{'any':[{'a':1},{'^.b':2}]}}}",
                      &project, &error));
    if (strstr(error.message, "/to/public.more/columns/id/when/any/1/^.b: \"^.\" looks out of an element") == NULL)
        fail_msg("%s", error.message);
}

static void conditions_are_a_tree(void **state)
{
    (void)state;
    struct folder folder;
    struct project project;
    struct error error;
    if (!load(&folder,
              "'when':{'a':{'above':1,'at_most':5},'any':[{'^.b':'x','c':{'kind':'uuid'}},{'none':[{'d':null}]}]}",
              &project, &error))
        fail_msg("%s", error.message);
    const struct conditions *when = &project_mapping(&project, "books")->tables[1].when;
    assert_int_equal(when->count, 3);
    assert_string_equal(when->items[0].path, "a");
    assert_true(when->items[0].op == CONDITION_ABOVE && when->items[1].op == CONDITION_AT_MOST);
    assert_true(when->items[0].operand->valuedouble == 1 && when->items[1].operand->valuedouble == 5);
    assert_string_equal(when->items[1].place, "a");
    const struct condition *any = &when->items[2];
    assert_true(any->op == CONDITION_ANY && any->path == NULL && any->list_count == 2);
    assert_string_equal(any->name, "any");
    assert_string_equal(any->place, "any");
    assert_int_equal(any->lists[0].count, 2);
    const struct condition *b = &any->lists[0].items[0];
    assert_true(b->op == CONDITION_EQUAL && b->outer);
    assert_string_equal(b->path, "b");
    assert_string_equal(b->name, "^.b");
    assert_string_equal(b->place, "any/0/^.b");
    assert_true(any->lists[0].items[1].op == CONDITION_KIND && any->lists[0].items[1].kind == FIELD_UUID);
    const struct condition *none = &any->lists[1].items[0];
    assert_true(none->op == CONDITION_NONE && none->list_count == 1);
    assert_string_equal(none->lists[0].items[0].place, "any/1/none/0/d");
    assert_true(cJSON_IsNull(none->lists[0].items[0].operand));
    project_release(&project);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_conditions),
        cmocka_unit_test(records_have_nothing_around_them),
        cmocka_unit_test(conditions_are_a_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
