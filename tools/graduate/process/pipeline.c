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
static bool start_all(struct supervisor *supervisor, struct process *processes,
                      const struct arguments *programs, size_t count, int first, int output,
                      struct error *error)
{
    int input = -1;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        int ends[2] = {-1, -1};
        bool last = i + 1 == count;
        if (!last && pipe2(ends, O_CLOEXEC) != 0)
            ok = error_set_errno(error, ERROR_TARGET, "cannot make a pipe");
        if (ok && !last)
            fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE); /* where it is not allowed, 64 KiB will do */
        ok = ok && supervisor_start(supervisor, &processes[i], &programs[i], i == 0 ? first : input,
                                    last ? output : ends[1], error);
        close_fd(&ends[1]);
        close_fd(&input);
        input = ends[0];
    }
    close_fd(&input);
    return ok;
}

/* Wait for those that were started, and take them out of the watch. */
static bool finish_all(struct supervisor *supervisor, struct process *processes, size_t count,
                       bool started, struct error *error)
{
    struct process *running[PIPELINE_MOST] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (processes[i].pid > 0)
            running[n++] = &processes[i];
    supervisor_wait(supervisor, running, n, !started);
    bool ok = started && supervisor_ok(supervisor, error) && cause_none(running, n, error);
    for (size_t i = 0; i < n; i++)
        supervisor_forget(supervisor, running[i]);
    return ok;
}

bool pipeline_run(struct supervisor *supervisor, const struct arguments *programs, size_t count,
                  bool (*on_remark)(void *context, const struct remark *remark), void *context,
                  struct error *error)
{
    assert(count <= PIPELINE_MOST);
    struct process processes[PIPELINE_MOST];
    for (size_t i = 0; i < count; i++) {
        process_init(&processes[i]);
        processes[i].on_remark = on_remark;
        processes[i].context = context;
    }
    bool started =
        start_all(supervisor, processes, programs, count, PROCESS_NOTHING, PROCESS_NOTHING, error);
    bool ok = finish_all(supervisor, processes, count, started, error);
    for (size_t i = 0; i < count; i++)
        process_release(&processes[i]);
    return ok;
}

bool pipeline_capture(struct supervisor *supervisor, const struct arguments *programs, size_t count,
                      int input, struct buffer *out, struct error *error)
{
    assert(count > 0 && count <= PIPELINE_MOST);
    struct process processes[PIPELINE_MOST];
    const struct buffer *captured = &processes[count - 1].captured;
    for (size_t i = 0; i < count; i++)
        process_init(&processes[i]);
    bool started = start_all(supervisor, processes, programs, count, input, PROCESS_CAPTURE, error);
    bool ok = finish_all(supervisor, processes, count, started, error);
    if (ok && captured->failed)
        ok = error_memory(error);
    if (ok) {
        buffer_put(out, captured->data, captured->length);
        ok = buffer_ok(out, error);
    }
    for (size_t i = 0; i < count; i++)
        process_release(&processes[i]);
    return ok;
}
