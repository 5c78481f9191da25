/* Columns and what stands on them: types, collations, NOT NULL, defaults, and who numbers them. */
#include "expression.h"
#include "free_sequence.h"
#include "source_object.h"
#include "source_text.h"
#include "table_shape.h"

#include <stdio.h>
#include <string.h>

struct look {
    struct inspection *inspection;
    const struct blueprint_table *table;
    const char *oid;
    const PGresult *columns; /* as the target has them */
    struct error *error;
};

enum {
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_NOT_NULL,
    COLUMN_DEFAULT,
    COLUMN_NUMBER,
    COLUMN_IDENTITY,
    COLUMN_GENERATED,
    COLUMN_COLLATION, /* where it is not the type's own */
    COLUMN_COMMENT,
    COLUMN_TABLE_COMMENT,
};
static const char columns_sql[] =
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    " pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attnum, a.attidentity, a.attgenerated,"
    " CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.quote_ident(l.collname) END,"
    " pg_catalog.col_description(a.attrelid, a.attnum),"
    " pg_catalog.obj_description(a.attrelid, 'pg_class')"
    " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
    " LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

static bool same_type(const struct pgtype *type, const char *found)
{
    struct pgtype other;
    struct error unused;
    return type->named != NULL ? strcmp(type->named, found) == 0
                               : pgtype_parse(found, &other, &unused) && pgtype_same(type, &other);
}

/* An enum that has not the source's values refuses rows, or sorts them in another way. */
static bool look_at_values(const struct look *look, const struct blueprint_column *column)
{
    static const char sql[] =
        "SELECT e.enumlabel FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t"
        " ON t.oid = a.atttypid JOIN pg_catalog.pg_enum e ON e.enumtypid IN (t.oid, t.typelem)"
        " WHERE a.attrelid = $1::oid AND a.attname = $2 ORDER BY e.enumsortorder";
    const struct catalog_type *type = column->named;
    const char *const parameters[] = {look->oid, column->name};
    char what[256];
    if (type == NULL || strcmp(type->kind, "enum") != 0)
        return true;
    look->inspection->checks++;
    snprintf(what, sizeof what, "the values of the type of %s of %s", column->name,
             look->table->label);
    PGresult *values = query(look->inspection, what, sql, parameters, 2);
    bool same = values == NULL || (size_t)PQntuples(values) == type->parts.count;
    for (int i = 0; values != NULL && same && i < PQntuples(values); i++)
        same = strcmp(PQgetvalue(values, i, 0), type->parts.items[i]) == 0;
    PQclear(values);
    return same || inspection_find(look->inspection, "type", look->table->label, NULL, look->error,
                                   "column %s is of the enum %s, whose values, or their order, are "
                                   "not the source's",
                                   column->name, column->type.named);
}

/* NULL is what a column without a default gets. */
static bool is_default(const char *found)
{
    return found != NULL && strcmp(found, "NULL") != 0 && strncmp(found, "NULL::", 6) != 0;
}

/* An identity column or one with a sequence of its own has no default to compare. */
static bool look_at_default(const struct look *look, const struct blueprint_column *column, int row)
{
    const char *found = query_text(look->columns, row, COLUMN_DEFAULT);
    const char *label = look->table->label;
    char what[256], type[PGTYPE_SIZE];
    bool same = false;
    if (column->numbered || PQgetvalue(look->columns, row, COLUMN_GENERATED)[0] != '\0')
        return true;
    if (column->default_sql == NULL)
        return !is_default(found) ||
               inspection_find(look->inspection, "extra default", label, NULL, look->error,
                               "column %s has the default %s, which the mapping does not say",
                               column->name, found);
    pgtype_format(&column->type, type, sizeof type);
    snprintf(what, sizeof what, "the default of %s of %s", column->name, label);
    look->inspection->checks++;
    /* A default of null is the one that PostgreSQL does not write down. */
    if (!expression_same(look->inspection, what, look->table->mapping->schema,
                         look->table->mapping->name, EXPRESSION_VALUE, type, column->default_sql,
                         found != NULL ? found : "NULL", &same))
        return true;
    if (!same && found == NULL)
        return inspection_find(look->inspection, "no default", label, NULL, look->error,
                               "column %s has no default; it should be %s", column->name,
                               column->default_sql);
    if (!same)
        return inspection_find(look->inspection, "no default", label, NULL, look->error,
                               "the default of column %s is %s; it should be %s", column->name,
                               found, column->default_sql);
    return free_sequence_is_free(look->inspection, look->table, column, look->oid,
                                 PQgetvalue(look->columns, row, COLUMN_NUMBER), look->error);
}

static bool look_at_generated(const struct look *look, const struct blueprint_column *column,
                              bool generated, int row)
{
    const char *label = look->table->label;
    const char *found = query_text(look->columns, row, COLUMN_DEFAULT);
    char what[256];
    bool same = false;
    snprintf(what, sizeof what, "what makes %s of %s", column->name, label);
    look->inspection->checks++;
    if (!generated || found == NULL)
        return inspection_find(look->inspection, "shape", label, NULL, look->error,
                               "column %s is not generated by the server, as it is in the source",
                               column->name);
    if (!expression_same(look->inspection, what, look->table->mapping->schema,
                         look->table->mapping->name, EXPRESSION_VALUE, NULL, column->generated,
                         found, &same))
        return true;
    return same || inspection_find(look->inspection, "shape", label, NULL, look->error,
                                   "column %s is generated as %s; it should be %s", column->name,
                                   found, column->generated);
}

/* Who gives the column its values: the rows, or the server. */
static bool look_at_numbering(const struct look *look, const struct blueprint_column *column,
                              int row)
{
    const char *label = look->table->label;
    char identity = PQgetvalue(look->columns, row, COLUMN_IDENTITY)[0];
    bool generated = PQgetvalue(look->columns, row, COLUMN_GENERATED)[0] != '\0';
    if (column->generated != NULL)
        return look_at_generated(look, column, generated, row);
    if (generated)
        return source_object_over(look->inspection->verification, look->table, "generated column",
                                  column->name) != NULL ||
               inspection_find(look->inspection, "shape", label, NULL, look->error,
                               "column %s is generated by the server, which the mapping does not "
                               "say",
                               column->name);
    if (!column->numbered)
        return identity == '\0' ||
               inspection_find(
                   look->inspection, "shape", label, NULL, look->error,
                   "column %s is numbered by the server, which the mapping does not say",
                   column->name);
    if (column->always ? identity != 'a' : identity == 'a')
        if (!inspection_find(look->inspection, "shape", label, NULL, look->error,
                             column->always
                                 ? "column %s is not GENERATED ALWAYS, as it is in the source"
                                 : "column %s is GENERATED ALWAYS, and refuses numbers that are "
                                   "given; it should be BY DEFAULT",
                             column->name))
            return false;
    return shape_sequence(look->inspection, look->table, column, look->oid,
                          PQgetvalue(look->columns, row, COLUMN_NUMBER), look->error);
}

/* Comparisons, orders and uniqueness of the same texts are others. */
static bool look_at_collation(const struct look *look, const struct blueprint_column *column,
                              int row)
{
    const char *collation = query_text(look->columns, row, COLUMN_COLLATION);
    if (column->collation != NULL &&
        (collation == NULL || !source_text_same(column->collation, collation)))
        return inspection_find(look->inspection, "shape", look->table->label, NULL, look->error,
                               "column %s has not the collation %s, as it has in the source",
                               column->name, column->collation);
    return collation == NULL ||
           source_object_over(look->inspection->verification, look->table, "column collation",
                              column->name) != NULL ||
           inspection_find(look->inspection, "shape", look->table->label, NULL, look->error,
                           "column %s has the collation %s, which the mapping does not say",
                           column->name, collation);
}

/* `column`: NULL of the table. One that nobody says is no harm. */
static bool look_at_comment(const struct look *look, const char *column, const char *comment,
                            const char *found)
{
    if (comment == NULL || (found != NULL && strcmp(comment, found) == 0))
        return true;
    return inspection_find(look->inspection, "shape", look->table->label, NULL, look->error,
                           "the comment of %s%s is %s; it should be %s",
                           column != NULL ? "column " : "the table", column != NULL ? column : "",
                           found != NULL ? found : "missing", comment);
}

static bool look_at_null(const struct look *look, const struct blueprint_column *column, int row)
{
    const char *label = look->table->label;
    bool not_null = query_true(look->columns, row, COLUMN_NOT_NULL);
    if (column->not_null && !not_null)
        return inspection_find(look->inspection, "null allowed", label, NULL, look->error,
                               "column %s may be NULL; it should be NOT NULL", column->name);
    return column->not_null || column->numbered || !not_null ||
           inspection_find(look->inspection, "extra check", label, NULL, look->error,
                           "column %s is NOT NULL, which the mapping does not say", column->name);
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
        char type[PGTYPE_SIZE];
        pgtype_format(&column->type, type, sizeof type);
        if (!inspection_find(look->inspection, "type", label, NULL, look->error,
                             "column %s is %s; it should be %s", column->name, found, type))
            return false;
    }
    return look_at_comment(look, column->name, column->comment,
                           query_text(look->columns, row, COLUMN_COMMENT)) &&
           look_at_values(look, column) && look_at_null(look, column, row) && look_at_collation(look, column, row) &&
           look_at_default(look, column, row) && look_at_numbering(look, column, row);
}

static bool is_of_blueprint(const struct look *look, const char *name)
{
    for (size_t i = 0; i < look->table->column_count; i++)
        if (strcmp(look->table->columns[i].name, name) == 0)
            return true;
    return false;
}

/* A column of the target's own is its own affair, until every new row must give it. */
static bool look_at_others(const struct look *look)
{
    bool ok = true;
    for (int row = 0; ok && row < PQntuples(look->columns); row++) {
        const char *name = PQgetvalue(look->columns, row, COLUMN_NAME);
        bool given = query_text(look->columns, row, COLUMN_DEFAULT) != NULL ||
                     PQgetvalue(look->columns, row, COLUMN_IDENTITY)[0] != '\0';
        if (query_true(look->columns, row, COLUMN_NOT_NULL) && !given &&
            !is_of_blueprint(look, name))
            ok = inspection_find(
                look->inspection, "extra check", look->table->label, NULL, look->error,
                "column %s, which no mapping says, is NOT NULL and has no default: "
                "a row without it is refused",
                name);
    }
    return ok;
}

bool shape_columns(struct inspection *inspection, const struct blueprint_table *table,
                   const char *oid, struct error *error)
{
    char what[256];
    snprintf(what, sizeof what, "the columns of %s", table->label);
    PGresult *columns = query(inspection, what, columns_sql, &oid, 1);
    const struct look look = {inspection, table, oid, columns, error};
    bool ok = true;
    if (columns != NULL && PQntuples(columns) > 0 && !table->mapping->exists)
        ok = look_at_comment(&look, NULL, table->comment,
                             query_text(columns, 0, COLUMN_TABLE_COMMENT));
    for (size_t i = 0; ok && columns != NULL && i < table->column_count; i++)
        ok = look_at_column(&look, &table->columns[i]);
    ok = ok && (columns == NULL || table->mapping->exists || look_at_others(&look));
    PQclear(columns);
    return ok;
}
