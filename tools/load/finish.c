/* The end of a run: what is made after the data, and the run's closing. */
#include "crew.h"
#include "foreign_key.h"
#include "load.h"
#include "step.h"

#include "graduate/message.h"

#include <stdio.h>
#include <string.h>

/* More than the usual 64 MB, and little enough for the smallest Supabase, which is why one
 * connection alone has it; never less than the server gives. Where a pooler or a provider refuses
 * it, the indexes take longer, no more. */
static void raise_memory(struct postgres *target)
{
    struct error refused;
    postgres_exec(
        target,
        "SELECT set_config('maintenance_work_mem', '128MB', false) WHERE"
        " pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('128MB')",
        &refused);
}

/* Every entity of the project must have been loaded whole. */
static bool check_loaded(struct postgres *target, const struct project *project,
                         const struct fence *fence, struct error *error)
{
    PGresult *result;
    if (!postgres_query(target,
                        "SELECT entity FROM graduate.partitions WHERE run = $1"
                        " GROUP BY entity HAVING bool_and(state = 'done')",
                        &fence->run, 1, &result, error))
        return false;
    struct buffer list;
    size_t missing = 0;
    buffer_init(&list);
    for (size_t i = 0; i < project->mapping_count; i++) {
        int row = 0;
        while (row < PQntuples(result) &&
               strcmp(PQgetvalue(result, row, 0), project->mappings[i]->name) != 0)
            row++;
        if (row == PQntuples(result))
            buffer_printf(&list, "%s%s", missing++ > 0 ? ", " : "", project->mappings[i]->name);
    }
    if (missing > 0) {
        error_set(error, ERROR_REFUSED, "%zu of %zu entities are not loaded whole: %s", missing,
                  project->mapping_count, buffer_text(&list));
        error_hint(error, "load them, then finish: graduate run goes on where it stopped");
    }
    buffer_release(&list);
    PQclear(result);
    return missing == 0;
}

/* Move the run's state forward; *moved is false when it was there already. */
static bool move_state(struct postgres *target, const struct fence *fence, const char *sql,
                       bool *moved, struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, sql, &fence->run, 1, &result, error))
        return false;
    *moved = strcmp(PQcmdTuples(result), "0") != 0;
    PQclear(result);
    return true;
}

static bool open_finish(struct postgres *target, const struct project *project,
                        const struct fence *fence, bool *open, struct error *error)
{
    if (fence_begin(target, fence, error) &&
        fence_check_mapping(target, fence->run, project, error) &&
        check_loaded(target, project, fence, error) &&
        move_state(target, fence,
                   "UPDATE graduate.runs SET state = 'finishing'"
                   " WHERE run = $1 AND state <> 'done'",
                   open, error) &&
        fence_commit(target, error))
        return true;
    fence_rollback(target);
    return false;
}

/* Rows that refer to nothing: how many of how many, and which record the first is of. Asked before
 * any key is made, so that nothing but the data has to be put right. */
static bool refuse_orphans(const struct project *project, const struct schema_statement *statement,
                           const PGresult *rows, struct error *error)
{
    struct buffer entities;
    buffer_init(&entities);
    step_put_entities(project, statement->table, &entities);
    error_set(error, ERROR_DATA, "%s of %s rows of %s refer by %s to no row of %s",
              PQgetvalue(rows, 0, 3), PQgetvalue(rows, 0, 4), statement->table,
              PQgetvalue(rows, 0, 2), PQgetvalue(rows, 0, 5));
    snprintf(error->sqlstate, sizeof error->sqlstate, "23503");
    error_at(error, PQgetvalue(rows, 0, 0), PQgetvalue(rows, 0, 1), PQgetvalue(rows, 0, 2));
    error_hint(error,
               "the row refers to one that is not in the target: correct it in the source, then "
               "graduate run --run-dir DIR --restart %s; or change the mapping, after graduate "
               "undo --run-dir DIR, and run again: \"dangling\" says what becomes of such ids, and "
               "\"not_kept\" leaves a foreign key of the source out by its name",
               buffer_text(&entities));
    buffer_release(&entities);
    return false;
}

static bool check_references(struct postgres *target, const struct schema *schema,
                             struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && i < schema->statement_count; i++) {
        const struct schema_statement *statement = &schema->statements[i];
        PGresult *rows;
        if (statement->orphans == NULL)
            continue;
        ok = postgres_query(target, statement->orphans, NULL, 0, &rows, error);
        if (!ok)
            break;
        if (PQntuples(rows) > 0)
            ok = refuse_orphans(schema->project, statement, rows, error);
        PQclear(rows);
    }
    return ok;
}

/* The target's own keys that were off; one that a statement of the schema made is there already. */
static bool restore_keys(struct crew *crew, struct postgres *target, PGresult *keys,
                         struct error *error)
{
    bool ok = true;
    for (int row = 0; ok && row < PQntuples(keys); row++) {
        const struct schema_statement statement = {
            .phase = SCHEMA_REFERENCES,
            .name = PQgetvalue(keys, row, FOREIGN_KEY_STEP),
            .sql = PQgetvalue(keys, row, FOREIGN_KEY_SQL),
            .exists = PQgetvalue(keys, row, FOREIGN_KEY_EXISTS),
            .table = PQgetvalue(keys, row, FOREIGN_KEY_TABLE),
        };
        ok = crew_take(crew, target, CREW_ONE_BY_ONE, &statement, 1, error);
    }
    return ok;
}

/* The statements stand in the order in which they need each other, phase by phase. */
static bool take_steps(struct crew *crew, struct postgres *target, const struct schema *schema,
                       struct error *error)
{
    /* A key locks its table, a foreign key and a policy other tables, too: two of them could wait
     * for each other. */
    static const enum crew_rule rules[] = {
        [SCHEMA_KEYS] = CREW_ONE_A_TABLE,      [SCHEMA_INDEXES] = CREW_ALL,
        [SCHEMA_REFERENCES] = CREW_ONE_BY_ONE, [SCHEMA_REST] = CREW_ONE_BY_ONE,
        [SCHEMA_FIGURES] = CREW_ONE_A_TABLE,
    };
    size_t first = 0;
    while (first < schema->statement_count) {
        enum schema_phase phase = schema->statements[first].phase;
        size_t end = first;
        while (end < schema->statement_count && schema->statements[end].phase == phase)
            end++;
        if (phase != SCHEMA_TABLES &&
            !crew_take(crew, target, rules[phase], &schema->statements[first], end - first, error))
            return false;
        first = end;
    }
    return true;
}

/* All the steps that there are, those that are taken already among them. */
static bool take_all(struct postgres *target, const struct schema *schema,
                     const struct fence *fence, size_t jobs, struct error *error)
{
    PGresult *keys;
    struct crew crew;
    int64_t all = 0;
    if (!foreign_key_read_off(target, schema->project, &keys, error))
        return false;
    for (size_t i = 0; i < schema->statement_count; i++)
        all += schema->statements[i].phase != SCHEMA_TABLES;
    crew_init(&crew, schema->project, fence, jobs, all + PQntuples(keys));
    bool ok = take_steps(&crew, target, schema, error) && restore_keys(&crew, target, keys, error);
    crew_release(&crew);
    PQclear(keys);
    return ok;
}

static bool close_run(struct postgres *target, const struct project *project,
                      const struct fence *fence, struct error *error)
{
    bool moved;
    if (fence_begin(target, fence, error) && foreign_key_forget(target, project, error) &&
        move_state(target, fence,
                   "UPDATE graduate.runs SET state = 'done', finished_at = clock_timestamp()"
                   " WHERE run = $1",
                   &moved, error) &&
        fence_commit(target, error))
        return true;
    fence_rollback(target);
    return false;
}

bool load_finish(struct postgres *target, const struct schema *schema, const struct fence *fence,
                 size_t jobs, struct error *error)
{
    bool open;
    if (!open_finish(target, schema->project, fence, &open, error))
        return false;
    if (!open) {
        message_info("run %s is finished already", fence->run);
        return true;
    }
    raise_memory(target);
    return check_references(target, schema, error) &&
           take_all(target, schema, fence, jobs, error) &&
           foreign_key_check_rows(target, schema->project, fence->run, error) &&
           close_run(target, schema->project, fence, error);
}
