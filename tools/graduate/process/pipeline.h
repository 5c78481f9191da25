/* pipeline.h: programs joined by pipes, run to their end. */
#ifndef GRADUATE_DRIVER_PIPELINE_H
#define GRADUATE_DRIVER_PIPELINE_H

#include "supervisor.h"

enum { PIPELINE_MOST = SUPERVISED_MOST };

struct pipeline {
    struct process processes[PIPELINE_MOST];
    size_t count;
    struct supervised group; /* those that were started */
};

/* Begin to run them, the output of each the input of the next; the first reads nothing. on_remark
 * (process.h) may be NULL. The pipeline stays where it is until it was ended, also when it could
 * not be started. */
bool pipeline_start(struct supervisor *supervisor, struct pipeline *pipeline,
                    const struct arguments *programs, size_t count,
                    bool (*on_remark)(void *context, const struct remark *remark), void *context,
                    struct error *error);
/* Wait for its end. False with the one cause, cause.h, or because the driver has to stop
 * (supervisor_ok). */
bool pipeline_end(struct supervisor *supervisor, struct pipeline *pipeline, struct error *error);

/* Both. */
bool pipeline_run(struct supervisor *supervisor, const struct arguments *programs, size_t count,
                  bool (*on_remark)(void *context, const struct remark *remark), void *context,
                  struct error *error);

/* The same, but the first reads `input` (a descriptor, or PROCESS_NOTHING), and what the last
 * prints is appended. */
bool pipeline_capture(struct supervisor *supervisor, const struct arguments *programs, size_t count,
                      int input, struct buffer *out, struct error *error);

#endif
