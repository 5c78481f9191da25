#include "leftover.h"

#include "graduate/file.h"
#include "graduate/message.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char state_folder[] = "verify-state", partial[] = ".partial";

/* What graduate writes where, under a name for the time being (folder.h). */
static const struct {
    const char *folder, *suffix;
} leftovers[] = {
    {".", ".json.tmp"},
    {".", ".jsonl.tmp"},
    {".", ".txt.tmp"},
    {".", ".html.tmp"},
    {".", ".sql.tmp"},
    {"catalog", ".json.tmp"},
    {"project", ".json.tmp"},
    {"fields", ".json.tmp"},
    {"positions", ".bson.tmp"},
    {state_folder, ".tally"},
    {state_folder, ".tally.tmp"},
    {"checkpoints", ".gck.partial"},
};

static bool ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length > tail && strcmp(text + length - tail, suffix) == 0;
}

static bool is_leftover(const char *folder, const char *name)
{
    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++)
        if (strcmp(folder, leftovers[i].folder) == 0 && ends_with(name, leftovers[i].suffix))
            return true;
    return false;
}

static bool is_needed(const char *path)
{
    char whole[PATH_MAX];
    if (!ends_with(path, partial))
        return false;
    snprintf(whole, sizeof whole, "%.*s", (int)(strlen(path) - strlen(partial)), path);
    return !file_exists(whole);
}

static bool remove_file(const char *folder, const char *name, struct error *error)
{
    char path[PATH_MAX];
    struct stat info;
    if (!file_join(path, sizeof path, folder, name, error))
        return false;
    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode) || is_needed(path))
        return true;
    if (unlink(path) != 0) {
        error_set_errno(error, ERROR_TARGET, "cannot remove %s, which a killed graduate left",
                        path);
        return error_hint(error, "let this user write in the run folder, and run again");
    }
    message_info("removed %s, which a killed graduate left", path);
    return true;
}

static bool remove_in(const char *run, const char *folder, struct error *error)
{
    char path[PATH_MAX];
    if (!file_join(path, sizeof path, run, folder, error))
        return false;
    DIR *dir = opendir(path);
    if (dir == NULL)
        return errno == ENOENT || errno == ENOTDIR
                   ? true
                   : error_set_errno(error, ERROR_TARGET, "cannot read the folder %s", path);
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;)
        if (is_leftover(folder, entry->d_name))
            ok = remove_file(path, entry->d_name, error);
    closedir(dir);
    if (ok && strcmp(folder, state_folder) == 0)
        rmdir(path); /* where it holds something else it stays, and is content like the rest */
    return ok;
}

bool leftover_remove(const char *folder, struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof leftovers / sizeof leftovers[0]; i++)
        if (i == 0 || strcmp(leftovers[i].folder, leftovers[i - 1].folder) != 0)
            ok = remove_in(folder, leftovers[i].folder, error);
    return ok;
}
