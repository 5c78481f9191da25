/* The begin of a run, and its going on: one transaction, so that a crash leaves nothing half-made,
 * and a refusal nothing at all. */
#include "foreign_key.h"
#include "inventory.h"
#include "load.h"
#include "origin.h"
#include "precondition.h"
#include "resident.h"
#include "restart.h"
#include "statement.h"
#include "trigger.h"
#include "tryout.h"
#include "type_check.h"
#include "undo.h"

#include "graduate/crash.h"
#include "graduate/ledger.h"
#include "graduate/message.h"
#include "graduate/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct preparing {
    struct postgres *target;
    const struct preparation *given;
    struct prepared *prepared;
    bool gives_way; /* to a trial: a run that a real one would take back */
};

/* The truth of a condition about the ledger. */
static bool ask(struct postgres *target, const char *sql, const char *const *parameters, int count,
                bool *yes, struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, sql, parameters, count, &result, error))
        return false;
    *yes = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    return true;
}

/* An unfinished run of the same project belongs to a run folder, and is gone on with from there.
 * One that has loaded nothing gives way: whoever began it can begin again. So does a rehearsal to
 * the next one: nobody needs what it made. */
static bool clear_unfinished(struct preparing *preparing, struct error *error)
{
    static const char sql[] =
        "SELECT run, to_char(started_at, 'YYYY-MM-DD HH24:MI:SS TZ'), rehearsal AND $2::boolean,"
        " NOT EXISTS (SELECT FROM graduate.batches b WHERE b.run = r.run)"
        " FROM graduate.runs r WHERE project = $1 AND state <> 'done' ORDER BY started_at DESC";
    const struct preparation *given = preparing->given;
    const char *project = given->schema->project->name;
    const char *const parameters[] = {project, given->rehearsal ? "true" : "false"};
    PGresult *result;
    if (!postgres_query(preparing->target, sql, parameters, 2, &result, error))
        return false;
    bool ok = true;
    for (int row = 0; ok && row < PQntuples(result); row++) {
        const char *run = PQgetvalue(result, row, 0), *begun = PQgetvalue(result, row, 1);
        bool rehearsal = PQgetvalue(result, row, 2)[0] == 't';
        if (given->trial && PQgetvalue(result, row, 3)[0] == 't') {
            preparing->gives_way = true;
            continue;
        }
        if (rehearsal || PQgetvalue(result, row, 3)[0] == 't') {
            if (rehearsal)
                message_info("the rehearsal of %s did not come to its end, and gives way", begun);
            ok = undo_run(preparing->target, run, false, error);
            continue;
        }
        ok = error_set(error, ERROR_REFUSED, "%s holds an unfinished run of %s: %s, begun %s",
                       preparing->target->where, project, run, begun);
        error_hint(error, "go on with it: graduate run with its run folder; or take it back: "
                          "graduate undo with its run folder");
    }
    PQclear(result);
    return ok;
}

/* Every table that holds rows, with their number; but for those of which it is said what becomes of
 * such rows. */
static bool check_empty(const struct preparing *preparing, const struct inventory *inventory,
                        struct error *error)
{
    struct buffer list;
    size_t full = 0;
    buffer_init(&list);
    for (size_t i = 0; i < inventory->count; i++) {
        const struct inventory_table *entry = &inventory->tables[i];
        if (entry->rows > 0 && entry->table->if_there == IF_THERE_FAIL)
            buffer_printf(&list, "%s%s has %" PRId64, full++ > 0 ? ", " : "", entry->table->label,
                          entry->rows);
    }
    if (full > 0 && !preparing->given->allow_rows) {
        error_set(error, ERROR_REFUSED, "the target is not empty; rows in tables of %s: %s",
                  preparing->given->schema->project->name, buffer_text(&list));
        error_hint(error,
                   "take another database, or empty these tables (graduate undo with its run "
                   "folder takes back what a run left there); to load beside what is there, "
                   "say --allow-rows; nothing was touched");
    }
    buffer_release(&list);
    return full == 0 || preparing->given->allow_rows;
}

/* The tables of a run that goes on were made when it began. */
static bool check_complete(const struct inventory *inventory, struct error *error)
{
    for (size_t i = 0; i < inventory->count; i++) {
        if (inventory->tables[i].exists)
            continue;
        error_set(error, ERROR_REFUSED, "table %s of this run is gone from the target",
                  inventory->tables[i].table->label);
        return error_hint(error,
                          "what the run loaded into it is lost with it: graduate undo --run-dir "
                          "DIR takes back what is left; then run again");
    }
    return true;
}

static bool insert_run(struct preparing *preparing, struct error *error)
{
    const struct project *project = preparing->given->schema->project;
    char fingerprint[65];
    char *mapping = cJSON_PrintUnformatted(project->files);
    if (mapping == NULL)
        return error_memory(error);
    const char *const parameters[] = {
        project->name,    fingerprint,           mapping,
        GRADUATE_VERSION, preparing->given->run, preparing->given->rehearsal ? "true" : "false"};
    PGresult *result = NULL;
    bool ok = project_fingerprint(project, fingerprint, error) &&
              postgres_query(preparing->target,
                             "INSERT INTO graduate.runs"
                             " (project, fingerprint, mapping, graduate, run, rehearsal)"
                             " VALUES ($1, $2, $3, $4, coalesce($5::uuid, gen_random_uuid()), $6)"
                             " RETURNING run, generation",
                             parameters, 6, &result, error);
    if (ok) {
        snprintf(preparing->prepared->run, sizeof preparing->prepared->run, "%s",
                 PQgetvalue(result, 0, 0));
        preparing->prepared->generation = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    }
    PQclear(result);
    cJSON_free(mapping);
    return ok;
}

/* This waits for the transaction of a loader that is still at work under the old generation. A
 * rehearsal that is gone on with is one no more: the next one must not take it away. */
static bool next_generation(struct preparing *preparing, const char *run, struct error *error)
{
    PGresult *result;
    if (!postgres_query(preparing->target,
                        "UPDATE graduate.runs SET generation = generation + 1, rehearsal = false"
                        " WHERE run = $1 RETURNING run, generation",
                        &run, 1, &result, error))
        return false;
    snprintf(preparing->prepared->run, sizeof preparing->prepared->run, "%s",
             PQgetvalue(result, 0, 0));
    preparing->prepared->generation = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    preparing->prepared->resumed = true;
    PQclear(result);
    return true;
}

static bool insert_tables(struct preparing *preparing, const struct inventory *inventory,
                          struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_puts(&sql, "INSERT INTO graduate.tables (run, table_name, existed, rows_before) VALUES");
    for (size_t i = 0; i < inventory->count; i++) {
        const struct inventory_table *entry = &inventory->tables[i];
        buffer_puts(&sql, i > 0 ? ", (" : " (");
        sql_put_literal(&sql, preparing->prepared->run);
        buffer_puts(&sql, ", ");
        sql_put_literal(&sql, entry->table->label);
        buffer_printf(&sql, ", %s, %" PRId64 ")", entry->exists ? "true" : "false", entry->rows);
    }
    bool ok = inventory->count == 0 || (buffer_ok(&sql, error) &&
                                        postgres_exec(preparing->target, buffer_text(&sql), error));
    buffer_release(&sql);
    return ok;
}

static bool make_tables(struct preparing *preparing, struct error *error)
{
    static const struct statement_around alone = {.before = "", .after = "", .instead = ""};
    const struct schema *schema = preparing->given->schema;
    for (size_t i = 0; i < schema->statement_count; i++) {
        bool made, later = preparing->prepared->resumed && schema->statements[i].at_begin;
        struct answers last;
        if (schema->statements[i].phase != SCHEMA_TABLES || later)
            continue;
        bool ok = statement_run(preparing->target, preparing->prepared->run, &schema->statements[i],
                                &alone, NULL, &made, &last, error);
        answers_release(&last);
        if (!ok)
            return false;
    }
    crash_point(CRASH_LOAD_TABLES_MADE);
    return true;
}

static bool order_entities(struct preparing *preparing, struct error *error)
{
    struct prepared *prepared = preparing->prepared;
    return foreign_key_prepare(preparing->target, preparing->given->schema, prepared->run,
                               &prepared->order, error);
}

/* Once the data is there, the keys that are on stay on. */
static bool order_again(struct preparing *preparing, const char *run, struct error *error)
{
    bool loading;
    return ask(preparing->target, "SELECT state = 'loading' FROM graduate.runs WHERE run = $1",
               &run, 1, &loading, error) &&
           (!loading || order_entities(preparing, error));
}

/* The ledger of an earlier version has fewer tables. */
static bool complete_ledger(struct preparing *preparing, struct error *error)
{
    bool lacks;
    return ask(preparing->target,
               "SELECT to_regclass('graduate.foreign_keys') IS NULL"
               " OR to_regclass('graduate.met') IS NULL"
               " OR to_regclass('graduate.rejects') IS NULL",
               NULL, 0, &lacks, error) &&
           (!lacks || postgres_exec(preparing->target, ledger_ddl, error));
}

/* The steps after the data are made of tables without rows, and taken back: what the server would
 * say to them then it says now. */
static bool try_steps(struct preparing *preparing, struct error *error)
{
    return postgres_exec(preparing->target, "SAVEPOINT tryout", error) &&
           tryout_take_steps(preparing->target, preparing->given->schema, preparing->prepared->run,
                             error) &&
           postgres_exec(preparing->target, "ROLLBACK TO SAVEPOINT tryout", error);
}

static bool begin_run(struct preparing *preparing, struct error *error)
{
    struct inventory inventory;
    if (!inventory_take(&inventory, preparing->target, preparing->given->schema, true, error))
        return false;
    bool ok = check_empty(preparing, &inventory, error) &&
              resident_check(preparing->target, preparing->given->schema, error) &&
              type_check(preparing->target, preparing->given->schema, error) &&
              inventory_tell_triggers(&inventory, preparing->target, error) &&
              postgres_exec(preparing->target, ledger_ddl, error) && insert_run(preparing, error) &&
              origin_record(preparing->target, preparing->prepared->run,
                            preparing->given->schema->project, preparing->given->catalogs,
                            preparing->given->catalog_count, NULL, error) &&
              insert_tables(preparing, &inventory, error) && make_tables(preparing, error) &&
              try_steps(preparing, error) && order_entities(preparing, error);
    inventory_release(&inventory);
    return ok;
}

/* The entities that are to be loaded anew come from where the catalogs now say. */
static bool restart(struct preparing *preparing, const char *run, struct error *error)
{
    const struct preparation *given = preparing->given;
    if (given->restarts.count == 0)
        return true;
    if (!restart_entities(preparing->target, given->schema, run, &given->restarts, error))
        return false;
    crash_point(CRASH_LOAD_RESTARTED);
    for (size_t i = 0; i < given->restarts.count; i++)
        if (!origin_record(preparing->target, run, given->schema->project, given->catalogs,
                           given->catalog_count,
                           project_mapping(given->schema->project, given->restarts.items[i]),
                           error))
            return false;
    return true;
}

/* A run that is done is open again, but its data is not: the keys that are on stay on. */
static bool reopen(struct preparing *preparing, const char *run, struct error *error)
{
    const struct preparation *given = preparing->given;
    PGresult *result;
    for (size_t i = 0; i < given->retries.count; i++)
        if (!restart_steps(preparing->target, given->schema, run,
                           project_mapping(given->schema->project, given->retries.items[i]), error))
            return false;
    if (given->retries.count == 0)
        return true;
    if (!postgres_query(preparing->target,
                        "UPDATE graduate.runs SET state = 'finishing', finished_at = NULL"
                        " WHERE run = $1 AND state = 'done'",
                        &run, 1, &result, error))
        return false;
    PQclear(result);
    return true;
}

static bool resume_run(struct preparing *preparing, const char *run, struct error *error)
{
    const struct preparation *given = preparing->given;
    struct inventory inventory;
    if (!fence_check_mapping(preparing->target, run, given->schema->project, error) ||
        !origin_check(preparing->target, run, given->schema->project, given->catalogs,
                      given->catalog_count, &given->restarts, error) ||
        !next_generation(preparing, run, error) || !complete_ledger(preparing, error) ||
        !inventory_take(&inventory, preparing->target, given->schema, false, error))
        return false;
    bool ok = check_complete(&inventory, error) && restart(preparing, run, error) &&
              reopen(preparing, run, error) && make_tables(preparing, error) &&
              order_again(preparing, run, error);
    inventory_release(&inventory);
    return ok;
}

static bool prepare(struct preparing *preparing, struct error *error)
{
    const struct preparation *given = preparing->given;
    bool has_ledger, has_run = false;
    if (!precondition_check(preparing->target, given->schema->project, given->catalogs,
                            given->catalog_count, error) ||
        !trigger_check(preparing->target, given->schema->project, error) ||
        !ask(preparing->target, "SELECT to_regclass('graduate.runs') IS NOT NULL", NULL, 0,
             &has_ledger, error))
        return false;
    if (has_ledger && preparing->given->run != NULL &&
        !ask(preparing->target, "SELECT EXISTS (SELECT FROM graduate.runs WHERE run = $1)",
             &preparing->given->run, 1, &has_run, error))
        return false;
    if (has_run || (!preparing->given->begin && preparing->given->run != NULL))
        return resume_run(preparing, preparing->given->run, error);
    return (!has_ledger || clear_unfinished(preparing, error)) &&
           (preparing->gives_way || begin_run(preparing, error));
}

static bool try_prepare(struct preparing *preparing, struct error *error)
{
    PGresult *size;
    if (!postgres_query(preparing->target,
                        "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())", NULL,
                        0, &size, error))
        return false;
    preparing->prepared->bytes = strtoll(PQgetvalue(size, 0, 0), NULL, 10);
    PQclear(size);
    return prepare(preparing, error);
}

bool load_prepare(struct postgres *target, const struct preparation *preparation,
                  struct prepared *prepared, struct error *error)
{
    struct preparing preparing = {.target = target, .given = preparation, .prepared = prepared};
    *prepared = (struct prepared){0};
    bool ok = fence_begin_alone(target, error);
    if (ok && preparation->trial)
        ok = try_prepare(&preparing, error);
    else if (ok && prepare(&preparing, error) && fence_commit(target, error))
        return true;
    else
        ok = false;
    fence_rollback(target);
    return ok || ledger_explain_lock(target, error);
}
