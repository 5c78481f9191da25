#include "inventory.h"
#include "graduate/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No row: there is no such table. */
static bool read_kind(struct postgres *target, const struct mapping_table *table, char *kind,
                      struct error *error)
{
    const char *const parameters[] = {table->schema, table->name};
    PGresult *result;
    if (!postgres_query(target,
                        "SELECT c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid ="
                        " c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
                        parameters, 2, &result, error))
        return false;
    *kind = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0)[0] : '\0';
    PQclear(result);
    return true;
}

static bool count_rows_of(struct postgres *target, const struct mapping_table *table, int64_t *rows,
                          struct error *error)
{
    struct buffer name;
    buffer_init(&name);
    sql_put_qualified(&name, table->schema, table->name);
    bool ok =
        buffer_ok(&name, error) && postgres_count_rows(target, buffer_text(&name), rows, error);
    buffer_release(&name);
    return ok;
}

static bool misfit(const struct mapping_table *table, const struct schema_column *column,
                   struct error *error, const char *problem)
{
    error_set(error, ERROR_REFUSED, "the target's table %s cannot take the rows: column %s %s",
              table->label, column->name, problem);
    error_at(error, NULL, NULL, column->name);
    return error_hint(error,
                      "bring the mapping and the table into line, or take the table away if it is "
                      "not needed (one that an earlier run made goes with graduate undo --run-dir "
                      "and its run folder): graduate then makes it");
}

/* Both types in the words of the mapping; a type of the target that has none cannot be the same. */
static bool check_column(const struct mapping_table *table, const struct schema_column *column,
                         const char *type, bool generated, struct error *error)
{
    struct pgtype there;
    struct error unknown;
    char wanted[64], found[64], problem[256];
    if (generated)
        return misfit(table, column, error, "is generated there, so nothing can be written to it");
    pgtype_format(&column->type, wanted, sizeof wanted);
    if (pgtype_parse(type, &there, &unknown))
        pgtype_format(&there, found, sizeof found);
    else
        snprintf(found, sizeof found, "%s", type);
    if (strcmp(found, wanted) == 0)
        return true;
    snprintf(problem, sizeof problem, "is %s there, and %s in the mapping", type, wanted);
    return misfit(table, column, error, problem);
}

static bool check_columns(struct postgres *target, const struct schema_output *output,
                          struct error *error)
{
    const struct mapping_table *table = output->table;
    const char *const parameters[] = {table->schema, table->name};
    PGresult *result;
    if (!postgres_query(target,
                        "SELECT a.attname, format_type(a.atttypid, a.atttypmod),"
                        " a.attgenerated <> '' FROM pg_attribute a"
                        " JOIN pg_class c ON c.oid = a.attrelid"
                        " JOIN pg_namespace n ON n.oid = c.relnamespace"
                        " WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0"
                        " AND NOT a.attisdropped",
                        parameters, 2, &result, error))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < output->column_count; i++) {
        const struct schema_column *column = &output->columns[i];
        int row = 0;
        while (row < PQntuples(result) && strcmp(PQgetvalue(result, row, 0), column->name) != 0)
            row++;
        ok = row < PQntuples(result) ? check_column(table, column, PQgetvalue(result, row, 1),
                                                    PQgetvalue(result, row, 2)[0] == 't', error)
                                     : misfit(table, column, error, "is not there");
    }
    PQclear(result);
    return ok;
}

static struct inventory_table *find(const struct inventory *inventory, const char *label)
{
    for (size_t i = 0; i < inventory->count; i++)
        if (strcmp(inventory->tables[i].table->label, label) == 0)
            return &inventory->tables[i];
    return NULL;
}

static bool take_table(struct inventory *inventory, struct postgres *target,
                       const struct mapping_table *table, bool count_rows, struct error *error)
{
    char kind;
    if (!read_kind(target, table, &kind, error))
        return false;
    if (kind == '\0' && table->exists) {
        error_set(error, ERROR_REFUSED, "%s has no table %s, which it should bring", target->where,
                  table->label);
        return error_hint(error, "take a Supabase database for a target, or whichever one brings "
                                 "this table; nothing was touched");
    }
    if (kind != '\0' && kind != 'r' && kind != 'p') {
        error_set(error, ERROR_REFUSED, "%s of the target is not a table", table->label);
        return error_hint(error,
                          "a view, or something else, has the name that the mapping gives to "
                          "a table: rename one of the two; nothing was touched");
    }
    struct inventory_table *entry = &inventory->tables[inventory->count++];
    *entry = (struct inventory_table){.table = table, .exists = kind != '\0'};
    return !entry->exists || !count_rows || count_rows_of(target, table, &entry->rows, error);
}

bool inventory_take(struct inventory *inventory, struct postgres *target,
                    const struct schema *schema, bool count_rows, struct error *error)
{
    *inventory = (struct inventory){
        .tables = calloc(schema->output_count + 1, sizeof *inventory->tables),
    };
    if (inventory->tables == NULL)
        return error_memory(error);
    bool ok = true;
    for (size_t i = 0; ok && i < schema->output_count; i++) {
        const struct schema_output *output = &schema->outputs[i];
        ok = (find(inventory, output->table->label) != NULL ||
              take_table(inventory, target, output->table, count_rows, error)) &&
             (!find(inventory, output->table->label)->exists ||
              check_columns(target, output, error));
        if (!ok)
            error_at(error, output->entity->name, NULL, NULL);
    }
    if (!ok)
        inventory_release(inventory);
    return ok;
}

void inventory_release(struct inventory *inventory)
{
    free(inventory->tables);
    *inventory = (struct inventory){0};
}
