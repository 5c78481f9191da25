/* graduate-verify: does the target hold what the sources say it should? */
#include "level.h"
#include "query.h"
#include "records.h"

#include "graduate/access.h"
#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/message.h"
#include "graduate/options.h"
#include "graduate/words.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_LIMIT = 100, MOST_SHOWN = 20 };

static struct {
    const char *project, *run_folder, *level, *json, *catalogs;
    bool source, checkpoints;
    int64_t limit, stall;
} given = {.level = "all", .limit = DEFAULT_LIMIT, .stall = 600};

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &given.project, "P", "the project: a folder, or a name in ./mappings"},
    {"run-dir", OPTION_TEXT, &given.run_folder, "D", "the run folder of what is to be verified"},
    {"level", OPTION_TEXT, &given.level, "L",
     "counts, content, references, supabase, access, or all (default)"},
    {"source", OPTION_FLAG, &given.source, NULL,
     "read the sources afresh, not the run's checkpoints"},
    {"checkpoints", OPTION_FLAG, &given.checkpoints, NULL,
     "do not read the sources, also where no checkpoint is left"},
    {"catalogs", OPTION_TEXT, &given.catalogs, "DIR",
     "without a run folder: where each source's SOURCE.json is, and " TARGET_TABLES},
    {"limit", OPTION_NUMBER, &given.limit, "N", "name at most N findings per level (default 100)"},
    {"stall", OPTION_NUMBER, &given.stall, "SECONDS",
     "give the target, or a Postgres that is read, up when nothing is heard from it for so long "
     "(600; 0: never)"},
    {"json", OPTION_TEXT, &given.json, "FILE", "write the verdict there (default D/verify.json)"},
};

static bool (*const levels[LEVEL_COUNT])(struct verification *, struct error *) = {
    [LEVEL_COUNTS] = level_counts,
    [LEVEL_CONTENT] = level_content,
    [LEVEL_REFERENCES] = level_references,
    [LEVEL_SUPABASE] = level_supabase,
    [LEVEL_ACCESS] = level_access,
};

/* Everything that a verification borrows. */
struct work {
    struct verification verification;
    struct project project;
    char catalog_folder[PATH_MAX], state_folder[PATH_MAX], file[PATH_MAX];
    struct verdict_run run;
    bool asked[LEVEL_COUNT];
};

static bool check_command(int positionals, char **argv, struct error *error)
{
    bool ok = false;
    if (positionals > 0)
        error_set(error, ERROR_USAGE, "\"%s\" is not expected here", argv[1]);
    else if (given.project == NULL)
        error_set(error, ERROR_USAGE, "which project? give --project P");
    else if (given.run_folder == NULL && (given.catalogs == NULL || !given.source))
        error_set(error, ERROR_USAGE,
                  "what is to be verified? give --run-dir D, or --catalogs DIR "
                  "and --source");
    else if (given.source && given.checkpoints)
        error_set(error, ERROR_USAGE, "--source and --checkpoints exclude each other");
    else if (given.run_folder != NULL && given.catalogs != NULL)
        error_set(error, ERROR_USAGE,
                  "--catalogs is for when there is no --run-dir, which has its "
                  "own");
    else
        ok = true;
    return ok || error_hint(error, "graduate-verify --help shows how it is called");
}

static bool choose_levels(struct work *work, struct error *error)
{
    const char *allowed[LEVEL_COUNT + 1];
    bool known = false;
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        allowed[i] = verdict_level_names[i];
        work->asked[i] =
            strcmp(given.level, "all") == 0 || strcmp(given.level, verdict_level_names[i]) == 0;
        known = known || work->asked[i];
    }
    if (known)
        return true;
    allowed[LEVEL_COUNT] = "all";
    const char *nearest = words_nearest(given.level, allowed, LEVEL_COUNT + 1);
    error_set(error, ERROR_USAGE, "--level is \"%s\"%s%s%s", given.level,
              nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "?" : "");
    return error_hint(error, "it can be counts, content, references, supabase, access, or all");
}

static const char *text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static int64_t number(const cJSON *object, const char *name)
{
    return (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* ---- the run -------------------------------------------------------------------------------- */

static bool read_run(struct work *work, struct error *error)
{
    char path[PATH_MAX];
    cJSON *json;
    if (!file_join(path, sizeof path, given.run_folder, "run.json", error))
        return false;
    if (!file_exists(path)) {
        error_set(error, ERROR_USAGE, "%s holds no run: there is no run.json in it",
                  given.run_folder);
        return error_hint(error, "name the --run-dir that was given to graduate run");
    }
    if (!json_read_file(path, &json, error))
        return false;
    struct verdict_run *known = &work->run;
    const char *run = text(json, "run"), *project = text(json, "project");
    const char *finished = text(json, "finished");
    bool ok = run != NULL && strlen(run) == sizeof known->run - 1 && project != NULL &&
              finished != NULL && strlen(finished) < sizeof known->finished;
    if (!ok)
        error_set(error, ERROR_USAGE, "%s is no run.json of graduate", path);
    else if (strcmp(project, work->project.name) != 0)
        ok = error_set(error, ERROR_USAGE, "%s holds a run of the project %s, not of %s",
                       given.run_folder, project, work->project.name);
    if (ok) {
        snprintf(known->run, sizeof known->run, "%s", run);
        snprintf(known->finished, sizeof known->finished, "%s", finished);
        known->generation = number(json, "generation");
    }
    cJSON_Delete(json);
    return ok;
}

/* From checkpoints, unless the run kept none or the source itself is wanted. */
static bool choose_source(struct work *work, struct error *error)
{
    struct verification *verification = &work->verification;
    verification->source = given.checkpoints ? VERIFY_CHECKPOINTS : VERIFY_AFRESH;
    if (given.source || given.checkpoints)
        return true;
    for (size_t i = 0; i < work->project.mapping_count; i++) {
        char path[PATH_MAX];
        if (!records_checkpoint(verification, work->project.mappings[i], path, error))
            return false;
        if (file_exists(path))
            verification->source = VERIFY_CHECKPOINTS;
    }
    if (verification->source == VERIFY_AFRESH)
        message_info("the run kept no checkpoints: the sources are read afresh");
    return true;
}

static bool read_catalogs(struct work *work, struct error *error)
{
    struct verification *verification = &work->verification;
    verification->catalogs = calloc(work->project.source_count + 1, sizeof(struct catalog));
    bool ok = verification->catalogs != NULL ? true : error_memory(error);
    for (size_t i = 0; ok && i < work->project.source_count; i++) {
        struct catalog *catalog = &verification->catalogs[verification->catalog_count++];
        catalog_init(catalog);
        ok = catalog_read(verification->catalog_folder, work->project.sources[i].name, catalog,
                          NULL, error);
    }
    return ok;
}

/* With --json FILE nothing is written in the run folder; else it must not be sealed. */
static bool may_write(struct error *error)
{
    char seal[PATH_MAX];
    if (given.json != NULL)
        return true;
    if (!file_join(seal, sizeof seal, given.run_folder, "seal.json", error))
        return false;
    if (!file_exists(seal))
        return true;
    error_set(error, ERROR_REFUSED, "the run is sealed (%s): nothing is written there any more",
              seal);
    return error_hint(error, "have the verdict written elsewhere, with --json FILE");
}

static bool read_project(struct work *work, struct error *error)
{
    work->verification.catalog_folder = given.catalogs;
    if (given.run_folder != NULL) {
        work->verification.catalog_folder = work->catalog_folder;
        if (!file_join(work->catalog_folder, PATH_MAX, given.run_folder, "catalog", error))
            return false;
    }
    return project_load_beside(&work->project, given.project, work->verification.catalog_folder,
                               error);
}

static bool prepare(struct work *work, struct error *error)
{
    struct verification *verification = &work->verification;
    verification->project = &work->project;
    snprintf(verification->stall, sizeof verification->stall, "%" PRId64, given.stall);
    if (given.run_folder != NULL) {
        verification->run_folder = given.run_folder;
        verification->run = work->run.run;
        verification->state_folder = given.json == NULL ? work->state_folder : NULL;
        if (!may_write(error) || !read_run(work, error) || !choose_source(work, error) ||
            !file_join(work->state_folder, PATH_MAX, given.run_folder, "verify-state", error) ||
            !file_join(work->file, PATH_MAX, given.run_folder, "verify.json", error))
            return false;
    } else {
        verification->source = VERIFY_AFRESH;
    }
    return read_catalogs(work, error) &&
           access_settle(&work->project, verification->catalogs, verification->catalog_count, error);
}

/* ---- the verdict ---------------------------------------------------------------------------- */

static void stamp(char out[32])
{
    time_t now = time(NULL);
    struct tm utc;
    out[0] = '\0';
    if (gmtime_r(&now, &utc) != NULL)
        strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static bool begin_verdict(struct work *work, struct error *error)
{
    struct verification *verification = &work->verification;
    char fingerprint[65], started[32];
    stamp(started);
    if (!project_fingerprint(&work->project, fingerprint, error) ||
        !verdict_init(&verification->verdict, work->project.name, &work->run, given.limit, error))
        return false;
    cJSON *json = verification->verdict.json;
    return verdict_put_text(json, "fingerprint", fingerprint, error) &&
           verdict_put_text(json, "started", started, error) &&
           verdict_put_text(json, "source",
                            verification->source == VERIFY_CHECKPOINTS ? "checkpoints" : "afresh",
                            error);
}

static bool end_verdict(struct work *work, struct error *error)
{
    cJSON *json = work->verification.verdict.json;
    const char *file = given.json != NULL ? given.json : work->file;
    char finished[32];
    stamp(finished);
    if (!verdict_put_text(json, "finished", finished, error))
        return false;
    if (file[0] == '\0')
        return true;
    /* It may have been sealed since. */
    if (!may_write(error) || !json_write_file(file, json, error))
        return false;
    crash_point(CRASH_VERIFY_VERDICT_WRITTEN);
    return true;
}

static void put_findings(const cJSON *json, struct buffer *out)
{
    const cJSON *finding;
    int64_t all = 0, shown = 0;
    cJSON_ArrayForEach(finding, cJSON_GetObjectItemCaseSensitive(json, "levels"))
    {
        all += number(finding, "findings");
    }
    buffer_puts(out, all > 0 ? "\n" : "");
    cJSON_ArrayForEach(finding, cJSON_GetObjectItemCaseSensitive(json, "findings"))
    {
        const cJSON *column;
        if (shown == MOST_SHOWN)
            break;
        shown++;
        buffer_printf(out, "  %s: %s\n", text(finding, "kind"), text(finding, "text"));
        cJSON_ArrayForEach(column, cJSON_GetObjectItemCaseSensitive(finding, "columns"))
        {
            buffer_printf(out, "      %s: expected %s, found %s\n", text(column, "name"),
                          text(column, "expected"), text(column, "found"));
        }
    }
    if (all > shown)
        buffer_printf(out, "  ... and %" PRId64 " more\n", all - shown);
}

/* The short table for people. */
static bool print_verdict(const cJSON *json, struct error *error)
{
    struct buffer out;
    const cJSON *level;
    buffer_init(&out);
    buffer_printf(&out, "%-11s %-10s %8s %9s %9s\n", "level", "verdict", "checks", "findings",
                  "seconds");
    cJSON_ArrayForEach(level, cJSON_GetObjectItemCaseSensitive(json, "levels"))
    {
        const char *verdict = text(level, "verdict");
        buffer_printf(&out, "%-11s %-10s", text(level, "level"), verdict);
        if (strcmp(verdict, verdict_names[VERDICT_SKIPPED]) != 0)
            buffer_printf(&out, " %8" PRId64 " %9" PRId64 " %9.1f", number(level, "checks"),
                          number(level, "findings"),
                          cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(level, "seconds")));
        buffer_putc(&out, '\n');
        if (strcmp(verdict, verdict_names[VERDICT_SKIPPED]) != 0 &&
            text(level, "reason")[0] != '\0')
            buffer_printf(&out, "    %s\n", text(level, "reason"));
    }
    put_findings(json, &out);
    bool ok = buffer_ok(&out, error) &&
              file_write_all(STDOUT_FILENO, "standard output", out.data, out.length, error);
    buffer_release(&out);
    return ok;
}

/* ---- the target ----------------------------------------------------------------------------- */

/* One transaction for all levels. A URI that cannot be read is the caller's fault; whatever else
 * keeps us from the target is why nothing could be checked. No query is compiled: that would take
 * longer than the query does. */
static bool open_target(struct work *work, struct error *error)
{
    struct verification *verification = &work->verification;
    struct postgres *target = &verification->target;
    const char *reader = getenv("GRADUATE_VERIFY_URI");
    struct buffer uri;
    buffer_init(&uri);
    bool ok = reader != NULL && reader[0] != '\0'
                  ? (buffer_puts(&uri, reader), true)
                  : project_expand(work->project.target, &uri, error);
    ok = ok && buffer_ok(&uri, error) &&
         postgres_connect(target, buffer_text(&uri), "target", ERROR_TARGET, error);
    buffer_release(&uri);
    if (!ok)
        return false;
    target->stall = given.stall;
    char where[512];
    snprintf(where, sizeof where, "%s:%s/%s", PQhost(target->connection),
             PQport(target->connection), PQdb(target->connection));
    return verdict_put_text(verification->verdict.json, "target", where, error) &&
           postgres_exec(target,
                         "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off",
                         error);
}

/* The mappings may have changed since the run: then what differs is maybe their doing. */
static bool compare_fingerprint(struct work *work, struct error *error)
{
    struct postgres *target = &work->verification.target;
    const char *run = work->run.run;
    PGresult *result;
    if (run[0] == '\0')
        return true;
    if (!postgres_query(target, "SELECT pg_catalog.to_regclass('graduate.runs') IS NOT NULL", NULL,
                        0, &result, error))
        return false;
    bool has_ledger = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    if (!has_ledger)
        return true;
    if (!postgres_query(target, "SELECT fingerprint FROM graduate.runs WHERE run = $1", &run, 1,
                        &result, error))
        return false;
    if (PQntuples(result) == 1 &&
        strcmp(PQgetvalue(result, 0, 0), text(work->verification.verdict.json, "fingerprint")) != 0)
        message_warning("the mappings have changed since the run: the target is compared with what "
                        "they say now");
    PQclear(result);
    return true;
}

static bool run_level(struct work *work, size_t level, struct error *error)
{
    struct postgres *target = &work->verification.target;
    struct error unused;
    message_info("checking %s", verdict_level_names[level]);
    /* What fails inside a level must not keep the next one from the transaction. Without a
     * connection that fails too, and the level says why. */
    postgres_exec(target, "SAVEPOINT level", &unused);
    bool ok = levels[level](&work->verification, error);
    postgres_exec(target, "ROLLBACK TO SAVEPOINT level", &unused);
    return ok;
}

static bool close_unchecked(struct work *work, const struct error *why, struct error *error)
{
    char reason[sizeof why->message + sizeof why->hint + 8];
    snprintf(reason, sizeof reason, "%s%s%s", why->message, why->hint[0] != '\0' ? "; next: " : "",
             why->hint);
    bool ok = true;
    for (size_t i = 0; ok && i < LEVEL_COUNT; i++)
        if (work->asked[i])
            ok = verdict_close(&work->verification.verdict, (enum verdict_level)i, 0, 0, reason,
                               error);
    return ok;
}

static bool check(struct work *work, struct error *error)
{
    struct error why = {0};
    bool ok = true;
    if (open_target(work, &why) && compare_fingerprint(work, &why)) {
        for (size_t i = 0; ok && i < LEVEL_COUNT; i++)
            if (work->asked[i])
                ok = run_level(work, i, error);
    } else if (why.code == ERROR_TARGET) {
        query_hint_rights(&why);
        ok = close_unchecked(work, &why, error);
    } else {
        *error = why;
        ok = false;
    }
    postgres_close(&work->verification.target);
    return ok;
}

static void release(struct work *work)
{
    for (size_t i = 0; i < work->verification.catalog_count; i++)
        catalog_release(&work->verification.catalogs[i]);
    free(work->verification.catalogs);
    verdict_release(&work->verification.verdict);
    project_release(&work->project);
}

int main(int argc, char **argv)
{
    const struct command command = {
        .name = "graduate-verify",
        .purpose = "compare the target with what the sources say it should hold",
        .usage = "--project P --run-dir D [--level L]",
        .epilogue =
            "Verify a run by its checkpoints, then by the sources as they are now:\n"
            "  graduate-verify --project authorstack --run-dir migration\n"
            "  graduate-verify --project authorstack --run-dir migration --source\n"
            "Nothing is written to either side. GRADUATE_VERIFY_URI can name the target by a role\n"
            "that only reads: pg_read_all_data and BYPASSRLS are enough.\n"
            "Exit code: 0 all that was asked for holds, 1 something differs, 5 something could "
            "not\n"
            "be checked.",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
    };
    struct error error = {0};
    static struct work work;
    int positionals;
    enum options_outcome outcome = options_parse(&command, argc, argv, &positionals, &error);
    if (outcome == OPTIONS_HELPED)
        return 0;
    signal(SIGPIPE, SIG_IGN);
    /* For extractors: one that is ended early would leave a file of libmongoc in /dev/shm. Here,
     * while there is one thread. */
    setenv("MONGOC_DISABLE_SHM", "1", 1);
    bool ok = outcome == OPTIONS_RUN && check_command(positionals, argv, &error) &&
              choose_levels(&work, &error) && read_project(&work, &error) &&
              prepare(&work, &error) && begin_verdict(&work, &error) && check(&work, &error);
    if (ok) { /* a verdict that cannot be kept is told all the same */
        struct error unprinted = {0};
        ok = end_verdict(&work, &error);
        if (!print_verdict(work.verification.verdict.json, &unprinted) && ok) {
            error = unprinted;
            ok = false;
        }
    }
    int code = ok ? verdict_exit_code(&work.verification.verdict) : message_error(&error);
    release(&work);
    return code;
}
