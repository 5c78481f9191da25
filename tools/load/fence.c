#include "fence.h"

#include "graduate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool unknown_run(const struct postgres *target, const char *run, struct error *error)
{
    error_set(error, ERROR_REFUSED, "%s holds no run %s", target->where, run);
    return error_hint(error,
                      "check the target's URI: this run was begun in another database, or it was "
                      "taken back (by graduate undo, or by the next rehearsal); a new run needs a "
                      "new run folder");
}

/* No such table, where the ledger should be. */
static bool lacks_ledger(const struct error *error)
{
    return strcmp(error->sqlstate, "42P01") == 0;
}

/* A query about one run: one row, or an ERROR_REFUSED, also where there is no ledger. */
static bool query_run(struct postgres *target, const char *sql, const char *run, PGresult **result,
                      struct error *error)
{
    *result = postgres_ask_with(target, sql, &run, 1, NULL);
    if (PQresultStatus(*result) == PGRES_TUPLES_OK && PQntuples(*result) == 1)
        return true;
    bool unknown = PQresultStatus(*result) == PGRES_TUPLES_OK;
    if (!unknown) {
        postgres_error(target, *result, "looking up the run in the ledger", error);
        unknown = lacks_ledger(error);
    }
    PQclear(*result);
    *result = NULL;
    return unknown ? unknown_run(target, run, error) : false;
}

static const char unflushed[] = "BEGIN; SET LOCAL synchronous_commit = off; ";

static void put_begin(struct buffer *sql, const char *statements, const struct fence *fence)
{
    /* The setting is what graduate.losses takes its run from. */
    buffer_printf(sql, "%sSELECT generation, set_config('graduate.run', ", statements);
    sql_put_literal(sql, fence->run);
    buffer_puts(sql, ", true) FROM graduate.runs WHERE run = ");
    sql_put_literal(sql, fence->run);
    buffer_puts(sql, "::uuid FOR SHARE");
}

static bool check_begun(struct postgres *target, const struct fence *fence, size_t place,
                        const struct answers *answers, struct error *error)
{
    const PGresult *result = answers->count > place ? answers->items[place] : answers_last(answers);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        postgres_error(target, result, "looking up the run in the ledger", error);
        return lacks_ledger(error) ? unknown_run(target, fence->run, error) : false;
    }
    if (PQntuples(result) != 1)
        return unknown_run(target, fence->run, error);
    int64_t generation = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    if (generation == fence->generation)
        return true;
    error_set(error, ERROR_REFUSED,
              "another program took over run %s: it is at generation %" PRId64
              ", this one was started under %" PRId64,
              fence->run, generation, fence->generation);
    return error_hint(error, "leave the work to the newer one, or stop it and run again");
}

static bool begin(struct postgres *target, const char *statements, size_t place,
                  const struct fence *fence, struct error *error)
{
    struct answers answers = {.count = 0};
    struct buffer sql;
    buffer_init(&sql);
    put_begin(&sql, statements, fence);
    bool ok = buffer_ok(&sql, error);
    if (ok) {
        postgres_ask_all(target, buffer_text(&sql), "beginning a transaction of the run", &answers);
        ok = check_begun(target, fence, place, &answers, error);
    }
    answers_release(&answers);
    buffer_release(&sql);
    return ok;
}

/* Whatever the role's own setting is. */
bool fence_begin(struct postgres *target, const struct fence *fence, struct error *error)
{
    return begin(target, "BEGIN; SET LOCAL synchronous_commit = on; ", 2, fence, error);
}

bool fence_begin_unflushed(struct postgres *target, const struct fence *fence, struct error *error)
{
    return begin(target, unflushed, 2, fence, error);
}

bool fence_begin_again(struct postgres *target, const struct fence *fence, struct error *error)
{
    return begin(target, "ROLLBACK; BEGIN; SET LOCAL synchronous_commit = off; ", 3, fence, error);
}

void fence_put_begin_unflushed(struct buffer *sql, const struct fence *fence)
{
    put_begin(sql, unflushed, fence);
}

bool fence_begun(struct postgres *target, const struct fence *fence, const struct answers *answers,
                 struct error *error)
{
    return check_begun(target, fence, FENCE_ANSWERS - 1, answers, error);
}

/* The lock's first key is that of ledger_lock. */
bool fence_begin_alone(struct postgres *target, struct error *error)
{
    return postgres_exec(target,
                         "BEGIN; SET LOCAL lock_timeout = '30s';"
                         " SELECT pg_advisory_xact_lock(515913566, 0)",
                         error);
}

bool fence_committed(struct postgres *target, PGresult *result, struct error *error)
{
    /* The COMMIT of a failed transaction succeeds, as a ROLLBACK. */
    bool ok =
        PQresultStatus(result) == PGRES_COMMAND_OK && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    if (!ok && PQresultStatus(result) == PGRES_COMMAND_OK) {
        error_set(error, ERROR_BUG, "a failed transaction was to be committed");
    } else if (!ok) {
        postgres_error(target, result, "committing", error);
        if (PQstatus(target->connection) == CONNECTION_BAD)
            error_hint(error, "whether this was still written shows in the target's ledger: run "
                              "again when the server is back, it goes on from there");
    }
    return ok;
}

bool fence_commit(struct postgres *target, struct error *error)
{
    PGresult *result = postgres_ask(target, "COMMIT", NULL);
    bool ok = fence_committed(target, result, error);
    PQclear(result);
    return ok;
}

void fence_rollback(struct postgres *target)
{
    PQclear(
        postgres_ask(target, "ROLLBACK", NULL)); /* a lost connection has rolled back by itself */
}

static bool changed_mapping(const char *run, const char *before, const struct project *project,
                            struct error *error)
{
    char difference[512] = "";
    cJSON *files = cJSON_Parse(before);
    if (files == NULL)
        return error_memory(error);
    project_difference(files, project->files, difference, sizeof difference);
    cJSON_Delete(files);
    error_set(error, ERROR_REFUSED, "the mapping is not the one that run %s began with: %s", run,
              difference);
    return error_hint(error, "put it back and run again; or take the run back, and begin anew with "
                             "the mapping as it is: graduate undo --run-dir DIR");
}

bool fence_check_mapping(struct postgres *target, const char *run, const struct project *project,
                         struct error *error)
{
    static const char sql[] =
        "SELECT project, fingerprint, mapping FROM graduate.runs WHERE run = $1::uuid";
    char fingerprint[65];
    PGresult *result;
    if (!project_fingerprint(project, fingerprint, error) ||
        !query_run(target, sql, run, &result, error))
        return false;
    const char *name = PQgetvalue(result, 0, 0);
    bool ok = true;
    if (strcmp(name, project->name) != 0) {
        ok = error_set(error, ERROR_REFUSED, "run %s is one of project %s, not of %s", run, name,
                       project->name);
        error_hint(error, "take the run folder, or the target, of project %s", project->name);
    } else if (strcmp(PQgetvalue(result, 0, 1), fingerprint) != 0) {
        ok = changed_mapping(run, PQgetvalue(result, 0, 2), project, error);
    }
    PQclear(result);
    return ok;
}
