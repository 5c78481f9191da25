#include "postgres_computed.h"
#include "graduate/sql.h"
#include "graduate/sql_token.h"
#include "postgres_shape.h"
#include "postgres_types.h"
#include "reader.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* What an expression is asked with. */
struct asking {
    struct postgres *postgres;
    const char *from;  /* what stands behind FROM */
    const char *table; /* its name alone, quoted */
    const char *path;  /* in which its operators are found */
    const char *sql;
    const char *place; /* "FILE: /to/...: " */
    struct error *error;
};

/* Needs no quotes. */
#define VALUE_ALIAS "graduate_value"

/* A line that ends in a comment ends before what follows. */
static void put(struct buffer *sql, const char *before, const char *expression, const char *after)
{
    buffer_printf(sql, "%s%s\n%s", before, expression, after);
}

static bool refuse(const struct asking *a, const char *why)
{
    error_set(a->error, ERROR_USAGE, "%s%s", a->place, why);
    return error_hint(a->error, "correct it there and run again; nothing was touched");
}

/* The server's word against the expression, as far as it is about that. */
static bool refused(const struct asking *a, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *more = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    struct buffer why;
    if (state == NULL || text == NULL || strchr("5X", state[0]) != NULL)
        return postgres_error(a->postgres, result, "asking what an expression is", a->error);
    bool unknown = strcmp(state, "42883") == 0 || strcmp(state, "42704") == 0;
    if (unknown)
        more = "what is none of PostgreSQL's own is named with its schema, as public.f(x)";
    buffer_init(&why); /* what stands behind a line's end is none of the founder's */
    buffer_printf(&why, "the source refuses it: %.*s%s%s%s", (int)strcspn(text, "\n"), text,
                  more != NULL ? " (" : "", more != NULL ? more : "", more != NULL ? ")" : "");
    refuse(a, buffer_text(&why));
    buffer_release(&why);
    return false;
}

/* One statement, by the protocol that takes no second one. */
static bool ask(const struct asking *a, struct buffer *sql, PGresult **result)
{
    *result = NULL;
    if (!buffer_ok(sql, a->error))
        return false;
    *result = postgres_ask_with(a->postgres, buffer_text(sql), NULL, 0, NULL);
    if (PQresultStatus(*result) == PGRES_TUPLES_OK)
        return true;
    refused(a, *result);
    PQclear(*result);
    *result = NULL;
    return false;
}

/* Where rows are chosen stand neither aggregates nor sets. */
static bool is_of_one_row(const struct asking *a)
{
    struct buffer sql;
    PGresult *result;
    buffer_init(&sql);
    buffer_printf(&sql, "SELECT FROM %s WHERE 1 = pg_catalog.array_ndims(", a->from);
    put(&sql, "ARRAY[", a->sql, "]) LIMIT 0");
    bool ok = ask(a, &sql, &result);
    PQclear(result);
    buffer_release(&sql);
    return ok;
}

static bool find_type(const struct asking *a, Oid *type, int *modifier)
{
    struct buffer sql;
    PGresult *result;
    buffer_init(&sql);
    buffer_printf(&sql, "SELECT " VALUE_ALIAS ".v FROM %s CROSS JOIN LATERAL (SELECT ", a->from);
    put(&sql, "(", a->sql, ")) " VALUE_ALIAS " (v) LIMIT 0");
    bool ok = ask(a, &sql, &result);
    if (ok) {
        *type = PQftype(result, 0);
        *modifier = PQfmod(result, 0);
    }
    PQclear(result);
    buffer_release(&sql);
    return ok;
}

enum { TYPE_NAME, TYPE_OID, TYPE_PSEUDO, TYPE_SAME };
static const char type_sql[] =
    "select format_type(a.atttypid, $2::int4), " VALUE_OID ", t.typtype = 'p',"
    " a.atttypid = to_regtype($3)"
    " from (select $1::oid as atttypid) a join pg_type t on t.oid = a.atttypid";

static bool look_in(const struct asking *a, const char *path)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_printf(&sql, "SET LOCAL search_path = %s", path);
    bool ok = buffer_ok(&sql, a->error) && postgres_exec(a->postgres, buffer_text(&sql), a->error);
    buffer_release(&sql);
    return ok;
}

/* *result is the caller's; NULL where it is refused. `own`: a type's name, or NULL. Types are named
 * with their schemas. */
static bool describe(const struct asking *a, const char *own, PGresult **result)
{
    Oid type;
    int modifier;
    char oid[16], digits[16];
    *result = NULL;
    if (!look_in(a, a->path) || !find_type(a, &type, &modifier) || !look_in(a, "''"))
        return false;
    snprintf(oid, sizeof oid, "%u", type);
    snprintf(digits, sizeof digits, "%d", modifier);
    const char *const parameters[] = {oid, digits, own};
    if (!postgres_query(a->postgres, type_sql, parameters, 3, result, a->error))
        return false;
    bool ok = PQntuples(*result) == 1 && PQgetvalue(*result, 0, TYPE_PSEUDO)[0] == 'f';
    ok = ok ? look_in(a, a->path) && is_of_one_row(a)
            : refuse(a, "this is no single value: give several as an array, or as jsonb");
    if (!ok) {
        PQclear(*result);
        *result = NULL;
    }
    return ok;
}

/* ---- what it needs ---------------------------------------------------------------------------- */

/* The node that gives the rows of this one. */
static const cJSON *below(const cJSON *node)
{
    static const char *const ways[] = {"Outer", "Subquery", "Member"};
    const cJSON *child;
    cJSON_ArrayForEach(child, cJSON_GetObjectItemCaseSensitive(node, "Plans"))
    {
        const char *way = cJSON_GetStringValue(
            cJSON_GetObjectItemCaseSensitive(child, "Parent Relationship"));
        for (size_t i = 0; way != NULL && i < sizeof ways / sizeof ways[0]; i++)
            if (strcmp(way, ways[i]) == 0)
                return child;
    }
    return NULL;
}

static bool says(const cJSON *node, const char *member, const char *text)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, member));
    return value != NULL && strcmp(value, text) == 0;
}

/* A column of the table that is not needed is a null to the planner. */
static bool take_names(const cJSON *table, struct catalog_column *column,
                       const struct catalog_entity *entity, size_t own)
{
    const cJSON *node = below(table), *outputs = NULL;
    for (; node != NULL && outputs == NULL; node = below(node))
        outputs = cJSON_GetObjectItemCaseSensitive(node, "Output");
    if (outputs == NULL || (size_t)cJSON_GetArraySize(outputs) != own)
        return true;
    bool ok = true;
    for (size_t i = 0; ok && i < own; i++) {
        const char *output = cJSON_GetStringValue(cJSON_GetArrayItem(outputs, (int)i));
        if (output != NULL && strncmp(output, "NULL::", 6) != 0)
            ok = catalog_names_add(&column->made_of, entity->columns[i].name);
    }
    return ok;
}

/* Functions and words for the moment at which a statement, or its transaction, began. */
static bool tells_time(const char *expression)
{
    static const char *const functions[] = {"now", "transaction_timestamp", "statement_timestamp"};
    static const char *const words[] = {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP",
                                        "LOCALTIME", "LOCALTIMESTAMP"};
    struct sql_token token;
    while (sql_token_next(&expression, &token)) {
        if (token.kind != SQL_NAME || token.at[0] == '"')
            continue;
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (strcmp(token.name, words[i]) == 0)
                return true;
        for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
            if (expression[0] == '(' && strcmp(token.name, functions[i]) == 0)
                return true;
    }
    return false;
}

/* By the plan of a statement in which the table lies in a query of its own, out of which only what
 * is needed comes; and the value in another, which stays one only for what is volatile. */
static bool look_into(const struct asking *a, const cJSON *plan, struct catalog_column *column,
                      const struct catalog_entity *entity, size_t own)
{
    const cJSON *node = plan, *item;
    while (node != NULL && !says(node, "Node Type", "Subquery Scan"))
        node = below(node);
    if (node != NULL && says(node, "Alias", VALUE_ALIAS))
        return refuse(a, "this gives another value each time it is asked (it calls a volatile "
                         "function), and rows may be read again");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(node, "Output"))
    {
        if (cJSON_IsString(item) && tells_time(item->valuestring))
            return refuse(a, "this gives the moment at which it is asked, and rows may be read "
                             "again: write the moment itself, as timestamptz "
                             "'2026-01-31 12:00+00'");
    }
    return node == NULL || take_names(node, column, entity, own) || error_memory(a->error);
}

static bool explain(const struct asking *a, struct catalog_column *column,
                    const struct catalog_entity *entity, size_t own)
{
    struct buffer sql;
    PGresult *result;
    buffer_init(&sql);
    put(&sql, "EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) SELECT v IS NULL FROM (SELECT (", a->sql,
        ") AS v FROM (SELECT * FROM ");
    buffer_printf(&sql, "%s OFFSET 0) %s) " VALUE_ALIAS " (v)", a->from, a->table);
    bool ok = ask(a, &sql, &result);
    cJSON *plans = ok ? cJSON_Parse(PQgetvalue(result, 0, 0)) : NULL;
    const cJSON *plan =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(plans, 0), "Plan");
    ok = ok && look_into(a, plan, column, entity, own);
    cJSON_Delete(plans);
    PQclear(result);
    buffer_release(&sql);
    return ok;
}

/* ---- the catalog ------------------------------------------------------------------------------ */

struct reading {
    struct postgres *postgres;
    const char *schema;
    struct catalog *catalog;
    struct errors errors;
    struct error *error;
};

static struct catalog_entity *entity_of(const struct reading *r, const struct mapping *mapping)
{
    for (size_t i = 0; i < r->catalog->entity_count; i++)
        if (strcmp(r->catalog->entities[i].name, mapping->from) == 0)
            return &r->catalog->entities[i];
    return NULL;
}

static bool add_column(const struct asking *a, const struct mapping_value *value,
                       struct catalog_entity *entity, const PGresult *type)
{
    size_t own = postgres_shape_own(entity);
    struct catalog_column *column =
        catalog_column_add(entity, value->sql_name, PQgetvalue(type, 0, TYPE_NAME));
    if (column == NULL)
        return error_memory(a->error);
    column->oid = (uint32_t)strtoul(PQgetvalue(type, 0, TYPE_OID), NULL, 10);
    column->computed = strdup(value->sql);
    if (column->computed == NULL)
        return error_memory(a->error);
    return explain(a, column, entity, own);
}

/* What is refused leaves the transaction as it was. */
static bool ask_apart(const struct asking *a, const struct mapping_value *value,
                      struct catalog_entity *entity)
{
    PGresult *type = NULL;
    struct error later;
    if (!postgres_exec(a->postgres, "SAVEPOINT expression", a->error))
        return false;
    bool ok = describe(a, NULL, &type) && add_column(a, value, entity, type);
    PQclear(type);
    return ok || (postgres_exec(a->postgres, "ROLLBACK TO SAVEPOINT expression", &later), false);
}

bool postgres_computed_put_path(struct postgres *postgres, const char *qualified,
                                struct buffer *path, struct error *error)
{
    static const char homes_sql[] =
        "select distinct quote_ident(n.nspname) from pg_attribute a"
        " join pg_type t on t.oid = a.atttypid join pg_type b on b.oid in (t.oid, t.typbasetype)"
        " join pg_namespace n on n.oid = b.typnamespace where a.attrelid = $1::regclass"
        " and a.attnum > 0 and not a.attisdropped and n.nspname <> 'pg_catalog' order by 1";
    PGresult *homes;
    if (!postgres_query(postgres, homes_sql, &qualified, 1, &homes, error))
        return false;
    buffer_puts(path, "pg_catalog");
    for (int i = 0; i < PQntuples(homes); i++)
        buffer_printf(path, ", %s", PQgetvalue(homes, i, 0));
    PQclear(homes);
    return buffer_ok(path, error);
}

static bool put_from(const struct reading *r, const char *table, struct buffer *from,
                     struct buffer *path)
{
    static const char kind_sql[] = "select relkind from pg_class where oid = $1::regclass";
    struct buffer qualified;
    PGresult *kind = NULL;
    buffer_init(&qualified);
    sql_put_qualified(&qualified, r->schema, table);
    const char *const parameters[] = {buffer_text(&qualified)};
    bool ok = buffer_ok(&qualified, r->error) &&
              postgres_query(r->postgres, kind_sql, parameters, 1, &kind, r->error) &&
              postgres_computed_put_path(r->postgres, parameters[0], path, r->error);
    if (ok)
        postgres_shape_put_from(from, PQgetvalue(kind, 0, 0)[0], buffer_text(&qualified));
    PQclear(kind);
    buffer_release(&qualified);
    return ok && buffer_ok(from, r->error);
}

static bool read_value(void *context, const struct mapping *mapping,
                       const struct mapping_value *value)
{
    struct reading *r = context;
    struct catalog_entity *entity = entity_of(r, mapping);
    const struct catalog_column *there =
        entity != NULL ? catalog_column_find(entity, value->sql_name) : NULL;
    if (entity == NULL || (there != NULL && there->computed != NULL))
        return true; /* that it is not there is told elsewhere */
    struct buffer from, table, path;
    buffer_init(&from);
    buffer_init(&table);
    buffer_init(&path);
    sql_put_identifier(&table, mapping->from);
    bool ok = put_from(r, mapping->from, &from, &path) && buffer_ok(&table, r->error);
    const struct asking a = {
        .postgres = r->postgres,
        .from = buffer_text(&from),
        .table = buffer_text(&table),
        .path = buffer_text(&path),
        .sql = value->sql,
        .place = value->sql_place,
        .error = r->error,
    };
    if (ok && there != NULL)
        ok = refuse(&a, "the table has a column of this very name");
    else
        ok = ok && ask_apart(&a, value, entity);
    buffer_release(&from);
    buffer_release(&table);
    buffer_release(&path);
    return ok || errors_add(&r->errors, r->error);
}

bool postgres_computed_read(struct postgres *postgres, const char *schema,
                            const struct project *project, const struct source *source,
                            struct catalog *catalog, struct error *error)
{
    struct reading r = {.postgres = postgres, .schema = schema, .catalog = catalog, .error = error};
    for (size_t m = 0; m < project->mapping_count; m++)
        if (project->mappings[m]->source == source &&
            !mapping_each_sql(project->mappings[m], read_value, &r))
            return false;
    return errors_give(&r.errors, error);
}

bool postgres_computed_check(struct postgres *postgres, const char *label, const char *from,
                             const char *path, const struct catalog_column *column,
                             struct error *error)
{
    struct buffer place;
    PGresult *type = NULL;
    buffer_init(&place);
    buffer_printf(&place, "%s: %s has changed since its catalog was taken: \"%s\": ",
                  postgres->where, label, column->name);
    const struct asking a = {
        .postgres = postgres,
        .from = from,
        .path = path,
        .sql = column->computed,
        .place = buffer_text(&place),
        .error = error,
    };
    bool ok = buffer_ok(&place, error) && describe(&a, column->own_type, &type);
    if (ok)
        ok = (column->own_type != NULL
                  ? PQgetvalue(type, 0, TYPE_SAME)[0] == 't'
                  : strtoul(PQgetvalue(type, 0, TYPE_OID), NULL, 10) == column->oid) ||
             refuse(&a, "it has another type");
    if (!ok && error->code == ERROR_USAGE) {
        error->code = ERROR_SOURCE;
        error_hint(error, "%s", CHANGED_ADVICE);
    }
    PQclear(type);
    buffer_release(&place);
    return ok;
}
