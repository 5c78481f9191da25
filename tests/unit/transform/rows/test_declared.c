/* Mappings against what a source declares of its fields: all that cannot be or might not fit is said,
 * and nothing of what does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transformation.h"

#define APPWRITE "{'kind': 'appwrite', 'uri': '${C}', 'key': '${K}'}"
#define MONGODB "{'kind': 'mongodb', 'uri': '${C}'}"
/* A mapping of books with these columns beside id, and these members behind "to". */
#define COLUMNS(columns, more)                                                                     \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': "                    \
    "{'id': {'from': '$id', 'id_of': 'books'}" columns "}}}" more "}"
#define SOME(when, columns, more)                                                                  \
    "{'from': 'core.books', 'to': {'public.books': {'when': " when ", 'key': ['id'], 'columns': "  \
    "{'id': {'from': '$id', 'id_of': 'books'}" columns "}}}" more "}"
#define TASKS(columns)                                                                             \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['id'], 'columns': "                    \
    "{'id': {'from': '$id', 'id_of': 'books'}}}, 'public.tasks': {'each': 't', 'key': "            \
    "['book_id', 'n'], 'columns': {'book_id': {'parent': 'id'}, 'n': {'position': true}" columns   \
    "}}}}"
#define TYPE(name) ", 't': {'from': 't', 'type': '" name "'}"
#define ID_OF ", 't': {'from': 't', 'id_of': 'users'}"

static const char *field(const char *members)
{
    static char text[512];
    snprintf(text, sizeof text,
             "{'name': 'books', 'closed': true, 'columns': [{'name': 't', 'oid': 0, %s}]}", members);
    return text;
}

/* What a declared field may become; NULL: every one of these does. */
static void types_fit_or_do_not(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *fits[12], *misfits[12]; /* columns */
    } cases[] = {
        {"string",
         {TYPE("text"), TYPE("varchar"), TYPE("uuid"), TYPE("date"), TYPE("timestamp"),
          TYPE("timestamptz"), TYPE("jsonb"), ID_OF},
         {TYPE("boolean"), TYPE("integer"), TYPE("numeric"), TYPE("double precision"),
          TYPE("bytea"), TYPE("text[]")}},
        {"enum", {TYPE("text"), TYPE("char(1)")}, {TYPE("smallint")}},
        {"longtext", {TYPE("text")}, {TYPE("bigint")}},
        {"string[]",
         {TYPE("text[]"), TYPE("jsonb"), TYPE("uuid[]")},
         {TYPE("text"), TYPE("integer[]"), ID_OF}},
        {"integer",
         {TYPE("smallint"), TYPE("integer"), TYPE("bigint"), TYPE("numeric"), TYPE("real"),
          TYPE("double precision"), TYPE("jsonb")},
         {TYPE("text"), TYPE("boolean"), TYPE("timestamptz"), TYPE("uuid"), ID_OF}},
        {"double",
         {TYPE("double precision"), TYPE("numeric(10,2)"), TYPE("integer")},
         {TYPE("text"), TYPE("date")}},
        {"decimal", {TYPE("numeric"), TYPE("bigint"), TYPE("double precision")}, {TYPE("text")}},
        {"boolean", {TYPE("boolean"), TYPE("jsonb")}, {TYPE("text"), TYPE("integer")}},
        {"datetime",
         {TYPE("timestamptz"), TYPE("text"), TYPE("jsonb")},
         {TYPE("timestamp"), TYPE("date"), TYPE("varchar(28)"), TYPE("boolean"), TYPE("bigint")}},
        {"date",
         {TYPE("timestamptz"), TYPE("timestamp"), TYPE("date")},
         {TYPE("text"), TYPE("bigint")}},
        {"objectId",
         {TYPE("text"), TYPE("varchar(24)"), TYPE("bytea"), ID_OF},
         {TYPE("uuid"), TYPE("varchar(23)")}},
        {"binData", {TYPE("bytea"), TYPE("uuid")}, {TYPE("text")}},
        {"object", {TYPE("jsonb")}, {TYPE("text"), ID_OF}},
        {"array", {TYPE("jsonb"), TYPE("text[]"), TYPE("integer[]")}, {TYPE("text")}},
        {"int|string", {TYPE("integer"), TYPE("text")}, {TYPE("boolean")}},
        {"point", {TYPE("text"), TYPE("jsonb"), TYPE("boolean")}, {0}},
        {"int|point", {TYPE("text")}, {0}},
        {"", {TYPE("text"), TYPE("boolean")}, {0}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char members[128];
        snprintf(members, sizeof members, "'type': '%s'", cases[i].type);
        for (size_t k = 0; k < 24; k++) {
            bool fits = k < 12;
            const char *column = fits ? cases[i].fits[k] : cases[i].misfits[k - 12];
            struct transformation t;
            char mapping[1024];
            if (column == NULL)
                continue;
            snprintf(mapping, sizeof mapping, COLUMNS("%s", ""), column);
            bool taken = transformation_compare(&t, APPWRITE, mapping, field(members));
            if (taken != fits)
                fail_msg("%s as%s: %s", cases[i].type, column, taken ? "is taken" : t.error.message);
            if (!taken)
                sample_assert_error(&t.error, ERROR_USAGE, NULL, cases[i].type, column);
            transformation_close(&t);
        }
    }
}

static const struct {
    const char *mapping, *members, *part; /* NULL: there is nothing to say */
} rows[] = {
    /* sizes */
    {COLUMNS(TYPE("varchar(5)"), ""), "'type': 'string', 'size': 6",
     "/to/public.books/columns/t/type: the attribute 't' has up to 6 characters, the column is varchar(5)"},
    {COLUMNS(TYPE("varchar(5)"), ""), "'type': 'string', 'size': 5", NULL},
    {COLUMNS(TYPE("varchar"), ""), "'type': 'string', 'size': 1000", NULL},
    {COLUMNS(TYPE("char(3)"), ""), "'type': 'string', 'size': 4", "the column is char(3)"},
    {COLUMNS(TYPE("varchar(5)[]"), ""), "'type': 'string[]', 'size': 6", "the column is varchar(5)[]"},
    {COLUMNS(TYPE("varchar(5)"), ""), "'type': 'string'", NULL},
    {COLUMNS(", 't': {'from': 't', 'type': 'varchar(5)', 'do': ['trim']}", ""), "'type': 'string', 'size': 6", NULL},
    {COLUMNS(", 't': {'from': 't', 'type': 'varchar(5)', 'when': {'t': {'not': 'abcdef'}}}", ""),
     "'type': 'string', 'size': 6", NULL},
    {COLUMNS(", 't': {'from': 't', 'id_of': 'users'}", ""), "'type': 'string', 'size': 36", NULL},
    {COLUMNS(", 't': {'first': [{'from': 't'}, {'const': 'x'}], 'type': 'varchar(5)'}", ""),
     "'type': 'string', 'size': 6", "has up to 6 characters"},
    {COLUMNS(", 't': {'object': {'x': {'from': 't'}}, 'type': 'jsonb'}", ""), "'type': 'string', 'size': 6", NULL},
    /* the only values */
    {COLUMNS(", 't': {'from': 't', 'type': 'text', 'in': ['a', 'b']}", ""),
     "'type': 'enum', 'elements': ['a', 'c', 'd']",
     "/to/public.books/columns/t/in: the attribute 't' may be 'c', 'd', too"},
    {COLUMNS(", 't': {'from': 't', 'type': 'text', 'in': ['a', 'b']}", ""),
     "'type': 'enum', 'elements': ['b']", NULL},
    {COLUMNS(", 't': {'from': 't', 'type': 'text', 'in': ['a'], 'do': ['lower']}", ""),
     "'type': 'enum', 'elements': ['A']", NULL},
    {COLUMNS(TYPE("text"), ""), "'type': 'enum', 'elements': ['b']", NULL},
    /* nothing */
    {COLUMNS(", 't': {'from': 't', 'type': 'text', 'null': false}", ""), "'type': 'string'",
     "/to/public.books/columns/t: the attribute 't' is not required, and the column must not be null"},
    {COLUMNS(", 't': {'from': 't', 'type': 'text', 'null': false}", ""), "'type': 'string', 'not_null': true", NULL},
    {COLUMNS(", 't': {'from': 't', 'type': 'text', 'null': false, 'default': ''}", ""), "'type': 'string'", NULL},
    {COLUMNS(", 't': {'first': [{'from': 't'}, {'const': 'x'}], 'type': 'text', 'null': false}", ""),
     "'type': 'string'", NULL},
    {SOME("{'t': {'not': null}}", ", 't': {'from': 't', 'type': 'text', 'null': false}",
          ", 'left_out': [{'when': {'t': null}, 'why': 'x'}]"), "'type': 'string'", NULL},
    {"{'from': 'core.books', 'to': {'public.books': {'key': ['t'], 'columns': {'t': {'from': 't', 'type': 'text'}}}}}",
     "'type': 'string'", "the attribute 't' is not required"},
    /* names */
    {COLUMNS(", 's': {'from': 'tt', 'type': 'text'}", ", 'drop': ['t']"), "'type': 'string'",
     "books.json: /to/public.books/columns/s: 'tt' is no attribute; did you mean 't'?"},
    {COLUMNS(", 's': {'from': 'tt', 'type': 'text', 'optional': true}", ", 'drop': ['t']"), "'type': 'string'", NULL},
    {COLUMNS(", 's': {'object': {'x': {'from': 'tt'}}, 'type': 'jsonb'}", ", 'drop': ['t']"), "'type': 'string'",
     "columns/s: 'tt' is no attribute"},
    {COLUMNS(", 's': {'first': [{'from': 't'}, {'from': 'u'}], 'type': 'text'}", ""), "'type': 'string'",
     "columns/s: 'u' is no attribute"},
    {COLUMNS(", 's': {'const': 1, 'type': 'integer', 'when': {'u': 1}}", ", 'drop': ['t']"), "'type': 'string'",
     "columns/s/when: 'u' is no attribute"},
    {COLUMNS("", ", 'drop': ['t', 'u']"), "'type': 'string'", "/drop/1: 'u' is no attribute"},
    {COLUMNS("", ", 'drop': ['t', '$createdAt']"), "'type': 'string'", NULL},
    {SOME("{'t': 'x'}", "", ", 'left_out': [{'when': {'u': 1}, 'why': 'x'}]"), "'type': 'string'",
     "/left_out/0/when: 'u' is no attribute"},
    /* arrays that are rows */
    {TASKS(", 'x': {'from': '.', 'type': 'text'}"), "'type': 'string[]', 'size': 9", NULL},
    {TASKS(", 'x': {'from': '.', 'type': 'varchar(8)'}"), "'type': 'string[]', 'size': 9", "has up to 9 characters"},
    {TASKS(", 'x': {'from': '.', 'type': 'integer'}"), "'type': 'string[]'", "columns/x/type: the attribute 't' is string"},
    {TASKS(", 'x': {'from': '.', 'type': 'text'}"), "'type': 'string'",
     "/to/public.tasks/each: the attribute 't' is string, and no array"},
    {TASKS(", 'x': {'from': 'y', 'type': 'text'}"), "'type': 'array'", NULL},
    {TASKS(", 'x': {'from': 'y', 'type': 'text'}"), "'type': 'point'", NULL},
    /* what has no place */
    {COLUMNS("", ""), "'type': 'string'", "books.json: the attribute 't' has no place: "},
    {COLUMNS("", ""), "'type': 'relationship'", NULL},
    {COLUMNS(", 'r': {'rest': true}", ""), "'type': 'string'", NULL},
    {COLUMNS(", 'r': {'from': '.', 'type': 'jsonb'}", ""), "'type': 'string'", NULL},
    {COLUMNS(", 'r': {'rest': 't'}", ""), "'type': 'string'", NULL},
    {COLUMNS(", 'r': {'rest': 'u'}, 't': {'from': 't', 'type': 'text'}", ""), "'type': 'string'",
     "columns/r: "},
};

static void mappings_are_compared(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct transformation t;
        bool taken = transformation_compare(&t, APPWRITE, rows[i].mapping, field(rows[i].members));
        if (taken != (rows[i].part == NULL))
            fail_msg("row %zu: %s with %s: %s", i, rows[i].mapping, rows[i].members,
                     taken ? "is taken" : t.error.message);
        if (!taken) {
            sample_assert_error(&t.error, ERROR_USAGE, NULL, rows[i].part, rows[i].mapping);
            assert_non_null(strstr(t.error.hint, "or the attribute in Appwrite"));
            assert_int_equal(t.error.problems, 0);
        }
        transformation_close(&t);
    }
}

/* A validator says of some fields what they are, and of others nothing. */
static void a_validator(void **state)
{
    (void)state;
    static const char described[] =
        "{'name': 'books', 'columns': [{'name': 'a', 'type': 'string', 'oid': 0, 'not_null': true},"
        " {'name': 'b', 'type': 'string', 'oid': 0}, {'name': 'o', 'type': 'object', 'oid': 0, 'not_null': true},"
        " {'name': 'o.p', 'type': 'int', 'oid': 0, 'not_null': true}]}";
    static const struct {
        const char *mapping, *part;
    } cases[] = {
        {COLUMNS(", 'z': {'from': 'z', 'type': 'text'}", ", 'drop': ['a', 'o']"), NULL},
        {COLUMNS(", 'p': {'from': 'o.p', 'type': 'text'}", ", 'drop': ['a']"),
         "columns/p/type: the property of the validator 'o.p' is int, the column text"},
        {COLUMNS(", 'p': {'from': 'o.p', 'type': 'integer', 'null': false}", ", 'drop': ['a']"), NULL},
        {COLUMNS("", ", 'drop': ['o']"), "the property of the validator 'a' has no place"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct transformation t;
        bool taken = transformation_compare(&t, MONGODB, cases[i].mapping, described);
        if (taken != (cases[i].part == NULL))
            fail_msg("%s: %s", cases[i].mapping, taken ? "is taken" : t.error.message);
        if (!taken) {
            sample_assert_error(&t.error, ERROR_USAGE, NULL, cases[i].part, cases[i].mapping);
            assert_non_null(strstr(t.error.hint, "or the validator in the source"));
        }
        transformation_close(&t);
    }
}

static void all_at_once(void **state)
{
    (void)state;
    struct transformation t;
    assert_false(transformation_compare(
        &t, APPWRITE,
        COLUMNS(", 'a': {'from': 'a', 'type': 'text'}, 'i': {'from': 'i', 'type': 'interval'}, 't': {'from': 't', "
                "'type': 'varchar(5)', 'null': false}", ""),
        "{'name': 'books', 'closed': true, 'columns': [{'name': 't', 'type': 'string', 'oid': 0, 'size': 6}, {'name': "
        "'i', 'type': 'ip', 'oid': 0}, {'name': 'p', 'type': 'integer', 'oid': 0}]}"));
    assert_int_equal(t.error.problems, 5);
    assert_non_null(strstr(t.error.message, "5 problems: "));
    transformation_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_fit_or_do_not),
        cmocka_unit_test(mappings_are_compared),
        cmocka_unit_test(a_validator),
        cmocka_unit_test(all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
