#include "retry.h"
#include "closing.h"
#include "corrections.h"
#include "figures.h"
#include "lookups.h"
#include "pipeline.h"

#include "graduate/buffer.h"
#include "graduate/crash.h"
#include "graduate/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool count_open(struct migration *migration, int64_t *open, struct error *error)
{
    const char *run = migration->folder.run;
    PGresult *result;
    if (!postgres_query(&migration->target,
                        "SELECT count(*) FROM graduate.rejects WHERE run = $1"
                        " AND retried_at IS NULL",
                        &run, 1, &result, error))
        return false;
    *open = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return true;
}

/* A run that stopped before its end has written no list yet. */
static bool read_file(struct migration *migration, struct corrections *corrections,
                      struct error *error)
{
    char own[PATH_MAX];
    int64_t open;
    if (migration->options->corrected != NULL)
        return corrections_read(corrections, migration, migration->options->corrected, error);
    if (!folder_file(&migration->folder, "rejects.jsonl", own, error))
        return false;
    if (file_exists(own))
        return corrections_read(corrections, migration, own, error);
    if (!count_open(migration, &open, error))
        return false;
    if (open == 0)
        return true;
    if (!closing_keep_rejects(migration, error))
        return false;
    error_set(error, ERROR_USAGE, "the records that the run has set aside stand in %s now", own);
    return error_hint(error, "correct them there, or in a copy (--from), and run graduate retry "
                             "again; nothing was loaded");
}

static bool load_entity(struct migration *migration, const struct corrections *corrections,
                        const struct mapping *mapping, struct snapshot *snapshots,
                        struct error *error)
{
    struct arguments programs[2];
    struct buffer printed;
    char catalogs[PATH_MAX], ids[PATH_MAX], generation[24];
    int input;
    if (!folder_file(&migration->folder, "catalog", catalogs, error))
        return false;
    snprintf(generation, sizeof generation, "%" PRId64, migration->folder.generation);
    arguments_init(&programs[0], "graduate-transform");
    arguments_add(&programs[0], "--project", migration->project.folder, "--catalogs", catalogs,
                  NULL);
    if (lookups_are_needed(&migration->project, mapping)) {
        if (!lookups_make(migration, mapping, snapshots, error) ||
            !lookups_folder(migration, ids, error))
            return false;
        arguments_add(&programs[0], "--ids", ids, NULL);
    }
    arguments_init(&programs[1], "graduate-load");
    arguments_add(&programs[1], "--project", migration->project.folder, "--catalogs", catalogs,
                  "--run", migration->folder.run, "--generation", generation, "--corrected", NULL);
    if (!corrections_open(corrections, migration, mapping, &input, error))
        return false;
    buffer_init(&printed);
    bool ok = pipeline_capture(&migration->supervisor, programs, 2, input, &printed, error);
    buffer_release(&printed);
    close(input);
    return ok || error_at(error, mapping->name, NULL, NULL);
}

static bool is_in(const struct corrections *corrections, const struct mapping *mapping)
{
    for (size_t i = 0; i < corrections->count; i++)
        if (corrections->items[i].mapping == mapping)
            return true;
    return false;
}

/* In the order of the entities: what is referred to comes first. */
bool retry_load(struct migration *migration, const struct corrections *corrections,
                struct error *error)
{
    const struct project *project = &migration->project;
    struct snapshot *snapshots = calloc(project->source_count + 1, sizeof *snapshots);
    if (snapshots == NULL)
        return error_memory(error);
    lookups_forget(migration); /* whatever they were made of */
    bool ok = true;
    for (size_t i = 0; ok && i < project->mapping_count; i++)
        ok = !is_in(corrections, project->mappings[i]) ||
             load_entity(migration, corrections, project->mappings[i], snapshots, error);
    for (size_t i = 0; i < project->source_count; i++)
        snapshot_let_go(&snapshots[i], &migration->supervisor);
    free(snapshots);
    lookups_forget(migration);
    if (ok)
        crash_point(CRASH_DRIVER_RETRIED);
    return ok;
}

bool retry_open(struct migration *migration, const struct corrections *corrections,
                struct error *error)
{
    const struct project *project = &migration->project;
    struct words *words = &migration->retries;
    words->items = calloc(project->mapping_count + 1, sizeof *words->items);
    if (words->items == NULL)
        return error_memory(error);
    for (size_t i = 0; i < project->mapping_count; i++)
        if (is_in(corrections, project->mappings[i]))
            words->items[words->count++] = project->mappings[i]->name;
    migration->folder.finished[0] = '\0';
    if (!folder_save(&migration->folder, error))
        return false;
    crash_point(CRASH_DRIVER_RETRYING);
    return true;
}

static bool is_loading(struct migration *migration, bool *loading, struct error *error)
{
    const char *run = migration->folder.run;
    PGresult *result;
    if (!postgres_query(&migration->target, "SELECT state FROM graduate.runs WHERE run = $1", &run,
                        1, &result, error))
        return false;
    *loading = PQntuples(result) > 0 && strcmp(PQgetvalue(result, 0, 0), "loading") == 0;
    PQclear(result);
    return true;
}

bool retry_finish(struct migration *migration, int *exit_code, struct error *error)
{
    bool loading;
    if (!is_loading(migration, &loading, error))
        return false;
    if (!loading)
        return closing_finish(migration, error) && closing_account(migration, exit_code, error);
    journal_info(&migration->journal, "graduate run --run-dir %s goes on with the run",
                 migration->folder.path);
    return closing_keep_rejects(migration, error);
}

bool retry_tell(struct migration *migration, const struct corrections *corrections,
                struct error *error)
{
    static const char sql[] =
        "SELECT entity, key, path, message FROM graduate.rejects WHERE run = $1 AND id = $2"
        " AND retried_at IS NULL";
    struct error first = {0};
    int64_t refused = 0;
    char figures[2][FIGURE_SIZE];
    for (size_t i = 0; i < corrections->count; i++) {
        char reject[24];
        snprintf(reject, sizeof reject, "%" PRId64, corrections->items[i].reject);
        const char *const parameters[] = {migration->folder.run, reject};
        PGresult *result;
        if (!postgres_query(&migration->target, sql, parameters, 2, &result, error))
            return false;
        if (PQntuples(result) > 0 && refused++ == 0) {
            error_set(&first, ERROR_DATA, "%s", PQgetvalue(result, 0, 3));
            error_at(&first, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1),
                     PQgetvalue(result, 0, 2));
        }
        PQclear(result);
    }
    journal_info(&migration->journal, "corrected records: %s loaded, %s set aside again",
                 figure_count((int64_t)corrections->count - refused, figures[0]),
                 figure_count(refused, figures[1]));
    if (refused == 0)
        return true;
    migration->incurable = true;
    error_set(error, ERROR_DATA,
              "%s of %s corrected records do not fit again, and stay set aside; of the first: %s",
              figure_count(refused, figures[0]),
              figure_count((int64_t)corrections->count, figures[1]), first.message);
    error_hint(error,
               "rejects.jsonl of the run folder has them with their new causes: correct them "
               "there, and run graduate retry again");
    return error_at(error, first.entity, first.key, first.path);
}

/* Nothing is to be tried: all of it was loaded before, or there is nothing in the file. */
static bool nothing_to_try(struct migration *migration, const struct corrections *corrections,
                           struct error *error)
{
    int64_t open;
    if (!count_open(migration, &open, error))
        return false;
    if (corrections->loaded > 0)
        journal_info(&migration->journal,
                     "there is nothing to retry: %" PRId64 " of the records were loaded before",
                     corrections->loaded);
    else if (open == 0)
        journal_info(&migration->journal,
                     "there is nothing to retry: no record of the run is set aside");
    if (open == 0 || corrections->loaded > 0)
        return true;
    error_set(error, ERROR_USAGE,
              "no line has a corrected record, and the run has set %" PRId64 " aside", open);
    return error_hint(error, "correct the records in rejects.jsonl of the run folder, or in a copy "
                             "(--from), and run graduate retry again; nothing was loaded");
}

bool retry_read(struct migration *migration, struct corrections *corrections, struct error *error)
{
    return read_file(migration, corrections, error) &&
           (corrections->count > 0 || nothing_to_try(migration, corrections, error));
}
