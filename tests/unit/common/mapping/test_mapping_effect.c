/* Words that would do nothing where they stand are refused with the reason, one row per row of the
 * tables in mapping_effect.c; the same words where they do something are taken. The tables write '
 * for ". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/project.h"
#include "scratch_folder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ID "'key':['id'],'columns':{'id':{'from':'_id','id_of':'books'}"
#define BOOKS(to) "{'from':'core.books','to':{" to "}}"
#define MORE(more) BOOKS("'public.books':{" ID "}," more "}")
#define COLUMN(members) BOOKS("'public.books':{" ID ",'c':{" members "}}}")
#define THERE(members, more)                                                                       \
    BOOKS("'public.books':{" ID "}},'auth.t':{'exists':true,'key':['k'],'columns':{'k':{"          \
          "'from':'k','type':'text'},'c':{" members "}}" more "}")
#define FORMS(members, more)                                                                       \
    BOOKS("'public.books':[{'when':{'k':1}," ID ",'c':{'from':'c','type':'text'}}},"               \
          "{'when':{'k':2}," ID ",'c':{" members "}}" more "}]")
#define CHILD(members)                                                                             \
    BOOKS("'public.books':{" ID ",'n':{'from':'n','type':'text'},'u':{'from':'u','id_of':'users'}" \
          "}},'public.parts':{'each':'parts','key':['i'],'columns':{'i':{'from':'i','type':"       \
          "'text'},'c':{" members "}}}")
#define KEPT(members, more)                                                                        \
    "{'from':'sql.t','to':{'public.t':{'keep_shape':true,'columns':{'c':{" members "}}" more "}}}"

#define BROUGHT ": the target brings this table"
#define FURTHER ": the first form of this table decides this"
#define TAKEN ": a parent's column is taken over"
#define NO_KEY ": a foreign key comes of \"id_of\", or of a \"parent\""
#define C "/to/public.books/columns/c/"
#define OF_CHILD "/to/public.parts/columns/c/"

static const struct row {
    const char *mapping, *message; /* NULL: it is taken */
} rows[] = {
    {COLUMN("'from':'c','type':'text'"), NULL},
    /* tables that the target brings */
    {COLUMN("'from':'c','type':'text[]','misfit':{'no_array':'list'}"), NULL},
    {COLUMN("'from':'c','type':'text','null':false,'misfit':'null'"),
     "/to/public.books/columns/c/misfit: this column is never null"},
    {COLUMN("'from':'c','type':'integer','null':false,'misfit':{'range':'clamp','other':'null'}"),
     "/to/public.books/columns/c/misfit: this column is never null"},
    {COLUMN("'from':'c','type':'integer','null':false,'default':1,'misfit':'default'"), NULL},
    {COLUMN("'from':'c','type':'text','misfit':{'no_array':'list'}"),
     "/to/public.books/columns/c/misfit: \"no_array\" is for a column with an array type"},
    {MORE("'misfit':{'no_array':'list'}"),
     "/to/public.books/misfit: \"no_array\" is for a column with an array type, or an \"each\""},
    {MORE("'misfit':{'row_twice':'first'}"),
     "/to/public.books/misfit: \"row_twice\" is for tables with \"each\""},
    {BOOKS("'public.books':{" ID
           "}},'public.p':{'each':'p.*','misfit':{'no_array':'list'},'key':['n'],"
           "'columns':{'n':{'position':true}}}"),
     "/to/public.p/misfit: \"no_array\" is for a column with an array type, or an \"each\""},
    {BOOKS("'public.books':{" ID
           "}},'public.p':{'each':'p.*','key':['n'],'columns':{'n':{'name':true,"
           "'default':'x'}}}"),
     "/to/public.p/columns/n/default: there is always a value here, so the default never comes"},
    {BOOKS("'public.books':{" ID
           "}},'public.p':{'each':'p','misfit':{'no_array':'list','row_twice':'first'},"
           "'key':['n'],'columns':{'n':{'from':'n','type':'text'}}}"),
     NULL},
    {THERE("'from':'c','type':'text'", ""), NULL},
    {THERE("'from':'c','type':'text','null':false,'default':'x'", ""), NULL},
    {THERE("'from':'c','type':'text'", ",'unique':[['c']]"), "/to/auth.t/unique" BROUGHT},
    {THERE("'from':'c','type':'text'", ",'indexes':[['c']]"), "/to/auth.t/indexes" BROUGHT},
    {THERE("'from':'c','type':'text'", ",'checks':{'a':'b'}"), "/to/auth.t/checks" BROUGHT},
    {THERE("'from':'c','type':'text'", ",'policies':[]"), "/to/auth.t/policies" BROUGHT},
    {THERE("'from':'c','type':'text'", ",'grants':{}"), "/to/auth.t/grants" BROUGHT},
    {THERE("'from':'c','type':'text'", ",'comment':'a'"), "/to/auth.t/comment" BROUGHT},
    {THERE("'from':'c','type':'text','sql_default':'1'", ""),
     "/to/auth.t/columns/c/sql_default" BROUGHT},
    {THERE("'from':'c','type':'text','in':['a']", ""), "/to/auth.t/columns/c/in" BROUGHT},
    {THERE("'from':'c','id_of':'users','on_delete':'cascade'", ""),
     "/to/auth.t/columns/c/on_delete" BROUGHT},
    {THERE("'from':'c','type':'text','references':'public.users.n'", ""),
     "/to/auth.t/columns/c/references" BROUGHT},
    {THERE("'from':'c','id_of':'users','foreign_key':true", ""),
     "/to/auth.t/columns/c/foreign_key" BROUGHT},
    {THERE("'from':'c','id_of':'users','foreign_key':false", ""), NULL},
    {THERE("'from':'c','type':'text'", ",'triggers':'off'"), NULL},
    {THERE("'from':'c','type':'text'", ",'triggers':'on'"), NULL},
    {FORMS("'from':'d','type':'text'", ",'triggers':'on'"),
     "/to/public.books/1/triggers: graduate makes this table"},
    {BOOKS("'public.books':{" ID "}},'auth.t':[{'exists':true," ID "}},{'exists':true,'triggers':"
           "'off'," ID "}}]"),
     "/to/auth.t/1: the \"triggers\" of this table are off by one of its forms"},
    {BOOKS("'public.books':{" ID "}},'auth.t':[{'exists':true,'key':[],'columns':{'id':{'from':"
           "'_id','id_of':'books'}}},{'exists':true," ID "}}]"),
     "/to/auth.t/1/key: the first form of this table has another key"},
    {BOOKS("'public.books':{" ID "}},'auth.t':[{'exists':true,'key':[],'columns':{'id':{'from':"
           "'_id','id_of':'books'}}},{'exists':true,'key':[],'columns':{'id':{'from':'k','type':"
           "'uuid'}}}]"),
     NULL},
    {THERE("'from':'c','type':'text'", ",'if_there':'skip'"), NULL},
    {THERE("'from':'c','type':'text'", ",'if_there':{'update':['c']}"), NULL},
    {FORMS("'from':'d','type':'text'", ",'if_there':'fail'"),
     "/to/public.books/1/if_there: graduate makes this table"},
    {BOOKS("'public.books':{" ID "}},'auth.t':{'exists':true,'if_there':'skip','key':[],'columns':"
           "{'id':{'from':'_id','id_of':'books'}}}"),
     "/to/auth.t/if_there: a row that is there is found by its key, and this table has none"},
    {BOOKS("'public.books':{" ID "}},'auth.t':[{'exists':true,'if_there':'skip'," ID "}},{'exists':"
           "true,'if_there':'update'," ID "}}]"),
     "/to/auth.t/1: another form of this table says something else by \"if_there\""},
    {BOOKS("'public.books':{" ID "}},'auth.t':[{'exists':true,'if_there':{'update':['c']}," ID
           ",'c':{'from':'c','type':'text'}}},{'exists':true,'if_there':'update'," ID "}}]"),
     "/to/auth.t/1: another form of this table says something else by \"if_there\""},
    {BOOKS("'public.books':{" ID "}},'auth.t':[{'exists':true,'if_there':'skip'," ID "}},{'exists':"
           "true,'if_there':'skip'," ID "}}]"),
     NULL},
    /* further forms of a table */
    {FORMS("'from':'d','type':'text','null':false,'default':'x'", ""), NULL},
    {FORMS("'from':'d','type':'text'", ",'unique':[['c']]"), "/to/public.books/1/unique" FURTHER},
    {FORMS("'from':'d','type':'text'", ",'indexes':[['c']]"), "/to/public.books/1/indexes" FURTHER},
    {FORMS("'from':'d','type':'text'", ",'checks':{'a':'b'}"), "/to/public.books/1/checks" FURTHER},
    {FORMS("'from':'d','type':'text'", ",'policies':[]"), "/to/public.books/1/policies" FURTHER},
    {FORMS("'from':'d','type':'text'", ",'grants':{}"), "/to/public.books/1/grants" FURTHER},
    {FORMS("'from':'d','type':'text'", ",'comment':'a'"), "/to/public.books/1/comment" FURTHER},
    {FORMS("'from':'d','type':'text','sql_default':'1'", ""),
     "/to/public.books/1/columns/c/sql_default" FURTHER},
    {FORMS("'from':'d','type':'text','in':['a']", ""), "/to/public.books/1/columns/c/in" FURTHER},
    {FORMS("'from':'d','id_of':'users','on_delete':'cascade'", ""),
     "/to/public.books/1/columns/c/on_delete" FURTHER},
    {BOOKS("'public.books':[{" ID "}},{'key':['c'],'columns':{'c':{'from':'c','type':'text'}}}]"),
     "/to/public.books/1/key: the first form of this table has another key"},
    {FORMS("'from':'d','type':'text'", ",'exists':true"),
     "/to/public.books/1: this table \"exists\" by one of its forms"},
    /* tables that keep their shape */
    {KEPT("'type':'text'", ""), NULL},
    {KEPT("'id_of':'users','foreign_key':false", ""), NULL},
    {KEPT("'type':'text'", ",'each':'c'"), "/to: there is no table without \"each\""},
    {KEPT("'type':'text'", ",'when':{'c':1}"), NULL},
    {KEPT("'do':['trim']", ""), NULL},
    {KEPT("'when':{'c':1}", ""), NULL},
    {KEPT("'const':'a','id_of':'users'", ""), NULL},
    {KEPT("'const':{},'keys_id_of':'users','type':'jsonb'", ""),
     "/to/public.t/columns/c/keys_id_of: this is for a column that is taken as it is"},
    {KEPT("'keys_id_of':'users','when':{'d':1},'type':'jsonb'", ""),
     "/to/public.t/columns/c/keys_id_of: this is for a column that is taken as it is"},
    /* columns of the row above, and places */
    {CHILD("'parent':'n'"), NULL},
    {CHILD("'parent':'u','id_of':'users','on_delete':'cascade'"), NULL},
    {CHILD("'parent':'id','on_delete':'restrict'"), NULL},
    {CHILD("'parent':'n','do':['trim']"), OF_CHILD "do" TAKEN},
    {CHILD("'parent':'n','when':{'i':1}"), OF_CHILD "when" TAKEN},
    {CHILD("'parent':'n','default':'x'"), OF_CHILD "default" TAKEN},
    {CHILD("'parent':'id','id_of':'books'"),
     OF_CHILD "id_of: the parent's key refers to the parent's row already"},
    {CHILD("'parent':'u','id_of':'books'"),
     OF_CHILD "id_of: the parent's column is no id of that entity"},
    {CHILD("'parent':'n','on_delete':'cascade'"), OF_CHILD "on_delete" NO_KEY},
    {CHILD("'parent':'n','foreign_key':false"), OF_CHILD "foreign_key" NO_KEY},
    {CHILD("'position':true,'when':{'i':1},'default':0"), NULL},
    {CHILD("'position':true,'do':['trim']"), OF_CHILD "do: a place is a number"},
    {CHILD("'position':true,'default':0"), OF_CHILD "default: there is always a value here"},
    {CHILD("'position':true,'id_of':'users'"), OF_CHILD "id_of: a place is nobody's id"},
    /* values */
    {COLUMN("'rest':true,'do':['safe_numbers'],'default':{}"), NULL},
    {COLUMN("'rest':'m','optional':true"), NULL},
    {COLUMN("'rest':true,'optional':true"), C "optional: no field is named here"},
    {COLUMN("'rest':true,'do':['lower']"), C "do: of the functions only \"safe_numbers\""},
    {COLUMN("'object':{},'type':'jsonb','do':['trim']"), C "do: of the functions only"},
    {COLUMN("'object':{},'type':'jsonb','default':{}"), C "default: there is always a value here"},
    {COLUMN("'object':{},'type':'jsonb','when':{'a':1},'default':{}"), NULL},
    {COLUMN("'const':1,'type':'integer','default':2"), C "default: there is always a value here"},
    {COLUMN("'const':1,'type':'integer','when':{'a':1},'default':2"), NULL},
    {COLUMN("'first':[{'from':'a'},{'const':1}],'type':'integer','default':2"),
     C "default: there is always a value here"},
    {COLUMN("'first':[{'from':'a'},{'const':null}],'type':'integer'"), NULL},
    {COLUMN("'first':[{'const':1},{'from':'a'}],'type':'integer'"),
     C "first: what stands behind a choice that always has a value"},
    {COLUMN("'first':[{'const':1,'when':{'a':1}},{'from':'a'}],'type':'integer'"), NULL},
    {COLUMN("'object':{'m':{'const':1,'default':2}},'type':'jsonb'"),
     C "object/m/default: there is always a value here"},
    {COLUMN("'object':{'m':{'first':[{'const':1,'default':2}]}},'type':'jsonb'"),
     C "object/m/first/0/default: there is always a value here"},
    {COLUMN("'from':'c','type':'text','optional':true"), NULL},
    {COLUMN("'const':1,'type':'integer','when':{'a':1},'optional':true"), NULL},
    {COLUMN("'const':1,'type':'integer','optional':true"), C "optional: no field is named here"},
    {COLUMN("'first':[{'from':'a'}],'type':'text','optional':true"),
     C "optional: no field is named here"},
    {COLUMN("'object':{'m':{'const':1,'optional':true}},'type':'jsonb'"),
     C "object/m/optional: no field is named here"},
    {BOOKS("'public.books':{'optional':true," ID "}}"),
     "/to/public.books/optional: no \"each\" and no \"when\" names a field here"},
    {BOOKS("'public.books':{'optional':true,'when':{'a':1}," ID "}}"), NULL},
    {BOOKS("'public.books':{'why':'w'," ID "}}"),
     "/to/public.books/why: no \"when\" filters records here"},
    {BOOKS("'public.books':{'why':'w','when':{'a':1}," ID "}}"), NULL},
    {BOOKS("'public.books':{" ID "}},'public.more':{'why':'w','when':{'a':1}," ID "}}"),
     "/to/public.more/why: the first table's \"when\" decides"},
    {BOOKS("'public.books':{" ID "}},'public.more':{'why':'w','when':{'a':1},'each':'e'," ID "}}"),
     "/to/public.more/why: the first table's \"when\" decides"},
    {BOOKS("'public.books':[{'why':'w','when':{'a':1}," ID "}},{'when':{'a':2}," ID "}}]"),
     "/to/public.books/0/why: records are left out by a rule"},
    {"{'from':'core.books','to':{'public.books':{'why':'w','when':{'a':1}," ID "}}},"
     "'left_out':[{'when':{'a':2},'why':'v'}]}",
     "/to/public.books/why: records are left out by a rule"},
    /* rules */
    {"{'from':'core.books','to':{'public.books':{" ID "}}},"
     "'left_out':[{'when':{'a':2},'why':'v'}]}",
     "/left_out/0: the rule leaves nothing out: public.books takes all of them"},
    {"{'from':'core.books','to':{'public.books':{'when':{'a':1}," ID "}},'public.more':{" ID "}}},"
     "'left_out':[{'when':{'a':2},'why':'v'}]}",
     NULL},
    {"{'from':'core.books','to':{'public.books':{" ID "}},'public.e':{'each':'e'," ID "}}},"
     "'left_out':[{'each':'e','when':{'a':2},'why':'v'}]}",
     "/left_out/0: the rule leaves nothing out: public.e takes all of them"},
    {"{'from':'core.books','to':{'public.books':{" ID "}},'public.e':{'each':'e','when':{'a':1}," ID
     "}}},'left_out':[{'each':'e','when':{'a':2},'why':'v'}]}",
     NULL},
    {KEPT("'optional':true", ""),
     "/to/public.t/columns/c/optional: the catalog says which columns"},
    /* foreign keys */
    {COLUMN("'from':'c','id_of':'users','on_delete':'set null'"), NULL},
    {COLUMN("'from':'c','type':'uuid','foreign_key':false"), C "foreign_key" NO_KEY},
    {COLUMN("'from':'c','type':'integer','references':'public.users.n','on_delete':'cascade'"),
     NULL},
    {COLUMN("'from':'c','id_of':'users','references':'public.users.id'"),
     C "references: what the column refers to is said already"},
    {COLUMN("'from':'c','type':'integer[]','references':'public.users.n'"),
     C "references: no foreign key can be made of the elements of an array"},
    {COLUMN("'object':{'m':{'from':'c','id_of':'users'}},'type':'jsonb','foreign_key':false"),
     NULL},
    {COLUMN("'object':{'m':{'from':'c','id_of':'users'}},'type':'jsonb','foreign_key':true"),
     C "foreign_key: no foreign key can be made of ids inside of JSON"},
    {COLUMN("'from':'u','id_of':'users','type':'uuid[]','foreign_key':true"),
     C "foreign_key: no foreign key can be made of the ids of an array"},
    {COLUMN("'from':'u','id_of':'users','type':'uuid[]','foreign_key':false"), NULL},
    {COLUMN("'from':'u','id_of':'users','type':'uuid[]','on_delete':'cascade'"),
     C "on_delete: no foreign key can be made of the ids of an array"},
    {COLUMN("'from':'c','type':'uuid','by':'email'"), C "by: here is no \"id_of\""},
    {COLUMN("'from':'c','type':'uuid','dangling':'null'"), C "dangling: here is no \"id_of\""},
    {COLUMN("'from':'c','id_of':'users','by':'email','dangling':'null'"), NULL},
    {COLUMN("'from':'c','id_of':'users','by':'email','dangling':'keep'"),
     C "dangling: there is no id that could be kept"},
    {COLUMN("'from':'_id','id_of':'books','dangling':'null'"),
     C "dangling: this is the record's own id"},
    {COLUMN("'from':'_id','id_of':'books','by':'isbn'"), C "by: this is the record's own id"},
    {COLUMN("'from':'c','id_of':'users','dangling':'null','null':false"),
     C "dangling: this column is never null"},
    {COLUMN("'from':'c','id_of':'users','dangling':'null','type':'uuid[]','null':false"), NULL},
    {COLUMN("'from':'c','id_of':'users','dangling':'keep','foreign_key':true"),
     C "foreign_key: of ids that are kept no foreign key can be made"},
    {COLUMN("'from':'c','id_of':'users','dangling':'keep','on_delete':'cascade'"),
     C "on_delete: of ids that are kept no foreign key can be made"},
    {COLUMN("'object':{'m':{'from':'c','id_of':'users','dangling':'reject'}},'type':'jsonb'"),
     NULL},
    {KEPT("", ",'misfit':{'refused':'reject'}"), NULL},
    {MORE("'misfit':{'refused':'reject'}"), NULL},
    {COLUMN("'from':'c','type':'text','misfit':{'refused':'reject'}"),
     C "misfit: \"refused\" is for tables"},
    {KEPT("'id_of':'users','dangling':'reject'", ""), NULL},
    {COLUMN("'object':{'m':{'from':'c','id_of':'users','dangling':'left_out'}},'type':'jsonb'"),
     C "object/m/dangling: a row, or an element of an array column, can be left out"},
    {COLUMN("'object':{'m':{'from':'c','id_of':'users','dangling':'null'}},'type':'jsonb',"
            "'null':false"),
     NULL},
    {KEPT("'id_of':'users','dangling':'null'", ""), NULL},
    {KEPT("'id_of':'users','by':'email'", ""), NULL},
    {COLUMN("'from':'c','type':'uuid','on_delete':'cascade'"), C "on_delete" NO_KEY},
    {COLUMN("'from':'c','id_of':'users','foreign_key':false,'on_delete':'cascade'"),
     C "on_delete: there is no foreign key, by \"foreign_key\": false"},
    {COLUMN("'from':'c','id_of':'users','null':false,'on_delete':'set null'"),
     C "on_delete: this column is never null"},
    /* indexes and policies */
    {MORE("'indexes':[{'columns':['id'],'method':'gin','unique':true}]"),
     "/to/public.books/indexes/0/unique: only a btree keeps values from standing twice"},
    {MORE("'indexes':[{'columns':['id','(a)'],'method':'hash'}]"),
     "/to/public.books/indexes/0/method: a hash index has one column"},
    {MORE("'policies':[{'name':'n','to':['r'],'for':'insert','using':'a','check':'a'}]"),
     "/to/public.books/policies/0/using: what is inserted is looked at by \"check\""},
    {MORE("'policies':[{'name':'n','to':['r'],'for':'select','using':'a','check':'a'}]"),
     "/to/public.books/policies/0/check: no row is written here"},
    {MORE("'policies':[{'name':'n','to':['r'],'for':'delete','using':'a','check':'a'}]"),
     "/to/public.books/policies/0/check: no row is written here"},
    {MORE("'policies':[{'name':'n','to':['r']}]"),
     "/to/public.books/policies/0: without \"using\" (or \"check\", to insert) it lets nobody"},
    {MORE("'policies':[{'name':'n','to':['r'],'for':'update','check':'a'}]"),
     "/to/public.books/policies/0: without \"using\""},
    {MORE(
         "'policies':[{'name':'n','to':['r'],'for':'insert','check':'a'},"
         "{'name':'m','to':['r'],'check':'a'},{'name':'o','to':['r'],'for':'update','using':'a'}]"),
     NULL},
    /* names that are taken already */
    {BOOKS("'graduate.books':{" ID "}}"), "/to/graduate.books: the ledger's schema"},
    {BOOKS("'graduates.books':{" ID "}}"), NULL},
    {BOOKS("'information_schema.books':{" ID "}}"), "/to/information_schema.books: a schema that"},
    {BOOKS("'pg_catalog.books':{" ID "}}"), "/to/pg_catalog.books: a schema that PostgreSQL owns"},
    {BOOKS("'pg_mine.books':{" ID "}}"), "/to/pg_mine.books: a schema that PostgreSQL owns"},
    {BOOKS("'public.books':{" ID ",'xmin':{'from':'x','type':'text'},'Xmax':{'from':'y','type':"
           "'text'},'tableoid':{'from':'z','type':'text'}}}"),
     "/to/public.books/columns/xmin: a column that PostgreSQL owns; "},
    {BOOKS("'public.books':{" ID "}},'public.Books':{" ID "}}"),
     "/to/public.Books: only the case of its letters tells it from public.books"},
};

static char *quoted(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    return copy;
}

static void put(const struct folder *folder, const char *name, const char *text)
{
    char *json = quoted(text);
    folder_put(folder, name, json);
    free(json);
}

#define SOURCES(core, sql, auth)                                                                   \
    "{'project':'p','target':'t','sources':{'core':{'kind':'mongodb','uri':'x'" core "},"          \
    "'sql':{'kind':'postgres','uri':'x'" sql "},'auth':{'kind':'appwrite','uri':'x'" auth "}}}"

static int setup(void **state)
{
    static struct folder folder;
    folder_make(&folder);
    put(&folder, "project.json", SOURCES("", "", ""));
    put(&folder, "users.json",
        "{'from':'core.users','to':{'public.users':{'key':['id'],'columns':{'id':{'from':'_id',"
        "'id_of':'users'}}}}}");
    *state = &folder;
    return 0;
}

static int teardown(void **state)
{
    folder_remove(*state);
    return 0;
}

static void judge(const struct folder *folder, const char *text, const char *message)
{
    struct project project;
    struct error error = {0};
    bool ok = project_load(&project, folder->path, &error);
    if (ok)
        project_release(&project);
    if (ok != (message == NULL))
        fail_msg("%s\n  %s %s", text, ok ? "was taken, without" : "gave",
                 ok ? message : error.message);
    if (!ok && (error.code != ERROR_USAGE || strstr(error.message, message) == NULL))
        fail_msg("%s\n  gave: %s\n  not:  %s", text, error.message, message);
}

static void words_of_a_mapping(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        put(*state, "books.json", rows[i].mapping);
        judge(*state, rows[i].mapping, rows[i].message);
    }
}

/* A row of Postgres names a user, and a user is somebody else. */
static void ids_of_whom_is_somebody_else(void **state)
{
    put(*state, "persons.json",
        "{'from':'core.persons','identity':{'from':'a','id_of':'users'},'to':{'public.persons':{"
        "'key':['id'],'columns':{'id':{'from':'a','id_of':'users'}}}}}");
    put(*state, "books.json", KEPT("'keys_id_of':'persons','type':'jsonb'", ""));
    judge(*state, "keys", "the records of that entity are those of another one");
    put(*state, "books.json", KEPT("'id_of':'persons'", ""));
    judge(*state, "of a row", NULL);
    put(*state, "books.json", COLUMN("'from':'c','id_of':'persons'"));
    judge(*state, "of a document", NULL);
}

static void words_of_a_source(void **state)
{
    static const struct row cases[] = {
        {SOURCES(",'database':'d'", ",'schema':'s'", ",'database':'d','key':'${K}'"), NULL},
        {SOURCES(",'key':'${K}'", "", ""), "/sources/core/key: only Appwrite has API keys"},
        {SOURCES("", ",'key':'${K}'", ""), "/sources/sql/key: only Appwrite has API keys"},
        {SOURCES("", ",'database':'d'", ""), "/sources/sql/database: a database of Postgres is"},
        {SOURCES(",'schema':'s'", "", ""), "/sources/core/schema: only Postgres has schemas"},
        {SOURCES("", "", ",'schema':'s'"), "/sources/auth/schema: only Postgres has schemas"},
    };
    put(*state, "books.json", rows[0].mapping);
    for (size_t i = 0; i < COUNT(cases); i++) {
        put(*state, "project.json", cases[i].mapping);
        judge(*state, cases[i].mapping, cases[i].message);
    }
}

/* A message has room for some of them; the others are counted. */
static void names_are_told_together(void **state)
{
    char text[4096];
    struct error error;
    struct project project;
    size_t used = (size_t)snprintf(text, sizeof text, "{'from':'core.books','to':{");
    for (int i = 0; i < 30; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s'graduate.t%d':{" ID "}}",
                                 i > 0 ? "," : "", i);
    snprintf(text + used, sizeof text - used, "}}");
    put(*state, "books.json", text);
    assert_false(project_load(&project, ((const struct folder *)*state)->path, &error));
    assert_non_null(strstr(error.message, "/to/graduate.t0: "));
    assert_non_null(strstr(error.message, "/to/graduate.t3: "));
    assert_non_null(strstr(error.message, " more"));
    put(*state, "books.json",
        BOOKS("'graduate.books':{" ID ",'ctid':{'from':'c','type':'text'}}},'pg_x.t':{" ID "}}"));
    assert_false(project_load(&project, ((const struct folder *)*state)->path, &error));
    assert_non_null(strstr(error.message, "/to/graduate.books: "));
    assert_non_null(strstr(error.message, "/to/graduate.books/columns/ctid: "));
    assert_non_null(strstr(error.message, "/to/pg_x.t: "));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(words_of_a_mapping),
        CASE(ids_of_whom_is_somebody_else),
        CASE(words_of_a_source),
        CASE(names_are_told_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
