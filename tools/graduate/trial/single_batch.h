/* single_batch.h: one batch of a checkpoint, as a stream of its own. */
#ifndef GRADUATE_DRIVER_SINGLE_BATCH_H
#define GRADUATE_DRIVER_SINGLE_BATCH_H

#include "graduate/error.h"

#include <stdint.h>

/* Write the header and batch `batch` of the checkpoint `from`, which may still be growing, and an
 * end to the new file `to`. ERROR_SOURCE: the checkpoint cannot be read, or is at its end before
 * the batch; ERROR_TARGET: `to` cannot be written. */
bool single_batch_write(const char *from, int64_t batch, const char *to, struct error *error);

#endif
