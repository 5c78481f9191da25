#include "process.h"

#include "graduate/message.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void arguments_init(struct arguments *arguments, const char *program)
{
    *arguments = (struct arguments){0};
    arguments_add(arguments, program, "--log-format", "json", NULL);
}

void arguments_add(struct arguments *arguments, ...)
{
    va_list texts;
    va_start(texts, arguments);
    for (const char *text; (text = va_arg(texts, const char *)) != NULL;) {
        assert(arguments->count < PROCESS_MOST_ARGUMENTS);
        arguments->items[arguments->count++] = text;
    }
    va_end(texts);
}

static bool is_program(const char *path)
{
    return access(path, X_OK) == 0;
}

static bool beside_driver(const char *program, char *out, size_t size)
{
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    if (length <= 0)
        return false;
    own[length] = '\0';
    *(strrchr(own, '/')) = '\0';
    int n = snprintf(out, size, "%s/%s", own, program);
    return n > 0 && (size_t)n < size && is_program(out);
}

static bool on_path(const char *program, char *out, size_t size)
{
    const char *at = getenv("PATH");
    while (at != NULL) {
        size_t length = strcspn(at, ":");
        int n = snprintf(out, size, "%.*s/%s", (int)length, at, program);
        if (length > 0 && n > 0 && (size_t)n < size && is_program(out))
            return true;
        at = at[length] == ':' ? at + length + 1 : NULL;
    }
    return false;
}

bool process_find(const char *program, char *out, size_t size, struct error *error)
{
    if (beside_driver(program, out, size) || on_path(program, out, size))
        return true;
    error_set(error, ERROR_TARGET, "%s is neither beside graduate nor on the PATH", program);
    return error_hint(error, "install all programs of graduate into one folder (cmake --install)");
}

void process_init(struct process *process)
{
    *process = (struct process){.messages = -1, .output = -1};
    buffer_init(&process->line);
    buffer_init(&process->captured);
}

void process_release(struct process *process)
{
    if (process->messages >= 0)
        close(process->messages);
    if (process->output >= 0)
        close(process->output);
    buffer_release(&process->line);
    buffer_release(&process->captured);
    process_init(process);
}

/* In the new process, with all signals blocked. Nothing of the driver's state is left but what the
 * program needs; a handler of the driver's must not run here, not even before execv. */
static _Noreturn void become(const struct arguments *arguments, const char *path, pid_t driver,
                             int input, int output, int messages)
{
    static const int handled[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++) {
        struct sigaction now;
        if (sigaction(handled[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            signal(handled[i], SIG_DFL);
    }
    signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != driver) /* it died before the line above could count */
        _exit(EXIT_FAILURE);
    if (input == PROCESS_NOTHING)
        input = open("/dev/null", O_RDONLY);
    if (output == PROCESS_NOTHING)
        output = messages;
    if (dup2(messages, STDERR_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(input, STDIN_FILENO) >= 0) {
        union {
            const char *const *texts;
            char *const *argv; /* execv does not change them, and cannot say so */
        } list = {.texts = arguments->items};
        /* Else every killed extractor leaves a file of libmongoc in /dev/shm. */
        setenv("MONGOC_DISABLE_SHM", "1", 1);
        execv(path, list.argv);
    }
    struct error error;
    message_init(arguments->items[0], MESSAGE_JSON);
    error_set_errno(&error, ERROR_TARGET, "cannot run %s", path);
    error_hint(&error, "install all programs of graduate into one folder (cmake --install)");
    _exit(message_error(&error));
}

static bool read_end(int ends[2], struct error *error)
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(error, ERROR_TARGET, "cannot make a pipe");
    fcntl(ends[0], F_SETFL, O_NONBLOCK); /* the driver's end alone */
    return true;
}

/* No signal may find the new process while it still has the driver's handlers. */
static bool fork_into(struct process *process, const struct arguments *arguments, const char *path,
                      int input, int output, int messages, struct error *error)
{
    pid_t driver = getpid();
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    process->pid = fork();
    if (process->pid == 0)
        become(arguments, path, driver, input, output, messages);
    if (process->pid < 0)
        error_set_errno(error, ERROR_TARGET, "cannot start %s", process->program);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return process->pid > 0;
}

bool process_start(struct process *process, const struct arguments *arguments, int input,
                   int output, struct error *error)
{
    char path[PATH_MAX];
    int messages[2], captured[2] = {-1, -1};
    process->program = arguments->items[0];
    if (!process_find(process->program, path, sizeof path, error) || !read_end(messages, error))
        return false;
    bool ok = (output != PROCESS_CAPTURE || read_end(captured, error)) &&
              fork_into(process, arguments, path, input,
                        output == PROCESS_CAPTURE ? captured[1] : output, messages[1], error);
    close(messages[1]);
    if (captured[1] >= 0)
        close(captured[1]);
    process->messages = messages[0];
    process->output = captured[0];
    return ok;
}

bool process_failed(const struct process *process)
{
    return process->ended && !(WIFEXITED(process->status) && WEXITSTATUS(process->status) == 0);
}
