#include "state.h"

#include "graduate/crash.h"
#include "graduate/file.h"
#include "graduate/message.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST = 1 << 30 };
static const char suffix[] = ".tally";

/* A file's name out of any name: its hash. */
static bool path_of(const struct state *state, const char *name, char out[PATH_MAX],
                    struct error *error)
{
    char file[64];
    struct hash hash = hash_of(name, strlen(name));
    snprintf(file, sizeof file, "%016llx%016llx%s", (unsigned long long)hash.high,
             (unsigned long long)hash.low, suffix);
    return file_join(out, PATH_MAX, state->folder, file, error);
}

/* A file is the identity, the tallies as they lie in memory, the further bytes, and the hash of
 * all. */
bool state_load(const struct state *state, const char *name, const struct buffer *identity,
                struct tally *const *tallies, size_t count, struct buffer *more)
{
    char path[PATH_MAX];
    struct error unused;
    struct buffer file;
    struct hash hash;
    if (state->folder == NULL || !path_of(state, name, path, &unused) || !file_exists(path))
        return false;
    buffer_init(&file);
    size_t wanted = identity->length + count * sizeof(struct tally), length = 0;
    bool ok = file_read(path, LARGEST, ERROR_TARGET, &file, &unused) &&
              file.length >= wanted + sizeof hash;
    if (ok) {
        length = file.length - sizeof hash;
        memcpy(&hash, file.data + length, sizeof hash);
        struct hash now = hash_of(file.data, length);
        ok = hash_compare(&hash, &now) == 0 &&
             memcmp(file.data, identity->data, identity->length) == 0;
    }
    if (ok)
        buffer_put(more, file.data + wanted, length - wanted);
    for (size_t i = 0; ok && i < count; i++)
        memcpy(tallies[i], file.data + identity->length + i * sizeof(struct tally),
               sizeof(struct tally));
    buffer_release(&file);
    return ok;
}

void state_save(struct state *state, const char *name, const struct buffer *identity,
                const struct tally *const *tallies, size_t count, const struct buffer *more)
{
    char path[PATH_MAX];
    struct error error;
    struct buffer file;
    if (state->folder == NULL)
        return;
    buffer_init(&file);
    buffer_put(&file, identity->data, identity->length);
    for (size_t i = 0; i < count; i++)
        buffer_put(&file, tallies[i], sizeof(struct tally));
    buffer_put(&file, more->data, more->length);
    struct hash hash = hash_of(file.data, file.length);
    buffer_put(&file, &hash, sizeof hash);
    bool ok = buffer_ok(&file, &error) && file_make_folder(state->folder, &error) &&
              path_of(state, name, path, &error) &&
              file_replace(path, file.data, file.length, &error);
    if (ok) {
        crash_point(CRASH_VERIFY_STATE_KEPT);
    } else {
        message_warning("an interrupted verification will begin anew: %s", error.message);
        state->folder = NULL;
    }
    buffer_release(&file);
}

void state_remove(const char *folder)
{
    DIR *all = folder != NULL ? opendir(folder) : NULL;
    if (all == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
        /* Only what is ours, whole or cut off in the middle of writing. */
        char path[PATH_MAX];
        struct error unused;
        if (strstr(entry->d_name, suffix) != NULL &&
            file_join(path, sizeof path, folder, entry->d_name, &unused))
            unlink(path);
    }
    closedir(all);
    rmdir(folder);
}
