/* scratch_folder.h: a temporary folder for one test, and catching what a program would print. */
#ifndef TESTS_SCRATCH_FOLDER_H
#define TESTS_SCRATCH_FOLDER_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[128];
};

static inline void folder_make(struct folder *folder)
{
    const char *parent = getenv("TMPDIR");
    snprintf(folder->path, sizeof folder->path, "%s/graduate-test-XXXXXX",
             parent != NULL && strlen(parent) < 64 ? parent : "/tmp");
    if (mkdtemp(folder->path) == NULL)
        fail_msg("cannot make %s: %s", folder->path, strerror(errno));
}

static inline int folder_remove_one(const char *path, const struct stat *info, int type,
                                    struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static inline void folder_remove(const struct folder *folder)
{
    nftw(folder->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in it; valid until the fourth call after this one. */
static inline const char *folder_path(const struct folder *folder, const char *name)
{
    static char paths[4][PATH_MAX];
    static size_t next;
    char *path = paths[next++ % 4];
    snprintf(path, PATH_MAX, "%s/%s", folder->path, name);
    return path;
}

static inline void folder_put_bytes(const struct folder *folder, const char *name,
                                    const void *bytes, size_t length)
{
    FILE *file = fopen(folder_path(folder, name), "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        fail_msg("cannot write %s: %s", name, strerror(errno));
}

static inline void folder_put(const struct folder *folder, const char *name, const char *text)
{
    folder_put_bytes(folder, name, text, strlen(text));
}

/* The whole file as a text for free(); NULL when there is none. */
static inline char *file_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size;
    if (file == NULL)
        return NULL;
    if (getdelim(&text, &size, '\0', file) < 0) { /* an empty file */
        free(text);
        text = calloc(1, 1);
    }
    fclose(file);
    return text;
}

/* Between the two calls what goes to `fd` is caught; the second returns it, for free(). */
struct caught {
    int fd, kept;
    char path[sizeof "/tmp/graduate-test-XXXXXX"];
};

static inline void catch_begin(struct caught *caught, int fd)
{
    memcpy(caught->path, "/tmp/graduate-test-XXXXXX", sizeof caught->path);
    fflush(NULL);
    caught->fd = fd;
    caught->kept = dup(fd);
    int file = mkstemp(caught->path);
    if (caught->kept < 0 || file < 0 || dup2(file, fd) < 0)
        fail_msg("cannot catch output: %s", strerror(errno));
    close(file);
}

static inline char *catch_end(struct caught *caught)
{
    fflush(NULL);
    dup2(caught->kept, caught->fd);
    close(caught->kept);
    char *text = file_text(caught->path);
    unlink(caught->path);
    if (text == NULL)
        fail_msg("what was caught is gone");
    return text;
}

#endif
