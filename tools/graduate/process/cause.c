#include "cause.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* What the system's loader ends a program with whose libraries it cannot load. */
enum { NOT_LOADED = 127 };

/* Whom a sudden death blames: the loader is killed by what happens at the target's end, the
 * extractor at the source's; the transformer works alone. */
static const struct {
    const char *program;
    enum error_code code;
} blames[] = {
    {"graduate-extract", ERROR_SOURCE},
    {"graduate-transform", ERROR_BUG},
    {"graduate-load", ERROR_TARGET},
};

static enum error_code blame(const char *program)
{
    for (size_t i = 0; i < sizeof blames / sizeof blames[0]; i++)
        if (strcmp(blames[i].program, program) == 0)
            return blames[i].code;
    return ERROR_BUG;
}

/* 0 is the likeliest cause. */
enum rank { RANK_SAID, RANK_SIGNAL, RANK_SILENT, RANK_PEER, RANK_STOPPED };

static enum rank rank_of(const struct process *process)
{
    bool by_signal = WIFSIGNALED(process->status);
    if (process->said.code != ERROR_NONE && process->said.code != ERROR_PEER)
        return RANK_SAID;
    if (process->stopped)
        return RANK_STOPPED;
    if (by_signal && WTERMSIG(process->status) == SIGPIPE)
        return RANK_PEER;
    if (by_signal)
        return RANK_SIGNAL;
    return process->said.code == ERROR_PEER ? RANK_PEER : RANK_SILENT;
}

static void tell(const struct process *process, struct error *error)
{
    const char *program = process->program;
    if (process->said.code != ERROR_NONE) {
        *error = process->said;
    } else if (WIFSIGNALED(process->status)) {
        int number = WTERMSIG(process->status);
        const char *name = sigabbrev_np(number);
        enum error_code code = blame(program);
        if (number == SIGKILL && code == ERROR_BUG) /* no program does that to itself */
            code = ERROR_TARGET;
        error_set(error, code, "%s was killed by signal %d (SIG%s)", program, number,
                  name != NULL ? name : "?");
        if (number == SIGKILL)
            error_hint(error, "if nobody killed it, this machine may be short of memory");
    } else if (WEXITSTATUS(process->status) == NOT_LOADED) {
        error_set(error, ERROR_TARGET, "%s could not be loaded", program);
        error_hint(error, "what the system says of it stands above, and in the log: install what "
                          "is missing, or give it more memory (ulimit -v), and run again");
    } else {
        error_set(error, ERROR_BUG, "%s ended with exit code %d and did not say why", program,
                  WEXITSTATUS(process->status));
        error_hint(error, "what it printed besides stands above, and in the log");
    }
}

/* All the others complain of a neighbour: of the first that ended well, if there is one. */
static const struct process *too_soon(struct process *const *processes, size_t count)
{
    const struct process *first = NULL;
    for (size_t i = 0; i < count; i++)
        if (!process_failed(processes[i]) && (first == NULL || processes[i]->order < first->order))
            first = processes[i];
    return first;
}

bool cause_none(struct process *const *processes, size_t count, struct error *error)
{
    const struct process *cause = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct process *process = processes[i];
        if (!process_failed(process))
            continue;
        bool better = cause == NULL || rank_of(process) < rank_of(cause) ||
                      (rank_of(process) == rank_of(cause) && process->order < cause->order);
        if (better)
            cause = process;
    }
    if (cause == NULL)
        return true;
    const struct process *early = rank_of(cause) == RANK_PEER ? too_soon(processes, count) : NULL;
    if (early != NULL)
        return error_set(error, ERROR_BUG, "%s ended as if all were done, but too soon",
                         early->program);
    tell(cause, error);
    return false;
}
