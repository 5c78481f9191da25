/* Who may read and write: policies and grants. */
#include "building.h"
#include "graduate/sql.h"

#include <string.h>

bool ddl_policies(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    for (size_t i = 0; i < table->policy_count; i++) {
        const struct mapping_policy *policy = &table->policies[i];
        buffer_puts(sql, "create policy ");
        sql_put_identifier(sql, policy->name);
        buffer_puts(sql, " on ");
        ddl_put_table(sql, table);
        buffer_printf(sql, " for %s to ", policy->command);
        for (size_t r = 0; r < policy->roles.count; r++) {
            buffer_puts(sql, r > 0 ? ", " : "");
            sql_put_identifier(sql, policy->roles.items[r]);
        }
        if (policy->using != NULL)
            buffer_printf(sql, " using (%s)", policy->using);
        if (policy->with_check != NULL)
            buffer_printf(sql, " with check (%s)", policy->with_check);
        buffer_puts(exists, "select 1 from pg_catalog.pg_policy where polrelid = "
                            "pg_catalog.to_regclass(");
        ddl_put_table_literal(exists, table->schema, table->name);
        buffer_puts(exists, ") and polname = ");
        sql_put_literal(exists, policy->name);
        if (!building_add(b, SCHEMA_REST, sql, exists,
                          arena_printf(b->arena, "policy %s of %s", policy->name, table->label)))
            return false;
        buffer_puts(sql, "drop policy if exists ");
        sql_put_identifier(sql, policy->name);
        buffer_puts(sql, " on ");
        ddl_put_table(sql, table);
        if (!building_undo(b, sql))
            return false;
    }
    return true;
}

/* The rights that the role has on the table and its columns now. */
static bool ask_rights(struct building *b, const char *role, struct buffer *query)
{
    const struct mapping_table *table = b->output->table;
    static const char option[] = " case when a.is_grantable then ' with grant option' else '' end)";
    struct buffer named;
    buffer_init(&named);
    sql_put_identifier(&named, role);
    buffer_puts(query,
                "select concat_ws('; ', pg_catalog.format('revoke all on %s from %s', t, r), "
                "(select string_agg(pg_catalog.format('grant %s on %s to %s%s', "
                "a.privilege_type, t, r,");
    buffer_printf(query,
                  "%s, '; ') from pg_catalog.aclexplode(coalesce(c.relacl, "
                  "pg_catalog.acldefault('r', c.relowner))) a where a.grantee = g.oid), "
                  "(select string_agg(pg_catalog.format('grant %%s (%%I) on %%s to %%s%%s', "
                  "a.privilege_type, n.attname, t, r,%s, '; ') "
                  "from pg_catalog.pg_attribute n, pg_catalog.aclexplode(n.attacl) a "
                  "where n.attrelid = c.oid and a.grantee = g.oid)) from (select ",
                  option, option);
    ddl_put_table_literal(query, table->schema, table->name);
    buffer_puts(query, " as t, ");
    sql_put_literal(query, buffer_text(&named));
    buffer_puts(query, " as r) names join pg_catalog.pg_class c on c.oid = "
                       "pg_catalog.to_regclass(t) join pg_catalog.pg_roles g on g.rolname = ");
    sql_put_literal(query, role);
    query->failed = query->failed || named.failed;
    buffer_release(&named);
    return building_ask_undo(b, query);
}

/* With the undo of all that becomes of the role's rights. */
static bool build_revoke(struct building *b, const char *role, struct buffer *sql,
                         struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    buffer_puts(sql, "revoke all on ");
    ddl_put_table(sql, table);
    buffer_puts(sql, " from ");
    sql_put_identifier(sql, role);
    return building_add(b, SCHEMA_REST, sql, exists,
                        arena_printf(b->arena, "no rights of %s on %s", role, table->label)) &&
           ask_rights(b, role, sql);
}

static char *usage_name(struct building *b, const char *role)
{
    return arena_printf(b->arena, "usage of %s by %s", b->output->table->schema, role);
}

static bool has_statement(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->statement_count; i++)
        if (strcmp(schema->statements[i].name, name) == 0)
            return true;
    return false;
}

/* A right on a table is none without one on its schema. In "public" Supabase's roles have it. */
bool ddl_usages(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    for (size_t i = 0; i < table->grant_count; i++) {
        const struct mapping_grant *grant = &table->grants[i];
        char *name = usage_name(b, grant->role);
        if (name == NULL)
            return error_memory(b->error);
        if (strcmp(table->schema, "public") == 0 || grant->privileges.count == 0 ||
            has_statement(b->schema, name))
            continue;
        buffer_puts(sql, "grant usage on schema ");
        sql_put_identifier(sql, table->schema);
        buffer_puts(sql, " to ");
        sql_put_identifier(sql, grant->role);
        buffer_puts(exists, "select 1 where pg_catalog.has_schema_privilege(");
        sql_put_literal(exists, grant->role);
        buffer_puts(exists, ", ");
        sql_put_literal(exists, table->schema);
        buffer_puts(exists, ", 'usage')");
        if (!building_add(b, SCHEMA_REST, sql, exists, name))
            return false;
        buffer_puts(sql, "revoke usage on schema ");
        sql_put_identifier(sql, table->schema);
        buffer_puts(sql, " from ");
        sql_put_identifier(sql, grant->role);
        if (!building_undo(b, sql))
            return false;
    }
    return true;
}

/* Neither of Supabase's two states of default privileges is relied on: all rights of the roles that
 * the mapping names are taken away, then the named ones given. Strangers have none unless the
 * mapping names them. */
bool ddl_grants(struct building *b, struct buffer *sql, struct buffer *exists)
{
    static const char strangers[] = "anon";
    const struct mapping_table *table = b->output->table;
    bool named = false;
    for (size_t i = 0; i < table->grant_count; i++)
        named = named || strcmp(table->grants[i].role, strangers) == 0;
    if (!named && !build_revoke(b, strangers, sql, exists))
        return false;
    for (size_t i = 0; i < table->grant_count; i++) {
        const struct mapping_grant *grant = &table->grants[i];
        if (!build_revoke(b, grant->role, sql, exists))
            return false;
        if (grant->privileges.count == 0)
            continue;
        buffer_puts(sql, "grant ");
        for (size_t p = 0; p < grant->privileges.count; p++)
            buffer_printf(sql, "%s%s", p > 0 ? ", " : "", grant->privileges.items[p]);
        buffer_puts(sql, " on ");
        ddl_put_table(sql, table);
        buffer_puts(sql, " to ");
        sql_put_identifier(sql, grant->role);
        if (!building_add(b, SCHEMA_REST, sql, exists,
                          arena_printf(b->arena, "rights of %s on %s", grant->role, table->label)))
            return false;
    }
    return true;
}
