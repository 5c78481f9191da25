#include "trigger.h"

#include <string.h>

static bool is_refused(struct postgres *target, const struct mapping_table *table,
                       struct error *error)
{
    error_set(error, ERROR_REFUSED, "the role %s may not switch triggers off, as %s asks",
              PQuser(target->connection), table->label);
    return error_hint(error,
                      "a superuser lets it: GRANT SET ON PARAMETER session_replication_role TO %s "
                      "(since PostgreSQL 15); or switch them off by hand (ALTER TABLE %s DISABLE "
                      "TRIGGER USER) and leave \"triggers\" away; nothing was touched",
                      PQuser(target->connection), table->label);
}

/* Tried, and taken back: what else than a right the server asks for is its own affair. */
static bool check_right(struct postgres *target, const struct mapping_table *table,
                        struct error *error)
{
    if (!postgres_exec(target, "SAVEPOINT triggers", error))
        return false;
    if (!trigger_switch(target, false, error))
        return strcmp(error->sqlstate, "42501") == 0 ? is_refused(target, table, error) : false;
    return postgres_exec(target, "ROLLBACK TO triggers; RELEASE triggers", error);
}

static bool check_uniques(struct postgres *target, const struct mapping_table *table,
                          struct error *error)
{
    static const char sql[] =
        "SELECT k.conname FROM pg_catalog.pg_constraint k"
        " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relname = $2 AND k.contype IN ('p', 'u', 'x')"
        " AND k.condeferrable ORDER BY k.conname";
    const char *const parameters[] = {table->schema, table->name};
    PGresult *late;
    if (!postgres_query(target, sql, parameters, 2, &late, error))
        return false;
    bool ok = PQntuples(late) == 0;
    if (!ok) {
        error_set(error, ERROR_REFUSED,
                  "%s has the deferrable constraint %s, which PostgreSQL does not look at while "
                  "triggers are off",
                  table->label, PQgetvalue(late, 0, 0));
        error_hint(error, "make it one that is not deferrable, or leave \"triggers\" away; nothing "
                          "was touched");
    }
    PQclear(late);
    return ok;
}

/* A trigger that fires always fires in a replica, too. */
static bool check_always(struct postgres *target, const struct mapping_table *table,
                         struct error *error)
{
    static const char sql[] = "SELECT t.tgname FROM pg_catalog.pg_trigger t"
                              " JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
                              " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                              " WHERE n.nspname = $1 AND c.relname = $2 AND NOT t.tgisinternal"
                              " AND t.tgenabled = 'A' AND t.tgtype & 4 <> 0 ORDER BY t.tgname";
    const char *const parameters[] = {table->schema, table->name};
    PGresult *always;
    if (!postgres_query(target, sql, parameters, 2, &always, error))
        return false;
    bool ok = PQntuples(always) == 0;
    if (!ok) {
        error_set(error, ERROR_REFUSED,
                  "%s has the trigger %s, which is ENABLE ALWAYS and cannot be off, as the mapping "
                  "asks",
                  table->label, PQgetvalue(always, 0, 0));
        error_hint(error,
                   "make it an ordinary one (ALTER TABLE %s ENABLE TRIGGER %s), or disable it for "
                   "the migration; nothing was touched",
                   table->label, PQgetvalue(always, 0, 0));
    }
    PQclear(always);
    return ok;
}

bool trigger_check(struct postgres *target, const struct project *project, struct error *error)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t t = 0; t < project->mappings[i]->table_count; t++) {
            const struct mapping_table *table = &project->mappings[i]->tables[t];
            if (table->triggers_off &&
                !(check_right(target, table, error) && check_uniques(target, table, error) &&
                  check_always(target, table, error)))
                return error_at(error, project->mappings[i]->name, NULL, NULL);
        }
    return true;
}

bool trigger_switch(struct postgres *target, bool on, struct error *error)
{
    return postgres_exec(target,
                         on ? "SET LOCAL session_replication_role TO DEFAULT"
                            : "SET LOCAL session_replication_role TO replica",
                         error);
}
