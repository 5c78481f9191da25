#include "resident.h"
#include "refusal.h"

#include "graduate/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Was the row t written by the run ($1)? xmin has the lower 32 bits of its number. */
#define WRITTEN_BY                                                                                 \
    "t.xmin::pg_catalog.text::pg_catalog.int8 IN (SELECT transaction & 4294967295"                 \
    " FROM graduate.batches WHERE run = $1"

/* What the statements are made of: the table t, the temporary one a. */
struct meeting {
    const struct resident *resident;
    struct buffer table, temporary, join, columns;
    struct buffer named_by, arriving; /* the columns of the key, of either */
};

static void put_names(struct buffer *out, const char *before, const char *const *names,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", before);
        sql_put_identifier(out, names[i]);
    }
}

/* ---- the key --------------------------------------------------------------------------------- */

/* By the equality of the unique index over just these columns: that of their type may be another,
 * and is found by no search_path. Nothing is put where there is no such index. */
static bool put_join(struct postgres *target, const struct mapping_table *table,
                     const char *const *key, size_t count, struct buffer *join, struct error *error)
{
    struct buffer sql, name;
    PGresult *result = NULL;
    buffer_init(&sql);
    buffer_init(&name);
    sql_put_qualified(&name, table->schema, table->name);
    buffer_puts(&sql,
                "SELECT pg_catalog.string_agg(pg_catalog.format('t.%I OPERATOR(%I.%s) a.%I',"
                " c.attname, n.nspname, o.oprname, c.attname), ' AND ')"
                " FROM pg_catalog.pg_index i"
                " CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) k"
                " JOIN pg_catalog.pg_attribute c ON c.attrelid = i.indrelid"
                "  AND c.attnum = i.indkey[k]"
                " JOIN pg_catalog.pg_opclass p ON p.oid = i.indclass[k]"
                " JOIN pg_catalog.pg_amop e ON e.amopfamily = p.opcfamily AND e.amopstrategy = 3"
                "  AND e.amoplefttype = p.opcintype AND e.amoprighttype = p.opcintype"
                " JOIN pg_catalog.pg_operator o ON o.oid = e.amopopr"
                " JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace"
                " WHERE i.indrelid = pg_catalog.to_regclass($1) AND i.indisunique AND i.indisvalid"
                " AND i.indpred IS NULL AND i.indexprs IS NULL GROUP BY i.indexrelid"
                " HAVING pg_catalog.array_agg(c.attname::pg_catalog.text"
                "  ORDER BY c.attname::pg_catalog.text COLLATE \"C\")"
                " = (SELECT pg_catalog.array_agg(w ORDER BY w COLLATE \"C\")"
                "  FROM pg_catalog.unnest(ARRAY[");
    for (size_t i = 0; i < count; i++) {
        buffer_puts(&sql, i > 0 ? ", " : "");
        sql_put_literal(&sql, key[i]);
    }
    buffer_puts(&sql, "]::pg_catalog.text[]) w) LIMIT 1");
    const char *const parameters[] = {buffer_text(&name)};
    bool ok = buffer_ok(&name, error) && buffer_ok(&sql, error) &&
              postgres_query(target, buffer_text(&sql), parameters, 1, &result, error);
    if (ok && PQntuples(result) > 0)
        buffer_puts(join, PQgetvalue(result, 0, 0));
    PQclear(result);
    buffer_release(&sql);
    buffer_release(&name);
    return ok;
}

static bool no_index(const struct mapping_table *table, const char *const *key, size_t count,
                     struct error *error)
{
    struct buffer list;
    buffer_init(&list);
    for (size_t i = 0; i < count; i++)
        buffer_printf(&list, "%s%s", i > 0 ? ", " : "", key[i]);
    error_set(error, ERROR_REFUSED,
              "no unique index of %s is over just its key (%s), by which the mapping names its "
              "rows",
              table->label, buffer_text(&list));
    buffer_release(&list);
    return error_hint(error,
                      "name columns of a unique index as the \"key\", or give the table one; "
                      "\"key\": [] is for rows that nothing names, without \"if_there\"; "
                      "nothing was touched");
}

static bool check_output(struct postgres *target, const struct schema_output *output,
                         struct error *error)
{
    struct buffer join;
    const char *key[32];
    size_t count = 0;
    for (; count < output->key_count && count < sizeof key / sizeof key[0]; count++)
        key[count] = output->columns[output->key[count]].name;
    buffer_init(&join);
    bool ok = put_join(target, output->table, key, count, &join, error) && buffer_ok(&join, error);
    if (ok && join.length == 0)
        ok = no_index(output->table, key, count, error);
    buffer_release(&join);
    return ok ? true : error_at(error, output->entity->name, NULL, NULL);
}

bool resident_check(struct postgres *target, const struct schema *schema, struct error *error)
{
    for (size_t i = 0; i < schema->output_count; i++)
        if (schema->outputs[i].table->exists && schema->outputs[i].key_count > 0 &&
            !check_output(target, &schema->outputs[i], error))
            return false;
    return true;
}

/* ---- what is updated ------------------------------------------------------------------------- */

static bool is_of_key(const struct stream_output *output, size_t column)
{
    for (size_t k = 0; k < output->key_count; k++)
        if (output->key[k] == column)
            return true;
    return false;
}

static bool is_updated(const struct resident *resident, size_t column)
{
    const struct words *only = &resident->table->updates;
    bool named = only->count == 0;
    for (size_t i = 0; i < only->count; i++)
        named = named || strcmp(only->items[i], resident->output->columns[column]) == 0;
    return resident->table->if_there == IF_THERE_UPDATE && named &&
           !is_of_key(resident->output, column);
}

/* False where a row is left as it is: also when it is nothing but its key. */
static bool updates_any(const struct resident *resident)
{
    for (size_t i = 0; i < resident->output->column_count; i++)
        if (is_updated(resident, i))
            return true;
    return false;
}

/* ---- statements ------------------------------------------------------------------------------ */

static bool meeting_init(struct meeting *m, struct postgres *target,
                         const struct resident *resident, struct error *error)
{
    const struct mapping_table *table = resident->table;
    const struct stream_output *output = resident->output;
    const char *key[32];
    size_t count = 0;
    *m = (struct meeting){.resident = resident};
    struct buffer *const buffers[] = {&m->table,   &m->temporary, &m->join,
                                      &m->columns, &m->named_by,  &m->arriving};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        buffer_init(buffers[i]);
    for (; count < output->key_count && count < sizeof key / sizeof key[0]; count++)
        key[count] = output->columns[output->key[count]];
    sql_put_qualified(&m->table, table->schema, table->name);
    sql_put_qualified(&m->temporary, "pg_temp", table->name);
    put_names(&m->named_by, "t.", key, count);
    put_names(&m->arriving, "a.", key, count);
    put_names(&m->columns, "", output->columns, output->column_count);
    if (!put_join(target, table, key, count, &m->join, error))
        return false;
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        if (!buffer_ok(buffers[i], error))
            return false;
    return m->join.length > 0 || no_index(table, key, count, error);
}

static void meeting_release(struct meeting *m)
{
    buffer_release(&m->table);
    buffer_release(&m->temporary);
    buffer_release(&m->join);
    buffer_release(&m->named_by);
    buffer_release(&m->arriving);
    buffer_release(&m->columns);
}

/* A statement that changes the table; *rows is how many it changed. */
static bool change(struct postgres *target, struct meeting *m, struct buffer *sql, int64_t *rows,
                   struct error *error)
{
    char doing[160];
    if (!buffer_ok(sql, error))
        return false;
    snprintf(doing, sizeof doing, "loading into %s", m->resident->table->label);
    PGresult *result = postgres_ask(target, buffer_text(sql), doing);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK ||
              refusal_of_rows(target, result, m->resident->output, error);
    if (ok)
        *rows = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return ok;
}

static bool came_before(const struct meeting *m, const char *key, const char *entity,
                        struct error *error)
{
    error_set(error, ERROR_DATA, "%s has the row %s of another record of %s already",
              m->resident->table->label, key, entity);
    error_hint(error, "its key stands twice in the source: correct a record there, or the mapping, "
                      "and run again; nothing of this batch was written");
    return error_at(error, entity, key, NULL);
}

/* Nobody could tell afterwards that they are the same: verify compares what is written. */
static bool is_written_otherwise(const struct meeting *m, const char *there, const char *arriving,
                                 const char *entity, struct error *error)
{
    error_set(error, ERROR_DATA, "%s has the key %s, which its index calls the same as %s",
              m->resident->table->label, there, arriving);
    error_hint(error,
               "write the key in the same way on both sides, in the source or in the target, "
               "and run again; nothing of this batch was written");
    return error_at(error, entity, arriving, NULL);
}

/* A row that the entity made, or met, itself is no other's. */
static bool check_met(struct postgres *target, struct meeting *m, const struct fence *fence,
                      const char *entity, struct error *error)
{
    const char *const parameters[] = {fence->run, entity, m->resident->table->label};
    struct buffer sql;
    PGresult *result = NULL;
    buffer_init(&sql);
    buffer_printf(&sql,
                  "SELECT k.key, k.arriving, k.own FROM (SELECT s.*, s.written OR EXISTS (SELECT"
                  "  FROM graduate.met WHERE run = $1 AND table_name = $3 AND key = s.key) AS own"
                  " FROM (SELECT ROW(%s)::pg_catalog.text AS key,"
                  "  ROW(%s)::pg_catalog.text AS arriving, " WRITTEN_BY
                  "  AND entity = $2) AS written FROM %s t JOIN %s a ON %s) s) k"
                  " WHERE k.own OR k.key <> k.arriving LIMIT 1",
                  buffer_text(&m->named_by), buffer_text(&m->arriving), buffer_text(&m->table),
                  buffer_text(&m->temporary), buffer_text(&m->join));
    bool ok = buffer_ok(&sql, error) &&
              postgres_query(target, buffer_text(&sql), parameters, 3, &result, error);
    if (ok && PQntuples(result) > 0) {
        const char *there = PQgetvalue(result, 0, 0), *arriving = PQgetvalue(result, 0, 1);
        ok = PQgetvalue(result, 0, 2)[0] == 't'
                 ? came_before(m, arriving, entity, error)
                 : is_written_otherwise(m, there, arriving, entity, error);
    }
    PQclear(result);
    buffer_release(&sql);
    return ok;
}

/* Who updates them holds them from here on, so that what is kept is what is lost. */
static bool keep_met(struct postgres *target, struct meeting *m, const struct fence *fence,
                     const char *entity, int64_t *met, struct error *error)
{
    bool updates = updates_any(m->resident);
    const char *const parameters[] = {fence->run, entity, m->resident->table->label,
                                      buffer_text(&m->named_by), updates ? "true" : "false"};
    struct buffer sql;
    PGresult *result = NULL;
    buffer_init(&sql);
    buffer_printf(&sql,
                  "INSERT INTO graduate.met (run, entity, table_name, key, named_by, updated,"
                  " made_in_run, before) SELECT $1, $2, $3, m.key, $4, $5, m.ours,"
                  " CASE WHEN $5::boolean AND NOT m.ours THEN m.before END"
                  " FROM (SELECT ROW(%s)::pg_catalog.text AS key, (t.*)::pg_catalog.text AS before,"
                  " " WRITTEN_BY ") AS ours FROM %s t JOIN %s a ON %s%s) m",
                  buffer_text(&m->named_by), buffer_text(&m->table), buffer_text(&m->temporary),
                  buffer_text(&m->join), updates ? " FOR UPDATE OF t" : "");
    bool ok = buffer_ok(&sql, error) &&
              postgres_query(target, buffer_text(&sql), parameters, 5, &result, error);
    if (ok)
        *met = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    buffer_release(&sql);
    return ok;
}

static bool update(struct postgres *target, struct meeting *m, int64_t *rows, struct error *error)
{
    const struct stream_output *output = m->resident->output;
    const char *separator = "";
    struct buffer sql;
    buffer_init(&sql);
    buffer_printf(&sql, "UPDATE %s t SET ", buffer_text(&m->table));
    for (size_t i = 0; i < output->column_count; i++) {
        if (!is_updated(m->resident, i))
            continue;
        buffer_puts(&sql, separator);
        sql_put_identifier(&sql, output->columns[i]);
        buffer_puts(&sql, " = a.");
        sql_put_identifier(&sql, output->columns[i]);
        separator = ", ";
    }
    buffer_printf(&sql, " FROM %s a WHERE %s", buffer_text(&m->temporary), buffer_text(&m->join));
    bool ok = change(target, m, &sql, rows, error);
    buffer_release(&sql);
    return ok;
}

/* COPY writes a numbered column as it comes, and so does this. */
static bool insert(struct postgres *target, struct meeting *m, int64_t *rows, struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_printf(&sql,
                  "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s a"
                  " WHERE NOT EXISTS (SELECT FROM %s t WHERE %s)",
                  buffer_text(&m->table), buffer_text(&m->columns), buffer_text(&m->columns),
                  buffer_text(&m->temporary), buffer_text(&m->table), buffer_text(&m->join));
    bool ok = change(target, m, &sql, rows, error);
    buffer_release(&sql);
    return ok;
}

/* ---- a section ------------------------------------------------------------------------------- */

bool resident_open(struct postgres *target, const struct resident *resident, struct error *error)
{
    const struct stream_output *output = resident->output;
    struct buffer sql;
    buffer_init(&sql);
    buffer_puts(&sql, "CREATE TEMPORARY TABLE ");
    sql_put_identifier(&sql, resident->table->name);
    buffer_puts(&sql, " ON COMMIT DROP AS SELECT ");
    put_names(&sql, "", output->columns, output->column_count);
    buffer_puts(&sql, " FROM ");
    sql_put_qualified(&sql, resident->table->schema, resident->table->name);
    buffer_puts(&sql, " WITH NO DATA; ALTER TABLE ");
    sql_put_qualified(&sql, "pg_temp", resident->table->name);
    buffer_puts(&sql, " ADD PRIMARY KEY (");
    for (size_t k = 0; k < output->key_count; k++) {
        buffer_puts(&sql, k > 0 ? ", " : "");
        sql_put_identifier(&sql, output->columns[output->key[k]]);
    }
    buffer_putc(&sql, ')');
    bool ok = buffer_ok(&sql, error) && postgres_exec(target, buffer_text(&sql), error);
    buffer_release(&sql);
    return ok;
}

static bool all_taken(const struct resident *resident, int64_t taken, int64_t rows,
                      struct error *error)
{
    if (taken == rows)
        return true;
    error_set(error, ERROR_DATA, "%s took %" PRId64 " of %" PRId64 " rows", resident->table->label,
              taken, rows);
    return error_hint(error,
                      "a trigger or a rule of this table in the target turns rows away, or another "
                      "session writes to it: end that for the migration, then run again; nothing "
                      "of this batch was written");
}

/* Rows of one batch may come by several forms, each with a temporary table of its own. */
static bool drop(struct postgres *target, struct meeting *m, struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_printf(&sql, "DROP TABLE %s", buffer_text(&m->temporary));
    bool ok = buffer_ok(&sql, error) && postgres_exec(target, buffer_text(&sql), error);
    buffer_release(&sql);
    return ok;
}

bool resident_take(struct postgres *target, const struct resident *resident,
                   const struct fence *fence, const char *entity, int64_t rows, int64_t *added,
                   struct error *error)
{
    struct meeting m;
    int64_t met = 0, updated = 0;
    bool ok = meeting_init(&m, target, resident, error) &&
              check_met(target, &m, fence, entity, error) &&
              keep_met(target, &m, fence, entity, &met, error) &&
              (!updates_any(resident) ||
               (update(target, &m, &updated, error) && all_taken(resident, updated, met, error))) &&
              insert(target, &m, added, error) && all_taken(resident, *added + met, rows, error) &&
              drop(target, &m, error);
    meeting_release(&m);
    return ok;
}
