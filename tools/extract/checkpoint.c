#include "checkpoint.h"
#include "graduate/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In a partial file a frame that cannot be read is where the kill came, and no error. */
static bool visit_frames(struct checkpoint *checkpoint, const char *name, checkpoint_visit visit,
                         void *context, struct error *error)
{
    struct stream_reader reader;
    struct frame frame;
    bool more = true, ok = true;
    stream_reader_init(&reader, checkpoint->fd, name);
    while (ok && more) {
        struct error damage = {0};
        bool keep = true;
        if (!stream_read(&reader, &frame, &more, &damage)) {
            if (!checkpoint->growing) {
                *error = damage;
                ok = false;
            }
            break;
        }
        if (!more)
            break;
        ok = visit(context, &reader, &frame, &keep, error);
        if (!ok || !keep)
            break;
        checkpoint->whole = reader.offset;
        checkpoint->begun = true;
        checkpoint->complete = frame.type == FRAME_END;
    }
    stream_reader_release(&reader);
    return ok;
}

static bool open_partial(struct checkpoint *checkpoint, struct error *error)
{
    checkpoint->growing = true;
    checkpoint->fd = open(checkpoint->partial, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return checkpoint->fd >= 0 ||
           error_set_errno(error, ERROR_TARGET, "cannot write the checkpoint %s",
                           checkpoint->partial);
}

bool checkpoint_cut(struct checkpoint *checkpoint, struct error *error)
{
    if (ftruncate(checkpoint->fd, checkpoint->whole) != 0 ||
        lseek(checkpoint->fd, checkpoint->whole, SEEK_SET) != checkpoint->whole)
        return error_set_errno(error, ERROR_TARGET, "cannot cut %s after its last whole frame",
                               checkpoint->partial);
    return true;
}

bool checkpoint_open(struct checkpoint *checkpoint, const char *path, checkpoint_visit visit,
                     void *context, struct error *error)
{
    *checkpoint = (struct checkpoint){.fd = -1};
    if (snprintf(checkpoint->path, PATH_MAX, "%s", path) >= PATH_MAX ||
        snprintf(checkpoint->partial, PATH_MAX, "%s.partial", path) >= PATH_MAX)
        return error_set(error, ERROR_USAGE, "the path %s is too long", path);
    checkpoint->fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = true;
    if (checkpoint->fd < 0 && errno == ENOENT)
        ok = open_partial(checkpoint, error);
    else if (checkpoint->fd < 0)
        ok = error_set_errno(error, ERROR_SOURCE, "cannot open the checkpoint %s", path);
    ok =
        ok && visit_frames(checkpoint, checkpoint->growing ? checkpoint->partial : checkpoint->path,
                           visit, context, error);
    stream_writer_init(&checkpoint->writer, checkpoint->fd, checkpoint->partial, CODEC_ZLIB);
    if (ok && checkpoint->complete && checkpoint->growing) /* killed before it had its name */
        ok = checkpoint_cut(checkpoint, error) && checkpoint_settle(checkpoint, error);
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
