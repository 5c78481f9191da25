/* Checks of a table: those that the mapping or the source says, and those that nobody does. */
#include "expression.h"
#include "source_object.h"
#include "table_shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct look {
    struct inspection *inspection;
    const struct blueprint_table *table;
    const PGresult *checks; /* as the target has them */
    bool *said;             /* of each of them: it is told of, be it right or wrong */
    struct error *error;
};

/* conenforced is as new as version 18. */
enum { CHECK_NAME, CHECK_EXPRESSION, CHECK_VALID, CHECK_COLUMNS };
static const char checks_sql[] =
    "SELECT o.conname, pg_catalog.pg_get_expr(o.conbin, o.conrelid),"
    " o.convalidated AND (pg_catalog.to_jsonb(o) ->> 'conenforced') IS DISTINCT FROM 'false',"
    " (SELECT pg_catalog.string_agg(a.attname, E'\\n') FROM pg_catalog.pg_attribute a"
    "  WHERE a.attrelid = o.conrelid AND a.attnum = ANY (o.conkey))"
    " FROM pg_catalog.pg_constraint o WHERE o.conrelid = $1::oid AND o.contype = 'c'"
    " ORDER BY o.conname";

static void put_allowed(struct buffer *sql, const struct blueprint_column *column)
{
    const cJSON *item;
    query_put_name(sql, column->name);
    cJSON_ArrayForEach(item, column->in)
    {
        buffer_puts(sql, item == column->in->child ? " IN (" : ", ");
        char *number = cJSON_IsNumber(item) ? cJSON_PrintUnformatted(item) : NULL;
        if (cJSON_IsString(item))
            query_put_literal(sql, item->valuestring);
        else if (number != NULL)
            buffer_puts(sql, number);
        else
            sql->failed = true;
        cJSON_free(number);
    }
    buffer_putc(sql, ')');
}

/* The list has no name that the mapping gives: any check of the column may be it. */
static bool look_at_allowed(const struct look *look, const struct blueprint_column *column)
{
    const char *label = look->table->label;
    char what[256];
    struct buffer sql;
    bool known = true, same = false, valid = false;
    if (column->in == NULL)
        return true;
    buffer_init(&sql);
    put_allowed(&sql, column);
    bool ok = buffer_ok(&sql, look->error);
    look->inspection->checks++;
    snprintf(what, sizeof what, "the allowed values of %s of %s", column->name, label);
    for (int i = 0; ok && known && i < PQntuples(look->checks); i++) {
        bool equal = false;
        if (strcmp(PQgetvalue(look->checks, i, CHECK_COLUMNS), column->name) != 0)
            continue;
        known =
            expression_same(look->inspection, what, look->table->mapping->schema,
                            look->table->mapping->name, EXPRESSION_VALUE, NULL, buffer_text(&sql),
                            PQgetvalue(look->checks, i, CHECK_EXPRESSION), &equal);
        same = same || equal;
        valid = valid || (equal && query_true(look->checks, i, CHECK_VALID));
        look->said[i] = look->said[i] || equal || !known;
    }
    if (ok && known && !valid)
        ok = inspection_find(look->inspection, "no check", label, NULL, look->error,
                             "the check that column %s has one of its allowed values is %s",
                             column->name, same ? "not validated" : "missing");
    buffer_release(&sql);
    return ok;
}

static bool look_at_check(const struct look *look, const struct mapping_check *check)
{
    const char *label = look->table->label;
    char what[256];
    int row = 0;
    bool same = false;
    look->inspection->checks++;
    while (row < PQntuples(look->checks) &&
           strcmp(PQgetvalue(look->checks, row, CHECK_NAME), check->name) != 0)
        row++;
    if (row == PQntuples(look->checks))
        return inspection_find(look->inspection, "no check", label, NULL, look->error,
                               "the check %s is missing", check->name);
    look->said[row] = true;
    if (!check->invalid && !query_true(look->checks, row, CHECK_VALID))
        return inspection_find(look->inspection, "no check", label, NULL, look->error,
                               "the check %s is not validated", check->name);
    const char *found = PQgetvalue(look->checks, row, CHECK_EXPRESSION);
    snprintf(what, sizeof what, "the check %s of %s", check->name, label);
    if (!expression_same(look->inspection, what, look->table->mapping->schema,
                         look->table->mapping->name, EXPRESSION_VALUE, NULL, check->expression,
                         found, &same))
        return true;
    return same || inspection_find(look->inspection, "no check", label, NULL, look->error,
                                   "the check %s is %s; it should be %s", check->name, found,
                                   check->expression);
}

/* One that is not validated refuses new rows all the same. */
static bool look_at_others(const struct look *look)
{
    bool ok = true;
    for (int row = 0; ok && row < PQntuples(look->checks); row++) {
        const char *name = PQgetvalue(look->checks, row, CHECK_NAME);
        if (!look->said[row] &&
            source_object_named(look->inspection->verification, look->table, "check", name) == NULL)
            ok = inspection_find(look->inspection, "extra check", look->table->label, NULL,
                                 look->error,
                                 "it has the check %s, which the mapping does not say: %s", name,
                                 PQgetvalue(look->checks, row, CHECK_EXPRESSION));
    }
    return ok;
}

bool shape_checks(struct inspection *inspection, const struct blueprint_table *table,
                  const char *oid, struct error *error)
{
    char what[256];
    if (table->mapping->exists)
        return true;
    snprintf(what, sizeof what, "the checks of %s", table->label);
    PGresult *checks = query(inspection, what, checks_sql, &oid, 1);
    if (checks == NULL)
        return true;
    bool *said = calloc((size_t)PQntuples(checks) + 1, sizeof *said);
    const struct look look = {inspection, table, checks, said, error};
    bool ok = said != NULL ? true : error_memory(error);
    for (size_t i = 0; ok && i < table->column_count; i++)
        ok = look_at_allowed(&look, &table->columns[i]);
    for (size_t i = 0; ok && i < table->check_count; i++)
        ok = look_at_check(&look, &table->checks[i]);
    ok = ok && look_at_others(&look);
    free(said);
    PQclear(checks);
    return ok;
}
