/* The function that says what who asks may: his roles in the old Appwrite, each as a permission of
 * one action, 'read("team:ID/owner")'. It reads accounts and memberships with its owner's rights,
 * and tells nobody of others. */
#include "building.h"
#include "graduate/sql.h"

#include <string.h>

static bool has_statement(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->statement_count; i++)
        if (strcmp(schema->statements[i].name, name) == 0)
            return true;
    return false;
}

static void put_verified(const struct access *access, struct buffer *sql)
{
    if (access->verified == NULL) {
        buffer_puts(sql, "u.email_confirmed_at is not null or u.phone_confirmed_at is not null");
        return;
    }
    buffer_puts(sql, "u.raw_app_meta_data ->> ");
    sql_put_literal(sql, access->verified);
    buffer_puts(sql, " = 'true'");
}

static void put_column(struct buffer *sql, const char *before, const struct mapping_column *column)
{
    buffer_printf(sql, "%sm.", before);
    sql_put_identifier(sql, column->name);
}

static void put_memberships(const struct access *access, struct buffer *sql)
{
    put_column(sql, "    union all\n    select unnest(array['team:' || ", access->team);
    put_column(sql, ", 'member:' || ", access->member);
    put_column(sql, "]\n      || array(select 'team:' || ", access->team);
    put_column(sql, " || '/' || role from unnest(", access->roles);
    buffer_puts(sql, ") role))\n      from asker join ");
    ddl_put_table(sql, access->roster);
    put_column(sql, " m on ", access->user);
    put_column(sql, " = asker.id where ", access->confirm);
    buffer_putc(sql, '\n');
}

/* PL/pgSQL, for it keeps its plan for the session: a function in SQL is planned with every
 * statement. Somebody whom no account is, or a blocked one, has no roles at all, not even those of everybody.
 * "write" is in documents of old, and is to update and to delete. */
static void put_body(const struct access *access, struct buffer *sql)
{
    buffer_puts(sql, "\nbegin\n  return (with asker as (\n"
                     "    select u.id, case when ");
    put_verified(access, sql);
    buffer_puts(sql, " then 'verified' else 'unverified' end as state,\n"
                     "      case jsonb_typeof(u.raw_app_meta_data -> ");
    sql_put_literal(sql, access->labels);
    buffer_puts(sql, ") when 'array' then u.raw_app_meta_data -> ");
    sql_put_literal(sql, access->labels);
    buffer_puts(sql, " else '[]' end as labels\n"
                     "    from auth.users u\n"
                     "    where u.id = auth.uid() and u.deleted_at is null\n"
                     "      and (u.banned_until is null or u.banned_until <= now())\n"
                     "  ), roles (role) as (\n"
                     "    select unnest(array['any', 'guests']) where auth.uid() is null\n"
                     "    union all\n"
                     "    select unnest(array['any', 'users', 'users/' || state, 'user:' || id,\n"
                     "      'user:' || id || '/' || state]) from asker\n"
                     "    union all\n"
                     "    select 'label:' || jsonb_array_elements_text(labels) from asker\n");
    if (access->roster != NULL)
        put_memberships(access, sql);
    buffer_puts(sql, "  )\n"
                     "  select coalesce(array_agg(kind || '(\"' || role || '\")'), '{}') from roles,\n"
                     "    unnest(case action when 'read' then array[action]"
                     " else array[action, 'write'] end) kind);\nend\n");
}

static void put_function(const struct access *access, struct buffer *sql)
{
    sql_put_qualified(sql, access->schema, access->function);
    buffer_puts(sql, "(text)");
}

static bool build_function(struct building *b, const struct access *access, struct buffer *sql,
                           struct buffer *exists, char *name)
{
    struct buffer body;
    buffer_init(&body);
    put_body(access, &body);
    buffer_puts(sql, "create function ");
    sql_put_qualified(sql, access->schema, access->function);
    buffer_printf(sql,
                  "(action text) returns text[]\n  language plpgsql stable security definer "
                  "set search_path = '' as $access$%s$access$",
                  buffer_text(&body));
    buffer_puts(exists, "select 1 from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on "
                        "n.oid = p.pronamespace where p.prosecdef and n.nspname = ");
    sql_put_literal(exists, access->schema);
    buffer_puts(exists, " and p.proname = ");
    sql_put_literal(exists, access->function);
    buffer_puts(exists, " and p.prosrc = ");
    sql_put_literal(exists, buffer_text(&body));
    sql->failed = sql->failed || body.failed;
    buffer_release(&body);
    if (!building_add(b, SCHEMA_TABLES, sql, exists, name))
        return false;
    buffer_puts(sql, "drop function if exists ");
    put_function(access, sql);
    return building_undo(b, sql);
}

/* What follows the function is repeated without harm, and goes with it. */
static bool build_rights(struct building *b, const struct access *access, struct buffer *sql,
                         struct buffer *exists)
{
    buffer_puts(sql, "revoke all on function ");
    put_function(access, sql);
    buffer_puts(sql, " from public");
    if (!building_add(b, SCHEMA_TABLES, sql, exists,
                      arena_printf(b->arena, "rights of public on %s.%s", access->schema,
                                   access->function)))
        return false;
    buffer_puts(sql, "grant execute on function ");
    put_function(access, sql);
    buffer_puts(sql, " to anon, authenticated, service_role");
    if (!building_add(b, SCHEMA_TABLES, sql, exists,
                      arena_printf(b->arena, "rights on %s.%s", access->schema, access->function)))
        return false;
    buffer_puts(sql, "grant usage on schema ");
    sql_put_identifier(sql, access->schema);
    buffer_puts(sql, " to anon, authenticated, service_role");
    if (!building_add(b, SCHEMA_TABLES, sql, exists,
                      arena_printf(b->arena, "usage of %s for %s", access->schema,
                                   access->function)))
        return false;
    buffer_puts(sql, "select pg_catalog.format('revoke usage on schema %I from %I', n.nspname, "
                     "r.rolname) from pg_catalog.pg_namespace n cross join pg_catalog.pg_roles r "
                     "where r.rolname in ('anon', 'authenticated', 'service_role') and not "
                     "pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage') and n.nspname = ");
    sql_put_literal(sql, access->schema);
    return building_ask_undo(b, sql);
}

bool ddl_asker(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct access *access = b->output->entity->access;
    if (access == NULL)
        return true;
    char *name = arena_printf(b->arena, "function %s.%s", access->schema, access->function);
    if (name == NULL)
        return error_memory(b->error);
    return has_statement(b->schema, name) ||
           (ddl_make_schema(b, access->schema, sql, exists) &&
            build_function(b, access, sql, exists, name) && build_rights(b, access, sql, exists));
}
