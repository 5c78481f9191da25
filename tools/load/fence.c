#include "fence.h"

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
        unknown = strcmp(error->sqlstate, "42P01") == 0; /* no such table */
    }
    PQclear(*result);
    *result = NULL;
    return unknown ? unknown_run(target, run, error) : false;
}

static bool begin(struct postgres *target, const char *statement, const struct fence *fence,
                  struct error *error)
{
    /* The setting is what graduate.losses takes its run from. */
    static const char sql[] = "SELECT generation, set_config('graduate.run', $1::text, true)"
                              " FROM graduate.runs WHERE run = $1::text::uuid FOR SHARE";
    PGresult *result;
    if (!postgres_exec(target, statement, error) ||
        !query_run(target, sql, fence->run, &result, error))
        return false;
    int64_t generation = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    if (generation == fence->generation)
        return true;
    error_set(error, ERROR_REFUSED,
              "another program took over run %s: it is at generation %" PRId64
              ", this one was started under %" PRId64,
              fence->run, generation, fence->generation);
    return error_hint(error, "leave the work to the newer one, or stop it and run again");
}

/* Whatever the role's own setting is. */
bool fence_begin(struct postgres *target, const struct fence *fence, struct error *error)
{
    return begin(target, "BEGIN; SET LOCAL synchronous_commit = on", fence, error);
}

bool fence_begin_unflushed(struct postgres *target, const struct fence *fence, struct error *error)
{
    return begin(target, "BEGIN; SET LOCAL synchronous_commit = off", fence, error);
}

bool fence_begin_again(struct postgres *target, const struct fence *fence, struct error *error)
{
    return begin(target, "ROLLBACK; BEGIN; SET LOCAL synchronous_commit = off", fence, error);
}

/* The lock's first key is that of ledger_lock. */
bool fence_begin_alone(struct postgres *target, struct error *error)
{
    return postgres_exec(target,
                         "BEGIN; SET LOCAL lock_timeout = '30s';"
                         " SELECT pg_advisory_xact_lock(515913566, 0)",
                         error);
}

bool fence_commit(struct postgres *target, struct error *error)
{
    PGresult *result = postgres_ask(target, "COMMIT", NULL);
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
