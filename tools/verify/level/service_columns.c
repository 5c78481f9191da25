#include "service_columns.h"
#include "found.h"
#include "table_shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Values beside the default that mean the same to Supabase Auth. */
static const struct {
    const char *table, *column, *value;
} harmless[] = {
    {"auth.users", "is_super_admin", "false"},
};

struct look {
    struct inspection *inspection;
    const struct blueprint_table *table;
    const char *column;
    bool shared; /* with rows that were there before */
};

static bool is_given(const struct blueprint_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return true;
    return false;
}

/* NULL is told by the scan of the accounts, where it does harm. */
static void put_question(struct buffer *sql, const struct look *look,
                         const struct found_column *column)
{
    buffer_puts(sql, "SELECT ");
    shape_put_key(sql, look->table, "c");
    buffer_puts(sql, " FROM ");
    query_put_table(sql, look->table->mapping->schema, look->table->mapping->name);
    buffer_puts(sql, " c WHERE c.");
    query_put_name(sql, column->name);
    buffer_puts(sql, " IS NOT NULL AND c.");
    query_put_name(sql, column->name);
    buffer_printf(sql, "::text IS DISTINCT FROM (%s)::%s::text",
                  column->default_sql != NULL ? column->default_sql : "NULL", column->full_type);
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        if (strcmp(harmless[i].table, look->table->label) != 0 ||
            strcmp(harmless[i].column, column->name) != 0)
            continue;
        buffer_puts(sql, " AND c.");
        query_put_name(sql, column->name);
        buffer_puts(sql, "::text <> ");
        query_put_literal(sql, harmless[i].value);
    }
    buffer_puts(sql, " ORDER BY 1");
}

static bool visit(void *context, const PGresult *rows, struct error *error)
{
    const struct look *look = context;
    return inspection_find(look->inspection, "auth", look->table->label, PQgetvalue(rows, 0, 0),
                           error, "%s, which no record gives, is not its default", look->column);
}

static bool look_at_column(struct look *look, const struct found_column *column,
                           struct error *error)
{
    char what[256];
    struct buffer sql;
    look->column = column->name;
    look->inspection->checks++;
    snprintf(what, sizeof what, "%s of %s", column->name, look->table->label);
    buffer_init(&sql);
    put_question(&sql, look, column);
    bool ok = buffer_ok(&sql, error);
    if (ok && look->shared) {
        PGresult *rows = query(look->inspection, what, buffer_text(&sql), NULL, 0);
        if (rows != NULL && PQntuples(rows) > 0)
            inspection_remark(look->inspection,
                              "%s, in which there were rows before: %s, which no record gives, is "
                              "not its default in %d",
                              look->table->label, column->name, PQntuples(rows));
        PQclear(rows);
    } else if (ok) {
        ok = query_each(look->inspection, what, buffer_text(&sql), visit, look, error);
    }
    buffer_release(&sql);
    return ok;
}

/* By the ledger, where there is one. */
static bool has_rows_before(const struct look *look)
{
    static const char ledger_sql[] = "SELECT pg_catalog.to_regclass('graduate.tables') IS NOT NULL";
    static const char before_sql[] =
        "SELECT coalesce(pg_catalog.sum(rows_before), 0) > 0 FROM graduate.tables"
        " WHERE table_name = $1 AND run::text = coalesce($2, run::text)";
    const char *const parameters[] = {look->table->label, look->inspection->verification->run};
    PGresult *ledger = query(look->inspection, "the ledger", ledger_sql, NULL, 0);
    bool there = ledger != NULL && query_true(ledger, 0, 0), before = false;
    PQclear(ledger);
    PGresult *rows =
        there ? query(look->inspection, "the ledger", before_sql, parameters, 2) : NULL;
    before = rows != NULL && query_true(rows, 0, 0);
    PQclear(rows);
    return before;
}

bool service_columns_check(struct inspection *inspection, const struct blueprint_table *table,
                           struct error *error)
{
    struct look look = {inspection, table, NULL, false};
    struct found_table found;
    if (!table->mapping->exists || strcmp(table->mapping->schema, "auth") != 0)
        return true;
    look.shared = has_rows_before(&look);
    if (!found_describe(&inspection->verification->target, table->mapping->schema,
                        table->mapping->name, &found, error))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < found.column_count; i++)
        if (found.columns[i].constant && !is_given(table, found.columns[i].name))
            ok = look_at_column(&look, &found.columns[i], error);
    found_release(&found);
    return ok;
}
