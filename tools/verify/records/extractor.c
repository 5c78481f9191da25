#include "extractor.h"

#include "graduate/buffer.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MOST_SAID = 16 << 20, MOST_ARGUMENTS = 16 };
static const char program[] = "graduate-extract";

static void find_program(char out[PATH_MAX])
{
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    snprintf(out, PATH_MAX, "%s", program);
    if (length <= 0)
        return;
    own[length] = '\0';
    char *slash = strrchr(own, '/');
    char path[PATH_MAX];
    if (slash == NULL || (size_t)(slash - own) + sizeof program >= sizeof path)
        return;
    snprintf(path, sizeof path, "%.*s/%s", (int)(slash - own), own, program);
    if (access(path, X_OK) == 0)
        snprintf(out, PATH_MAX, "%s", path);
}

/* posix_spawn takes texts that it does not change, and cannot say so. */
static int spawn(struct extractor *extractor, const char *const *texts, int output)
{
    char path[PATH_MAX];
    union {
        const char *const *texts;
        char *const *argv;
    } list = {.texts = texts};
    posix_spawn_file_actions_t actions;
    find_program(path);
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure != 0)
        return failure;
    failure = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(&actions, extractor->said, STDERR_FILENO);
    if (failure == 0)
        failure = posix_spawnp(&extractor->process, path, &actions, NULL, list.argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    extractor->process = failure == 0 ? extractor->process : 0;
    return failure;
}

/* Its messages go to a file in memory: a pipe that nobody reads until the end could fill up. */
bool extractor_start(struct extractor *extractor, const char *const *arguments, struct error *error)
{
    const char *texts[MOST_ARGUMENTS + 4] = {program, "--log-format", "json"};
    int ends[2];
    *extractor = (struct extractor){.output = -1, .said = -1};
    for (size_t i = 0; i < MOST_ARGUMENTS && arguments[i] != NULL; i++)
        texts[3 + i] = arguments[i];
    extractor->said = memfd_create("messages", MFD_CLOEXEC);
    if (extractor->said < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        error_set_errno(error, ERROR_TARGET, "cannot make a pipe");
        extractor_stop(extractor);
        return false;
    }
    extractor->output = ends[0];
    int failure = spawn(extractor, texts, ends[1]);
    close(ends[1]);
    if (failure == 0)
        return true;
    errno = failure;
    error_set_errno(error, ERROR_SOURCE, "cannot start %s", program);
    extractor_stop(extractor);
    return error_hint(error, "install all programs of graduate into one folder (cmake --install)");
}

static void take_line(const char *line, size_t length, struct error *error)
{
    cJSON *json = cJSON_ParseWithLength(line, length);
    const char *code = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "code"));
    const char *said = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "message"));
    const char *hint = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "hint"));
    if (code != NULL && said != NULL) {
        error_set(error, error_code_from_name(code), "%s", said);
        error_hint(error, "%s", hint != NULL ? hint : "");
    }
    cJSON_Delete(json);
}

/* Its last line that is an error; the message stays empty when there is none. */
static void read_said(int fd, struct error *error)
{
    struct buffer text;
    buffer_init(&text);
    off_t size = lseek(fd, 0, SEEK_END);
    uint8_t *to = size > 0 && size < MOST_SAID ? buffer_reserve(&text, (size_t)size) : NULL;
    if (to != NULL && pread(fd, to, (size_t)size, 0) == (ssize_t)size)
        text.length = (size_t)size;
    for (size_t from = 0; from < text.length;) {
        const char *line = (const char *)text.data + from;
        const char *newline = memchr(line, '\n', text.length - from);
        size_t length = newline != NULL ? (size_t)(newline - line) : text.length - from;
        take_line(line, length, error);
        from += length + 1;
    }
    buffer_release(&text);
}

bool extractor_end(struct extractor *extractor, struct error *error)
{
    int status = 0;
    if (extractor->process == 0)
        return true;
    while (waitpid(extractor->process, &status, 0) < 0 && errno == EINTR)
        continue;
    extractor->process = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    struct error said = {0};
    read_said(extractor->said, &said);
    if (said.message[0] == '\0')
        return error_set(error, ERROR_SOURCE, "%s ended %s %d and said nothing", program,
                         WIFSIGNALED(status) ? "by signal" : "with exit code",
                         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    *error = said;
    if (error->code != ERROR_BUG) /* whatever it was: the source could not be read */
        error->code = ERROR_SOURCE;
    return false;
}

void extractor_stop(struct extractor *extractor)
{
    struct error unused;
    if (extractor->output >= 0)
        close(extractor->output);
    if (extractor->process != 0) {
        kill(extractor->process, SIGTERM);
        extractor_end(extractor, &unused);
    }
    if (extractor->said >= 0)
        close(extractor->said);
    extractor->output = extractor->said = -1;
}
