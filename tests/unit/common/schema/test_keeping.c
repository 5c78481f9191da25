/* What becomes of the objects beside the records: a row per answer of each rule, and of none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/json.h"
#include "graduate/keeping.h"
#include "scratch_folder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* JSON with apostrophes for quotes. */
static const struct {
    const char *file, *text;
} files[] = {
    {"project.json",
     "{'project':'p','target':'${T}','sources':{'sql':{'kind':'postgres','uri':'${S}'},"
     "'crm':{'kind':'postgres','uri':'${S}','schema':'crm'},"
     "'core':{'kind':'mongodb','uri':'${M}'}},'left_out':{'sql.old':'nobody asks'},"
     "'not_kept':{'sql':{'foreign key':{'forgone on books':'why'},'sequence':{'forgone':'why'}}}}"},
    {"authors.json", "{'from':'sql.authors','to':{'public.authors':{'keep_shape':true,'key':['id'],"
                     "'columns':{'id':{'id_of':'authors'}}}}}"},
    {"books.json",
     "{'from':'sql.books','drop':['gone'],'to':{'public.books':{'keep_shape':true,'columns':{"
     "'author_id':{'id_of':'authors','on_delete':'cascade'},'editor_id':{'id_of':'authors'},"
     "'text_number':{'type':'text'},'name':{'from':'title'},'state':{'in':['new']},"
     "'kind':{'sql_default':'\\'e\\'','references':'public.notes.id'}},"
     "'checks':{'positive':'price > 0'},"
     "'policies':[{'name':'mine','to':['authenticated'],'using':'true'}],"
     "'grants':{'reader':['update','select'],'writer':['select']},'comment':'sold'}}}"},
    {"notes.json", "{'from':'sql.notes','to':{'public.notes':{'keep_shape':true,'key':['id'],'"
                   "checks':{'c':'id > 0'}}}}"},
    {"moods.json", "{'from':'sql.moods','to':{'public.moods':{'keep_shape':true}}}"},
    {"users.json", "{'from':'sql.users','to':{'auth.users':{'exists':true,'keep_shape':true}}}"},
    {"accounts.json", "{'from':'crm.accounts','to':{'crm.accounts':{'keep_shape':true}}}"},
    {"more.json", "{'from':'sql.more','to':{'public.authors':{'keep_shape':true}}}"},
};

/* clang-format off */
#define COLUMN(name, more) "{'name':'" name "','type':'integer','oid':23" more "}"
#define UUID(name) "{'name':'" name "','type':'uuid','oid':2950}"
#define TYPE(schema, local) "{'name':'" schema "." local "','local':'" local "','schema':'" schema "'," \
    "'kind':'enum','definition':'as enum (1)','parts':[]}"
static const char catalog_text[] =
    "{'source':'sql','kind':'postgres','database':'d','schema':'public','types':["
    TYPE("public", "mood") "," TYPE("crm", "mood") "," TYPE("shelf", "mood") "," TYPE("shelf", "size")
    "],'sequences':["

    "{'name':'s','schema':'public','options':'AS bigint'},"
    "{'name':'forgone','schema':'public','options':'AS bigint'}],'entities':["
    "{'name':'authors','columns':[" UUID("id") "],'key':['id']},"
    "{'name':'books','key':['id'],'uniques':[['title']],'columns':["
    COLUMN("id", ",'serial':true") "," UUID("author_id") "," UUID("editor_id") ","
    COLUMN("title", ",'default_sql':'7'") "," COLUMN("price", "") "," COLUMN("gone", "") ","
    COLUMN("text_number", ",'serial':true") "," COLUMN("state", "") ","
    COLUMN("kind", ",'default_sql':'0'") ","
    COLUMN("made", ",'generated':'price + 1','made_of':['price']") ","
    COLUMN("remade", ",'generated':'length(text_number)','made_of':['text_number']") ","
    "{'name':'word','type':'text','oid':25,'collation':'C'}],"
    "'checks':[{'name':'priced','expression':'price >= 0'}]},"
    "{'name':'notes','columns':[" COLUMN("id", "") "," COLUMN("text", "") "],"
    "'uniques':[['id','text']]},"
    "{'name':'users','columns':[" UUID("id") "],'key':['id']},"
    "{'name':'moods','columns':[" UUID("id") ",{'name':'own','type':'public.mood','oid':25,'layout':'x'},"
    "{'name':'theirs','type':'crm.mood[]','oid':25,'layout':'x'},"
    "{'name':'size','type':'shelf.size','oid':25,'layout':'x'}],'key':['id']},"
    "{'name':'more','columns':[" UUID("id") "],'key':['id']},{'name':'old'}]}";

/* Of another schema of the same database. */
static const char other_text[] =
    "{'source':'crm','kind':'postgres','database':'d','schema':'crm','entities':["
    "{'name':'accounts','columns':[" UUID("id") "],'key':['id']}]}";

/* Members of an object of a table, on columns of it. */
#define OF(entity) "'entity':'" entity "'"
#define ON(entity, columns) OF(entity) ",'columns':[" columns "]"
#define IN_SHAPE(entity, columns) ON(entity, columns) ",'in_shape':true"
#define BUT(unsaid) ",'unsaid':'" unsaid "'"
#define TO(entity, columns) ",'refers':'" entity "','referred':[" columns "]"
#define IN(schema, entity, columns) TO(entity, columns) ",'refers_in':'" schema "'"
#define EXCLUDES ",'definition':'EXCLUDE USING btree (price WITH =)'"
#define TIMING(word) ",'timing':'" word "'"
#define DELETES(action) ",'on_delete':'" action "'"
#define GONE "goes with the column gone, which books.json drops"

static const struct {
    const char *kind, *name, *more;
    enum keeping_fate fate;
    const char *how, *with;
} cases[] = {
    {"table", "books", IN_SHAPE("books", ""), KEEPING_KEPT, NULL, NULL},
    {"table", "books", IN_SHAPE("books", "") BUT("UNLOGGED"), KEEPING_CHANGED,
     "without UNLOGGED", NULL},
    {"table", "users", IN_SHAPE("users", ""), KEEPING_CHANGED, "the table that the target brings", NULL},
    {"table", "old", IN_SHAPE("old", ""), KEEPING_NOT, NULL,
     "goes with old, which is left out: nobody asks"},
    {"table", "lost", IN_SHAPE("lost", ""), KEEPING_NOT, NULL, NULL},
    {"partition", "b_24 of books", OF("books"), KEEPING_CHANGED,
     "rows of the one table public.books", NULL},
    {"column default", "title of books", IN_SHAPE("books", "'title'"), KEEPING_KEPT, NULL, NULL},
    {"column default", "kind of books", IN_SHAPE("books", "'kind'"), KEEPING_CHANGED,
     "'e', as the mapping says", NULL},
    {"column default", "price of books", IN_SHAPE("books", "'price'"), KEEPING_NOT, NULL, NULL},
    {"column default", "gone of books", IN_SHAPE("books", "'gone'"), KEEPING_NOT, NULL, GONE},
    {"serial", "id of books", IN_SHAPE("books", "'id'"), KEEPING_KEPT,
     "an identity column, by default", NULL},
    {"serial", "text_number of books", IN_SHAPE("books", "'text_number'"), KEEPING_NOT, NULL, NULL},
    {"identity", "id of books", IN_SHAPE("books", "'id'"), KEEPING_KEPT, NULL, NULL},
    {"identity", "price of books", IN_SHAPE("books", "'price'"), KEEPING_NOT, NULL, NULL},
    {"sequence", "s", IN_SHAPE("books", "'id'"), KEEPING_KEPT, "that of the identity column", NULL},
    {"sequence", "s", ON("books", "'id'"), KEEPING_NOT, NULL, NULL},
    {"sequence", "s", IN_SHAPE("books", "'text_number'"), KEEPING_NOT, NULL, NULL},
    {"sequence", "s", "'detail':'start 1'", KEEPING_KEPT, NULL, NULL},
    {"sequence", "forgone", "'detail':'start 1'", KEEPING_NOT, NULL, NULL},
    {"sequence", "none", "'detail':'start 1'", KEEPING_NOT, NULL, NULL},
    {"generated column", "made of books", IN_SHAPE("books", "'made'"), KEEPING_KEPT,
     "as the table's last column", NULL},
    {"generated column", "remade of books", IN_SHAPE("books", "'remade'"), KEEPING_CHANGED,
     "an ordinary column with the values of today", NULL},
    {"column collation", "word of books", IN_SHAPE("books", "'word'"), KEEPING_KEPT, NULL, NULL},
    {"column collation", "title of books", IN_SHAPE("books", "'title'"), KEEPING_CHANGED,
     "the target's default collation", NULL},
    {"column collation", "id of users", IN_SHAPE("users", "'id'"), KEEPING_NOT, NULL, NULL},
    {"primary key", "k on books", IN_SHAPE("books", "'id'"), KEEPING_KEPT, NULL, NULL},
    {"primary key", "k on notes", IN_SHAPE("notes", "'id'"), KEEPING_KEPT, NULL, NULL},
    {"primary key", "k on notes", IN_SHAPE("notes", "'text'"), KEEPING_NOT, NULL, NULL},
    {"primary key", "k on notes", IN_SHAPE("notes", "'id','text'"), KEEPING_NOT, NULL, NULL},
    {"primary key", "k on b_24", ON("books", "'id'"), KEEPING_NOT, NULL, NULL},
    {"primary key", "k on users", IN_SHAPE("users", "'id'"), KEEPING_NOT, NULL, NULL},
    {"primary key", "k on more", IN_SHAPE("more", "'id'"), KEEPING_NOT, NULL, NULL},
    {"unique", "u on books", IN_SHAPE("books", "'title'") BUT("DEFERRABLE"), KEEPING_CHANGED,
     "without DEFERRABLE", NULL},
    {"unique", "u on b_24", ON("books", "'title'"), KEEPING_NOT, NULL, NULL},
    {"check", "priced on books", IN_SHAPE("books", "'price'"), KEEPING_KEPT, NULL, NULL},
    {"check", "priced on books", IN_SHAPE("books", "'gone'"), KEEPING_NOT, NULL, GONE},
    {"check", "priced on books", IN_SHAPE("books", "'none'"), KEEPING_NOT, NULL, NULL},
    {"check", "priced on books", ON("books", "'price'") BUT("NOT VALID"), KEEPING_NOT, NULL, NULL},
    {"check", "positive on books", IN_SHAPE("books", ""), KEEPING_CHANGED,
     "the mapping's: price > 0", NULL},
    {"check", "books_state_check on books", IN_SHAPE("books", ""), KEEPING_CHANGED,
     "the mapping's: \"state\" in ('new')", NULL},
    {"foreign key", "f on books",
     IN_SHAPE("books", "'author_id'") TO("authors", "'id'") DELETES("cascade"), KEEPING_KEPT, NULL,
     NULL},
    {"foreign key", "f on books",
     IN_SHAPE("books", "'author_id'") TO("authors", "'id'") TIMING("DEFERRABLE"), KEEPING_CHANGED,
     "on delete cascade, not no action", NULL},
    {"foreign key", "f on books",
     IN_SHAPE("books", "'editor_id'") TO("authors", "'id'") DELETES("restrict"), KEEPING_KEPT, NULL,
     NULL},
    {"foreign key", "f on books", IN_SHAPE("books", "'price'") TO("notes", "'id'"), KEEPING_KEPT,
     NULL, NULL},
    {"foreign key", "f on books", IN_SHAPE("books", "'price','title'") TO("notes", "'text','id'"),
     KEEPING_KEPT, NULL, NULL},
    {"foreign key", "f on books", IN_SHAPE("books", "'kind'") TO("notes", "'id'"), KEEPING_CHANGED,
     "the mapping's, of the same columns", NULL},
    {"foreign key", "forgone on books", IN_SHAPE("books", "'price'") TO("notes", "'id'"),
     KEEPING_NOT, NULL, NULL},
    {"foreign key", "f on books", IN_SHAPE("books", "'gone'") TO("notes", "'id'"), KEEPING_NOT,
     NULL, GONE},
    {"index", "i on books", IN_SHAPE("books", "'title'"), KEEPING_KEPT, NULL, NULL},
    {"index", "i on books", IN_SHAPE("books", "'title','gone'"), KEEPING_NOT, NULL, GONE},
    {"index", "i on books", ON("books", "'title'"), KEEPING_NOT, NULL, NULL},
    {"row level security", "books", IN_SHAPE("books", ""), KEEPING_KEPT, NULL, NULL},
    {"row level security", "b_24", OF("books"), KEEPING_NOT, NULL, NULL},
    {"policy", "mine on books", OF("books"), KEEPING_CHANGED, "the mapping's of the same name", NULL},
    {"policy", "mine on notes", OF("notes"), KEEPING_NOT, NULL, NULL},
    {"policy", "min on books", OF("books"), KEEPING_NOT, NULL, NULL},
    {"grant", "reader on books", OF("books") ",'detail':'SELECT, UPDATE'", KEEPING_KEPT, NULL, NULL},
    {"grant", "writer on books", OF("books") ",'detail':'SELECT, UPDATE'", KEEPING_CHANGED,
     "the rights that the mapping gives the role", NULL},
    {"grant", "reader on books", OF("books") ",'detail':'SELECT'", KEEPING_CHANGED,
     "the rights that the mapping gives the role", NULL},
    {"grant", "reader on books(title)", ON("books", "'title'") ",'detail':'SELECT'", KEEPING_NOT,
     NULL, NULL},
    {"comment", "table books", OF("books") ",'detail':'sold'", KEEPING_KEPT, NULL, NULL},
    {"comment", "table books", OF("books") ",'detail':'bought'", KEEPING_CHANGED,
     "the mapping's comment", NULL},
    {"comment", "index i", OF("books") ",'detail':'sold'", KEEPING_NOT, NULL, NULL},
    {"comment", "table notes", OF("notes") ",'detail':'sold'", KEEPING_NOT, NULL, NULL},
    {"exclusion constraint", "e on books", IN_SHAPE("books", "'price'") EXCLUDES, KEEPING_KEPT, NULL,
     NULL},
    {"exclusion constraint", "e on books", IN_SHAPE("books", "'text_number'") EXCLUDES, KEEPING_NOT,
     NULL, NULL},
    {"exclusion constraint", "e on books", ON("books", "'price'") EXCLUDES, KEEPING_NOT, NULL, NULL},
    {"foreign key", "f on books", IN_SHAPE("books", "'author_id'") IN("crm", "accounts", "'id'")
     DELETES("cascade"), KEEPING_KEPT, NULL, NULL},
    {"foreign key", "f on books", IN_SHAPE("books", "'author_id'") IN("public", "authors", "'id'"),
     KEEPING_CHANGED, "on delete cascade, not no action", NULL},
    {"schema", "crm", "'detail':'x'", KEEPING_KEPT, "what the source crm has", NULL},
    {"schema", "shelf", "'detail':'x'", KEEPING_NOT, NULL, NULL},
    {"enum", "mood", "'detail':'x'", KEEPING_KEPT, "made as public.mood", NULL},
    {"enum", "crm.mood", "'detail':'x'", KEEPING_KEPT, "made as crm.mood", NULL},
    {"enum", "shelf.size", "'detail':'x'", KEEPING_CHANGED,
     "made as public.size, as no source reads shelf", NULL},
    {"enum", "shelf.mood", "'detail':'x'", KEEPING_NOT, NULL,
     "it is another schema's, and no column is of it in the target"},
    {"trigger", "t on books", OF("books"), KEEPING_NOT, NULL, NULL},
    {"view", "v", "'detail':'select 1'", KEEPING_NOT, NULL, NULL},
};
/* clang-format on */

static char *quoted(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++)
        if (*c == '\'' && (c == copy || c[-1] != '\\'))
            *c = '"';
    for (char *c = strstr(copy, "\\'"); c != NULL; c = strstr(c, "\\'"))
        memmove(c, c + 1, strlen(c));
    return copy;
}

static void parse_catalog(const char *text, struct catalog *catalog)
{
    struct error error;
    cJSON *json;
    char *copy = quoted(text);
    if (!json_parse(copy, strlen(copy), "catalog", &json, &error) ||
        !catalog_from_json(json, "catalog", catalog, &error))
        fail_msg("%s: %s", text, error.message);
    cJSON_Delete(json);
    free(copy);
}

struct stage {
    struct folder folder;
    struct project project;
    struct catalog catalogs[2]; /* that at hand, and the other */
    struct schema schema;
};

static int set_up(void **state)
{
    static struct stage stage;
    struct error error;
    folder_make(&stage.folder);
    for (size_t i = 0; i < COUNT(files); i++) {
        char *text = quoted(files[i].text);
        folder_put(&stage.folder, files[i].file, text);
        free(text);
    }
    parse_catalog(catalog_text, &stage.catalogs[0]);
    parse_catalog(other_text, &stage.catalogs[1]);
    if (!project_load(&stage.project, stage.folder.path, &error) ||
        !schema_resolve(&stage.schema, &stage.project, stage.catalogs, 2, &error))
        fail_msg("%s", error.message);
    *state = &stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    schema_release(&stage->schema);
    catalog_release(&stage->catalogs[0]);
    catalog_release(&stage->catalogs[1]);
    project_release(&stage->project);
    folder_remove(&stage->folder);
    return 0;
}

static void assert_text(const char *text, const char *wanted)
{
    assert_int_equal(text == NULL, wanted == NULL);
    if (wanted != NULL)
        assert_string_equal(text, wanted);
}

static void every_kind_is_decided(void **state)
{
    const struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct catalog one;
        struct keeping keeping;
        struct arena arena;
        struct error error;
        char text[1024];
        snprintf(text, sizeof text,
                 "{'source':'sql','kind':'postgres','entities':[],'objects':[{'kind':'%s',"
                 "'name':'%s',%s}]}",
                 cases[i].kind, cases[i].name, cases[i].more);
        parse_catalog(text, &one);
        arena_init(&arena);
        print_message("%s %s (%s)\n", cases[i].kind, cases[i].name, cases[i].more);
        assert_true(keeping_decide(&stage->schema, stage->catalogs, &one.objects[0], &arena,
                                   &keeping, &error));
        assert_string_equal(keeping_fate_names[keeping.fate], keeping_fate_names[cases[i].fate]);
        assert_text(keeping.how, cases[i].how);
        assert_text(keeping.with, cases[i].with);
        arena_release(&arena);
        catalog_release(&one);
    }
}

/* What refers to what does not come as it is, and why. */
static void keys_that_cannot_be_are_told(void **state)
{
    static const struct {
        const char *more, *why;
    } keys[] = {
        {IN_SHAPE("books", "'author_id'") TO("authors", "'no'"),
         "what it refers to in authors does not come"},
        {IN_SHAPE("books", "'author_id'") IN("app", "authors", "'id'"),
         "what it refers to in app.authors does not come"},
        {IN_SHAPE("books", "'price'") TO("old", "'id'"), "what it refers to in old does not come"},
        {IN_SHAPE("books", "'text_number'") TO("notes", "'id'"),
         "text_number is not taken as id of notes is: another value, or another type"},
        {IN_SHAPE("books", "'price'") TO("notes", "'text'"),
         "what it refers to is no key of public.notes"},
        {IN_SHAPE("books", "'none'") TO("notes", "'id'"), "its columns do not all come"},
        {IN_SHAPE("books", "'price'") TO("notes", "'id'") BUT("PERIOD"), "it says PERIOD"},
        {ON("books", "'price'") TO("notes", "'id'"), "it is one of a partition alone"},
    };
    const struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct catalog one;
        struct keeping keeping;
        struct arena arena;
        struct error error;
        char text[1024];
        snprintf(text, sizeof text,
                 "{'source':'sql','kind':'postgres','entities':[],'objects':[{'kind':"
                 "'foreign key','name':'f on books',%s}]}",
                 keys[i].more);
        parse_catalog(text, &one);
        arena_init(&arena);
        print_message("%s\n", keys[i].more);
        assert_true(keeping_decide(&stage->schema, stage->catalogs, &one.objects[0], &arena,
                                   &keeping, &error));
        assert_int_equal(keeping.fate, KEEPING_NOT);
        assert_text(keeping.why, keys[i].why);
        assert_null(keeping.with);
        arena_release(&arena);
        catalog_release(&one);
    }
}

/* ---- what is made as it is ---------------------------------------------------------------------
 */

#define NEEDS(what) ",'needs':[{" what "}]"
#define COLUMN_OF(table, column) NEEDS("'kind':'table','name':'" table "','column':'" column "'")
#define SQL(text) ",'definition':'" text "'"

static void what_an_object_stands_on_comes_too(void **state)
{
    static const struct {
        const char *kind, *name, *more;
        enum keeping_fate fate;
        const char *said; /* how, or why not */
    } rows[] = {
        {"view", "v", SQL("select 1"), KEEPING_CHANGED,
         "it asks with the rights of who reads it (security_invoker)"},
        {"view", "v", SQL("select 1") ",'storage':'security_invoker=true'", KEEPING_KEPT, NULL},
        {"view", "v", "", KEEPING_NOT, "the source's catalog does not say what it is"},
        {"view", "notes", SQL("select 1"), KEEPING_CHANGED, "its rows, in the table public.notes"},
        {"materialized view", "m", SQL("select 1"), KEEPING_KEPT,
         "filled after the data; anon and authenticated have no rights on it, as it has no "
         "row-level security"},
        {"function", "f()", SQL("x") COLUMN_OF("books", "price"), KEEPING_KEPT, NULL},
        {"function", "f()", SQL("x") ",'definer':true", KEEPING_CHANGED,
         "anon and authenticated may not call it, as it acts with the rights of its owner"},
        {"function", "f()", SQL("x") COLUMN_OF("books", "title"), KEEPING_NOT,
         "books.title is called name in the target"},
        {"function", "f()", SQL("x") COLUMN_OF("books", "text_number"), KEEPING_NOT,
         "books.text_number is text in the target"},
        {"function", "f()", SQL("x") COLUMN_OF("books", "gone"), KEEPING_NOT,
         "books.gone does not come"},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'table','name':'old'"), KEEPING_NOT,
         "the table old does not come as it is"},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'table','name':'more'"), KEEPING_NOT,
         "the table more is public.authors in the target"},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'view','name':'w'"), KEEPING_NOT,
         "the view w is not kept"},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'view','name':'w','schema':'crm'"), KEEPING_NOT,
         "in crm, the view w is not kept"},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'table','name':'accounts','schema':'crm'"),
         KEEPING_KEPT, NULL},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'table','name':'accounts','schema':'shelf'"),
         KEEPING_NOT, "no source reads shelf.accounts"},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'sequence','name':'forgone'"), KEEPING_NOT,
         "the sequence forgone does not come as it is"},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'sequence','name':'s'"), KEEPING_KEPT, NULL},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'type','name':'shelf.mood'"), KEEPING_NOT,
         "the type shelf.mood does not come as it is"},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'type','name':'crm.mood'"), KEEPING_KEPT, NULL},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'extension','name':'citext'"), KEEPING_KEPT,
         NULL},
        {"procedure", "f()", SQL("x") NEEDS("'kind':'language','name':'c'"), KEEPING_NOT,
         "it is in the language c, not in SQL or PL/pgSQL"},
        {"function", "f()", SQL("f\\nAS $$from OLD$$"), KEEPING_NOT,
         "the table old does not come as it is"},
        {"function", "f()", SQL("f\\nAS $$books.title$$"), KEEPING_NOT,
         "books.title is called name in the target"},
        {"function", "f()", SQL("f\\nAS $$title of older$$"), KEEPING_KEPT, NULL},
        {"trigger", "t on notes", SQL("x") ",'entity':'notes'", KEEPING_KEPT, NULL},
        {"trigger", "t on users", SQL("x") ",'entity':'users'", KEEPING_NOT,
         "the target brings its table"},
        {"rule", "r on notes", SQL("x") ",'entity':'notes'", KEEPING_KEPT, NULL},
        {"statistics", "s", SQL("x") ",'entity':'notes'", KEEPING_KEPT, NULL},
        {"policy", "p on notes", SQL("x") ",'entity':'notes'", KEEPING_KEPT, NULL},
        {"policy", "p on notes", SQL("x") ",'entity':'notes'" NEEDS("'kind':'role','name':'me'"),
         KEEPING_NOT, "the role me is none of a Supabase's"},
        {"policy", "p on books", SQL("x") ",'entity':'books'", KEEPING_NOT,
         "the mapping gives its table policies, and they stand in its place"},
        {"index", "i on m", SQL("x"), KEEPING_KEPT, NULL},
    };
    const struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct catalog one;
        struct keeping keeping;
        struct arena arena;
        struct error error;
        char text[1024];
        snprintf(text, sizeof text,
                 "{'source':'sql','kind':'postgres','entities':[],'objects':[{'kind':"
                 "'%s','name':'%s'%s}]}",
                 rows[i].kind, rows[i].name, rows[i].more);
        parse_catalog(text, &one);
        arena_init(&arena);
        print_message("%s %s%s\n", rows[i].kind, rows[i].name, rows[i].more);
        assert_true(keeping_decide(&stage->schema, stage->catalogs, &one.objects[0], &arena,
                                   &keeping, &error));
        assert_int_equal(keeping.fate, rows[i].fate);
        assert_text(rows[i].fate == KEEPING_NOT ? keeping.why : keeping.how, rows[i].said);
        arena_release(&arena);
        catalog_release(&one);
    }
}

/* An index of MongoDB is no index of Postgres. */
static void other_sources_keep_nothing(void **state)
{
    const struct stage *stage = *state;
    struct catalog core;
    struct keeping keeping;
    struct arena arena;
    struct error error;
    parse_catalog("{'source':'sql','kind':'mongodb','entities':[{'name':'books'}],'objects':["
                  "{'kind':'index','name':'i on books','entity':'books','in_shape':true}]}",
                  &core);
    arena_init(&arena);
    assert_true(keeping_decide(&stage->schema, &core, &core.objects[0], &arena, &keeping, &error));
    assert_int_equal(keeping.fate, KEEPING_NOT);
    arena_release(&arena);
    catalog_release(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_decided),
        cmocka_unit_test(keys_that_cannot_be_are_told),
        cmocka_unit_test(what_an_object_stands_on_comes_too),
        cmocka_unit_test(other_sources_keep_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
