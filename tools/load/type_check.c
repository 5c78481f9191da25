#include "type_check.h"

#include <string.h>

enum { OID_MONEY = 790, SINCE = 140000 };

/* Where the extension is, if it is there at all. */
static bool refuse_need(struct postgres *target, const struct schema *schema,
                        const struct schema_need *need, struct error *error)
{
    static const char sql[] =
        "SELECT n.nspname FROM pg_catalog.pg_extension e"
        " JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1";
    const char *const parameters[] = {need->extension};
    const char *home = schema->project->plain ? "public" : "extensions";
    PGresult *there;
    if (!postgres_query(target, sql, parameters, 1, &there, error))
        return false;
    if (PQntuples(there) > 0) {
        error_set(error, ERROR_REFUSED,
                  "%s has the extension %s in the schema %s; %s is of its type %s", target->where,
                  need->extension, PQgetvalue(there, 0, 0), need->table, need->type);
        error_hint(error,
                   "in the target: alter extension \"%s\" set schema %s; or give the column a "
                   "\"type\", as text; nothing was touched",
                   need->extension, home);
    } else {
        error_set(error, ERROR_REFUSED, "%s has no extension %s; %s is of its type %s",
                  target->where, need->extension, need->table, need->type);
        error_hint(error,
                   "in the target: create extension \"%s\" schema %s; or give the column a "
                   "\"type\", as text; nothing was touched",
                   need->extension, home);
    }
    PQclear(there);
    return false;
}

static bool check_needs(struct postgres *target, const struct schema *schema, struct error *error)
{
    for (size_t i = 0; i < schema->need_count; i++) {
        const char *const parameters[] = {schema->needs[i].type};
        PGresult *result;
        if (!postgres_query(target, "SELECT pg_catalog.to_regtype($1) IS NOT NULL", parameters, 1,
                            &result, error))
            return false;
        bool there = PQgetvalue(result, 0, 0)[0] == 't';
        PQclear(result);
        if (!there)
            return refuse_need(target, schema, &schema->needs[i], error);
    }
    return true;
}

/* A type that is there already must be the one that would be made, as its statement can tell. */
static bool check_there(struct postgres *target, const struct schema_statement *statement,
                        struct error *error)
{
    const char *name = strchr(statement->name, ' ') + 1;
    PGresult *result, *same;
    if (!postgres_query(target, "SELECT pg_catalog.to_regtype($1) IS NOT NULL", &name, 1, &result,
                        error))
        return false;
    bool there = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    if (!there)
        return true;
    if (!postgres_query(target, statement->exists, NULL, 0, &same, error))
        return false;
    bool ok = PQntuples(same) > 0;
    PQclear(same);
    if (!ok) {
        error_set(error, ERROR_REFUSED,
                  "%s has a type %s already, with other values than the "
                  "source's",
                  target->where, name);
        error_hint(error, "rename or drop it there, or give the column a \"type\", as text; "
                          "nothing was touched");
    }
    return ok;
}

static bool check_made(struct postgres *target, const struct schema *schema, struct error *error)
{
    for (size_t i = 0; i < schema->statement_count; i++)
        if (strncmp(schema->statements[i].name, "type ", 5) == 0 &&
            !check_there(target, &schema->statements[i], error))
            return false;
    return true;
}

typedef bool asks(const struct schema_column *column);

static bool is_money(const struct schema_column *column)
{
    return column->type.base == PG_CARRIED && column->type.carried == OID_MONEY;
}

/* Types inside of its values have the source's numbers. */
static bool is_numbered(const struct schema_column *column)
{
    return column->type.named != NULL &&
           (column->type.array || (column->type.layout != NULL && column->type.layout[0] == '('));
}

static const struct schema_column *find(const struct schema *schema, asks *ask,
                                        const struct schema_output **output)
{
    for (size_t i = 0; i < schema->output_count; i++)
        for (size_t c = 0; c < schema->outputs[i].column_count; c++)
            if (ask(&schema->outputs[i].columns[c])) {
                *output = &schema->outputs[i];
                return &schema->outputs[i].columns[c];
            }
    return NULL;
}

/* Digits as the application's sessions have them, not as this one's are pinned. */
static bool check_money(struct postgres *target, const struct schema *schema, struct error *error)
{
    const struct schema_output *output;
    const struct schema_column *column = find(schema, is_money, &output);
    PGresult *result = NULL;
    if (column == NULL)
        return true;
    bool ok = postgres_exec(target, "SET lc_monetary TO DEFAULT", error) &&
              postgres_query(target,
                             "SELECT pg_catalog.scale((1::pg_catalog.money)::pg_catalog.numeric),"
                             " pg_catalog.current_setting('lc_monetary')",
                             NULL, 0, &result, error) &&
              postgres_exec(target, "SET lc_monetary TO 'C'", error);
    if (ok && strcmp(PQgetvalue(result, 0, 0), "2") != 0) {
        ok = error_set(error, ERROR_REFUSED,
                       "the money of %s has %s digits behind the point (lc_monetary %s), and "
                       "the source's has 2: %s.%s would hold other amounts",
                       target->where, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1),
                       output->table->label, column->name);
        error_hint(error, "give the column the type numeric in the mapping; nothing was touched");
    }
    PQclear(result);
    return ok;
}

static bool check_version(const struct postgres *target, const struct schema *schema,
                          struct error *error)
{
    const struct schema_output *output;
    const struct schema_column *column = find(schema, is_numbered, &output);
    if (column == NULL || PQserverVersion(target->connection) >= SINCE)
        return true;
    error_set(error, ERROR_REFUSED,
              "%s is of a version before 14, which takes no %s from another database: %s.%s",
              target->where, column->type.named, output->table->label, column->name);
    return error_hint(error, "take a newer PostgreSQL for a target, or give the column a "
                             "\"type\", as text[] or jsonb; nothing was touched");
}

bool type_check(struct postgres *target, const struct schema *schema, struct error *error)
{
    return check_needs(target, schema, error) && check_made(target, schema, error) &&
           check_money(target, schema, error) && check_version(target, schema, error);
}
