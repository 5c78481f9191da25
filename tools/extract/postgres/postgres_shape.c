#include "postgres_shape.h"
#include "graduate/sql.h"
#include "postgres_types.h"
#include "reader.h"

#include <stdlib.h>
#include <string.h>

/* Columns of the shape query. */
enum {
    SHAPE_NAME,
    SHAPE_OID,
    SHAPE_BASE,
    SHAPE_TEXT,
    SHAPE_CAST,
    SHAPE_KIND,
    SHAPE_TYPE,
    SHAPE_HOME
};
static const char shape_sql[] =
    "select a.attname, " VALUE_OID ","
    " b.oid::int8, b.typcategory = 'S' or b.typtype = 'e', format_type(b.oid, -1), c.relkind,"
    " format_type(a.atttypid, a.atttypmod),"
    " (select quote_ident(n.nspname) from pg_namespace n where n.oid = b.typnamespace)"
    " from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = "
    "a.atttypid"
    " join pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end"
    " where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum";

static const char *say(const struct postgres_shape *shape, size_t column, int what)
{
    return PQgetvalue(shape->columns, (int)column, what);
}

static bool is_true(const char *value)
{
    return value[0] == 't';
}

static uint32_t to_oid(const char *value)
{
    return (uint32_t)strtoul(value, NULL, 10);
}

/* The table, for messages. */
struct place {
    const char *where, *label;
};

static bool changed(const struct place *table, const char *column, const char *how,
                    struct error *error)
{
    error_set(error, ERROR_SOURCE, "%s: %s has changed since its catalog was taken: %s %s",
              table->where, table->label, column, how);
    error_at(error, NULL, NULL, column);
    return error_hint(error, "%s", CHANGED_ADVICE);
}

size_t postgres_shape_own(const struct catalog_entity *entity)
{
    size_t own = 0;
    while (own < entity->column_count && entity->columns[own].computed == NULL)
        own++;
    return own;
}

/* The tuples must be what the catalog in the stream's header says of them. */
static bool check(const struct postgres_shape *shape, const struct place *table,
                  struct error *error)
{
    const struct catalog_entity *catalog = shape->catalog;
    size_t now = (size_t)PQntuples(shape->columns);
    size_t own = postgres_shape_own(catalog);
    for (size_t i = 0; i < now || i < own; i++) {
        const struct catalog_column *column = &catalog->columns[i];
        if (i >= own)
            return changed(table, say(shape, i, SHAPE_NAME), "is new", error);
        if (i >= now || strcmp(column->name, say(shape, i, SHAPE_NAME)) != 0)
            return changed(table, column->name, "is not in its place", error);
        bool given = column->own_type != NULL;
        if (given ? strcmp(column->own_type, say(shape, i, SHAPE_TYPE)) != 0
                  : column->oid != to_oid(say(shape, i, SHAPE_OID)))
            return changed(table, column->name, "has another type", error);
    }
    return true;
}

bool postgres_shape_read(struct postgres_shape *shape, struct postgres *postgres, const char *label,
                         const char *qualified, const struct catalog_entity *catalog,
                         struct error *error)
{
    const struct place table = {postgres->where, label};
    shape->catalog = catalog;
    return postgres_query(postgres, shape_sql, &qualified, 1, &shape->columns, error) &&
           check(shape, &table, error);
}

void postgres_shape_release(struct postgres_shape *shape)
{
    PQclear(shape->columns);
    *shape = (struct postgres_shape){0};
}

struct postgres_type postgres_shape_type(const struct postgres_shape *shape, size_t column)
{
    const struct catalog_column *as = &shape->catalog->columns[column];
    bool given = as->own_type != NULL;
    return (struct postgres_type){
        .oid = given ? as->oid : to_oid(say(shape, column, SHAPE_BASE)),
        .text = given ? strcmp(as->type, "text") == 0 : is_true(say(shape, column, SHAPE_TEXT)),
        .name = say(shape, column, SHAPE_CAST),
    };
}

void postgres_shape_put_from(struct buffer *sql, char kind, const char *qualified)
{
    buffer_printf(sql, "%s%s", kind == 'p' || kind == 'v' ? "" : "ONLY ", qualified);
}

char postgres_shape_kind(const struct postgres_shape *shape)
{
    /* A partitioned table has columns by which it is parted. */
    return PQntuples(shape->columns) > 0 ? say(shape, 0, SHAPE_KIND)[0] : 'r';
}

/* A column, in the type that the catalog says. Its name is then none: the order is that of the
 * source's own type. So is that of what is computed. */
static void put_column(const struct catalog_column *column, struct buffer *sql)
{
    bool given = column->own_type != NULL, json = given && strcmp(column->type, "jsonb") == 0;
    buffer_puts(sql, json ? "pg_catalog.to_jsonb(" : given ? "CAST(" : "");
    if (column->computed != NULL)
        buffer_printf(sql, "(%s\n)", column->computed); /* it may end in a comment */
    else
        sql_put_identifier(sql, column->name);
    if (given)
        buffer_printf(sql, "%s%s)", json ? "" : " AS ", json ? "" : column->type);
    buffer_puts(sql, given || column->computed != NULL ? " AS \"?\"" : "");
}

void postgres_shape_put_select(const struct postgres_shape *shape, const char *qualified,
                               struct buffer *sql)
{
    buffer_puts(sql, "SELECT ");
    for (size_t i = 0; i < shape->catalog->column_count; i++) {
        buffer_puts(sql, i > 0 ? ", " : "");
        put_column(&shape->catalog->columns[i], sql);
    }
    buffer_puts(sql, " FROM ");
    postgres_shape_put_from(sql, postgres_shape_kind(shape), qualified);
}

bool postgres_shape_show_operators(const struct postgres_shape *shape, struct postgres *postgres,
                                   const struct postgres_key *key, struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_puts(&sql, "SET LOCAL search_path = pg_catalog");
    for (size_t i = 0; i < key->count; i++)
        buffer_printf(&sql, ", %s", say(shape, key->parts[i].column, SHAPE_HOME));
    bool ok = buffer_ok(&sql, error) && postgres_exec(postgres, buffer_text(&sql), error);
    buffer_release(&sql);
    return ok;
}
