#include "pipeline.h"
#include "cause.h"

#include <assert.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIPE_SIZE = 1 << 20 };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* On success all stages run and the driver holds no end of their pipes, so that each of them sees
 * when its neighbour goes. */
static bool start_all(struct supervisor *supervisor, struct pipeline *pipeline,
                      const struct arguments *programs, int first, int output, struct error *error)
{
    int input = -1;
    bool ok = true;
    for (size_t i = 0; ok && i < pipeline->count; i++) {
        struct process *process = &pipeline->processes[i];
        int ends[2] = {-1, -1};
        bool last = i + 1 == pipeline->count;
        if (!last && pipe2(ends, O_CLOEXEC) != 0)
            ok = error_set_errno(error, ERROR_TARGET, "cannot make a pipe");
        if (ok && !last)
            fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE); /* where it is not allowed, 64 KiB will do */
        ok = ok && supervisor_start(supervisor, process, &programs[i], i == 0 ? first : input,
                                    last ? output : ends[1], error);
        if (ok)
            pipeline->group.members[pipeline->group.count++] = process;
        close_fd(&ends[1]);
        close_fd(&input);
        input = ends[0];
    }
    close_fd(&input);
    pipeline->group.leaving = !ok;
    return ok;
}

static void init(struct pipeline *pipeline, size_t count,
                 bool (*on_remark)(void *context, const struct remark *remark), void *context)
{
    assert(count > 0 && count <= PIPELINE_MOST);
    pipeline->count = count;
    pipeline->group = (struct supervised){.count = 0};
    for (size_t i = 0; i < count; i++) {
        process_init(&pipeline->processes[i]);
        pipeline->processes[i].on_remark = on_remark;
        pipeline->processes[i].context = context;
    }
}

/* Wait for those that were started, and take them out of the watch. */
static bool finish(struct supervisor *supervisor, struct pipeline *pipeline, struct error *error)
{
    struct supervised *group = &pipeline->group;
    supervisor_wait(supervisor, group);
    bool ok = !group->leaving && supervisor_ok(supervisor, error) &&
              cause_none(group->members, group->count, error);
    for (size_t i = 0; i < group->count; i++)
        supervisor_forget(supervisor, group->members[i]);
    return ok;
}

static void release(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->count; i++)
        process_release(&pipeline->processes[i]);
}

bool pipeline_start(struct supervisor *supervisor, struct pipeline *pipeline,
                    const struct arguments *programs, size_t count,
                    bool (*on_remark)(void *context, const struct remark *remark), void *context,
                    struct error *error)
{
    init(pipeline, count, on_remark, context);
    return start_all(supervisor, pipeline, programs, PROCESS_NOTHING, PROCESS_NOTHING, error);
}

bool pipeline_end(struct supervisor *supervisor, struct pipeline *pipeline, struct error *error)
{
    bool ok = finish(supervisor, pipeline, error);
    release(pipeline);
    return ok;
}

bool pipeline_run(struct supervisor *supervisor, const struct arguments *programs, size_t count,
                  bool (*on_remark)(void *context, const struct remark *remark), void *context,
                  struct error *error)
{
    struct pipeline pipeline;
    /* What could not be started has its error already, and those before it still end. */
    pipeline_start(supervisor, &pipeline, programs, count, on_remark, context, error);
    return pipeline_end(supervisor, &pipeline, error);
}

bool pipeline_capture(struct supervisor *supervisor, const struct arguments *programs, size_t count,
                      int input, struct buffer *out, struct error *error)
{
    struct pipeline pipeline;
    init(&pipeline, count, NULL, NULL);
    const struct buffer *captured = &pipeline.processes[count - 1].captured;
    start_all(supervisor, &pipeline, programs, input, PROCESS_CAPTURE, error);
    bool ok = finish(supervisor, &pipeline, error);
    if (ok && captured->failed)
        ok = error_memory(error);
    if (ok) {
        buffer_put(out, captured->data, captured->length);
        ok = buffer_ok(out, error);
    }
    release(&pipeline);
    return ok;
}
