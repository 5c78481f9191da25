/* level_supabase: who may see which rows, and whether Supabase Auth can read its own.
 *
 * Row-level security, policies and grants are the mapping's, table by table; what is there beyond
 * them is told, too, because it opens what the mapping closes. */
#include "blueprint.h"
#include "exposure.h"
#include "expression.h"
#include "level.h"
#include "query.h"
#include "scanner_check.h"
#include "service_columns.h"
#include "source_object.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_WARNINGS = 8 }; /* kinds of them that the scan of the accounts knows */

/* Tables without a policy, "public.a, public.b": nothing is wrong with them, and the application
 * sees none of their rows. Whether service_role does is a right of its own. */
struct unread {
    struct buffer by_service, by_owner;
    int64_t by_service_count, by_owner_count;
};

struct look {
    struct inspection *inspection;
    const struct blueprint_table *table;
    const struct mapping_table *mapping; /* the form that makes the table */
    const char *oid;
    struct unread *unread;
    struct error *error;
};

static const char roles_sql[] =
    "SELECT string_agg(name, ', ')"
    " FROM (VALUES ('anon'), ('authenticated'), ('service_role')) r (name)"
    " WHERE NOT EXISTS (SELECT FROM pg_roles p WHERE p.rolname = r.name)";

static const char table_sql[] =
    "SELECT c.oid, c.relrowsecurity, has_table_privilege('service_role', c.oid, 'SELECT')"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')";

/* Roles in the order of their bytes, one to a line. */
enum { POLICY_NAME, POLICY_COMMAND, POLICY_PERMISSIVE, POLICY_ROLES, POLICY_USING, POLICY_CHECK };
static const char policies_sql[] =
    "SELECT p.polname, CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert'"
    "  WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END, p.polpermissive,"
    " (SELECT string_agg(u.name, E'\\n' ORDER BY u.name) FROM unnest(p.polroles) r (oid)"
    "  CROSS JOIN LATERAL (SELECT CASE r.oid WHEN 0 THEN 'public' ELSE pg_get_userbyid(r.oid)::text"
    "   END COLLATE \"C\" AS name) u),"
    " pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)"
    " FROM pg_policy p WHERE p.polrelid = $1::oid ORDER BY p.polname";

/* Of one role ($2): what it was itself granted, on the table and on single columns ("SELECT",
 * "UPDATE (title)", "SELECT WITH GRANT OPTION"); what it may do beyond that and what everybody may,
 * through roles that it is a member of; whether it may look into the schema. Defaults are in
 * acldefault. */
enum { GRANT_ROLE, GRANT_OWN, GRANT_INHERITED, GRANT_SCHEMA };
static const char grants_sql[] =
    "WITH r AS (SELECT CASE lower($2) WHEN 'public' THEN 0::oid"
    "  ELSE (SELECT p.oid FROM pg_roles p WHERE p.rolname = $2) END AS oid),"
    " c AS (SELECT c.oid, c.relnamespace, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl"
    "  FROM pg_class c WHERE c.oid = $1::oid)"
    " SELECT r.oid, (SELECT coalesce(string_agg(what, ', ' ORDER BY what COLLATE \"C\"), '') FROM ("
    "   SELECT g.privilege_type || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"
    "    FROM aclexplode(c.acl) g WHERE g.grantee = r.oid"
    "   UNION ALL SELECT g.privilege_type || ' (' || a.attname || ')'"
    "    FROM pg_attribute a, aclexplode(a.attacl) g"
    "    WHERE a.attrelid = c.oid AND g.grantee = r.oid) x (what)),"
    "  (SELECT coalesce(string_agg(p.name, ', ' ORDER BY p.name), '')"
    "   FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES',"
    "    'TRIGGER']) p (name)"
    "   WHERE r.oid <> 0 AND has_table_privilege(r.oid, c.oid, p.name) AND NOT EXISTS"
    "    (SELECT FROM aclexplode(c.acl) g"
    "     WHERE g.privilege_type = p.name AND g.grantee IN (0, r.oid))),"
    "  r.oid = 0 OR has_schema_privilege(r.oid, c.relnamespace, 'USAGE')"
    " FROM r, c";

/* "all": what an owner has; it grows with the server's version. */
static const char all_sql[] =
    "SELECT string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type COLLATE \"C\")"
    " FROM aclexplode(acldefault('r', 10)) g WHERE g.grantee = 10";

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The words in the order of their bytes, joined; upper case where asked. */
static bool join(const struct words *words, const char *between, bool upper, struct buffer *out,
                 struct error *error)
{
    const char **sorted = calloc(words->count + 1, sizeof *sorted);
    if (sorted == NULL)
        return error_memory(error);
    for (size_t i = 0; i < words->count; i++)
        sorted[i] = words->items[i];
    qsort(sorted, words->count, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < words->count; i++) {
        buffer_puts(out, i > 0 ? between : "");
        for (const char *c = sorted[i]; *c != '\0'; c++)
            buffer_putc(out, upper && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    }
    free(sorted);
    return buffer_ok(out, error);
}

static bool find(const struct look *look, const char *kind, const char *text)
{
    return inspection_find(look->inspection, kind, look->mapping->label, NULL, look->error, "%s",
                           text);
}

/* *differs stays as it is when it cannot be told (a doubt then). */
static void compare_condition(const struct look *look, const char *policy, const char *expected,
                              const char *found, bool *differs)
{
    char what[256];
    bool same;
    snprintf(what, sizeof what, "the policy \"%s\" of %s", policy, look->mapping->label);
    if (expected == NULL || found == NULL)
        *differs = expected != found;
    else if (expression_same(look->inspection, what, look->mapping->schema, look->mapping->name,
                             EXPRESSION_CONDITION, NULL, expected, found, &same))
        *differs = !same;
}

static bool compare_policy(const struct look *look, const struct mapping_policy *policy,
                           const PGresult *found, int row)
{
    struct buffer roles;
    bool other_using = false, other_check = false;
    buffer_init(&roles);
    bool ok = join(&policy->roles, "\n", false, &roles, look->error);
    bool other_roles = strcmp(buffer_text(&roles), PQgetvalue(found, row, POLICY_ROLES)) != 0;
    bool other_command = strcmp(policy->command, PQgetvalue(found, row, POLICY_COMMAND)) != 0;
    bool restrictive = !query_true(found, row, POLICY_PERMISSIVE);
    buffer_release(&roles);
    compare_condition(look, policy->name, policy->using, query_text(found, row, POLICY_USING),
                      &other_using);
    compare_condition(look, policy->name, policy->with_check, query_text(found, row, POLICY_CHECK),
                      &other_check);
    const char *differs = other_command ? "its command"
                          : other_roles ? "its roles"
                          : restrictive ? "being restrictive"
                          : other_using ? "its USING"
                          : other_check ? "its WITH CHECK"
                                        : NULL;
    if (!ok || differs == NULL)
        return ok;
    return inspection_find(look->inspection, "no policy", look->mapping->label, NULL, look->error,
                           "the policy \"%s\" differs from the mapping's in %s", policy->name,
                           differs);
}

static bool is_policy(const struct look *look, const char *name)
{
    for (size_t i = 0; i < look->mapping->policy_count; i++)
        if (strcmp(look->mapping->policies[i].name, name) == 0)
            return true;
    return look->mapping->policy_count == 0 && /* else the source's would stand beside them */
           source_object_named(look->inspection->verification, look->table, "policy", name) != NULL;
}

static void note_unread(struct unread *unread, const char *label, bool by_service)
{
    struct buffer *out = by_service ? &unread->by_service : &unread->by_owner;
    buffer_printf(out, "%s%s", out->length > 0 ? ", " : "", label);
    *(by_service ? &unread->by_service_count : &unread->by_owner_count) += 1;
}

static void remark_unread(struct inspection *inspection, struct unread *unread)
{
    if (unread->by_service_count > 0)
        inspection_remark(inspection,
                          "%s %s row-level security and no policy; only the owner and service_role "
                          "read %s",
                          buffer_text(&unread->by_service),
                          unread->by_service_count > 1 ? "have" : "has",
                          unread->by_service_count > 1 ? "them" : "it");
    if (unread->by_owner_count > 0)
        inspection_remark(inspection,
                          "%s %s row-level security and no policy; only the owner reads %s, for "
                          "service_role has no right to",
                          buffer_text(&unread->by_owner),
                          unread->by_owner_count > 1 ? "have" : "has",
                          unread->by_owner_count > 1 ? "them" : "it");
}

static bool look_at_policies(const struct look *look, bool by_service)
{
    char what[256], text[256];
    snprintf(what, sizeof what, "the policies of %s", look->mapping->label);
    PGresult *found = query(look->inspection, what, policies_sql, &look->oid, 1);
    bool ok = true;
    for (size_t i = 0; ok && found != NULL && i < look->mapping->policy_count; i++) {
        const struct mapping_policy *policy = &look->mapping->policies[i];
        int row = 0;
        look->inspection->checks++;
        while (row < PQntuples(found) &&
               strcmp(PQgetvalue(found, row, POLICY_NAME), policy->name) != 0)
            row++;
        snprintf(text, sizeof text, "the policy \"%s\" is missing", policy->name);
        ok = row < PQntuples(found) ? compare_policy(look, policy, found, row)
                                    : find(look, "no policy", text);
    }
    for (int row = 0; ok && found != NULL && row < PQntuples(found); row++) {
        const char *name = PQgetvalue(found, row, POLICY_NAME);
        snprintf(text, sizeof text, "the policy \"%s\" is none of the mapping's", name);
        ok = is_policy(look, name) || find(look, "extra policy", text);
    }
    if (found != NULL && PQntuples(found) == 0 && look->mapping->policy_count == 0)
        note_unread(look->unread, look->mapping->label, by_service);
    PQclear(found);
    return ok;
}

static bool names_all(const struct words *privileges)
{
    for (size_t i = 0; i < privileges->count; i++)
        if (strcmp(privileges->items[i], "all") == 0)
            return true;
    return false;
}

/* *known is false, with the doubt told, when the server does not say. */
static bool put_privileges(const struct look *look, const struct words *privileges,
                           struct buffer *out, bool *known)
{
    *known = true;
    if (!names_all(privileges))
        return join(privileges, ", ", true, out, look->error);
    PGresult *rows = query(look->inspection, look->mapping->label, all_sql, NULL, 0);
    *known = rows != NULL;
    buffer_puts(out, *known ? PQgetvalue(rows, 0, 0) : "");
    PQclear(rows);
    return buffer_ok(out, look->error);
}

/* What is wrong with a role's rights, if anything; `wanted` is "" for none. */
static bool compare_grants(const struct look *look, const char *role, const char *wanted,
                           const PGresult *rows)
{
    const char *own = PQgetvalue(rows, 0, GRANT_OWN);
    const char *inherited = PQgetvalue(rows, 0, GRANT_INHERITED);
    char text[512] = "";
    if (PQgetisnull(rows, 0, GRANT_ROLE) && wanted[0] != '\0')
        snprintf(text, sizeof text, "there is no role %s, which should have %s", role, wanted);
    else if (strcmp(own, wanted) != 0)
        snprintf(text, sizeof text, "%s has %s; it should have %s", role,
                 own[0] != '\0' ? own : "no rights", wanted[0] != '\0' ? wanted : "none");
    else if (inherited[0] != '\0')
        snprintf(text, sizeof text, "%s may %s through a role that it is a member of", role,
                 inherited);
    else if (wanted[0] != '\0' && !query_true(rows, 0, GRANT_SCHEMA))
        snprintf(text, sizeof text, "%s has %s on the table, and no right on its schema", role,
                 wanted);
    return text[0] == '\0' || find(look, "grant", text);
}

static bool look_at_grants(const struct look *look, const char *role,
                           const struct words *privileges)
{
    const char *const parameters[] = {look->oid, role};
    struct buffer wanted;
    bool known = false;
    buffer_init(&wanted);
    bool ok = put_privileges(look, privileges, &wanted, &known);
    PGresult *rows = ok && known
                         ? query(look->inspection, look->mapping->label, grants_sql, parameters, 2)
                         : NULL;
    look->inspection->checks++;
    ok = ok && (rows == NULL || compare_grants(look, role, buffer_text(&wanted), rows));
    PQclear(rows);
    buffer_release(&wanted);
    return ok;
}

/* The roles that the mapping names, and the two that stand for everybody whether it names them or
 * not. */
static bool look_at_roles(const struct look *look)
{
    static const char *const everybody[] = {"anon", "public"};
    static const struct words none = {0};
    const struct mapping_table *mapping = look->mapping;
    bool ok = true;
    for (size_t i = 0; ok && i < mapping->grant_count; i++)
        ok = look_at_grants(look, mapping->grants[i].role, &mapping->grants[i].privileges);
    for (size_t e = 0; ok && e < 2; e++) {
        bool named = false;
        for (size_t i = 0; i < mapping->grant_count; i++)
            named = named || strcasecmp(mapping->grants[i].role, everybody[e]) == 0;
        ok = named || look_at_grants(look, everybody[e], &none);
    }
    return ok;
}

/* What is not there is told by the level of references; here it could not be looked at. */
static bool look_at_table(struct inspection *inspection, const struct blueprint_table *table,
                          struct unread *unread, struct error *error)
{
    const struct mapping_table *mapping = table->mapping;
    const char *const parameters[] = {mapping->schema, mapping->name};
    PGresult *rows = query(inspection, mapping->label, table_sql, parameters, 2);
    bool ok = true;
    if (rows != NULL && PQntuples(rows) == 0) {
        inspection_doubt(inspection, "there is no table %s", mapping->label);
    } else if (rows != NULL) {
        const struct look look = {inspection, table, mapping, PQgetvalue(rows, 0, 0),
                                  unread,     error};
        inspection->checks++;
        ok = (query_true(rows, 0, 1) ||
              find(&look, "row security",
                   "row-level security is off: whoever has a right on the table sees every row")) &&
             look_at_policies(&look, query_true(rows, 0, 2)) && look_at_roles(&look);
    }
    PQclear(rows);
    return ok;
}

/* A table that the target brings keeps its own security: what that lets nobody see, or everybody,
 * is told, and is no fault. The service's own tables are for nobody else. */
enum { THERE_SECURE, THERE_BY_SERVICE, THERE_POLICY, THERE_READERS };
static const char there_sql[] =
    "SELECT c.relrowsecurity, has_table_privilege('service_role', c.oid, 'SELECT'),"
    " EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid),"
    " (SELECT string_agg(r.rolname, ' and ' ORDER BY r.rolname) FROM pg_roles r"
    "  WHERE r.rolname IN ('anon', 'authenticated') AND has_schema_privilege(r.oid,"
    "   c.relnamespace, 'USAGE') AND has_any_column_privilege(r.oid, c.oid, 'SELECT'))"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')"
    " AND n.nspname NOT IN ('auth', 'storage')";

static void look_at_there(struct inspection *inspection, const struct mapping_table *mapping,
                          struct unread *unread)
{
    const char *const parameters[] = {mapping->schema, mapping->name};
    PGresult *rows = query(inspection, mapping->label, there_sql, parameters, 2);
    bool found = rows != NULL && PQntuples(rows) == 1;
    inspection->checks += found;
    if (found && !query_true(rows, 0, THERE_SECURE) && !PQgetisnull(rows, 0, THERE_READERS))
        inspection_remark(inspection,
                          "%s has no row-level security, and every row of it may be "
                          "read by %s",
                          mapping->label, PQgetvalue(rows, 0, THERE_READERS));
    else if (found && query_true(rows, 0, THERE_SECURE) && !query_true(rows, 0, THERE_POLICY))
        note_unread(unread, mapping->label, query_true(rows, 0, THERE_BY_SERVICE));
    PQclear(rows);
}

static bool look_at_tables(struct inspection *inspection, struct error *error)
{
    const struct verification *verification = inspection->verification;
    struct blueprint blueprint;
    struct unread unread = {0};
    struct error why = {0};
    if (!blueprint_init(&blueprint, verification->project, verification->catalogs,
                        verification->catalog_count, &why)) {
        if (why.code != ERROR_USAGE) {
            *error = why;
            return false;
        }
        inspection_doubt(inspection, "%s", why.message);
        return true;
    }
    bool ok = true;
    buffer_init(&unread.by_service);
    buffer_init(&unread.by_owner);
    for (size_t i = 0; ok && i < blueprint.count; i++) {
        const struct mapping_table *mapping = blueprint.tables[i].mapping;
        if (mapping->exists)
            look_at_there(inspection, mapping, &unread);
        ok = (mapping->exists || look_at_table(inspection, &blueprint.tables[i], &unread, error)) &&
             service_columns_check(inspection, &blueprint.tables[i], error);
    }
    ok = ok && exposure_check(inspection, &blueprint, error);
    remark_unread(inspection, &unread);
    ok = ok && buffer_ok(&unread.by_service, error) && buffer_ok(&unread.by_owner, error);
    buffer_release(&unread.by_service);
    buffer_release(&unread.by_owner);
    blueprint_release(&blueprint);
    return ok;
}

/* Rows of one kind that are as the mapping means them. */
struct warning {
    char *text; /* with its table and column */
    int64_t rows;
};
struct scan {
    struct inspection *inspection;
    struct warning warnings[MOST_WARNINGS];
    size_t warning_count;
};

enum { PROBLEM_TEXT, PROBLEM_TABLE, PROBLEM_ROW, PROBLEM_COLUMN, PROBLEM_WEIGHT };

static bool count_warning(struct scan *scan, const PGresult *rows, struct error *error)
{
    char text[512];
    size_t i = 0;
    snprintf(text, sizeof text, "%s, %s %s", PQgetvalue(rows, 0, PROBLEM_TABLE),
             PQgetvalue(rows, 0, PROBLEM_COLUMN), PQgetvalue(rows, 0, PROBLEM_TEXT));
    while (i < scan->warning_count && strcmp(scan->warnings[i].text, text) != 0)
        i++;
    if (i == MOST_WARNINGS)
        return error_set(error, ERROR_BUG,
                         "the scan of the accounts has more kinds of warnings "
                         "than there is room for");
    if (i == scan->warning_count) {
        scan->warnings[i] = (struct warning){strdup(text), 0};
        if (scan->warnings[i].text == NULL)
            return error_memory(error);
        scan->warning_count++;
    }
    scan->warnings[i].rows++;
    return true;
}

static bool visit_problem(void *context, const PGresult *rows, struct error *error)
{
    struct scan *scan = context;
    if (strcmp(PQgetvalue(rows, 0, PROBLEM_WEIGHT), "warning") == 0)
        return count_warning(scan, rows, error);
    return inspection_find(scan->inspection, "auth", PQgetvalue(rows, 0, PROBLEM_TABLE),
                           PQgetvalue(rows, 0, PROBLEM_ROW), error, "%s %s",
                           PQgetvalue(rows, 0, PROBLEM_COLUMN), PQgetvalue(rows, 0, PROBLEM_TEXT));
}

static bool look_at_accounts(struct inspection *inspection, struct error *error)
{
    struct scan scan = {.inspection = inspection};
    bool ok = query_each(inspection, "the rows of Supabase Auth", scanner_check, visit_problem,
                         &scan, error);
    for (size_t i = 0; i < scan.warning_count; i++) {
        const struct warning *warning = &scan.warnings[i];
        inspection_remark(inspection, "%" PRId64 " %s of %s", warning->rows,
                          warning->rows == 1 ? "row" : "rows", warning->text);
        free(warning->text);
    }
    return ok;
}

bool level_supabase(struct verification *verification, struct error *error)
{
    struct inspection inspection;
    bool ok = true;
    inspection_begin(&inspection, verification, LEVEL_SUPABASE);
    if (verification->project->plain) {
        inspection_remark(&inspection, "the project says that the target is a plain PostgreSQL");
        return inspection_close(&inspection, true, error);
    }
    PGresult *roles = query(&inspection, "the roles of the target", roles_sql, NULL, 0);
    const char *missing = roles != NULL ? query_text(roles, 0, 0) : NULL;
    if (missing != NULL)
        inspection_doubt(&inspection, "this target is no Supabase: there is no role %s", missing);
    if (roles != NULL && missing == NULL) {
        inspection.checks++;
        ok = look_at_tables(&inspection, error) && look_at_accounts(&inspection, error);
    }
    PQclear(roles);
    return inspection_close(&inspection, ok, error);
}
