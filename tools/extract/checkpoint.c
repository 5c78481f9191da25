#include "checkpoint.h"
#include "graduate/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Visit all frames; *whole is where the last whole one ends. In a partial file a frame that cannot
 * be read is where the kill came, and no error. */
static bool visit_frames(struct checkpoint *checkpoint, const char *name, bool partial,
                         checkpoint_visit visit, void *context, int64_t *whole, struct error *error)
{
    struct stream_reader reader;
    struct frame frame;
    bool more = true, ok = true;
    *whole = 0;
    stream_reader_init(&reader, checkpoint->fd, name);
    while (ok && more) {
        struct error damage = {0};
        if (!stream_read(&reader, &frame, &more, &damage)) {
            if (!partial) {
                *error = damage;
                ok = false;
            }
            break;
        }
        if (!more)
            break;
        *whole = reader.offset;
        checkpoint->begun = true;
        checkpoint->complete = frame.type == FRAME_END;
        ok = visit(context, &reader, &frame, error);
    }
    stream_reader_release(&reader);
    return ok;
}

static bool open_partial(struct checkpoint *checkpoint, checkpoint_visit visit, void *context,
                         struct error *error)
{
    int64_t whole;
    checkpoint->fd = open(checkpoint->partial, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (checkpoint->fd < 0)
        return error_set_errno(error, ERROR_TARGET, "cannot write the checkpoint %s",
                               checkpoint->partial);
    if (!visit_frames(checkpoint, checkpoint->partial, true, visit, context, &whole, error))
        return false;
    if (ftruncate(checkpoint->fd, whole) != 0 || lseek(checkpoint->fd, whole, SEEK_SET) != whole)
        return error_set_errno(error, ERROR_TARGET, "cannot cut %s after its last whole frame",
                               checkpoint->partial);
    return true;
}

bool checkpoint_open(struct checkpoint *checkpoint, const char *path, checkpoint_visit visit,
                     void *context, struct error *error)
{
    int64_t whole;
    *checkpoint = (struct checkpoint){.fd = -1};
    if (snprintf(checkpoint->path, PATH_MAX, "%s", path) >= PATH_MAX ||
        snprintf(checkpoint->partial, PATH_MAX, "%s.partial", path) >= PATH_MAX)
        return error_set(error, ERROR_USAGE, "the path %s is too long", path);
    checkpoint->fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok;
    if (checkpoint->fd >= 0)
        ok = visit_frames(checkpoint, checkpoint->path, false, visit, context, &whole, error);
    else if (errno == ENOENT)
        ok = open_partial(checkpoint, visit, context, error);
    else
        ok = error_set_errno(error, ERROR_SOURCE, "cannot open the checkpoint %s", path);
    stream_writer_init(&checkpoint->writer, checkpoint->fd, checkpoint->partial, CODEC_ZLIB);
    if (ok && checkpoint->complete && access(path, F_OK) != 0)
        ok = checkpoint_settle(checkpoint, error); /* killed between the end frame and the name */
    if (!ok)
        checkpoint_close(checkpoint);
    return ok;
}

bool checkpoint_flush(struct checkpoint *checkpoint, struct error *error)
{
    if (fdatasync(checkpoint->fd) != 0)
        return error_set_errno(error, ERROR_TARGET, "cannot flush %s", checkpoint->partial);
    return true;
}

bool checkpoint_settle(struct checkpoint *checkpoint, struct error *error)
{
    return file_settle(checkpoint->fd, checkpoint->partial, checkpoint->path, error);
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    stream_writer_release(&checkpoint->writer);
    if (checkpoint->fd >= 0)
        close(checkpoint->fd);
    checkpoint->fd = -1;
}
