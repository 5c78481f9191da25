/* Before the data: schemas, tables with their checks, row-level security. */
#include "building.h"
#include "graduate/sql.h"
#include "kept_type.h"
#include "retarget.h"

#include <string.h>

static bool has_schema(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->statement_count; i++)
        if (strncmp(schema->statements[i].name, "schema ", 7) == 0 &&
            strcmp(schema->statements[i].name + 7, name) == 0)
            return true;
    return false;
}

bool ddl_make_schema(struct building *b, const char *name, struct buffer *sql,
                     struct buffer *exists)
{
    if (strcmp(name, "public") == 0 || has_schema(b->schema, name))
        return true;
    buffer_puts(sql, "create schema ");
    sql_put_identifier(sql, name);
    buffer_puts(exists, "select 1 from pg_catalog.pg_namespace where nspname = ");
    sql_put_literal(exists, name);
    if (!building_add(b, SCHEMA_TABLES, sql, exists, arena_printf(b->arena, "schema %s", name)))
        return false;
    buffer_puts(sql, "drop schema if exists ");
    sql_put_identifier(sql, name);
    return building_undo(b, sql);
}

bool ddl_schema(struct building *b, struct buffer *sql, struct buffer *exists)
{
    return ddl_make_schema(b, b->output->table->schema, sql, exists);
}

static char *check_name(struct building *b, const struct schema_column *column)
{
    const char *word = column->name;
    const struct words columns = {&word, 1};
    return building_name(b, &columns, "check", "", false);
}

static void put_check(struct buffer *sql, const char *name, const char *condition)
{
    buffer_puts(sql, "constraint ");
    sql_put_identifier(sql, name);
    buffer_printf(sql, " check (%s)", condition);
}

static void put_column(struct building *b, struct buffer *sql, const struct schema_column *column)
{
    char type[PGTYPE_SIZE];
    pgtype_format(&column->type, type, sizeof type);
    buffer_puts(sql, "    ");
    sql_put_identifier(sql, column->name);
    buffer_printf(sql, " %s", type);
    if (column->collation != NULL)
        buffer_printf(sql, " collate pg_catalog.%s", column->collation);
    if (column->identity)
        buffer_printf(sql, " generated %s as identity", column->always ? "always" : "by default");
    else if (column->default_sql != NULL)
        buffer_printf(sql, " default %s", column->default_sql);
    if (column->numbering != NULL)
        buffer_printf(sql, " (%s)", column->numbering);
    if (column->not_null)
        buffer_puts(sql, " not null");
    if (column->check_in != NULL) {
        const char *name = check_name(b, column);
        sql->failed = sql->failed || name == NULL;
        buffer_putc(sql, ' ');
        put_check(sql, name != NULL ? name : "", column->check_in);
    }
}

/* Does the mapping give a check of this name? It then takes the place of the source's. */
static bool has_check(struct building *b, const char *name)
{
    const struct schema_output *output = b->output;
    for (size_t i = 0; i < output->table->check_count; i++)
        if (strcmp(output->table->checks[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < output->column_count; i++) {
        const struct schema_column *column = &output->columns[i];
        const char *own = column->check_in != NULL ? check_name(b, column) : NULL;
        if (own != NULL && strcmp(own, name) == 0)
            return true;
    }
    return false;
}

bool building_keeps_check(struct building *b, const struct catalog_check *check)
{
    return !has_check(b, check->name) && retarget_is_there(b->output, b->catalog, &check->made_of);
}

bool ddl_table(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    const struct mapping_table *table = output->table;
    buffer_puts(sql, "create table ");
    ddl_put_table(sql, table);
    buffer_puts(sql, " (\n");
    for (size_t i = 0; i < output->column_count; i++) {
        buffer_puts(sql, i > 0 ? ",\n" : "");
        put_column(b, sql, &output->columns[i]);
    }
    for (size_t i = 0; i < table->check_count; i++) {
        buffer_puts(sql, ",\n    ");
        put_check(sql, table->checks[i].name, table->checks[i].expression);
    }
    for (size_t i = 0; b->catalog != NULL && i < b->catalog->check_count; i++) {
        const struct catalog_check *check = &b->catalog->checks[i];
        if (check->invalid || !building_keeps_check(b, check))
            continue;
        const char *expression = kept_type_retarget(b->schema, output, NULL, b->source, b->catalog,
                                                    b->arena, check->expression);
        if (expression == NULL)
            return error_memory(b->error);
        buffer_puts(sql, ",\n    ");
        put_check(sql, check->name, expression);
    }
    buffer_puts(sql, "\n)");
    buffer_puts(exists, "select 1 where pg_catalog.to_regclass(");
    ddl_put_table_literal(exists, table->schema, table->name);
    buffer_puts(exists, ") is not null");
    if (!building_add(b, SCHEMA_TABLES, sql, exists,
                      arena_printf(b->arena, "table %s", table->label)))
        return false;
    buffer_puts(sql, "drop table if exists ");
    ddl_put_table(sql, table);
    return building_undo(b, sql);
}

/* On from the first moment: a table that is being filled must not be readable through an API. */
bool ddl_row_security(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    buffer_puts(sql, "alter table ");
    ddl_put_table(sql, table);
    buffer_puts(sql, " enable row level security");
    buffer_puts(exists, "select 1 from pg_catalog.pg_class where relrowsecurity and oid = "
                        "pg_catalog.to_regclass(");
    ddl_put_table_literal(exists, table->schema, table->name);
    buffer_putc(exists, ')');
    if (!building_add(b, SCHEMA_TABLES, sql, exists,
                      arena_printf(b->arena, "row security of %s", table->label)))
        return false;
    buffer_puts(sql, "alter table ");
    ddl_put_table(sql, table);
    buffer_puts(sql, " disable row level security");
    return building_undo(b, sql);
}

/* ---- columns that the server makes ------------------------------------------------------------
 */

static void put_alter(struct building *b, struct buffer *sql, const char *what,
                      const struct schema_column *column)
{
    buffer_puts(sql, "alter table ");
    ddl_put_table(sql, b->output->table);
    buffer_printf(sql, " %s", what);
    sql_put_identifier(sql, column->name);
}

/* "... is made by the server", or is not: as a query. */
static void put_is_generated(struct building *b, struct buffer *exists,
                             const struct schema_column *column, bool generated)
{
    buffer_puts(exists, "select 1 from pg_catalog.pg_attribute where attrelid = "
                        "pg_catalog.to_regclass(");
    ddl_put_table_literal(exists, b->output->table->schema, b->output->table->name);
    buffer_puts(exists, ") and attname = ");
    sql_put_literal(exists, column->name);
    buffer_printf(exists, " and attgenerated %s ''", generated ? "<>" : "=");
}

/* Nothing can be loaded into a column that the server makes, and what it makes is to be compared
 * with what was there: it takes the values first. */
bool ddl_plain(struct building *b, struct buffer *sql, struct buffer *exists)
{
    for (size_t c = 0; c < b->output->column_count; c++) {
        const struct schema_column *column = &b->output->columns[c];
        if (column->generated == NULL)
            continue;
        put_alter(b, sql, "alter column ", column);
        buffer_puts(sql, " drop expression if exists");
        put_is_generated(b, exists, column, false);
        if (!building_add(
                b, SCHEMA_TABLES, sql, exists,
                arena_printf(b->arena, "values of %s.%s", b->output->table->label, column->name)))
            return false;
        b->schema->statements[b->schema->statement_count - 1].at_begin = true;
    }
    return true;
}

/* Checks that go with the column come again. */
static bool put_checks(struct building *b, struct buffer *sql, const struct schema_column *column)
{
    const char *source = b->catalog->columns[column->source_column].name;
    for (size_t i = 0; i < b->catalog->check_count; i++) {
        const struct catalog_check *check = &b->catalog->checks[i];
        bool names = false;
        for (size_t k = 0; k < check->made_of.count; k++)
            names = names || strcmp(check->made_of.items[k], source) == 0;
        if (!names || check->invalid || !building_keeps_check(b, check))
            continue;
        const char *expression = kept_type_retarget(b->schema, b->output, NULL, b->source,
                                                    b->catalog, b->arena, check->expression);
        if (expression == NULL)
            return error_memory(b->error);
        buffer_puts(sql, ", add ");
        put_check(sql, check->name, expression);
    }
    return true;
}

bool ddl_generated(struct building *b, struct buffer *sql, struct buffer *exists)
{
    for (size_t c = 0; c < b->output->column_count; c++) {
        const struct schema_column *column = &b->output->columns[c];
        char type[64];
        if (column->generated == NULL)
            continue;
        pgtype_format(&column->type, type, sizeof type);
        put_alter(b, sql, "drop column ", column);
        buffer_puts(sql, ", add column ");
        sql_put_identifier(sql, column->name);
        buffer_printf(sql, " %s", type);
        if (column->collation != NULL)
            buffer_printf(sql, " collate pg_catalog.%s", column->collation);
        buffer_printf(sql, " generated always as (%s) stored%s", column->generated,
                      column->not_null ? " not null" : "");
        put_is_generated(b, exists, column, true);
        if (!put_checks(b, sql, column) ||
            !building_add(b, SCHEMA_KEYS, sql, exists,
                          arena_printf(b->arena, "generated column %s of %s", column->name,
                                       b->output->table->label)))
            return false;
        put_alter(b, sql, "alter column ", column);
        buffer_puts(sql, " drop expression if exists");
        const char *again = arena_text(b->arena, buffer_text(sql));
        if (again == NULL || !building_undo(b, sql))
            return error_memory(b->error);
        b->schema->statements[b->schema->statement_count - 1].again = again;
    }
    return true;
}
