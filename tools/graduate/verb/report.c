#include "report_pages.h"
#include "seal.h"
#include "verb.h"

#include "graduate/file.h"

static const char *project_name, *run_folder, *html_file, *json_file;

static const struct option_row options[] = {
    {"run-dir", OPTION_TEXT, &run_folder, "DIR", "the run's folder"},
    {"project", OPTION_TEXT, &project_name, "PROJECT", "another copy of the run's project"},
    {"html", OPTION_TEXT, &html_file, "FILE", "the page (default: report.html in DIR)"},
    {"json", OPTION_TEXT, &json_file, "FILE", "the document (default: report.json in DIR)"},
};

static const struct command command = {
    .name = "graduate report",
    .purpose = "tell of a run in one page: what arrived, what is left to do",
    .usage = "--run-dir DIR [--html FILE] [--json FILE]",
    .epilogue =
        "Reads the run folder alone. The page needs nothing but itself, and prints. It may\n"
        "hold values of your data where they differ or were lost. An example:\n\n"
        "  graduate report --run-dir migration",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    struct folder folder;
    struct project project;
    char catalogs[PATH_MAX];
    bool busy;
    (void)call;
    (void)exit_code;
    if (!verb_needs(run_folder, "run-dir", error) ||
        !folder_look(&folder, run_folder, &busy, error) ||
        ((html_file == NULL || json_file == NULL) && !folder_refuse_sealed(folder.path, error)) ||
        !file_join(catalogs, sizeof catalogs, folder.path, "catalog", error) ||
        !project_load_beside(&project, project_name != NULL ? project_name : folder.project_folder,
                             catalogs, error))
        return false;
    bool ok = report_pages_write(&folder, &project, busy, html_file, json_file, error);
    project_release(&project);
    return ok;
}

const struct verb verb_report = {&command, VERB_NO_FILE, run};
