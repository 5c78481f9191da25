#include "seal.h"
#include "manifest.h"
#include "member.h"
#include "print.h"
#include "verb.h"

#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/message.h"

#include <stdio.h>

static const char *run_folder;
static struct seal_options allowed;

static const struct option_row options[] = {
    {"run-dir", OPTION_TEXT, &run_folder, "DIR", "the run's folder"},
    {"whatever-the-verdict", OPTION_FLAG, &allowed.whatever_the_verdict, NULL,
     "also a run that differs, or was not verified wholly"},
    {"without-checkpoints", OPTION_FLAG, &allowed.without_checkpoints, NULL,
     "also where checkpoints, the last backup, are missing"},
};

static const struct command command = {
    .name = "graduate seal",
    .purpose = "close a finished run, as evidence",
    .usage = "--run-dir DIR [--whatever-the-verdict] [--without-checkpoints]",
    .epilogue = "Writes seal.json (every file with its SHA-256, the mapping, the account, the\n"
                "verdict) and makes the folder read-only. Nothing is written there afterwards;\n"
                "graduate verify --sealed DIR checks it, any time and offline. Killed, by\n"
                "whatever, the same command ends it. An example:\n\n"
                "  graduate seal --run-dir migration",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool is_finished(const struct folder *folder, struct error *error)
{
    if (folder->finished[0] != '\0')
        return true;
    error_set(error, ERROR_USAGE, "the run in %s is not finished", folder->path);
    return error_hint(error,
                      "graduate run --run-dir %s goes on with it; a run that is not "
                      "finished is no evidence",
                      folder->path);
}

static bool make(const char *path, struct error *error)
{
    struct folder folder;
    if (!folder_open(&folder, path, error))
        return false;
    if (folder.was_open[0] != '\0')
        message_warning("%s", folder.was_open);
    bool ok = folder_refuse_undone(&folder, error) && is_finished(&folder, error) &&
              seal_make(&folder, &allowed, error);
    folder_release(&folder);
    return ok;
}

static bool print(const char *path, const cJSON *seal, struct error *error)
{
    char file[4096], digest[DIGEST_SIZE];
    struct buffer text;
    int64_t size;
    int count = cJSON_GetArraySize(member(seal, "files"));
    if (!file_join(file, sizeof file, path, FOLDER_SEAL, error) ||
        !manifest_digest_file(file, digest, &size, error))
        return false;
    buffer_init(&text);
    buffer_printf(&text, "sealed %s: run %s of %s, verdict: %s, %d files",
                  member_text(seal, "sealed"), member_text(seal, "run"),
                  member_text(seal, "project"), member_text(seal, "verdict"), count);
    seal_put_lack(seal, &text);
    buffer_printf(&text, "\n%s\nSHA-256 of the seal, to be noted elsewhere: %s\n", file, digest);
    bool ok = print_text(&text, error);
    buffer_release(&text);
    return ok;
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    struct folder folder;
    cJSON *seal;
    bool busy;
    (void)call;
    (void)exit_code;
    /* One that was killed between the seal and the last file's mode is brought to its end. */
    if (!verb_needs(run_folder, "run-dir", error) ||
        !folder_look(&folder, run_folder, &busy, error) ||
        (!folder_is_sealed(folder.path) && !make(folder.path, error)) ||
        !seal_check(folder.path, &seal, error))
        return false;
    bool ok = seal_lock(folder.path, seal, error);
    if (ok) {
        crash_point(CRASH_SEAL_LOCKED);
        ok = print(folder.path, seal, error);
    }
    cJSON_Delete(seal);
    return ok;
}

const struct verb verb_seal = {&command, VERB_NO_FILE, run};
