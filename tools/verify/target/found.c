#include "found.h"
#include "canonical.h"

#include <stdlib.h>
#include <string.h>

/* A default is constant if its expression calls only immutable functions: the tree that the server
 * keeps of it names them by number. What stands for now(), a sequence or a conversion through text,
 * whose result a setting can change, has nodes of its own. */
static const char describe_sql[] =
    "WITH RECURSIVE under (number, type, modifier, depth) AS ("
    " SELECT a.attnum, a.atttypid, a.atttypmod, 0 FROM pg_catalog.pg_attribute a"
    "  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE n.nspname = $1 AND c.relname = $2"
    " UNION ALL SELECT u.number, d.typbasetype, d.typtypmod, u.depth + 1 FROM under u"
    "  JOIN pg_catalog.pg_type d ON d.oid = u.type AND d.typtype = 'd')"
    " SELECT a.attname, CASE WHEN t.typtype = 'e' OR (t.oid >= 16384 AND EXISTS ("
    "SELECT FROM pg_catalog.pg_cast s WHERE s.castsource = t.oid AND s.castmethod = 'b'"
    " AND s.casttarget = 'pg_catalog.text'::pg_catalog.regtype)) THEN 'text'"
    " ELSE pg_catalog.format_type(u.type, u.modifier) END,"
    " a.attgenerated = '' AND a.attidentity = '' AND (d.adbin IS NULL OR"
    " (d.adbin::pg_catalog.text !~ '(SQLVALUEFUNCTION|NEXTVALUEEXPR|COERCEVIAIO)' AND NOT EXISTS ("
    "SELECT FROM pg_catalog.regexp_matches(d.adbin::pg_catalog.text, ':(?:op)?funcid (\\d+)', 'g')"
    " AS m JOIN pg_catalog.pg_proc p ON p.oid = m[1]::pg_catalog.oid"
    " WHERE p.provolatile <> 'i'))),"
    " pg_catalog.pg_get_expr(d.adbin, d.adrelid),"
    " pg_catalog.format_type(a.atttypid, a.atttypmod)"
    " FROM pg_catalog.pg_attribute a"
    " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN (SELECT DISTINCT ON (number) number, type, modifier FROM under"
    "  ORDER BY number, depth DESC) u ON u.number = a.attnum"
    " JOIN pg_catalog.pg_type t ON t.oid = u.type"
    " LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')"
    " AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY a.attname COLLATE \"C\"";

void found_put_identifier(struct buffer *sql, const char *name)
{
    buffer_putc(sql, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            buffer_putc(sql, '"');
        buffer_putc(sql, *name);
    }
    buffer_putc(sql, '"');
}

static bool keep_value(void *context, const struct expected_value *values, struct error *error)
{
    struct buffer *kept = context;
    buffer_clear(kept);
    buffer_put(kept, values[0].bytes, values[0].length);
    return buffer_ok(kept, error);
}

bool found_default(struct postgres *target, const struct found_column *column, struct buffer *value,
                   struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_printf(&sql, "SELECT CAST((%s) AS %s)",
                  column->default_sql != NULL ? column->default_sql : "NULL", column->full_type);
    bool ok = buffer_ok(&sql, error) &&
              found_read(target, buffer_text(&sql), &column->type, 1, keep_value, value, error);
    buffer_release(&sql);
    return ok;
}

static bool take_column(const PGresult *result, int row, struct found_column *column,
                        struct error *error)
{
    struct error unknown;
    const bool has_default = !PQgetisnull(result, row, 3);
    column->name = strdup(PQgetvalue(result, row, 0));
    column->type_text = strdup(PQgetvalue(result, row, 1));
    column->constant = PQgetvalue(result, row, 2)[0] == 't';
    column->default_sql = has_default ? strdup(PQgetvalue(result, row, 3)) : NULL;
    column->full_type = strdup(PQgetvalue(result, row, 4));
    if (column->name == NULL || column->type_text == NULL || column->full_type == NULL ||
        (has_default && column->default_sql == NULL))
        return error_memory(error);
    if (!pgtype_parse(column->type_text, &column->type, &unknown))
        column->type = (struct pgtype){0};
    return true;
}

/* A table may have no columns. */
static bool look_for(struct postgres *target, const char *const *parameters, bool *there,
                     struct error *error)
{
    PGresult *result;
    if (!postgres_query(target,
                        "SELECT FROM pg_catalog.pg_class c"
                        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                        " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')",
                        parameters, 2, &result, error))
        return false;
    *there = PQntuples(result) > 0;
    PQclear(result);
    return true;
}

bool found_describe(struct postgres *target, const char *schema, const char *name,
                    struct found_table *table, struct error *error)
{
    const char *const parameters[] = {schema, name};
    PGresult *result;
    *table = (struct found_table){0};
    if (!postgres_query(target, describe_sql, parameters, 2, &result, error))
        return false;
    size_t count = (size_t)PQntuples(result);
    table->there = count > 0;
    table->columns = calloc(count + 1, sizeof *table->columns);
    bool ok = table->columns != NULL ? true : error_memory(error);
    ok = ok && (count > 0 || look_for(target, parameters, &table->there, error));
    for (size_t i = 0; ok && i < count; i++) {
        table->column_count++;
        ok = take_column(result, (int)i, &table->columns[i], error);
    }
    PQclear(result);
    if (!ok)
        found_release(table);
    return ok;
}

void found_release(struct found_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type_text);
        free(table->columns[i].full_type);
        free(table->columns[i].default_sql);
    }
    free(table->columns);
    *table = (struct found_table){0};
}

const struct found_column *found_column_find(const struct found_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

/* ---- binary COPY --------------------------------------------------------------------------- */

static const uint8_t signature[11] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xFF, '\r', '\n', 0};
enum { COPY_HEAD = sizeof signature + 8, COPY_HAS_OIDS = 1 << 16 };

struct reading {
    const struct pgtype *types;
    size_t count;
    found_callback callback;
    void *context;
    struct buffer canonical;       /* of one row */
    size_t *ends;                  /* of each value in it */
    struct expected_value *values; /* the same, as views */
    bool begun, ended;
};

static bool malformed(const char *what, struct error *error)
{
    return error_set(error, ERROR_BUG, "the target's COPY is not as it should be: %s", what);
}

static bool take_head(const uint8_t **at, const uint8_t *end, struct error *error)
{
    if (end - *at < COPY_HEAD || memcmp(*at, signature, sizeof signature) != 0)
        return malformed("it does not begin like one", error);
    uint32_t flags = get_be32(*at + sizeof signature);
    uint32_t more = get_be32(*at + sizeof signature + 4);
    if ((flags & COPY_HAS_OIDS) != 0 || more > (size_t)(end - *at) - COPY_HEAD)
        return malformed("its head has flags that are unknown here", error);
    *at += COPY_HEAD + more;
    return true;
}

static bool take_value(struct reading *reading, size_t column, const uint8_t **at,
                       const uint8_t *end, struct error *error)
{
    if (end - *at < 4)
        return malformed("a row is cut off", error);
    int32_t length = (int32_t)get_be32(*at);
    *at += 4;
    if (length < -1 || (length > 0 && length > end - *at))
        return malformed("a value lies about its length", error);
    if (!canonical_from_binary(&reading->types[column], *at, length, &reading->canonical, error))
        return false;
    *at += length > 0 ? length : 0;
    reading->ends[column] = reading->canonical.length;
    return true;
}

static bool take_row(struct reading *reading, const uint8_t **at, const uint8_t *end,
                     struct error *error)
{
    if (end - *at < 2)
        return malformed("a row is cut off", error);
    uint16_t fields = get_be16(*at);
    *at += 2;
    if (fields == UINT16_MAX) {
        reading->ended = true;
        return true;
    }
    if (fields != reading->count)
        return malformed("a row has another number of columns", error);
    buffer_clear(&reading->canonical);
    for (size_t i = 0; i < reading->count; i++)
        if (!take_value(reading, i, at, end, error))
            return false;
    if (!buffer_ok(&reading->canonical, error))
        return false;
    size_t from = 0; /* the buffer has stopped moving: views into it hold */
    for (size_t i = 0; i < reading->count; i++) {
        reading->values[i] = (struct expected_value){
            .given = true,
            .bytes = reading->canonical.data + from,
            .length = reading->ends[i] - from,
        };
        from = reading->ends[i];
    }
    return reading->callback(reading->context, reading->values, error);
}

/* One message of the protocol: the head, or whole rows, or both. */
static bool take_message(struct reading *reading, const uint8_t *at, size_t length,
                         struct error *error)
{
    const uint8_t *end = at + length;
    if (!reading->begun) {
        reading->begun = true;
        if (!take_head(&at, end, error))
            return false;
    }
    while (at < end && !reading->ended)
        if (!take_row(reading, &at, end, error))
            return false;
    return true;
}

/* After a failure of our own: the server is told to stop, and what is under way is thrown away. */
static void cancel(struct postgres *target)
{
    char unused[256];
    PGcancel *handle = PQgetCancel(target->connection);
    if (handle != NULL)
        PQcancel(handle, unused, sizeof unused);
    PQfreeCancel(handle);
    char *message;
    while (postgres_get(target, &message) > 0)
        PQfreemem(message);
}

static bool copy_out(struct reading *reading, struct postgres *target, struct error *error)
{
    char *message;
    int length;
    bool ok = true;
    while (ok && (length = postgres_get(target, &message)) > 0) {
        ok = take_message(reading, (const uint8_t *)message, (size_t)length, error);
        PQfreemem(message);
    }
    if (!ok)
        cancel(target);
    for (PGresult *last; (last = postgres_next(target)) != NULL; PQclear(last))
        if (ok && PQresultStatus(last) != PGRES_COMMAND_OK)
            ok = postgres_error(target, last, "reading back a table", error);
    if (ok && !reading->ended)
        ok = postgres_error(target, NULL, "reading back a table", error);
    return ok;
}

static bool begin_copy(struct postgres *target, const char *select, struct error *error)
{
    struct buffer sql;
    PGresult *result = NULL;
    buffer_init(&sql);
    buffer_printf(&sql, "COPY (%s) TO STDOUT (FORMAT binary)", select);
    bool ok = buffer_ok(&sql, error);
    if (ok) {
        result = postgres_ask(target, buffer_text(&sql), "reading back a table");
        ok = PQresultStatus(result) == PGRES_COPY_OUT ||
             postgres_error(target, result, "reading back a table", error);
    }
    PQclear(result);
    buffer_release(&sql);
    return ok;
}

bool found_read(struct postgres *target, const char *select, const struct pgtype *types,
                size_t count, found_callback callback, void *context, struct error *error)
{
    struct reading reading = {
        .types = types,
        .count = count,
        .callback = callback,
        .context = context,
        .ends = calloc(count + 1, sizeof *reading.ends),
        .values = calloc(count + 1, sizeof *reading.values),
    };
    buffer_init(&reading.canonical);
    bool ok = reading.ends != NULL && reading.values != NULL ? true : error_memory(error);
    ok = ok && begin_copy(target, select, error) && copy_out(&reading, target, error);
    free(reading.ends);
    free(reading.values);
    buffer_release(&reading.canonical);
    return ok;
}
