#include "journal.h"
#include "figures.h"
#include "progress.h"

#include "graduate/file.h"
#include "graduate/json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const double terminal_pace = 0.1, line_pace = 5;

void journal_init(struct journal *journal, enum message_format format)
{
    *journal = (struct journal){
        .log = -1,
        .json = format == MESSAGE_JSON,
        .terminal = format == MESSAGE_TEXT && isatty(STDERR_FILENO),
        .shown_at = progress_clock(),
    };
}

bool journal_open(struct journal *journal, const char *path, struct error *error)
{
    journal->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    journal->name = path;
    return journal->log >= 0 || error_set_errno(error, ERROR_TARGET, "cannot write %s", path);
}

void journal_release(struct journal *journal)
{
    journal_clear(journal);
    if (journal->log >= 0)
        close(journal->log);
    journal->log = -1;
}

/* A line is in the log whole or not at all: of one that did not fit on the disk the part is taken
 * back, so that the log of the run that goes on stays JSON. */
static void append(struct journal *journal, struct buffer *line)
{
    struct stat before;
    if (journal->log < 0 || journal->failure.code != ERROR_NONE)
        return;
    buffer_putc(line, '\n');
    bool known = fstat(journal->log, &before) == 0;
    if (buffer_ok(line, &journal->failure) &&
        !file_write_all(journal->log, journal->name, line->data, line->length, &journal->failure) &&
        known && ftruncate(journal->log, before.st_size) != 0)
        error_hint(&journal->failure, "make room on that disk, take the last, broken line out of "
                                      "the log, and run again");
}

static void begin(struct buffer *line, const char *level)
{
    struct timespec now;
    struct tm utc;
    char stamp[32] = "";
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc) != NULL)
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    buffer_printf(line, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"program\":\"graduate\"", stamp,
                  now.tv_nsec / 1000000, level);
}

static void member(struct buffer *line, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    buffer_printf(line, ",\"%s\":", name);
    json_put_string(line, value, strlen(value));
}

/* What is said, and what the log has besides: an entity and its seconds, unless it is NULL. */
struct saying {
    bool warning;
    const char *entity;
    double seconds;
};

static void log_text(struct journal *journal, const struct saying *saying, const char *text)
{
    struct buffer line;
    buffer_init(&line);
    begin(&line, saying->warning ? "warning" : "info");
    member(&line, "message", text);
    if (saying->entity != NULL) {
        member(&line, "entity", saying->entity);
        buffer_printf(&line, ",\"seconds\":%.3f", saying->seconds);
    }
    buffer_putc(&line, '}');
    append(journal, &line);
    buffer_release(&line);
}

static void say(struct journal *journal, const struct saying *saying, const char *format,
                va_list args) __attribute__((format(printf, 3, 0)));

static void say(struct journal *journal, const struct saying *saying, const char *format,
                va_list args)
{
    char text[2048];
    vsnprintf(text, sizeof text, format, args);
    journal_clear(journal);
    if (saying->warning)
        message_warning("%s", text);
    else
        message_info("%s", text);
    log_text(journal, saying, text);
}

void journal_info(struct journal *journal, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(journal, &(struct saying){0}, format, args);
    va_end(args);
}

void journal_time(struct journal *journal, const char *entity, double seconds, const char *format,
                  ...)
{
    va_list args;
    va_start(args, format);
    say(journal, &(struct saying){.entity = entity, .seconds = seconds}, format, args);
    va_end(args);
}

void journal_warning(struct journal *journal, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(journal, &(struct saying){.warning = true}, format, args);
    va_end(args);
}

void journal_error(struct journal *journal, const struct error *error)
{
    struct buffer line;
    journal_clear(journal);
    buffer_init(&line);
    begin(&line, "error");
    member(&line, "code", error_code_name(error->code));
    member(&line, "message", error_text(error));
    member(&line, "entity", error->entity);
    member(&line, "key", error->key);
    member(&line, "path", error->path);
    member(&line, "sqlstate", error->sqlstate);
    member(&line, "hint", error->hint);
    buffer_putc(&line, '}');
    append(journal, &line);
    buffer_release(&line);
}

void journal_remark(struct journal *journal, const char *program, const struct remark *remark,
                    const char *line, size_t length, bool aloud)
{
    if (remark->kind == REMARK_NOISE) { /* no JSON, so it cannot go into the log as it is */
        journal_warning(journal, "%s printed: %s", program, remark->text);
        return;
    }
    struct buffer raw;
    buffer_init(&raw);
    buffer_put(&raw, line, length);
    append(journal, &raw);
    buffer_release(&raw);
    if (!aloud || (remark->kind != REMARK_INFO && remark->kind != REMARK_WARNING))
        return;
    journal_clear(journal);
    const char *separator = remark->entity[0] != '\0' ? ": " : "";
    if (remark->kind == REMARK_WARNING)
        message_warning("%s%s%s", remark->entity, separator, remark->text);
    else
        message_info("%s%s%s", remark->entity, separator, remark->text);
}

bool journal_is_due(struct journal *journal)
{
    double now = progress_clock();
    if (now - journal->shown_at < (journal->terminal ? terminal_pace : line_pace))
        return false;
    journal->shown_at = now;
    return true;
}

size_t journal_room(const struct journal *journal)
{
    enum { PLAIN = 255, NARROW = 79 };
    struct winsize window;
    if (!journal->terminal)
        return PLAIN;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1
               ? window.ws_col - 1U /* a full line would wrap and could not be rewritten */
               : NARROW;
}

void journal_show(struct journal *journal, const char *text)
{
    if (!journal->terminal) {
        message_info("%s", text);
        return;
    }
    dprintf(STDERR_FILENO, "\r%.*s\033[K", (int)journal_room(journal), text);
    journal->standing = true;
}

void journal_follow(struct journal *journal, const char *text)
{
    snprintf(journal->followed, sizeof journal->followed, "%s", text != NULL ? text : "");
    journal->followed_since = progress_clock();
}

/* The time stands behind the text, which gives way to it. */
void journal_tick(struct journal *journal)
{
    char figure[FIGURE_SIZE], text[sizeof journal->followed + sizeof figure];
    double seconds = progress_clock() - journal->followed_since;
    if (journal->followed[0] == '\0' || journal->json || seconds < 1 || !journal_is_due(journal))
        return;
    figure_duration(seconds, figure);
    size_t room = journal_room(journal), taken = strlen(figure) + strlen(", ");
    snprintf(text, sizeof text, "%.*s, %s", room > taken ? (int)(room - taken) : 0,
             journal->followed, figure);
    journal_show(journal, text);
}

void journal_clear(struct journal *journal)
{
    if (journal->standing)
        dprintf(STDERR_FILENO, "\r\033[K");
    journal->standing = false;
}
