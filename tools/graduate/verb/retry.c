#include "migration.h"
#include "verb.h"

static const char *project_name, *run_folder, *corrected;
static int64_t stall = 600, jobs = -1;

static const struct option_row options[] = {
    {"run-dir", OPTION_TEXT, &run_folder, "DIR", "the run's folder"},
    {"from", OPTION_TEXT, &corrected, "FILE",
     "the corrected records, lines as in DIR/rejects.jsonl, which is read unless this is said"},
    {"project", OPTION_TEXT, &project_name, "PROJECT", "the project's folder, where it has moved"},
    {"jobs", OPTION_NUMBER, &jobs, "N", "as of graduate run"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS", "as of graduate run (600; 0: never)"},
};

static const struct command command = {
    .name = "graduate retry",
    .purpose = "load records that were set aside, once they are corrected",
    .usage = "--run-dir DIR [--from FILE]",
    .epilogue =
        "Each line of the file is a record that was set aside, {\"entity\", \"key\", \"record\"},\n"
        "whole, with its cause; correct \"record\" and leave its id as it is. What fits is\n"
        "loaded once, however often this is called or killed; what does not stays in\n"
        "DIR/rejects.jsonl with its new cause (exit 1). What was loaded stands in\n"
        "DIR/retried.jsonl, beside what the source has. An example:\n\n"
        "  graduate retry --run-dir migration --from corrected.jsonl",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    const struct migration_options migration = {
        .project = project_name,
        .folder = run_folder,
        .retry = true,
        .corrected = corrected,
        .no_checkpoint = true, /* none is made by it; those that are there are read */
        .stall = stall,
        .jobs = jobs > 0 ? jobs : 0,
        .format = call->format,
    };
    if (jobs == 0) {
        error_set(error, ERROR_USAGE, "--jobs is 0; there is at least one connection");
        return error_hint(error, "graduate retry --help shows how it is called");
    }
    return verb_needs(run_folder, "run-dir", error) && migration_run(&migration, exit_code, error);
}

const struct verb verb_retry = {&command, VERB_NO_FILE, run};
