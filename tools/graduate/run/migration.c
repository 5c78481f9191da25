#include "migration.h"
#include "closing.h"
#include "lookups.h"
#include "objects.h"
#include "pipeline.h"
#include "retry.h"
#include "target_catalog.h"
#include "transfers.h"

#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool migration_connect(struct postgres *target, const struct project *project, int64_t stall,
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

/* The lock, and all that a session keeps, must be this run's alone. */
static bool check_session(struct migration *migration, struct error *error)
{
    struct buffer uri;
    buffer_init(&uri);
    bool ok = project_expand(migration->project.target, &uri, error) && buffer_ok(&uri, error) &&
              postgres_check_session(&migration->target, buffer_text(&uri), "target", error);
    buffer_release(&uri);
    return ok;
}

/* The project is read before the folder is made, so that a mistaken name leaves nothing behind. */
static bool load_project(struct migration *migration, struct error *error)
{
    const char *where = migration->options->project;
    struct folder folder;
    bool busy;
    if (where == NULL) {
        if (!folder_look(&folder, migration->options->folder, &busy, error))
            return false;
        where = folder.project_folder;
    }
    if (!project_load_draft(&migration->project, where, NULL, error))
        return false;
    if (migration->project.broken_count == 0 || migration->project.asks_target)
        return true;
    project_check(&migration->project, error);
    project_release(&migration->project);
    return false;
}

/* The target says what the mappings leave to it; with that they are what the run is of. */
static bool complete_project(struct migration *migration, struct error *error)
{
    struct project *project = &migration->project;
    return target_catalog_of_run(project, &migration->folder, &migration->asked_again,
                                 &migration->supervisor, error) &&
           (project->broken_count == 0 || project_check(project, error));
}

static bool check_folder(struct migration *migration, struct error *error)
{
    struct folder *folder = &migration->folder;
    if (folder->undone[0] != '\0') {
        folder_forget(folder);
        migration->anew = true;
    }
    if (folder->run[0] == '\0')
        return true;
    if (!folder_refuse_undone(folder, error))
        return false;
    if (migration->options->fresh) {
        error_set(error, ERROR_REFUSED, "%s holds a run already, and a rehearsal begins a new one",
                  folder->path);
        return error_hint(error,
                          "leave --run-dir away, or name a new folder; graduate run "
                          "--run-dir %s goes on with that run",
                          folder->path);
    }
    if (strcmp(folder->project, migration->project.name) == 0)
        return true;
    error_set(error, ERROR_USAGE, "%s holds a run of the project %s, not of %s", folder->path,
              folder->project, migration->project.name);
    return error_hint(error, "name another --run-dir, or leave --project away");
}

/* For a signal that comes while no program runs. */
static void set_farewell(const struct migration *migration)
{
    char text[PATH_MAX + 128];
    if (migration->folder.run[0] == '\0')
        snprintf(text, sizeof text, "graduate: stopped; nothing was migrated yet\n");
    else
        snprintf(text, sizeof text,
                 "graduate: stopped; graduate run --run-dir %s goes on from here\n",
                 migration->folder.path);
    supervisor_farewell(text);
}

static bool open_folder(struct migration *migration, struct error *error)
{
    const char *path = migration->options->folder;
    char fresh[PATH_MAX];
    if (path == NULL && !folder_make_fresh(fresh, error))
        return false;
    if (!folder_open(&migration->folder, path != NULL ? path : fresh, error))
        return false;
    set_farewell(migration);
    if (!check_folder(migration, error) ||
        !folder_file(&migration->folder, "log.jsonl", migration->log_path, error) ||
        !journal_open(&migration->journal, migration->log_path, error))
        return false;
    if (migration->folder.was_open[0] != '\0')
        journal_warning(&migration->journal, "%s", migration->folder.was_open);
    return true;
}

static bool check_programs(struct error *error)
{
    static const char *const programs[] = {"graduate-extract", "graduate-transform",
                                           "graduate-load"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (!process_find(programs[i], path, sizeof path, error))
            return false;
    return true;
}

/* From its preparation on a run keeps the catalogs that it began with: the order of a table's
 * columns is in them. */
static bool get_catalogs(struct migration *migration, struct error *error)
{
    bool all = false;
    const struct folder *folder = &migration->folder;
    if (folder->prepared &&
        !catalogs_read(&migration->catalogs, &migration->project, folder, &all, error))
        return false;
    return (all || catalogs_ask(&migration->catalogs, &migration->project, false, folder,
                                &migration->supervisor, error)) &&
           catalogs_check(&migration->catalogs, &migration->project, error);
}

/* The target's own keys want an order of the entities; what it does not name stays behind. */
static void follow_order(struct project *project, const cJSON *order)
{
    size_t next = 0;
    const cJSON *name;
    cJSON_ArrayForEach(name, order)
    {
        for (size_t i = next; i < project->mapping_count; i++) {
            struct mapping *mapping = project->mappings[i];
            if (!cJSON_IsString(name) || strcmp(mapping->name, name->valuestring) != 0)
                continue;
            memmove(&project->mappings[next + 1], &project->mappings[next],
                    (i - next) * sizeof *project->mappings);
            project->mappings[next++] = mapping;
            break;
        }
    }
}

static const struct mapping *find_mapping(const struct project *project, const cJSON *name)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (cJSON_IsString(name) && strcmp(project->mappings[i]->name, name->valuestring) == 0)
            return project->mappings[i];
    return NULL;
}

static bool read_follows(struct migration *migration, const cJSON *afters, struct error *error)
{
    const cJSON *pair;
    free(migration->follows);
    migration->follow_count = 0;
    migration->follows =
        calloc((size_t)cJSON_GetArraySize(afters) + 1, sizeof *migration->follows);
    if (migration->follows == NULL)
        return error_memory(error);
    cJSON_ArrayForEach(pair, afters)
    {
        const struct follows found = {
            find_mapping(&migration->project, cJSON_GetArrayItem(pair, 0)),
            find_mapping(&migration->project, cJSON_GetArrayItem(pair, 1))};
        if (found.mapping != NULL && found.first != NULL)
            migration->follows[migration->follow_count++] = found;
    }
    return true;
}

static bool read_prepared(struct migration *migration, struct buffer *line, struct error *error)
{
    cJSON *json;
    if (!json_parse(buffer_text(line), line->length, "what graduate-load --prepare printed", &json,
                    error)) {
        error->code = ERROR_BUG;
        return false;
    }
    const char *run = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "run"));
    const cJSON *generation = cJSON_GetObjectItemCaseSensitive(json, "generation");
    bool ok = run != NULL && strcmp(run, migration->folder.run) == 0 && cJSON_IsNumber(generation);
    if (ok) {
        migration->folder.generation = (int64_t)generation->valuedouble;
        follow_order(&migration->project, cJSON_GetObjectItemCaseSensitive(json, "order"));
        ok = read_follows(migration, cJSON_GetObjectItemCaseSensitive(json, "afters"), error);
    } else {
        error_set(error, ERROR_BUG, "graduate-load --prepare printed no generation of run %s",
                  migration->folder.run);
    }
    cJSON_Delete(json);
    return ok;
}

/* Under the catalogs that it has, what is not kept was spoken of when the run was prepared. */
static bool check_objects(const struct migration *migration, struct error *error)
{
    return migration->folder.prepared ||
           objects_check_all(&migration->catalogs, &migration->project, error);
}

/* What only the transformer can say of a mapping, before anything is touched. */
static bool check_mappings(struct migration *migration, struct error *error)
{
    char catalogs[PATH_MAX];
    return migration->folder.prepared ||
           (folder_file(&migration->folder, "catalog", catalogs, error) &&
            catalogs_check_mappings(catalogs, &migration->project, NULL, &migration->supervisor,
                                    error));
}

static bool read_restarts(struct migration *migration, struct error *error)
{
    const char *list = migration->options->restart;
    struct words *words = &migration->restarts;
    if (list == NULL)
        return true;
    if (!migration->folder.prepared) {
        error_set(error, ERROR_USAGE, "there is nothing to restart: the run has not begun");
        return error_hint(error, "leave --restart away");
    }
    words->items = calloc(migration->project.mapping_count + 1, sizeof *words->items);
    if (words->items == NULL)
        return error_memory(error);
    for (size_t length; *list != '\0'; list += length + (list[length] == ',')) {
        const struct mapping *mapping;
        char name[256];
        bool twice = false;
        length = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, list);
        if (!project_find_mapping(&migration->project, name, &mapping, error))
            return false;
        for (size_t i = 0; i < words->count; i++)
            twice = twice || words->items[i] == mapping->name;
        if (!twice)
            words->items[words->count++] = mapping->name;
    }
    return true;
}

/* What was corrected by hand goes with the entity's rejects: nobody else has it. */
static bool keep_retried(struct migration *migration, struct error *error)
{
    char path[PATH_MAX], name[NAME_MAX], kept[PATH_MAX], now[32];
    if (!folder_file(&migration->folder, "retried.jsonl", path, error))
        return false;
    if (!file_exists(path))
        return true;
    folder_stamp(now);
    snprintf(name, sizeof name, "retried-%s.jsonl", now);
    if (!folder_file(&migration->folder, name, kept, error))
        return false;
    if (rename(path, kept) != 0)
        return error_set_errno(error, ERROR_TARGET, "cannot rename %s", path);
    journal_info(
        &migration->journal,
        "what was corrected by hand stands in %s: graduate retry --from brings it in again", kept);
    return true;
}

/* The copies go first, then what the source says is written down; the ledger comes last, in one
 * transaction (graduate-load --prepare --restart). After a kill in between the same command does it
 * all, and any other is refused. */
static bool prepare_restarts(struct migration *migration, struct error *error)
{
    if (migration->restarts.count == 0)
        return true;
    lookups_forget(migration);
    if (!keep_retried(migration, error))
        return false;
    static const char *const endings[] = {"gck", "gck.partial"};
    for (size_t i = 0; i < migration->restarts.count; i++)
        for (size_t f = 0; f < 2; f++) {
            char name[NAME_MAX], path[PATH_MAX];
            snprintf(name, sizeof name, "checkpoints/%s.%s", migration->restarts.items[i],
                     endings[f]);
            if (!folder_file(&migration->folder, name, path, error))
                return false;
            if (unlink(path) != 0 && errno != ENOENT)
                return error_set_errno(error, ERROR_TARGET, "cannot remove %s", path);
        }
    crash_point(CRASH_DRIVER_CHECKPOINTS_REMOVED);
    if (!catalogs_renew(&migration->catalogs, &migration->project, &migration->folder,
                        &migration->restarts, &migration->supervisor, error))
        return false;
    crash_point(CRASH_DRIVER_CATALOGS_RENEWED);
    migration->folder.finished[0] = '\0';
    return folder_save(&migration->folder, error);
}

static bool begin(struct migration *migration, struct error *error)
{
    if (migration->folder.run[0] != '\0')
        return true;
    if (migration->anew && !folder_clear(&migration->folder, error))
        return false;
    if (!folder_begin(&migration->folder, &migration->project, error))
        return false;
    set_farewell(migration);
    return true;
}

/* "a,b"; nothing without memory, as the buffer says. */
static void put_names(struct buffer *out, const struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        buffer_printf(out, "%s%s", i > 0 ? "," : "", words->items[i]);
}

static bool prepare(struct migration *migration, struct error *error)
{
    struct folder *folder = &migration->folder;
    struct arguments arguments;
    struct buffer line, retries;
    char catalogs[PATH_MAX];
    if (!folder_file(folder, "catalog", catalogs, error))
        return false;
    buffer_init(&retries);
    put_names(&retries, &migration->retries);
    arguments_init(&arguments, "graduate-load");
    arguments_add(&arguments, "--project", migration->project.folder, "--catalogs", catalogs,
                  "--prepare", "--run", folder->run, NULL);
    if (!folder->prepared) /* later, a ledger without the run is another ledger */
        arguments_add(&arguments, "--begin", NULL);
    if (migration->options->allow_rows)
        arguments_add(&arguments, "--allow-rows", NULL);
    if (migration->options->fresh)
        arguments_add(&arguments, "--rehearsal", NULL);
    if (migration->restarts.count > 0)
        arguments_add(&arguments, "--restart", migration->options->restart, NULL);
    if (migration->retries.count > 0)
        arguments_add(&arguments, "--retry", buffer_text(&retries), NULL);
    buffer_init(&line);
    bool ok =
        buffer_ok(&retries, error) &&
        pipeline_capture(&migration->supervisor, &arguments, 1, PROCESS_NOTHING, &line, error) &&
        read_prepared(migration, &line, error);
    buffer_release(&line);
    buffer_release(&retries);
    if (!ok) {
        struct error unused;
        if (migration->asked_again)
            target_catalog_forget(folder, &unused);
        return false;
    }
    crash_point(CRASH_DRIVER_PREPARED);
    folder->prepared = true;
    return folder_save(folder, error);
}

static bool come_after(struct migration *migration, int *exit_code, struct error *error)
{
    return *exit_code != 0 || migration->options->afterwards == NULL ||
           migration->options->afterwards(migration, exit_code, error);
}

/* A finished run: the folder has its account, but only the ledger knows whether it is still there.
 */
static bool repeat(struct migration *migration, struct error *error)
{
    const struct folder *folder = &migration->folder;
    journal_info(&migration->journal, "run %s was finished at %s", folder->run, folder->finished);
    return migration_connect(&migration->target, &migration->project, migration->options->stall,
                             error) &&
           ledger_check_done(&migration->target, folder->run, error) &&
           transfers_check_done(migration, error) && closing_repeat(migration, error);
}

/* Batches that are cut in another way would not meet those that are there. */
static bool keep_batch_size(struct migration *migration, struct error *error)
{
    struct folder *folder = &migration->folder;
    int64_t asked = migration->options->batch_bytes;
    if (!folder->prepared) {
        folder->batch_bytes = asked;
        return true;
    }
    if (asked == 0 || asked == folder->batch_bytes)
        return true;
    error_set(error, ERROR_REFUSED, "the run began with batches of %" PRId64 " bytes",
              folder->batch_bytes);
    return error_hint(error, "leave --batch-bytes away: the run goes on as it began");
}

static bool load_all(struct migration *migration, struct error *error)
{
    return prepare_restarts(migration, error) && prepare(migration, error) &&
           transfers_load(migration, error);
}

/* Every answer is a short one, and the count of a table for the account the longest. */
static bool open_target(struct migration *migration, struct error *error)
{
    return migration_connect(&migration->target, &migration->project, migration->options->stall,
                             error) &&
           check_session(migration, error) && ledger_lock(&migration->target, error);
}

static bool check_begun(const struct folder *folder, struct error *error)
{
    if (folder->prepared)
        return true;
    error_set(error, ERROR_USAGE, "there is nothing to retry: the run has not begun");
    return error_hint(error, "graduate run begins it");
}

static bool take_corrected(struct migration *migration, const struct corrections *corrections,
                           int *exit_code, struct error *error)
{
    if (corrections->count == 0 && migration->folder.finished[0] != '\0')
        return closing_repeat(migration, error);
    return retry_open(migration, corrections, error) && prepare(migration, error) &&
           retry_load(migration, corrections, error) && retry_finish(migration, exit_code, error) &&
           retry_tell(migration, corrections, error);
}

static bool retry(struct migration *migration, int *exit_code, struct error *error)
{
    struct corrections corrections = {0};
    bool ok = check_begun(&migration->folder, error) && get_catalogs(migration, error) &&
              open_target(migration, error) && retry_read(migration, &corrections, error) &&
              take_corrected(migration, &corrections, exit_code, error);
    corrections_release(&corrections);
    return ok;
}

static bool migrate(struct migration *migration, int *exit_code, struct error *error)
{
    struct folder *folder = &migration->folder;
    if (!open_folder(migration, error) || !check_programs(error) ||
        !complete_project(migration, error))
        return false;
    if (migration->options->retry)
        return retry(migration, exit_code, error);
    if (folder->finished[0] != '\0' && migration->options->restart == NULL)
        return repeat(migration, error);
    return read_restarts(migration, error) && lookups_check(migration, error) &&
           keep_batch_size(migration, error) && get_catalogs(migration, error) &&
           check_mappings(migration, error) && check_objects(migration, error) &&
           open_target(migration, error) && begin(migration, error) && load_all(migration, error) &&
           closing_keep_rejects(migration, error) && closing_finish(migration, error) &&
           closing_account(migration, exit_code, error) && come_after(migration, exit_code, error);
}

/* The programs do not know the run's folder: where their hints call for it they say DIR. */
static void name_folder(struct error *error, const char *path)
{
    static const char unnamed[] = "--run-dir DIR";
    char hint[sizeof error->hint];
    const char *rest = error->hint;
    size_t used = 0;
    hint[0] = '\0';
    for (const char *at; used < sizeof hint && (at = strstr(rest, unnamed)) != NULL;) {
        used += (size_t)snprintf(hint + used, sizeof hint - used, "%.*s--run-dir %s",
                                 (int)(at - rest), rest, path);
        rest = at + strlen(unnamed);
    }
    if (used < sizeof hint)
        snprintf(hint + used, sizeof hint - used, "%s", rest);
    memcpy(error->hint, hint, sizeof hint);
}

/* What a run that stopped goes on with, and what it takes for it. */
static void add_way_on(const struct migration *migration, struct error *error)
{
    const char *path = migration->folder.path, *separator = error->hint[0] != '\0' ? "; " : "";
    size_t used = strlen(error->hint);
    if (migration->options->retry) {
        snprintf(error->hint + used, sizeof error->hint - used,
                 "%s" ADVICE("graduate retry again goes on from where it was"), separator);
        return;
    }
    if (error->code != ERROR_DATA) { /* which alone can be the mapping's doing */
        snprintf(error->hint + used, sizeof error->hint - used,
                 "%s" ADVICE("graduate run --run-dir %s goes on from where it was"), separator,
                 path);
        return;
    }
    snprintf(error->hint + used, sizeof error->hint - used,
             "%s" ADVICE("with a corrected source, graduate run --run-dir %s goes on from where it "
                         "was"),
             separator, path);
    used = strlen(error->hint);
    if (migration->options->fresh)
        snprintf(error->hint + used, sizeof error->hint - used,
                 "; " ADVICE("with a changed mapping, rehearse again: it takes this one back"));
    else
        snprintf(
            error->hint + used, sizeof error->hint - used,
            "; " ADVICE("with a changed mapping it begins anew, after graduate undo --run-dir %s"),
            path);
}

/* The last words of a run that did not come to its end. */
static bool give_up(struct migration *migration, int *exit_code, struct error *error)
{
    const struct folder *folder = &migration->folder;
    bool begun = folder->run[0] != '\0';
    if (migration->supervisor.interrupted != 0) {
        *exit_code = 128 + migration->supervisor.interrupted;
        if (begun)
            journal_info(&migration->journal, "%s; graduate run --run-dir %s goes on from here",
                         error->message, folder->path);
        else
            journal_info(&migration->journal, "%s; nothing was migrated yet", error->message);
        return true;
    }
    if (migration->options->explain != NULL)
        migration->options->explain(migration, error);
    bool goes_on = error->code != ERROR_USAGE && error->code != ERROR_REFUSED &&
                   error->code != ERROR_BUG &&
                   !(error->code == ERROR_DATA && migration->incurable) &&
                   !error_leads_elsewhere(error) && folder->finished[0] == '\0';
    name_folder(error, folder->path);
    if (begun && goes_on)
        add_way_on(migration, error);
    journal_error(&migration->journal, error);
    return false;
}

bool migration_run(const struct migration_options *options, int *exit_code, struct error *error)
{
    struct migration migration = {.options = options, .folder = {.lock = -1}};
    if (!load_project(&migration, error))
        return false;
    journal_init(&migration.journal, options->format);
    bool ok = supervisor_init(&migration.supervisor, &migration.journal, error);
    if (ok) {
        supervisor_stall(&migration.supervisor, options->stall);
        ok = migrate(&migration, exit_code, error) || give_up(&migration, exit_code, error);
        supervisor_release(&migration.supervisor);
    }
    if (migration.target.connection != NULL)
        postgres_close(&migration.target);
    journal_release(&migration.journal);
    catalogs_release(&migration.catalogs);
    free(migration.restarts.items);
    free(migration.retries.items);
    free(migration.pace.left);
    free(migration.follows);
    folder_release(&migration.folder);
    project_release(&migration.project);
    return ok;
}
