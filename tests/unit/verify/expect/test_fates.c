/* What becomes of every value, path by path: the transformer's count and the verifier's own. One
 * table, and both must say what it says, so that neither can be wrong alone and no rule is known to
 * one only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect.h"
#include "transformation.h"
#include "tuple.h"

#define BOOKS(columns, more)                                                                       \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {"                    \
    "'k': {'const': 1, 'type': 'integer'}" columns "}}" more "}}"
#define ONE_WAY(columns)                                                                           \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': {"                   \
    "'id': {'from': '_id', 'id_of': 'books'}" columns "}}}}"
#define Q "\\u0027" /* a single quote: those of the tables stand for double ones */
#define TASKS(columns, more)                                                                       \
    BOOKS("", ", 'public.tasks': {'each': 'tasks', 'key': ['n'], 'columns': {"                     \
              "'n': {'position': true}" columns "}" more "}")
#define RULED(taken, left)                                                                         \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 1, "  \
    "'type': 'integer'}}}, 'public.tasks': {'each': 'tasks', 'key': ['n'], 'when': {" taken        \
    "}, 'columns': {'n': {'position': true}, 't': {'from': 'title', 'type': 'text'}}}}, "           \
    "'left_out': [{'each': 'tasks', 'when': {" left "}, 'why': 'w'}]}"
#define FORMS                                                                                      \
    "{'from': 'core.books', 'to': {'public.books': ["                                              \
    "{'when': {'s': 1}, 'key': ['k'], 'columns': {'k': {'const': 1, 'type': 'integer'}, "          \
    "'a': {'from': 'a', 'type': 'integer'}, 'b': {'const': 0, 'type': 'integer'}, "                \
    "'extra': {'rest': true}}}, "                                                                  \
    "{'when': {'s': 2}, 'key': ['k'], 'columns': {'k': {'const': 1, 'type': 'integer'}, "          \
    "'b': {'from': 'b', 'type': 'integer'}}}]}, 'left_out': [{'when': {'s': 3}, 'why': 'w'}]}"

/* Documents one after the other, and "path: fate n, ...; path: ..." in the order of the paths. */
struct fates_case {
    const char *mapping, *documents, *fates;
};
static const struct fates_case cases[] = {
    /* a column takes it: also null, also all that is in it; not what is absent */
    {BOOKS(", 'a': {'from': 'a', 'type': 'text'}", ""), "[{'a': 'x'}, {'a': null}, {}]",
     "a: seen 2, written 2"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'jsonb'}", ""), "[{'a': {'b': [1, {'c': 2}]}}]",
     "a: seen 1, written 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'jsonb'}, 'b': {'from': 'a.b', 'type': 'integer'}", ""),
     "[{'a': {'b': 1, 'c': 2}}]", "a: seen 1, written 1"},
    {BOOKS(", 'b': {'from': 'a.b', 'type': 'text'}", ""), "[{'a': {'b': 'x'}}, {'a': null}]",
     "a.b: seen 1, written 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text'}, 'b': {'from': 'a', 'type': 'varchar(3)'}", ""),
     "[{'a': 'x'}]", "a: seen 1, written 1"},
    /* from the UUID of a text or number nobody gets back, but where another column keeps it */
    {ONE_WAY(""),
     "[{'_id': 'order-1'}, {'_id': 5}, {'_id': '50000000000000000000000a'}, {'_id': "
     "'0b8e3a52-6e58-4d54-9d2f-0a6d4f3c0002'}]",
     "_id: by a one-way id 2, changed 2, seen 4, written 2"},
    {ONE_WAY(", 't': {'from': '_id', 'type': 'text'}"), "[{'_id': 'order-1'}]",
     "_id: by a one-way id 1, seen 1, written 1"},
    /* also in an array, which is one value */
    {BOOKS(", 'a': {'from': 'a', 'id_of': 'books', 'type': 'uuid[]', 'foreign_key': false}, 'c': "
           "{'from': '_id', 'type': 'text'}, 'i': {'from': '_id', 'id_of': 'books'}",
           ""),
     "[{'_id': 'x', 'a': ['50000000000000000000000a', 'x', 'y']}, {'a': ["
     "'50000000000000000000000a', null]}]",
     "_id: by a one-way id 1, seen 1, written 1; a: by a one-way id 1, changed 1, seen 2, written "
     "1"},
    /* the rest, at the top and inside, whole */
    {BOOKS(", 'r': {'rest': true}", ""), "[{'x': 1, 'y': {'z': 1}}, {'x': null}, {}]",
     "x: rest 2, seen 2; y: rest 1, seen 1"},
    {BOOKS(", 'r': {'rest': true}, 'b': {'from': 'a.b', 'type': 'integer'}", ""),
     "[{'a': {'x': 1, 'b': 2}, 'y': 3}, {'a': {'b': 4}}]",
     "a.b: seen 2, written 2; a.x: rest 1, seen 1; y: rest 1, seen 1"},
    {BOOKS(", 'r': {'rest': true}", ""), "[{'': 1, 'a.b': 2}]",
     "'': rest 1, seen 1; 'a.b': rest 1, seen 1"},
    {BOOKS(", 'a': {'from': '" Q "a.b" Q ".c', 'type': 'text'}, 'b': {'from': '" Q Q "', 'type': 'text'}, "
           "'c': {'first': [{'from': '" Q "0" Q "'}, {'from': 'it" Q "s'}], 'type': 'text', "
           "'when': {'" Q "x y" Q "': 1}}",
           ""),
     "[{'a.b': {'c': 'u'}, '': 'v', '0': null, 'it\\u0027s': 'w', 'x y': 1}]",
     "'': seen 1, written 1; '0': kept_out 1, seen 1; 'a.b'.c: seen 1, written 1; "
     "'it''s': seen 1, written 1; 'x y': compared 1, seen 1"},
    /* ObjectIds that stay text inside of JSON, at any depth; not where a column is of another type or is an
     * identity, and not where a condition holds the rest back */
    {BOOKS(", 'r': {'rest': true}", ""),
     "[{'x': {'$oid': '50000000000000000000000a'}, 'y': {'z': [{'$oid': '50000000000000000000000a'}, "
     "{'u': {'$oid': '50000000000000000000000a'}}]}}]",
     "x: hex_ids 1, rest 1, seen 1; y: hex_ids 2, rest 1, seen 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'jsonb'}, 'b': {'from': 'b', 'type': 'text'}, 'o': {'object': "
           "{'c': {'from': 'c'}, 'd': {'first': [{'from': 'd'}, {'from': 'e'}]}}, 'type': 'jsonb'}",
           ""),
     "[{'a': [{'$oid': '50000000000000000000000a'}], 'b': {'$oid': '50000000000000000000000a'}, "
     "'c': {'$oid': '50000000000000000000000a'}, 'd': null, 'e': {'$oid': '50000000000000000000000a'}}]",
     "a: hex_ids 1, seen 1, written 1; b: seen 1, written 1; c: hex_ids 1, seen 1, written 1; "
     "d: kept_out 1, seen 1; e: hex_ids 1, seen 1, written 1"},
    {BOOKS(", 'r': {'rest': true, 'when': {'s': 1}}", ""),
     "[{'s': 2, 'x': {'$oid': '50000000000000000000000a'}}]", "s: compared 1, seen 1; x: kept_out 1, seen 1"},
    /* a rest that a condition holds back */
    {BOOKS(", 'r': {'rest': true, 'when': {'s': 1}}", ""), "[{'s': 1, 'x': 1}, {'s': 2, 'x': 1}]",
     "s: compared 2, seen 2; x: kept_out 1, rest 1, seen 2"},
    /* a default stands in for null; for nothing it stands in for no value */
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'null': false, 'default': 'd'}", ""),
     "[{'a': 'x'}, {'a': null}, {}]", "a: defaulted 1, seen 2, written 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'default': 'd'}", ""), "[{'a': null}, {}]",
     "a: seen 1, written 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'null': false, 'do': ['empty_to_null'], "
           "'default': 'd'}",
           ""),
     "[{'a': ''}]", "a: by empty_to_null 1, defaulted 1, seen 1"},
    /* conditions: what they compare, what they hold back, unless it goes elsewhere */
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'when': {'s': 1}}", ""),
     "[{'a': 'x', 's': 1}, {'a': 'x', 's': 2}, {'a': 'x'}]",
     "a: kept_out 2, seen 3, written 1; s: compared 2, seen 2"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'when': {'s': 1}}, 'b': {'from': 'a', 'type': "
           "'text'}",
           ""),
     "[{'a': 'x', 's': 2}]", "a: seen 1, written 1; s: compared 1, seen 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'when': {'s': 1}, 'default': 'd'}", ""),
     "[{'a': 'x', 's': 2}]", "a: defaulted 1, seen 1; s: compared 1, seen 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'when': {'a': {'not': 'x'}}}", ""),
     "[{'a': 'x'}, {'a': 'y'}]", "a: kept_out 1, seen 2, written 1"},
    /* what does not fit is mended, or something stands in for it */
    {BOOKS(", 'a': {'from': 'a', 'type': 'varchar(3)', 'misfit': {'nul': 'strip', 'too_long': 'cut'}}",
           ""),
     "[{'a': 'abc'}, {'a': 'a\\u0000b'}, {'a': 'abcd\\u00e9'}, {'a': '\\u00e9\\u00e9\\u00e9\\u00e9'}, {'a': null}]",
     "a: lost 3, seen 5, written 2"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'numeric(5,2)', 'misfit': {'rounding': 'round', 'other': "
           "'null'}}, 'b': {'from': 'b', 'type': 'smallint', 'misfit': 'default', 'default': 7}",
           ""),
     "[{'a': 1.005, 'b': 1.5}, {'a': 99.995, 'b': 1}, {'a': 0.004, 'b': 'x'}, {'a': 12345.5, 'b': 70000}, "
     "{'a': -0.125, 'b': null}, {'a': 1.5}]",
     "a: lost 5, seen 6, written 1; b: lost 3, seen 5, written 2"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'in': ['x', 'y'], 'misfit': 'null'}", ""),
     "[{'a': 'x'}, {'a': 'z'}, {'a': 5}]", "a: lost 2, seen 3, written 1"},
    /* what is exchanged is changed; nothing passes */
    {BOOKS(", 'a': {'from': 'a', 'do': ['lower'], 'map': {'yes': true, '1': true, 'false': false}, "
           "'else': null, 'type': 'boolean'}",
           ""),
     "[{'a': 'YES'}, {'a': 1}, {'a': 1.0}, {'a': false}, {'a': 'perhaps'}, {'a': null}, {}]",
     "a: by lower 1, by map 5, changed 5, emptied 1, seen 6, written 1"},
    /* something of which nothing is left; but an empty text, array or object was nothing to begin with */
    {BOOKS(", 'a': {'from': 'a', 'do': ['trim', 'empty_to_null'], 'type': 'text'}, 'b': {'from': 'b', 'do': [{'item': "
           "1}], 'type': 'text'}, 'c': {'first': [{'from': 'c', 'map': {'x': null, 'y': 1}}], 'type': 'integer'}",
           ""),
     "[{'a': ' ', 'b': ['x'], 'c': 'x'}, {'a': '', 'b': [], 'c': 'y'}, {'a': 'x', 'b': ['x', 'y'], 'c': null}]",
     "a: by empty_to_null 2, by trim 1, changed 2, emptied 1, seen 3, written 1; b: by item 3, changed 3, emptied 1, "
     "seen 3; c: by map 2, changed 1, emptied 1, seen 3, written 2"},
    /* each part of a join speaks for itself; what is not there is skipped */
    {BOOKS(", 'a': {'join': ['a', {'from': 'b', 'do': ['trim']}, {'const': 'c'}, {'first': ['x', "
           "'y']}], 'with': '-', 'type': 'text'}",
           ""),
     "[{'a': 1, 'b': ' b ', 'x': null, 'y': true}, {'a': null}]",
     "a: seen 2, written 2; b: by trim 1, changed 1, seen 1; x: kept_out 1, seen 1; y: seen 1, "
     "written 1"},
    {BOOKS(", 'a': {'join': ['a', 'b'], 'when': {'s': 1}, 'type': 'text'}", ""),
     "[{'a': 'a', 'b': 'b', 's': 2}]", "a: kept_out 1, seen 1; b: kept_out 1, seen 1; s: compared "
                                       "1, seen 1"},
    /* the first of several: those behind it are passed over */
    {BOOKS(", 'a': {'first': [{'from': 'a'}, {'from': 'b'}, {'from': 'c'}], 'type': 'text'}", ""),
     "[{'a': 'x', 'b': 'y'}, {'a': null, 'b': 'y', 'c': 'z'}]",
     "a: kept_out 1, seen 2, written 1; b: kept_out 1, seen 2, written 1; c: kept_out 1, seen 1"},
    {BOOKS(", 'a': {'first': [{'from': 'a', 'do': ['empty_to_null']}, {'from': 'b'}, {'const': "
           "'c'}], 'type': 'text'}",
           ""),
     "[{'a': null, 'b': null}, {'a': '', 'b': 'x'}, {'a': 'q', 'b': 'x'}]",
     "a: by empty_to_null 1, kept_out 2, seen 3, written 1; b: kept_out 2, seen 3, written 1"},
    {BOOKS(", 'a': {'first': [{'from': 'a'}, {'from': 'b', 'when': {'s': 1}}], 'type': 'text'}",
           ""),
     "[{'a': null, 'b': null}]", "a: seen 1, written 1; b: kept_out 1, seen 1"},
    {BOOKS(", 'a': {'first': [{'from': 'a'}, {'from': 'b'}], 'type': 'text', 'null': false, "
           "'default': 'd'}",
           ""),
     "[{'a': null, 'b': null}]", "a: defaulted 1, seen 1; b: defaulted 1, seen 1"},
    /* objects of values, and one that a condition holds back */
    {BOOKS(", 'o': {'object': {'x': {'from': 'a'}, 'y': {'object': {'z': {'from': 'b'}}, 'when': "
           "{'s': 1}}}, 'type': 'jsonb'}",
           ""),
     "[{'a': 1, 'b': 2, 's': 1}, {'a': 1, 'b': 2, 's': 2}]",
     "a: seen 2, written 2; b: kept_out 1, seen 2, written 1; s: compared 2, seen 2"},
    {BOOKS(", 'o': {'object': {'x': {'from': 'a'}}, 'when': {'s': 1}, 'type': 'jsonb'}", ""),
     "[{'a': 1}]", "a: kept_out 1, seen 1"},
    /* a rule that gives a value up; a changed form is written */
    {BOOKS(", 'p': {'from': 'p', 'type': 'text', 'do': ['supabase_password']}, 'hash': {'from': "
           "'hash', 'type': 'text'}",
           ""),
     "[{'p': '$P$Br387rwferoKN7uwHZqNMu98q3U8RO.', 'hash': 'phpass'}, {'p': '', 'hash': ''}]",
     "hash: seen 2, written 2; p: by supabase_password 1, lost 1, seen 2, written 1"},
    {BOOKS(", 'n': {'from': 'n', 'type': 'jsonb', 'do': ['safe_numbers']}", ""),
     "[{'n': {'$numberLong': '9007199254740993'}}]", "n: seen 1, written 1"},
    /* the elements of an array: fields, scalars; the array itself is no value */
    {TASKS(", 't': {'from': 'title', 'type': 'text'}", ""),
     "[{'tasks': [{'title': 'x'}, {'title': null}, {}]}, {'tasks': []}, {'tasks': null}]",
     "tasks.title: seen 2, written 2"},
    {TASKS(", 't': {'from': '.', 'type': 'text'}", ""), "[{'tasks': ['x', null]}]",
     "tasks: seen 2, written 2"},
    {TASKS(", 't': {'from': 'title', 'type': 'text'}, 'r': {'rest': true}", ""),
     "[{'tasks': [{'title': 'x', 'more': {'y': 1}}]}]",
     "tasks.more: rest 1, seen 1; tasks.title: seen 1, written 1"},
    {RULED("'off': null", "'off': true"),
     "[{'tasks': [{'title': 'x'}, {'title': 'y', 'off': true}]}]",
     "tasks.off: left_out 1, seen 1; tasks.title: left_out 1, seen 2, written 1"},
    /* a condition of an element that looks at its record */
    {RULED("'^.s': 1", "'^.s': {'not': 1}"),
     "[{'s': 1, 'tasks': [{'title': 'x'}]}, {'s': 2, 'tasks': [{'title': 'y'}]}]",
     "s: compared 2, seen 2; tasks.title: left_out 1, seen 2, written 1"},
    /* functions: each that makes another value of what is there; a default comes after them */
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'do': ['trim', 'lower']}", ""),
     "[{'a': 'x'}, {'a': 'X'}, {'a': ' Y'}, {'a': null}, {}]",
     "a: by lower 2, by trim 1, changed 2, seen 4, written 2"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'do': ['lower']}, 'b': {'from': 'a', 'type': "
           "'text'}",
           ""),
     "[{'a': 'X'}]", "a: by lower 1, seen 1, written 1"},
    {BOOKS(", 'a': {'first': [{'from': 'a', 'do': ['trim']}, {'from': 'b'}], 'type': 'text', 'do': "
           "['lower']}",
           ""),
     "[{'a': ' X', 'b': 'y'}, {'b': 'Y'}, {'a': ' x'}]",
     "a: by lower 1, by trim 2, changed 2, seen 2; b: by lower 1, changed 1, kept_out 1, seen 2"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text', 'do': [{'split': ','}, 'trim', {'item': 1}]}", ""),
     "[{'a': 'x,y'}, {'a': 'x, y'}, {'a': 'x'}, {'a': null}, {'a': ['x,y']}]",
     "a: by item 4, by split 4, by trim 1, changed 4, emptied 2, seen 5, written 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'text[]', 'do': ['lower', 'unique']}", ""),
     "[{'a': ['x']}, {'a': ['X', 'x']}, {'a': ['x', 'x']}, {'a': []}]",
     "a: by lower 1, by unique 2, changed 2, seen 4, written 2"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'numeric', 'do': ['number']}", ""),
     "[{'a': '1.50'}, {'a': 1}, {'a': {'$numberDecimal': '1.5'}}]",
     "a: by number 1, changed 1, seen 3, written 2"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'date', 'do': [{'day': 'UTC'}]}", ""),
     "[{'a': {'$date': {'$numberLong': '1714559400000'}}}, {'a': null}]",
     "a: by day 1, changed 1, seen 2, written 1"}, /* a line in the losses, and no value that is lost */
    {BOOKS(", 'a': {'from': 'a', 'type': 'jsonb', 'do': [{'item': 5}], 'default': 0}", ""),
     "[{'a': [1]}]", "a: by item 1, defaulted 1, seen 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'jsonb', 'do': [{'padded': 'left'}]}", ""),
     "[{'a': '00000000000000000000000000000001'}]",
     "a: by padded 1, changed 1, hex_ids 1, seen 1"},
    {BOOKS(", 'a': {'from': 'a', 'type': 'jsonb', 'do': ['json']}", ""),
     "[{'a': '{}'}, {'a': '\\\"x\\\"'}, {'a': 'null'}]", "a: by json 3, changed 3, emptied 1, seen 3"},
    {BOOKS(", 'all': {'from': 'tasks', 'type': 'jsonb'}",
           ", 'public.tasks': {'each': 'tasks', 'key': ['n'], 'columns': {'n': {'position': true}, "
           "'t': {'from': 'title', 'type': 'text'}}}"),
     "[{'tasks': [{'title': 'x'}]}]", "tasks: seen 1, written 1; tasks.title: seen 1, written 1"},
    /* the document itself: taken whole, or only compared */
    {BOOKS(", 'raw': {'from': '.', 'type': 'jsonb'}", ""), "[{'a': 1, 'b': {'c': 2}}, {}]",
     ".: seen 2, written 2"},
    {BOOKS(", 'r': {'rest': true, 'when': {'.': {'not': null}}}", ""), "[{'a': 1}]",
     "a: rest 1, seen 1"},
    {TASKS(", 'r': {'rest': true}", ", 'when': {'.': {'not': null}}"), "[{'tasks': [{'a': 1}]}]",
     "tasks.a: rest 1, seen 1"},
    {"{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 1, "
     "'type': 'integer'}}}, 'public.tasks': {'each': 'tasks', 'key': ['n'], 'when': {'.': {'not': "
     "null}}, 'columns': {'n': {'position': true}}}}, 'left_out': [{'each': 'tasks', 'when': {'.': "
     "null}, 'why': 'empty'}]}",
     "[{'tasks': ['x', null]}]", "tasks: compared 1, left_out 1, seen 2"},
    /* forms of rows: what another form names is passed over, a record of no form is filtered */
    {FORMS, "[{'s': 1, 'a': 1, 'b': 2, 'x': 3}, {'s': 2, 'a': 1, 'b': 2}, {'s': 3, 'a': 1}]",
     "a: kept_out 1, seen 2, written 1; b: kept_out 1, seen 2, written 1; s: compared 2, seen 2; "
     "x: rest 1, seen 1"},
    /* by name, with all that is in it; in an element, too */
    {"{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 1, "
     "'type': 'integer'}}}, 'public.tasks': {'each': 'tasks', 'key': ['n'], 'columns': {'n': "
     "{'position': true}, 't': {'from': 'title', 'type': 'text'}}}}, 'drop': ['gone', 'a.gone', "
     "'tasks.gone']}",
     "[{'gone': {'x': 1}, 'a': {'gone': null}, 'tasks': [{'gone': 1, 'title': 'x'}]}]",
     "a.gone: dropped 1, seen 1; gone: dropped 1, seen 1; tasks.gone: dropped 1, seen 1; "
     "tasks.title: seen 1, written 1"},
};

/* With what is met of the structure, and the elements of arrays. */
static const struct fates_case structure[] = {
    {TASKS(", 't': {'from': 'title', 'type': 'text'}", ""),
     "[{'tasks': [{'title': 'x'}, {}]}, {'tasks': null}, {}]",
     "tasks: elements 2, met 2, taken 2; tasks.title: seen 1, written 1"},
    {RULED("'off': null", "'off': true"), "[{'tasks': [{'title': 'x'}, {'off': true}]}]",
     "tasks: elements 2, met 1, taken 1; tasks.off: left_out 1, seen 1; "
     "tasks.title: seen 1, written 1"},
    /* what a column takes whole, and a part of it beside */
    {BOOKS(", 'a': {'from': 'a', 'type': 'jsonb'}, 'b': {'from': 'a.b', 'type': 'integer'}", ""),
     "[{'a': {'b': 1}}, {'a': {}}, {'a': null}]", "a: seen 3, written 3; a.b: met 1"},
    /* a record that becomes no row was met all the same */
    {FORMS, "[{'s': 3, 'a': 1}]", "a: met 1; s: met 1"},
    /* a condition on a document of which a column takes a part */
    {BOOKS(", 'b': {'from': 'a.b', 'type': 'integer', 'when': {'a': {'not': null}}}", ""),
     "[{'a': {'b': 1}}, {'a': null}]", "a: met 2; a.b: seen 1, written 1"},
};

/* ---- a path's counts as text --------------------------------------------------------------------
 */

struct line {
    const char *path;
    const int64_t *values;
};

static int compare_lines(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines as in the tables, numbers by their names' order; what is zero is left out. The numbers of
 * structure only with `all`. */
static void put_lines(struct line *lines, size_t count, bool all, struct buffer *out)
{
    qsort(lines, count, sizeof *lines, compare_lines);
    buffer_clear(out);
    for (size_t i = 0; i < count; i++) {
        const char *names[FATE_COUNT], *between = "";
        bool any = lines[i].values[FATE_SEEN] != 0;
        for (size_t fate = 0; all && fate < FATE_COUNT; fate++)
            any = any || lines[i].values[fate] != 0;
        if (!any)
            continue;
        buffer_printf(out, "%s%s: ", out->length > 0 ? "; " : "", lines[i].path);
        memcpy(names, fate_names, sizeof names);
        qsort(names, FATE_COUNT, sizeof *names, compare_words);
        for (size_t n = 0; n < FATE_COUNT; n++)
            for (size_t fate = 0; fate < FATE_COUNT; fate++)
                if (fate_names[fate] == names[n] && lines[i].values[fate] != 0 &&
                    (all || fate < FATE_TERMS || fate >= FATE_HEX_IDS)) {
                    buffer_printf(out, "%s%s %" PRId64, between, names[n], lines[i].values[fate]);
                    between = ", ";
                }
    }
}

static void assert_account(const struct path_account *account, bool all, const char *expected,
                           const char *what)
{
    struct line lines[64];
    struct buffer text;
    buffer_init(&text);
    for (size_t i = 0; i < account->count; i++)
        lines[i] = (struct line){account->paths[i].path, account->paths[i].values};
    put_lines(lines, account->count, all, &text);
    if (strcmp(buffer_text(&text), expected) != 0)
        fail_msg("%s\ntransform: %s\nnot        %s", what, buffer_text(&text), expected);
    buffer_release(&text);
}

static void assert_expectation(const struct expectation *expectation, bool all,
                               const char *expected, const char *what)
{
    struct line lines[64];
    struct buffer text;
    size_t count;
    const struct expected_path *paths = expectation_paths(expectation, &count);
    buffer_init(&text);
    for (size_t i = 0; i < count; i++)
        lines[i] = (struct line){paths[i].path, paths[i].values};
    put_lines(lines, count, all, &text);
    if (strcmp(buffer_text(&text), expected) != 0)
        fail_msg("%s\nverify: %s\nnot     %s", what, buffer_text(&text), expected);
    buffer_release(&text);
}

/* ---- documents ----------------------------------------------------------------------------------
 */

static bool ignore_row(void *context, const struct expected_row *row, struct error *error)
{
    (void)context, (void)row, (void)error;
    return true;
}

/* An entity of a MongoDB has nothing in its catalog that matters here. */
static const struct catalog_entity no_catalog;

struct pair {
    struct transformation t;
    struct expectation *expectation;
    int64_t records, filtered;
};

static void pair_open(struct pair *pair, const char *mapping)
{
    *pair = (struct pair){0};
    transformation_begin(&pair->t, mapping);
    if (!expectation_new(&pair->expectation, &pair->t.project,
                         project_mapping(&pair->t.project, "books"), &no_catalog, &pair->t.error))
        fail_msg("%s\n%s", pair->t.error.message, mapping);
}

static void pair_close(struct pair *pair)
{
    expectation_free(pair->expectation);
    transformation_close(&pair->t);
}

static bool expect_document(struct pair *pair, const uint8_t *bytes, size_t length)
{
    return expectation_batch(pair->expectation, bytes, length, ignore_row, NULL, &pair->records,
                             &pair->filtered, &pair->t.error);
}

static void count_both(const struct fates_case *one, bool all)
{
    struct pair pair;
    char wrapped[4000];
    bson_iter_t list, item;
    pair_open(&pair, one->mapping);
    snprintf(wrapped, sizeof wrapped, "{'all': %s}", one->documents);
    bson_t *documents = sample_bson(wrapped);
    assert_true(bson_iter_init_find(&list, documents, "all") && bson_iter_recurse(&list, &item));
    while (bson_iter_next(&item)) {
        const uint8_t *bytes;
        uint32_t length;
        bson_iter_document(&item, &length, &bytes);
        if (!rows_put_document(&pair.t.rows, &pair.t.plan, bytes, length, &pair.t.error) ||
            !expect_document(&pair, bytes, length))
            fail_msg("%s\n%s\n%s at %s", one->mapping, one->documents, pair.t.error.message,
                     pair.t.error.path);
    }
    assert_account(&pair.t.plan.paths, all, one->fates, one->mapping);
    assert_expectation(pair.expectation, all, one->fates, one->mapping);
    bson_destroy(documents);
    pair_close(&pair);
}

static void both_count_what_becomes_of_documents(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        count_both(&cases[i], false);
    for (size_t i = 0; i < COUNT(structure); i++)
        count_both(&structure[i], true);
}

/* What the account calls a function is what the mapping calls it. */
static void every_function_has_its_number(void **state)
{
    (void)state;
    assert_int_equal(FATE_BY_FUNCTION + FUNCTION_COUNT, FATE_BY_ONE_WAY_ID);
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        char name[64];
        snprintf(name, sizeof name, "by %s", mapping_functions[f].name);
        assert_string_equal(fate_names[FATE_BY_FUNCTION + f], name);
    }
}

/* A form of rows without a rest column would lose what nobody spoke for without a word. */
static void a_form_without_rest_refuses_what_is_left(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, FORMS);
    bson_t *bson = sample_bson("{'s': 2, 'b': 1, 'x': {'y': 1}}");
    assert_false(rows_put_document(&pair.t.rows, &pair.t.plan, bson_get_data(bson), bson->len,
                                   &pair.t.error));
    sample_assert_error(&pair.t.error, ERROR_DATA, "x", "says nothing of this field", "transform");
    assert_false(expect_document(&pair, bson_get_data(bson), bson->len));
    sample_assert_error(&pair.t.error, ERROR_DATA, "x", "no form of rows keeps", "verify");
    bson_destroy(bson);
    pair_close(&pair);
}

/* A name that is no text stops a run only where a row would have to keep it. */
static void a_name_that_is_no_text(void **state)
{
    (void)state;
    static const char tasks[] =
        "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': {'const': 1, "
        "'type': 'integer'}}}, 'public.tasks': {'each': 'tasks', 'key': ['n'], 'when': {'off': "
        "false}, 'columns': {'n': {'position': true}, 'r': {'rest': true}}}}, 'left_out': [{'each': "
        "'tasks', 'when': {'off': true}, 'why': 'w'}]}";
    for (int off = 0; off < 2; off++) {
        struct pair pair;
        bson_t record = BSON_INITIALIZER, array, element;
        pair_open(&pair, tasks);
        BSON_APPEND_ARRAY_BEGIN(&record, "tasks", &array);
        BSON_APPEND_DOCUMENT_BEGIN(&array, "0", &element);
        BSON_APPEND_BOOL(&element, "off", off);
        BSON_APPEND_INT32(&element, "x\xff", 1);
        bson_append_document_end(&array, &element);
        bson_append_array_end(&record, &array);
        bool made = rows_put_document(&pair.t.rows, &pair.t.plan, bson_get_data(&record),
                                      record.len, &pair.t.error);
        assert_int_equal(made, off);
        assert_int_equal(expect_document(&pair, bson_get_data(&record), record.len), off);
        if (off) {
            static const char fates[] = "*: left_out 1, seen 1; tasks.off: left_out 1, seen 1";
            assert_account(&pair.t.plan.paths, false, fates, tasks);
            assert_expectation(pair.expectation, false, fates, tasks);
        }
        bson_destroy(&record);
        pair_close(&pair);
    }
    struct pair pair;
    bson_t record = BSON_INITIALIZER;
    pair_open(&pair, FORMS);
    BSON_APPEND_INT32(&record, "s", 3);
    BSON_APPEND_INT32(&record, "x\xff", 1);
    assert_true(rows_put_document(&pair.t.rows, &pair.t.plan, bson_get_data(&record), record.len,
                                  &pair.t.error));
    assert_true(expect_document(&pair, bson_get_data(&record), record.len));
    assert_int_equal(pair.t.rows.filtered, 1);
    assert_int_equal(pair.filtered, 1);
    bson_destroy(&record);
    pair_close(&pair);
}

/* Keys without end: the first 10,000 paths stand alone, the others together. */
static void paths_without_end_are_counted_together(void **state)
{
    (void)state;
    struct pair pair;
    size_t at, count;
    int64_t sum = 0, other = 0;
    pair_open(&pair, BOOKS(", 'r': {'rest': true}", ""));
    for (int d = 0; d < 12; d++) {
        bson_t bson = BSON_INITIALIZER;
        for (int i = 0; i < 1000; i++) {
            char name[16];
            snprintf(name, sizeof name, "f%d", d * 1000 + i);
            BSON_APPEND_INT32(&bson, name, i);
        }
        assert_true(rows_put_document(&pair.t.rows, &pair.t.plan, bson_get_data(&bson), bson.len,
                                      &pair.t.error));
        assert_true(expect_document(&pair, bson_get_data(&bson), bson.len));
        bson_destroy(&bson);
    }
    assert_int_equal(pair.t.plan.paths.count, FATE_MOST_PATHS + 1);
    assert_true(path_account_find(&pair.t.plan.paths, FATE_OTHER_PATHS, 1, &at, &pair.t.error));
    assert_int_equal(pair.t.plan.paths.paths[at].values[FATE_REST], 2000);
    assert_true(path_account_find(&pair.t.plan.paths, "f17", 3, &at, &pair.t.error));
    assert_int_equal(pair.t.plan.paths.paths[at].values[FATE_REST], 1);
    const struct expected_path *paths = expectation_paths(pair.expectation, &count);
    for (size_t i = 0; i < count; i++) {
        sum += paths[i].values[FATE_REST];
        if (strcmp(paths[i].path, FATE_OTHER_PATHS) == 0)
            other = paths[i].values[FATE_REST];
    }
    assert_int_equal(sum, 12000);
    assert_int_equal(other, 2000);
    pair_close(&pair);
}

/* What a batch's meta document says of it, and that the next batch begins at zero. */
static void a_batch_tells_its_paths(void **state)
{
    (void)state;
    struct transformation t;
    bson_t told = BSON_INITIALIZER, again = BSON_INITIALIZER;
    transformation_begin(&t,
                         BOOKS(", 'a': {'from': 'a', 'type': 'text'}, 'r': {'rest': true}", ""));
    assert_true(transformation_put(&t, "{'a': 'x', 'y.z': 1}"));
    assert_true(transformation_put(&t, "{'a': 'x'}"));
    assert_true(path_account_put(&t.plan.paths, &told));
    bson_t *expected =
        sample_bson("{'a': {'seen': {'$numberLong': '2'}, 'written': {'$numberLong': '2'}}, "
                    "'\\u0027y.z\\u0027': {'seen': {'$numberLong': '1'}, 'rest': {'$numberLong': '1'}}}");
    assert_true(bson_equal(&told, expected));
    path_account_clear(&t.plan.paths);
    assert_true(path_account_put(&t.plan.paths, &again));
    assert_int_equal(bson_count_keys(&again), 0);
    bson_destroy(expected);
    bson_destroy(&told);
    bson_destroy(&again);
    transformation_close(&t);
}

/* ---- tuples -------------------------------------------------------------------------------------
 */

static void put_field(struct buffer *out, const char *text)
{
    buffer_put_be32(out, text != NULL ? (uint32_t)strlen(text) : UINT32_MAX);
    buffer_puts(out, text != NULL ? text : "");
}

/* id is kept, gone is dropped, c becomes d and has a default for null; of is an id, from whose UUID nobody
 * gets back to a text; of m the isbn and what remains are columns. */
static void both_count_the_columns_of_tuples(void **state)
{
    (void)state;
    static const char expected[] =
        "c: defaulted 1, seen 3, written 2; gone: dropped 3, seen 3; id: seen 3, written 3; "
        "m.isbn: seen 2, written 2; m.odd: rest 1, seen 1; m.x: rest 1, seen 1; "
        "of: by a one-way id 1, changed 1, seen 3, written 2";
    static const char *const values[][3] = {
        {"a", "slug", "\1{\"isbn\": 1, \"x\": {}, \"odd\": 2}"},
        {NULL, NULL, NULL},
        {"", "50000000000000000000000a", "\1{\"isbn\": null}"}};
    struct folder folder;
    struct project project;
    struct catalog catalog;
    struct schema schema;
    struct plan plan;
    struct rows rows;
    struct expectation *expectation;
    struct buffer tuples;
    struct error error = {0};
    int64_t records = 0, filtered = 0;
    folder_make(&folder);
    folder_put(&folder, "project.json",
               sample_quoted("{'project': 'test', 'target': '${T}', 'sources': {'sql': {'kind': "
                             "'postgres', 'uri': '${S}'}}}"));
    folder_put(&folder, "sales.json",
               sample_quoted("{'from': 'sql.sales', 'to': {'public.sales': {'keep_shape': true, "
                             "'columns': {'d': {'from': 'c', 'null': false, 'default': 'x'}, "
                             "'of_id': {'from': 'of', 'id_of': 'sales', 'foreign_key': false}, "
                             "'isbn': {'from': 'm.isbn', 'type': 'integer'}, 'm': {'rest': 'm'}}}}, "
                             "'drop': ['gone']}"));
    catalog_init(&catalog);
#define TEXT_COLUMN(name)                                                                          \
    "{'name': '" name "', 'type': 'text', 'oid': 25, 'not_null': false, 'serial': false}"
    if (!project_load(&project, folder.path, &error) ||
        !catalog_parse_entity(
            sample_quoted("{'name': 'sales', 'columns': [" TEXT_COLUMN("id") ", " TEXT_COLUMN(
                "gone") ", " TEXT_COLUMN("c") ", " TEXT_COLUMN("of") ", {'name': 'm', 'type': 'jsonb', 'oid': 3802, "
                          "'not_null': true, 'serial': false}], 'key': ['id']}"),
            "catalog", &catalog, &error))
        fail_msg("%s", error.message);
    const struct mapping *entity = project_mapping(&project, "sales");
    if (!schema_resolve_entity(&schema, &project, entity, &catalog, &error) ||
        !plan_compile(&plan, &schema, entity, &catalog.entities[0], &error) ||
        !rows_init(&rows, 1, &error) ||
        !expectation_new(&expectation, &project, entity, &catalog.entities[0], &error))
        fail_msg("%s", error.message);
    buffer_init(&tuples);
    for (size_t i = 0; i < COUNT(values); i++) {
        buffer_put_be16(&tuples, 5);
        put_field(&tuples, "1");
        put_field(&tuples, "g");
        put_field(&tuples, values[i][0]);
        put_field(&tuples, values[i][1]);
        put_field(&tuples, values[i][2]);
    }
    const uint8_t *at = tuples.data, *end = at + tuples.length;
    while (at < end)
        if (!rows_put_tuple(&rows, &plan, &at, end, &error))
            fail_msg("%s", error.message);
    if (!expectation_batch(expectation, tuples.data, tuples.length, ignore_row, NULL, &records,
                           &filtered, &error))
        fail_msg("%s", error.message);
    assert_account(&plan.paths, false, expected, "tuples");
    assert_expectation(expectation, false, expected, "tuples");
    buffer_release(&tuples);
    expectation_free(expectation);
    rows_release(&rows);
    plan_release(&plan);
    schema_release(&schema);
    catalog_release(&catalog);
    project_release(&project);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_count_what_becomes_of_documents),
        cmocka_unit_test(every_function_has_its_number),
        cmocka_unit_test(a_form_without_rest_refuses_what_is_left),
        cmocka_unit_test(a_name_that_is_no_text),
        cmocka_unit_test(paths_without_end_are_counted_together),
        cmocka_unit_test(a_batch_tells_its_paths),
        cmocka_unit_test(both_count_the_columns_of_tuples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
