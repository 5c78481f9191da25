/* checkpoint.h: the stream of one entity on disk, while it is being written and after.
 *
 * While it grows it is called FILE.partial. Every batch is flushed to the disk before it is sent
 * on, so that the ledger never knows of a batch that the checkpoint has not. When the end frame is
 * written the file is synced, renamed to FILE, and its folder synced: FILE is whole or not there.
 *
 * After a kill the partial file is salvaged: frames are read until one is not whole, or is not
 * wanted any more; what lies behind the last one kept is cut off, and writing goes on there. The
 * cut comes only when the source has been opened: until then nothing is lost. */
#ifndef EXTRACT_CHECKPOINT_H
#define EXTRACT_CHECKPOINT_H

#include "graduate/stream.h"

#include <limits.h>

/* What to do with each frame that is there already; false stops with the error. Of a growing file,
 * *keep = false drops this frame and all behind it. */
typedef bool (*checkpoint_visit)(void *context, const struct stream_reader *reader,
                                 const struct frame *frame, bool *keep, struct error *error);

struct checkpoint {
    int fd;
    char path[PATH_MAX], partial[PATH_MAX];
    struct stream_writer writer;
    bool complete; /* FILE was there, or the partial file had its end frame */
    bool growing;  /* it is the partial file */
    bool begun;    /* the header frame is in it */
    int64_t whole; /* bytes of the frames that are kept */
};

/* Open FILE or its partial form, or begin a new one; the frames that are there go to visit in
 * order. ERROR_SOURCE when FILE itself is damaged (a partial file is cut instead), ERROR_TARGET
 * when it cannot be written. */
bool checkpoint_open(struct checkpoint *checkpoint, const char *path, checkpoint_visit visit,
                     void *context, struct error *error);
/* Cut a growing file behind what is kept; before the first frame is written. */
bool checkpoint_cut(struct checkpoint *checkpoint, struct error *error);
/* After writing a frame through checkpoint->writer: it is on the disk when this returns. */
bool checkpoint_flush(struct checkpoint *checkpoint, struct error *error);
/* After the end frame: give the file its name. */
bool checkpoint_settle(struct checkpoint *checkpoint, struct error *error);
void checkpoint_close(struct checkpoint *checkpoint);

#endif
