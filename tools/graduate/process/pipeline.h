/* pipeline.h: programs joined by pipes, run to their end. */
#ifndef GRADUATE_DRIVER_PIPELINE_H
#define GRADUATE_DRIVER_PIPELINE_H

#include "supervisor.h"

enum { PIPELINE_MOST = 8 };

/* Run them, the output of each the input of the next; the first reads nothing. False with the one
 * cause, cause.h, or because the driver has to stop (supervisor_ok). on_remark (process.h) may be
 * NULL. */
bool pipeline_run(struct supervisor *supervisor, const struct arguments *programs, size_t count,
                  bool (*on_remark)(void *context, const struct remark *remark), void *context,
                  struct error *error);

/* The same, but the first reads `input` (a descriptor, or PROCESS_NOTHING), and what the last
 * prints is appended. */
bool pipeline_capture(struct supervisor *supervisor, const struct arguments *programs, size_t count,
                      int input, struct buffer *out, struct error *error);

#endif
