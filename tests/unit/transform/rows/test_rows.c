/* Documents to rows: what stands in which column, in which table, in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transformation.h"

#define BOOKS(columns, more)                                                                       \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {"                    \
    "'k': {'const': 1, 'type': 'integer'}, " columns "}}}" more "}"
#define NOT_NULL "the column c must not be null, and the field is "

/* One column "c", one document, and the column's value, or the error. */
static const struct {
    const char *column, *json, *row, *error;
} columns[] = {
    /* a field that is there, null, undefined, absent */
    {"{'from': 'f', 'type': 'text'}", "{'f': 'x'}", "x", NULL},
    {"{'from': 'f', 'type': 'text'}", "{'f': ''}", "", NULL},
    {"{'from': 'f', 'type': 'text'}", "{'f': null}", "-", NULL},
    {"{'from': 'f', 'type': 'text'}", "{'f': {'$undefined': true}}", "-", NULL},
    {"{'from': 'f', 'type': 'text'}", "{}", "-", NULL},
    {"{'from': 'f', 'type': 'jsonb'}", "{'f': null}", "-", NULL},
    {"{'from': 'f', 'type': 'jsonb'}", "{'f': {}}", "{}", NULL},
    {"{'from': 'f', 'type': 'text[]'}", "{'f': []}", "{}", NULL},
    {"{'from': 'f', 'type': 'text[]'}", "{}", "-", NULL},
    /* not null */
    {"{'from': 'f', 'type': 'text', 'null': false}", "{'f': ''}", "", NULL},
    {"{'from': 'f', 'type': 'text', 'null': false}", "{'f': null}", NULL, NOT_NULL "null"},
    {"{'from': 'f', 'type': 'text', 'null': false}", "{'f': {'$undefined': true}}", NULL,
     NOT_NULL "null"},
    {"{'from': 'f', 'type': 'text', 'null': false}", "{}", NULL, NOT_NULL "absent"},
    {"{'from': 'f', 'type': 'text', 'null': false, 'do': ['empty_to_null']}", "{'f': ''}", NULL,
     NOT_NULL "null"},
    /* a default is for what is absent, and for null where null cannot be */
    {"{'from': 'f', 'type': 'text', 'default': 'd'}", "{}", "d", NULL},
    {"{'from': 'f', 'type': 'text', 'default': 'd'}", "{'f': null}", "-", NULL},
    {"{'from': 'f', 'type': 'text', 'default': 'd'}", "{'f': {'$undefined': true}}", "-", NULL},
    {"{'from': 'f', 'type': 'text', 'default': 'd', 'null': false}", "{'f': null}", "d", NULL},
    {"{'from': 'f', 'type': 'text', 'default': 'd', 'null': false}", "{'f': ''}", "", NULL},
    {"{'from': 'f', 'type': 'integer', 'default': 0, 'null': false}", "{'f': 7}", "7", NULL},
    {"{'from': 'f', 'type': 'integer', 'default': 0, 'null': false}", "{}", "0", NULL},
    {"{'from': 'f', 'type': 'text[]', 'default': [], 'null': false}", "{}", "{}", NULL},
    {"{'from': 'f', 'type': 'jsonb', 'default': {'a': [1]}}", "{}", "{'a': [1]}", NULL},
    {"{'from': 'f', 'type': 'text', 'default': null, 'null': false}", "{}", NULL, NOT_NULL "null"},
    {"{'from': 'f', 'type': 'text', 'do': ['empty_to_null'], 'default': 'd', 'null': false}",
     "{'f': ''}", "d", NULL},
    /* constants */
    {"{'const': 'x', 'type': 'text'}", "{}", "x", NULL},
    {"{'const': true, 'type': 'boolean'}", "{}", "t", NULL},
    {"{'const': null, 'type': 'text'}", "{}", "-", NULL},
    {"{'const': '', 'do': ['empty_to_null'], 'type': 'timestamptz'}", "{}", "-", NULL},
    {"{'const': ['a', null], 'type': 'text[]'}", "{}", "{a,NULL}", NULL},
    {"{'const': {'a': 1}, 'type': 'jsonb'}", "{}", "{'a': 1}", NULL},
    {"{'const': '00000000-0000-0000-0000-000000000000', 'type': 'uuid'}", "{}",
     "00000000-0000-0000-0000-000000000000", NULL},
    /* conditions: where they do not hold, the field counts as absent */
    {"{'from': 'f', 'type': 'text', 'when': {'s': 'on'}}", "{'f': 'x', 's': 'on'}", "x", NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': 'on'}}", "{'f': 'x', 's': 'off'}", "-", NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': 'on'}}", "{'f': 'x'}", "-", NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': null}}", "{'f': 'x'}", "x", NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': null}}", "{'f': 'x', 's': null}", "x", NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': null}}", "{'f': 'x', 's': 0}", "-", NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': {'not': ''}}}", "{'f': 'x', 's': ''}", "-", NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': {'not': ''}}}", "{'f': 'x'}", "-",
     NULL}, /* absent counts as null, which is not "" */
    {"{'from': 'f', 'type': 'text', 'when': {'s': {'not': null}}}", "{'f': 'x'}", "-", NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': {'not': null}}}", "{'f': 'x', 's': false}", "x",
     NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': 1, 't': 2}}", "{'f': 'x', 's': 1, 't': 2}", "x",
     NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': 1, 't': 2}}", "{'f': 'x', 's': 1, 't': 3}", "-",
     NULL},
    {"{'from': 'f', 'type': 'text', 'when': {'s': 1}, 'default': 'd'}", "{'f': 'x'}", "d", NULL},
    {"{'const': true, 'type': 'boolean', 'when': {'s': 1}, 'default': false}", "{'s': 1}", "t",
     NULL},
    {"{'const': true, 'type': 'boolean', 'when': {'s': 1}, 'default': false}", "{}", "f", NULL},
    /* the first of several */
    {"{'first': [{'from': 'f'}, {'from': 'g'}], 'type': 'text'}", "{'f': 'x', 'g': 'y'}", "x",
     NULL},
    {"{'first': [{'from': 'f'}, {'from': 'g'}], 'type': 'text'}", "{'f': null, 'g': 'y'}", "y",
     NULL},
    {"{'first': [{'from': 'f'}, {'from': 'g'}], 'type': 'text'}", "{}", "-", NULL},
    {"{'first': [{'from': 'f', 'do': ['trim', 'empty_to_null']}, {'const': 'z'}], 'type': 'text'}",
     "{'f': '  '}", "z", NULL},
    {"{'first': [{'from': 'f'}, {'from': 'g'}], 'type': 'text', 'do': ['lower'], 'default': 'd'}",
     "{'g': 'Y'}", "y", NULL},
    {"{'first': [{'from': 'f'}], 'type': 'text', 'default': 'd'}", "{}", "d", NULL},
    {"{'first': [{'const': 'a', 'when': {'s': 1}}, {'const': 'b'}], 'type': 'text'}", "{'s': 2}",
     "b", NULL},
    {"{'first': [{'const': 'a', 'when': {'s': true}}, {'const': null, 'when': {'s': false}}], 'type': "
     "'text'}",
     "{'s': false}", "-", NULL},
    {"{'first': [{'const': 'a', 'when': {'s': true}}, {'const': null, 'when': {'s': false}}], 'type': "
     "'text'}",
     "{'s': null}", NULL, "null is taken by no choice of \"first\""},
    {"{'first': [{'const': 'a', 'when': {'any': [{'s': true}]}}], 'type': 'text'}", "{}", NULL,
     "an absent field is taken by no choice of \"first\""},
    {"{'first': [{'const': 'a', 'when': {'s': true}}], 'type': 'text', 'default': null}", "{}", "-", NULL},
    {"{'first': [{'from': 'f'}, {'from': 'g'}], 'id_of': 'users'}",
     "{'g': '"
     "5F0C8A1B2C3D4E5F60718293'}",
     "00000000-5f0c-8a1b-2c3d-4e5f60718293", NULL},
    /* objects: what is absent is left out, what is null is JSON's null */
    {"{'object': {'a': {'from': 'f'}, 'b': {'const': [1]}}, 'type': 'jsonb'}", "{'f': 1}",
     "{'a': 1, 'b': [1]}", NULL},
    {"{'object': {'a': {'from': 'f'}, 'b': {'from': 'g'}}, 'type': 'jsonb'}", "{'g': null}",
     "{'b': null}", NULL},
    {"{'object': {'a': {'from': 'f'}}, 'type': 'jsonb', 'null': false}", "{}", "{}", NULL},
    {"{'object': {'a': {'from': 'f', 'default': 'd'}}, 'type': 'jsonb'}", "{}", "{'a': 'd'}", NULL},
    {"{'object': {'a': {'object': {'b': {'from': 'f'}}}}, 'type': 'json'}", "{'f': true}",
     "{'a': {'b': true}}", NULL},
    {"{'object': {'a': {'object': {'b': {'from': 'f'}}, 'when': {'s': 1}}, 'c': {'const': 2}}, "
     "'type': 'jsonb'}",
     "{'f': 1}", "{'c': 2}", NULL},
    {"{'object': {'a': {'object': {'b': {'from': 'f'}}, 'when': {'s': 1}, 'default': {}}, 'c': "
     "{'const': 2}}, 'type': 'jsonb'}",
     "{'f': 1}", "{'a': {}, 'c': 2}", NULL},
    {"{'object': {'a': {'first': [{'from': 'f'}, {'const': []}]}}, 'type': 'jsonb'}", "{}",
     "{'a': []}", NULL},
    {"{'object': {'sub': {'from': 'f', 'id_of': 'users'}}, 'type': 'jsonb'}",
     "{'f': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}",
     "{'sub': '00000000-5f0c-8a1b-2c3d-4e5f60718293'}", NULL},
    {"{'object': {'sub': {'from': 'f', 'id_of': 'users'}}, 'type': 'jsonb'}", "{'f': null}",
     "{'sub': null}", NULL},
    {"{'object': {'sub': {'from': 'f', 'id_of': 'users'}}, 'type': 'jsonb'}", "{'f': true}", NULL,
     "nobody's id"},
    {"{'object': {'a\\\"b': {'from': 'f', 'do': ['lower']}}, 'type': 'jsonb'}", "{'f': 'X'}",
     "{'a\\\"b': 'x'}", NULL},
    {"{'object': {'a': {'from': 'f'}}, 'type': 'jsonb', 'when': {'s': 1}}", "{'f': 1}", "-", NULL},
    {"{'object': {'a': {'from': 'f'}}, 'type': 'jsonb', 'when': {'s': 1}, 'null': false}",
     "{'f': 1}", NULL, NOT_NULL},
    {"{'object': {'a': {'from': 'f'}}, 'type': 'jsonb', 'when': {'s': 1}, 'default': {}, 'null': "
     "false}",
     "{'f': 1}", "{}", NULL},
    {"{'object': {'a': {'from': 'f'}}, 'type': 'jsonb'}", "{'f': {'b': {'$numberDouble': 'NaN'}}}",
     NULL, "NaN"},
    /* the rest */
    {"{'rest': true}", "{'x': 1}", "{'x': 1}", NULL},
    {"{'rest': true}", "{}", "-", NULL},
    {"{'rest': true, 'null': false}", "{}", NULL, NOT_NULL "absent"},
    {"{'rest': true, 'null': false, 'default': {}}", "{}", "{}", NULL},
    {"{'rest': true, 'null': false, 'default': {}}", "{'x': 1}", "{'x': 1}", NULL},
    /* identities */
    {"{'from': 'f', 'id_of': 'users'}", "{'f': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}",
     "00000000-5f0c-8a1b-2c3d-4e5f60718293", NULL},
    {"{'from': 'f', 'id_of': 'users', 'type': 'text'}",
     "{'f': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}", "00000000-5f0c-8a1b-2c3d-4e5f60718293", NULL},
    {"{'from': 'f', 'id_of': 'users'}", "{'f': null}", "-", NULL},
    {"{'from': 'f', 'id_of': 'users', 'type': 'uuid[]'}",
     "{'f': [{'$oid': '5f0c8a1b2c3d4e5f60718293'}, null, '5F0C8A1B2C3D4E5F60718293']}",
     "{00000000-5f0c-8a1b-2c3d-4e5f60718293,NULL,00000000-5f0c-8a1b-2c3d-4e5f60718293}", NULL},
    {"{'from': 'f', 'id_of': 'users', 'type': 'text[]'}", "{'f': [{'$oid': '5f0c8a1b2c3d4e5f60718293'}]}", "{00000000-5f0c-8a1b-2c3d-4e5f60718293}", NULL},
    {"{'from': 'f', 'id_of': 'users', 'type': 'uuid[]'}", "{'f': []}", "{}", NULL},
    {"{'from': 'f', 'id_of': 'users', 'type': 'uuid[]'}", "{'f': ['']}", NULL, "nobody's id"},
    {"{'from': 'f', 'id_of': 'users', 'type': 'uuid[]'}", "{'f': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}", NULL, "does not fit"},
    {"{'object': {'m': {'from': 'f', 'id_of': 'users'}}, 'type': 'jsonb'}", "{'f': [{'$oid': '5f0c8a1b2c3d4e5f60718293'}, null]}",
     "{'m': ['00000000-5f0c-8a1b-2c3d-4e5f60718293', null]}", NULL},
    {"{'object': {'m': {'from': 'f', 'id_of': 'users'}}, 'type': 'jsonb'}", "{'f': []}",
     "{'m': []}", NULL},
    {"{'object': {'m': {'from': 'f', 'id_of': 'users'}}, 'type': 'jsonb'}", "{'f': [[]]}", NULL,
     "nobody's id"},
    {"{'from': 'f', 'id_of': 'users'}", "{'f': ''}", NULL, "nobody's id"},
    {"{'from': 'f', 'id_of': 'users', 'do': ['empty_to_null']}", "{'f': ''}", "-", NULL},
    {"{'object': {'m': {'const': ['5f0c8a1b2c3d4e5f60718293', null], 'id_of': 'users'}}, 'type': 'jsonb'}", "{}",
     "{'m': ['00000000-5f0c-8a1b-2c3d-4e5f60718293', null]}", NULL},
    {"{'const': ['5f0c8a1b2c3d4e5f60718293'], 'id_of': 'users', 'dangling': 'null', 'type': 'uuid[]'}", "{}", "{00000000-5f0c-8a1b-2c3d-4e5f60718293}",
     NULL},
    {"{'object': {'m': {'const': ['5f0c8a1b2c3d4e5f60718293'], 'id_of': 'users', 'dangling': 'keep'}}, 'type': 'jsonb'}",
     "{}", "{'m': ['00000000-5f0c-8a1b-2c3d-4e5f60718293']}", NULL},
    /* an id of no entity */
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{'f': ' a '}",
     "cb6af2aa-6fc5-5e8f-98f8-4e68da005024", NULL},
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{'f': {'$oid': '5f0c8a1b2c3d4e5f60718293'}}",
     "72174f66-be3b-5c47-a441-3471a6a0f67d", NULL},
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{'f': '5f0c8a1b2c3d4e5f60718293'}",
     "72174f66-be3b-5c47-a441-3471a6a0f67d", NULL},
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{'f': 17}",
     "bcda8860-9942-586b-9cae-6864aa81d90b", NULL},
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{'f': {'$binary': {'base64': 'ABEiM0RVZneImaq7zN3u/w==', 'subType': '04'}}}",
     "38c1eb28-81b4-5373-ada2-9812521d2bcf", NULL},
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{'f': null}",
     "-", NULL},
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{}",
     "-", NULL},
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{'f': ' '}",
     NULL, "the text '': no id can be made of it"},
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{'f': 1.5}",
     NULL, "the double 1.5: no id can be made of it"},
    {"{'from': 'f', 'do': ['trim', {'uuid': 'tasks'}], 'type': 'uuid'}", "{'f': true}",
     NULL, "'uuid' takes text, number, ObjectId, UUID"},
};

static void a_column_holds_its_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(columns); i++) {
        struct transformation t;
        char mapping[800], row[200];
        snprintf(mapping, sizeof mapping, BOOKS("'c': %s", ""), columns[i].column);
        transformation_begin(&t, mapping);
        bool ok = transformation_put(&t, columns[i].json);
        if (ok != (columns[i].row != NULL))
            fail_msg("%s, %s: %s", columns[i].column, columns[i].json,
                     ok ? "passes" : t.error.message);
        snprintf(row, sizeof row, "1|%s\n", ok ? columns[i].row : "");
        if (ok)
            transformation_assert(&t, 0, row);
        else
            sample_assert_error(&t.error, ERROR_DATA, NULL, columns[i].error, columns[i].json);
        transformation_close(&t);
    }
}

#define CHILDREN                                                                                   \
    "{'from': 'core.books', 'to': {"                                                               \
    "'public.books': {'key': ['id'], 'columns': {'id': {'from': '_id', 'id_of': "                  \
    "'books'}, 'title': {'from': 'title', 'type': 'text'}}},"                                      \
    "'public.tasks': {'each': 'tasks', 'key': ['n'], 'columns': {"                                 \
    "'book': {'parent': 'id'}, 'book_title': {'parent': 'title'}, 'n': "                           \
    "{'position': true}, 'name': {'from': 'name', 'type': 'text'}}},"                              \
    "'public.done': {'each': 'tasks', 'when': {'done': true}, 'key': ['n'], "                      \
    "'columns': {'n': {'position': true, 'type': 'bigint'}, 'name': {'from': "                     \
    "'name', 'type': 'text'}}},"                                                                   \
    "'public.tags': {'each': 'meta.tags', 'key': ['n'], 'columns': {'n': "                         \
    "{'position': true}, 'tag': {'from': '.', 'type': 'text'}}}}}"

#define BOOK "00000000-5f0c-8a1b-2c3d-4e5f60718293"
#define OTHER "00000000-5f0c-8a1b-2c3d-4e5f60718294"

static void elements_become_rows_in_their_order(void **state)
{
    (void)state;
    struct transformation t;
    transformation_begin(&t, CHILDREN);
    static const char *const documents[] = {
        "{'_id': '5f0c8a1b2c3d4e5f60718293', 'title': 'T', 'tasks': [{'name': 'z'}, {'name': 'a', "
        "'done': true}, {'done': false}, {'name': 'a', 'done': true}], 'meta': {'tags': ['x', "
        "null, '', 'x']}}",
        "{'_id': '5f0c8a1b2c3d4e5f60718294', 'tasks': [], 'meta': {}}",
        "{'tasks': [{'name': 'b'}], '_id': '5f0c8a1b2c3d4e5f60718294'}",
    };
    for (size_t i = 0; i < COUNT(documents); i++)
        if (!transformation_put(&t, documents[i]))
            fail_msg("%s", t.error.message);
    transformation_assert(&t, 0, BOOK "|T\n" OTHER "|-\n" OTHER "|-\n");
    transformation_assert(
        &t, 1, BOOK "|T|1|z\n" BOOK "|T|2|a\n" BOOK "|T|3|-\n" BOOK "|T|4|a\n" OTHER "|-|1|b\n");
    transformation_assert(&t, 2, "2|a\n4|a\n");
    transformation_assert(&t, 3, "1|x\n2|-\n3|\n4|x\n");
    assert_int_equal(t.rows.filtered, 0);
    /* the next batch begins with nothing */
    rows_clear(&t.rows);
    for (size_t i = 0; i < 4; i++)
        transformation_assert(&t, i, "");
    assert_true(transformation_put(&t, documents[1]));
    transformation_assert(&t, 0, OTHER "|-\n");
    transformation_close(&t);
}

/* The first table's condition decides of the record with all its rows; the others' of their own. */
static void a_record_can_be_filtered(void **state)
{
    (void)state;
    static const char mapping[] =
        "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'when': {'gone': {'not': "
        "true}}, 'columns': {'k': {'from': 'k', 'type': 'integer'}}},'public.forms': [{'key': "
        "['f'], 'when': {'a': {'not': null}}, 'columns': {'f': {'from': 'a', 'type': 'integer'}, "
        "'w': {'const': 'a', 'type': 'text'}}}, {'key': ['f'], 'when': {'b': {'not': null}}, "
        "'columns': {'f': {'from': 'b', 'type': 'integer'}, 'w': {'const': 'b', 'type': "
        "'text'}}}],'public.each': {'each': 'e', 'key': ['v'], 'columns': {'v': {'from': '.', "
        "'type': 'integer'}}}}}";
    struct transformation t;
    transformation_begin(&t, mapping);
    static const char *const documents[] = {
        "{'k': 1, 'a': 10, 'b': 11, 'e': [1], 'gone': false}",
        "{'k': 2, 'a': 20, 'b': 21, 'e': [2], 'gone': true}",
        "{'k': 3, 'b': 31, 'gone': false}",
        "{'k': 4, 'gone': null}",
        "{'gone': true}",
    };
    for (size_t i = 0; i < COUNT(documents); i++)
        if (!transformation_put(&t, documents[i]))
            fail_msg("%s: %s", documents[i], t.error.message);
    transformation_assert(&t, 0, "1\n3\n"); /* nothing is not something else than true */
    transformation_assert(&t, 1, "10|a\n");
    transformation_assert(&t, 2, "11|b\n31|b\n");
    transformation_assert(&t, 3, "1\n");
    assert_int_equal(t.rows.filtered, 3);
    /* strict also where it is filtered */
    assert_false(transformation_put(&t, "{'gone': true, 'other': 1}"));
    transformation_close(&t);
}

/* Several forms take every record, or a rule does. */
static void a_record_that_no_form_takes(void **state)
{
    (void)state;
    static const char forms[] =
        "{'from': 'core.books', 'to': {'public.books': [{'key': ['k'], 'when': {'s': 1}, 'columns': {'k': "
        "{'from': 'k', 'type': 'integer'}}}, {'key': ['k'], 'when': {'any': [{'s': 2}, {'t': {'above': 5}}]}, "
        "'columns': {'k': {'from': 'k', 'type': 'integer'}}}]}%s}";
    char mapping[1000];
    struct transformation t;
    snprintf(mapping, sizeof mapping, forms, ", 'drop': ['_id']");
    transformation_begin(&t, mapping);
    assert_true(transformation_put(&t, "{'k': 1, 's': 1}"));
    assert_true(transformation_put(&t, "{'k': 2, 's': 3, 't': 6}"));
    assert_false(transformation_put(&t, "{'_id': 'x', 'k': 3, 's': 3, 't': 5}"));
    assert_string_equal(t.error.message,
                        "no table takes this record: /to/public.books/0/when/s: s is the int32 3; "
                        "/to/public.books/1/when/any/0/s: s is the int32 3");
    assert_non_null(strstr(t.error.hint, "by a rule of \"left_out\""));
    assert_string_equal(t.error.key, "x");
    assert_int_equal(t.rows.filtered, 0);
    transformation_close(&t);
    snprintf(mapping, sizeof mapping, forms, ", 'left_out': [{'when': {'t': {'at_most': 5}}, 'why': 'few'}]");
    transformation_begin(&t, mapping);
    assert_true(transformation_put(&t, "{'k': 3, 's': 3, 't': 5}"));
    assert_int_equal(t.rows.filtered, 1);
    assert_false(transformation_put(&t, "{'k': 3, 's': 3}"));
    transformation_close(&t);
}

/* A text made by a function lies in memory that the next record uses again. */
static void made_texts_do_not_mix(void **state)
{
    (void)state;
    struct transformation t;
    transformation_begin(
        &t, BOOKS("'a': {'from': 'a', 'do': ['lower'], 'type': 'text'}, 'b': {'from': 'b', 'do': "
                  "['lower', 'trim'], 'type': 'text'}, 'c': {'first': [{'from': 'a', 'do': "
                  "['phone_digits']}, {'from': 'b'}], 'do': ['lower'], 'type': 'text'}",
                  ""));
    assert_true(transformation_put(&t, "{'a': 'ALPHA ', 'b': ' BETA'}"));
    assert_true(transformation_put(&t, "{'a': '', 'b': ''}"));
    assert_true(transformation_put(&t, "{'b': 'B'}"));
    transformation_assert(&t, 0, "1|alpha |beta|alpha\n1|||\n1|-|b|b\n");
    transformation_close(&t);
}

static void an_error_names_its_record(void **state)
{
    (void)state;
    static const struct {
        const char *json, *key, *path;
    } cases[] = {
        {"{'_id': {'$oid': '5f0c8a1b2c3d4e5f60718293'}, 't': 1}", "5f0c8a1b2c3d4e5f60718293", "t"},
        {"{'_id': 'abc', 't': 1}", "abc", "t"},
        {"{'t': 1, '_id': 17}", "17", "t"},
        {"{'_id': {'$date': {'$numberLong': '5'}}, 't': 1}", "1970-01-01T00:00:00.005Z", "t"},
        {"{'_id': {'a': 1, 'b': ['x', null, {'$oid': '50000000000000000000000a'}]}, 't': 1}",
         "{\"a\": 1, \"b\": [\"x\", null, \"50000000000000000000000a\"]}", "t"},
        {"{'$id': '64f0c0ff', 't': 1}", "64f0c0ff", "t"},
        {"{'_id': {'a': 1}, 't': 1}", "{\"a\": 1}", "t"},
        {"{'_id': '', 't': 1}", "the text", "t"},
        {"{'t': 1}", "", "t"},
        {"{'_id': 'abc', 'e': [{'u': 1}, {'u': 'x'}]}", "abc", "e[1].u"},
        {"{'_id': 'abc', 'o': {'x': [{'$numberDouble': 'NaN'}]}}", "abc", "o.x[0]"},
        {"{'_id': 'abc', 'z': {'x': {'$numberDouble': 'NaN'}}}", "abc", "z.x"},
    };
    struct transformation t;
    transformation_begin(
        &t, "{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': {'id': "
            "{'const': 1, 'type': 'integer'}, 'i': {'from': '_id', 'type': 'jsonb'}, 'j': {'from': "
            "'$id', 'type': 'text'}, 't': {'from': 't', 'type': 'text'}, 'made': {'object': {'m': "
            "{'from': 'o'}}, 'type': 'jsonb'}, 'rest': {'rest': true}}}, 'public.e': {'each': 'e', "
            "'key': ['u'], 'columns': {'u': {'from': 'u', 'type': 'integer'}}}}}");
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (transformation_put(&t, cases[i].json))
            fail_msg("%s passes", cases[i].json);
        sample_assert_error(&t.error, ERROR_DATA, cases[i].path, "", cases[i].json);
        assert_string_equal(t.error.entity, "books");
        assert_string_equal(t.error.key, cases[i].key);
    }
    transformation_close(&t);
}

static void losses_carry_entity_key_and_path(void **state)
{
    (void)state;
    struct transformation t;
    transformation_begin(
        &t,
        "{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': {'id': {'from': "
        "'_id', 'type': 'integer'}, 'j': {'from': 'a.j', 'type': 'jsonb', 'do': ['safe_numbers']}, "
        "'o': {'object': {'m': {'from': 'big'}}, 'do': ['safe_numbers'], 'type': 'jsonb'}, 'p': "
        "{'from': 'pw', 'do': ['supabase_password'], 'type': 'text'}, 'rest': {'rest': true}}}, "
        "'public.e': {'each': 'e', 'key': ['k'], 'columns': {'k': {'position': true}, 'v': "
        "{'from': 'v', 'type': 'jsonb'}, 'r': {'rest': true}}}}, 'drop': ['hash']}");
    assert_true(transformation_put(
        &t,
        "{'_id': 7, 'a': {'j': {'n': {'$numberLong': '9007199254740993'}}}, 'big': {'$numberLong': "
        "'9007199254740994'}, 'pw': 'plain', 'hash': 'md5', 'x': {'y': {'$numberDouble': '-0.0'}}, "
        "'e': [{'v': {'$numberDouble': '-0.0'}, 'w': {'$numberDouble': '-0.0'}}]}"));
    transformation_assert(
        &t, 0, "7|{'n': '9007199254740993'}|{'m': '9007199254740994'}||{'x': {'y': 0}}\n");
    transformation_assert(&t, 1, "1|0|{'w': 0}\n");
    static const char *const expected =
        "books|7|a.j.n|safe_numbers|9007199254740993|the same digits as text\n"
        "books|7|big|safe_numbers|9007199254740994|the same digits as text\n"
        "books|7|pw|password_reset|a hash of the kind md5|empty: the user must reset the password\n"
        "books|7|x.y|negative_zero|-0|0\n"
        "books|7|e.v|negative_zero|-0|0\n"
        "books|7|e.w|negative_zero|-0|0\n";
    sample_assert_tuples(&t.plan.losses.tuples, NULL, expected);
    assert_int_equal(t.plan.losses.count, 6);

    /* the payload of the batch: a section for each list that has rows, the losses behind them */
    struct buffer payload;
    buffer_init(&payload);
    rows_put_sections(&t.rows, &t.plan.losses, NULL, &payload);
    const uint8_t *at = payload.data, *end = at + payload.length;
    struct stream_section section;
    struct error error;
    for (uint32_t output = 0; output < 3; output++) {
        const struct buffer *tuples =
            output < 2 ? &t.rows.lists[output].tuples : &t.plan.losses.tuples;
        assert_true(stream_next_section(&at, end, &section, &error));
        assert_int_equal(section.output, output);
        assert_int_equal(section.rows, output == 2 ? 6 : 1);
        assert_int_equal(section.length, tuples->length);
        assert_memory_equal(section.tuples, tuples->data, tuples->length);
    }
    assert_false(stream_next_section(&at, end, &section, &error));
    assert_int_equal(error.code, ERROR_NONE);

    /* no rows, no sections */
    rows_clear(&t.rows);
    losses_clear(&t.plan.losses);
    buffer_clear(&payload);
    rows_put_sections(&t.rows, &t.plan.losses, NULL, &payload);
    assert_int_equal(payload.length, 0);
    buffer_release(&payload);
    transformation_close(&t);
}

#define NAN "{'$numberDouble': 'NaN'}"

/* What is mended, and what stands for what is not; what a column does not say its table does, and
 * the mapping. */
static void what_does_not_fit_is_mended(void **state)
{
    (void)state;
    static const struct {
        const char *column, *value; /* of c; its mapping has a default where one is wanted */
        const char *row, *losses;   /* NULL: it is refused */
    } cases[] = {
        {"'type': 'smallint', 'misfit': {'range': 'clamp'}", "70000", "7fff", "range|70000|32767"},
        {"'type': 'integer', 'misfit': {'range': 'clamp'}", "-1e300", "-2147483648",
         "range|-1E+300|-2147483648"},
        {"'type': 'bigint', 'misfit': {'range': 'clamp'}", "{'$numberDecimal': '1E20'}",
         "9223372036854775807", "range|1E+20|9223372036854775807"},
        {"'type': 'smallint', 'misfit': {'rounding': 'round'}", "2.5", "0003", "rounding|2.5|3"},
        {"'type': 'smallint', 'misfit': {'rounding': 'round'}", "32767.5", NULL, NULL},
        {"'type': 'smallint', 'misfit': {'range': 'clamp'}", "1.5", NULL, NULL},
        {"'type': 'bigint', 'misfit': {'not_finite': 'null'}", NAN, "-", "not_finite|NaN|null"},
        {"'type': 'integer', 'misfit': {'negative_zero': 'error'}", "{'$numberDouble': '-0.0'}", NULL,
         NULL},
        {"'type': 'bigint[]', 'misfit': {'no_array': 'list', 'not_finite': 'null'}", NAN, "{NULL}",
         "not_finite|NaN|null"},
        {"'type': 'varchar(2)', 'misfit': {'too_long': 'cut', 'nul': 'strip'}", "'a\\u0000bc'", "ab",
         "nul|a?bc|abc\nbooks|1|c|too_long|abc|ab"},
        {"'type': 'varchar(2)', 'misfit': {'too_long': 'null', 'nul': 'strip'}", "'a\\u0000bc'", "-",
         "too_long|a?bc|null"},
        {"'type': 'varchar(2)', 'misfit': 'default', 'default': 'x'", "'abc'", "x",
         "too_long|abc|x"},
        {"'type': 'jsonb', 'misfit': {'nul': 'strip'}", "{'a': ['x\\u0000']}", "{'a': ['x']}",
         NULL},
        {"'type': 'jsonb', 'misfit': {'not_finite': 'null'}", "[" NAN ", 1]", "[null, 1]", NULL},
        {"'type': 'jsonb', 'misfit': {'beyond_double': 'text'}", "{'$numberLong': '9007199254740993'}",
         "'9007199254740993'", "beyond_double|9007199254740993|the same digits as text"},
        {"'type': 'jsonb', 'misfit': {'beyond_double': 'error'}",
         "{'$numberLong': '9007199254740993'}", NULL, NULL},
        {"'type': 'jsonb', 'do': ['json'], 'misfit': {'json': 'keep'}", "'[1'", "'[1'",
         "json|[1|the same text"},
        {"'type': 'jsonb', 'do': ['json'], 'misfit': {'json': 'null'}", "'[1'", "-", "json|[1|null"},
        {"'type': 'jsonb', 'do': ['json'], 'misfit': {'key_twice': 'last'}", "'{\\\"a\\\": 1, \\\"a\\\": 2}'",
         "{'a': 2}", NULL},
        {"'type': 'integer', 'do': ['trim', 'number'], 'misfit': 'null'", "' x '", "-",
         "misfit| x |null"},
        {"'type': 'integer', 'map': {'a': 1}, 'misfit': {'other': 'null'}", "'b'", "-",
         "misfit|b|null"},
        {"'type': 'integer', 'when': {'c': {'above': 1}}, 'misfit': 'null'", "'b'", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char mapping[1000], record[400], row[200], losses[300];
        struct transformation t;
        snprintf(mapping, sizeof mapping,
                 "{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': {'id': "
                 "{'from': '_id', 'type': 'text'}, 'c': {%s}}}}}",
                 cases[i].column);
        snprintf(record, sizeof record, "{'_id': '1', 'c': %s}", cases[i].value);
        snprintf(row, sizeof row, "1|%s\n", cases[i].row != NULL ? cases[i].row : "");
        snprintf(losses, sizeof losses, "books|1|c|%s\n", cases[i].losses);
        transformation_begin(&t, mapping);
        bool taken = transformation_put(&t, record);
        if (taken != (cases[i].row != NULL))
            fail_msg("%s: %s: %s", cases[i].column, cases[i].value, t.error.message);
        if (taken)
            transformation_assert(&t, 0, row);
        if (cases[i].losses != NULL)
            sample_assert_tuples(&t.plan.losses.tuples, NULL, losses);
        transformation_close(&t);
    }
}

/* A mapping's path may be deeper than any document that MongoDB keeps; the rest is written along
 * it. */
static void a_path_deeper_than_json_is_no_overrun(void **state)
{
    (void)state;
    char path[1000] = "d", mapping[2000];
    for (size_t i = 1; i < 300; i++)
        snprintf(path + 2 * i - 1, sizeof path - 2 * i + 1, ".d");
    snprintf(mapping, sizeof mapping,
             BOOKS("'c': {'from': '%s', 'type': 'text'}, 'r': {'rest': true}", ""), path);
    struct transformation t;
    transformation_begin(&t, mapping);
    bson_t bson = BSON_INITIALIZER;
    BSON_APPEND_INT32(&bson, "unspoken", 1);
    for (int i = 0; i < 299; i++) {
        bson_t outer = BSON_INITIALIZER;
        BSON_APPEND_DOCUMENT(&outer, "d", &bson);
        bson_destroy(&bson);
        bson_steal(&bson, &outer);
    }
    assert_false(rows_put_document(&t.rows, &t.plan, bson_get_data(&bson), bson.len, &t.error));
    sample_assert_error(&t.error, ERROR_DATA, NULL, "deeper", "depth");
    bson_destroy(&bson);
    transformation_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_holds_its_value),
        cmocka_unit_test(elements_become_rows_in_their_order),
        cmocka_unit_test(a_record_can_be_filtered),
        cmocka_unit_test(a_record_that_no_form_takes),
        cmocka_unit_test(made_texts_do_not_mix),
        cmocka_unit_test(an_error_names_its_record),
        cmocka_unit_test(losses_carry_entity_key_and_path),
        cmocka_unit_test(what_does_not_fit_is_mended),
        cmocka_unit_test(a_path_deeper_than_json_is_no_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
