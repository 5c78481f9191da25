/* array_cases.h: arrays made of values, and values at places of arrays, for both readings of them. */
#ifndef TESTS_ARRAY_CASES_H
#define TESTS_ARRAY_CASES_H

#include "graduate/fate.h"

/* The column "a" of books, beside its key "k"; single quotes stand for double ones. What is put
 * into it, as the tests show it, or where the record is refused. `fates`: of the fields "x" and "y"
 * what became of them: w(ritten), k(ept out), c(hanged), d(efaulted), .(compared), -(not there). */
struct array_case {
    const char *column, *record, *value, *error, *fates;
};

#define ARRAY_OID "{'$oid': '5f0c8a1b2c3d4e5f60718293'}"

static const struct array_case array_cases[] = {
    /* as JSON */
    {"{'array': ['x', 'y'], 'type': 'jsonb'}", "{'x': 1, 'y': 'b'}", "[1, 'b']", NULL, "ww"},
    {"{'array': ['x', 'y'], 'type': 'jsonb'}", "{'y': 'b'}", "['b']", NULL, "-w"},
    {"{'array': ['x', 'y'], 'type': 'jsonb'}", "{'x': null, 'y': 'b'}", "[null, 'b']", NULL, "ww"},
    {"{'array': ['x', 'y'], 'type': 'jsonb'}", "{}", "[]", NULL, "--"},
    {"{'array': ['x', 'y'], 'type': 'jsonb', 'when': {'x': 1}}", "{'x': 2, 'y': 3}", "-", NULL, "kk"},
    {"{'array': ['x', 'y'], 'type': 'jsonb', 'when': {'x': 1}, 'default': [7]}", "{'x': 2, 'y': 3}", "[7]",
     NULL, "dd"},
    {"{'array': [{'from': 'x', 'when': {'y': 1}}, {'const': 'c', 'when': {'y': 1}}, {'const': null}], 'type': 'jsonb'}",
     "{'x': 2, 'y': 3}", "[null]", NULL, "k."},
    {"{'array': [{'from': 'x', 'when': {'y': 1}}, {'const': 'c', 'when': {'y': 1}}], 'type': 'jsonb'}",
     "{'x': 2, 'y': 1}", "[2, 'c']", NULL, "w."},
    {"{'array': [{'const': [1, {'b': 2}]}, {'const': {'c': null}}], 'type': 'json'}", "{}",
     "[[1, {'b': 2}], {'c': null}]", NULL, "--"},
    {"{'array': [{'object': {'m': {'from': 'x'}, 'n': {'array': ['y']}}}, {'array': ['x', {'array': ['y']}]}], 'type': 'jsonb'}",
     "{'x': 1, 'y': 2}", "[{'m': 1, 'n': [2]}, [1, [2]]]", NULL, "ww"},
    {"{'array': [{'object': {'m': {'from': 'x'}}}, {'array': ['y'], 'when': {'x': 1}}], 'type': 'jsonb'}",
     "{'y': 2}", "[{}]", NULL, "-k"},
    {"{'object': {'m': {'array': ['x', 'y']}, 'n': {'array': ['x'], 'when': {'y': 3}}}, 'type': 'jsonb'}",
     "{'x': 1, 'y': 2}", "{'m': [1, 2]}", NULL, "ww"},
    {"{'array': [{'first': ['x', 'y']}, {'join': ['y', 'x'], 'with': '+'}], 'type': 'jsonb'}", "{'x': 'a', 'y': 'b'}",
     "['a', 'b+a']", NULL, "ww"},
    {"{'array': [{'from': 'x', 'do': ['upper']}, {'from': 'y', 'map': {'1': true}}], 'type': 'jsonb'}",
     "{'x': 'a', 'y': 1}", "['A', true]", NULL, "cc"},
    {"{'array': [{'from': 'x', 'default': 'none'}], 'type': 'jsonb'}", "{'y': 1}", NULL, "y", NULL},
    {"{'array': ['x', {'from': 'y', 'default': 'none'}], 'type': 'jsonb'}", "{'x': 1}", "[1, 'none']", NULL, "w-"},
    {"{'array': ['x', 'y'], 'do': ['safe_numbers'], 'type': 'jsonb'}",
     "{'x': {'$numberLong': '9007199254740993'}, 'y': [{'$numberLong': '9007199254740993'}]}",
     "['9007199254740993', ['9007199254740993']]", NULL, "ww"},
    {"{'array': [{'array': ['x'], 'do': ['safe_numbers']}, 'y'], 'type': 'jsonb'}",
     "{'x': {'$numberLong': '9007199254740993'}, 'y': {'$numberLong': '9007199254740993'}}",
     "[['9007199254740993'], 9007199254740993]", NULL, "ww"},
    {"{'array': [{'object': {'m': {'object': {'n': {'from': 'x'}}, 'do': ['safe_numbers']}}}, 'y'], 'type': 'jsonb'}",
     "{'x': {'$numberLong': '9007199254740993'}, 'y': 1}", "[{'m': {'n': '9007199254740993'}}, 1]", NULL, "ww"},
    {"{'array': ['x'], 'type': 'jsonb'}", "{'x': 'a\\u0000b'}", NULL, "x", NULL},
    /* ids, all of one entity */
    {"{'object': {'ids': {'array': ['x', 'y'], 'id_of': 'users'}}, 'type': 'jsonb'}", "{'x': " ARRAY_OID "}",
     "{'ids': ['00000000-5f0c-8a1b-2c3d-4e5f60718293']}", NULL, "w-"},
    {"{'array': ['x', 'y'], 'id_of': 'users', 'type': 'uuid[]'}", "{'x': " ARRAY_OID ", 'y': null}",
     "{00000000-5f0c-8a1b-2c3d-4e5f60718293,NULL}", NULL, "ww"},
    {"{'array': ['x', 'y'], 'id_of': 'users', 'type': 'uuid[]'}", "{'x': true}", NULL, "a[0]", NULL},
    /* of an array's type */
    {"{'array': ['x', 'y'], 'type': 'text[]'}", "{'x': 'a', 'y': null}", "{a,NULL}", NULL, "ww"},
    {"{'array': ['x', 'y'], 'type': 'text[]'}", "{'y': 'b'}", "{b}", NULL, "-w"},
    {"{'array': ['x', 'y'], 'type': 'text[]'}", "{}", "{}", NULL, "--"},
    {"{'array': ['x', 'y'], 'type': 'text[]', 'when': {'x': 'b'}}", "{'x': 'a', 'y': 'b'}", "-", NULL, "kk"},
    {"{'array': ['x', {'const': 7}, {'from': 'y', 'do': ['number']}], 'type': 'integer[]'}", "{'x': 1, 'y': '3'}",
     "{1,7,3}", NULL, "wc"},
    {"{'array': ['x', 'y'], 'do': ['unique'], 'type': 'text[]'}", "{'x': 'a', 'y': 'a'}", "{a}", NULL, "ww"},
    {"{'array': ['x', 'y'], 'do': ['count'], 'type': 'integer'}", "{'x': 'a', 'y': 'a'}", "2", NULL, "ww"},
    {"{'array': ['x', 'y'], 'type': 'integer[]'}", "{'x': 1, 'y': 'b'}", NULL, "a[1]", NULL},
    {"{'array': [{'first': ['x', 'y']}, {'join': ['x', 'y'], 'with': '-'}], 'type': 'text[]'}", "{'x': 'a', 'y': 'b'}",
     "{a,a-b}", NULL, "ww"},
    /* places in arrays */
    {"{'from': 'x.0', 'type': 'text'}", "{'x': ['a', 'b']}", "a", NULL, "c-"},
    {"{'from': 'x.-1', 'type': 'text', 'do': ['upper']}", "{'x': ['a', 'b']}", "B", NULL, "c-"},
    {"{'from': 'x.2', 'type': 'text'}", "{'x': ['a', 'b']}", "-", NULL, "c-"},
    {"{'from': 'x.2', 'type': 'text', 'default': 'z'}", "{'x': ['a', 'b']}", "z", NULL, "d-"},
    {"{'from': 'x.0', 'type': 'text'}", "{'x': null}", "-", NULL, "w-"},
    {"{'from': 'x.0', 'type': 'text'}", "{}", "-", NULL, "--"},
    {"{'from': 'x.0', 'type': 'text'}", "{'x': 'a'}", NULL, "x", NULL},
    {"{'from': 'x.-1.n.0', 'type': 'integer'}", "{'x': [{'n': [1]}, {'n': [2, 3]}]}", "2", NULL, "c-"},
    {"{'from': 'x.0.n', 'type': 'jsonb'}", "{'x': [[{'n': 1}, {}, {'n': null}]]}", "[1, null, null]", NULL, "c-"},
    {"{'from': 'x.0.n', 'type': 'integer'}", "{'x': [7]}", NULL, "x", NULL},
    {"{'from': 'x.\\u00270\\u0027', 'type': 'text'}", "{'x': {'0': 'a'}}", "a", NULL, "--"},
    {"{'first': ['x.1', 'y.0'], 'type': 'text'}", "{'x': ['a'], 'y': ['b']}", "b", NULL, "kc"},
    {"{'join': ['x.0', {'from': 'y.0', 'do': ['upper']}], 'with': '/', 'type': 'text'}", "{'x': ['a'], 'y': ['b']}",
     "a/B", NULL, "cc"},
    {"{'array': ['x.0', 'y.0', 'x.-1'], 'type': 'jsonb'}", "{'x': ['a', 'b'], 'y': []}", "['a', 'b']", NULL, "cc"},
    {"{'object': {'m': {'from': 'x.0'}}, 'type': 'jsonb', 'when': {'y.0': 1}}", "{'x': ['a', 'b'], 'y': [1]}",
     "{'m': 'a'}", NULL, "c."},
    {"{'from': 'x.0', 'id_of': 'users'}", "{'x': [" ARRAY_OID "]}", "00000000-5f0c-8a1b-2c3d-4e5f60718293", NULL, "c-"},
    /* paths that lead through arrays: all that they find */
    {"{'from': 'x.n', 'type': 'jsonb'}", "{'x': [{'n': 1}, null, {}, {'n': null}]}", "[1, null]", NULL, "--"},
    {"{'from': 'x.n', 'type': 'jsonb'}", "{'x': [{'n': [1, 2]}, {'n': [3]}]}", "[[1, 2], [3]]", NULL, "--"},
    {"{'from': 'x.n', 'type': 'integer[]'}", "{'x': []}", "{}", NULL, "--"},
    {"{'from': 'x.n', 'type': 'integer[]'}", "{'x': null}", "-", NULL, "--"},
    {"{'from': 'x.n', 'type': 'integer'}", "{'x': {'n': 1}}", "1", NULL, "--"},
    {"{'from': 'x.n', 'type': 'integer[]', 'do': ['unique']}", "{'x': [{'n': 1}, [{'n': 1}, {'n': 2}]]}", "{1,2}", NULL,
     "--"},
    {"{'array': ['x', 'x.n.k'], 'type': 'jsonb'}", "{'x': [{'n': [{'k': 1}], 'o': 2}]}",
     "[[{'n': [{'k': 1}], 'o': 2}], [1]]", NULL, "w-"},
    {"{'object': {'m': {'from': 'x.n.k'}, 'r': {'rest': true}}, 'type': 'jsonb'}",
     "{'x': [{'n': [{'k': 1}, {'k': 2, 'l': 3}]}, null, [{'n': {'k': 4}, 'o': 5}]], 'y': 6}",
     "{'m': [1, 2, 4], 'r': {'x': [{'n': [{}, {'l': 3}]}, null, [{'o': 5}]], 'y': 6}}", NULL, "-?"},
    {"{'const': 'c', 'type': 'text', 'when': {'x.n': {'has': 2}}}", "{'x': [{'n': 1}, {'n': 2}]}", "c", NULL, "--"},
    {"{'const': 'c', 'type': 'text', 'when': {'x.n': {'has': 3}}}", "{'x': [{'n': 1}, {'n': 2}]}", "-", NULL, "--"},
    {"{'from': 'x.n', 'type': 'integer[]'}", "{'x': [{'n': 1}, {'n': 'b'}]}", NULL, "x.n[1]", NULL},
    {"{'from': 'x.n', 'type': 'integer[]'}", "{'x': [{}, {'n': 1, 'o': 2}]}", NULL, "x[1].o", NULL},
    {"{'from': 'x.n', 'type': 'integer[]'}", "{'x': [{'n': 1}, 7]}", NULL, "x[1]", NULL},
    {"{'from': 'x.n', 'type': 'integer[]'}", "{'x': [{'n': 1, 'n': 2}]}", NULL, "x[0].n", NULL},
};
enum { ARRAY_CASES = sizeof array_cases / sizeof array_cases[0] };

#define ARRAY_BOOKS                                                                                \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 1, "  \
    "'type': 'integer'}, 'a': %s}}}}"

static inline char fate_letter(const int64_t *values)
{
    return values[FATE_SEEN] == 0          ? '-'
           : values[FATE_WRITTEN] == 1     ? 'w'
           : values[FATE_KEPT_OUT] == 1    ? 'k'
           : values[FATE_CHANGED] == 1     ? 'c'
           : values[FATE_DEFAULTED] == 1   ? 'd'
           : values[FATE_COMPARED] == 1    ? '.'
                                           : '?';
}

#endif
