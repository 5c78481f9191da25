#include "snapshot.h"
#include "cause.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The holder has ended, which it must not. */
static bool gone(struct snapshot *snapshot, struct error *error)
{
    struct process *holder = &snapshot->process;
    if (cause_none(&holder, 1, error)) /* it ended well, but too soon */
        error_set(error, ERROR_BUG, "%s did not hold its snapshot", holder->program);
    return false;
}

static bool start(struct snapshot *snapshot, const struct project *project,
                  const struct source *source, struct supervisor *supervisor, struct error *error)
{
    struct arguments arguments;
    int ends[2];
    arguments_init(&arguments, "graduate-extract");
    arguments_add(&arguments, "--project", project->folder, "--source", source->name,
                  "--hold-snapshot", NULL);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(error, ERROR_TARGET, "cannot make a pipe");
    process_init(&snapshot->process);
    bool ok = supervisor_start(supervisor, &snapshot->process, &arguments, ends[0], PROCESS_CAPTURE,
                               error);
    close(ends[0]);
    if (!ok) {
        close(ends[1]);
        process_release(&snapshot->process);
        return false;
    }
    snapshot->input = ends[1];
    snapshot->held = true;
    return true;
}

static bool read_name(struct snapshot *snapshot, const struct source *source, struct error *error)
{
    const char *text = buffer_text(&snapshot->process.captured);
    size_t length = strcspn(text, "\n");
    if (text[length] != '\n')
        return gone(snapshot, error);
    if (length == 0 || length >= sizeof snapshot->name)
        return error_set(error, ERROR_BUG, "the snapshot of source %s has no name", source->name);
    snprintf(snapshot->name, sizeof snapshot->name, "%.*s", (int)length, text);
    return true;
}

bool snapshot_hold(struct snapshot *snapshot, const struct project *project,
                   const struct source *source, struct supervisor *supervisor, struct error *error)
{
    if (snapshot->held)
        return !snapshot->process.ended || gone(snapshot, error);
    if (!start(snapshot, project, source, supervisor, error))
        return false;
    supervisor_wait_line(supervisor, &snapshot->process);
    bool ok = supervisor_ok(supervisor, error) && read_name(snapshot, source, error);
    if (!ok)
        snapshot_let_go(snapshot, supervisor);
    return ok;
}

void snapshot_let_go(struct snapshot *snapshot, struct supervisor *supervisor)
{
    if (!snapshot->held)
        return;
    struct process *holder = &snapshot->process;
    close(snapshot->input);
    supervisor_wait(supervisor,
                    &(struct supervised){.members = {holder}, .count = 1, .leaving = true});
    supervisor_forget(supervisor, holder);
    process_release(holder);
    snapshot->held = false;
}
