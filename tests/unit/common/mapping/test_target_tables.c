/* Types and keys that a mapping leaves to the target: what it takes, what is refused, and what is
 * asked for. The tables write ' for ". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/project.h"
#include "scratch_folder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define FROM(source, to) "{'from':'" source "','to':{" to "}}"
#define BOOKS(members) FROM("core.books", "'public.books':{'exists':true," members "}")
#define COLUMNS(columns) BOOKS("'columns':{'id':{'from':'_id','id_of':'books'}" columns "}")
#define SALES(members) FROM("sql.sales", "'public.books':{'exists':true," members "}")
#define AT_BOOKS ": /to/public.books"

struct stage {
    struct folder project, catalogs;
};

static void put(const struct folder *folder, const char *name, const char *text)
{
    char *quoted = strdup(text);
    assert_non_null(quoted);
    for (char *c = quoted; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    folder_put(folder, name, quoted);
    free(quoted);
}

static int setup(void **state)
{
    static struct stage stage;
    folder_make(&stage.project);
    folder_make(&stage.catalogs);
    put(&stage.project, "project.json",
        "{'project':'p','target':'${T}','sources':{'core':{'kind':'mongodb','uri':'${A}'},"
        "'sql':{'kind':'postgres','uri':'${B}'}}}");
    put(&stage.catalogs, TARGET_TABLES,
        "{'tables':{'public.books':{'columns':{'id':'uuid','n':'bigint','isbn':'character "
        "varying(9)','at':'timestamp(3) without time zone','doc':'jsonb','tiers':'public.tier[]',"
        "'name':'text'},'key':['id']},'public.pairs':{'columns':{'a':'integer','b':'text'},'key':"
        "['a','b']},'public.bare':{'columns':{'a':'integer'},'key':[]}}}");
    *state = &stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;
    folder_remove(&stage->project);
    folder_remove(&stage->catalogs);
    return 0;
}

/* "id uuid, n bigint; id" of the first table; a type that is not said is "-". */
static void describe(const struct mapping_table *table, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < table->column_count; i++) {
        char type[PGTYPE_SIZE] = "-";
        if (table->columns[i].type.name != NULL)
            pgtype_format(&table->columns[i].type, type, sizeof type);
        used += (size_t)snprintf(out + used, size - used, "%s%s %s", i > 0 ? ", " : "",
                                 table->columns[i].name, type);
    }
    used += (size_t)snprintf(out + used, size - used, ";");
    for (size_t i = 0; i < table->key.count; i++)
        used += (size_t)snprintf(out + used, size - used, " %s", table->key.items[i]);
}

static void what_is_taken(void **state)
{
    static const struct {
        const char *text;
        size_t table;
        const char *taken;
    } cases[] = {
        {COLUMNS(",'isbn':'code','at':{},'doc':{'object':{'a':'a'}}"), 0,
         "id uuid, isbn varchar(9), at timestamp(3), doc jsonb; id"},
        /* What is said stays. */
        {BOOKS("'key':['isbn'],'columns':{'isbn':{'type':'text'},'n':{}}"), 0,
         "isbn text, n bigint; isbn"},
        {BOOKS("'key':[],'columns':{'n':{}}"), 0, "n bigint;"},
        /* What is something by itself is what the target has. */
        {COLUMNS(",'isbn':{},'name':{'from':'by','id_of':'books'}"), 0,
         "id uuid, isbn varchar(9), name text; id"},
        {FROM("core.books",
              "'public.books':{'exists':true,'columns':{'id':{'from':'_id','id_of':'books'}}},"
              "'public.pairs':{'exists':true,'each':'p','columns':{'a':{'position':true},'b':"
              "{'parent':'id'}}}"),
         1, "a integer, b uuid; a b"},
        /* Every form of a table. */
        {FROM("core.books",
              "'public.books':[{'exists':true,'when':{'a':1},'columns':{'id':{'from':'_id','id_of'"
              ":'books'},'n':{}}},{'exists':true,'when':{'a':2},'columns':{'id':{'from':'_id',"
              "'id_of':'books'},'at':{}}}]"),
         1, "id uuid, at timestamp(3); id"},
        /* What no word has is as the source has it, and the two are compared. */
        {SALES("'columns':{'id':{},'isbn':{'do':['trim']},'tiers':{}}"), 0,
         "id uuid, isbn varchar(9), tiers -; id"},
        /* A kept table is the source's. */
        {SALES("'keep_shape':true,'columns':{'n':{'do':['number']},'name':{'const':'a'}}"), 0,
         "n -, name text;"},
    };
    const struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct project project;
        struct error error = {0};
        char taken[512];
        put(&stage->project, "books.json", cases[i].text);
        if (!project_load_beside(&project, stage->project.path, stage->catalogs.path, &error))
            fail_msg("%s\n  gave: %s", cases[i].text, error.message);
        describe(&project.mappings[0]->tables[cases[i].table], taken, sizeof taken);
        assert_string_equal(taken, cases[i].taken);
        project_release(&project);
    }
}

static void what_is_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {COLUMNS(",'isbm':{}"),
         AT_BOOKS "/columns/isbm: the target's table has no such column; did you mean \"isbn\"?"},
        {COLUMNS(",'tiers':{}"), AT_BOOKS
         "/columns/tiers: the column is public.tier[] in the target, a type that no value"},
        {BOOKS("'columns':{'n':{}}"),
         AT_BOOKS ": no column here is \"id\", of the target's primary"},
        {FROM("core.books", "'public.bare':{'exists':true,'columns':{'a':{}}}"),
         ": /to/public.bare: the target's table has no primary key"},
        {FROM("core.books", "'public.none':{'exists':true,'columns':{'a':{}}}"),
         ": /to/public.none: the target had no table public.none when it was asked"},
        /* What the target says is read like what is said. */
        {COLUMNS(",'isbn':{'from':'a','id_of':'books'}"),
         AT_BOOKS "/columns/isbn/type: an identity is a uuid or its text"},
        {COLUMNS(",'n':{'object':{'a':'a'}}"),
         AT_BOOKS "/columns/n/type: what makes an object needs the type jsonb, not bigint"},
    };
    const struct stage *stage = *state;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/books.json", stage->project.path);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct project project;
        struct error error = {0};
        put(&stage->project, "books.json", cases[i].text);
        if (project_load_beside(&project, stage->project.path, stage->catalogs.path, &error))
            fail_msg("%s\n  was taken, without: %s", cases[i].text, cases[i].message);
        assert_int_equal(error.code, ERROR_USAGE);
        if (strncmp(error.message, path, strlen(path)) != 0 ||
            strncmp(error.message + strlen(path), cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("%s\n  gave: %s\n  not:  %s", cases[i].text, error.message, cases[i].message);
        assert_string_not_equal(error.hint, "");
    }
}

/* Who says all of it needs no target to be read. */
static void what_is_asked_for(void **state)
{
    static const struct {
        const char *text;
        bool asks;
        const char *says; /* NULL: it can be read all the same */
    } cases[] = {
        {BOOKS(
             "'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'},'n':{'type':'bigint'}}"),
         false, NULL},
        {COLUMNS(""), true,
         AT_BOOKS ": the key of this table is the target's, which was not asked"},
        {BOOKS("'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'},'n':{},'isbn':'a'}"),
         true,
         AT_BOOKS "/columns/n: the type of this column, and of 1 more, is the target's, which was"},
        {BOOKS("'key':['n'],'columns':{'n':{}}"), true,
         AT_BOOKS "/columns/n: the type of this column is the target's, which was not asked"},
        {SALES("'key':['id'],'columns':{'id':{}}"), true, NULL},
        {SALES("'keep_shape':true,'columns':{'n':{'do':['number']}}"), false, NULL},
        {FROM("core.books", "'public.books':{'key':['n'],'columns':{'n':{}}}"), false,
         AT_BOOKS "/columns/n: the column needs a \"type\""},
    };
    const struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct project project;
        struct error error = {0};
        put(&stage->project, "books.json", cases[i].text);
        assert_true(project_load_draft(&project, stage->project.path, NULL, &error));
        if (project.asks_target != cases[i].asks)
            fail_msg("%s: asks the target: %d", cases[i].text, project.asks_target);
        bool whole = project_check(&project, &error);
        if (whole != (cases[i].says == NULL) ||
            (!whole && strstr(error.message, cases[i].says) == NULL))
            fail_msg("%s\n  gave: %s\n  not:  %s", cases[i].text, whole ? "" : error.message,
                     cases[i].says);
        project_release(&project);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
