#include "comparison.h"
#include "outlook.h"
#include "print.h"
#include "verb.h"

#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/message.h"

#include <stdio.h>
#include <stdlib.h>

static const char *project_name;
static bool as_json, with_forecast;
static int64_t stall = 600;

static const struct option_row options[] = {
    {"json", OPTION_FLAG, &as_json, NULL, "one JSON object instead of text"},
    {"forecast", OPTION_FLAG, &with_forecast, NULL, "how long the real day takes, from RUN..."},
    {"project", OPTION_TEXT, &project_name, "PROJECT",
     "with --forecast: the project of the real day (default: the last run's)"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS", "as of graduate run (600; 0: never)"},
};

static const struct command command = {
    .name = "graduate compare",
    .purpose = "say what differs between two runs, or forecast the real day",
    .usage = "RUN1 RUN2 [--json] | RUN... --forecast [--project PROJECT] [--json]",
    .epilogue =
        "A RUN is the folder of a finished run; of several, those that hold none are named and\n"
        "left out. Differences are information: the exit code is 0 with them too. A forecast\n"
        "asks the sources what they hold now. Examples:\n\n"
        "  graduate compare rehearsals/20260101T100000Z rehearsals/20260108T100000Z\n"
        "  graduate compare rehearsals/* --forecast --project authorstack",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* What verb_with_project's callback works on. */
static const struct past_run *runs;
static size_t run_count;

/* Takes the JSON. */
static bool print(cJSON *json, void (*as_text)(const cJSON *json, struct buffer *out),
                  struct error *error)
{
    struct buffer text;
    char *printed = as_json ? cJSON_Print(json) : NULL;
    buffer_init(&text);
    if (printed != NULL)
        buffer_printf(&text, "%s\n", printed);
    else if (!as_json)
        as_text(json, &text);
    bool ok = as_json && printed == NULL ? error_memory(error) : print_text(&text, error);
    buffer_release(&text);
    cJSON_free(printed);
    cJSON_Delete(json);
    return ok;
}

static void print_comparison(const cJSON *comparison, struct buffer *out)
{
    comparison_print(comparison, false, out);
}

static bool compare(struct error *error)
{
    cJSON *comparison;
    if (!comparison_make(&runs[0], &runs[1], &comparison, error))
        return false;
    crash_point(CRASH_COMPARE_MADE);
    return print(comparison, print_comparison, error);
}

static bool forecast(const struct project *project, struct supervisor *supervisor,
                     struct error *error)
{
    struct catalogs live;
    cJSON *outlook;
    supervisor_stall(supervisor, stall);
    if (!catalogs_ask(&live, project, false, NULL, supervisor, error))
        return false;
    bool ok = catalogs_count(&live, project, false, supervisor, error) &&
              outlook_make(runs, run_count, project, &live, &outlook, error) &&
              print(outlook, outlook_print, error);
    catalogs_release(&live);
    return ok;
}

/* Of two runs that are named both are meant; of all that a pattern found, those that are runs. */
static bool choose(const struct verb_call *call, const char **chosen, size_t *count,
                   struct error *error)
{
    struct error why;
    *count = 0;
    for (size_t i = 0; i < call->file_count; i++) {
        const char *path = call->files[i];
        if ((with_forecast || call->file_count > 2) && !past_run_is_one(path, &why)) {
            if (!file_exists(path)) {
                *error = why;
                return false;
            }
            message_info("left out: %s", why.message);
            continue;
        }
        chosen[(*count)++] = path;
    }
    return true;
}

static bool is_asked_well(size_t count, struct error *error)
{
    if (with_forecast ? count >= 1 : count == 2) {
        if (with_forecast || project_name == NULL)
            return true;
        error_set(error, ERROR_USAGE, "--project is for --forecast alone");
        return error_hint(error, "leave it away: runs know their project");
    }
    error_set(error, ERROR_USAGE,
              with_forecast ? "a forecast needs the folder of one finished run at least"
                            : "the folders of two finished runs are needed, and %zu %s given",
              count, count == 1 ? "was" : "were");
    return error_hint(error, "graduate compare --help shows an example");
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    size_t count;
    const char **chosen = calloc(call->file_count + 1, sizeof *chosen);
    struct past_run *read = calloc(call->file_count + 1, sizeof *read);
    bool ok = chosen != NULL && read != NULL
                  ? choose(call, chosen, &count, error) && is_asked_well(count, error)
                  : error_memory(error);
    runs = read;
    for (run_count = 0; ok && run_count < count; run_count += ok)
        ok = past_run_read(&read[run_count], chosen[run_count], error);
    if (ok && with_forecast)
        ok = verb_with_project(
            call, project_name != NULL ? project_name : read[run_count - 1].folder.project_folder,
            &read[run_count - 1].folder, forecast, exit_code, error);
    else if (ok)
        ok = compare(error);
    while (run_count > 0)
        past_run_release(&read[--run_count]);
    free(read);
    free(chosen);
    return ok;
}

const struct verb verb_compare = {&command, VERB_FILES, run};
