/* Schemas: the library of tests/unit/common/schema, whose mappings use all that the language has,
 * becomes the statements of expected.sql; and what cannot be resolved is named.
 *
 * After a wanted change, write expected.sql anew and read its difference:
 *   SCHEMA_TEST_WRITE=tests/unit/common/schema/expected.sql build/sanitize/bin/test_schema */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/json.h"
#include "graduate/schema.h"
#include "graduate/sql.h"
#include "scratch_folder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct library {
    struct project project;
    struct catalog catalog;
    struct schema schema;
};

/* A file beside this one. */
static const char *beside(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", __FILE__);
    *strrchr(path, '/') = '\0';
    size_t used = strlen(path);
    snprintf(path + used, sizeof path - used, "/%s", name);
    return path;
}

static int open_library(void **state)
{
    static struct library library;
    struct error error = {0};
    cJSON *json = NULL;
    bool ok = project_load(&library.project, beside("project"), &error) &&
              json_read_file(beside("catalog.json"), &json, &error) &&
              catalog_from_json(json, "catalog.json", &library.catalog, &error) &&
              schema_resolve(&library.schema, &library.project, &library.catalog, 1, &error);
    cJSON_Delete(json);
    if (!ok)
        fail_msg("%s", error.message);
    *state = &library;
    return 0;
}

static int close_library(void **state)
{
    struct library *library = *state;
    schema_release(&library->schema);
    catalog_release(&library->catalog);
    project_release(&library->project);
    return 0;
}

static void put_statements(const struct schema *schema, struct buffer *out)
{
    static const char *const phases[] = {
        [SCHEMA_TABLES] = "tables",         [SCHEMA_KEYS] = "keys", [SCHEMA_INDEXES] = "indexes",
        [SCHEMA_REFERENCES] = "references", [SCHEMA_REST] = "rest", [SCHEMA_FIGURES] = "figures"};
    buffer_puts(
        out, "-- What schema_resolve makes of project/ and catalog.json, statement by statement.\n"
             "-- test_schema.c compares it; test_schema_statements.py runs it.\n");
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = &schema->statements[i];
        buffer_printf(out, "\n-- %s: %s\n", phases[statement->phase], statement->name);
        if (statement->exists != NULL)
            buffer_printf(out, "-- unless: %s\n", statement->exists);
        buffer_printf(out, "%s;\n", statement->sql);
    }
}

static void the_statements_of_the_library(void **state)
{
    const struct library *library = *state;
    struct buffer made;
    struct error error;
    buffer_init(&made);
    put_statements(&library->schema, &made);
    const char *write_to = getenv("SCHEMA_TEST_WRITE");
    if (write_to != NULL) {
        FILE *file = fopen(write_to, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(made.data, 1, made.length, file), made.length);
        fclose(file);
    }
    char *expected = file_text(beside("expected.sql"));
    assert_non_null(expected);
    assert_true(buffer_ok(&made, &error));
    const char *a = expected, *b = buffer_text(&made);
    for (size_t line = 1; *a != '\0' || *b != '\0'; line++) {
        int a_length = (int)strcspn(a, "\n"), b_length = (int)strcspn(b, "\n");
        if (a_length != b_length || strncmp(a, b, (size_t)a_length) != 0)
            fail_msg("expected.sql:%zu: %.*s\n  not: %.*s", line, a_length, a, b_length, b);
        a += a_length + (a[a_length] == '\n');
        b += b_length + (b[b_length] == '\n');
    }
    free(expected);
    buffer_release(&made);
}

static void every_statement_has_a_name_of_its_own(void **state)
{
    const struct library *library = *state;
    const struct schema *schema = &library->schema;
    enum schema_phase phase = SCHEMA_TABLES;
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = &schema->statements[i];
        assert_true(statement->phase >= phase); /* in the order in which they run */
        phase = statement->phase;
        assert_true(statement->sql[strlen(statement->sql) - 1] != ';');
        assert_null(strstr(statement->table, "auth."));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(statement->name, schema->statements[j].name);
    }
    assert_int_equal(phase, SCHEMA_FIGURES);
}

/* A PostgreSQL that is no Supabase has neither its roles nor an API to guard against. */
static void nothing_of_supabase_for_a_plain_target(void **state)
{
    static const char *const words[] = {"row level security", "policy", "grant ", "revoke "};
    const struct library *library = *state;
    struct project plain = library->project;
    struct schema schema;
    struct error error;
    size_t left_out = 0;
    plain.plain = true;
    assert_true(schema_resolve(&schema, &plain, &library->catalog, 1, &error));
    for (size_t i = 0; i < schema.statement_count; i++)
        for (size_t w = 0; w < COUNT(words); w++)
            assert_null(strstr(schema.statements[i].sql, words[w]));
    for (size_t i = 0; i < library->schema.statement_count; i++)
        for (size_t w = 0; w < COUNT(words); w++)
            left_out += strstr(library->schema.statements[i].sql, words[w]) != NULL;
    assert_int_equal(schema.statement_count + left_out, library->schema.statement_count);
    schema_release(&schema);
}

static const struct schema_column *column_of(const struct schema_output *output, const char *name)
{
    for (size_t i = 0; i < output->column_count; i++)
        if (strcmp(output->columns[i].name, name) == 0)
            return &output->columns[i];
    fail_msg("%s has no column %s", output->table->label, name);
    return NULL;
}

static void outputs_are_resolved(void **state)
{
    const struct library *library = *state;
    size_t total = 0;
    for (size_t i = 0; i < library->project.mapping_count; i++) {
        size_t first, count;
        const struct mapping *entity = library->project.mappings[i];
        schema_outputs(&library->schema, entity, &first, &count);
        assert_int_equal(first, total); /* neighbours, in the order of the project */
        assert_int_equal(count, entity->table_count);
        for (size_t t = 0; t < count; t++) {
            const struct schema_output *output = &library->schema.outputs[first + t];
            assert_ptr_equal(output->entity, entity);
            assert_ptr_equal(output->table, &entity->tables[t]);
        }
        total += count;
    }
    assert_int_equal(total, library->schema.output_count);

    const struct mapping *sales = project_mapping(&library->project, "sales");
    size_t first, count;
    schema_outputs(&library->schema, sales, &first, &count);
    const struct schema_output *output = &library->schema.outputs[first];
    static const struct {
        const char *name;
        int source;
        uint32_t oid;
        bool not_null, identity, mapped;
        const char *type;
    } columns[] = {
        {"id", 0, 23, true, true, false, "integer"},
        {"user_id", 1, 2950, true, false, true, "uuid"},
        {"book_id", 2, 2950, false, false, true, "uuid"},
        {"platform", 3, 1043, true, false, true, "varchar(50)"},
        {"amount", 4, 1700, true, false, false, "numeric(10,2)"},
        {"sold_at", 5, 1114, true, false, true, "timestamptz"},
        {"new", 7, 23, false, false, true, "integer"},
        {"old", 8, 25, false, false, true, "text"},
        {"zwei", 9, 25, false, false, true, "text"},
        {"two words", 10, 1009, false, false, false, "text[]"},
        {"origin", -1, 0, true, false, true, "text"},
    };
    assert_int_equal(output->column_count, COUNT(columns));
    for (size_t i = 0; i < COUNT(columns); i++) {
        const struct schema_column *column = &output->columns[i];
        char type[64];
        pgtype_format(&column->type, type, sizeof type);
        assert_string_equal(column->name, columns[i].name);
        assert_string_equal(type, columns[i].type);
        assert_int_equal(column->source_column, columns[i].source);
        assert_int_equal(column->source_oid, columns[i].oid);
        assert_int_equal(column->not_null, columns[i].not_null);
        assert_int_equal(column->identity, columns[i].identity);
        assert_int_equal(column->mapping != NULL, columns[i].mapped);
    }
    assert_int_equal(output->key_count, 1);
    assert_int_equal(output->key[0], 0);

    schema_outputs(&library->schema, project_mapping(&library->project, "books"), &first, &count);
    output = &library->schema.outputs[first];
    assert_true(column_of(output, "id")->not_null); /* as part of the key */
    assert_string_equal(column_of(output, "id")->default_sql, "gen_random_uuid()");
    assert_int_equal(column_of(output, "id")->source_column, -1);
    output = &library->schema.outputs[first + 1];
    assert_int_equal(output->key_count, 2);
    assert_int_equal(output->key[1], 1);
    assert_string_equal(column_of(output, "book_id")->type.name, "uuid"); /* the parent's */
    assert_string_equal(column_of(output, "title")->type.name, "text");
}

static void one_entity_alone(void **state)
{
    const struct library *library = *state;
    struct schema schema;
    struct catalog empty;
    struct error error;
    const struct mapping *sales = project_mapping(&library->project, "sales");
    const struct mapping *books = project_mapping(&library->project, "books");
    assert_true(
        schema_resolve_entity(&schema, &library->project, sales, &library->catalog, &error));
    assert_int_equal(schema.output_count, 1);
    assert_int_equal(schema.statement_count, 0);
    assert_int_equal(schema.outputs[0].column_count, 11);
    schema_release(&schema);
    assert_null(schema.memory);
    catalog_init(&empty);
    assert_true(schema_resolve_entity(&schema, &library->project, books, &empty, &error));
    assert_int_equal(schema.output_count, 3);
    schema_release(&schema);
    assert_false(schema_resolve_entity(&schema, &library->project, sales, &empty, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    assert_non_null(
        strstr(error.message, "the source sql has no table sales_data"));
    assert_null(schema.memory);
}

/* ---- what cannot be ------------------------------------------------------------------------- */

/* The source's table "t"; ' stands for ". */
static const char table_t[] =
    "{'source':'sql','kind':'postgres','entities':[{'name':'t','columns':["
    "{'name':'id','type':'integer','oid':23,'not_null':true,'serial':true},"
    "{'name':'a','type':'text','oid':25},{'name':'b','type':'text','oid':25},"
    "{'name':'odd','type':'regclass','oid':2205}],'key':['id'],"
    "'indexes':[{'columns':['a'],'unique':false}]},"
    "{'name':'o','columns':[{'name':'id','type':'uuid','oid':2950,'not_null':true},"
    "{'name':'above','type':'uuid','oid':2950}],'key':['id']}]}";

static char *quoted(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    return copy;
}

#define KEEP(more) "{'from':'sql.t','drop':['odd'],'to':{'public.t':{'keep_shape':true" more "}}}"
#define KEEP_O(columns)                                                                            \
    "{'from':'sql.o','to':{'public.t':{'keep_shape':true,'columns':{" columns "}}}}"
#define MADE(key, columns)                                                                         \
    "{'from':'core.t','to':{'public.t':{'key':[" key "],'columns':{" columns "}}}}"
#define FORM(column) "{'key':['k'],'columns':{'k':{'from':'k','type':'text'},'u':{" column "}}}"
#define FORMS(one, other) "{'from':'core.t','to':{'public.t':[" FORM(one) "," FORM(other) "]}}"
#define NO_ROW ", so an id of t has no row to refer to"
#define IN_T ".json: /to/public.t"

static void what_cannot_be_resolved(void **state)
{
    (void)state;
    static const struct {
        const char *mapping, *message, *hint; /* NULL: it can */
    } cases[] = {
        {KEEP(""), NULL, NULL},
        {KEEP(",'columns':{'a':{'from':'b'},'b':{'from':'a'}}"), NULL, NULL},
        {"{'from':'sql.t','to':{'public.t':{'keep_shape':true}}}",
         IN_T "/columns/odd: the source's type regclass cannot be kept",
         "name the column under \"columns\" with a \"type\", or drop it by name"},
        {"{'from':'sql.u','to':{'public.t':{'keep_shape':true}}}",
         ".json: the source sql has no table u", "correct \"from\""},
        {"{'from':'sql.t','to':{'public.t':{'keep_shape':true}},'drop':['a','bb']}",
         ".json: /drop/1: the source's table has no column \"bb\"; did you mean \"b\"?",
         "correct it, or leave it away"},
        {KEEP(",'columns':{'c':{}}"), IN_T "/columns/c: the source's table has no such column", ""},
        {KEEP(",'columns':{'c':{'from':'d'}}"), IN_T "/columns/c: the source's table has no such",
         ""},
        {KEEP(",'columns':{'a':{'const':1,'type':'text'}}"),
         IN_T "/columns/a: the table would have this column twice", ""},
        {KEEP(",'columns':{'b':{'from':'a'}}"), IN_T "/columns/b: the table would have this column",
         ""},
        {KEEP(",'columns':{'odd':{'type':'text'}}"),
         IN_T "/columns/odd: the source's column is dropped", ""},
        {KEEP(",'key':['c']"),
         IN_T "/columns/c: the key names a column that the table does not have", ""},
        {"{'from':'sql.t','drop':['odd','id'],'to':{'public.t':{'keep_shape':true}}}",
         IN_T "/columns/id: the key names a column that the table does not have", ""},
        {"{'from':'sql.t','drop':['odd','id'],'to':{'public.t':{'keep_shape':true,'exists':true,"
         "'key':[]}}}",
         NULL, NULL}, /* nothing names its rows */
        {KEEP(",'exists':true,'if_there':{'update':['b']}"), NULL, NULL},
        {KEEP(",'exists':true,'if_there':{'update':['c']}"),
         IN_T "/columns/c: \"if_there\" names a column that the table does not have", ""},
        {KEEP(",'exists':true,'if_there':{'update':['b','id']}"),
         IN_T "/columns/id: the key, by which a row is found, is not updated", ""},
        {KEEP(",'columns':{'c':{'from':'a'}},'indexes':[['a']]"),
         IN_T ": an index names a column that the table does not have: a", ""},
        {KEEP(",'indexes':[['b'],['b','c desc']]"),
         IN_T ": an index names a column that the table "
              "does not have: c desc",
         ""},
        {KEEP(",'unique':[['b','c']]"),
         IN_T ": a unique names a column that the table does not have: c", ""},
        {KEEP(",'unique':[['b desc']]"),
         IN_T ": a unique names a column that the table does not have", ""},
        {KEEP(",'indexes':[['a']]"), NULL, NULL}, /* the source says so too */
        {KEEP(",'indexes':[['b'],{'columns':['b']}]"),
         IN_T ": there would be two of index t_b_idx on public.t", "take one of them out"},
        {KEEP(",'columns':{'a':{'id_of':'users','type':'text'}}"),
         IN_T "/columns/a: a text cannot refer to id of public.users, a uuid",
         "give both the same type, or say \"foreign_key\": false"},
        {"{'from':'core.t','to':{'public.t':[{'key':['k'],'columns':{'k':{'from':'k','type':'text'}"
         "}},"
         "{'key':['k'],'columns':{'k':{'from':'k','type':'text'},'m':{'from':'m','type':'text'}}}]}"
         "}",
         IN_T "/columns/m: the first form of this table has no such column", ""},
        {"{'from':'core.t','to':{'public.t':[{'key':['k'],'columns':{'k':{'from':'k','type':'text'}"
         "}},"
         "{'key':['k'],'columns':{'k':{'from':'k','type':'uuid'}}}]}}",
         IN_T "/columns/k: the first form of this table gives it another type", ""},
        {"{'from':'core.t','to':{'public.t':{'exists':true,'key':['k'],'columns':{'k':{'from':'k',"
         "'id_of':'users','type':'text'}}}}}",
         NULL, NULL}, /* what the target brings has its references already */
        /* words that only the catalog can tell to be idle */
        {KEEP(",'columns':{'a':{'default':'x','null':false}}"), NULL, NULL},
        {KEEP(",'columns':{'a':{'default':'x'}}"),
         IN_T "/columns/a: the column may be null, so a null stays and the default never comes",
         ""},
        {KEEP(",'columns':{'id':{'default':1}}"),
         IN_T "/columns/id: the source's column is never null, so the default never comes", ""},
        {KEEP(",'columns':{'id':{'sql_default':'1'}}"),
         IN_T "/columns/id: the source numbers this column", ""},
        {KEEP(",'columns':{'id':{'null':true}}"), IN_T "/columns/id: a column of the key is never",
         ""},
        /* ids that have no row to refer to */
        {KEEP_O("'id':{'id_of':'t'},'above':{'id_of':'t'}"), NULL, NULL},
        {KEEP_O("'above':{'id_of':'t'}"),
         IN_T "/columns/above: the key of t is not its identity alone" NO_ROW,
         "make one column with \"id_of\": \"t\" the key of t, or say \"references\""},
        {KEEP_O("'above':{'id_of':'t','foreign_key':false}"), NULL, NULL},
        {MADE("'id'", "'id':{'from':'u','id_of':'users'},'t':{'from':'t','id_of':'t'}"),
         IN_T "/columns/t: the key of t is the identity of users" NO_ROW, "\"foreign_key\": false"},
        {MADE("'id'", "'id':{'from':'u','id_of':'users'},'j':{'object':{'a':{'object':{'t':{"
                      "'from':'t','id_of':'t'}}}},'type':'jsonb'}"),
         IN_T "/columns/j/object/a/object/t: the key of t is the identity of users" NO_ROW, ""},
        {MADE("'id'", "'id':{'from':'u','id_of':'users'},'j':{'object':{'t':{'from':'t','id_of':'t'"
                      "}},'type':'jsonb','foreign_key':false}"),
         NULL, NULL},
        /* the record's own id is one, wherever it stands */
        {MADE("'id','n'", "'id':{'from':'x','id_of':'t'},'n':{'from':'n','type':'text'}"), NULL,
         NULL},
        {MADE("'n'", "'id':{'from':'_id','id_of':'t'},'n':{'from':'n','type':'text'}"), NULL, NULL},
        {MADE("'n'", "'id':{'from':'x','id_of':'t'},'n':{'from':'n','type':'text'}"),
         IN_T "/columns/id: the key of t is not its identity alone" NO_ROW, ""},
        {MADE("'id'", "'id':{'from':'_id','id_of':'t','on_delete':'cascade'}"),
         IN_T "/columns/id/on_delete: this is the identity itself, and refers to nothing", ""},
        {MADE("'id'", "'id':{'from':'_id','id_of':'t','foreign_key':false}"),
         IN_T "/columns/id/foreign_key: this is the identity itself", ""},
        /* forms of one table */
        {FORMS("'from':'a','id_of':'users'", "'from':'b','id_of':'users'"), NULL, NULL},
        {FORMS("'from':'a','id_of':'users'", "'const':null,'type':'uuid'"), NULL, NULL},
        {FORMS("'from':'a','id_of':'users','foreign_key':false",
               "'from':'b','id_of':'users','foreign_key':false"),
         NULL, NULL},
        {FORMS("'from':'a','type':'uuid'", "'from':'b','id_of':'users'"),
         IN_T "/columns/u: by the first form of this table the column refers to something else",
         "give both the same \"id_of\""},
        {FORMS("'from':'a','id_of':'users'", "'from':'b','id_of':'users','foreign_key':false"),
         IN_T "/columns/u: by the first form of this table", ""},
    };
    struct folder folder;
    folder_make(&folder);
    char *text =
        quoted("{'project':'p','target':'t','sources':{'core':{'kind':'mongodb','uri':'x'},"
               "'sql':{'kind':'postgres','uri':'x'}}}");
    folder_put(&folder, "project.json", text);
    free(text);
    text = quoted("{'from':'core.users','to':{'public.users':{'key':['id'],'columns':{'id':{'from':"
                  "'_id','id_of':'users'}}}}}");
    folder_put(&folder, "users.json", text);
    free(text);
    struct catalog catalog;
    struct error error;
    cJSON *json;
    text = quoted(table_t);
    assert_true(json_parse(text, strlen(text), "sql.json", &json, &error));
    assert_true(catalog_from_json(json, "sql.json", &catalog, &error));
    cJSON_Delete(json);
    free(text);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct project project;
        struct schema schema;
        memset(&error, 0, sizeof error);
        text = quoted(cases[i].mapping);
        folder_put(&folder, "t.json", text);
        free(text);
        if (!project_load(&project, folder.path, &error))
            fail_msg("%s: %s", cases[i].mapping, error.message);
        bool ok = schema_resolve(&schema, &project, &catalog, 1, &error);
        if (ok)
            schema_release(&schema);
        if (ok != (cases[i].message == NULL))
            fail_msg("%s: %s", cases[i].mapping, ok ? "was taken" : error.message);
        if (!ok) {
            assert_int_equal(error.code, ERROR_USAGE);
            assert_null(schema.memory);
            if (strstr(error.message, cases[i].message) == NULL)
                fail_msg("%s\n  gave: %s\n  not:  %s", cases[i].mapping, error.message,
                         cases[i].message);
            if (strstr(error.hint, cases[i].hint) == NULL)
                fail_msg("%s\n  hints: %s", cases[i].mapping, error.hint);
        }
        project_release(&project);
    }
    catalog_release(&catalog);
    folder_remove(&folder);
}

/* The key of a table that keeps its shape is the source's, and others refer to it. */
static void a_kept_table_is_a_home(void **state)
{
    (void)state;
    struct folder folder;
    struct catalog catalog;
    struct project project;
    struct schema schema;
    struct error error;
    cJSON *json;
    folder_make(&folder);
    char *texts[] = {quoted("{'project':'p','target':'t','sources':{'sql':{'kind':'postgres','uri':"
                            "'x'}}}"),
                     quoted(KEEP_O("'id':{'id_of':'t'},'above':{'id_of':'t'}")), quoted(table_t)};
    folder_put(&folder, "project.json", texts[0]);
    folder_put(&folder, "t.json", texts[1]);
    assert_true(json_parse(texts[2], strlen(texts[2]), "sql.json", &json, &error));
    assert_true(catalog_from_json(json, "sql.json", &catalog, &error));
    assert_true(project_load(&project, folder.path, &error));
    assert_true(schema_resolve(&schema, &project, &catalog, 1, &error));
    size_t found = 0;
    for (size_t i = 0; i < schema.statement_count; i++)
        found += strcmp(schema.statements[i].sql,
                        "alter table \"public\".\"t\" add constraint \"t_above_fkey\" foreign key "
                        "(\"above\") references \"public\".\"t\" (\"id\")") == 0;
    assert_int_equal(found, 1);
    schema_release(&schema);
    project_release(&project);
    catalog_release(&catalog);
    cJSON_Delete(json);
    for (size_t i = 0; i < COUNT(texts); i++)
        free(texts[i]);
    folder_remove(&folder);
}

static void sql_is_quoted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *identifier, *literal;
    } cases[] = {
        {"", "\"\"", "''"},
        {"plain", "\"plain\"", "'plain'"},
        {"Select me", "\"Select me\"", "'Select me'"},
        {"a\"b", "\"a\"\"b\"", "'a\"b'"},
        {"it's", "\"it's\"", "'it''s'"},
        {"back\\slash", "\"back\\slash\"", " E'back\\\\slash'"},
        {"\\'", "\"\\'\"", " E'\\\\'''"},
        {"gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"", "'gr\xc3\xbc\xc3\x9f'"},
    };
    struct buffer out;
    buffer_init(&out);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buffer_clear(&out);
        sql_put_identifier(&out, cases[i].text);
        assert_string_equal(buffer_text(&out), cases[i].identifier);
        buffer_clear(&out);
        sql_put_literal(&out, cases[i].text);
        assert_string_equal(buffer_text(&out), cases[i].literal);
    }
    buffer_clear(&out);
    sql_put_qualified(&out, "my.schema", "my \"table\"");
    assert_string_equal(buffer_text(&out), "\"my.schema\".\"my \"\"table\"\"\"");
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_statements_of_the_library, open_library, close_library),
        cmocka_unit_test_setup_teardown(nothing_of_supabase_for_a_plain_target, open_library,
                                        close_library),
        cmocka_unit_test_setup_teardown(every_statement_has_a_name_of_its_own, open_library,
                                        close_library),
        cmocka_unit_test_setup_teardown(outputs_are_resolved, open_library, close_library),
        cmocka_unit_test_setup_teardown(one_entity_alone, open_library, close_library),
        cmocka_unit_test(what_cannot_be_resolved),
        cmocka_unit_test(a_kept_table_is_a_home),
        cmocka_unit_test(sql_is_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
