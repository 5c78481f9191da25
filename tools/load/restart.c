#include "restart.h"
#include "removal.h"

#include "graduate/message.h"
#include "graduate/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct restarting {
    struct postgres *target;
    const struct schema *schema;
    const char *run;
    const struct words *entities;
    struct error *error;
};

static bool is_among(const struct words *words, const char *name)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], name) == 0)
            return true;
    return false;
}

static bool change(struct restarting *r, const char *sql, const char *const *parameters, int count)
{
    PGresult *result;
    if (!postgres_query(r->target, sql, parameters, count, &result, r->error))
        return false;
    PQclear(result);
    return true;
}

/* The keys that refer to a table go before its rows do, so that none is taken along; those that the
 * run made are made again at its end, others must not be there while rows hang on them. */
static bool drop_references(struct restarting *r, const struct mapping_table *table)
{
    static const char sql[] =
        "SELECT c.conname, n.nspname, t.relname, s.step,"
        " c.confdeltype <> 'a' AND c.confdeltype <> 'r'"
        " FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class t ON t.oid = c.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
        " LEFT JOIN graduate.steps s ON s.run = $1"
        "  AND s.step = format('foreign key %s of %s.%s', c.conname, n.nspname, t.relname)"
        " WHERE c.contype = 'f' AND c.confrelid = pg_catalog.to_regclass($2)"
        " AND c.conrelid <> c.confrelid AND c.conparentid = 0";
    struct buffer name, drop;
    PGresult *result = NULL;
    buffer_init(&name);
    buffer_init(&drop);
    sql_put_qualified(&name, table->schema, table->name);
    const char *const parameters[] = {r->run, buffer_text(&name)};
    bool ok = buffer_ok(&name, r->error) &&
              postgres_query(r->target, sql, parameters, 2, &result, r->error);
    for (int row = 0; ok && row < PQntuples(result); row++) {
        buffer_clear(&drop);
        if (PQgetisnull(result, row, 3)) {
            buffer_puts(&drop, "SELECT EXISTS (SELECT FROM ");
            sql_put_qualified(&drop, PQgetvalue(result, row, 1), PQgetvalue(result, row, 2));
            buffer_putc(&drop, ')');
            PGresult *holds;
            ok = buffer_ok(&drop, r->error) &&
                 postgres_query(r->target, buffer_text(&drop), NULL, 0, &holds, r->error);
            if (!ok)
                break;
            bool rows = PQgetvalue(holds, 0, 0)[0] == 't';
            PQclear(holds);
            if (rows && PQgetvalue(result, row, 4)[0] == 't') {
                ok =
                    error_set(r->error, ERROR_REFUSED,
                              "rows of %s.%s hang on those of %s and would go with them",
                              PQgetvalue(result, row, 1), PQgetvalue(result, row, 2), table->label);
                error_hint(r->error, "restart the entity that fills that table, too (--restart "
                                     "takes several names with commas between them), or take "
                                     "those rows away where none of this run does");
            }
            continue;
        }
        buffer_puts(&drop, "ALTER TABLE ");
        sql_put_qualified(&drop, PQgetvalue(result, row, 1), PQgetvalue(result, row, 2));
        buffer_puts(&drop, " DROP CONSTRAINT ");
        sql_put_identifier(&drop, PQgetvalue(result, row, 0));
        const char *const step[] = {r->run, PQgetvalue(result, row, 3)};
        ok = buffer_ok(&drop, r->error) && postgres_exec(r->target, buffer_text(&drop), r->error) &&
             change(r, "DELETE FROM graduate.steps WHERE run = $1 AND step = $2", step, 2);
    }
    PQclear(result);
    buffer_release(&name);
    buffer_release(&drop);
    return ok;
}

/* How many rows the ledger says that the entities' batches wrote into the table. */
static bool count_written(struct restarting *r, const char *entity, const char *table,
                          int64_t *rows)
{
    const char *const parameters[] = {r->run, entity, table};
    PGresult *result;
    if (!postgres_query(r->target,
                        "SELECT coalesce(sum((rows ->> $3)::bigint), 0) + (SELECT count(*)"
                        "  FROM graduate.met m WHERE m.run = $1 AND m.entity = $2"
                        "  AND m.table_name = $3 AND m.made_in_run AND m.updated)"
                        " FROM graduate.batches WHERE run = $1 AND entity = $2",
                        parameters, 3, &result, r->error))
        return false;
    *rows = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return true;
}

/* Rows that are not as the entity left them must not be undone blindly. */
static bool check_removed(struct restarting *r, const struct removal *removal,
                          const PGresult *result, int64_t written, int64_t updated)
{
    int64_t deleted = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    int64_t back = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    if (deleted == written && back == updated)
        return removal_check(removal, strtoll(PQgetvalue(result, 0, 2), NULL, 10), r->error);
    error_set(r->error, ERROR_REFUSED,
              "%s holds %" PRId64 " rows as %s was loaded into it, and %" PRId64
              " were: the others are gone or were changed since",
              removal->label, deleted + back, removal->entity, written + updated);
    return error_hint(r->error,
                      "what changed them must not be undone blindly: begin a new run, in an "
                      "empty database or after graduate undo --run-dir DIR");
}

/* By a key that lets nothing go along? */
static bool held_fast(struct restarting *r)
{
    if (strcmp(r->error->sqlstate, "23503") != 0)
        return false;
    r->error->code = ERROR_REFUSED;
    return error_hint(r->error, "the run did not make that foreign key: take it away, or the rows "
                                "that refer to these, and restart again");
}

static bool delete_rows(struct restarting *r, const char *entity, const struct mapping_table *table)
{
    int64_t written, updated;
    struct buffer name, sql, counts;
    PGresult *result = NULL;
    if (!count_written(r, entity, table->label, &written))
        return false;
    buffer_init(&name);
    buffer_init(&sql);
    buffer_init(&counts);
    sql_put_qualified(&name, table->schema, table->name);
    const struct removal removal = {r->run, entity, table->label, buffer_text(&name)};
    const char *const parameters[] = {r->run, entity};
    bool ok = buffer_ok(&name, r->error) &&
              removal_put(r->target, &removal, 0, &sql, &counts, &updated, r->error);
    buffer_puts(&sql, buffer_text(&counts));
    ok = ok && buffer_ok(&counts, r->error) && buffer_ok(&sql, r->error) &&
         postgres_query(r->target, buffer_text(&sql), parameters, 2, &result, r->error);
    ok = (ok || held_fast(r)) && check_removed(r, &removal, result, written, updated);
    PQclear(result);
    buffer_release(&name);
    buffer_release(&sql);
    buffer_release(&counts);
    return ok;
}

/* Of each table once, the last first: children before parents. */
static bool delete_entity(struct restarting *r, const struct mapping *mapping)
{
    bool ok = true;
    for (size_t t = 0; ok && t < mapping->table_count; t++)
        ok = drop_references(r, &mapping->tables[t]);
    for (size_t t = mapping->table_count; ok && t-- > 0;) {
        bool done = false;
        for (size_t other = t + 1; other < mapping->table_count; other++)
            done = done || strcmp(mapping->tables[other].label, mapping->tables[t].label) == 0;
        ok = done || delete_rows(r, mapping->name, &mapping->tables[t]);
    }
    return ok ? true : error_at(r->error, mapping->name, NULL, NULL);
}

/* With a column that is made again goes what stands on it: each step sees whether that is there. */
static bool is_taken_again(const struct schema *schema, const struct schema_statement *statement)
{
    bool again = statement->phase == SCHEMA_FIGURES;
    for (size_t i = 0; i < schema->statement_count && statement->phase != SCHEMA_TABLES; i++)
        again = again || (schema->statements[i].again != NULL &&
                          strcmp(schema->statements[i].table, statement->table) == 0);
    return again;
}

bool restart_steps(struct postgres *target, const struct schema *schema, const char *run,
                   const struct mapping *mapping, struct error *error)
{
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = &schema->statements[i];
        bool of_it = statement->of_all;
        for (size_t t = 0; t < mapping->table_count; t++)
            of_it = of_it || strcmp(mapping->tables[t].label, statement->table) == 0;
        const char *const step[] = {run, statement->name};
        PGresult *result;
        if (of_it && statement->again != NULL && !postgres_exec(target, statement->again, error))
            return false;
        if (!of_it || !is_taken_again(schema, statement))
            continue;
        if (!postgres_query(target, "DELETE FROM graduate.steps WHERE run = $1 AND step = $2", step,
                            2, &result, error))
            return false;
        PQclear(result);
    }
    return true;
}

/* Numbers and statistics are made anew from the rows that come; the ledger forgets the entity. */
static bool forget(struct restarting *r, const struct mapping *mapping)
{
    static const char *const forgotten[] = {
        "DELETE FROM graduate.losses WHERE run = $1 AND entity = $2",
        "DELETE FROM graduate.rejects WHERE run = $1 AND entity = $2",
        "DELETE FROM graduate.met WHERE run = $1 AND entity = $2",
        "DELETE FROM graduate.batches WHERE run = $1 AND entity = $2",
        "DELETE FROM graduate.partitions WHERE run = $1 AND entity = $2",
    };
    const char *const parameters[] = {r->run, mapping->name};
    for (size_t i = 0; i < sizeof forgotten / sizeof forgotten[0]; i++)
        if (!change(r, forgotten[i], parameters, 2))
            return false;
    return restart_steps(r->target, r->schema, r->run, mapping, r->error);
}

bool restart_entities(struct postgres *target, const struct schema *schema, const char *run,
                      const struct words *entities, struct error *error)
{
    struct restarting r = {target, schema, run, entities, error};
    const struct project *project = schema->project;
    const char *const parameters[] = {run};
    for (size_t i = project->mapping_count; i-- > 0;) { /* what refers comes behind */
        const struct mapping *mapping = project->mappings[i];
        if (!is_among(entities, mapping->name))
            continue;
        if (!delete_entity(&r, mapping) || !forget(&r, mapping))
            return false;
        message_info("%s: its rows are out of the target again", mapping->name);
    }
    if (!postgres_exec(target, "SET CONSTRAINTS ALL IMMEDIATE", error))
        return held_fast(&r);
    return change(&r,
                  "UPDATE graduate.runs SET state = 'loading', finished_at = NULL WHERE run = $1",
                  parameters, 1);
}
