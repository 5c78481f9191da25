#include "catalogs.h"
#include "figures.h"
#include "objects.h"
#include "print.h"
#include "trial.h"
#include "verb.h"

static const char *project_name, *checkpoints;
static bool as_json;

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &project_name, "PROJECT", "project folder, or a known project's name"},
    {"checkpoints", OPTION_TEXT, &checkpoints, "DIR",
     "read DIR/ENTITY.gck of an earlier run instead of the sources' records"},
    {"json", OPTION_FLAG, &as_json, NULL, "print JSON"},
};

static const struct command command = {
    .name = "graduate check",
    .purpose = "read all sources through the mappings; write nothing",
    .usage = "--project PROJECT [--checkpoints DIR] [--json]",
    .epilogue =
        "Says all that would stop a run, each kind once, with its count and first keys; the\n"
        "target is not needed. An example:\n\n"
        "  graduate check --project authorstack",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* What a plan checks, before a record is read. */
static bool check_project(const struct project *project, const struct catalogs *catalogs,
                          struct supervisor *supervisor, struct error *error)
{
    return catalogs_check(catalogs, project, error) &&
           trial_check(project, catalogs, supervisor, error) &&
           objects_check_all(catalogs, project, error);
}

static bool tell(const struct trial *trial, const struct project *project, struct error *error)
{
    struct buffer text;
    char count[FIGURE_SIZE];
    int64_t records = 0;
    buffer_init(&text);
    for (size_t i = 0; i < trial->account.entity_count; i++)
        records += trial->account.entities[i].read;
    bool ok;
    if (as_json) {
        ok = trial_print_json(trial, &text, error);
    } else {
        buffer_printf(&text, "check of %s: %s records read\n", project->name,
                      figure_count(records, count));
        trial_print(trial, &text);
        ok = true;
    }
    ok = ok && print_text(&text, error);
    buffer_release(&text);
    return ok;
}

static bool check(const struct project *project, struct supervisor *supervisor, struct error *error)
{
    const struct trial_options all = {.checkpoints = checkpoints, .keys = true, .patient = true};
    struct catalogs catalogs;
    struct trial trial;
    char count[FIGURE_SIZE];
    if (!catalogs_ask(&catalogs, project, false, NULL, supervisor, error))
        return project->faults->count > 0 ? project_check(project, error) : false;
    bool ok = check_project(project, &catalogs, supervisor, error) &&
              trial_make(&trial, project, &catalogs, &all, supervisor, error);
    if (ok) {
        int64_t problems = trial_problems(&trial);
        ok = tell(&trial, project, error);
        if (ok && problems > 0) {
            ok = error_set(error, ERROR_DATA, "%s would stop a run: %s",
                           problems == 1 ? "one problem" : "problems",
                           problems == 1 ? "see above" : figure_count(problems, count));
            error_hint(error, "mend them in the sources or in the mappings, and check again");
        }
        trial_release(&trial, project, &catalogs);
    }
    catalogs_release(&catalogs);
    return ok;
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    return verb_needs(project_name, "project", error) &&
           verb_with_draft(call, project_name, check, exit_code, error);
}

const struct verb verb_check = {&command, VERB_NO_FILE, run};
