#include "single_batch.h"

#include "graduate/stream.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

struct single_batch {
    struct stream_reader from;
    struct stream_writer to;
    int64_t batch;
};

static bool take(struct single_batch *single, const struct frame *frame, bool *found,
                 struct error *error)
{
    struct stream_batch batch;
    bool header = frame->type == FRAME_HEADER;
    *found = false;
    if (frame->type == FRAME_END)
        return error_set(error, ERROR_SOURCE, "%s has no batch %" PRId64, single->from.name,
                         single->batch);
    if (!header && !stream_parse_batch(&single->from, frame, &batch, error))
        return false;
    if (!header && batch.batch != single->batch)
        return true;
    if (!stream_write(&single->to, frame->type, &frame->meta, frame->payload, frame->payload_length,
                      error))
        return false;
    if (header)
        return true;
    *found = true;
    const struct stream_end end = {.batches = 1, .records = batch.records};
    return stream_write_end(&single->to, &end, error);
}

bool single_batch_write(const char *from, int64_t batch, const char *to, struct error *error)
{
    struct single_batch single = {.batch = batch};
    struct frame frame;
    bool more = true, found = false;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return error_set_errno(error, ERROR_SOURCE, "cannot read %s", from);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0) {
        close(in);
        return error_set_errno(error, ERROR_TARGET, "cannot write %s", to);
    }
    stream_reader_init(&single.from, in, from);
    stream_writer_init(&single.to, out, to, CODEC_ZLIB);
    bool ok = true;
    while (ok && !found)
        ok =
            stream_read(&single.from, &frame, &more, error) && take(&single, &frame, &found, error);
    stream_writer_release(&single.to);
    stream_reader_release(&single.from);
    close(out);
    close(in);
    return ok;
}
