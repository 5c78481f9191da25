#include "migration.h"
#include "closing.h"
#include "objects.h"
#include "pipeline.h"
#include "transfer.h"

#include "graduate/crash.h"
#include "graduate/json.h"
#include "graduate/ledger.h"

#include <stdio.h>
#include <string.h>

bool migration_connect(struct postgres *target, const struct project *project, struct error *error)
{
    struct buffer uri;
    buffer_init(&uri);
    bool ok = project_expand(project->target, &uri, error) && buffer_ok(&uri, error) &&
              postgres_connect(target, buffer_text(&uri), "target", ERROR_TARGET, error);
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
    return project_load(&migration->project, where, error);
}

static bool check_folder(const struct migration *migration, struct error *error)
{
    const struct folder *folder = &migration->folder;
    if (folder->run[0] == '\0')
        return true;
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
    return check_folder(migration, error) &&
           folder_file(&migration->folder, "log.jsonl", migration->log_path, error) &&
           journal_open(&migration->journal, migration->log_path, error);
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
    if (ok)
        migration->folder.generation = (int64_t)generation->valuedouble;
    else
        error_set(error, ERROR_BUG, "graduate-load --prepare printed no generation of run %s",
                  migration->folder.run);
    cJSON_Delete(json);
    return ok;
}

/* Under the catalogs that it has, what is not kept was spoken of when the run was prepared. */
static bool check_objects(const struct migration *migration, struct error *error)
{
    struct schema schema = {0};
    struct objects objects = {0};
    if (migration->folder.prepared)
        return true;
    bool ok = schema_resolve(&schema, &migration->project, migration->catalogs.items,
                             migration->catalogs.count, error) &&
              objects_gather(&objects, &migration->catalogs, &schema, error) &&
              objects_check(&objects, &migration->project, error);
    objects_release(&objects);
    schema_release(&schema);
    return ok;
}

/* What only the transformer can say of a mapping, before anything is touched. */
static bool check_mappings(struct migration *migration, struct error *error)
{
    struct arguments arguments;
    char catalogs[PATH_MAX];
    if (migration->folder.prepared)
        return true;
    if (!folder_file(&migration->folder, "catalog", catalogs, error))
        return false;
    arguments_init(&arguments, "graduate-transform");
    arguments_add(&arguments, "--project", migration->project.folder, "--check", "--catalogs",
                  catalogs, NULL);
    return pipeline_run(&migration->supervisor, &arguments, 1, NULL, NULL, error);
}

static bool begin(struct migration *migration, struct error *error)
{
    if (migration->folder.run[0] != '\0')
        return true;
    if (!folder_begin(&migration->folder, &migration->project, error))
        return false;
    set_farewell(migration);
    return true;
}

static bool prepare(struct migration *migration, struct error *error)
{
    struct folder *folder = &migration->folder;
    struct arguments arguments;
    struct buffer line;
    char catalogs[PATH_MAX];
    if (!folder_file(folder, "catalog", catalogs, error))
        return false;
    arguments_init(&arguments, "graduate-load");
    arguments_add(&arguments, "--project", migration->project.folder, "--catalogs", catalogs,
                  "--prepare", "--run", folder->run, NULL);
    if (!folder->prepared) /* later, a ledger without the run is another ledger */
        arguments_add(&arguments, "--begin", NULL);
    if (migration->options->allow_rows)
        arguments_add(&arguments, "--allow-rows", NULL);
    buffer_init(&line);
    bool ok = pipeline_capture(&migration->supervisor, &arguments, &line, error) &&
              read_prepared(migration, &line, error);
    buffer_release(&line);
    if (!ok)
        return false;
    crash_point(CRASH_DRIVER_PREPARED);
    folder->prepared = true;
    return folder_save(folder, error);
}

static bool come_after(struct migration *migration, int *exit_code, struct error *error)
{
    return *exit_code != 0 || migration->options->afterwards == NULL ||
           migration->options->afterwards(migration, exit_code, error);
}

static bool migrate(struct migration *migration, int *exit_code, struct error *error)
{
    struct folder *folder = &migration->folder;
    if (!open_folder(migration, error))
        return false;
    if (folder->finished[0] != '\0') {
        journal_info(&migration->journal, "run %s was finished at %s", folder->run,
                     folder->finished);
        return closing_repeat(migration, error);
    }
    return check_programs(error) && get_catalogs(migration, error) &&
           check_objects(migration, error) && check_mappings(migration, error) &&
           migration_connect(&migration->target, &migration->project, error) &&
           ledger_lock(&migration->target, error) && begin(migration, error) &&
           prepare(migration, error) && transfer_all(migration, error) &&
           closing_finish(migration, error) && closing_account(migration, exit_code, error) &&
           come_after(migration, exit_code, error);
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
    bool goes_on =
        error->code != ERROR_USAGE && error->code != ERROR_REFUSED && folder->finished[0] == '\0';
    size_t used = strlen(error->hint);
    if (begun && goes_on)
        snprintf(error->hint + used, sizeof error->hint - used,
                 "%sgraduate run --run-dir %s goes on from where it was", used > 0 ? "; " : "",
                 folder->path);
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
        ok = migrate(&migration, exit_code, error) || give_up(&migration, exit_code, error);
        supervisor_release(&migration.supervisor);
    }
    if (migration.target.connection != NULL)
        postgres_close(&migration.target);
    journal_release(&migration.journal);
    catalogs_release(&migration.catalogs);
    folder_release(&migration.folder);
    project_release(&migration.project);
    return ok;
}
