#include "migration.h"
#include "offenders.h"
#include "verb.h"

static const char *project_name, *run_folder, *restart;
static bool no_checkpoint, allow_rows;
static int64_t batch_bytes, stall = 600, jobs = -1;

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &project_name, "PROJECT", "project folder, or a known project's name"},
    {"run-dir", OPTION_TEXT, &run_folder, "DIR", "the run's folder; made if it is not there"},
    {"no-checkpoint", OPTION_FLAG, &no_checkpoint, NULL, "keep no copy of the records in DIR"},
    {"batch-bytes", OPTION_BYTES, &batch_bytes, "N", "size of a batch, as 512K or 4M"},
    {"jobs", OPTION_NUMBER, &jobs, "N",
     "so many entities at a time, and after them so many keys and indexes (default: one for each "
     "core; at most 16, and 64)"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS",
     "give the target, or a Postgres that is read, up when nothing is heard from it for so long "
     "(600; 0: never); it is said after 30"},
    {"restart", OPTION_TEXT, &restart, "E,...",
     "read and load these entities anew, e.g. from a corrected export"},
    {"allow-rows", OPTION_FLAG, &allow_rows, NULL, "load beside rows that the tables hold already"},
};

static const struct command command = {
    .name = "graduate run",
    .purpose = "migrate, or go on with a migration that was stopped",
    .usage = "--project PROJECT --run-dir DIR [options]",
    .epilogue = "Sources and target come from the environment or from .env, as project.json says.\n"
                "When it is stopped, by whatever, the same command goes on; --project may then be\n"
                "left away. An example:\n\n"
                "  graduate run --project authorstack --run-dir migration",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    const struct migration_options migration = {
        .project = project_name,
        .folder = run_folder,
        .no_checkpoint = no_checkpoint,
        .allow_rows = allow_rows,
        .restart = restart,
        .batch_bytes = batch_bytes,
        .stall = stall,
        .jobs = jobs > 0 ? jobs : 0,
        .format = call->format,
        .explain = offenders_tell,
    };
    if (jobs == 0) {
        error_set(error, ERROR_USAGE, "--jobs is 0; there is at least one connection");
        return error_hint(error, "graduate run --help shows how it is called");
    }
    return verb_needs(run_folder, "run-dir", error) && migration_run(&migration, exit_code, error);
}

const struct verb verb_run = {&command, VERB_NO_FILE, run};
