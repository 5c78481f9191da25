#include "comparison.h"
#include "migration.h"
#include "offenders.h"
#include "print.h"
#include "report_pages.h"
#include "verb.h"
#include "verifier.h"

static const char *project_name, *run_folder;
static bool no_checkpoint;
static int64_t stall = 600, batch_bytes;

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &project_name, "PROJECT", "project folder, or a known project's name"},
    {"run-dir", OPTION_TEXT, &run_folder, "DIR", "a new folder (default: one in ./rehearsals)"},
    {"no-checkpoint", OPTION_FLAG, &no_checkpoint, NULL, "keep no copy of the records in DIR"},
    {"batch-bytes", OPTION_BYTES, &batch_bytes, "N", "size of a batch, as 512K or 4M"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS", "as of graduate run (600; 0: never)"},
};

static const struct command command = {
    .name = "graduate rehearse",
    .purpose = "migrate into a throw-away target, verify, and report",
    .usage = "--project PROJECT [--run-dir DIR]",
    .epilogue =
        "Sources and target come from the environment or from .env, as project.json says;\n"
        "the target must be empty. tools/rehearse starts one, and calls this. At the end all\n"
        "levels of the verification are run, and DIR has report.html. An example:\n\n"
        "  SUPABASE_DB_URL=postgresql://postgres@localhost:54322/postgres \\\n"
        "    graduate rehearse --project authorstack",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool verify(struct migration *migration, int *exit_code, struct error *error)
{
    struct buffer text;
    cJSON *verdict = NULL;
    journal_info(&migration->journal, "verifying all that was moved");
    if (!verifier_run(&migration->supervisor, &migration->project, &migration->folder,
                      &(struct verifier_options){0}, exit_code, error) ||
        !verifier_read(&migration->folder, &verdict, error))
        return false;
    buffer_init(&text);
    buffer_putc(&text, '\n');
    bool ok = verifier_print(verdict, &migration->folder, &migration->project, &text, error) &&
              print_text(&text, error);
    buffer_release(&text);
    cJSON_Delete(verdict);
    return ok;
}

static bool compare(const struct past_run *previous, const struct folder *folder,
                    struct error *error)
{
    struct past_run now;
    struct buffer text;
    cJSON *comparison;
    if (!past_run_read(&now, folder->path, error))
        return false;
    bool ok = comparison_make(previous, &now, &comparison, error);
    if (ok) {
        buffer_init(&text);
        buffer_putc(&text, '\n');
        comparison_print(comparison, true, &text);
        ok = print_text(&text, error);
        buffer_release(&text);
        cJSON_Delete(comparison);
    }
    past_run_release(&now);
    return ok;
}

/* With its verification, which takes time too. The rehearsal is done whatever becomes of this. */
static void compare_with_previous(struct migration *migration)
{
    struct past_run previous;
    struct error error;
    bool found, ok = past_run_find_previous(&previous, &migration->folder, &found, &error);
    if (found) {
        ok = compare(&previous, &migration->folder, &error);
        past_run_release(&previous);
    }
    if (!ok)
        journal_warning(&migration->journal, "not compared with the previous rehearsal: %s",
                        error.message);
}

/* A verification that could not be made is reported, too. */
static bool come_after(struct migration *migration, int *exit_code, struct error *error)
{
    struct error other;
    bool verified = verify(migration, exit_code, error);
    if (verified)
        compare_with_previous(migration);
    bool reported = report_pages_write(&migration->folder, &migration->project, false, NULL, NULL,
                                       verified ? error : &other);
    return verified && reported;
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    const struct migration_options migration = {
        .project = project_name,
        .folder = run_folder,
        .fresh = true,
        .no_checkpoint = no_checkpoint,
        .batch_bytes = batch_bytes,
        .stall = stall,
        .format = call->format,
        .afterwards = come_after,
        .explain = offenders_tell,
    };
    return verb_needs(project_name, "project", error) &&
           migration_run(&migration, exit_code, error);
}

const struct verb verb_rehearse = {&command, VERB_NO_FILE, run};
