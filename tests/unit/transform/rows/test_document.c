/* Walking a document: every field of it was spoken for, or is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "document.h"
#include "transformation.h"

/* title; meta.series and meta.isbn; tasks with name and info.note; __v, meta.cache and tasks.tmp
 * are dropped. `rest` and `task_rest` are more columns. */
#define BOOKS(rest, task_rest)                                                                     \
    "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {"                    \
    "'k': {'const': 1, 'type': 'integer'},"                                                        \
    "'id': {'from': '_id', 'id_of': 'books'},"                                                     \
    "'title': {'from': 'title', 'type': 'text'},"                                                  \
    "'series': {'from': 'meta.series', 'type': 'text'},"                                           \
    "'isbn': {'from': 'meta.ids.isbn', 'type': 'text'}" rest "}},"                                 \
    "'public.tasks': {'each': 'tasks', 'key': ['n'], 'columns': {"                                 \
    "'book_id': {'parent': 'id'}, 'n': {'position': true},"                                        \
    "'name': {'from': 'name', 'type': 'text'},"                                                    \
    "'note': {'from': 'info.note', 'type': 'text'}" task_rest "}}},"                               \
    "'drop': ['__v', 'meta.cache', 'tasks.tmp']}"
#define STRICT BOOKS("", "")
#define REST BOOKS(", 'extra': {'rest': true}", ", 'extra': {'rest': true}")

static const struct {
    const char *json;
    const char *path; /* NULL: it passes */
    const char *part;
    enum error_code code;
} strict[] = {
    {"{'_id': 1}", NULL, NULL, 0},
    {"{}", NULL, NULL, 0},
    {"{'_id': 1, 'title': 'x', 'meta': {'series': 's', 'ids': {'isbn': 'i'}}, 'tasks': [{'name': "
     "'n', 'info': {'note': 'o'}}]}",
     NULL, NULL, 0},
    /* order does not count */
    {"{'tasks': [{'info': {'note': 'o'}, 'name': 'n'}], 'meta': {'ids': {'isbn': 'i'}, 'series': "
     "'s'}, 'title': 'x', '_id': 1}",
     NULL, NULL, 0},
    /* dropped with all that is in it */
    {"{'__v': {'a': {'b': 1}}, 'meta': {'cache': [1, {'x': 1}]}, 'tasks': [{'tmp': 1}]}", NULL,
     NULL, 0},
    /* nothing where an object or an array is looked for */
    {"{'meta': null, 'tasks': null}", NULL, NULL, 0},
    {"{'meta': {'$undefined': true}, 'tasks': {'$undefined': true}}", NULL, NULL, 0},
    {"{'meta': {'ids': null}, 'tasks': []}", NULL, NULL, 0},
    {"{'meta': {}, 'tasks': [{}, {'info': null}, {'info': {}}]}", NULL, NULL, 0},
    /* unspoken: at the top, inside, in an element, inside an element */
    {"{'other': 1}", "other", "says nothing of this field", ERROR_DATA},
    {"{'other': null}", "other", "says nothing of this field", ERROR_DATA},
    {"{'': 1}", "''", "says nothing of this field, whose name is empty", ERROR_DATA},
    {"{'Title': 'x'}", "Title", "says nothing", ERROR_DATA},
    {"{'titl': 'x'}", "titl", "says nothing", ERROR_DATA},
    {"{'titles': 'x'}", "titles", "says nothing", ERROR_DATA},
    {"{'meta.series': 'x'}", "'meta.series'", "says nothing", ERROR_DATA},
    {"{'meta': {'other': 1}}", "meta.other", "says nothing", ERROR_DATA},
    {"{'meta': {'ids': {'isbn': 'i', 'asin': 'a'}}}", "meta.ids.asin", "says nothing", ERROR_DATA},
    {"{'tasks': [{'name': 'n'}, {'other': 1}]}", "tasks[1].other", "says nothing", ERROR_DATA},
    {"{'tasks': [{'info': {'other': 1}}]}", "tasks[0].info.other", "says nothing", ERROR_DATA},
    {"{'tasks': [{'__v': 1}]}", "tasks[0].__v", "says nothing",
     ERROR_DATA}, /* of the record only */
    /* twice: at every level, dropped or not, whatever stands between */
    {"{'title': 'a', 'title': 'a'}", "title", "stands twice", ERROR_DATA},
    {"{'title': 'a', '_id': 1, 'title': null}", "title", "stands twice", ERROR_DATA},
    {"{'_id': 1, '_id': 2}", "_id", "stands twice", ERROR_DATA},
    {"{'__v': 1, '__v': 2}", "__v", "stands twice", ERROR_DATA},
    {"{'meta': {'series': 'a'}, 'meta': {'series': 'b'}}", "meta", "stands twice", ERROR_DATA},
    {"{'meta': {'series': 'a', 'series': 'b'}}", "meta.series", "stands twice", ERROR_DATA},
    {"{'meta': {'ids': {'isbn': 'a', 'isbn': 'b'}}}", "meta.ids.isbn", "stands twice", ERROR_DATA},
    {"{'tasks': [], 'tasks': []}", "tasks", "stands twice", ERROR_DATA},
    {"{'tasks': [{'name': 'a', 'name': 'b'}]}", "tasks[0].name", "stands twice", ERROR_DATA},
    {"{'tasks': [{'info': {'note': 'a', 'note': 'b'}}]}", "tasks[0].info.note", "stands twice",
     ERROR_DATA},
    {"{'tasks': [{'name': 'a'}, {'name': 'b'}]}", NULL, NULL, 0},
    /* another shape than the mapping's */
    {"{'meta': 'x'}", "meta", "looks for fields in it, and it is the text 'x'", ERROR_DATA},
    {"{'meta': [{'series': 'x'}]}", "meta.series", "an array does not fit the type text",
     ERROR_DATA},
    {"{'meta': {'ids': 7}}", "meta.ids", "it is the int32 7", ERROR_DATA},
    {"{'tasks': {'name': 'x'}}", "tasks", "looks for an array here, and it is a document",
     ERROR_DATA},
    {"{'tasks': 'x'}", "tasks", "looks for an array here, and it is the text 'x'", ERROR_DATA},
    {"{'tasks': ['x']}", "tasks[0]", "an element is the text 'x'", ERROR_DATA},
    {"{'tasks': [null]}", "tasks[0]", "an element is null", ERROR_DATA},
    {"{'tasks': [[]]}", "tasks[0]", "an element is an array", ERROR_DATA},
    {"{'tasks': [{'info': true}]}", "tasks[0].info", "it is the boolean true", ERROR_DATA},
};

static void every_field_has_a_disposition(void **state)
{
    (void)state;
    struct transformation t;
    transformation_begin(&t, STRICT);
    for (size_t i = 0; i < COUNT(strict); i++) {
        /* twice: nothing of one walk is left for the next */
        for (int again = 0; again < 2; again++) {
            bool ok = transformation_put(&t, strict[i].json);
            if (ok != (strict[i].path == NULL))
                fail_msg("%s: %s at %s", strict[i].json, ok ? "passes" : t.error.message,
                         t.error.path);
            if (ok)
                continue;
            sample_assert_error(&t.error, strict[i].code, strict[i].path, strict[i].part,
                                strict[i].json);
            assert_string_equal(t.error.entity, "books");
            assert_true(t.error.hint[0] != '\0');
        }
    }
    transformation_close(&t);
}

/* The path in an error is not what came before it, and a long one is cut. */
static void a_deep_path_is_cut_not_overrun(void **state)
{
    (void)state;
    struct transformation t;
    char name[300], json[400];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(json, sizeof json, "{'meta': {'%s': 1}}", name);
    transformation_begin(&t, STRICT);
    assert_false(transformation_put(&t, json));
    assert_int_equal(strlen(t.error.path), sizeof t.error.path - 1);
    assert_memory_equal(t.error.path, "meta.nnn", 8);
    transformation_close(&t);
}

/* What is left is what nobody spoke for, in its place; NULL where there is nothing. */
static void the_rest_is_all_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *json, *rest, *task_rests;
    } cases[] = {
        {"{'title': 'x'}", "-", ""},
        {"{'title': 'x', 'meta': {'series': 's', 'cache': 1}, '__v': 1}", "-", ""},
        {"{'other': 1}", "{'other': 1}", ""},
        {"{'other': null, '': {}, 'title': 'x'}", "{'other': null, '': {}}", ""},
        {"{'meta': {'other': [1]}, 'z': 1}", "{'meta': {'other': [1]}, 'z': 1}", ""},
        {"{'meta': {'series': 's', 'ids': {'isbn': 'i', 'asin': 'a'}}}",
         "{'meta': {'ids': {'asin': 'a'}}}", ""},
        {"{'meta': {'cache': 1, 'x': {'cache': 2}}}", "{'meta': {'x': {'cache': 2}}}", ""},
        {"{'meta': {'ids': {}}}", "-", ""},
        {"{'meta.series': 1}", "{'meta.series': 1}", ""},
        {"{'tasks': [{'name': 'n'}, {'a': 1, 'tmp': 2}, {'info': {'note': 'o', 'b': 2}}]}", "-",
         "-\n{'a': 1}\n{'info': {'b': 2}}\n"},
        {"{'a': {'b': {'c': [{'d': 1}]}}}", "{'a': {'b': {'c': [{'d': 1}]}}}", ""},
    };
    static const struct {
        const char *json, *path;
    } twice[] = {
        {"{'a': 1, 'a': 2}", "a"},
        {"{'a': 1, 'title': 'x', 'a': 2}", "a"},
        {"{'meta': {'a': 1, 'a': 2}}", "meta.a"},
        {"{'a': {'b': 1, 'b': 2}}", "a.b"},
        {"{'a': [{'b': 1, 'b': 2}]}", "a[0].b"},
        {"{'title': 'x', 'title': 'y'}", "title"},
        {"{'tasks': [{'a': 1, 'a': 2}]}", "tasks[0].a"},
    };
    struct transformation t;
    transformation_begin(&t, REST);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char row[400], rows[800] = "";
        rows_clear(&t.rows);
        if (!transformation_put(&t, cases[i].json))
            fail_msg("%s: %s", cases[i].json, t.error.message);
        /* the last column of each row */
        for (size_t output = 0; output < 2; output++) {
            struct pgtype types[8];
            const struct schema_output *schema = &t.schema.outputs[output];
            for (size_t c = 0; c < schema->column_count; c++)
                types[c] = schema->columns[c].type;
            char *text = sample_tuples(&t.rows.lists[output].tuples, types);
            rows[0] = '\0';
            for (char *line = text, *end; *line != '\0'; line = end + (*end != '\0')) {
                end = line + strcspn(line, "\n");
                char kept = *end;
                *end = '\0';
                size_t used = strlen(rows);
                snprintf(rows + used, sizeof rows - used, "%s\n", strrchr(line, '|') + 1);
                *end = kept;
            }
            free(text);
            snprintf(row, sizeof row, "%s\n", cases[i].rest);
            assert_string_equal(rows, sample_quoted(output == 0 ? row : cases[i].task_rests));
        }
    }
    for (size_t i = 0; i < COUNT(twice); i++) {
        if (transformation_put(&t, twice[i].json))
            fail_msg("%s passes", twice[i].json);
        sample_assert_error(&t.error, ERROR_DATA, twice[i].path, "twice", twice[i].json);
    }
    transformation_close(&t);
}

/* A column that takes an object whole speaks for all that is in it, at any depth; a test does not.
 */
static void a_column_speaks_for_the_whole_of_an_object(void **state)
{
    (void)state;
    static const struct {
        const char *columns, *json;
        const char *path; /* NULL: it passes */
    } cases[] = {
        {"'m': {'from': 'meta', 'type': 'jsonb'}", "{'meta': {'x': {'y': 1}}}", NULL},
        {"'m': {'from': 'meta', 'type': 'jsonb'}, 'x': {'from': 'meta.x', 'type': 'text'}",
         "{'meta': {'x': 't', 'other': 1}}", NULL},
        {"'m': {'from': 'meta', 'type': 'jsonb'}, 'x': {'from': 'meta.x.y', 'type': 'text'}",
         "{'meta': {'x': {'y': 't', 'other': 1}, 'other': {'z': 2}}}", NULL},
        {"'m': {'from': 'meta', 'type': 'jsonb'}, 'x': {'from': 'meta.x.y.z', 'type': 'text'}",
         "{'meta': {'x': {'y': {'z': 't', 'other': 1}}}}", NULL},
        {"'m': {'from': 'meta', 'type': 'jsonb'}, 'x': {'from': 'meta.x', 'type': 'text'}",
         "{'meta': {'x': 'a', 'x': 'b'}}", "meta.x"},
        {"'m': {'from': 'meta', 'type': 'jsonb'}, 'x': {'from': 'meta.x', 'type': 'text'}",
         "{'meta': 'no object'}", NULL},
        {"'x': {'from': 'meta.x', 'type': 'text', 'when': {'meta': {'not': null}}}",
         "{'meta': {'x': 'a'}}", NULL},
        {"'x': {'from': 'meta.x', 'type': 'text', 'when': {'meta': {'not': null}}}",
         "{'meta': {'x': 'a', 'other': 1}}", "meta.other"},
        {"'x': {'from': 'meta.x', 'type': 'text', 'when': {'meta': {'not': null}}}",
         "{'meta': 'no object'}", "meta"},
        {"'x': {'from': 'x', 'type': 'text', 'when': {'state': 1}}", "{'state': 1}", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct transformation t;
        char mapping[600];
        snprintf(mapping, sizeof mapping,
                 "{'from': 'core.books', 'to': {'public.books': {'key': ['k'], 'columns': {'k': "
                 "{'const': 1, 'type': 'integer'}, %s}}}}",
                 cases[i].columns);
        transformation_begin(&t, mapping);
        bool ok = transformation_put(&t, cases[i].json);
        if (ok != (cases[i].path == NULL))
            fail_msg("%s, %s: %s", cases[i].columns, cases[i].json,
                     ok ? "passes" : t.error.message);
        if (!ok)
            sample_assert_error(&t.error, ERROR_DATA, cases[i].path, "", cases[i].json);
        transformation_close(&t);
    }
}

/* Slots hold what this document has, and nothing of the one before. */
static void slots_are_filled_anew(void **state)
{
    (void)state;
    struct transformation t;
    struct error error;
    transformation_begin(&t, STRICT);
    struct scope *scope = &t.plan.scopes[0];
    static const struct {
        const char *json;
        int present;
    } cases[] = {
        {"{'_id': 1, 'title': 'x', 'meta': {'series': 's', 'ids': {'isbn': 'i'}}, 'tasks': []}", 5},
        {"{}", 0},
        {"{'meta': {'series': null}}", 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *bson = sample_bson(cases[i].json);
        const struct value document = {
            .type = BSON_TYPE_DOCUMENT, .bytes = bson_get_data(bson), .length = bson->len};
        assert_true(document_walk(&t.plan, scope, &document, &error));
        int present = 0;
        for (int s = 0; s < scope->slot_count; s++)
            present += scope->slots[s].type != BSON_TYPE_EOD;
        assert_int_equal(present, cases[i].present);
        bson_destroy(bson);
    }
    transformation_close(&t);
}

#define FIELDS 9

/* `places`: of the fields, in their order; -1: it is not there. */
static bson_t *fields_in(const int *places, int count)
{
    static const char *const names[FIELDS] = {
        "a",          "ab",        "abcdefg",
        "abcdefgh",   "abcdefghi", "abcdefgx",
        "abcdefghij", "_id",       "longer name, longer than two words"};
    bson_t *bson = bson_new();
    for (int i = 0; i < count; i++)
        if (places[i] >= 0)
            assert_true(bson_append_int32(bson, names[places[i]], -1, places[i]));
    return bson;
}

/* Fields are found whatever their order is, and whatever it was in the documents before: shuffled,
 * turned, with some that are absent, and one that stands twice. */
static void no_order_of_fields_hides_one(void **state)
{
    (void)state;
    struct transformation t;
    unsigned random = 1;
    transformation_begin(
        &t, "{'from': 'core.books', 'to': {'public.books': {'key': ['c7'], 'columns': {"
            "'c0': {'from': 'a', 'type': 'integer'},"
            "'c1': {'from': 'ab', 'type': 'integer'},"
            "'c2': {'from': 'abcdefg', 'type': 'integer'},"
            "'c3': {'from': 'abcdefgh', 'type': 'integer'},"
            "'c4': {'from': 'abcdefghi', 'type': 'integer'},"
            "'c5': {'from': 'abcdefgx', 'type': 'integer'},"
            "'c6': {'from': 'abcdefghij', 'type': 'integer'},"
            "'c7': {'from': '_id', 'type': 'integer'},"
            "'c8': {'from': 'longer name, longer than two words', 'type': 'integer'}"
            "}}}}");
    for (int round = 0; round < 3000; round++) {
        int places[FIELDS + 1];
        bool absent[FIELDS] = {false};
        for (int i = 0; i < FIELDS; i++)
            places[i] = round % 100 < 50 ? (i + round / 100) % FIELDS : FIELDS - 1 - i;
        for (int i = 0; i < FIELDS; i++) {
            random = random * 1103515245 + 12345;
            int other = (int)(random >> 16) % FIELDS, place = places[i];
            if (round % 7 == 0) {
                places[i] = places[other];
                places[other] = place;
            }
        }
        for (int i = 0; i < FIELDS; i++) {
            random = random * 1103515245 + 12345;
            if (places[i] != 7 && (random >> 16) % 5 == 0) {
                absent[places[i]] = true;
                places[i] = -1;
            }
        }
        bool twice = round % 11 == 10;
        places[FIELDS] = 7;
        bson_t *bson = fields_in(places, twice ? FIELDS + 1 : FIELDS);
        rows_clear(&t.rows);
        bool ok = rows_put_document(&t.rows, &t.plan, bson_get_data(bson), bson->len, &t.error);
        bson_destroy(bson);
        if (ok == twice)
            fail_msg("round %d: %s", round, ok ? "it passes" : t.error.message);
        const uint8_t *field = t.rows.lists[0].tuples.data + 2;
        for (int i = 0; ok && i < FIELDS; i++) {
            bool null = get_be32(field) == UINT32_MAX;
            if (null != absent[i] || (!null && get_be32(field + 4) != (uint32_t)i))
                fail_msg("round %d: field %d", round, i);
            field += null ? 4 : 8;
        }
    }
    transformation_close(&t);
}

static void damage_is_an_error_of_the_source(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *path;
    } cases[] = {
        {"\x06\0\0\0\0", 5, ""},                              /* another length */
        {"\x05\0\0\0\1", 5, ""},                              /* no zero at the end */
        {"\x06\0\0\0\0\0", 6, ""},                            /* an end before the end */
        {"\x0c\0\0\0\x12__v\0\1\0\0", 12, ""},                /* cut off */
        {"\x11\0\0\0\x02title\0\x20\0\0\0\0", 17, ""},        /* a text beyond the end */
        {"\x11\0\0\0\x03meta\0\x06\0\0\0\0\0\0", 17, "meta"}, /* inside */
        {"\x11\0\0\0\x03meta\0\x08\0\0\0\0\0\0", 17, ""},
        {"\x12\0\0\0\x04tasks\0\x06\0\0\0\0\0\0", 18, "tasks"}, /* an array */
        {"\x1a\0\0\0\x04tasks\0\x0e\0\0\0\x03"
         "0\0\x06\0\0\0\0\0\0\0",
         26, "tasks[0]"}, /* an element */
    };
    struct transformation t;
    transformation_begin(&t, STRICT);
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (rows_put_document(&t.rows, &t.plan, (const uint8_t *)cases[i].bytes, cases[i].length,
                              &t.error))
            fail_msg("case %zu passes", i);
        sample_assert_error(&t.error, ERROR_SOURCE, cases[i].path, "damaged", "damage");
    }
    transformation_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_a_disposition),
        cmocka_unit_test(a_deep_path_is_cut_not_overrun),
        cmocka_unit_test(the_rest_is_all_the_rest),
        cmocka_unit_test(a_column_speaks_for_the_whole_of_an_object),
        cmocka_unit_test(slots_are_filled_anew),
        cmocka_unit_test(no_order_of_fields_hides_one),
        cmocka_unit_test(damage_is_an_error_of_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
