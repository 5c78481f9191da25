#include "figures.h"
#include "migration.h"
#include "print.h"
#include "sheet.h"
#include "verb.h"

#include "graduate/file.h"
#include "graduate/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *run_folder;
static bool as_json;
static int64_t stall = 600;

static const struct option_row options[] = {
    {"run-dir", OPTION_TEXT, &run_folder, "DIR", "the run's folder"},
    {"json", OPTION_FLAG, &as_json, NULL, "one JSON object instead of text"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS", "as of graduate run (600; 0: never)"},
};

static const struct command command = {
    .name = "graduate status",
    .purpose = "say how far a run is",
    .usage = "--run-dir DIR [--json]",
    .epilogue = "Asks the ledger in the target, which is the truth about progress. An example:\n\n"
                "  graduate status --run-dir migration",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* What the ledger says; nothing before the run is in it, or when the target cannot be reached. */
struct status {
    const struct project *project;
    const struct folder *folder;
    const char *state;
    struct ledger_progress *entities; /* as the project's mappings, without their positions */
    size_t entity_count;
    PGresult *steps; /* step, seconds */
};

static const char *state_of(const struct folder *folder, bool busy)
{
    if (busy)
        return "at work";
    if (folder->undone[0] != '\0')
        return "undone";
    if (folder->undoing)
        return "being undone";
    if (folder->finished[0] != '\0')
        return "finished";
    return folder->prepared ? "stopped" : "not prepared";
}

static const char *state_of_entity(const struct ledger_progress *progress)
{
    return progress->done ? "done" : progress->begun ? "begun" : "waiting";
}

static bool read_entities(struct status *status, struct postgres *target, struct error *error)
{
    const struct project *project = status->project;
    status->entities = calloc(project->mapping_count + 1, sizeof *status->entities);
    if (status->entities == NULL)
        return error_memory(error);
    for (size_t i = 0; i < project->mapping_count; i++) {
        if (!ledger_read_progress(target, status->folder->run, project->mappings[i]->name, 0,
                                  &status->entities[i], error))
            return false;
        ledger_progress_release(&status->entities[i]);
        status->entity_count++;
    }
    return true;
}

static bool read_ledger(struct status *status, struct error *error)
{
    const char *run = status->folder->run;
    struct postgres target;
    if (!status->folder->prepared || status->folder->undone[0] != '\0')
        return true;
    if (!migration_connect(&target, status->project, stall, error))
        return false;
    bool ok = read_entities(status, &target, error) &&
              postgres_query(&target,
                             "SELECT step, seconds FROM graduate.steps WHERE run = $1::uuid"
                             " ORDER BY started_at, step",
                             &run, 1, &status->steps, error);
    postgres_close(&target);
    return ok;
}

static double step_seconds(const struct status *status, int row)
{
    return strtod(PQgetvalue(status->steps, row, 1), NULL);
}

static void print_entities(const struct status *status, struct buffer *out)
{
    struct sheet sheet;
    sheet_init(&sheet, "<<>>>>>");
    sheet_row(&sheet, "entity", "state", "batches", "records", "filtered", "rejected", "rows");
    for (size_t i = 0; i < status->entity_count; i++) {
        const struct ledger_progress *progress = &status->entities[i];
        char figures[5][FIGURE_SIZE];
        sheet_row(
            &sheet, status->project->mappings[i]->name, state_of_entity(progress),
            figure_count(progress->batch, figures[0]), figure_count(progress->records, figures[1]),
            figure_count(progress->filtered, figures[2]),
            figure_count(progress->rejected, figures[3]), figure_count(progress->rows, figures[4]));
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

/* There are hundreds, most of which took no time: people see those that did; --json has all. */
static void print_steps(const struct status *status, struct buffer *out)
{
    struct sheet sheet;
    char figure[FIGURE_SIZE];
    int count = PQntuples(status->steps);
    double seconds = 0;
    sheet_init(&sheet, "<>");
    for (int row = 0; row < count; row++) {
        seconds += step_seconds(status, row);
        if (step_seconds(status, row) >= 1)
            sheet_row(&sheet, PQgetvalue(status->steps, row, 0),
                      figure_duration(step_seconds(status, row), figure));
    }
    if (count > 0)
        buffer_printf(out, "\nsteps after the data: %d done in %s%s\n", count,
                      figure_duration(seconds, figure),
                      sheet.cells.length > 0 ? "; those of a second and more:" : "");
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

static bool show_text(const struct status *status, struct buffer *out)
{
    const struct folder *folder = status->folder;
    buffer_printf(out, "run %s of %s, begun %s: %s", folder->run, folder->project, folder->started,
                  status->state);
    const char *when = folder->undone[0] != '\0' ? folder->undone : folder->finished;
    if (when[0] != '\0' && !folder->undoing)
        buffer_printf(out, " %s", when);
    buffer_putc(out, '\n');
    if (status->entity_count > 0) {
        buffer_putc(out, '\n');
        print_entities(status, out);
    }
    if (status->steps != NULL)
        print_steps(status, out);
    return true;
}

static bool add_entities(const struct status *status, cJSON *json)
{
    cJSON *array = cJSON_AddArrayToObject(json, "entities");
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < status->entity_count; i++) {
        const struct ledger_progress *progress = &status->entities[i];
        cJSON *item = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(array, item) &&
             cJSON_AddStringToObject(item, "entity", status->project->mappings[i]->name) != NULL &&
             cJSON_AddStringToObject(item, "state", state_of_entity(progress)) != NULL &&
             cJSON_AddNumberToObject(item, "batches", (double)progress->batch) != NULL &&
             cJSON_AddNumberToObject(item, "records", (double)progress->records) != NULL &&
             cJSON_AddNumberToObject(item, "filtered", (double)progress->filtered) != NULL &&
             cJSON_AddNumberToObject(item, "rejected", (double)progress->rejected) != NULL &&
             cJSON_AddNumberToObject(item, "rows", (double)progress->rows) != NULL;
    }
    return ok;
}

static bool add_steps(const struct status *status, cJSON *json)
{
    cJSON *array = cJSON_AddArrayToObject(json, "steps");
    bool ok = array != NULL;
    for (int row = 0; ok && row < PQntuples(status->steps); row++) {
        cJSON *item = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(array, item) &&
             cJSON_AddStringToObject(item, "step", PQgetvalue(status->steps, row, 0)) != NULL &&
             cJSON_AddNumberToObject(item, "seconds", step_seconds(status, row)) != NULL;
    }
    return ok;
}

static bool print_json(const struct status *status, struct buffer *out)
{
    const struct folder *folder = status->folder;
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddStringToObject(json, "run", folder->run) != NULL &&
              cJSON_AddStringToObject(json, "project", folder->project) != NULL &&
              cJSON_AddStringToObject(json, "state", status->state) != NULL &&
              cJSON_AddStringToObject(json, "started", folder->started) != NULL &&
              cJSON_AddStringToObject(json, "finished", folder->finished) != NULL &&
              cJSON_AddNumberToObject(json, "generation", (double)folder->generation) != NULL;
    if (status->steps != NULL)
        ok = ok && add_entities(status, json) && add_steps(status, json);
    char *text = ok ? cJSON_PrintUnformatted(json) : NULL;
    ok = text != NULL;
    if (ok)
        buffer_printf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(json);
    return ok;
}

/* What the folder knows is printed also when the target cannot be asked; that is then the error. */
static bool print_status(struct status *status, struct error *error)
{
    struct buffer text;
    buffer_init(&text);
    bool asked = read_ledger(status, error);
    struct error fault;
    bool ok = (as_json ? print_json : show_text)(status, &text) ? true : error_memory(&fault);
    ok = ok && print_text(&text, &fault);
    if (asked && !ok)
        *error = fault;
    buffer_release(&text);
    PQclear(status->steps);
    free(status->entities);
    return asked && ok;
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    struct project project;
    struct folder folder;
    char catalogs[PATH_MAX];
    bool busy;
    (void)call;
    (void)exit_code;
    if (!verb_needs(run_folder, "run-dir", error) ||
        !folder_look(&folder, run_folder, &busy, error) ||
        !file_join(catalogs, sizeof catalogs, folder.path, "catalog", error) ||
        !project_load_beside(&project, folder.project_folder, catalogs, error))
        return false;
    struct status status = {
        .project = &project, .folder = &folder, .state = state_of(&folder, busy)};
    bool ok = print_status(&status, error);
    project_release(&project);
    return ok;
}

const struct verb verb_status = {&command, VERB_NO_FILE, run};
