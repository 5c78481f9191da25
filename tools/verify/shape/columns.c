/* Columns and what stands on them: types, NOT NULL, defaults, checks, sequences. */
#include "expression.h"
#include "table_shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct look {
    struct inspection *inspection;
    const struct blueprint_table *table;
    const char *oid;
    const PGresult *columns, *checks; /* as the target has them */
    struct error *error;
};

enum { COLUMN_NAME, COLUMN_TYPE, COLUMN_NOT_NULL, COLUMN_DEFAULT, COLUMN_NUMBER };
static const char columns_sql[] =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    " pg_get_expr(d.adbin, d.adrelid), a.attnum"
    " FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/* conenforced is as new as version 18. */
enum { CHECK_NAME, CHECK_EXPRESSION, CHECK_VALID, CHECK_COLUMNS };
static const char checks_sql[] =
    "SELECT o.conname, pg_get_expr(o.conbin, o.conrelid),"
    " o.convalidated AND (to_jsonb(o) ->> 'conenforced') IS DISTINCT FROM 'false',"
    " array_to_string(o.conkey, ',')"
    " FROM pg_constraint o WHERE o.conrelid = $1::oid AND o.contype = 'c' ORDER BY o.conname";

/* pg_sequences and pg_get_serial_sequence hide or refuse what a role has no right on; these do not.
 */
static const char sequence_sql[] =
    "SELECT n.nspname, c.relname, q.seqincrement FROM pg_depend d"
    " JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'"
    " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence q ON q.seqrelid = c.oid"
    " WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass"
    " AND d.refobjid = $1::oid AND d.refobjsubid = $2::int AND d.deptype IN ('a', 'i')";

static bool same_type(const struct pgtype *type, const char *found)
{
    struct pgtype other;
    struct error unused;
    return pgtype_parse(found, &other, &unused) && other.base == type->base &&
           other.array == type->array && other.length == type->length &&
           other.precision == type->precision && other.scale == type->scale;
}

/* An identity column or one with a sequence of its own has no default to compare. */
static bool look_at_default(const struct look *look, const struct blueprint_column *column, int row)
{
    const char *found = query_text(look->columns, row, COLUMN_DEFAULT);
    const char *label = look->table->label;
    char what[256], type[64];
    bool same = false;
    if (column->default_sql == NULL || column->numbered)
        return true;
    pgtype_format(&column->type, type, sizeof type);
    snprintf(what, sizeof what, "the default of %s of %s", column->name, label);
    look->inspection->checks++;
    if (found == NULL)
        return inspection_find(look->inspection, "no default", label, NULL, look->error,
                               "column %s has no default; it should be %s", column->name,
                               column->default_sql);
    if (!expression_same(look->inspection, what, look->table->mapping->schema,
                         look->table->mapping->name, EXPRESSION_VALUE, type, column->default_sql,
                         found, &same))
        return true;
    return same || inspection_find(look->inspection, "no default", label, NULL, look->error,
                                   "the default of column %s is %s; it should be %s", column->name,
                                   found, column->default_sql);
}

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
static bool look_at_allowed(const struct look *look, const struct blueprint_column *column, int row)
{
    const char *label = look->table->label, *number = PQgetvalue(look->columns, row, COLUMN_NUMBER);
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
    for (int i = 0; ok && known && !valid && i < PQntuples(look->checks); i++) {
        bool equal = false;
        if (strcmp(PQgetvalue(look->checks, i, CHECK_COLUMNS), number) != 0)
            continue;
        known =
            expression_same(look->inspection, what, look->table->mapping->schema,
                            look->table->mapping->name, EXPRESSION_VALUE, NULL, buffer_text(&sql),
                            PQgetvalue(look->checks, i, CHECK_EXPRESSION), &equal);
        same = same || equal;
        valid = equal && query_true(look->checks, i, CHECK_VALID);
    }
    if (ok && known && !valid)
        ok = inspection_find(look->inspection, "no check", label, NULL, look->error,
                             "the check that column %s has one of its allowed values is %s",
                             column->name, same ? "not validated" : "missing");
    buffer_release(&sql);
    return ok;
}

/* The next number must be above the largest that is kept and above the last that the source gave: a
 * number of a row that is gone may still be known elsewhere. */
static bool compare_sequence(const struct look *look, const struct blueprint_column *column,
                             const PGresult *sequence, int64_t increment)
{
    char what[256];
    struct buffer sql;
    int64_t largest = 0, last = query_int(sequence, 0, 0);
    int64_t next = query_true(sequence, 0, 1) ? last + increment : last;
    bool any = false;
    snprintf(what, sizeof what, "the largest %s of %s", column->name, look->table->label);
    buffer_init(&sql);
    buffer_puts(&sql, "SELECT max(");
    query_put_name(&sql, column->name);
    buffer_puts(&sql, ") FROM ");
    query_put_table(&sql, look->table->mapping->schema, look->table->mapping->name);
    bool ok = buffer_ok(&sql, look->error);
    if (ok && query_number(look->inspection, what, buffer_text(&sql), &largest, &any)) {
        if (any && next <= largest)
            ok = inspection_find(
                look->inspection, "sequence", look->table->label, NULL, look->error,
                "the next number of column %s is %" PRId64 ", and a row has %" PRId64 " already",
                column->name, next, largest);
        else if (next <= column->serial_last)
            ok =
                inspection_find(look->inspection, "sequence", look->table->label, NULL, look->error,
                                "the next number of column %s is %" PRId64
                                ", and the source has given %" PRId64 " already",
                                column->name, next, column->serial_last);
    }
    buffer_release(&sql);
    return ok;
}

static bool look_at_sequence(const struct look *look, const struct blueprint_column *column,
                             int row)
{
    const char *const parameters[] = {look->oid, PQgetvalue(look->columns, row, COLUMN_NUMBER)};
    char what[256];
    struct buffer sql;
    bool ok = true;
    if (!column->numbered)
        return true;
    snprintf(what, sizeof what, "the sequence of %s of %s", column->name, look->table->label);
    PGresult *owned = query(look->inspection, what, sequence_sql, parameters, 2);
    look->inspection->checks++;
    if (owned != NULL && PQntuples(owned) == 0)
        ok = inspection_find(look->inspection, "sequence", look->table->label, NULL, look->error,
                             "no sequence numbers column %s", column->name);
    if (owned != NULL && PQntuples(owned) > 0) {
        buffer_init(&sql);
        buffer_puts(&sql, "SELECT last_value, is_called FROM ");
        query_put_table(&sql, PQgetvalue(owned, 0, 0), PQgetvalue(owned, 0, 1));
        ok = buffer_ok(&sql, look->error);
        PGresult *state = ok ? query(look->inspection, what, buffer_text(&sql), NULL, 0) : NULL;
        ok = ok && (state == NULL || compare_sequence(look, column, state, query_int(owned, 0, 2)));
        PQclear(state);
        buffer_release(&sql);
    }
    PQclear(owned);
    return ok;
}

/* Of a table that the target brings, its columns' shape is the target's affair. */
static bool look_at_column(const struct look *look, const struct blueprint_column *column)
{
    const char *label = look->table->label;
    int row = 0;
    look->inspection->checks++;
    while (row < PQntuples(look->columns) &&
           strcmp(PQgetvalue(look->columns, row, COLUMN_NAME), column->name) != 0)
        row++;
    if (row == PQntuples(look->columns))
        return inspection_find(look->inspection, "no column", label, NULL, look->error,
                               "there is no column %s", column->name);
    if (look->table->mapping->exists)
        return true;
    const char *found = PQgetvalue(look->columns, row, COLUMN_TYPE);
    if (!same_type(&column->type, found)) {
        char type[64];
        pgtype_format(&column->type, type, sizeof type);
        if (!inspection_find(look->inspection, "type", label, NULL, look->error,
                             "column %s is %s; it should be %s", column->name, found, type))
            return false;
    }
    if (column->not_null && !query_true(look->columns, row, COLUMN_NOT_NULL) &&
        !inspection_find(look->inspection, "null allowed", label, NULL, look->error,
                         "column %s may be NULL; it should be NOT NULL", column->name))
        return false;
    return look_at_default(look, column, row) && look_at_allowed(look, column, row) &&
           look_at_sequence(look, column, row);
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
    if (!query_true(look->checks, row, CHECK_VALID))
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

bool shape_columns(struct inspection *inspection, const struct blueprint_table *table,
                   const char *oid, struct error *error)
{
    char what[256];
    snprintf(what, sizeof what, "the columns of %s", table->label);
    PGresult *columns = query(inspection, what, columns_sql, &oid, 1);
    PGresult *checks = columns != NULL ? query(inspection, what, checks_sql, &oid, 1) : NULL;
    const struct look look = {inspection, table, oid, columns, checks, error};
    bool ok = true;
    for (size_t i = 0; ok && checks != NULL && i < table->column_count; i++)
        ok = look_at_column(&look, &table->columns[i]);
    for (size_t i = 0; ok && checks != NULL && !table->mapping->exists && i < table->check_count;
         i++)
        ok = look_at_check(&look, &table->checks[i]);
    PQclear(columns);
    PQclear(checks);
    return ok;
}
