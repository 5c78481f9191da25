/* Compiling mappings of documents: what a mapping asks for and cannot have is said before a record
 * is read, with file and place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transformation.h"

/* A mapping of books with these columns beside id, and these members behind "to". */
#define COLUMNS(columns, more)                                                                     \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': "                    \
    "{'id': {'from': '_id', 'id_of': 'books'}" columns "}}}" more "}"
#define CHILD(columns, more)                                                                       \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': "                    \
    "{'id': {'from': '_id', 'id_of': 'books'}}}, 'public.tasks': {'each': "                        \
    "'tasks', 'key': ['book_id'], 'columns': {'book_id': {'parent': 'id'}" columns "}}}" more "}"

/* A column beside id, and a table of what the path opens. */
#define AND_CHILD(column, each)                                                                    \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': "                    \
    "{'id': {'from': '_id', 'id_of': 'books'}, " column "}}, 'public.tasks': {'each': '" each      \
    "', 'key': ['n'], 'columns': {'n': {'position': true}}}}}"

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *mapping, *part;
    } cases[] = {
        {COLUMNS(", 't': {'from': 't', 'type': 'time'}", ""),
         "books.json: /to/public.books/columns/t/type: a field of a document cannot become this type"},
        {COLUMNS(", 't': {'from': 't', 'type': 'interval[]'}", ""), "cannot become this type"},
        {COLUMNS(", 'a': {'rest': true}, 'b': {'rest': true}", ""),
         "/columns/b/rest: there is a 'rest' column for these fields already"},
        {COLUMNS(", 'a': {'rest': 'm'}, 'b': {'object': {'c': {'rest': 'm'}}, 'type': 'jsonb'}", ""),
         "/columns/b/rest: there is a 'rest' column for these fields already"},
        /* where nothing can remain */
        {COLUMNS(", 'a': {'rest': 'm'}, 'b': {'from': 'm', 'type': 'jsonb'}", ""),
         "/columns/a/rest: a column takes it whole, so that nothing remains of it"},
        {COLUMNS(", 'a': {'rest': 'm.n'}, 'b': {'from': 'm', 'type': 'jsonb'}", ""),
         "/columns/a/rest: a column takes all that is in it"},
        {COLUMNS(", 'a': {'rest': 'm'}", ", 'drop': ['m']"), "'m' is dropped, and mapped too"},
        {COLUMNS(", 'a': {'rest': 'm.n'}", ", 'drop': ['m']"), "'m' is dropped, and mapped too"},
        {AND_CHILD("'r': {'rest': 'tasks'}", "tasks"),
         "/public.books/columns/r/rest: its elements are rows of their own"},
        {AND_CHILD("'r': {'rest': 'tasks.m'}", "tasks"), "/rest: its elements are rows of their own"},
        {AND_CHILD("'r': {'rest': 'm.tasks.n'}", "m.tasks"), "/rest: its elements are rows of their own"},
        {AND_CHILD("'r': {'rest': 'tasks'}", "tasks.*"), "/rest: its members are rows of their own"},
        {CHILD(", 't': {'parent': 'id', 'type': 'text'}", ""),
         "/public.tasks/columns/t/type: the parent's column has another type"},
        {CHILD(", 't': {'parent': 'no'}", ""), "has no column 'no'"},
        /* what the mapping itself would put into a column */
        {COLUMNS(", 't': {'const': 'x', 'type': 'integer'}", ""),
         "/public.books/columns/t: the text 'x' does not fit the type integer"},
        {COLUMNS(", 't': {'from': 't', 'default': 1.005, 'type': 'numeric(10,2)'}", ""),
         "/columns/t: the double 1.005 does not fit the type numeric(10,2): it would be rounded"},
        {COLUMNS(", 't': {'first': [{'from': 't'}, {'const': 'now'}], 'type': 'timestamptz'}", ""),
         "/columns/t: the text 'now' does not fit the type timestamptz"},
        {COLUMNS(", 't': {'const': [1, 'a'], 'type': 'integer[]'}", ""),
         "/columns/t: the text 'a' does not fit the type integer"},
        /* what is dropped is not kept */
        {COLUMNS(", 't': {'from': 't', 'type': 'text'}", ", 'drop': ['t']"),
         "/drop: 't' is dropped, and mapped too"},
        {COLUMNS(", 't': {'from': 'a.t', 'type': 'text'}", ", 'drop': ['a']"),
         "'a' is dropped, and mapped too"},
        {COLUMNS(", 't': {'from': 'a', 'type': 'jsonb'}", ", 'drop': ['a.t']"),
         "'a.t' is dropped, and mapped too"},
        {COLUMNS(", 't': {'from': 'a', 'type': 'jsonb'}", ", 'drop': ['a.b.c.d']"),
         "'a.b.c.d' is dropped, and mapped too"},
        {COLUMNS(", 't': {'object': {'x': {'from': 'a'}}, 'type': 'jsonb'}", ", 'drop': ['a']"),
         "'a' is dropped, and mapped too"},
        {COLUMNS("", ", 'drop': ['a', 'a.b']"), "'a.b' is dropped, and mapped too"},
        {COLUMNS("", ", 'drop': ['a.b', 'a']"), "'a' is dropped, and mapped too"},
        {CHILD("", ", 'drop': ['tasks']"), "'tasks' is dropped, and mapped too"},
        {CHILD(", 't': {'from': 't', 'type': 'text'}", ", 'drop': ['tasks.t']"),
         "'tasks.t' is dropped, and mapped too"},
        {CHILD(", 't': {'from': '.', 'type': 'jsonb'}", ", 'drop': ['tasks.t']"),
         "'tasks.t' is dropped, and mapped too"},
        /* words that would do nothing where they stand */
        {COLUMNS(", 't': {'first': [{'from': 'a', 'id_of': 'users'}], 'type': 'uuid'}", ""),
         "/first/0: 'id_of' is not for a value in here"},
        {COLUMNS(", 't': {'object': {'x': {'from': 'a', 'keys_id_of': 'users'}}, 'type': 'jsonb'}",
                 ""),
         "/object/x: 'keys_id_of' is not for a value in here"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct transformation t;
        if (transformation_open(&t, cases[i].mapping))
            fail_msg("%s is taken", cases[i].mapping);
        sample_assert_error(&t.error, ERROR_USAGE, NULL, cases[i].part, cases[i].mapping);
        transformation_close(&t);
    }
}

/* One slot per path, one scope per array, whatever number of columns and tables want it. */
static void paths_are_compiled_once(void **state)
{
    (void)state;
    static const struct {
        const char *mapping;
        size_t scopes;
        int slots[2];
    } cases[] = {
        {COLUMNS("", ""), 1, {1, 0}},
        {COLUMNS(", 'a': {'from': 'x', 'type': 'text'}, 'b': {'from': 'x', 'type': 'jsonb'}", ""),
         1,
         {2, 0}},
        {COLUMNS(
             ", 'a': {'from': 'x.y', 'type': 'text', 'when': {'x.y': 1, 'z': 2}}, 'b': {'from': "
             "'x.y.z', 'type': 'text'}, 'c': {'const': 1, 'type': 'integer'}, 'd': {'rest': true}",
             ", 'drop': ['w']"),
         1,
         {5, 0}},
        {COLUMNS(
             ", 'a': {'first': [{'from': 'p'}, {'from': 'q'}], 'type': 'text'}, 'b': {'object': "
             "{'m': {'from': 'q'}, 'n': {'object': {'o': {'from': 'r'}}}}, 'type': 'jsonb'}",
             ""),
         1,
         {4, 0}},
        {CHILD("", ""), 2, {2, 0}},
        {CHILD(", 't': {'from': 't', 'type': 'text'}, 'u': {'from': '.', 'type': 'jsonb'}, 'p': "
               "{'position': true}",
               ""),
         2,
         {2, 2}},
        {"{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': {'id': {'from': "
         "'_id', 'id_of': 'books'}}}, 'public.a': {'each': 'x', 'key': ['k'], 'columns': {'k': "
         "{'from': 'k', 'type': 'text'}}}, 'public.b': {'each': 'x', 'key': ['k'], 'columns': "
         "{'k': {'from': 'k', 'type': 'text'}, 'l': {'from': 'l', 'type': 'text'}}}}}",
         2,
         {2, 2}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct transformation t;
        transformation_begin(&t, cases[i].mapping);
        assert_int_equal(t.plan.scope_count, cases[i].scopes);
        for (size_t s = 0; s < t.plan.scope_count; s++)
            assert_int_equal(t.plan.scopes[s].slot_count, cases[i].slots[s]);
        transformation_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(paths_are_compiled_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
