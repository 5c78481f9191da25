#include "supervisor.h"
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_LINE = 2 << 20, MOST_CAPTURED = 64 << 20 };

/* Seconds from the first failure to SIGTERM, and from there to SIGKILL. A loader may be in the
 * middle of a batch, and is allowed to end it. */
static const double patience = 10, last_patience = 5;

static char farewell[1024];

static void leave(int number)
{
    ssize_t unused = write(STDERR_FILENO, farewell, strlen(farewell));
    (void)unused;
    _exit(128 + number);
}

/* signalfd delivers a signal that is ignored, too, once it is blocked: hence the choice here. */
static void handle_stops(struct supervisor *supervisor)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
    sigemptyset(&supervisor->stops);
    for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
        const struct sigaction action = {.sa_handler = leave};
        struct sigaction before;
        if (sigaction(stops[i], NULL, &before) != 0 || before.sa_handler == SIG_IGN)
            continue;
        sigaction(stops[i], &action, NULL);
        sigaddset(&supervisor->stops, stops[i]);
    }
}

bool supervisor_init(struct supervisor *supervisor, struct journal *journal, struct error *error)
{
    *supervisor = (struct supervisor){.journal = journal};
    supervisor_stall(supervisor, 600);
    sigset_t wanted, child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    handle_stops(supervisor);
    wanted = supervisor->stops;
    sigaddset(&wanted, SIGCHLD);
    supervisor->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor->signals < 0)
        return error_set_errno(error, ERROR_TARGET, "cannot watch for signals");
    signal(SIGPIPE, SIG_IGN); /* a reader of our messages that has gone does not stop a migration */
    return true;
}

void supervisor_stall(struct supervisor *supervisor, int64_t seconds)
{
    snprintf(supervisor->stall, sizeof supervisor->stall, "%" PRId64, seconds);
}

void supervisor_farewell(const char *text)
{
    snprintf(farewell, sizeof farewell, "%s", text);
}

static void read_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    while (read(supervisor->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD && supervisor->interrupted == 0)
            supervisor->interrupted = (int)info.ssi_signo;
}

static void take_line(struct supervisor *supervisor, struct process *process, const char *line,
                      size_t length)
{
    struct remark remark;
    if (length == 0)
        return;
    remark_parse(line, length, &remark);
    bool taken = process->on_remark != NULL && process->on_remark(process->context, &remark);
    journal_remark(supervisor->journal, process->program, &remark, line, length, !taken);
    if (remark.kind == REMARK_ERROR && process->said.code == ERROR_NONE)
        process->said = remark.error;
}

static void take_lines(struct supervisor *supervisor, struct process *process, bool end)
{
    struct buffer *text = &process->line;
    size_t from = 0;
    while (from < text->length) {
        const char *line = (const char *)text->data + from;
        size_t left = text->length - from;
        const char *newline = memchr(line, '\n', left);
        if (newline == NULL && left < LONGEST_LINE && !end)
            break;
        size_t length = newline != NULL ? (size_t)(newline - line) : left;
        take_line(supervisor, process, line, length);
        from += length + (newline != NULL);
    }
    if (from > 0)
        memmove(text->data, text->data + from, text->length - from);
    text->length -= from;
}

/* Append what there is now; *fd becomes -1 at the end. */
static void drain(int *fd, struct buffer *into)
{
    uint8_t *to = buffer_reserve(into, 65536);
    ssize_t n = to != NULL ? read(*fd, to, 65536) : 0;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        into->length += (size_t)n;
        return;
    }
    close(*fd);
    *fd = -1;
}

static void read_messages(struct supervisor *supervisor, struct process *process)
{
    drain(&process->messages, &process->line);
    take_lines(supervisor, process, process->messages < 0);
}

static void read_output(struct process *process)
{
    drain(&process->output, &process->captured);
    if (process->captured.length > MOST_CAPTURED) {
        error_set(&process->said, ERROR_BUG, "%s printed more than %d MiB where little was asked",
                  process->program, MOST_CAPTURED >> 20);
        kill(process->pid, SIGKILL);
        process->captured.length = 0;
    }
}

/* All that it wrote is in the pipes by now. A child of its own may hold them open, so they are read
 * until they are empty, not until they end. */
static void read_rest(struct supervisor *supervisor, struct process *process)
{
    for (size_t before = SIZE_MAX; process->output >= 0 && process->captured.length != before;) {
        before = process->captured.length;
        read_output(process);
    }
    struct pollfd more = {.fd = process->messages, .events = POLLIN};
    while (process->messages >= 0 && poll(&more, 1, 0) == 1)
        read_messages(supervisor, process);
    take_lines(supervisor, process, true);
}

static void reap(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        struct process *process = supervisor->members[i];
        if (process->ended || waitpid(process->pid, &process->status, WNOHANG) != process->pid)
            continue;
        process->ended = true;
        process->order = ++supervisor->ended;
        read_rest(supervisor, process);
    }
}

static void turn(struct supervisor *supervisor, int milliseconds)
{
    struct pollfd fds[1 + 2 * SUPERVISOR_MOST] = {{.fd = supervisor->signals, .events = POLLIN}};
    nfds_t count = 1;
    journal_tick(supervisor->journal);
    reap(supervisor);
    for (size_t i = 0; i < supervisor->count; i++) { /* poll passes over what is -1 */
        const struct process *process = supervisor->members[i];
        fds[count++] =
            (struct pollfd){.fd = process->ended ? -1 : process->messages, .events = POLLIN};
        fds[count++] =
            (struct pollfd){.fd = process->ended ? -1 : process->output, .events = POLLIN};
    }
    if (poll(fds, count, milliseconds) <= 0)
        return;
    if (fds[0].revents != 0)
        read_signals(supervisor);
    for (size_t i = 0; i < supervisor->count; i++) {
        if (fds[1 + 2 * i].revents != 0)
            read_messages(supervisor, supervisor->members[i]);
        if (fds[2 + 2 * i].revents != 0)
            read_output(supervisor->members[i]);
    }
}

bool supervisor_ok(const struct supervisor *supervisor, struct error *error)
{
    if (supervisor->interrupted != 0) {
        error_set(error, ERROR_REFUSED, "stopped by signal %d (%s)", supervisor->interrupted,
                  strsignal(supervisor->interrupted));
        return false;
    }
    if (supervisor->journal->failure.code != ERROR_NONE) {
        *error = supervisor->journal->failure;
        return false;
    }
    return true;
}

bool supervised_ended(const struct supervised *group)
{
    bool all = true;
    for (size_t i = 0; i < group->count; i++)
        all = all && group->members[i]->ended;
    return all;
}

static void send_all(const struct supervised *group, int number)
{
    for (size_t i = 0; i < group->count; i++)
        if (!group->members[i]->ended) {
            group->members[i]->stopped = true;
            kill(group->members[i]->pid, number);
        }
}

void supervised_stop(struct supervised *group)
{
    group->terminate_at = progress_clock();
}

/* Those who ought to end by themselves, and do not, are told to. */
static void hurry(const struct supervisor *supervisor, struct supervised *group)
{
    struct error unused;
    double now = progress_clock();
    bool failed = group->leaving;
    for (size_t i = 0; i < group->count; i++)
        failed = failed || process_failed(group->members[i]);
    if (group->terminate_at == 0 && failed)
        group->terminate_at = now + patience;
    if (group->kill_at == 0 && !supervisor_ok(supervisor, &unused))
        group->terminate_at = now;
    if (group->terminate_at != 0 && group->kill_at == 0 && now >= group->terminate_at) {
        send_all(group, SIGTERM);
        group->kill_at = now + last_patience;
    }
    if (group->kill_at != 0 && now >= group->kill_at)
        send_all(group, SIGKILL);
}

/* Until one of them has ended. */
static void wait_any(struct supervisor *supervisor, struct supervised *const *groups, size_t count)
{
    for (;;) {
        reap(supervisor);
        for (size_t i = 0; i < count; i++)
            if (supervised_ended(groups[i]))
                return;
        for (size_t i = 0; i < count; i++)
            hurry(supervisor, groups[i]);
        turn(supervisor, 250);
    }
}

/* Signals come by the descriptor from here to give_signals. */
static void take_signals(const struct supervisor *supervisor, sigset_t *before)
{
    sigprocmask(SIG_BLOCK, &supervisor->stops, before);
}

static void give_signals(struct supervisor *supervisor, const sigset_t *before)
{
    read_signals(supervisor);
    sigprocmask(SIG_SETMASK, before, NULL);
}

void supervisor_wait_any(struct supervisor *supervisor, struct supervised *const *groups,
                         size_t count)
{
    sigset_t before;
    take_signals(supervisor, &before);
    wait_any(supervisor, groups, count);
    give_signals(supervisor, &before);
}

void supervisor_wait(struct supervisor *supervisor, struct supervised *group)
{
    supervisor_wait_any(supervisor, &group, 1);
}

void supervisor_wait_line(struct supervisor *supervisor, struct process *process)
{
    sigset_t before;
    struct error unused;
    take_signals(supervisor, &before);
    while (!process->ended && supervisor_ok(supervisor, &unused) &&
           (process->captured.length == 0 ||
            memchr(process->captured.data, '\n', process->captured.length) == NULL))
        turn(supervisor, 250);
    give_signals(supervisor, &before);
}

bool supervisor_start(struct supervisor *supervisor, struct process *process,
                      const struct arguments *arguments, int input, int output, struct error *error)
{
    if (supervisor->count == SUPERVISOR_MOST)
        return error_set(error, ERROR_BUG, "more than %d programs at once", SUPERVISOR_MOST);
    struct arguments all = *arguments;
    if (strcmp(all.items[0], "graduate-transform") != 0) /* the only one that asks no server */
        arguments_add(&all, "--stall", supervisor->stall, NULL);
    if (!process_start(process, &all, input, output, error))
        return false;
    supervisor->members[supervisor->count++] = process;
    return true;
}

void supervisor_forget(struct supervisor *supervisor, const struct process *process)
{
    size_t kept = 0;
    for (size_t i = 0; i < supervisor->count; i++)
        if (supervisor->members[i] != process)
            supervisor->members[kept++] = supervisor->members[i];
    supervisor->count = kept;
}

void supervisor_release(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        struct process *process = supervisor->members[i];
        if (!process->ended && kill(process->pid, SIGKILL) == 0)
            waitpid(process->pid, &process->status, 0);
        process->ended = true;
    }
    supervisor->count = 0;
    close(supervisor->signals);
}
