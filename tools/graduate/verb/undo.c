#include "folder.h"
#include "pipeline.h"
#include "verb.h"

#include "graduate/crash.h"

#include <stdio.h>

static const char *project_name, *run_folder;
static bool changed_too, although_sealed;

static const struct option_row options[] = {
    {"run-dir", OPTION_TEXT, &run_folder, "DIR", "the run's folder"},
    {"project", OPTION_TEXT, &project_name, "PROJECT", "the project's folder, where it has moved"},
    {"changed-too", OPTION_FLAG, &changed_too, NULL,
     "tables that the run made go with rows that came or were changed since; of tables that were "
     "there before, such rows stay"},
    {"although-sealed", OPTION_FLAG, &although_sealed, NULL,
     "also a sealed run; its folder stays as it is"},
};

static const struct command command = {
    .name = "graduate undo",
    .purpose = "take exactly what a run made and wrote out of the target again",
    .usage = "--run-dir DIR [--changed-too] [--although-sealed]",
    .epilogue =
        "Tables, schemas, indexes and rights that the run made, its rows, and its rows in\n"
        "the ledger go, in one transaction; what was there before, and the rows of others,\n"
        "stay. Killed, by whatever, the same command ends it. Then graduate run begins\n"
        "anew, in this folder or another, with whatever mapping. An example:\n\n"
        "  graduate undo --run-dir migration",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool take_back(struct supervisor *supervisor, const struct project *project,
                      const struct folder *folder, bool again, struct error *error)
{
    struct arguments arguments;
    arguments_init(&arguments, "graduate-load");
    arguments_add(&arguments, "--project", project->folder, "--undo", "--run", folder->run, NULL);
    if (again)
        arguments_add(&arguments, "--again", NULL);
    if (changed_too)
        arguments_add(&arguments, "--changed-too", NULL);
    return pipeline_run(supervisor, &arguments, 1, NULL, NULL, error);
}

/* The folder says what is about to happen before it does, so that after a kill in between nobody
 * takes the run for one that can be gone on with. A refusal has touched nothing, and the run stays
 * what it was. */
static bool undo(struct supervisor *supervisor, const struct project *project,
                 struct folder *folder, struct error *error)
{
    const bool again = folder->undoing || !folder->prepared;
    folder->undoing = true;
    if (!folder_save(folder, error))
        return false;
    crash_point(CRASH_DRIVER_UNDOING);
    if (!take_back(supervisor, project, folder, again, error)) {
        struct error unsaved;
        folder->undoing = again && folder->prepared;
        if (error->code == ERROR_REFUSED || error->code == ERROR_USAGE)
            folder_save(folder, &unsaved);
        return false;
    }
    crash_point(CRASH_DRIVER_UNDONE);
    folder->undoing = false;
    folder_stamp(folder->undone);
    return folder_save(folder, error);
}

static bool undo_in(struct folder *folder, const struct project *project,
                    struct supervisor *supervisor, struct error *error)
{
    static char log[PATH_MAX]; /* the journal keeps its name */
    char path[PATH_MAX];
    if (folder_is_sealed(folder->path))
        return take_back(supervisor, project, folder, false, error);
    snprintf(path, sizeof path, "%s", folder->path);
    if (!folder_open(folder, path, error))
        return false;
    bool ok = folder_file(folder, "log.jsonl", log, error) &&
              journal_open(supervisor->journal, log, error) &&
              undo(supervisor, project, folder, error);
    if (!ok)
        journal_error(supervisor->journal, error);
    folder_release(folder);
    return ok;
}

static bool check_sealed(const struct folder *folder, struct error *error)
{
    if (although_sealed || !folder_is_sealed(folder->path))
        return true;
    error_set(error, ERROR_REFUSED, "the run in %s is sealed (%s/" FOLDER_SEAL "), as evidence",
              folder->path, folder->path);
    return error_hint(error, "--although-sealed takes it out of the target all the same, and "
                             "leaves the folder as it is; nothing was touched");
}

static struct folder folder;

static bool act(const struct project *project, struct supervisor *supervisor, struct error *error)
{
    return undo_in(&folder, project, supervisor, error);
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    bool busy;
    if (!verb_needs(run_folder, "run-dir", error) ||
        !folder_look(&folder, run_folder, &busy, error) || !check_sealed(&folder, error))
        return false;
    if (folder.undone[0] != '\0') {
        message_info("the run in %s was undone at %s", folder.path, folder.undone);
        return true;
    }
    return verb_with_draft(call, project_name != NULL ? project_name : folder.project_folder,
                           &folder, act, exit_code, error);
}

const struct verb verb_undo = {&command, VERB_NO_FILE, run};
