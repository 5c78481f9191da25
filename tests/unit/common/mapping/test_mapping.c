/* A mapping file: what is wrong is named by file and JSON pointer with the nearest right word, and
 * what is right becomes a struct mapping. The tables write ' for ". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/path.h"
#include "graduate/project.h"
#include "scratch_folder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* core.books into public.books, whose columns are id and those given; one column c; a table of
 * elements. */
#define MAP(to) "{'from':'core.books','to':{" to "}}"
#define ROW "'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}}"
#define TABLE(members) MAP("'public.books':{" members "}")
#define COLUMNS(columns, more)                                                                     \
    TABLE("'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}" columns "}" more)
#define COLUMN(members) COLUMNS(",'c':{" members "}", "")
#define MORE(more) COLUMNS(",'c':{'from':'c','type':'text'}", "," more)
#define CHILD(columns)                                                                             \
    MAP("'public.books':{'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}}},"           \
        "'public.parts':{'each':'parts','key':['n'],'columns':{'n':{'position':true}" columns      \
        "}}")
#define KEPT(more) "{'from':'sql.sales','to':{'public.sales':{" more "}}}"
#define LONG "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl" /* 64 */
#define AT_BOOKS ": /to/public.books"
#define AT_C ": /to/public.books/columns/c"

static int setup(void **state)
{
    static struct folder folder;
    folder_make(&folder);
    folder_put(&folder, "project.json",
               "{\"project\":\"p\",\"target\":\"${T}\",\"sources\":{"
               "\"core\":{\"kind\":\"mongodb\",\"uri\":\"${A}\"},"
               "\"sql\":{\"kind\":\"postgres\",\"uri\":\"${B}\"},"
               "\"auth\":{\"kind\":\"appwrite\",\"uri\":\"${C}\"}}}");
    folder_put(&folder, "users.json",
               "{\"from\":\"core.users\",\"to\":{\"public.users\":{\"key\":[\"id\"],\"columns\":{"
               "\"id\":{\"from\":\"_id\",\"id_of\":\"users\"}}}}}");
    *state = &folder;
    return 0;
}

static int teardown(void **state)
{
    folder_remove(*state);
    return 0;
}

static void put_books(const struct folder *folder, const char *text)
{
    char *quoted = strdup(text);
    assert_non_null(quoted);
    for (char *c = quoted; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    folder_put(folder, "books.json", quoted);
    free(quoted);
}

static void load(const struct folder *folder, const char *text, struct project *project)
{
    struct error error;
    put_books(folder, text);
    if (!project_load(project, folder->path, &error))
        fail_msg("%s\n  gave: %s", text, error.message);
}

struct wrong {
    const char *text, *message; /* behind the path of books.json */
};

static void assert_refused(const struct folder *folder, const struct wrong *cases, size_t count)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/books.json", folder->path);
    for (size_t i = 0; i < count; i++) {
        struct project project;
        struct error error = {0};
        put_books(folder, cases[i].text);
        if (project_load(&project, folder->path, &error))
            fail_msg("%s\n  was taken, without: %s", cases[i].text, cases[i].message);
        assert_null(project.memory);
        assert_int_equal(error.code, ERROR_USAGE);
        if (strncmp(error.message, path, strlen(path)) != 0 ||
            strncmp(error.message + strlen(path), cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("%s\n  gave: %s\n  not:  %s", cases[i].text, error.message, cases[i].message);
    }
}

static void wrong_mappings(void **state)
{
    static const struct wrong cases[] = {
        {"{'from':'core.books',\n'to' {}}", ":2:6: this is not JSON"},
        {"[]", ": a mapping is an object, and this is an array that is empty"},
        {"{'form':'core.books'}",
         ": unknown key \"form\"; did you mean \"from\"?; allowed here: $schema, from, to, drop"},
        {"{'from':'core.books','from':'core.books'}", ": /from: this key stands here twice"},
        {"{}", ": /from: this must be \"source.collection\", as \"core.books\""},
        {"{'from':7}", ": /from: this must be a text, and is a number"},
        {"{'from':''}", ": /from: this must be a text, and is a string that is empty"},
        {"{'from':'core'}", ": /from: this must be \"source.collection\""},
        {"{'from':'core.'}", ": /from: this must be \"source.collection\""},
        {"{'from':'cor.books'}",
         ": /from: the project has no source \"cor\"; did you mean \"core\"?"},
        {"{'from':'core.books'}", ": /to: this must be an object of target tables, and is nothing"},
        {"{'from':'core.books','to':{}}",
         ": /to: this must be an object of target tables, and is an object that is empty"},
        {"{'from':'core.books','to':'public.books'}", ": /to: this must be an object of target"},
        {"{'from':'sql.sales','to':{'public.sales':{'keep_shape':true}},'drop':'a'}",
         ": /drop: this must be an array of texts, and is a string"},
        {"{'from':'sql.sales','to':{'public.sales':{'keep_shape':true}},'drop':['a',7]}",
         ": /drop/1: this must be a text, or an object as {\"path\": \"field\", \"optional\": "
         "true}, and is a number"},
        {"{'from':'sql.sales','to':{'public.sales':{'keep_shape':true}},'drop':['']}",
         ": /drop/0: this must be a text, or an object as"},
        {"{'from':'sql.sales','to':{'public.sales':{'keep_shape':true}},'drop':[{'path':1}]}",
         ": /drop/0/path: this must be a text, and is a number"},
        {"{'from':'sql.sales','to':{'public.sales':{'keep_shape':true}},'drop':[{'optional':true}]}",
         ": /drop/0: the \"path\" is missing"},
        {"{'from':'sql.sales','to':{'public.sales':{'keep_shape':true}},'drop':['a','b','a']}",
         ": /drop/2: \"a\" stands here twice"},
    };
    assert_refused(*state, cases, COUNT(cases));
}

/* What stands side by side in one list or one "when" is told at once. */
static void several_mistakes_side_by_side(void **state)
{
    static const struct {
        const char *text, *said[3];
    } cases[] = {
        {COLUMN("'from':'c','type':'text','in':[null,'a',true]"),
         {"2 problems: ", "/in/0: allowed values", "/in/2: allowed values"}},
        {"{'from':'sql.sales','to':{'public.sales':{'keep_shape':true}},"
         "'drop':['a',7,'a',{'optional':true}]}",
         {"3 problems: ", "/drop/2: \"a\" stands here twice", "/drop/3: the \"path\" is missing"}},
        {COLUMN("'from':'c','type':'text','when':{'a':[],'b':{'above':{},'below':[]}}"),
         {"3 problems: ", "/when/b/above: ", "/when/b/below: "}},
        {COLUMN("'from':'c','type':'text','when':{'any':[{'a':[]},{'b':{'has':[]}}],'c':{}}"),
         {"3 problems: ", "/when/any/1/b/has: ", "/when/c: "}},
        {"{'from':'sql.sales','to':{'public.sales':{'keep_shape':true}},"
         "'drop':[{'path':'a','optional':1,'why':2,'wyh':'x'}]}",
         {"3 problems: ", "/drop/0/optional: ", "/drop/0/why: "}},
        {"{'from':'core.books','to':{'public.books':{'key':['id'],'columns':{'id':{'from':'_id',"
         "'id_of':'books'}}}},'left_out':[{'each':'nix','why':3,'optional':4}]}",
         {"4 problems: ", "/left_out/0/each: no table has", "/left_out/0: a rule needs"}},
    };
    const struct folder *folder = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct project project;
        struct error error = {0};
        put_books(folder, cases[i].text);
        assert_false(project_load(&project, folder->path, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        for (size_t k = 0; k < COUNT(cases[i].said); k++)
            if (strstr(error.message, cases[i].said[k]) == NULL)
                fail_msg("%s\n  gave: %s\n  not:  %s", cases[i].text, error.message,
                         cases[i].said[k]);
    }
}

static void wrong_tables(void **state)
{
    static const struct wrong cases[] = {
        {MAP("'books':{}"), ": /to/books: a target table is named \"schema.table\""},
        {MAP("'.books':{}"), ": /to/.books: a target table is named"},
        {MAP("'public.':{}"), ": /to/public.: a target table is named"},
        {MAP("'a.b.c':{}"), ": /to/a.b.c: a target table is named"},
        {MAP("'" LONG ".books':{}"), ": /to/" LONG ".books: a name in PostgreSQL has at most 63"},
        {MAP("'public." LONG "':{}"), ": /to/public." LONG ": a name in PostgreSQL has at most 63"},
        {MAP("'public.books':7"), AT_BOOKS ": a table is an object, and this is a number"},
        {MAP("'public.books':[]"), AT_BOOKS ": this list of row forms is empty"},
        {MAP("'public.books':[7]"), AT_BOOKS "/0: a table is an object, and this is a number"},
        {MAP("'public.books':[[{}]]"), AT_BOOKS "/0: a table is an object, and this is an array"},
        {TABLE("'exists':true,'triggers':'of'"),
         AT_BOOKS "/triggers: \"of\" is none of: on, off"},
        {TABLE("'exists':true,'if_there':'keep'," ROW),
         AT_BOOKS "/if_there: \"keep\" is none of: fail, skip, update"},
        {TABLE("'exists':true,'if_there':{'upd':[]}," ROW),
         AT_BOOKS "/if_there: unknown key \"upd\""},
        {TABLE("'exists':true,'if_there':{'update':[]}," ROW),
         AT_BOOKS "/if_there/update: this names the columns that the row there takes"},
        {TABLE("'exists':true,'if_there':{}," ROW), AT_BOOKS "/if_there/update: this names the"},
        {TABLE("'exists':true,'if_there':{'update':['naem']}," ROW),
         AT_BOOKS "/if_there/update/0: the table has no column \"naem\""},
        {TABLE("'exists':true,'if_there':{'update':['id']}," ROW),
         AT_BOOKS "/if_there/update: \"id\" is of the key that the row is found by"},
        {TABLE("'colums':{}"), AT_BOOKS ": unknown key \"colums\"; did you mean \"columns\"?; "
                                        "allowed here: each, keep_shape, exists, triggers, "
                                        "if_there, when, key, columns, unique, indexes, checks, policies, "
                                        "grants, comment"},
        {TABLE("'keep_shape':'yes'"), AT_BOOKS "/keep_shape: this must be true or false, and is a"},
        {TABLE("'exists':1"), AT_BOOKS "/exists: this must be true or false, and is a number"},
        {TABLE("'each':true"), AT_BOOKS "/each: this must be a text, and is true"},
        {TABLE("'key':['id']"),
         AT_BOOKS "/columns: a table needs an object of columns, and this is "
                  "nothing"},
        {TABLE("'key':['id'],'columns':{}"), AT_BOOKS "/columns: a table needs an object of"},
        {TABLE("'key':['id'],'columns':[]"), AT_BOOKS "/columns: a table needs an object of"},
        {TABLE("'columns':{'id':{'from':'_id','id_of':'books'}}"),
         AT_BOOKS ": the table needs a \"key\": the columns that name a row; of a table that "
                  "\"exists\" it may be []"},
        {TABLE("'key':[],'columns':{'id':{'from':'_id','id_of':'books'}}"),
         AT_BOOKS ": the table needs a \"key\""},
        {TABLE("'keep_shape':true"),
         AT_BOOKS ": \"keep_shape\" is for tables of a postgres source"},
        {"{'from':'auth.prefs','to':{'public.prefs':{'keep_shape':true}}}",
         ": /to/public.prefs: \"keep_shape\" is for tables of a postgres source"},
        {KEPT("'columns':{'id':{'from':'id','type':'text'}}"),
            ": /to/public.sales: the table needs a \"key\""},
        {MAP("'public.parts':{'each':'parts','key':['n'],'columns':{'n':{'position':true}}}"),
         ": /to: there is no table without \"each\" for the record itself"},
        {MORE("'comment':7"), AT_BOOKS "/comment: this must be a text, and is a number"},
    };
    assert_refused(*state, cases, COUNT(cases));
}

static void wrong_columns(void **state)
{
    static const struct wrong cases[] = {
        {COLUMNS(",'c':7", ""), AT_C ": a column is a text, or an object, as {\"from\": \"title\", "
                                     "\"type\": \"text\"}, and this is a number"},
        {COLUMNS(",'c':'d'", ""), AT_C ": a text is for a column whose type a source's table says; "
                                       "here it is {\"from\": \"d\", \"type\": ..}"},
        {COLUMNS(",'c':{'from':'c','type':'text'},'c':{}", ""),
         AT_C ": this key stands here twice"},
        {COLUMNS(",'" LONG "':{'from':'c','type':'text'}", ""),
         AT_BOOKS "/columns/" LONG ": a name in PostgreSQL has at most 63 bytes"},
        {COLUMN("'from':'c','tpye':'text'"), AT_C ": unknown key \"tpye\"; did you mean \"type\"?; "
                                                  "allowed here: from, const, parent, "},
        {COLUMN("'from':'c'"), AT_C ": the column needs a \"type\""},
        {COLUMN("'from':'c','type':'txet'"),
         AT_C "/type: there is no type \"txet\"; did you mean \"text\"?; there are: boolean, "},
        {COLUMN("'from':'c','type':'numeric(0,3)'"),
         AT_C "/type: \"numeric(0,3)\": the type numeric"},
        {COLUMN("'from':'c','type':7"), AT_C "/type: this must be a text, and is a number"},
        {COLUMN("'from':'c','const':1,'type':'text'"),
         AT_C ": a value has one origin, and this one has \"from\" and \"const\""},
        {COLUMN("'rest':true,'first':[]"),
         AT_C ": a value has one origin, and this one has \"rest\""},
        {COLUMN("'from':7,'type':'text'"), AT_C "/from: this must be a text, and is a number"},
        {COLUMN("'from':'','type':'text'"),
         AT_C "/from: this must be a text, and is a string that"},
        {COLUMN("'rest':false"), AT_C ": \"rest\" can only be true, or the path of an object"},
        {COLUMN("'rest':''"), AT_C "/rest: \"\" is no path: a name in it is empty"},
        {COLUMN("'rest':'.'"), AT_C "/rest: \".\" is no path: it names no field"},
        {COLUMN("'rest':'^.m'"), AT_C "/rest: \"^.m\" is no path: \"^.\" looks out of an element"},
        {COLUMN("'rest':'m.*'"), AT_C "/rest: \"m.*\" is no path here: * without quotes is every member"},
        {COLUMN("'rest':'m.0'"), AT_C "/rest: \"m.0\" is no path here: 0 without quotes is a place"},
        {COLUMN("'object':{'r':{'rest':'m.'}},'type':'jsonb'"), AT_C "/object/r/rest: \"m.\" is no path"},
        {COLUMN("'position':1"), AT_C ": \"position\" can only be true"},
        {COLUMN("'position':true"), AT_C ": \"position\" is for tables with \"each\""},
        {COLUMN("'parent':'id'"), AT_C ": \"parent\" is for tables with \"each\""},
        {CHILD(",'c':{'parent':'idd'}"),
         ": /to/public.parts/columns/c: the parent table public.books has no column \"idd\""},
        {COLUMN("'from':'c','type':'text','misfit':'list'"),
         AT_C "/misfit: \"list\" is none of: error, null, default, reject"},
        {COLUMN("'from':'c','type':'text','misfit':{'nul':'cut'}"),
         AT_C "/misfit/nul: \"cut\" is none of: error, null, default, reject, strip"},
        {COLUMN("'from':'c','type':'text','misfit':'default'"),
         AT_C "/misfit: the column has no \"default\" that could stand in"},
        {COLUMN("'from':'c','type':'text','misfit':{}"), AT_C "/misfit: this must be \"error\", \"null\", \"default\", \"reject\", or an object"},
        {COLUMN("'from':'c','type':'text[]','misfit':{'no_aray':'list'}"),
         AT_C "/misfit: unknown key \"no_aray\"; did you mean \"no_array\"?; allowed here: nul, utf8"},
        {COLUMN("'from':'c','type':'text[]','misfit':{'row_twice':'first'}"),
         AT_C "/misfit: \"row_twice\" is for tables with \"each\""},
        {COLUMN("'from':'c','type':'text[]','misfit':{'no_array':'lst'}"),
         AT_C "/misfit/no_array: \"lst\" is none of: error, null, default, reject, list; did you mean \"list\"?"},
        {MORE("'misfit':{'row_twice':'last'}"),
         AT_BOOKS "/misfit/row_twice: \"last\" is none of: error, first"},
        {CHILD(",'c':{'name':true}"),
         ": /to/public.parts/columns/c/name: the elements of an array have no names; members have, as with "
         "\"each\": \"parts.*\""},
        {COLUMN("'name':true"), AT_C ": \"name\" is for tables with \"each\""},
        {COLUMN("'array':[{'name':true}],'type':'jsonb'"), AT_C "/array/0: \"name\" is for tables with \"each\""},
        {COLUMN("'join':[{'position':true}],'type':'text'"), AT_C "/join/0: \"position\" is for tables with \"each\""},
        {MAP("'public.books':{'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}}},"
             "'public.c':{'each':'a.*.*','key':['n'],'columns':{'n':{'position':true}}}"),
         ": /to/public.c/each: \"a.*.*\" is no path: before a \"*\" stands the name of the object"},
        {MAP("'public.books':{'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}}},"
             "'public.c':{'each':'a.*','key':['n'],'columns':{'n':{'position':'a'}}}"),
         ": /to/public.c/columns/n/position: \"a\" is no level around \"a.*\""},
        {MAP("'public.books':{'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}}},"
             "'public.b':{'each':'a','key':['n'],'columns':{'n':{'position':true}}},"
             "'public.c':{'each':'a.*','key':['n'],'columns':{'n':{'position':true}}}"),
         ": /to/public.b/each: public.c opens this as an object: \"a.*\""},
        {"{'from':'core.books','to':{'public.books':{'key':['id'],'columns':{'id':{'from':'_id','"
         "id_of':'books'}}},'public.c':{'each':'a.*','key':['n'],'columns':{'n':{'position':true}}}},"
         "'drop':['a.*.x','b.*.x']}",
         ": /drop/1: no \"each\" opens the \"*\" in \"b.*.x\""},
        {"{'from':'core.books','to':{'public.books':{'key':['id'],'columns':{'id':{'from':'_id','"
         "id_of':'books'}}},'public.c':{'each':'a.*','key':['n'],'columns':{'n':{'position':true}}}},"
         "'left_out':[{'each':'a','when':{'x':1},'why':'w'}]}",
         ": /left_out/0/each: no table has \"each\": \"a\""},
        {CHILD(",'c':{'position':'part'}"),
         ": /to/public.parts/columns/c/position: \"part\" is no level around \"parts\""},
        {CHILD(",'c':{'position':'parts'}"),
         ": /to/public.parts/columns/c/position: \"parts\" is no level around \"parts\""},
        {CHILD(",'c':{'from':'^^.c','type':'text'}"),
         ": /to/public.parts/columns/c/from: nothing lies so far out of this \"each\""},
        {CHILD(",'c':{'from':'c','type':'text','when':{'^^.c':1}}"),
         ": /to/public.parts/columns/c/when/^^.c: nothing lies so far out of this \"each\""},
        {COLUMN("'from':'^.c','type':'text'"), AT_C "/from: \"^.\" looks out of an element at its record"},
        {MAP("'public.books':{'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}}},"
             "'public.a':{'each':'s','key':['n'],'columns':{'n':{'position':true}}},"
             "'public.b':{'each':'s','key':['n'],'columns':{'n':{'position':true}}},"
             "'public.c':{'each':'s.l','key':['n'],'columns':{'n':{'parent':'n'}}}"),
         ": /to/public.c/columns/n: public.a and public.b both take what is around this: name the "
         "table, too, as \"public.a.n\""},
        {MAP("'public.books':{'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}}},"
             "'public.c':{'each':'^.s','key':['n'],'columns':{'n':{'position':true}}}"),
         ": /to/public.c/each: \"^.s\" is no path: \"^.\" looks out of an element, and not from here"},
        {COLUMN("'from':'c','id_of':'users','type':'integer'"),
         AT_C "/type: an identity is a uuid or its text, or an array of these, not integer"},
        {COLUMN("'from':'c','id_of':'users','type':'bytea[]'"),
         AT_C "/type: an identity is a uuid or its text, or an array of these, not bytea[]"},
        {COLUMN("'from':'c','id_of':'user'"),
         AT_C "/id_of: the project has no entity \"user\"; did you mean \"users\"?"},
        {COLUMN("'from':'c','id_of':7"), AT_C "/id_of: this must be a text, and is a number"},
        {COLUMN("'from':'c','keys_id_of':'nobody at all','type':'jsonb'"),
         AT_C "/keys_id_of: the project has no entity \"nobody at all\""},
        {COLUMN("'from':'c','keys_id_of':'users','type':'text'"),
         AT_C "/type: what makes an object needs the type jsonb, not text"},
        {COLUMN("'rest':true,'type':'text'"),
         AT_C "/type: what makes an object needs the type jsonb"},
        {COLUMN("'rest':'m','type':'text'"), AT_C "/type: what makes an object needs the type jsonb"},
        {COLUMN("'rest':true,'type':'jsonb[]'"), AT_C "/type: what makes an object needs the type"},
        {COLUMN("'object':{},'type':'text'"), AT_C "/type: what makes an object needs the type"},
        {COLUMN("'from':'c','type':'text','default':{}"),
         AT_C "/default: a column of type text cannot hold an object"},
        {COLUMN("'from':'c','type':'text','default':['a']"),
         AT_C "/default: a column of type text cannot hold an array"},
        {COLUMN("'from':'c','type':'text[]','default':{}"),
         AT_C "/default: a column of type text cannot hold an object"},
        {COLUMN("'from':'c','type':'text','null':'no'"),
         AT_C "/null: this must be true or false, and"},
        {COLUMN("'from':'c','id_of':'users','foreign_key':'no'"),
         AT_C "/foreign_key: this must be true"},
        {COLUMN("'from':'c','type':'text','sql_default':0"),
         AT_C "/sql_default: this must be a text"},
        {COLUMN("'from':'c','id_of':'users','on_delete':'cascades'"), AT_C
         "/on_delete: \"cascades\" is none of: cascade, restrict, set null, no action; did you "
         "mean \"cascade\"?"},
        {COLUMN("'from':'c','type':'text','in':'a'"),
         AT_C "/in: this must be an array of the allowed"},
        {COLUMN("'from':'c','type':'text','in':[]"),
         AT_C "/in: this must be an array of the allowed "
              "values, and is an array that is empty"},
        {COLUMN("'from':'c','type':'text','in':['a',null]"),
         AT_C "/in/1: allowed values are texts or numbers, not null"},
    };
    assert_refused(*state, cases, COUNT(cases));
}

static void wrong_values(void **state)
{
    static const struct wrong cases[] = {
        {COLUMN("'from':'c','type':'text','do':'trim'"),
         AT_C "/do: this must be an array of functions, and is a string"},
        {COLUMN("'from':'c','type':'text','do':[]"),
         AT_C "/do: this must be an array of functions, and is an array that is empty"},
        {COLUMN("'from':'c','type':'text','do':['lower','trimm']"),
         AT_C "/do/1: \"trimm\" is none of: lower, upper, trim, empty_to_null, number, "},
        {COLUMN("'from':'c','type':'uuid','do':['uuid']"),
         AT_C "/do/0: \"uuid\" needs its argument, as {\"uuid\": \"tasks\"}"},
        {COLUMN("'from':'c','type':'uuid','do':[{'uuid':7}]"),
         AT_C "/do/0/uuid: this must be a text, and is a number"},
        {COLUMN("'from':'c','type':'text','do':['trim','trim']"),
         AT_C "/do/1: \"trim\" stands here"},
        {COLUMN("'from':'c','type':'text','do':[{'split':','},'count','trim']"),
         AT_C "/do/2: \"trim\" is for text, and what comes to it is number"},
        {COLUMN("'from':'c','type':'text','do':['trim',{'split':''}]"),
         AT_C "/do/1/split: this must be a text, and is a string that is empty"},
        {COLUMN("'object':[],'type':'jsonb'"),
         AT_C "/object: this must be an object of values, and is"},
        {COLUMN("'object':{'m':7},'type':'jsonb'"), AT_C
         "/object/m: this must be an object, as {\"from\": \"field\"} or {\"const\": 1}, and is a"},
        {COLUMN("'first':[{}],'type':'text'"), AT_C "/first/0: the value has no origin"},
        {COLUMN("'object':{'m':{'position':true}},'type':'jsonb'"),
         AT_C "/object/m: a member of an object is made of \"from\", \"const\", \"first\", "
              "\"join\", \"object\", \"array\" or \"rest\""},
        {COLUMN("'array':[],'type':'jsonb'"),
         AT_C "/array: this must be an array of values, and is an array that is empty"},
        {COLUMN("'array':['a..b'],'type':'jsonb'"), AT_C "/array/0: \"a..b\" is no path"},
        {COLUMN("'array':[{'rest':true}],'type':'jsonb'"),
         AT_C "/array/0: an element is made of \"from\", \"const\", \"first\", \"join\", "},
        {COLUMN("'array':[{'from':'a','id_of':'books'}],'type':'jsonb'"),
         AT_C "/array/0: \"id_of\" is not for a value in here: give it to the array"},
        {COLUMN("'array':[{'object':{'m':{'from':'a','id_of':'books'}}}],'type':'jsonb'"),
         AT_C "/array/0: \"id_of\" is not for a value in here: give it to the array"},
        {COLUMN("'first':[{'array':['a']}],'type':'jsonb'"),
         AT_C "/first/0: a choice is made of \"from\" and \"const\""},
        {COLUMN("'array':['a'],'type':'text'"),
         AT_C "/type: what makes an array needs the type jsonb, or that of an array, not text"},
        {COLUMN("'array':['a',{'array':['b']}],'type':'text[]'"),
         AT_C "/array/1: only an array that is JSON has objects and arrays in it"},
        {COLUMN("'array':[{'const':['b']}],'type':'jsonb[]'"),
         AT_C "/array/0: only an array that is JSON has objects and arrays in it"},
        {COLUMN("'object':{'m':{'array':[{'object':{}}],'id_of':'books'}},'type':'jsonb'"),
         AT_C "/object/m/array/0: only an array that is JSON has objects and arrays in it"},
        {COLUMN("'array':['a'],'do':['unique'],'type':'jsonb'"),
         AT_C "/do: of the functions only \"safe_numbers\" is for what is made as JSON"},
        {COLUMN("'object':{'m':{'array':['a'],'map':{'1':2}}},'type':'jsonb'"),
         AT_C "/object/m/map: what is exchanged is a text, a number or a truth value"},
        {COLUMN("'array':['a'],'default':[],'type':'text[]'"),
         AT_C "/default: there is always a value here, so the default never comes"},
        {COLUMN("'array':['a'],'id_of':'books','type':'uuid'"),
         AT_C "/type: what makes an array needs the type jsonb, or that of an array, not uuid"},
        {COLUMN("'object':{'m':{'rest':true,'id_of':'users'}},'type':'jsonb'"),
         AT_C "/object/m: \"id_of\" is not for a value in here"},
        {COLUMN("'first':[{'rest':true}],'type':'jsonb'"),
         AT_C "/first/0: a choice is made of \"from\" and \"const\""},
        {COLUMN("'object':{'m':{'from':'a','type':'text'}},'type':'jsonb'"),
         AT_C "/object/m: unknown key \"type\""},
        {COLUMN("'object':{'m':{'from':'a','const':1}},'type':'jsonb'"),
         AT_C "/object/m: a value has one origin"},
        {COLUMN("'object':{'m':{'object':{'n':{'from':''}}}},'type':'jsonb'"),
         AT_C "/object/m/object/n/from: this must be a text"},
        {COLUMN("'object':{'m':{'from':'a','id_of':'book'}},'type':'jsonb'"),
         AT_C "/object/m/id_of: the project has no entity \"book\"; did you mean \"books\"?"},
        {COLUMN("'object':{'m':{'from':'a','keys_id_of':'books'}},'type':'jsonb'"),
         AT_C "/object/m: \"keys_id_of\" is not for a value in here: give it to the column"},
        {COLUMN("'first':{},'type':'text'"),
         AT_C "/first: this must be an array of values, and is an"},
        {COLUMN("'first':[],'type':'text'"),
         AT_C "/first: this must be an array of values, and is an array that is empty"},
        {COLUMN("'first':['a..b'],'type':'text'"), AT_C "/first/0: \"a..b\" is no path"},
        {COLUMN("'first':[7],'type':'text'"), AT_C "/first/0: this must be an object, as"},
        {COLUMN("'join':[],'type':'text'"), AT_C "/join: this must be an array of values"},
        {COLUMN("'join':[{'object':{}}],'type':'text'"),
         AT_C "/join/0: what is joined is made of \"from\", \"const\", \"first\", "},
        {COLUMN("'join':['a','b'],'with':7,'type':'text'"), AT_C "/with: this must be a text"},
        {COLUMN("'from':'a','with':' ','type':'text'"),
         AT_C "/with: this stands between what is joined"},
        {COLUMN("'from':'a','map':{},'type':'text'"), AT_C "/map: this must be an object, as"},
        {COLUMN("'from':'a','map':{'x':[]},'type':'text'"), AT_C "/map/x: this must be a text"},
        {COLUMN("'from':'a','map':{'x':1},'else':{},'type':'text'"),
         AT_C "/else: this must be a text"},
        {COLUMN("'from':'a','else':1,'type':'text'"),
         AT_C "/else: this is for a value with a \"map\""},
        {COLUMN("'first':[{'from':'a'},{'object':{}}],'type':'jsonb'"),
         AT_C "/first/1: a choice is made of \"from\" and \"const\""},
        {COLUMN("'first':[{'from':'a','id_of':'users'}],'type':'uuid'"),
         AT_C "/first/0: \"id_of\" is not for a value in here: give it to the column"},
        {COLUMN("'first':[{'from':'a','do':['x']}],'type':'text'"),
         AT_C "/first/0/do/0: \"x\" is none of"},
    };
    assert_refused(*state, cases, COUNT(cases));
}

static void wrong_keys_and_indexes(void **state)
{
    static const struct wrong cases[] = {
        {TABLE("'key':['idd'],'columns':{'id':{'from':'_id','id_of':'books'}}"),
         AT_BOOKS "/key/0: the table has no column \"idd\"; did you mean \"id\"?"},
        {TABLE("'key':'id','columns':{'id':{'from':'_id','id_of':'books'}}"),
         AT_BOOKS "/key: this must be an array of texts, and is a string"},
        {TABLE("'key':['id','id'],'columns':{'id':{'from':'_id','id_of':'books'}}"),
         AT_BOOKS "/key/1: \"id\" stands here twice"},
        {TABLE("'key':['id desc'],'columns':{'id':{'from':'_id','id_of':'books'}}"),
         AT_BOOKS "/key/0: the table has no column \"id desc\""},
        {MORE("'unique':['c']"),
         AT_BOOKS "/unique/0: this must be an array of texts, and is a string"},
        {MORE("'unique':{}"), AT_BOOKS "/unique: this must be an array of column lists, and is an"},
        {MORE("'unique':[['c'],['d']]"), AT_BOOKS "/unique/1/0: the table has no column \"d\""},
        {MORE("'unique':[['c desc']]"), AT_BOOKS "/unique/0/0: the table has no column \"c desc\""},
        {MORE("'unique':[['(lower(c))']]"), AT_BOOKS "/unique/0/0: the table has no column"},
        {MORE("'unique':[[]]"), AT_BOOKS "/unique/0: a unique needs columns"},
        {MORE("'indexes':{}"), AT_BOOKS "/indexes: this must be an array, and is an object"},
        {MORE("'indexes':['c']"),
         AT_BOOKS "/indexes/0: this must be an array of texts, and is a string"},
        {MORE("'indexes':[['c'],['c','d desc']]"),
         AT_BOOKS "/indexes/1/1: the table has no column \"d desc\""},
        {MORE("'indexes':[['lower(c)']]"),
         AT_BOOKS "/indexes/0/0: the table has no column \"lower(c)\""},
        {MORE("'indexes':[['c(x)']]"), AT_BOOKS "/indexes/0/0: the table has no column \"c(x)\""},
        {MORE("'indexes':[[]]"), AT_BOOKS "/indexes/0: an index needs columns"},
        {MORE("'indexes':[{}]"), AT_BOOKS "/indexes/0: an index needs columns"},
        {MORE("'indexes':[{'columns':['d']}]"),
         AT_BOOKS "/indexes/0/columns/0: the table has no column"},
        {MORE("'indexes':[{'column':['c']}]"),
         AT_BOOKS "/indexes/0: unknown key \"column\"; did you mean \"columns\"?"},
        {MORE("'indexes':[{'columns':['c'],'method':'btre'}]"), AT_BOOKS
         "/indexes/0/method: \"btre\" is none of: btree, hash, gin, gist, brin; did you mean "
         "\"btree\"?"},
        {MORE("'indexes':[{'columns':['c'],'where':true}]"),
         AT_BOOKS "/indexes/0/where: this must be"},
        {MORE("'indexes':[{'columns':['c'],'unique':1}]"),
         AT_BOOKS "/indexes/0/unique: this must be"},
    };
    assert_refused(*state, cases, COUNT(cases));
}

/* A name of nothing would be read as one thing here and as another there. */
static void wrong_paths(void **state)
{
#define EMPTY_NAME "is no path: a name in it is empty"
    static const struct wrong cases[] = {
        {COLUMN("'from':'c.','type':'text'"), AT_C "/from: \"c.\" " EMPTY_NAME},
        {COLUMN("'from':'.c','type':'text'"), AT_C "/from: \".c\" " EMPTY_NAME},
        {COLUMN("'from':'a..c','type':'text'"), AT_C "/from: \"a..c\" " EMPTY_NAME},
        {COLUMN("'from':'c','type':'text','when':{'s.':1}"), AT_C "/when/s.: \"s.\" " EMPTY_NAME},
        {COLUMN("'from':'c','type':'text','when':{'':1}"), AT_C "/when/: \"\" " EMPTY_NAME},
        {COLUMN("'first':[{'from':'a'},{'from':'b.'}],'type':'text'"),
         AT_C "/first/1/from: \"b.\" " EMPTY_NAME},
        {COLUMN("'object':{'m':{'from':'.b.'}},'type':'jsonb'"),
         AT_C "/object/m/from: \".b.\" " EMPTY_NAME},
        {TABLE("'when':{'.s':1},'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}}"),
         AT_BOOKS "/when/.s: \".s\" " EMPTY_NAME},
        {MAP("'public.books':{'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}}},"
             "'public.parts':{'each':'.','key':['n'],'columns':{'n':{'position':true}}}"),
         ": /to/public.parts/each: \".\" is no path: it names no field"},
        {COLUMN("'from':'\\u0027a','type':'text'"),
         AT_C "/from: \"'a\" is no path: a quote in it has no end"},
        {COLUMN("'from':'0','type':'text'"),
         AT_C "/from: a record is no array, and has no places"},
        {COLUMN("'from':'a','type':'text','when':{'-1.b':1}"),
         AT_C "/when/-1.b: a record is no array, and has no places"},
        {COLUMN("'from':'a.0.*','type':'text'"),
         AT_C "/from: \"a.0.*\" is no path here: * without quotes is every member of an object"},
        {COLUMN("'from':'a.0.','type':'text'"), AT_C "/from: \"a.0.\" " EMPTY_NAME},
        {COLUMN("'from':'a.0','id_of':'books','by':'b'"), AT_C "/by: \"do\" is done on both sides"},
        {COLUMN("'from':'a.0','do':['trim',{'item':1}],'type':'text'"),
         AT_C "/do/1: \"item\" is for array, and what comes to it is text"},
        {COLUMN("'position':'a.0','type':'text'"), AT_C "/position: \"a.0\" is no path here: 0 without"},
        {"{'from':'core.books','to':{'public.books':{'key':['id'],'columns':{'id':{'from':'_id','"
         "id_of':'books'}}}},'drop':['a.0']}",
         ": /drop/0: \"a.0\" is no path here: 0 without quotes is a place in an array; the field of "
         "that name is '0'"},
        {COLUMN("'from':'*','type':'text'"),
         AT_C "/from: \"*\" is no path here: * without quotes is every member of an object"},
        {"{'from':'core.books','to':{'public.books':{'key':['id'],'columns':{'id':{'from':'_id','"
         "id_of':"
         "'books'}}}},'drop':['a','b.']}",
         ": /drop/1: \"b.\" " EMPTY_NAME},
    };
    assert_refused(*state, cases, COUNT(cases));
}

static void wrong_references(void **state)
{
#define WHOSE(members)                                                                             \
    "{'from':'core.books','identity':" members ",'to':{'public.books':{'key':['id'],'columns':{"   \
    "'id':{'from':'_id','id_of':'books'}}}}}"
    static const struct wrong cases[] = {
        {COLUMN("'from':'c','id_of':'users','dangling':'nul'"),
         AT_C "/dangling: \"nul\" is none of: error, null, keep, left_out, reject; did you mean "
              "\"null\"?"},
        {COLUMN("'from':'c','id_of':'users','dangling':true"),
         AT_C "/dangling: this must be a text, and is true"},
        {COLUMN("'from':'c','id_of':'users','by':7"),
         AT_C "/by: this must be a text, and is a number"},
        {COLUMN("'from':'c','id_of':'users','by':'a..b'"),
         AT_C "/by: \"a..b\" is no path: a name in it is empty"},
        {COLUMN("'object':{'m':{'from':'c','id_of':'users','by':'.b'}},'type':'jsonb'"),
         AT_C "/object/m/by: \".b\" is no path"},
        {WHOSE("'users'"), ": /identity: this must be an object, as {\"from\": \"authId\""},
        {WHOSE("{'from':'a'}"), ": /identity: an identity needs \"from\""},
        {WHOSE("{'id_of':'users'}"), ": /identity: an identity needs \"from\""},
        {WHOSE("{'from':'a','id_of':'user'}"),
         ": /identity/id_of: the project has no entity \"user\"; did you mean \"users\"?"},
        {WHOSE("{'from':'a.','id_of':'users'}"), ": /identity/from: \"a.\" is no path"},
        {WHOSE("{'from':'a','id_of':'users','dangling':'null'}"),
         ": /identity: unknown key \"dangling\""},
        {COLUMN("'from':'c','id_of':'books','dangling':'left_out'"),
         ": which records of books stay depends on which of books do, and that on itself"},
        {WHOSE("{'from':'a','id_of':'books'}"),
         ": which records of books stay depends on which of books do, and that on itself"},
    };
    assert_refused(*state, cases, COUNT(cases));
}

static void references_are_read(void **state)
{
    struct project project;
    struct error error;
    put_books(*state,
              "{'from':'core.books','identity':{'from':'author.id','id_of':'users'},'to':{"
              "'public.books':{'key':['k'],'columns':{'k':{'from':'k','type':'text'},"
              "'a':{'from':'a','id_of':'users','dangling':'null'},"
              "'b':{'from':'b','id_of':'users','by':'e.mail','do':['lower'],'dangling':'error'},"
              "'c':{'from':'c','id_of':'users','type':'uuid[]','dangling':'left_out'},"
              "'d':{'from':'d','id_of':'users','dangling':'keep'},"
              "'e':{'from':'e','id_of':'users'}}}}}");
    if (!project_load(&project, ((const struct folder *)*state)->path, &error))
        fail_msg("%s", error.message);
    const struct mapping *books = project_mapping(&project, "books"),
                         *users = project_mapping(&project, "users");
    static const enum dangling said[] = {DANGLING_UNSAID, DANGLING_NULL, DANGLING_ERROR,
                                         DANGLING_LEFT_OUT, DANGLING_KEEP, DANGLING_UNSAID};
    for (size_t i = 0; i < COUNT(said); i++) {
        const struct mapping_value *value = &books->tables[0].columns[i].value;
        assert_int_equal(value->dangling, said[i]);
        assert_int_equal(mapping_is_looked_up(value), said[i] != DANGLING_UNSAID);
    }
    assert_string_equal(books->tables[0].columns[2].value.by, "e.mail");
    assert_string_equal(books->identity->from, "author.id");
    assert_ptr_equal(books->identity->id_of, users);
    assert_true(mapping_looks_up(books, users) && !mapping_looks_up(users, books));
    assert_true(mapping_leans_on(books, users)); /* for its identity: an element goes alone */
    assert_ptr_equal(project.mappings[0], users);
    project_release(&project);
    static const struct {
        const char *column;
        bool asks;
    } unsaid[] = {
        {"'from':'c','id_of':'users'", false}, /* a foreign key finds it */
        {"'from':'c','id_of':'users','type':'uuid[]'", true},
        {"'from':'c','id_of':'users','type':'uuid[]','foreign_key':false", false},
        {"'object':{'m':{'object':{'n':{'from':'c','id_of':'users'}}}},'type':'jsonb'", true},
        {"'object':{'m':{'from':'c','id_of':'users'}},'type':'jsonb','foreign_key':false", false},
        {"'from':'c','keys_id_of':'users','type':'jsonb'", true},
        {"'from':'c','keys_id_of':'users','type':'jsonb','foreign_key':false", false},
    };
    for (size_t i = 0; i < COUNT(unsaid); i++) {
        char books_json[600];
        snprintf(books_json, sizeof books_json,
                 "{'from':'core.books','to':{'public.books':{'key':['id'],'columns':{'id':{'from':"
                 "'_id','id_of':'books'},'o':{'object':{'own':{'from':'_id','id_of':'books'}},"
                 "'type':'jsonb'},'c':{%s}}}}}",
                 unsaid[i].column);
        put_books(*state, books_json);
        if (!project_load(&project, ((const struct folder *)*state)->path, &error))
            fail_msg("%s", error.message);
        books = project_mapping(&project, "books");
        users = project_mapping(&project, "users");
        assert_int_equal(mapping_looks_up(books, users), unsaid[i].asks);
        assert_false(mapping_looks_up(books, books)); /* its own id is never missing */
        project_release(&project);
    }
    put_books(*state, COLUMN("'from':'c','id_of':'users','type':'uuid[]','dangling':'left_out'"));
    assert_true(project_load(&project, ((const struct folder *)*state)->path, &error));
    books = project_mapping(&project, "books");
    users = project_mapping(&project, "users");
    assert_true(mapping_looks_up(books, users) && !mapping_leans_on(books, users));
    project_release(&project);
}

static void wrong_rights(void **state)
{
    static const struct wrong cases[] = {
        {MORE("'checks':['c > 0']"), AT_BOOKS "/checks: this must be an object of names and SQL"},
        {MORE("'checks':{'positive':true}"),
         AT_BOOKS "/checks/positive: this must be a text, and is"},
        {MORE("'checks':{'" LONG "':'true'}"),
         AT_BOOKS "/checks/" LONG ": a name in PostgreSQL has"},
        {MORE("'policies':{}"), AT_BOOKS "/policies: this must be an array, and is an object"},
        {MORE("'policies':['all']"),
         AT_BOOKS "/policies/0: a policy is an object, and this is a string"},
        {MORE("'policies':[{'to':['anon']}]"),
         AT_BOOKS "/policies/0: a policy needs a \"name\" and the"},
        {MORE("'policies':[{'name':'n'}]"),
         AT_BOOKS "/policies/0: a policy needs a \"name\" and the"},
        {MORE("'policies':[{'name':'n','to':[]}]"),
         AT_BOOKS "/policies/0: a policy needs a \"name\""},
        {MORE("'policies':[{'name':'n','to':'anon'}]"),
         AT_BOOKS "/policies/0/to: this must be an array"},
        {MORE("'policies':[{'name':'" LONG "','to':['anon']}]"),
         AT_BOOKS "/policies/0/name: a name in PostgreSQL has at most 63 bytes"},
        {MORE("'policies':[{'name':'n','to':['anon'],'for':'reading'}]"),
         AT_BOOKS "/policies/0/for: \"reading\" is none of: all, select, insert, update, delete"},
        {MORE("'policies':[{'name':'n','to':['anon'],'with_check':'true'}]"), AT_BOOKS
         "/policies/0: unknown key \"with_check\"; allowed here: name, for, to, using, check"},
        {MORE("'grants':['anon']"),
         AT_BOOKS "/grants: this must be an object of roles and privileges"},
        {MORE("'grants':{'anon':'select'}"),
         AT_BOOKS "/grants/anon: this must be an array of texts"},
        {MORE("'grants':{'anon':['selct']}"), AT_BOOKS
         "/grants/anon: \"selct\" is none of: all, select, insert, update, delete; did you "
         "mean \"select\"?"},
    };
    assert_refused(*state, cases, COUNT(cases));
}

/* ---- what is right -------------------------------------------------------------------------- */

static const struct mapping_column *column_of(const struct mapping_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    fail_msg("%s has no column %s", table->label, name);
    return NULL;
}

static void assert_words(const struct words *words, const char *joined)
{
    char text[256] = "";
    for (size_t i = 0; i < words->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? "|" : "", words->items[i]);
    }
    assert_string_equal(text, joined);
}

static void tables_in_their_order(void **state)
{
    struct project project;
    load(*state,
         MAP("'public.parts':{'each':'a.parts','key':['n'],'columns':{'n':{'position':true},"
             "'book':{'parent':'id'},'named':{'parent':'id','type':'text'}}},"
             "'public.books':[{'each':'more','key':['id'],'columns':{'id':{'from':'.','id_of':'"
             "users'}}},"
             "{'when':{'kind':'book','gone':{'not':true},'n':{'not':null}},'key':['id'],"
             "'columns':{'id':{'from':'_id','id_of':'books'}},"
             "'comment':'all of them'}],"
             "'auth.seen':{'exists':true,'triggers':'off','key':['id'],'columns':{'id':{'from':'u','id_of':'users'}}"
             "}"),
         &project);
    const struct mapping *books = project_mapping(&project, "books");
    assert_int_equal(books->table_count, 4);
    const struct mapping_table *tables = books->tables;
    static const char *const labels[] = {"public.books", "auth.seen", "public.parts",
                                         "public.books"};
    for (size_t i = 0; i < 4; i++) { /* those of the record before those of its elements */
        assert_string_equal(tables[i].label, labels[i]);
        assert_int_equal(tables[i].each != NULL, i >= 2);
    }
    assert_string_equal(tables[1].schema, "auth");
    assert_string_equal(tables[1].name, "seen");
    assert_true(tables[1].exists && !tables[0].exists && !tables[0].keep_shape);
    assert_true(tables[1].triggers_off && !tables[0].triggers_off);
    assert_string_equal(tables[0].comment, "all of them");
    assert_string_equal(tables[2].each, "a.parts");
    const struct conditions *when = &tables[0].when;
    assert_int_equal(when->count, 3);
    assert_string_equal(when->items[0].path, "kind");
    assert_string_equal(when->items[0].operand->valuestring, "book");
    assert_true(when->items[0].op == CONDITION_EQUAL && when->items[1].op == CONDITION_NOT);
    assert_true(cJSON_IsTrue(when->items[1].operand) && cJSON_IsNull(when->items[2].operand));
    assert_string_equal(column_of(&tables[2], "n")->type.name, "integer");
    assert_string_equal(column_of(&tables[2], "book")->type.name, "uuid"); /* the parent's */
    assert_string_equal(column_of(&tables[2], "book")->value.from, "id");
    assert_string_equal(column_of(&tables[2], "named")->type.name, "text");
    project_release(&project);
}

static void columns_and_their_values(void **state)
{
    struct project project;
    load(*state,
         "{'$schema':'x','from':'core.books','drop':['__v','a.b'],'to':{'public.books':{'key':['id'"
         "],"
         "'columns':{'id':{'from':'_id','id_of':'books','sql_default':'gen_random_uuid()'},"
         "'plain':{'from':'a.b','type':'varchar(9)'},"
         "'full':{'from':'c','type':'text','null':false,'in':['x',1],'default':'x',"
         "'do':['trim','empty_to_null','lower'],'when':{'d':1}},"
         "'maybe':{'from':'m','type':'text','null':true},"
         "'user_id':{'from':'u','id_of':'users','on_delete':'set null'},"
         "'loose':{'from':'u','id_of':'users','type':'text','foreign_key':false},"
         "'const':{'const':null,'type':'text'},"
         "'rest':{'rest':true},"
         "'tags':{'from':'t','type':'text[]','default':['a']},"
         "'made':{'object':{'a':{'from':'a','do':['lower']},'b':{'const':[1]},'o':{'object':{"
         "'i':{'from':'u','id_of':'users'}}},'f':{'first':[{'from':'x'},{'const':2,'when':{'y':1}}]"
         "}},"
         "'type':'jsonb'}}}}}",
         &project);
    const struct mapping *books = project_mapping(&project, "books");
    const struct mapping *users = project_mapping(&project, "users");
    const struct mapping_table *table = &books->tables[0];
    assert_words(&books->drops, "__v|a.b");
    assert_string_equal(books->from, "books");
    assert_words(&table->key, "id");
    const struct mapping_column *c = column_of(table, "id");
    assert_true(c->value.kind == VALUE_FROM && c->value.id_of == books && c->type.base == PG_UUID);
    assert_string_equal(c->sql_default, "gen_random_uuid()");
    assert_true(c->foreign_key && !c->has_null && !c->not_null && c->on_delete == NULL);
    c = column_of(table, "plain");
    assert_string_equal(c->value.from, "a.b");
    assert_true(c->type.base == PG_VARCHAR && c->type.length == 9 && c->value.id_of == NULL);
    assert_true(c->in == NULL && c->value.fallback == NULL && c->value.function_count == 0);
    c = column_of(table, "full");
    assert_true(c->has_null && c->not_null && cJSON_GetArraySize(c->in) == 2);
    assert_string_equal(c->value.fallback->valuestring, "x");
    assert_int_equal(c->value.function_count, 3);
    assert_int_equal(c->value.functions[0].function, FUNCTION_TRIM);
    assert_int_equal(c->value.functions[1].function, FUNCTION_EMPTY_NULL);
    assert_int_equal(c->value.functions[2].function, FUNCTION_LOWER);
    assert_int_equal(c->value.when.count, 1);
    c = column_of(table, "maybe");
    assert_true(c->has_null && !c->not_null);
    c = column_of(table, "user_id");
    assert_true(c->value.id_of == users && c->type.base == PG_UUID);
    assert_string_equal(c->on_delete, "set null");
    c = column_of(table, "loose");
    assert_true(c->type.base == PG_TEXT && !c->foreign_key);
    c = column_of(table, "const");
    assert_true(c->value.kind == VALUE_CONST && cJSON_IsNull(c->value.constant));
    c = column_of(table, "rest");
    assert_true(c->value.kind == VALUE_REST && c->type.base == PG_JSONB);
    assert_true(column_of(table, "tags")->type.array);
    const struct mapping_value *made = &column_of(table, "made")->value;
    assert_true(made->kind == VALUE_OBJECT && made->member_count == 4);
    assert_string_equal(made->members[0].name, "a");
    assert_int_equal(made->members[0].value.functions[0].function, FUNCTION_LOWER);
    assert_true(cJSON_IsArray(made->members[1].value.constant));
    assert_ptr_equal(made->members[2].value.members[0].value.id_of, users);
    const struct mapping_value *choice = &made->members[3].value;
    assert_true(choice->kind == VALUE_FIRST && choice->member_count == 2);
    assert_int_equal(choice->members[1].value.when.count, 1);
    project_release(&project);
}

static void keys_indexes_and_rights(void **state)
{
    struct project project;
    load(*state,
         COLUMNS(",'c':{'from':'c','type':'text'},'two words':{'from':'d','type':'text'}",
                 ",'unique':[['c','two words']],"
                 "'indexes':[['c desc','two words desc nulls last'],['(lower(c))'],['two words'],"
                 "{'columns':['c text_pattern_ops'],'where':'c is not "
                 "null','method':'btree','unique':true},{'columns':['c'],'method':'gin'}],"
                 "'checks':{'short':'length(c) < 9'},"
                 "'policies':[{'name':'all','to':['a','b'],'check':'x'},"
                 "{'name':'own','for':'update','to':['a'],'using':'x','check':'y'}],"
                 "'grants':{'anon':[],'authenticated':['select','all']}"),
         &project);
    const struct mapping_table *table = &project_mapping(&project, "books")->tables[0];
    assert_int_equal(table->unique_count, 1);
    assert_words(&table->uniques[0], "c|two words");
    assert_int_equal(table->index_count, 5);
    assert_words(&table->indexes[0].columns, "c desc|two words desc nulls last");
    assert_string_equal(table->indexes[0].method, "btree");
    assert_true(table->indexes[0].where == NULL && !table->indexes[0].unique);
    assert_words(&table->indexes[1].columns, "(lower(c))");
    assert_words(&table->indexes[2].columns, "two words");
    assert_words(&table->indexes[3].columns, "c text_pattern_ops");
    assert_string_equal(table->indexes[3].where, "c is not null");
    assert_string_equal(table->indexes[3].method, "btree");
    assert_true(table->indexes[3].unique && !table->indexes[4].unique);
    assert_string_equal(table->indexes[4].method, "gin");
    assert_string_equal(table->checks[0].name, "short");
    assert_string_equal(table->checks[0].expression, "length(c) < 9");
    assert_int_equal(table->policy_count, 2);
    assert_string_equal(table->policies[0].command, "all"); /* unless said */
    assert_words(&table->policies[0].roles, "a|b");
    assert_true(table->policies[0].using == NULL);
    assert_string_equal(table->policies[0].with_check, "x");
    assert_string_equal(table->policies[1].command, "update");
    assert_string_equal(table->policies[1].using, "x");
    assert_string_equal(table->policies[1].with_check, "y");
    assert_int_equal(table->grant_count, 2);
    assert_string_equal(table->grants[0].role, "anon");
    assert_int_equal(table->grants[0].privileges.count, 0);
    assert_words(&table->grants[1].privileges, "select|all");
    project_release(&project);
}

static void a_kept_table_needs_little(void **state)
{
    struct project project;
    load(*state, KEPT("'keep_shape':true"), &project);
    const struct mapping *sales = project_mapping(&project, "books");
    assert_true(sales->tables[0].keep_shape && sales->tables[0].column_count == 0);
    assert_true(sales->tables[0].key.count == 0);
    project_release(&project);
    load(*state,
         KEPT("'keep_shape':true,'key':['any'],'indexes':[['what the catalog knows']],'columns':{"
              "'id':{},'user':{'id_of':'users'},'keyed':{'keys_id_of':'users','type':'jsonb'},'at':"
              "{'type':'timestamptz'},'was':{'from':'old'}}"),
         &project);
    const struct mapping_table *table = &project_mapping(&project, "books")->tables[0];
    assert_string_equal(column_of(table, "id")->value.from, "id");
    assert_null(column_of(table, "id")->type.name); /* the source's */
    assert_int_equal(column_of(table, "user")->type.base, PG_UUID);
    assert_int_equal(column_of(table, "at")->type.base, PG_TIMESTAMPTZ);
    assert_string_equal(column_of(table, "was")->value.from, "old");
    assert_ptr_equal(column_of(table, "keyed")->value.keys_id_of,
                     project_mapping(&project, "users"));
    project_release(&project);
}

/* The record's own id is what it is; elsewhere texts and numbers are taken only where nothing is
 * lost by it, or where the source gives such ids. */
static void what_is_taken_for_an_id(void **state)
{
#define USER "'u':{'from':'u','id_of':'users'}"
#define SELF "'up':{'from':'up','id_of':'books'}"
    static const struct {
        const char *text;
        enum identity_ids self; /* of "up" */
        bool loses;
    } cases[] = {
        {COLUMNS("," USER "," SELF, ""), IDENTITY_PLAIN, true},
        {COLUMNS("," USER "," SELF ",'c':{'from':'_id','type':'text'}", ""), IDENTITY_TEXTS, false},
        {COLUMNS("," USER "," SELF ",'c':{'from':'.','type':'jsonb'}", ""), IDENTITY_TEXTS, false},
        {COLUMNS("," USER "," SELF ",'c':{'object':{'o':{'object':{'was':{'from':'_id'}}}},"
                 "'type':'jsonb'}",
                 ""),
         IDENTITY_TEXTS, false},
        /* not as it is, or not of every record */
        {COLUMNS("," USER "," SELF ",'c':{'from':'_id','do':['lower'],'type':'text'}", ""),
         IDENTITY_PLAIN, true},
        {COLUMNS("," USER "," SELF ",'c':{'from':'_id','when':{'a':1},'type':'text'}", ""),
         IDENTITY_PLAIN, true},
        {COLUMNS("," USER "," SELF ",'c':{'from':'_id','id_of':'books','type':'text'}", ""),
         IDENTITY_PLAIN, true},
        {COLUMNS("," USER "," SELF, ",'when':{'a':1}"), IDENTITY_PLAIN, true},
        /* by another source */
        {"{'from':'auth.books','to':{'public.books':{'key':['id'],'columns':{'id':{'from':'$id',"
         "'id_of':'books'}," USER "," SELF "}}}}",
         IDENTITY_APPWRITE, true},
        {KEPT("'keep_shape':true,'columns':{'u':{'id_of':'users'},'up':{'id_of':'books'}}"),
         IDENTITY_TEXTS, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct project project;
        load(*state, cases[i].text, &project);
        const struct mapping *books = project_mapping(&project, "books");
        if (column_of(&books->tables[0], "up")->value.ids != cases[i].self ||
            books->loses_texts != cases[i].loses)
            fail_msg("%s: %d, %d", cases[i].text, column_of(&books->tables[0], "up")->value.ids,
                     books->loses_texts);
        assert_int_equal(column_of(&books->tables[0], "u")->value.ids, IDENTITY_PLAIN);
        if (books->source->kind != SOURCE_POSTGRES)
            assert_int_equal(column_of(&books->tables[0], "id")->value.ids, IDENTITY_TEXTS);
        project_release(&project);
    }
}

static bool count_value(void *context, const struct mapping *mapping,
                        const struct mapping_value *value)
{
    (void)mapping, (void)value;
    ++*(size_t *)context;
    return true;
}

/* What the source computes is a field that no column of it can be. */
static void values_that_the_source_computes(void **state)
{
#define SALES(columns, more)                                                                       \
    "{'from':'sql.sales','to':{'public.sales':{'key':['id'],'columns':{'id':'id'," columns         \
    "}}," more "}}"
#define PART "'public.p':{'each':'a','key':['id'],'columns':{'id':{'parent':'id'}}}"
    static const struct wrong cases[] = {
        {COLUMN("'sql':'lower(c)','type':'text'"),
         AT_C "/sql: the source evaluates it, and core is mongodb: \"sql\" is for a postgres source"},
        {COLUMN("'first':[{'sql':'lower(c)'}],'type':'text'"),
         AT_C "/first/0/sql: the source evaluates it"},
        {SALES("'c':{'sql':7}", PART), ": /to/public.sales/columns/c/sql: this must be a"},
        {SALES("'c':{'sql':''}", PART), ": /to/public.sales/columns/c/sql: this must be a"},
        {SALES("'c':{'from':'c','sql':'d'}", PART),
         ": /to/public.sales/columns/c: a value has one origin, and this one has \"from\" and \"sql\""},
        {SALES("'c':{'sql':'d','rest':true}", PART),
         ": /to/public.sales/columns/c: a value has one origin, and this one has \"rest\" and \"sql\""},
        {SALES("'c':'c'", "'public.p':{'each':'a.b','key':['id'],'columns':{'id':{'parent':'id'},"
                          "'s':{'sql':'d','type':'text'}}}"),
         ": /to/public.p/columns/s/sql: this is of the record, and the elements lie deeper"},
    };
    assert_refused(*state, cases, COUNT(cases));
    struct project project;
    load(*state,
         SALES("'low':{'sql':'lower(a.b)'},'o':{'object':{'x':{'sql':'1 + 1'}},'type':'jsonb'}",
               "'public.p':{'each':'a','key':['id'],'columns':{'id':{'parent':'id'},"
               "'s':{'sql':'lower(a.b)','type':'text'}}}"),
         &project);
    const struct mapping *books = project_mapping(&project, "books");
    const struct mapping_value *low = &column_of(&books->tables[0], "low")->value;
    assert_true(low->kind == VALUE_FROM && path_is_name(low->from, "sql: lower(a.b)"));
    assert_string_equal(low->sql, "lower(a.b)");
    assert_non_null(strstr(low->sql_place, "books.json: /to/public.sales/columns/low/sql: "));
    assert_string_equal(column_of(&books->tables[1], "s")->value.from, "^.'sql: lower(a.b)'");
    assert_true(mapping_replaces(&books->tables[0], "low"));
    assert_false(mapping_replaces(&books->tables[0], "id"));
    size_t count = 0;
    assert_true(mapping_each_sql(books, count_value, &count));
    assert_int_equal(count, 3);
    project_release(&project);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(wrong_mappings),
        CASE(several_mistakes_side_by_side),
        CASE(wrong_tables),
        CASE(wrong_columns),
        CASE(wrong_values),
        CASE(wrong_keys_and_indexes),
        CASE(wrong_paths),
        CASE(wrong_rights),
        CASE(wrong_references),
        CASE(references_are_read),
        CASE(tables_in_their_order),
        CASE(columns_and_their_values),
        CASE(keys_indexes_and_rights),
        CASE(a_kept_table_needs_little),
        CASE(what_is_taken_for_an_id),
        CASE(values_that_the_source_computes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
