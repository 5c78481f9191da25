#include "exposure.h"

#include <stdio.h>
#include <string.h>

/* Both roles of the Data API, which only looks into schemas that they have USAGE of. */
#define ROLES                                                                                      \
    "roles AS (SELECT r.oid, r.rolname FROM pg_catalog.pg_roles r"                                 \
    " WHERE r.rolname IN ('anon', 'authenticated'))"

/* What reads the tables `base`, whatever lies between: a view that asks with its owner's rights, or
 * a materialized one. A view that asks with the reader's rights shows him what he sees anyway. */
#define READERS                                                                                    \
    "readers (oid, base) AS (SELECT b.oid, b.oid FROM base b UNION"                                \
    " SELECT w.ev_class, p.base FROM readers p"                                                    \
    " JOIN pg_catalog.pg_depend d ON d.refobjid = p.oid"                                           \
    "  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"                              \
    "  AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"                               \
    " JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid AND w.ev_class <> p.oid"                     \
    " JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')"                \
    "  AND coalesce(v.reloptions::text !~* 'security_invoker=(true|on|1|yes)', true)),"            \
    " shown AS (SELECT n.nspname || '.' || c.relname AS name, c.oid = r.base AS itself,"           \
    "  pg_catalog.string_agg(DISTINCT bn.nspname || '.' || bc.relname, ', ') AS tables,"           \
    "  (SELECT pg_catalog.string_agg(o.rolname, ' and ' ORDER BY o.rolname) FROM roles o"          \
    "   WHERE pg_catalog.has_schema_privilege(o.oid, c.relnamespace, 'USAGE')"                     \
    "    AND pg_catalog.has_any_column_privilege(o.oid, c.oid, 'SELECT')) AS whom"                 \
    " FROM readers r JOIN pg_catalog.pg_class c ON c.oid = r.oid"                                  \
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"                                    \
    " JOIN pg_catalog.pg_class bc ON bc.oid = r.base"                                              \
    " JOIN pg_catalog.pg_namespace bn ON bn.oid = bc.relnamespace"                                 \
    " GROUP BY n.nspname, c.relname, c.oid, c.relnamespace, c.oid = r.base)"

static const char views_of_auth_sql[] =
    "WITH RECURSIVE " ROLES ", base AS (SELECT c.oid FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'auth' AND c.relkind IN ('r', 'p')), " READERS
    " SELECT name, CASE WHEN itself THEN pg_catalog.format('%s may be read by %s', name, whom)"
    " ELSE pg_catalog.format('%s shows %s to %s', name, tables, whom) END FROM shown"
    " WHERE whom IS NOT NULL ORDER BY 1";

static const char views_sql[] =
    "WITH RECURSIVE " ROLES ", base AS (SELECT $1::oid AS oid), " READERS
    " SELECT name, pg_catalog.format('%s shows %s to %s with its owner''s rights, past its"
    " policies', name, tables, whom) FROM shown WHERE whom IS NOT NULL AND NOT itself ORDER BY 1";

/* A function's text is only text: a table of accounts that is named in it is taken for read, without
 * its schema where the function's own path leads there. One that answers yes or no, or who somebody is, shows no account; a trigger is not called. */
static const char functions_sql[] =
    "WITH " ROLES " SELECT n.nspname || '.' || p.proname, pg_catalog.format("
    "'%s.%s(%s) reads %s as its owner, and may be called by %s', n.nspname, p.proname,"
    " pg_catalog.pg_get_function_identity_arguments(p.oid), 'auth.' || t.name,"
    " (SELECT pg_catalog.string_agg(o.rolname, ' and ' ORDER BY o.rolname) FROM roles o"
    "  WHERE pg_catalog.has_schema_privilege(o.oid, n.oid, 'USAGE')"
    "   AND pg_catalog.has_function_privilege(o.oid, p.oid, 'EXECUTE')))"
    " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
    " JOIN LATERAL (SELECT pg_catalog.min(c.relname::text) AS name FROM pg_catalog.pg_class c"
    "  WHERE c.relnamespace = 'auth'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p') AND ("
    "   p.prosrc ~* ('\\mauth\"?\\s*\\.\\s*\"?' || c.relname || '\\M') OR ("
    "    EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) s WHERE s ~* '^search_path=.*\\mauth\\M')"
    "    AND p.prosrc ~* ('(\\mfrom|\\mjoin|,)\\s*\"?' || c.relname || '\\M')) OR EXISTS ("
    "    SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.refobjid = c.oid"
    "     AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass"
    "     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass))) t ON t.name IS NOT NULL"
    " WHERE p.prosecdef AND n.nspname <> 'auth'"
    " AND n.nspname || '.' || p.proname <> ALL ($1::text[]) AND p.prorettype NOT IN ("
    "  'pg_catalog.bool'::pg_catalog.regtype, 'pg_catalog.uuid'::pg_catalog.regtype,"
    "  'pg_catalog.void'::pg_catalog.regtype, 'pg_catalog.trigger'::pg_catalog.regtype,"
    "  'pg_catalog.event_trigger'::pg_catalog.regtype)"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.objid = p.oid"
    "  AND x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND x.deptype = 'e')"
    " AND EXISTS (SELECT FROM roles o WHERE pg_catalog.has_schema_privilege(o.oid, n.oid, 'USAGE')"
    "  AND pg_catalog.has_function_privilege(o.oid, p.oid, 'EXECUTE')) ORDER BY 1, 2";

/* Everybody may make something in the schema public of a server that began before version 15. */
static const char schema_sql[] =
    "SELECT pg_catalog.string_agg(DISTINCT coalesce(r.rolname, 'public'), ' and ')"
    " FROM pg_catalog.pg_namespace n CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) g"
    " LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee"
    " WHERE n.nspname = $1 AND g.privilege_type = 'CREATE' AND (r.rolname IN ('anon',"
    " 'authenticated') OR (g.grantee = 0 AND n.nspname <> 'public'))";

static const char table_sql[] =
    "SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
    " ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2";

/* The functions that say who asks, which the level of access proves: an array's literal. */
static bool put_askers(const struct project *project, struct buffer *out, struct error *error)
{
    buffer_putc(out, '{');
    for (size_t i = 0; i < project->access_count; i++) {
        struct buffer name;
        buffer_init(&name);
        buffer_printf(&name, "%s.%s", project->accesses[i].schema, project->accesses[i].function);
        buffer_puts(out, i > 0 ? ",\"" : "\"");
        for (const char *c = buffer_text(&name); *c != '\0'; c++)
            buffer_printf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
        buffer_putc(out, '"');
        out->failed = out->failed || name.failed;
        buffer_release(&name);
    }
    buffer_putc(out, '}');
    return buffer_ok(out, error);
}

static bool look_at_accounts(struct inspection *inspection, struct error *error)
{
    static const struct {
        const char *what, *sql;
        int parameters;
    } ways[] = {
        {"what shows accounts", views_of_auth_sql, 0},
        {"functions that read accounts", functions_sql, 1},
    };
    struct buffer askers;
    buffer_init(&askers);
    bool ok = put_askers(inspection->verification->project, &askers, error);
    const char *const parameter = buffer_text(&askers);
    for (size_t w = 0; ok && w < sizeof ways / sizeof ways[0]; w++) {
        PGresult *rows =
            query(inspection, ways[w].what, ways[w].sql, &parameter, ways[w].parameters);
        inspection->checks++;
        for (int row = 0; ok && rows != NULL && row < PQntuples(rows); row++)
            ok = verdict_find(&inspection->verification->verdict, inspection->level, "exposed",
                              PQgetvalue(rows, row, 0), NULL, NULL, error, "%s",
                              PQgetvalue(rows, row, 1));
        PQclear(rows);
    }
    buffer_release(&askers);
    return ok;
}

static void look_at_views(struct inspection *inspection, const struct mapping_table *table)
{
    const char *const parameters[] = {table->schema, table->name};
    PGresult *oid = query(inspection, table->label, table_sql, parameters, 2);
    if (oid != NULL && PQntuples(oid) == 1) {
        const char *const parameter = PQgetvalue(oid, 0, 0);
        PGresult *rows = query(inspection, table->label, views_sql, &parameter, 1);
        inspection->checks++;
        for (int row = 0; rows != NULL && row < PQntuples(rows); row++)
            inspection_remark(inspection, "%s", PQgetvalue(rows, row, 1));
        PQclear(rows);
    }
    PQclear(oid);
}

static bool look_at_schema(struct inspection *inspection, const char *schema, struct error *error)
{
    PGresult *rows = query(inspection, schema, schema_sql, &schema, 1);
    bool ok = true;
    inspection->checks++;
    if (rows != NULL && !PQgetisnull(rows, 0, 0))
        ok = inspection_find(inspection, "grant", NULL, NULL, error,
                             "%s may make tables and functions in the schema %s",
                             PQgetvalue(rows, 0, 0), schema);
    PQclear(rows);
    return ok;
}

/* Whose tables the API shows, or the service's own: looked at whoever fills tables there. */
static const char *const of_every_target[] = {"public", "auth"};
enum { OF_EVERY_TARGET = sizeof of_every_target / sizeof of_every_target[0] };

static bool is_first_of_schema(const struct blueprint *blueprint, size_t index)
{
    const char *schema = blueprint->tables[index].mapping->schema;
    bool first = true;
    for (size_t i = 0; i < OF_EVERY_TARGET; i++)
        first = first && strcmp(of_every_target[i], schema) != 0;
    for (size_t i = 0; i < index; i++)
        first = first && strcmp(blueprint->tables[i].mapping->schema, schema) != 0;
    return first;
}

bool exposure_check(struct inspection *inspection, const struct blueprint *blueprint,
                    struct error *error)
{
    bool ok = look_at_accounts(inspection, error);
    for (size_t i = 0; ok && i < OF_EVERY_TARGET; i++)
        ok = look_at_schema(inspection, of_every_target[i], error);
    for (size_t i = 0; ok && i < blueprint->count; i++) {
        const struct mapping_table *table = blueprint->tables[i].mapping;
        if (!table->exists)
            look_at_views(inspection, table);
        ok = !is_first_of_schema(blueprint, i) || look_at_schema(inspection, table->schema, error);
    }
    return ok;
}
