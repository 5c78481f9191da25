#include "counterpart.h"
#include "carried_object.h"
#include "expression.h"
#include "setting_query.h"
#include "source_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct look {
    struct inspection *inspection;
    const struct carried_objects *carried;
    const struct catalog_object *object;
    const char *label; /* "public.books", of its table, or its own */
    const char *what;  /* "the trigger touch" */
    struct arena *arena;
    struct error *error;
};

/* What is asked of the target: the definition, when it acts (NULL: for the application), what it is
 * stored with, whether it is filled, the schema's and own name as parameters, or the table's before
 * it. */
enum { FOUND_DEFINITION, FOUND_TIMING, FOUND_OPTIONS, FOUND_FILLED, FOUND_OID };
#define ACTS(column)                                                                               \
    "CASE " column " WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'"                       \
    " WHEN 'A' THEN 'ENABLE ALWAYS' END"
#define REST ", NULL, NULL, true, NULL"
#define OF_SCHEMA(column) " JOIN pg_catalog.pg_namespace n ON n.oid = " column " AND n.nspname = $1"
#define OF_TABLE(column)                                                                           \
    " JOIN pg_catalog.pg_class c ON c.oid = " column                                               \
    " AND c.relname = $3" OF_SCHEMA("c.relnamespace")
#define VIEW(relkind)                                                                              \
    "SELECT pg_catalog.rtrim(pg_catalog.btrim(pg_catalog.pg_get_viewdef(c.oid)), ';'), NULL,"      \
    " pg_catalog.array_to_string(c.reloptions, ', '), c.relispopulated, c.oid"                     \
    " FROM pg_catalog.pg_class c" OF_SCHEMA(                                                       \
        "c.relnamespace") " WHERE c.relname = $2 AND c.relkind = '" relkind "'"
#define ROUTINE                                                                                    \
    "SELECT pg_catalog.rtrim(pg_catalog.pg_get_functiondef(p.oid), E'\\n')" REST                   \
    " FROM pg_catalog.pg_proc p" OF_SCHEMA(                                                        \
        "p.pronamespace") " WHERE p.oid::pg_catalog.regprocedure::pg_catalog.text = $2"            \
                          " AND p.prokind <> 'a'"

/* Whether these are there is not asked for their comments' sake. */
#define FOUND_BY_OTHERS "^(table constraint|domain constraint|index|type|sequence) "

/* By kind. Queries are compared by what they mean. */
static const struct kind {
    const char *kind, *sql;
    bool of_table; /* $3 is its table's or view's name */
    bool is_query;
    bool is_said; /* of something else, by a name; $3 is what it says */
} kinds[] = {
    {"view", VIEW("v"), false, true, false},
    {"materialized view", VIEW("m"), false, true, false},
    {"index",
     "SELECT pg_catalog.pg_get_indexdef(x.oid)" REST " FROM pg_catalog.pg_class x" OF_SCHEMA(
         "x.relnamespace") " WHERE x.relname = $2 AND x.relkind = 'i'",
     false, false, false},
    {"function", ROUTINE, false, false, false},
    {"procedure", ROUTINE, false, false, false},
    {"trigger",
     "SELECT pg_catalog.pg_get_triggerdef(t.oid), " ACTS(
         "t.tgenabled") ", NULL, true, NULL"
                        " FROM pg_catalog.pg_trigger t" OF_TABLE(
                            "t.tgrelid") " WHERE t.tgname = $2",
     true, false, false},
    {"rule",
     "SELECT pg_catalog.rtrim(pg_catalog.btrim(pg_catalog.pg_get_ruledef(r.oid)), ';'),"
     " " ACTS("r.ev_enabled") ", NULL, true, NULL FROM pg_catalog.pg_rewrite r" OF_TABLE(
         "r.ev_class") " WHERE r.rulename = $2",
     true, false, false},
    {"policy",
     "SELECT pg_catalog.concat_ws(' ', 'as', p.permissive, 'for', p.cmd, 'to',"
     " (SELECT pg_catalog.string_agg(CASE WHEN r = 'public' THEN r ELSE pg_catalog.quote_ident(r)"
     "  END, ', ') FROM pg_catalog.unnest(p.roles) r), 'using (' || p.qual || ')',"
     " 'with check (' || p.with_check || ')')" REST " FROM pg_catalog.pg_policies p"
     " WHERE p.schemaname = $1 AND p.policyname = $2 AND p.tablename = $3",
     true, false, false},
    /* By its text: names of functions may have types in them that are elsewhere in the target. */
    {"comment",
     "SELECT 'x'" REST " FROM pg_catalog.pg_description d CROSS JOIN LATERAL"
     " pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i"
     " WHERE (i.schema = $1 OR i.schema IS NULL) AND pg_catalog.starts_with($2, i.type || ' ')"
     " AND pg_catalog.left(pg_catalog.btrim(pg_catalog.regexp_replace(d.description, '\\s+', ' ',"
     "  'g')), 1000) = $3 UNION ALL SELECT 'x'" REST " WHERE $2 ~ '" FOUND_BY_OTHERS "' AND NOT"
     " EXISTS (SELECT FROM (SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, o.oid"
     "  FROM pg_catalog.pg_constraint o" OF_SCHEMA(
         "o.connamespace") " UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, x.oid"
                           "  FROM pg_catalog.pg_class x" OF_SCHEMA(
                               "x.relnamespace") " UNION ALL SELECT"
                                                 "  'pg_catalog.pg_type'::pg_catalog.regclass,"
                                                 " y.oid FROM pg_catalog.pg_type y" OF_SCHEMA(
                                                     "y.typnamespace") ") k (class, oid) CROSS JOIN"
                                                                       "  LATERAL "
                                                                       "pg_catalog.pg_identify_"
                                                                       "object(k.class, k.oid, 0) "
                                                                       "i WHERE $2 = "
                                                                       "pg_catalog.concat("
                                                                       "  i.type, ' ', "
                                                                       "pg_catalog.replace(i."
                                                                       "identity, "
                                                                       "pg_catalog.quote_ident($1) "
                                                                       "|| '.', '')))",
     false, false, true},
    {"setting",
     "SELECT 'x'" REST " FROM (" SETTING_QUERY
     ") s (name, value) WHERE s.name = $2 AND s.value = $3",
     false, false, true},
    {"grant",
     "SELECT 'x'" REST " FROM pg_catalog.pg_roles r CROSS JOIN pg_catalog.pg_class c" OF_SCHEMA(
         "c.relnamespace") " WHERE pg_catalog.concat(r.rolname, ' on ', c.relname) = $2 AND "
                           "c.relkind IN ('v', 'S') AND NOT EXISTS"
                           " (SELECT FROM pg_catalog.string_to_table($3, ', ') p WHERE NOT CASE "
                           "c.relkind"
                           "  WHEN 'S' THEN pg_catalog.has_sequence_privilege(r.oid, c.oid, p)"
                           "  ELSE pg_catalog.has_table_privilege(r.oid, c.oid, p) END)"
                           " UNION ALL SELECT 'x'" REST
                           " FROM pg_catalog.pg_roles r CROSS JOIN pg_catalog.pg_proc p" OF_SCHEMA(
                               "p.pronamespace") " WHERE pg_catalog.starts_with($2, "
                                                 "pg_catalog.concat(r.rolname, ' on function ', "
                                                 "p.proname, '('))"
                                                 "  AND pg_catalog.has_function_privilege(r.oid, "
                                                 "p.oid, 'EXECUTE')",
     false, false, true},
    {"revocation",
     "SELECT 'x'" REST " FROM pg_catalog.pg_proc p" OF_SCHEMA(
         "p.pronamespace") " WHERE $3 <> '' AND pg_catalog.split_part($2, '(', 1) IN ('PUBLIC on "
                           "function ' || p.proname,"
                           "  'PUBLIC on procedure ' || p.proname) AND p.proacl IS NOT NULL AND "
                           "NOT EXISTS"
                           "  (SELECT FROM pg_catalog.aclexplode(p.proacl) g WHERE g.grantee = 0)",
     false, false, true},
    {"statistics",
     "SELECT pg_catalog.pg_get_statisticsobjdef(s.oid)" REST
     " FROM pg_catalog.pg_statistic_ext s" OF_SCHEMA("s.stxnamespace") " WHERE s.stxname = $2",
     false, false, false},
};

static bool tell(const struct look *look, const char *text)
{
    return inspection_find(look->inspection, "object", look->label, NULL, look->error, "%s %s",
                           look->what, text);
}

/* ---- what a query gives ------------------------------------------------------------------------
 */

/* Names of the columns that a query gives, each on a line; NULL: a doubt. */
static const char *columns_of(const struct look *look, const char *text)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_printf(&sql, "SELECT * FROM (%s\n) q LIMIT 0", text);
    PGresult *rows =
        sql.failed ? NULL : query(look->inspection, look->what, buffer_text(&sql), NULL, 0);
    buffer_clear(&sql);
    for (int i = 0; rows != NULL && i < PQnfields(rows); i++)
        buffer_printf(&sql, "%s\n", PQfname(rows, i));
    const char *names =
        rows == NULL || sql.failed ? NULL : arena_text(look->arena, buffer_text(&sql));
    PQclear(rows);
    buffer_release(&sql);
    return names;
}

static bool query_is_same(const struct look *look, const char *expected, const char *found)
{
    bool same = false;
    if (!expression_queries_same(look->inspection, look->what, expected, found, &same))
        return true; /* a doubt, which is told */
    const char *names = same ? columns_of(look, expected) : NULL;
    const char *there = names != NULL ? columns_of(look, found) : NULL;
    return same && (there == NULL || strcmp(names, there) == 0);
}

/* ---- one object --------------------------------------------------------------------------------
 */

static bool is_of_target_version(const struct look *look)
{
    const char *source = look->carried->catalog->version;
    return source != NULL &&
           strtol(source, NULL, 10) ==
               PQserverVersion(look->inspection->verification->target.connection) / 10000;
}

/* Servers of two versions may print one thing in two ways, but for the text of a function, which is
 * what was written. */
static bool is_same(const struct look *look, const struct kind *kind, const char *expected,
                    const char *found)
{
    const char *left = strstr(expected, "\nAS "), *right = strstr(found, "\nAS ");
    if (source_text_same(expected, found))
        return true;
    if (kind->is_query)
        return query_is_same(look, expected, found);
    if (is_of_target_version(look))
        return false;
    if (left != NULL && right != NULL)
        return strcmp(left, right) == 0;
    inspection_remark(look->inspection,
                      "%s: %s is there; what it says was not compared, as the servers are of two "
                      "versions",
                      look->label, look->what);
    return true;
}

static bool has_option(const char *options, const char *option, size_t length)
{
    while (options != NULL && *options != '\0') {
        size_t here = strcspn(options, ",");
        if (here == length && strncmp(options, option, length) == 0)
            return true;
        options += here;
        options += strspn(options, ", ");
    }
    return false;
}

/* Those of the source, and in a Supabase that a view asks with the rights of who reads it. */
static bool look_at_options(const struct look *look, const char *options)
{
    static const char invoker[] = "security_invoker";
    const bool plain = look->inspection->verification->project->plain;
    const char *of_source = look->object->storage;
    for (const char *at = of_source; at != NULL && *at != '\0'; at += strspn(at, ", ")) {
        size_t length = strcspn(at, ",");
        char text[256];
        snprintf(text, sizeof text, "is not WITH (%.*s), as in the source", (int)length, at);
        if (!has_option(options, at, length) && !tell(look, text))
            return false;
        at += length;
    }
    bool said = options != NULL && strstr(options, invoker) != NULL &&
                strstr(options, "security_invoker=false") == NULL;
    return plain || said || strcmp(look->object->kind, "view") != 0 ||
           tell(look, "asks with the rights of its owner, whom no row-level security holds back");
}

static bool compare(const struct look *look, const struct kind *kind, const PGresult *found)
{
    const char *expected =
        carried_object_sql(look->carried, look->object, look->object->definition, look->arena);
    const char *there = PQgetvalue(found, 0, FOUND_DEFINITION);
    const char *timing = query_text(found, 0, FOUND_TIMING);
    char text[512];
    if (expected == NULL)
        return error_memory(look->error);
    snprintf(text, sizeof text, "is another than in the source: %.400s", there);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '\n' ? ' ' : *at;
    if (!is_same(look, kind, expected, there) && !tell(look, text))
        return false;
    if ((timing == NULL) != (look->object->timing == NULL) ||
        (timing != NULL && strcmp(timing, look->object->timing) != 0)) {
        snprintf(text, sizeof text, "is %s; in the source it is %s",
                 timing != NULL ? timing : "ENABLE",
                 look->object->timing != NULL ? look->object->timing : "ENABLE");
        if (!tell(look, text))
            return false;
    }
    if (!look->object->invalid && !query_true(found, 0, FOUND_FILLED) &&
        !tell(look, "is not filled"))
        return false;
    return !kind->is_query || look_at_options(look, query_text(found, 0, FOUND_OPTIONS));
}

/* "touch" of "touch on books"; NULL without memory. */
static const char *own_name(const struct look *look, const struct kind *kind)
{
    const struct catalog_object *object = look->object;
    const char *last = NULL;
    for (const char *at = strstr(object->name, " on "); at != NULL; at = strstr(at + 1, " on "))
        last = at;
    bool with_table =
        strcmp(object->kind, "index") == 0 ||
        (object->entity != NULL && strcmp(object->kind, "statistics") != 0 && !kind->is_said);
    size_t length =
        with_table && last != NULL ? (size_t)(last - object->name) : strlen(object->name);
    return arena_printf(look->arena, "%.*s", (int)length, object->name);
}

/* What findings call it, and its name there. */
static bool call(struct look *look, const struct kind *kind, const char **name)
{
    const struct catalog_object *object = look->object;
    const char *home = look->carried->home;
    *name = object->signature != NULL
                ? carried_object_sql(look->carried, object, object->signature, look->arena)
                : own_name(look, kind);
    look->label = object->signature != NULL ? *name
                  : kind->is_said           ? home
                  : kind->of_table ? arena_printf(look->arena, "%s.%s", home, object->entity)
                                   : arena_printf(look->arena, "%s.%s", home, *name);
    look->what = strcmp(kind->kind, "comment") == 0
                     ? arena_printf(look->arena, "the comment on the %s", *name)
                 : strcmp(kind->kind, "setting") == 0
                     ? arena_printf(look->arena, "the setting %s", *name)
                 : kind->is_said  ? arena_printf(look->arena, "the rights of %s", *name)
                 : kind->of_table ? arena_printf(look->arena, "the %s %s", kind->kind, *name)
                                  : arena_printf(look->arena, "the %s", kind->kind);
    return *name != NULL && look->label != NULL && look->what != NULL;
}

static bool look_at(struct look *look, const struct kind *kind)
{
    const char *name;
    if (!call(look, kind, &name))
        return error_memory(look->error);
    const char *const parameters[] = {look->carried->home, name,
                                      kind->is_said ? look->object->detail : look->object->entity};
    PGresult *found = query(look->inspection, look->what, kind->sql, parameters,
                            kind->of_table || kind->is_said ? 3 : 2);
    bool ok = true;
    look->inspection->checks++;
    if (found != NULL && PQntuples(found) == 0)
        ok = tell(look, kind->is_said ? "is missing, or says something else" : "is missing");
    else if (found != NULL && !kind->is_said)
        ok = compare(look, kind, found);
    PQclear(found);
    return ok;
}

bool counterparts_check(struct inspection *inspection, struct blueprint *blueprint,
                        struct error *error)
{
    const struct verification *verification = inspection->verification;
    bool ok = true;
    for (size_t c = 0; ok && c < verification->catalog_count; c++) {
        const struct catalog *catalog = &verification->catalogs[c];
        const struct carried_objects carried = carried_objects_of(verification, blueprint, catalog);
        for (size_t i = 0; ok && carried.home != NULL && i < catalog->object_count; i++) {
            struct look look = {inspection,        &carried, &catalog->objects[i], NULL, NULL,
                                &blueprint->arena, error};
            size_t k = 0;
            while (k < sizeof kinds / sizeof kinds[0] &&
                   strcmp(kinds[k].kind, look.object->kind) != 0)
                k++;
            if (k < sizeof kinds / sizeof kinds[0] && carried_object_comes(&carried, look.object))
                ok = look_at(&look, &kinds[k]);
        }
    }
    return ok;
}
