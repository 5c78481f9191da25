#include "folder.h"

#include "graduate/file.h"
#include "graduate/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { VERSION = 1, MOST_PER_SECOND = 100 };

/* Locks of an open file description (not of a process, as POSIX ones) can be asked about without
 * being taken, so that a `graduate status` can never stand in the way of a run. */
static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static bool lock(struct folder *folder, struct error *error)
{
    char path[PATH_MAX];
    if (!folder_file(folder, "lock", path, error))
        return false;
    folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (folder->lock < 0) {
        error_set_errno(error, ERROR_TARGET, "cannot write in the run folder %s", folder->path);
        return error_hint(error, "let this user write there, or take another --run-dir");
    }
    struct flock all = whole_file();
    if (fcntl(folder->lock, F_OFD_SETLK, &all) == 0)
        return true;
    if (errno != EAGAIN && errno != EACCES)
        return error_set_errno(error, ERROR_TARGET, "cannot lock %s", path);
    error_set(error, ERROR_REFUSED, "another graduate is at work in the run folder %s",
              folder->path);
    return error_hint(error,
                      "let it end, or end it; graduate status --run-dir %s shows how far it "
                      "is",
                      folder->path);
}

/* A folder that is used for something else is not filled with a run's files. */
static bool only_ours(const struct folder *folder, struct error *error)
{
    static const char *const ours[] = {".", "..", "lock", "log.jsonl", "catalog", "run.json.tmp"};
    DIR *dir = opendir(folder->path);
    if (dir == NULL)
        return error_set_errno(error, ERROR_TARGET, "cannot read the run folder %s", folder->path);
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
        bool known = false;
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            known = known || strcmp(entry->d_name, ours[i]) == 0;
        if (!known) {
            ok = error_set(error, ERROR_USAGE, "the folder %s holds no run, but other things: %s",
                           folder->path, entry->d_name);
            error_hint(error, "name a new or an empty folder, or that of a run");
        }
    }
    closedir(dir);
    return ok;
}

static bool get_text(const cJSON *json, const char *name, char *out, size_t size)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    return value != NULL && (size_t)snprintf(out, size, "%s", value) < size;
}

static bool read_run(struct folder *folder, const char *path, struct error *error)
{
    cJSON *json;
    if (!json_read_file(path, &json, error))
        return false;
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(json, "version");
    const cJSON *generation = cJSON_GetObjectItemCaseSensitive(json, "generation");
    bool known = cJSON_IsNumber(version) && version->valueint == VERSION;
    bool ok =
        known && cJSON_IsNumber(generation) &&
        get_text(json, "run", folder->run, sizeof folder->run) &&
        get_text(json, "project", folder->project, sizeof folder->project) &&
        get_text(json, "project_folder", folder->project_folder, sizeof folder->project_folder) &&
        get_text(json, "started", folder->started, sizeof folder->started) &&
        get_text(json, "finished", folder->finished, sizeof folder->finished);
    if (ok) {
        const cJSON *size = cJSON_GetObjectItemCaseSensitive(json, "batch_bytes");
        folder->generation = (int64_t)generation->valuedouble;
        folder->batch_bytes = cJSON_IsNumber(size) ? (int64_t)size->valuedouble : 0;
        folder->prepared = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "prepared"));
        folder->undoing = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "undoing"));
        get_text(json, "undone", folder->undone, sizeof folder->undone); /* most have none */
    } else {
        error_set(error, ERROR_USAGE, "%s is no run.json of %sgraduate", path,
                  cJSON_IsNumber(version) && !known ? "this version of " : "");
        error_hint(error, "take the graduate that began the run, or restore the file");
    }
    cJSON_Delete(json);
    return ok;
}

static bool absolute(struct folder *folder, const char *path, struct error *error)
{
    *folder = (struct folder){.lock = -1};
    if (realpath(path, folder->path) != NULL)
        return true;
    error_set_errno(error, ERROR_USAGE, "there is no run folder %s", path);
    return error_hint(error, "name the --run-dir that was given to graduate run");
}

bool folder_is_sealed(const char *folder)
{
    char path[PATH_MAX];
    struct error unused;
    return file_join(path, sizeof path, folder, FOLDER_SEAL, &unused) && file_exists(path);
}

bool folder_refuse_sealed(const char *folder, struct error *error)
{
    if (!folder_is_sealed(folder))
        return true;
    error_set(error, ERROR_REFUSED,
              "the run in %s is sealed (%s/" FOLDER_SEAL "): nothing is written there any more",
              folder, folder);
    return error_hint(error,
                      "graduate verify --sealed %s checks it; a new run needs a folder of its own",
                      folder);
}

static void close_to_others(struct folder *folder)
{
    struct stat info;
    if (stat(folder->path, &info) != 0 || (info.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return;
    bool closed = chmod(folder->path, 0700) == 0;
    snprintf(folder->was_open, sizeof folder->was_open,
             "the run folder %s was open to others (mode %04o); %s", folder->path,
             (unsigned)info.st_mode & 07777U,
             closed ? "it is 0700 now" : "it still is: only its owner can make it 0700");
}

bool folder_open(struct folder *folder, const char *path, struct error *error)
{
    char file[PATH_MAX];
    *folder = (struct folder){.lock = -1};
    bool ok = file_make_folder(path, error) && absolute(folder, path, error) &&
              folder_refuse_sealed(folder->path, error) && lock(folder, error) &&
              folder_file(folder, "run.json", file, error);
    if (ok)
        ok = file_exists(file) ? read_run(folder, file, error) : only_ours(folder, error);
    if (ok)
        close_to_others(folder);
    else
        folder_release(folder);
    return ok;
}

bool folder_make_fresh(char out[PATH_MAX], struct error *error)
{
    time_t now = time(NULL);
    struct tm utc;
    char stamp[32];
    if (gmtime_r(&now, &utc) == NULL || strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc) == 0)
        return error_set(error, ERROR_BUG, "this machine's clock shows no time");
    if (!file_make_folder("rehearsals", error))
        return false;
    snprintf(out, PATH_MAX, "rehearsals/%s", stamp);
    for (int n = 2; mkdir(out, 0700) != 0; n++) { /* two in one second: mkdir decides whose it is */
        if (errno != EEXIST || n > MOST_PER_SECOND)
            return error_set_errno(error, ERROR_TARGET, "cannot make the folder %s", out);
        snprintf(out, PATH_MAX, "rehearsals/%s-%d", stamp, n);
    }
    return true;
}

bool folder_look(struct folder *folder, const char *path, bool *busy, struct error *error)
{
    char file[PATH_MAX];
    *busy = false;
    if (!absolute(folder, path, error) || !folder_file(folder, "run.json", file, error))
        return false;
    if (!file_exists(file)) {
        error_set(error, ERROR_USAGE, "%s holds no run: there is no run.json in it", path);
        return error_hint(error, "name the --run-dir that was given to graduate run");
    }
    if (!read_run(folder, file, error) || !folder_file(folder, "lock", file, error))
        return false;
    int fd = open(file, O_RDWR | O_CLOEXEC);
    struct flock all = whole_file();
    *busy = fd >= 0 && fcntl(fd, F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK;
    if (fd >= 0)
        close(fd);
    return true;
}

void folder_release(struct folder *folder)
{
    if (folder->lock >= 0)
        close(folder->lock); /* and with it the lock goes */
    folder->lock = -1;
}

bool folder_refuse_undone(const struct folder *folder, struct error *error)
{
    if (folder->undoing) {
        error_set(error, ERROR_REFUSED, "the undo of the run in %s has begun, and not ended",
                  folder->path);
        return error_hint(error, "graduate undo --run-dir %s brings it to its end", folder->path);
    }
    if (folder->undone[0] == '\0')
        return true;
    error_set(error, ERROR_REFUSED,
              "the run in %s was undone at %s: the target holds nothing of it", folder->path,
              folder->undone);
    return error_hint(error, "graduate run --run-dir %s begins a new one", folder->path);
}

void folder_forget(struct folder *folder)
{
    folder->run[0] = folder->finished[0] = folder->undone[0] = '\0';
    folder->generation = folder->batch_bytes = 0;
    folder->prepared = false;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

bool folder_clear(const struct folder *folder, struct error *error)
{
    static const char *const kept[] = {
        "checkpoints",   "positions",     "ids",          "fields",
        "project",       "account.txt",   "account.json", "losses.jsonl",
        "rejects.jsonl", "retried.jsonl", "facts.json",   "schema.sql",
        "verify-state",  "verify.json",   "report.html",  "report.json"};
    enum { MOST_OPEN = 8 };
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (!file_join(path, sizeof path, folder->path, kept[i], error))
            return false;
        if (nftw(path, remove_one, MOST_OPEN, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
            return error_set_errno(error, ERROR_TARGET, "cannot remove %s", path);
    }
    return true;
}

static bool make_uuid(char out[37], struct error *error)
{
    uint8_t uuid[16];
    if (getrandom(uuid, sizeof uuid, 0) != (ssize_t)sizeof uuid)
        return error_set_errno(error, ERROR_TARGET, "this machine gives no random bytes");
    uuid[6] = (uint8_t)(0x40 | (uuid[6] & 0x0F)); /* version 4, RFC 9562 */
    uuid[8] = (uint8_t)(0x80 | (uuid[8] & 0x3F));
    uuid_format(uuid, out);
    return true;
}

void folder_stamp(char out[32])
{
    time_t now = time(NULL);
    struct tm utc;
    out[0] = '\0';
    if (gmtime_r(&now, &utc) != NULL)
        strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

bool folder_begin(struct folder *folder, const struct project *project, struct error *error)
{
    if (realpath(project->folder, folder->project_folder) == NULL)
        return error_set_errno(error, ERROR_USAGE, "cannot find %s", project->folder);
    if ((size_t)snprintf(folder->project, sizeof folder->project, "%s", project->name) >=
        sizeof folder->project)
        return error_set(error, ERROR_USAGE, "the project's name is longer than %zu bytes",
                         sizeof folder->project - 1);
    folder_stamp(folder->started);
    if (make_uuid(folder->run, error) && folder_save(folder, error))
        return true;
    folder->run[0] = '\0'; /* what is not in run.json has not begun */
    return false;
}

bool folder_save(const struct folder *folder, struct error *error)
{
    char path[PATH_MAX];
    if (!folder_file(folder, "run.json", path, error))
        return false;
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddNumberToObject(json, "version", VERSION) != NULL &&
              cJSON_AddStringToObject(json, "run", folder->run) != NULL &&
              cJSON_AddNumberToObject(json, "generation", (double)folder->generation) != NULL &&
              cJSON_AddNumberToObject(json, "batch_bytes", (double)folder->batch_bytes) != NULL &&
              cJSON_AddBoolToObject(json, "prepared", folder->prepared) != NULL &&
              (!folder->undoing || cJSON_AddTrueToObject(json, "undoing") != NULL) &&
              (folder->undone[0] == '\0' ||
               cJSON_AddStringToObject(json, "undone", folder->undone) != NULL) &&
              cJSON_AddStringToObject(json, "project", folder->project) != NULL &&
              cJSON_AddStringToObject(json, "project_folder", folder->project_folder) != NULL &&
              cJSON_AddStringToObject(json, "started", folder->started) != NULL &&
              cJSON_AddStringToObject(json, "finished", folder->finished) != NULL;
    ok = ok ? json_write_file(path, json, error) : error_memory(error);
    cJSON_Delete(json);
    return ok;
}

bool folder_file(const struct folder *folder, const char *name, char out[PATH_MAX],
                 struct error *error)
{
    const char *slash = strchr(name, '/');
    if (slash != NULL) {
        char first[NAME_MAX + 1], inner[PATH_MAX];
        snprintf(first, sizeof first, "%.*s", (int)(slash - name), name);
        if (!file_join(inner, sizeof inner, folder->path, first, error) ||
            !file_make_folder(inner, error))
            return false;
    }
    return file_join(out, PATH_MAX, folder->path, name, error);
}
