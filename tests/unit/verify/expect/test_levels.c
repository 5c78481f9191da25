/* Arrays in arrays, and what is around an element: transform and verify make the same rows of a
 * record, count the same fates, and refuse the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "canonical.h"
#include "expect.h"
#include "transformation.h"

#include <inttypes.h>
#include <stdlib.h>

#define BOOK(columns) "'public.books': {'key': ['k'], 'columns': {'k': {'from': '_id', 'type': 'integer'}" columns "}}"
#define TABLE(name, each, columns, more)                                                           \
    ", 'public." name "': {'each': '" each "', 'key': ['n'], 'columns': {" columns                 \
    ", 'n': {'position': true}}" more "}"
#define INNER(name, each, columns, more)                                                           \
    ", 'public." name "': {'each': '" each "', 'key': ['i', 'n'], 'columns': {" columns            \
    ", 'n': {'position': true}}" more "}"
#define TO(tables, more) "{'from': 'core.books', 'to': {" tables "}" more "}"
#define INT(from) "{'from': '" from "', 'type': 'integer'}"
#define TEXT(from) "{'from': '" from "', 'type': 'text'}"
#define Q "\\u0027" /* a single quote */

struct level_case {
    const char *mapping;
    const char *documents;
    const char *rows;  /* but those of books: "table a|b", - for NULL, columns in the order of their names */
    const char *fates; /* of paths but _id, each with a semicolon */
};

static const struct level_case cases[] = {
    /* tables of both levels; what is around, and the row above */
    {TO(BOOK("") TABLE("a", "s", "'k': {'parent': 'k'}, 'm': " TEXT("t"), "")
            INNER("b", "s.l", "'i': {'position': 's'}, 'k': {'parent': 'm'}, 'm': " INT("x"), ""),
        ""),
     "[{'_id': 1, 's': [{'t': 'S', 'l': [{'x': 5}, {}]}, {'l': null}, {'t': 'T', 'l': [{'x': 6}]}]}]",
     "a 1|S|1\na 1|-|2\na 1|T|3\nb 1|S|5|1\nb 1|S|-|2\nb 3|T|6|1\n",
     "s: elements 3, met 1, taken 3; s.l: elements 3, met 3, taken 3; s.l.x: seen 2, written 2; "
     "s.t: seen 2, written 2;"},
    /* nobody takes the level on the way: its fields are dropped, or seen from inside */
    {TO(BOOK("") TABLE("b", "s.l", "'i': " INT("^.y") ", 'k': {'parent': 'k'}, 'm': " INT("^^.z"), ""),
        ", 'drop': ['s.w']"),
     "[{'_id': 1, 'z': 7, 's': [{'w': 1, 'y': 3, 'l': [{}, {}]}, {'y': 4}]}, {'_id': 2, 's': []}]",
     "b 3|1|7|1\nb 3|1|7|2\n",
     "s: elements 2, met 2, taken 2; s.l: elements 2, met 1, taken 2; s.w: dropped 1, seen 1; "
     "s.y: kept_out 1, seen 2, written 1; z: seen 1, written 1;"},
    /* and in another record it is a document on the way */
    {TO(BOOK("") TABLE("b", "s.l", "'i': " INT("^.y") ", 'j': {'position': 's'}, 'k': {'parent': 'k'}", ""),
        ", 'drop': ['s.w']"),
     "[{'_id': 1, 'y': 8, 's': {'w': 1, 'l': [{}]}}, {'_id': 2, 'y': null, 's': [{'l': [{}], 'y': 9}]}]",
     "b 8|-|1|1\nb 9|1|2|1\n",
     "s: elements 1, met 2, taken 1; s.l: elements 2, met 2, taken 2; s.w: dropped 1, seen 1; "
     "s.y: seen 1, written 1; y: kept_out 1, seen 2, written 1;"},
    /* a column takes the level whole: what is in it is spoken for, and the elements are rows too */
    {TO(BOOK(", 's': {'from': 's', 'type': 'jsonb'}") INNER("b", "s.l", "'i': {'position': 's'}, 'k': {'parent': 'k'}", ""), ""),
     "[{'_id': 1, 's': [{'w': 1, 'l': [{}]}, {'l': [{}]}]}]", "b 1|1|1\nb 2|1|1\n",
     "s: elements 2, seen 1, taken 2, written 1; s.l: elements 2, met 2, taken 2;"},
    /* a rule takes an element with all that is inside */
    {TO(BOOK("") TABLE("a", "s", "'m': " TEXT("t"), ", 'when': {'off': null}")
            TABLE("b", "s.l", "'m': {'parent': 'm'}", ""),
        ", 'left_out': [{'each': 's', 'when': {'off': true}, 'why': 'w'}]"),
     "[{'_id': 1, 's': [{'t': 'S', 'l': [{}]}, {'off': true, 't': 'T', 'l': [{}, {}]}]}]",
     "a S|1\nb S|1\n",
     "s: elements 2, met 1, taken 1; s.l: elements 1, left_out 1, met 1, seen 1, taken 1; "
     "s.off: left_out 1, seen 1; s.t: left_out 1, seen 2, written 1;"},
    /* a rule of a level that no table takes */
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("x"), ""),
        ", 'left_out': [{'each': 's', 'when': {'off': true}, 'why': 'w'}]"),
     "[{'_id': 1, 's': [{'l': [{'x': 1}]}, {'off': true, 'l': [{'x': 2}]}]}]", "b 1|1\n",
     "s: elements 2, met 1, taken 1; s.l: elements 1, left_out 1, met 1, seen 1, taken 1; "
     "s.l.x: seen 1, written 1; s.off: left_out 1, seen 1;"},
    /* conditions on what is around, at any distance; and functions on it */
    {TO(BOOK("") TABLE("b", "s.l.q",
                       "'m': {'from': '^^.t', 'type': 'text', 'do': ['lower'], 'when': {'^^^.z': 1}}",
                       ", 'when': {'^.x': 1}"),
        ", 'left_out': [{'each': 's.l.q', 'when': {'^.x': 2}, 'why': 'w'}]"),
     "[{'_id': 1, 'z': 1, 's': [{'t': 'T', 'l': [{'x': 1, 'q': [{}, {}]}, {'x': 2, 'q': [{}]}]}]},"
     " {'_id': 2, 'z': 2, 's': [{'t': 'U', 'l': [{'x': 1, 'q': [{}]}]}]}]",
     "b t|1\nb t|2\nb -|1\n",
     "s: elements 2, met 2, taken 2; s.l: elements 3, met 2, taken 3; s.l.q: elements 4, met 3, "
     "taken 3; s.l.x: compared 3, seen 3; s.t: by lower 2, changed 1, kept_out 1, seen 2; z: "
     "compared 2, seen 2;"},
    /* several tables take the level around: the one that is named gives its row */
    {TO(BOOK("") TABLE("a", "s", "'m': " TEXT("t"), ", 'when': {'v': 1}")
            TABLE("c", "s", "'m': " TEXT("u"), "") TABLE("b", "s.l", "'m': {'parent': 'public.c.m'}", ""),
        ""),
     "[{'_id': 1, 's': [{'t': 'T', 'u': 'U', 'v': 2, 'l': [{}]}]}]", "b U|1\nc U|1\n",
     "s: elements 1, met 1, taken 1; s.l: elements 1, met 1, taken 1; s.t: kept_out 1, seen 1; "
     "s.u: seen 1, written 1; s.v: compared 1, seen 1;"},
    /* names that need quotes, and a rest of the inner level */
    {TO(BOOK("") TABLE("a", Q "a.b" Q, "'m': " TEXT("t"), "")
            TABLE("b", Q "a.b" Q "." Q Q, "'m': {'rest': true}", ""),
        ""),
     "[{'_id': 1, 'a.b': [{'t': 'T', '': [{'x.y': 1}]}]}]", "a T|1\nb {'x.y': 1}|1\n",
     "'a.b': elements 1, met 1, taken 1; 'a.b'.'': elements 1, met 1, taken 1; "
     "'a.b'.''.'x.y': rest 1, seen 1; 'a.b'.t: seen 1, written 1;"},
    /* the members of an object: their names, values and places; scalars, too */
    {TO(BOOK("") TABLE("b", "s.*", "'i': {'name': true}, 'k': {'parent': 'k'}, 'm': " INT("."), ""), ""),
     "[{'_id': 1, 's': {'x': 3, 'a.b': 5}}, {'_id': 2, 's': {}}, {'_id': 3, 's': null}, {'_id': 4}]",
     "b x|1|3|1\nb a.b|1|5|2\n", "s: met 3; s.*: elements 2, met 2, seen 2, taken 2, written 2;"},
    /* of members whose values have fields and arrays; one of the members by its name; names further out */
    {TO(BOOK(", 'x': " TEXT("s.x.t")) TABLE("a", "s.*", "'m': {'name': true}", "")
            INNER("b", "s.*.l", "'i': {'name': 's.*', 'do': ['upper']}, 'k': {'parent': 'm'}, 'm': " TEXT("^.t"), ""),
        ", 'drop': ['s.*.w']"),
     "[{'_id': 1, 's': {'x': {'t': 'T', 'w': 1, 'l': [{}]}, 'y': {'l': [{}, {}]}}}]",
     "a x|1\na y|2\nb X|x|T|1\nb Y|y|-|1\nb Y|y|-|2\n",
     "s: met 1; s.*: elements 2, met 1, taken 2; s.*.l: elements 3, met 2, taken 3; "
     "s.*.t: seen 1, written 1; s.*.w: dropped 1, seen 1; s.x.t: seen 1, written 1;"},
    /* the name is an id; a rule leaves members out, with what is inside */
    {TO(BOOK("") TABLE("b", "s.*", "'i': {'name': true, 'id_of': 'users'}", ", 'when': {'off': null}"),
        ", 'left_out': [{'each': 's.*', 'when': {'off': true}, 'why': 'w'}]"),
     "[{'_id': 1, 's': {'0000000000000000000000aa': {}, 'z': {'off': true}}}]",
     "b 00000000-0000-0000-0000-0000000000aa|1\n",
     "s: met 1; s.*: elements 2, met 1, taken 1; s.*.off: left_out 1, seen 1;"},
    /* the rest inside of an object, at any depth; left out where there is none, or by a condition */
    {TO(BOOK("") TABLE("b", "s", "'m': {'type': 'jsonb', 'object': {'a': {'from': 'a'}, 'o': {'object': {'more': "
                                 "{'rest': true, 'when': {'off': null}}}}}}", ""), ""),
     "[{'_id': 1, 's': [{'a': 1, 'b': 2, 'x': {'y': 3}}, {'a': 4}, {'a': 5, 'z': 6, 'off': 1}]}]",
     "b {'a': 1, 'o': {'more': {'b': 2, 'x': {'y': 3}}}}|1\nb {'a': 4, 'o': {}}|2\nb {'a': 5, 'o': {}}|3\n",
     "s: elements 3, met 1, taken 3; s.a: seen 3, written 3; s.b: rest 1, seen 1; s.off: compared 1, seen 1; "
     "s.x: rest 1, seen 1; s.z: kept_out 1, seen 1;"},
    {TO(BOOK("") TABLE("b", "s", "'m': {'type': 'jsonb', 'when': {'a': 1}, 'object': {'more': {'rest': true, "
                                 "'default': 7}}}", ""), ""),
     "[{'_id': 1, 's': [{'a': 1}, {'a': 1, 'b': 2}, {'a': 2, 'b': 3}]}]",
     "b {'more': 7}|1\nb {'more': {'b': 2}}|2\nb -|3\n",
     "s: elements 3, met 1, taken 3; s.a: compared 3, seen 3; s.b: kept_out 1, rest 1, seen 2;"},
    /* the rest of an object: the deeper one first, and each holds what is elsewhere; null where nothing is */
    {TO(BOOK("") TABLE("b", "s", "'a': " TEXT("m.i") ", 'b': {'rest': 'm'}, 'c': {'rest': true}, 'd': {'rest': 'm.d'}", ""),
        ""),
     "[{'_id': 1, 's': [{'m': {'i': 'x', 'd': {'e': 1}, 'p': [2], 'q': {'d': {'e': 3}}}, 'm2': 4, 'z': 5}, {}, {'m': null}, "
     "{'m': {'d': null}}, {'m': {'i': 'y', 'd': {}}}, {'m': {'d': {'i': 6}}}, {'m': {'p': {}}}]}]",
     "b x|{'p': [2], 'q': {'d': {'e': 3}}}|{'m2': 4, 'z': 5}|{'e': 1}|1\nb -|-|-|-|2\nb -|-|-|-|3\nb -|-|-|-|4\n"
     "b y|-|-|-|5\nb -|-|-|{'i': 6}|6\nb -|{'p': {}}|-|-|7\n",
     "s: elements 7, met 1, taken 7; s.m: met 6; s.m.d: met 4; s.m.d.e: rest 1, seen 1; s.m.d.i: rest 1, seen 1; "
     "s.m.i: seen 2, written 2; s.m.p: rest 2, seen 2; s.m.q: rest 1, seen 1; s.m2: rest 1, seen 1; s.z: rest 1, seen 1;"},
    /* what lies on the way to the deeper one stays in place, and a condition keeps out only its own */
    {TO(BOOK("") TABLE("b", "s", "'a': {'rest': true}, 'b': {'object': {'o': {'object': {'r': {'rest': 'm.d.e', 'do': "
                                 "['safe_numbers']}}, 'when': {'off': null}}}, 'type': 'jsonb'}", ""), ""),
     "[{'_id': 1, 's': [{'m': {'d': {'e': {'x': 9007199254740993}, 'f': 9007199254740993}}}, {'m': {'d': {'e': {'x': 1, "
     "'y': null}}, 'g': 2}, 'off': 1}, {'m': {'d': {'e': {}}}}]}]",
     "b {'m': {'d': {'f': 9007199254740993}}}|{'o': {'r': {'x': '9007199254740993'}}}|1\nb {'m': {'g': 2}}|{}|2\n"
     "b -|{'o': {}}|3\n",
     "s: elements 3, met 1, taken 3; s.m.d.e: met 3; s.m.d.e.x: kept_out 1, rest 1, seen 2; s.m.d.e.y: kept_out 1, seen 1; "
     "s.m.d.f: rest 1, seen 1; s.m.g: rest 1, seen 1; s.off: compared 1, seen 1;"},
    /* each form of a table has its own, and what both keep is one value */
    {TO(BOOK("") ", 'public.b': [{'each': 's', 'key': ['n'], 'when': {'f': {'not': 2}}, 'columns': {'m': {'rest': true}, "
                 "'n': {'position': true}}}, {'each': 's', 'key': ['n'], 'when': {'f': 2}, 'columns': {'m': {'rest': 'o'}, 'n': "
                 "{'position': true}}}], 'public.c': {'each': 's', 'key': ['n'], 'columns': {'m': {'rest': 'o.p', 'default': {'no': "
                 "1}}, 'n': {'position': true}}, 'when': {'f': {'not': 3}}}",
        ""),
     "[{'_id': 1, 's': [{'f': 1, 'o': {'p': {'x': 1}}, 'q': 2}, {'f': 2, 'o': {'p': {'x': 1}, 'y': 2}}, {'f': 3, 'o': {'p': "
     "{'z': 1}}}]}]",
     "b {'o': {'p': {'x': 1}}, 'q': 2}|1\nb {'p': {'x': 1}, 'y': 2}|2\nb {'o': {'p': {'z': 1}}}|3\nc {'x': 1}|1\n"
     "c {'x': 1}|2\n",
     "s: elements 3, met 1, taken 3; s.f: compared 3, seen 3; s.o: met 3; s.o.p: met 3; s.o.p.x: rest 2, seen 2; "
     "s.o.p.z: rest 1, seen 1; s.o.y: rest 1, seen 1; s.q: rest 1, seen 1;"},
    /* a condition on the object looks at it, and does not take it; a level on the way may be one */
    {TO(BOOK(", 'e': {'rest': 's'}") TABLE("b", "s.l", "'i': {'position': 's'}, 'm': {'rest': 'x', 'when': {'x': {'empty': "
                                           "false}}, 'null': true}", ""),
        ", 'drop': ['s.w', 's.l.x.w']"),
     "[{'_id': 1, 's': {'w': 1, 't': 2, 'l': [{'x': {'w': 1, 'v': 5}}]}}, {'_id': 2, 's': "
     "[{'w': 3, 'l': [{'x': {}}]}]}]",
     "b -|{'v': 5}|1\nb 1|-|1\n",
     "s: elements 1, met 2, taken 1; s.l: elements 2, met 2, taken 2; s.l.x: met 2; s.l.x.v: rest 1, seen 1; "
     "s.l.x.w: dropped 1, seen 1; s.t: rest 1, seen 1; s.w: dropped 2, seen 2;"},
    /* what is given up there, with its element, or with a row that stands twice */
    {TO(BOOK("") ", 'public.b': {'each': 's', 'key': ['k'], 'misfit': {'row_twice': 'first', 'nul': 'strip'}, 'columns': {'k': "
                 "{'from': 'k', 'type': 'integer'}, 'r': {'rest': 'm'}}, 'when': {'m.off': null}}",
        ", 'left_out': [{'each': 's', 'when': {'m.off': true}, 'why': 'w'}]"),
     "[{'_id': 1, 's': [{'k': 1, 'm': {'a': 'x\\u0000y', 'b': 'z'}}, {'k': 1, 'm': {'b': 2}}, {'k': 3, 'm': {'b': 4, 'off': "
     "true}}]}]",
     "b 1|{'a': 'xy', 'b': 'z'}\n",
     "s: elements 3, met 1, taken 2; s.k: left_out 1, lost 1, seen 3, written 1; s.m: met 3; s.m.a: lost 1, seen 1; "
     "s.m.b: left_out 1, lost 1, rest 1, seen 3; s.m.off: left_out 1, seen 1;"},
    /* one value is an array of one: for a column, and for "each"; not what is nothing */
    {TO(BOOK("") TABLE("b", "s", "'k': {'parent': 'k'}, 'm': {'from': '.', 'type': 'text'}",
                       ", 'misfit': {'no_array': 'list'}"),
        ""),
     "[{'_id': 1, 's': 'x'}, {'_id': 2, 's': ['y', 'z']}, {'_id': 3, 's': null}, {'_id': 4}]",
     "b 1|x|1\nb 2|y|1\nb 2|z|2\n", "s: elements 3, met 3, seen 3, taken 3, written 3;"},
    {TO(BOOK("") TABLE("b", "s", "'k': {'from': 't', 'type': 'integer[]', 'misfit': {'no_array': 'list'}}",
                       ", 'misfit': {'no_array': 'list'}")
            TABLE("c", "s.l", "'m': {'from': '.', 'type': 'text'}", ", 'misfit': {'no_array': 'list'}"),
        ""),
     "[{'_id': 1, 's': {'t': 4, 'l': 'L'}}, {'_id': 2, 's': [{'t': [5], 'l': ['M', 'N']}, {}]}]",
     "b {4}|1\nb {5}|1\nb -|2\nc L|1\nc M|1\nc N|2\n",
     "s: elements 3, met 2, taken 3; s.l: elements 3, met 2, seen 3, taken 3, written 3; "
     "s.t: seen 2, written 2;"},
    /* of a record's rows with one key the first stays; those of another record have their own */
    {"{'from': 'core.books', 'to': {" BOOK("") ", 'public.b': {'each': 's', 'key': ['k', 'm'], 'misfit': "
     "{'row_twice': 'first'}, 'columns': {'k': {'parent': 'k'}, 'm': {'from': 'x', 'type': 'text', 'do': "
     "['lower']}, 'n': {'from': 'y', 'type': 'text'}}}}}",
     "[{'_id': 1, 's': [{'x': 'a', 'y': 'A'}, {'x': 'b'}, {'x': 'A', 'y': 'B'}]}, {'_id': 2, 's': [{'x': 'a'}]}]",
     "b 1|a|A\nb 1|b|-\nb 2|a|-\n",
     "s: elements 4, met 2, taken 4; s.x: by lower 1, lost 1, seen 4, written 3; s.y: lost 1, seen 2, written 1;"},
    /* two forms of a table, and two levels: places alone do not tell them apart */
    {"{'from': 'core.books', 'to': {" BOOK("") ", 'public.b': {'each': 's.l', 'key': ['n'], 'misfit': "
     "{'row_twice': 'first'}, 'columns': {'m': {'from': '.', 'type': 'text'}, 'n': {'position': true}}}}}",
     "[{'_id': 1, 's': [{'l': ['a', 'b']}, {'l': ['c', 'd', 'e']}]}]", "b a|1\nb b|2\nb e|3\n",
     "s: elements 2, met 1, taken 2; s.l: elements 5, lost 2, met 2, seen 5, taken 5, written 3;"},
};

/* ---- rows and counts as text ----------------------------------------------------------------- */

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct lines {
    char *items[64];
    size_t count;
};

static void add_line(struct lines *lines, struct buffer *line)
{
    assert_true(lines->count < COUNT(lines->items));
    lines->items[lines->count++] = strdup(buffer_text(line));
    buffer_release(line);
}

/* In the order of their texts, each with `end` behind it. */
static void join_lines(struct lines *lines, const char *end, struct buffer *out)
{
    buffer_init(out);
    if (lines->count > 1)
        qsort(lines->items, lines->count, sizeof *lines->items, compare_lines);
    for (size_t i = 0; i < lines->count; i++) {
        buffer_printf(out, "%s%s", lines->items[i], end);
        free(lines->items[i]);
    }
}

static void put_counts(struct lines *lines, const char *path, const int64_t *values)
{
    static const char *const order[] = {"by lower", "changed", "compared", "dropped", "elements", "kept_out",
                                        "left_out", "lost", "met", "rest", "seen", "taken", "written"};
    struct buffer line;
    const char *between = "";
    buffer_init(&line);
    buffer_printf(&line, "%s: ", path);
    for (size_t n = 0; n < COUNT(order); n++)
        for (size_t fate = 0; fate < FATE_COUNT; fate++)
            if (strcmp(fate_names[fate], order[n]) == 0 && values[fate] != 0) {
                buffer_printf(&line, "%s%s %" PRId64, between, order[n], values[fate]);
                between = ", ";
            }
    if (between[0] == '\0' || strcmp(path, "_id") == 0)
        buffer_release(&line);
    else
        add_line(lines, &line);
}

static void put_tuples(const struct transformation *t, struct lines *lines)
{
    for (size_t o = 1; o < t->plan.output_count; o++) {
        const struct schema_output *output = &t->schema.outputs[o];
        struct pgtype types[16];
        for (size_t c = 0; c < output->column_count; c++)
            types[c] = output->columns[c].type;
        char *text = sample_tuples(&t->rows.lists[o].tuples, types), *at = text, *end;
        for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
            struct buffer line;
            buffer_init(&line);
            buffer_printf(&line, "%s %.*s", output->table->name, (int)(end - at), at);
            add_line(lines, &line);
        }
        free(text);
    }
}

static bool take_row(void *context, const struct expected_row *row, struct error *error)
{
    struct buffer line;
    (void)error;
    if (strcmp(row->table->label, "public.books") == 0)
        return true;
    buffer_init(&line);
    buffer_printf(&line, "%s", row->table->label + strlen("public."));
    for (size_t i = 0; i < row->table->column_count; i++) {
        const struct expected_value *value = &row->values[i];
        buffer_puts(&line, i > 0 ? "|" : " ");
        if (value->length == 1 && value->bytes[0] == 'N')
            buffer_putc(&line, '-');
        else
            canonical_print(&row->table->columns[i].type, value->bytes, value->length, &line);
    }
    add_line(context, &line);
    return true;
}

static void assert_text(struct lines *lines, const char *expected, const char *who,
                        const char *mapping)
{
    struct lines wanted = {0};
    struct buffer text, all;
    for (const char *at = expected, *end; (end = strpbrk(at, "\n;")) != NULL; at = end + 1) {
        struct buffer line;
        buffer_init(&line);
        at += *at == ' ';
        buffer_printf(&line, "%.*s", (int)(end - at), at);
        add_line(&wanted, &line);
    }
    join_lines(&wanted, "\n", &all);
    join_lines(lines, "\n", &text);
    if (strcmp(buffer_text(&text), buffer_text(&all)) != 0)
        fail_msg("%s\n%s:\n%snot\n%s", mapping, who, buffer_text(&text), buffer_text(&all));
    buffer_release(&text);
    buffer_release(&all);
}

/* ---- both ------------------------------------------------------------------------------------ */

struct both {
    struct transformation t;
    struct expectation *expectation;
    struct lines rows; /* of verify */
};

static void both_begin(struct both *both, const char *mapping)
{
    static const struct catalog_entity none;
    *both = (struct both){0};
    transformation_begin(&both->t, mapping);
    if (!expectation_new(&both->expectation, &both->t.project,
                         project_mapping(&both->t.project, "books"), &none, &both->t.error))
        fail_msg("%s\n%s", both->t.error.message, mapping);
}

static void both_end(struct both *both)
{
    expectation_free(both->expectation);
    transformation_close(&both->t);
}

static bool both_verify(struct both *both, const uint8_t *bytes, size_t length)
{
    int64_t records = 0, filtered = 0;
    return expectation_batch(both->expectation, bytes, length, take_row, &both->rows, &records,
                             &filtered, &both->t.error);
}

static void check_case(const struct level_case *one)
{
    struct both both;
    struct lines tuples = {0}, account = {0}, recount = {0};
    char wrapped[2000];
    bson_iter_t list, item;
    size_t count;
    both_begin(&both, one->mapping);
    snprintf(wrapped, sizeof wrapped, "{'all': %s}", one->documents);
    bson_t *documents = sample_bson(wrapped);
    assert_true(bson_iter_init_find(&list, documents, "all") && bson_iter_recurse(&list, &item));
    while (bson_iter_next(&item)) {
        const uint8_t *bytes;
        uint32_t length;
        bson_iter_document(&item, &length, &bytes);
        if (!rows_put_document(&both.t.rows, &both.t.plan, bytes, length, &both.t.error) ||
            !both_verify(&both, bytes, length))
            fail_msg("%s\n%s at %s", one->mapping, both.t.error.message, both.t.error.path);
    }
    put_tuples(&both.t, &tuples);
    assert_text(&tuples, sample_quoted(one->rows), "transform", one->mapping);
    assert_text(&both.rows, sample_quoted(one->rows), "verify", one->mapping);
    for (size_t i = 0; i < both.t.plan.paths.count; i++)
        put_counts(&account, both.t.plan.paths.paths[i].path, both.t.plan.paths.paths[i].values);
    assert_text(&account, one->fates, "transform", one->mapping);
    const struct expected_path *paths = expectation_paths(both.expectation, &count);
    for (size_t i = 0; i < count; i++)
        put_counts(&recount, paths[i].path, paths[i].values);
    assert_text(&recount, one->fates, "verify", one->mapping);
    bson_destroy(documents);
    both_end(&both);
}

static void both_make_the_same_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_case(&cases[i]);
}

static const struct {
    const char *mapping, *document, *path, *part; /* of transform's error */
} wrong[] = {
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("x"), ""), ""),
     "{'_id': 1, 's': [{'l': []}, {'l': [{'x': 1}, {'y': 1}]}]}", "s[1].l[1].y", "says nothing"},
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("x"), ""), ""), "{'_id': 1, 's': [{'w': 1}]}", "s[0].w",
     "says nothing"},
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("x"), ""), ""), "{'_id': 1, 's': {'w': 1}}", "s.w",
     "says nothing"},
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("x"), ""), ""), "{'_id': 1, 's': 'text'}", "s",
     "the mapping looks for fields in it, and it is the text"},
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("x"), ""), ""), "{'_id': 1, 's': [{}, 'text']}", "s[1]",
     "an element is the text"},
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("x"), ""), ""), "{'_id': 1, 's': [{'l': 7}]}", "s[0].l",
     "looks for an array here, and it is the int32 7"},
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("^.x"), ""), ""), "{'_id': 1, 's': [{'l': [{}], 'x': 'y'}]}",
     "s[0].x", "does not fit"},
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("x"), ", 'when': {'^.v': 1}"), ""),
     "{'_id': 1, 's': [{'v': 1}, {'v': '1', 'l': [{}]}]}", "s[1].v", "of another kind"},
    {TO(BOOK("") TABLE("b", "s.l", "'m': " INT("x"), ", 'when': {'^.v': 1}"), ""),
     "{'_id': 1, 's': [{'v': 2, 'l': [{}]}]}", "s[0].l[0]", "/to/public.b/when/^.v: v is the int32 2"},
    /* members */
    {TO(BOOK("") TABLE("b", "s.*", "'m': " INT("x"), ""), ""), "{'_id': 1, 's': [1]}", "s",
     "looks for an object here, and it is an array"},
    {TO(BOOK("") TABLE("b", "s.*", "'m': " INT("x"), ""), ""), "{'_id': 1, 's': {'a.b': {'y': 1}}}",
     "s.'a.b'.y", "says nothing"},
    {TO(BOOK("") TABLE("b", "s.*.l", "'m': " INT("x"), ""), ""), "{'_id': 1, 's': {'z': {'l': [{'x': 'y'}]}}}",
     "s.z.l[0].x", "does not fit"},
    /* a row twice, and what it is called */
    {"{'from': 'core.books', 'to': {" BOOK("") ", 'public.b': {'each': 's', 'key': ['k', 'm'], 'columns': "
     "{'k': {'parent': 'k'}, 'm': {'from': '.', 'type': 'text'}}}}}",
     "{'_id': 1, 's': ['p', 'p', 'q']}", "s[1]", "\"p\" stands there twice: public.b takes one row"},
    {"{'from': 'core.books', 'to': {" BOOK("") ", 'public.b': {'each': 's', 'key': ['m', 'n'], 'columns': "
     "{'m': {'from': 'x', 'type': 'text'}, 'n': {'from': 'y', 'type': 'text'}}}}}",
     "{'_id': 1, 's': [{'x': 'p', 'y': 'q'}, {'x': 'pq', 'y': ''}, {'x': 'p', 'y': 'q'}]}", "s[2]",
     "\"p\", \"q\" stands there twice"},
    {"{'from': 'core.books', 'to': {" BOOK("") ", 'public.b': {'each': 's', 'key': ['m'], 'columns': "
     "{'m': {'parent': 'k'}}}}}",
     "{'_id': 1, 's': [{}, {}]}", "s[1]", "the key of its row stands there twice"},
    /* no array, and nobody says that it is one */
    {TO(BOOK("") TABLE("b", "s", "'m': " TEXT("."), ""), ""), "{'_id': 1, 's': 'x'}", "s",
     "looks for an array here, and it is the text"},
    {TO(BOOK("") TABLE("b", "s", "'m': {'from': 't', 'type': 'text[]'}", ""), ""), "{'_id': 1, 's': [{'t': 'x'}]}",
     "s[0].t", "does not fit"},
    /* a rest is of an object; what is nothing is none, and what remains elsewhere is nobody's */
    {TO(BOOK("") TABLE("b", "s", "'m': {'rest': 'o'}", ""), ""), "{'_id': 1, 's': [{'o': null}, {'o': 7}]}", "s[1].o",
     "looks for fields in it, and it is the int32 7"},
    {TO(BOOK("") TABLE("b", "s", "'m': {'rest': 'o'}, 'r': {'rest': true}", ""), ""), "{'_id': 1, 's': [{'o': [{}]}]}",
     "s[0].o", "looks for fields in it, and it is an array"},
    {TO(BOOK("") TABLE("b", "s", "'m': {'rest': 'o'}", ""), ""), "{'_id': 1, 's': [{'o': {'x': 1}, 'y': 2}]}", "s[0].y",
     "says nothing of this field"},
    {TO(BOOK("") TABLE("b", "s", "'m': {'rest': 'o.p'}", ""), ""), "{'_id': 1, 's': [{'o': {'p': {}, 'q': 2}}]}",
     "s[0].o.q", "says nothing of this field"},
    {TO(BOOK("") TABLE("b", "s", "'m': {'rest': 'o'}", ", 'when': {'v': 1}") TABLE("c", "s", "'v': " INT("v"), ""), ""),
     "{'_id': 1, 's': [{'v': 2, 'o': {'x': 1}}]}", "s[0].o.x", "says nothing of this field"},
    {TO(BOOK("") TABLE("b", "s", "'m': {'rest': 'o'}", ""), ""), "{'_id': 1, 's': [{'o': {'x': {'$numberDouble': 'NaN'}}}]}",
     "s[0].o.x", "NaN"},
    {TO(BOOK("") TABLE("b", "s", "'m': {'rest': 'o.p'}", ""), ""), "{'_id': 1, 's': [{'o': [{'p': {}}]}]}", "s[0].o",
     "looks for fields in it, and it is an array"},
    /* the row above is not there */
    {TO(BOOK("") TABLE("a", "s", "'m': " TEXT("t"), ", 'when': {'v': 1}")
            TABLE("c", "s", "'m': " TEXT("u"), "") TABLE("b", "s.l", "'m': {'parent': 'public.a.m'}", ""),
        ""),
     "{'_id': 1, 's': [{'v': 2, 'l': [{}]}]}", "m", "the row above is not there: public.a"},
};

static void both_refuse_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct both both;
        both_begin(&both, wrong[i].mapping);
        bson_t *bson = sample_bson(wrong[i].document);
        if (rows_put_document(&both.t.rows, &both.t.plan, bson_get_data(bson), bson->len, &both.t.error))
            fail_msg("%s was taken", wrong[i].document);
        sample_assert_error(&both.t.error, ERROR_DATA, wrong[i].path, wrong[i].part, wrong[i].document);
        if (both_verify(&both, bson_get_data(bson), bson->len))
            fail_msg("verify took %s", wrong[i].document);
        assert_int_equal(both.t.error.code, ERROR_DATA);
        for (size_t l = 0; l < both.rows.count; l++)
            free(both.rows.items[l]);
        bson_destroy(bson);
        both_end(&both);
    }
}

/* ---- random ones ------------------------------------------------------------------------------ */

static uint64_t dice = 88172645463325252; /* the same in every run */

static unsigned roll(unsigned sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (unsigned)(dice % sides);
}

/* a, b and c are objects; x, y and z are none. */
static void put_random_path(struct buffer *out)
{
    buffer_printf(out, "%c", 'a' + roll(3));
    while (roll(5) < 2)
        buffer_printf(out, ".%c", 'a' + roll(3));
}

static void put_random_columns(struct buffer *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool rest = roll(2) == 0, whole = i == 0 && roll(6) > 0;
        buffer_printf(out, "'c%u': {'%s': %s", i, rest || whole ? "rest" : "from", whole ? "true" : "'");
        if (!whole)
            put_random_path(out);
        if (!whole && !rest && roll(8) > 0)
            buffer_printf(out, ".%c", 'x' + roll(2));
        buffer_printf(out, "%s, 'type': 'jsonb'%s}, ", whole ? "" : "'",
                      roll(4) == 0 ? ", 'when': {'x': 7}" : "");
    }
}

static void put_random_members(struct buffer *out, unsigned depth)
{
    const char *between = "";
    for (const char *name = "abcxyz"; *name != '\0'; name++) {
        if (roll(2) == 0)
            continue;
        buffer_printf(out, "%s'%c': ", between, *name);
        between = ", ";
        if (*name <= 'c' && depth < 3 && roll(20) > 0) {
            bool array = roll(8) == 0;
            buffer_puts(out, array ? "[{" : "{");
            put_random_members(out, depth + 1);
            buffer_puts(out, array && roll(2) == 0 ? "}, {'y': 7}, null]" : array ? "}]" : "}");
        } else {
            buffer_puts(out, *name <= 'c' || roll(4) == 0 ? "null" : "7");
        }
    }
}

static bool is_seen(const struct path_account *account, const char *path)
{
    for (size_t i = 0; i < account->count; i++)
        if (strcmp(account->paths[i].path, path) == 0 && account->paths[i].values[FATE_SEEN] > 0)
            return true;
    return false;
}

/* Each value in the document is counted at one path: its own, or that of what it lies in. */
static void check_leaves(const struct path_account *account, bson_iter_t *iter, const char *path,
                         unsigned above, const char *what)
{
    while (bson_iter_next(iter)) {
        char here[200];
        bson_iter_t inside;
        bool element = bson_iter_key(iter)[0] >= '0' && bson_iter_key(iter)[0] <= '9';
        snprintf(here, sizeof here, "%s%s%s", path, path[0] != '\0' && !element ? "." : "",
                 element ? "" : bson_iter_key(iter));
        unsigned seen = above + (!element && is_seen(account, here));
        if ((BSON_ITER_HOLDS_DOCUMENT(iter) || BSON_ITER_HOLDS_ARRAY(iter)) && bson_iter_recurse(iter, &inside))
            check_leaves(account, &inside, here, seen, what);
        else if (seen > 1 || (seen == 0 && !BSON_ITER_HOLDS_NULL(iter))) /* a null can be structure */
            fail_msg("%s: counted %u times: %s", here, seen, what);
    }
}

static void check_balances(const struct path_account *account, const char *what)
{
    for (size_t i = 0; i < account->count; i++) {
        int64_t left = account->paths[i].values[FATE_SEEN];
        for (size_t fate = FATE_SEEN + 1; fate < FATE_TERMS; fate++)
            left -= account->paths[i].values[fate];
        if (left != 0)
            fail_msg("%s does not add up: %s", account->paths[i].path, what);
    }
}

/* True: both took the document, and made the same of it. */
static bool check_random(const char *mapping, const char *document)
{
    static const struct catalog_entity none;
    struct both both = {0};
    struct lines tuples = {0}, account = {0}, recount = {0};
    struct buffer what, texts[4];
    bson_iter_t iter;
    bson_t *bson = sample_bson(document);
    buffer_init(&what);
    buffer_printf(&what, "%s\n%s", mapping, document);
    bool taken = transformation_open(&both.t, mapping);
    if (!taken) {
        assert_int_equal(both.t.error.code, ERROR_USAGE);
    } else {
        assert_true(expectation_new(&both.expectation, &both.t.project,
                                    project_mapping(&both.t.project, "books"), &none, &both.t.error));
        taken = rows_put_document(&both.t.rows, &both.t.plan, bson_get_data(bson), bson->len, &both.t.error);
        if (both_verify(&both, bson_get_data(bson), bson->len) != taken)
            fail_msg("%s is taken by one: %s", buffer_text(&what), both.t.error.message);
    }
    if (taken) {
        size_t count;
        const struct path_account *paths = &both.t.plan.paths;
        const struct expected_path *expected = expectation_paths(both.expectation, &count);
        put_tuples(&both.t, &tuples);
        for (size_t i = 0; i < paths->count; i++)
            put_counts(&account, paths->paths[i].path, paths->paths[i].values);
        for (size_t i = 0; i < count; i++)
            put_counts(&recount, expected[i].path, expected[i].values);
        struct lines *all[4] = {&tuples, &both.rows, &account, &recount};
        for (size_t i = 0; i < 4; i++)
            join_lines(all[i], "\n", &texts[i]);
        both.rows.count = 0;
        for (size_t i = 0; i < 4; i += 2)
            if (strcmp(buffer_text(&texts[i]), buffer_text(&texts[i + 1])) != 0)
                fail_msg("%s\ntransform:\n%sverify:\n%s", buffer_text(&what), buffer_text(&texts[i]),
                         buffer_text(&texts[i + 1]));
        for (size_t i = 0; i < 4; i++)
            buffer_release(&texts[i]);
        check_balances(paths, buffer_text(&what));
        assert_true(bson_iter_init(&iter, bson));
        check_leaves(paths, &iter, "", 0, buffer_text(&what));
    }
    for (size_t l = 0; l < both.rows.count; l++)
        free(both.rows.items[l]);
    bson_destroy(bson);
    buffer_release(&what);
    both_end(&both);
    return taken;
}

/* Fields, rests at paths, conditions and drops in any company, of records and elements. */
static void every_value_has_one_fate(void **state)
{
    (void)state;
    unsigned taken = 0;
    for (unsigned i = 0; i < 400; i++) {
        struct buffer mapping, document;
        unsigned columns = 1 + roll(5);
        buffer_init(&mapping);
        buffer_init(&document);
        buffer_puts(&mapping, "{'from': 'core.books', 'to': {" BOOK("") ", 'public.d': [");
        for (unsigned form = 1; form < 3; form++) {
            buffer_printf(&mapping, "%s{'key': ['k'], 'when': {'s': %u}, 'columns': {", form > 1 ? ", " : "", form);
            put_random_columns(&mapping, columns);
            buffer_puts(&mapping, "'k': {'from': '_id', 'type': 'integer'}}}");
        }
        buffer_puts(&mapping, "], 'public.e': {'each': 'e', 'key': ['n'], 'columns': {");
        put_random_columns(&mapping, columns);
        buffer_printf(&mapping, "'n': {'position': true}}}}, 'drop': ['%s", roll(2) == 0 ? "e." : "");
        put_random_path(&mapping);
        buffer_puts(&mapping, ".z']}");
        buffer_printf(&document, "{'_id': 1, 's': %u, ", 1 + roll(2));
        put_random_members(&document, 0);
        buffer_puts(&document, document.data[document.length - 2] == ',' ? "'e': [{" : ", 'e': [{");
        put_random_members(&document, 0);
        buffer_puts(&document, "}]}");
        taken += check_random(buffer_text(&mapping), buffer_text(&document));
        buffer_release(&mapping);
        buffer_release(&document);
    }
    assert_true(taken > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_has_one_fate),
        cmocka_unit_test(both_make_the_same_rows),
        cmocka_unit_test(both_refuse_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
