#include "admission.h"

#include <stdio.h>
#include <string.h>

/* As whom is asked: whether he may at all, whether policies hold for him, and their conditions.
 * Policies that permit are alternatives; those that restrict must all hold. */
enum { RULE_MAY, RULE_ACTIVE, RULE_USING, RULE_USING_ALL, RULE_CHECK, RULE_CHECK_ALL };
static const char rules_sql[] =
    "WITH p AS (SELECT p.polpermissive AS permits, pg_get_expr(p.polqual, p.polrelid) AS rows,"
    "  coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid), 'true')"
    "   AS fit FROM pg_policy p WHERE p.polrelid = (SELECT c.oid FROM pg_class c JOIN pg_namespace n"
    "   ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2)"
    "  AND p.polcmd IN ('*', CASE $3 WHEN 'INSERT' THEN 'a'::\"char\" WHEN 'UPDATE' THEN 'w'"
    "   WHEN 'DELETE' THEN 'd' ELSE 'r' END)"
    "  AND EXISTS (SELECT FROM unnest(p.polroles) r WHERE CASE r WHEN 0 THEN true"
    "   ELSE pg_has_role(r, 'USAGE') END))"
    " SELECT has_schema_privilege(n.oid, 'USAGE') AND ($3 = 'INSERT'"
    "   OR has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))"
    "  AND CASE $3 WHEN 'DELETE' THEN has_table_privilege(c.oid, 'DELETE')"
    "   ELSE has_any_column_privilege(c.oid, $3) END,"
    " row_security_active(c.oid),"
    " coalesce((SELECT string_agg('(' || coalesce(rows, 'true') || ')', ' OR ') FROM p WHERE permits), 'false'),"
    " coalesce((SELECT string_agg('(' || coalesce(rows, 'true') || ')', ' AND ') FROM p WHERE NOT permits), 'true'),"
    " coalesce((SELECT string_agg('(' || fit || ')', ' OR ') FROM p WHERE permits), 'false'),"
    " coalesce((SELECT string_agg('(' || fit || ')', ' AND ') FROM p WHERE NOT permits), 'true')"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')";

static const char *const privileges[ACTS] = {
    [ACT_READ] = "SELECT", [ACT_UPDATE] = "UPDATE", [ACT_DELETE] = "DELETE", [ACT_CREATE] = "INSERT"};

static const char *role_of(const struct asker *asker)
{
    return asker->id != NULL ? "authenticated" : "anon";
}

/* Within a savepoint. False: the server refuses it, or there is no server. */
static bool enter(struct inspection *inspection, const struct asker *asker, struct error *why)
{
    bool user = asker->id != NULL;
    char sql[512];
    snprintf(sql, sizeof sql,
             "SAVEPOINT asker; SET LOCAL row_security = on;"
             " SELECT pg_catalog.set_config('request.jwt.claims',"
             " '{%s%s%s\"role\": \"%s\"}', true); SET LOCAL ROLE %s",
             user ? "\"sub\": \"" : "", user ? asker->uuid : "", user ? "\", " : "",
             role_of(asker), role_of(asker));
    return postgres_exec(&inspection->verification->target, sql, why);
}

/* Leave him. What the server refused him is no error of the level, but `refusal`. */
static bool leave(struct inspection *inspection, bool ok, const struct error *why,
                  struct buffer *refusal, struct error *error)
{
    struct postgres *target = &inspection->verification->target;
    static const char back[] = "ROLLBACK TO SAVEPOINT asker; RELEASE SAVEPOINT asker";
    if (!ok && why->code != ERROR_TARGET) {
        struct error unused;
        *error = *why;
        postgres_exec(target, back, &unused);
        return false;
    }
    buffer_puts(refusal, ok ? "" : why->message);
    return postgres_exec(target, back, error) && buffer_ok(refusal, error);
}

bool admission_can(struct inspection *inspection, const struct asker *asker, bool *can,
                   struct error *error)
{
    struct error why = {0};
    struct buffer refusal;
    buffer_init(&refusal);
    *can = enter(inspection, asker, &why);
    bool ok = leave(inspection, *can, &why, &refusal, error);
    if (ok && !*can)
        inspection_doubt(inspection,
                         "the role that verifies must be able to become %s (GRANT %s TO it): %s",
                         role_of(asker), role_of(asker), buffer_text(&refusal));
    buffer_release(&refusal);
    return ok;
}

/* ---- rules ----------------------------------------------------------------------------------- */

void admission_rule_release(struct admission_rule *rule)
{
    buffer_release(&rule->condition);
    buffer_release(&rule->refusal);
}

static void put_conditions(const PGresult *rules, enum act act, struct buffer *sql)
{
    bool using = act == ACT_UPDATE || act == ACT_DELETE;
    bool check = act == ACT_UPDATE || act == ACT_CREATE;
    if (!query_true(rules, 0, RULE_ACTIVE)) {
        buffer_puts(sql, "true");
        return;
    }
    if (using)
        buffer_printf(sql, "(%s) AND (%s)", query_text(rules, 0, RULE_USING),
                      query_text(rules, 0, RULE_USING_ALL));
    if (check)
        buffer_printf(sql, "%s(%s) AND (%s)", using ? " AND " : "", query_text(rules, 0, RULE_CHECK),
                      query_text(rules, 0, RULE_CHECK_ALL));
    buffer_puts(sql, using || check ? "" : "true");
}

/* Asked as he asks, once for all who come by his role. */
static bool learn(const struct admission *admission, struct error *error)
{
    const struct mapping_table *table = admission->table;
    const char *const parameters[] = {table->schema, table->name, privileges[admission->act]};
    struct admission_rule *rule = admission->rule;
    struct error why = {0};
    PGresult *rows = NULL;
    if (rule->known)
        return true;
    rule->known = true;
    bool ok = enter(admission->inspection, admission->asker, &why) &&
              postgres_query(&admission->inspection->verification->target, rules_sql, parameters, 3,
                             &rows, &why);
    if (ok && PQntuples(rows) != 1)
        ok = error_set(&why, ERROR_TARGET, "there is no table %s", table->label);
    rule->may = ok && query_true(rows, 0, RULE_MAY);
    if (rule->may)
        put_conditions(rows, admission->act, &rule->condition);
    PQclear(rows);
    return leave(admission->inspection, ok, &why, &rule->refusal, error) &&
           buffer_ok(&rule->condition, error);
}

/* ---- questions ------------------------------------------------------------------------------- */

static void put_select(const struct admission *admission, const char *const *names, size_t count,
                       struct buffer *sql)
{
    buffer_puts(sql, "SELECT ");
    for (size_t i = 0; i < count; i++) {
        buffer_puts(sql, i > 0 ? ", " : "");
        query_put_name(sql, names[i]);
    }
    buffer_puts(sql, " FROM ");
    query_put_table(sql, admission->table->schema, admission->table->name);
    buffer_printf(sql, " WHERE %s", buffer_text(&admission->rule->condition));
}

bool admission_rows(const struct admission *admission, const char *const *names,
                    const struct pgtype *types, size_t count, found_callback callback,
                    void *context, struct buffer *refusal, struct error *error)
{
    struct error why = {0};
    struct buffer sql;
    buffer_clear(refusal);
    if (!learn(admission, error))
        return false;
    buffer_puts(refusal, buffer_text(&admission->rule->refusal));
    if (!admission->rule->may)
        return buffer_ok(refusal, error);
    buffer_init(&sql);
    put_select(admission, names, count, &sql);
    bool ok = buffer_ok(&sql, error);
    if (ok) {
        bool read = enter(admission->inspection, admission->asker, &why) &&
                    found_read(&admission->inspection->verification->target, buffer_text(&sql),
                               types, count, callback, context, &why);
        ok = leave(admission->inspection, read, &why, refusal, error);
    }
    buffer_release(&sql);
    return ok;
}

/* A row that says of nobody that he may anything. */
static void put_new_row(const struct mapping_table *table, const char *column, struct buffer *sql)
{
    buffer_puts(sql, "pg_catalog.jsonb_populate_record(NULL::");
    query_put_table(sql, table->schema, table->name);
    buffer_puts(sql, ", pg_catalog.jsonb_build_object(");
    if (column != NULL) {
        query_put_literal(sql, column);
        buffer_puts(sql, ", '[]'::jsonb");
    }
    buffer_puts(sql, ")) AS ");
    query_put_name(sql, table->name);
}

bool admission_to_create(const struct admission *admission, const char *column, bool *may,
                         struct buffer *refusal, struct error *error)
{
    struct error why = {0};
    struct buffer sql;
    PGresult *answer = NULL;
    *may = false;
    buffer_clear(refusal);
    if (!learn(admission, error))
        return false;
    buffer_puts(refusal, buffer_text(&admission->rule->refusal));
    if (!admission->rule->may)
        return buffer_ok(refusal, error);
    buffer_init(&sql);
    buffer_printf(&sql, "SELECT coalesce(%s, false) FROM ",
                  buffer_text(&admission->rule->condition));
    put_new_row(admission->table, column, &sql);
    bool ok = buffer_ok(&sql, error);
    if (ok) {
        bool asked = enter(admission->inspection, admission->asker, &why) &&
                     postgres_query(&admission->inspection->verification->target,
                                    buffer_text(&sql), NULL, 0, &answer, &why);
        *may = asked && PQntuples(answer) == 1 && query_true(answer, 0, 0);
        PQclear(answer);
        ok = leave(admission->inspection, asked, &why, refusal, error);
    }
    buffer_release(&sql);
    return ok;
}
