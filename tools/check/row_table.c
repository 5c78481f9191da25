#include "row_table.h"

#include "graduate/buffer.h"
#include "graduate/sql.h"

#include <stdio.h>
#include <string.h>

/* Types of the source's own are made by the run: till then their values are of the form that they
 * have anyhow. */
static bool put_type(struct postgres *target, const struct schema_column *column,
                     struct buffer *sql, struct error *error)
{
    struct pgtype type = column->type;
    char text[PGTYPE_SIZE];
    PGresult *known = NULL;
    if (type.named != NULL &&
        !postgres_query(target, "SELECT to_regtype($1) IS NOT NULL", &type.named, 1, &known, error))
        return false;
    bool made = known == NULL || PQgetvalue(known, 0, 0)[0] == 't';
    PQclear(known);
    if (!made && type.base == PG_CARRIED)
        return error_set(error, ERROR_TARGET, "the target has no type %s yet", type.named);
    if (!made)
        type.named = NULL;
    pgtype_format(&type, text, sizeof text);
    buffer_printf(sql, " %s", text);
    return true;
}

static bool put_columns(struct postgres *target, const struct schema_output *output,
                        struct buffer *sql, struct error *error)
{
    bool ok = true;
    for (size_t c = 0; ok && c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        buffer_puts(sql, c > 0 ? ", " : "");
        sql_put_identifier(sql, column->name);
        ok = put_type(target, column, sql, error);
        if (column->collation != NULL)
            buffer_printf(sql, " COLLATE pg_catalog.%s", column->collation);
        if (column->generated != NULL)
            buffer_printf(sql, " GENERATED ALWAYS AS (%s) STORED", column->generated);
    }
    return ok;
}

static bool table_is_there(struct postgres *target, const struct mapping_table *table, bool *there,
                           struct error *error)
{
    struct buffer name;
    PGresult *result = NULL;
    buffer_init(&name);
    sql_put_qualified(&name, table->schema, table->name);
    const char *parameter = buffer_text(&name);
    bool ok =
        buffer_ok(&name, error) &&
        postgres_query(target, "SELECT to_regclass($1) IS NOT NULL", &parameter, 1, &result, error);
    *there = ok && PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    buffer_release(&name);
    return ok;
}

bool row_table_make(struct postgres *target, const char *rows, const struct schema_output *output,
                    struct error *error)
{
    struct buffer sql;
    bool there, ok = table_is_there(target, output->table, &there, error);
    buffer_init(&sql);
    buffer_printf(&sql, "CREATE TEMPORARY TABLE %s (", strchr(rows, '.') + 1);
    if (ok && there) {
        buffer_puts(&sql, "LIKE ");
        sql_put_qualified(&sql, output->table->schema, output->table->name);
        buffer_puts(&sql, " INCLUDING DEFAULTS INCLUDING GENERATED");
    } else if (ok) {
        ok = put_columns(target, output, &sql, error);
    }
    buffer_puts(&sql, ") ON COMMIT DELETE ROWS");
    ok = ok && buffer_ok(&sql, error) && postgres_exec(target, buffer_text(&sql), error);
    buffer_release(&sql);
    return ok;
}
