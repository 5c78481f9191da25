#include "graduate/file.h"
#include "graduate/crash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_write_all(int fd, const char *name, const void *bytes, size_t length, struct error *error)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = write(fd, at, length);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EPIPE)
                return error_set(error, ERROR_PEER, "the reader of %s has gone", name);
            int cause = errno;
            error_set_errno(error, ERROR_TARGET, "cannot write %s", name);
            return error_hint(error, cause == ENOSPC || cause == EDQUOT
                                         ? "make room on that disk and run again"
                                         : "mend the cause and run again");
        }
        at += n;
        length -= (size_t)n;
    }
    return true;
}

bool file_read_full(int fd, const char *name, void *bytes, size_t length, size_t *got,
                    struct error *error)
{
    char *at = bytes;
    *got = 0;
    while (*got < length) {
        ssize_t n = read(fd, at + *got, length - *got);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            error_set_errno(error, ERROR_SOURCE, "cannot read %s", name);
            return error_hint(error, "see that it is a file, and that its disk is well");
        }
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return true;
}

bool file_read(const char *path, size_t limit, enum error_code code, struct buffer *buffer,
               struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        error_set_errno(error, code, "cannot open %s", path);
        return error_hint(error,
                          "see that it is there and that this user may read it, then run again");
    }
    bool ok = true;
    size_t got = 1, total = 0;
    while (ok && got > 0) {
        uint8_t *to = buffer_reserve(buffer, 65536);
        ok = to != NULL ? file_read_full(fd, path, to, 65536, &got, error) : error_memory(error);
        if (!ok)
            break;
        buffer->length += got;
        total += got;
        if (total > limit)
            ok =
                error_set(error, code, "%s is larger than the %zu bytes allowed here", path, limit);
    }
    if (!ok)
        error->code = code;
    close(fd);
    return ok;
}

static bool sync_folder_of(const char *path, struct error *error)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        error_set_errno(error, ERROR_TARGET, "cannot flush the folder %s", folder);
        if (fd >= 0)
            close(fd);
        return false;
    }
    close(fd);
    return true;
}

bool file_settle(int fd, const char *temporary, const char *path, struct error *error)
{
    if (fsync(fd) != 0)
        return error_set_errno(error, ERROR_TARGET, "cannot flush %s", temporary);
    if (rename(temporary, path) != 0)
        return error_set_errno(error, ERROR_TARGET, "cannot rename %s to %s", temporary, path);
    return sync_folder_of(path, error);
}

bool file_replace(const char *path, const void *bytes, size_t length, struct error *error)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary)
        return error_set(error, ERROR_USAGE, "the path %s is too long", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(error, ERROR_TARGET, "cannot create %s", temporary);
    bool ok = file_write_all(fd, temporary, bytes, length, error);
    if (ok) {
        crash_point(CRASH_FILE_WRITTEN);
        ok = file_settle(fd, temporary, path, error);
    }
    if (close(fd) != 0 && ok)
        ok = error_set_errno(error, ERROR_TARGET, "cannot close %s", path);
    if (!ok)
        unlink(temporary);
    return ok;
}

bool file_make_folder(const char *path, struct error *error)
{
    char part[PATH_MAX];
    if (path[0] == '\0')
        return error_set(error, ERROR_USAGE, "the folder to make has no name");
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return error_set(error, ERROR_USAGE, "the path %s is too long", path);
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return error_set_errno(error, ERROR_TARGET, "cannot make the folder %s", part);
        *at = kept;
        if (kept == '\0')
            break;
    }
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        error_set(error, ERROR_TARGET, "%s is there but is no folder", path);
        return error_hint(error, "take it away, or name another folder");
    }
    return true;
}

bool file_make_scratch(char out[PATH_MAX], struct error *error)
{
    const char *parent = getenv("TMPDIR");
    parent = parent != NULL && parent[0] != '\0' ? parent : P_tmpdir;
    if (!file_join(out, PATH_MAX, parent, "graduate-XXXXXX", error)) {
        out[0] = '\0';
        return false;
    }
    if (mkdtemp(out) != NULL)
        return true;
    error_set_errno(error, ERROR_TARGET, "cannot make the folder %s", out);
    out[0] = '\0';
    return error_hint(error, "set TMPDIR to a folder where this user may write");
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_join(char *out, size_t size, const char *folder, const char *name, struct error *error)
{
    if (snprintf(out, size, "%s/%s", folder, name) >= (int)size)
        return error_set(error, ERROR_USAGE, "the path %s/%s is too long", folder, name);
    return true;
}
