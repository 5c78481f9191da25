#include "member.h"
#include "print.h"
#include "seal.h"
#include "sealed.h"
#include "verb.h"
#include "verifier.h"

#include "graduate/file.h"
#include "graduate/json.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_VERDICT = 256 << 20 };

static const char *project_name, *run_folder, *level, *sealed_folder;
static bool afresh, checkpoints, as_json, no_target;
static int64_t stall = 600;

static const struct option_row options[] = {
    {"run-dir", OPTION_TEXT, &run_folder, "DIR", "the run's folder"},
    {"project", OPTION_TEXT, &project_name, "PROJECT", "another copy of the run's project"},
    {"level", OPTION_TEXT, &level, "LEVEL",
     "counts, content, references, supabase, access, or all (the default)"},
    {"source", OPTION_FLAG, &afresh, NULL, "read the sources again, not the run's checkpoints"},
    {"checkpoints", OPTION_FLAG, &checkpoints, NULL,
     "with --level counts: count the run's checkpoints, not the sources"},
    {"json", OPTION_FLAG, &as_json, NULL, "print verify.json instead of text"},
    {"sealed", OPTION_TEXT, &sealed_folder, "DIR",
     "instead of --run-dir: check a seal, then the target by what it sealed"},
    {"no-target", OPTION_FLAG, &no_target, NULL, "with --sealed: check the seal alone"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS", "as of graduate run (600; 0: never)"},
};

static const struct command command = {
    .name = "graduate verify",
    .purpose = "compare the target with what the sources and the mapping say",
    .usage = "--run-dir DIR [--level LEVEL] [--source] | --sealed DIR [--no-target]",
    .epilogue =
        "Writes nothing but verify.json in the run folder. --level counts, for people in a\n"
        "hurry, asks both ends: sources and target count for themselves, which takes seconds.\n"
        "GRADUATE_VERIFY_URI may name the target by a role that can only read. Exit code 0:\n"
        "everything that was asked for was checked and holds; 1: something differs; 5: something\n"
        "could not be checked. Examples:\n\n"
        "  graduate verify --run-dir migration\n"
        "  graduate verify --run-dir migration --level counts\n"
        "  graduate verify --sealed migration",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* What verb_with_project has no place for. */
static struct folder folder;
static int verdict_code;

static bool print_verdict(const struct project *project, struct error *error)
{
    struct buffer text;
    char path[PATH_MAX];
    cJSON *verdict = NULL;
    buffer_init(&text);
    bool ok;
    if (as_json) {
        ok = folder_file(&folder, "verify.json", path, error) &&
             file_read(path, LARGEST_VERDICT, ERROR_BUG, &text, error);
    } else {
        ok = verifier_read(&folder, &verdict, error);
        if (ok && verdict == NULL)
            ok = error_set(error, ERROR_BUG, "graduate-verify ended well, and left no verify.json");
        if (ok)
            ok = verifier_print(verdict, &folder, project, &text, error);
        cJSON_Delete(verdict);
    }
    ok = ok && print_text(&text, error);
    buffer_release(&text);
    return ok;
}

/* Counts alone are for people in a hurry. */
static bool is_hurried(void)
{
    return level != NULL && strcmp(level, "counts") == 0;
}

static bool verify(const struct project *project, struct supervisor *supervisor,
                   struct error *error)
{
    const struct verifier_options wanted = {.level = level,
                                            .afresh = afresh || (is_hurried() && !checkpoints),
                                            .checkpoints = checkpoints};
    supervisor_stall(supervisor, stall);
    return verifier_run(supervisor, project, &folder, &wanted, &verdict_code, error) &&
           print_verdict(project, error);
}

/* ---- a sealed run ---------------------------------------------------------------------------- */

static struct sealed sealed;

static bool print_sealed_verdict(const struct project *project, struct error *error)
{
    struct buffer text;
    cJSON *verdict = NULL;
    buffer_init(&text);
    bool ok = as_json ? file_read(sealed.verdict, LARGEST_VERDICT, ERROR_BUG, &text, error)
                      : json_read_file(sealed.verdict, &verdict, error);
    if (ok && !as_json)
        ok = verifier_print(verdict, &sealed.folder, project, &text, error);
    ok = ok && print_text(&text, error);
    cJSON_Delete(verdict);
    buffer_release(&text);
    return ok;
}

static bool target_is_named(const struct project *project)
{
    const char *variable = getenv("GRADUATE_VERIFY_URI");
    struct buffer uri;
    struct error unused;
    if (variable != NULL && variable[0] != '\0')
        return true;
    buffer_init(&uri);
    bool named = project_expand(project->target, &uri, &unused);
    buffer_release(&uri);
    return named;
}

static bool verify_sealed(const struct project *project, struct supervisor *supervisor,
                          struct error *error)
{
    const struct verifier_options wanted = {.level = level, .json = sealed.verdict};
    if (!target_is_named(project)) {
        error_set(error, ERROR_REFUSED, "the seal holds, but no target is named: %s is not set",
                  project->target);
        return error_hint(error, "set it to verify the target too, or say --no-target");
    }
    supervisor_stall(supervisor, stall);
    return verifier_run(supervisor, project, &sealed.folder, &wanted, &verdict_code, error) &&
           print_sealed_verdict(project, error);
}

static bool is_asked_well(struct error *error)
{
    const struct {
        bool given;
        const char *name;
    } others[] = {{run_folder != NULL, "run-dir"},
                  {project_name != NULL, "project"},
                  {afresh, "source"},
                  {checkpoints, "checkpoints"},
                  {no_target && level != NULL, "level"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i].given) {
            error_set(error, ERROR_USAGE, "--%s does not go with --sealed%s", others[i].name,
                      i == 4 ? " and --no-target" : "");
            return error_hint(error, "a sealed run is verified by what lies in its folder");
        }
    return true;
}

static bool run_sealed(const struct verb_call *call, int *exit_code, struct error *error)
{
    if (!is_asked_well(error) || !sealed_open(&sealed, sealed_folder, error))
        return false;
    struct buffer lack;
    buffer_init(&lack);
    seal_put_lack(sealed.seal, &lack);
    message_info("the seal of %s holds: run %s of %s, sealed %s, verdict: %s, %d files%s",
                 sealed.folder.path, sealed.folder.run, sealed.folder.project,
                 member_text(sealed.seal, "sealed"), member_text(sealed.seal, "verdict"),
                 cJSON_GetArraySize(member(sealed.seal, "files")), buffer_text(&lack));
    buffer_release(&lack);
    bool ok = no_target || verb_with_project(call, sealed.project, &sealed.folder, verify_sealed,
                                             exit_code, error);
    sealed_release(&sealed);
    return ok;
}

/* ---- a run in its folder ----------------------------------------------------------------------
 */

static bool run_unsealed(const struct verb_call *call, int *exit_code, struct error *error)
{
    bool busy;
    if (no_target) {
        error_set(error, ERROR_USAGE, "--no-target goes with --sealed alone");
        return error_hint(error, "leave it away: without a target there is nothing to verify");
    }
    if (afresh && checkpoints) {
        error_set(error, ERROR_USAGE, "--source and --checkpoints exclude each other");
        return error_hint(error, "leave one of them away");
    }
    if (checkpoints && !is_hurried()) {
        error_set(error, ERROR_USAGE, "--checkpoints goes with --level counts alone");
        return error_hint(error, "leave it away: the other levels read the checkpoints anyway");
    }
    if (!verb_needs(run_folder, "run-dir", error) ||
        !folder_look(&folder, run_folder, &busy, error) ||
        !folder_refuse_sealed(folder.path, error) || !folder_refuse_undone(&folder, error))
        return false;
    if (busy) {
        error_set(error, ERROR_REFUSED, "the run in %s is still at work", folder.path);
        return error_hint(error, "verify it when it has come to its end");
    }
    const char *project = project_name != NULL ? project_name : folder.project_folder;
    return verb_with_project(call, project, &folder, verify, exit_code, error);
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    bool ok = sealed_folder != NULL ? run_sealed(call, exit_code, error)
                                    : run_unsealed(call, exit_code, error);
    if (ok && *exit_code == 0)
        *exit_code = verdict_code;
    return ok;
}

const struct verb verb_verify = {&command, VERB_NO_FILE, run};
