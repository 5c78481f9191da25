#include "unique_index.h"
#include "row_table.h"

#include "graduate/sql.h"
#include "graduate/sql_token.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Names that no table of an application has. */
#define PLACE "graduate place"
#define RECORD "graduate record"

bool unique_index_connect(struct postgres *target, const struct project *project, int64_t stall,
                          struct error *error)
{
    struct buffer uri;
    buffer_init(&uri);
    bool ok = project_expand(project->target, &uri, error) && buffer_ok(&uri, error) &&
              postgres_connect(target, buffer_text(&uri), "target", ERROR_TARGET, error);
    buffer_release(&uri);
    target->stall = stall;
    return ok;
}

static bool exec(struct unique_index *index, struct buffer *sql, struct error *error)
{
    bool ok = buffer_ok(sql, error) && postgres_exec(index->target, buffer_text(sql), error);
    buffer_clear(sql);
    return ok;
}

/* ---- which index ------------------------------------------------------------------------------
 */

static const struct schema_output *find_output(const struct schema *schema, const char *label)
{
    for (size_t i = 0; i < schema->output_count; i++)
        if (strcmp(schema->outputs[i].table->label, label) == 0)
            return &schema->outputs[i];
    return NULL;
}

static const struct schema_statement *find_statement(const struct schema *schema, const char *label,
                                                     const char *name)
{
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = &schema->statements[i];
        if (statement->index_name != NULL && strcmp(statement->index_name, name) == 0 &&
            strcmp(statement->table, label) == 0)
            return statement;
    }
    return NULL;
}

/* The oid of the target's own, "" where it has none of this name. */
static bool find_index(struct unique_index *index, const struct mapping_table *table,
                       const char *name, char oid[16], struct error *error)
{
    static const char sql[] = "SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid ="
                              " i.indexrelid WHERE i.indrelid = to_regclass($1) AND i.indisunique"
                              " AND c.relname = $2";
    struct buffer qualified;
    PGresult *result = NULL;
    buffer_init(&qualified);
    sql_put_qualified(&qualified, table->schema, table->name);
    const char *const parameters[] = {buffer_text(&qualified), name};
    bool ok = buffer_ok(&qualified, error) &&
              postgres_query(index->target, sql, parameters, 2, &result, error);
    snprintf(oid, 16, "%s", ok && PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    buffer_release(&qualified);
    return ok;
}

static bool make_index(struct unique_index *index, const struct schema_statement *statement,
                       char oid[16], struct error *error)
{
    struct buffer sql;
    PGresult *result;
    buffer_init(&sql);
    buffer_printf(&sql, "CREATE INDEX ON %s %s", index->rows, statement->index_form);
    bool ok = exec(index, &sql, error);
    buffer_printf(&sql, "SELECT indexrelid FROM pg_index WHERE indrelid = '%s'::regclass",
                  index->rows);
    ok = ok && buffer_ok(&sql, error) &&
         postgres_query(index->target, buffer_text(&sql), NULL, 0, &result, error);
    buffer_release(&sql);
    if (!ok)
        return false;
    snprintf(oid, 16, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return true;
}

/* ---- what it looks at -------------------------------------------------------------------------
 */

/* Of each of its keys: the expression, what compares it, and how it is shown. */
enum { KEY_EXPRESSION, KEY_EQUAL, KEY_PLAIN, KEY_SHOWN, KEY_WHERE, KEY_NULLS, KEY_NAME };
static const char keys_sql[] =
    "SELECT pg_get_indexdef(i.indexrelid, k, false) || coalesce((SELECT ' COLLATE ' ||"
    "  quote_ident(n.nspname) || '.' || quote_ident(l.collname) FROM pg_collation l JOIN"
    "  pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = i.indcollation[k - 1]), ''),"
    " (SELECT 'OPERATOR(' || quote_ident(n.nspname) || '.' || o.oprname || ')' FROM pg_opclass c"
    "  JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amoplefttype = c.opcintype AND"
    "  m.amoprighttype = c.opcintype AND m.amopstrategy = 3 JOIN pg_operator o ON o.oid = m.amopopr"
    "  JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE c.oid = i.indclass[k - 1]),"
    " t.typcategory IN ('N', 'B'), t.oid <> 'uuid'::regtype AND t.oid <> 'bytea'::regtype,"
    " coalesce(pg_get_expr(i.indpred, i.indrelid), 'true'),"
    " coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),"
    " pg_get_indexdef(i.indexrelid, k, true)"
    " FROM pg_index i, generate_series(1, i.indnkeyatts) k, pg_attribute a, pg_type t"
    " WHERE i.indexrelid = $1::oid AND a.attrelid = i.indexrelid AND a.attnum = k AND"
    " t.oid = a.atttypid ORDER BY k";

/* The columns that it needs, and those of which generated ones of them are made. */
enum { COLUMN_NAME, COLUMN_GENERATED, COLUMN_COUNTS };
static const char columns_sql[] =
    "WITH RECURSIVE used (n) AS ((SELECT k::int FROM pg_index i, unnest(i.indkey) k"
    "   WHERE i.indexrelid = $1::oid AND k <> 0"
    "  UNION SELECT d.refobjsubid FROM pg_depend d, pg_index i WHERE i.indexrelid = $1::oid"
    "   AND d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid"
    "   AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0)"
    " UNION SELECT d.refobjsubid FROM pg_index i, used u, pg_attrdef e, pg_depend d"
    "   WHERE i.indexrelid = $1::oid AND e.adrelid = i.indrelid AND e.adnum = u.n"
    "   AND (d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid OR"
    "        d.classid = 'pg_class'::regclass AND d.objid = i.indrelid AND d.objsubid = u.n)"
    "   AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid"
    "   AND d.refobjsubid NOT IN (0, u.n))"
    " SELECT a.attname, a.attgenerated <> '', coalesce(pg_get_expr(e.adbin, e.adrelid), '') LIKE"
    " '%nextval(%' FROM used u JOIN pg_index i ON i.indexrelid = $1::oid JOIN pg_attribute a ON"
    " a.attrelid = i.indrelid AND a.attnum = u.n LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid"
    " AND e.adnum = a.attnum ORDER BY array_position(i.indkey::int2[], a.attnum), a.attnum";

static bool has_column(const struct unique_index *index, const char *name)
{
    for (size_t i = 0; i < index->column_count; i++)
        if (strcmp(index->columns[i], name) == 0)
            return true;
    return false;
}

/* Those that come from the rows, and the key's. */
static bool gather_columns(struct unique_index *index, const struct schema_output *output,
                           const PGresult *columns, struct error *error)
{
    size_t most = (size_t)PQntuples(columns) + output->key_count;
    index->columns = arena_alloc(&index->arena, most + 1, sizeof *index->columns);
    bool ok = index->columns != NULL;
    for (int row = 0; ok && row < PQntuples(columns); row++)
        if (PQgetvalue(columns, row, COLUMN_GENERATED)[0] != 't') {
            const char *name = arena_text(&index->arena, PQgetvalue(columns, row, COLUMN_NAME));
            index->columns[index->column_count++] = name;
            ok = name != NULL;
        }
    index->looked_at = index->column_count;
    for (size_t k = 0; ok && k < output->key_count; k++)
        if (!has_column(index, output->columns[output->key[k]].name))
            index->columns[index->column_count++] = output->columns[output->key[k]].name;
    return ok || error_memory(error);
}

static bool is_generated(const PGresult *columns, const char *name)
{
    for (int row = 0; row < PQntuples(columns); row++)
        if (strcmp(PQgetvalue(columns, row, COLUMN_NAME), name) == 0)
            return PQgetvalue(columns, row, COLUMN_GENERATED)[0] == 't';
    return false;
}

/* Nothing is refused there, no sequence is moved, and no more is sent than is looked at. */
static bool trim_rows(struct unique_index *index, const PGresult *columns, struct error *error)
{
    static const char sql[] = "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND"
                              " attnum > 0 AND NOT attisdropped";
    const char *rows = index->rows;
    PGresult *all;
    struct buffer alter;
    if (!postgres_query(index->target, sql, &rows, 1, &all, error))
        return false;
    buffer_init(&alter);
    buffer_printf(&alter,
                  "ALTER TABLE %s ADD COLUMN \"" PLACE "\" bigint, ADD COLUMN \"" RECORD "\" text",
                  index->rows);
    for (int row = 0; row < PQntuples(all); row++) {
        const char *name = PQgetvalue(all, row, 0);
        bool kept = has_column(index, name) || is_generated(columns, name);
        buffer_puts(&alter, kept ? ", ALTER COLUMN " : ", DROP COLUMN IF EXISTS ");
        sql_put_identifier(&alter, name);
        buffer_puts(&alter, kept ? " DROP NOT NULL" : " CASCADE");
    }
    for (int row = 0; row < PQntuples(columns); row++)
        if (PQgetvalue(columns, row, COLUMN_COUNTS)[0] == 't') {
            buffer_puts(&alter, ", ALTER COLUMN ");
            sql_put_identifier(&alter, PQgetvalue(columns, row, COLUMN_NAME));
            buffer_puts(&alter, " DROP DEFAULT");
        }
    PQclear(all);
    bool ok = exec(index, &alter, error);
    buffer_release(&alter);
    return ok;
}

/* ---- the question -----------------------------------------------------------------------------
 */

static void put_keys(struct buffer *sql, const PGresult *keys, int field, const char *as)
{
    for (int k = 0; k < PQntuples(keys); k++) {
        buffer_printf(sql, "%s%s", k > 0 ? ", " : "", PQgetvalue(keys, k, field));
        if (as != NULL)
            buffer_printf(sql, " AS %s%d", as, k);
    }
}

static void put_shown(struct buffer *sql, const PGresult *keys)
{
    bool alone = PQntuples(keys) == 1 && PQgetvalue(keys, 0, KEY_SHOWN)[0] == 't';
    const char *quote = alone && PQgetvalue(keys, 0, KEY_PLAIN)[0] != 't' ? "'\"'" : "''";
    if (!alone)
        buffer_puts(sql, "''");
    else
        buffer_printf(sql, "concat(%s, left((%s)::text, 80), %s)", quote,
                      PQgetvalue(keys, 0, KEY_EXPRESSION), quote);
}

/* Another row of the target that has the same: one from before the run. */
static void put_there(struct buffer *sql, const struct schema_output *output, const PGresult *keys)
{
    buffer_puts(sql, " LEFT JOIN LATERAL (SELECT concat_ws(', '");
    for (size_t k = 0; k < output->key_count; k++) {
        buffer_puts(sql, ", ");
        sql_put_identifier(sql, output->columns[output->key[k]].name);
    }
    buffer_puts(sql, ") AS there FROM ");
    sql_put_qualified(sql, output->table->schema, output->table->name);
    buffer_printf(sql, " WHERE (%s)", PQgetvalue(keys, 0, KEY_WHERE));
    for (int k = 0; k < PQntuples(keys); k++)
        buffer_printf(sql, " AND (%s) %s m.x%d", PQgetvalue(keys, k, KEY_EXPRESSION),
                      PQgetvalue(keys, k, KEY_EQUAL), k);
    buffer_puts(sql, " AND concat_ws(', '");
    for (size_t k = 0; k < output->key_count; k++) {
        buffer_puts(sql, ", ");
        sql_put_identifier(sql, output->columns[output->key[k]].name);
    }
    buffer_puts(sql, ") <> m.own LIMIT 1) t ON true");
}

/* The hash is of the types' own functions, by which what is equal is alike. */
static bool make_query(struct unique_index *index, const struct schema_output *output,
                       const PGresult *keys, bool is_there, struct error *error)
{
    struct buffer sql;
    bool asks_target = is_there && output->key_count > 0;
    buffer_init(&sql);
    buffer_puts(&sql, "SELECT m.record, hash_record_extended(m.keys, 0) || ' ' ||"
                      " hash_record_extended(m.keys, 1), m.shown, ");
    buffer_puts(&sql, asks_target ? "t.there" : "NULL");
    buffer_puts(&sql, " FROM (SELECT \"" PLACE "\" AS place, \"" RECORD "\" AS record, ROW(");
    put_keys(&sql, keys, KEY_EXPRESSION, NULL);
    buffer_puts(&sql, ") AS keys, ");
    put_keys(&sql, keys, KEY_EXPRESSION, "x");
    buffer_puts(&sql, ", ");
    put_shown(&sql, keys);
    buffer_puts(&sql, " AS shown, concat_ws(', '");
    for (size_t k = 0; k < output->key_count; k++) {
        buffer_puts(&sql, ", ");
        sql_put_identifier(&sql, output->columns[output->key[k]].name);
    }
    buffer_printf(&sql, ") AS own FROM %s WHERE (%s)", index->rows, PQgetvalue(keys, 0, KEY_WHERE));
    if (PQgetvalue(keys, 0, KEY_NULLS)[0] != 't') {
        buffer_puts(&sql, " AND num_nulls(");
        put_keys(&sql, keys, KEY_EXPRESSION, NULL);
        buffer_puts(&sql, ") = 0");
    }
    buffer_puts(&sql, ") m");
    if (asks_target)
        put_there(&sql, output, keys);
    buffer_puts(&sql, " ORDER BY m.place");
    index->query = sql.failed ? NULL : arena_text(&index->arena, buffer_text(&sql));
    buffer_clear(&sql);
    put_keys(&sql, keys, KEY_NAME, NULL);
    index->keys = sql.failed ? NULL : arena_text(&index->arena, buffer_text(&sql));
    buffer_release(&sql);
    return (index->query != NULL && index->keys != NULL) || error_memory(error);
}

static bool look_at(struct unique_index *index, const struct schema_output *output, const char *oid,
                    bool is_there, struct error *error)
{
    PGresult *keys = NULL, *columns = NULL;
    bool ok = postgres_query(index->target, keys_sql, &oid, 1, &keys, error) &&
              postgres_query(index->target, columns_sql, &oid, 1, &columns, error);
    if (ok && PQntuples(keys) == 0)
        ok = error_set(error, ERROR_TARGET, "the index is gone from the target");
    ok = ok && gather_columns(index, output, columns, error) &&
         make_query(index, output, keys, is_there, error) && trim_rows(index, columns, error);
    PQclear(keys);
    PQclear(columns);
    return ok;
}

bool unique_index_open(struct unique_index *index, const struct unique_asking *asking,
                       const struct schema *schema, const char *label, const char *name,
                       struct error *error)
{
    const struct schema_output *output = find_output(schema, label);
    const struct schema_statement *statement = find_statement(schema, label, name);
    char oid[16];
    *index = (struct unique_index){.target = asking->target};
    snprintf(index->rows, sizeof index->rows, "pg_temp.graduate_rows_%zu", asking->number);
    arena_init(&index->arena);
    if (output == NULL)
        return error_set(error, ERROR_USAGE, "no entity fills %s", label);
    index->label = output->table->label;
    if (!find_index(index, output->table, name, oid, error) ||
        !row_table_make(index->target, index->rows, output, error))
        return false;
    bool is_there = oid[0] != '\0';
    if (!is_there && statement == NULL)
        return error_set(error, ERROR_USAGE, "%s has no unique index %s", label, name);
    return (is_there || make_index(index, statement, oid, error)) &&
           look_at(index, output, oid, is_there && asking->rows, error);
}

/* ---- a condition -------------------------------------------------------------------------------
 */

static bool names(const char *condition, const char *column)
{
    struct sql_token token;
    while (sql_token_next(&condition, &token))
        if (token.kind == SQL_NAME && strcmp(token.name, column) == 0)
            return true;
    return false;
}

/* Those that it names; with one that the server makes, all of which that may be made. */
static bool gather_named(struct unique_index *index, const struct schema *schema,
                         const char *condition, struct error *error)
{
    bool all = false;
    size_t most = 1;
    for (size_t i = 0; i < schema->output_count; i++)
        for (size_t c = 0; c < schema->outputs[i].column_count; c++) {
            const struct schema_column *column = &schema->outputs[i].columns[c];
            most++;
            all = all || (strcmp(schema->outputs[i].table->label, index->label) == 0 &&
                          column->generated != NULL && names(condition, column->name));
        }
    index->columns = arena_alloc(&index->arena, most, sizeof *index->columns);
    for (size_t i = 0; index->columns != NULL && i < schema->output_count; i++)
        for (size_t c = 0; c < schema->outputs[i].column_count; c++) {
            const struct schema_column *column = &schema->outputs[i].columns[c];
            if (strcmp(schema->outputs[i].table->label, index->label) == 0 &&
                column->generated == NULL && (all || names(condition, column->name)) &&
                !has_column(index, column->name))
                index->columns[index->column_count++] = column->name;
        }
    index->looked_at = index->column_count;
    return index->columns != NULL || error_memory(error);
}

/* Nothing is refused there, and no sequence is moved. */
static bool loosen_rows(struct unique_index *index, struct error *error)
{
    static const char sql[] =
        "SELECT a.attname, coalesce(pg_get_expr(e.adbin, e.adrelid), '') LIKE '%nextval(%' FROM"
        " pg_attribute a LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum"
        " WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped";
    const char *rows = index->rows;
    PGresult *all;
    struct buffer alter;
    if (!postgres_query(index->target, sql, &rows, 1, &all, error))
        return false;
    buffer_init(&alter);
    buffer_printf(&alter,
                  "ALTER TABLE %s ADD COLUMN \"" PLACE "\" bigint, ADD COLUMN \"" RECORD "\" text",
                  index->rows);
    for (int row = 0; row < PQntuples(all); row++) {
        buffer_puts(&alter, ", ALTER COLUMN ");
        sql_put_identifier(&alter, PQgetvalue(all, row, 0));
        buffer_puts(&alter, " DROP NOT NULL");
        if (PQgetvalue(all, row, 1)[0] == 't') {
            buffer_puts(&alter, ", ALTER COLUMN ");
            sql_put_identifier(&alter, PQgetvalue(all, row, 0));
            buffer_puts(&alter, " DROP DEFAULT");
        }
    }
    PQclear(all);
    bool ok = exec(index, &alter, error);
    buffer_release(&alter);
    return ok;
}

/* The condition is asked once before any row, so that a mistake in it is told at once. */
bool unique_index_open_check(struct unique_index *index, const struct unique_asking *asking,
                             const struct schema *schema, const char *label, const char *condition,
                             bool *used, struct error *error)
{
    const struct schema_output *output = find_output(schema, label);
    PGresult *rows = NULL;
    *index = (struct unique_index){.target = asking->target};
    *used = false;
    snprintf(index->rows, sizeof index->rows, "pg_temp.graduate_rows_%zu", asking->number);
    arena_init(&index->arena);
    if (output == NULL)
        return error_set(error, ERROR_USAGE, "no entity fills %s", label);
    index->label = output->table->label;
    if (!gather_named(index, schema, condition, error))
        return false;
    if (index->column_count == 0)
        return true;
    *used = true;
    index->keys = arena_text(&index->arena, condition);
    index->query = arena_printf(&index->arena,
                                "SELECT \"" RECORD "\", '', '', NULL FROM %s WHERE NOT (%s)"
                                " ORDER BY \"" PLACE "\"",
                                index->rows, condition);
    if (index->keys == NULL || index->query == NULL)
        return error_memory(error);
    bool ok = row_table_make(index->target, index->rows, output, error) &&
              loosen_rows(index, error) &&
              postgres_query(index->target, index->query, NULL, 0, &rows, error);
    PQclear(rows);
    return ok;
}

void unique_index_release(struct unique_index *index)
{
    for (size_t i = 0; i < index->output_count; i++)
        buffer_release(&index->copies[i]);
    free(index->copies);
    arena_release(&index->arena);
    *index = (struct unique_index){0};
}

bool unique_index_begin(struct unique_index *index, const struct schema_output *outputs,
                        size_t count, struct error *error)
{
    index->copies = calloc(count + 1, sizeof *index->copies);
    if (index->copies == NULL)
        return error_memory(error);
    for (size_t i = 0; i < count; i++)
        buffer_init(&index->copies[i]);
    index->outputs = outputs;
    index->output_count = count;
    return true;
}

static size_t sent_columns(const struct unique_index *index, const struct schema_output *output)
{
    size_t count = 0;
    for (size_t c = 0; c < output->column_count; c++)
        count += has_column(index, output->columns[c].name);
    return count;
}

void unique_index_add(struct unique_index *index, size_t output, const struct row_field *fields,
                      const char *record)
{
    static const uint8_t head[19] = "PGCOPY\n\377\r\n";
    const struct schema_output *of = &index->outputs[output];
    struct buffer *copy = &index->copies[output];
    if (strcmp(of->table->label, index->label) != 0)
        return;
    if (copy->length == 0)
        buffer_put(copy, head, sizeof head);
    buffer_put_be16(copy, (uint16_t)(sent_columns(index, of) + 2));
    buffer_put_be32(copy, 8);
    buffer_put_be64(copy, (uint64_t)index->places++);
    buffer_put_be32(copy, (uint32_t)strlen(record));
    buffer_puts(copy, record);
    for (size_t c = 0; c < of->column_count; c++) {
        if (!has_column(index, of->columns[c].name))
            continue;
        buffer_put_be32(copy, fields[c].bytes != NULL ? fields[c].length : UINT32_MAX);
        buffer_put(copy, fields[c].bytes, fields[c].length);
    }
}

static bool send(struct unique_index *index, size_t output, struct error *error)
{
    static const char doing[] = "looking for rows that are the same";
    const struct schema_output *of = &index->outputs[output];
    struct buffer *copy = &index->copies[output], sql;
    if (copy->length == 0)
        return true;
    buffer_put_be16(copy, UINT16_MAX);
    buffer_init(&sql);
    buffer_printf(&sql, "COPY %s (\"" PLACE "\", \"" RECORD "\"", index->rows);
    for (size_t c = 0; c < of->column_count; c++)
        if (has_column(index, of->columns[c].name)) {
            buffer_puts(&sql, ", ");
            sql_put_identifier(&sql, of->columns[c].name);
        }
    buffer_puts(&sql, ") FROM STDIN (FORMAT binary)");
    bool ok = buffer_ok(copy, error) && buffer_ok(&sql, error);
    if (ok) {
        PGresult *result = postgres_ask(index->target, buffer_text(&sql), doing);
        if (PQresultStatus(result) == PGRES_COPY_IN) {
            PQclear(result);
            if (postgres_put(index->target, copy->data, copy->length))
                PQputCopyEnd(index->target->connection, NULL);
            result = postgres_end_copy(index->target); /* what went wrong is said here */
        }
        ok = PQresultStatus(result) == PGRES_COMMAND_OK ||
             postgres_error(index->target, result, doing, error);
        PQclear(result);
    }
    buffer_release(&sql);
    buffer_clear(copy);
    return ok;
}

bool unique_index_tell(struct unique_index *index,
                       bool (*take)(void *context, const struct unique_key *key,
                                    struct error *error),
                       void *context, struct error *error)
{
    PGresult *rows = NULL;
    bool ok = postgres_exec(index->target, "BEGIN", error);
    for (size_t i = 0; ok && i < index->output_count; i++)
        ok = send(index, i, error);
    ok = ok && postgres_query(index->target, index->query, NULL, 0, &rows, error) &&
         postgres_exec(index->target, "COMMIT", error);
    for (int row = 0; ok && row < PQntuples(rows); row++) {
        const struct unique_key key = {PQgetvalue(rows, row, 0), PQgetvalue(rows, row, 1),
                                       PQgetvalue(rows, row, 2),
                                       PQgetisnull(rows, row, 3) ? NULL : PQgetvalue(rows, row, 3)};
        ok = take(context, &key, error);
    }
    PQclear(rows);
    for (size_t i = 0; i < index->output_count; i++)
        buffer_clear(&index->copies[i]);
    if (!ok)
        PQclear(postgres_ask(index->target, "ROLLBACK", NULL));
    index->places = 0;
    return ok;
}

static const struct schema_column *find_column(const struct schema_output *output, const char *name)
{
    for (size_t c = 0; c < output->column_count; c++)
        if (strcmp(output->columns[c].name, name) == 0)
            return &output->columns[c];
    return NULL;
}

/* Of an expression's columns those in its order come first; what the server makes names others. */
const struct schema_column *unique_index_column(const struct unique_index *index,
                                                const struct schema_output *output)
{
    const struct schema_column *found = NULL;
    const char *at = index->keys;
    struct sql_token token;
    while (found == NULL && sql_token_next(&at, &token))
        if (token.kind == SQL_NAME)
            found = find_column(output, token.name);
    for (size_t i = 0; found == NULL && i < index->looked_at; i++)
        found = find_column(output, index->columns[i]);
    return found;
}
