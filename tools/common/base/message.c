#include "graduate/message.h"
#include "graduate/buffer.h"
#include "graduate/json.h"

#include <bson/bson.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *program_name = "graduate";
static enum message_format output_format = MESSAGE_TEXT;

void message_init(const char *program, enum message_format format)
{
    program_name = program;
    output_format = format;
}

enum message_format message_format(void)
{
    return output_format;
}

bool message_format_parse(const char *text, enum message_format *format, struct error *error)
{
    if (strcmp(text, "text") == 0)
        *format = MESSAGE_TEXT;
    else if (strcmp(text, "json") == 0)
        *format = MESSAGE_JSON;
    else
        return error_set(error, ERROR_USAGE, "--log-format is \"%s\"; it can be text or json",
                         text);
    return true;
}

/* One write per line, so that lines of several programs on one terminal do not mix. */
static void emit(struct buffer *line)
{
    /* A place may be cut inside a character, or come from text that is no UTF-8. */
    if (!line->failed && line->length > 0 &&
        !bson_utf8_validate((const char *)line->data, line->length, true))
        for (size_t i = 0; i < line->length; i++)
            line->data[i] = line->data[i] < 0x80 ? line->data[i] : '?';
    buffer_putc(line, '\n');
    size_t done = 0;
    while (!line->failed && done < line->length) {
        ssize_t n = write(STDERR_FILENO, line->data + done, line->length - done);
        if (n <= 0)
            break; /* nowhere left to complain to */
        done += (size_t)n;
    }
    buffer_release(line);
}

/* Colours are for terminals that have them, and for people who want them (no-color.org). */
static bool is_coloured(void)
{
    const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && (refused == NULL || refused[0] == '\0') && terminal != NULL &&
           terminal[0] != '\0' && strcmp(terminal, "dumb") != 0;
}

/* "error: ", or what else the level is called. */
static void put_level(struct buffer *line, const char *level)
{
    static const char red[] = "\033[1;31m", yellow[] = "\033[1;33m", plain[] = "\033[0m";
    bool coloured = is_coloured();
    if (coloured)
        buffer_puts(line, strcmp(level, "error") == 0 ? red : yellow);
    buffer_printf(line, "%s:", level);
    buffer_printf(line, "%s ", coloured ? plain : "");
}

static void put_next(struct buffer *line)
{
    bool coloured = is_coloured();
    buffer_printf(line, "\n  %snext:%s ", coloured ? "\033[1m" : "", coloured ? "\033[0m" : "");
}

static void json_begin(struct buffer *line, const char *level)
{
    struct timespec now;
    struct tm utc;
    char stamp[32] = "";
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &utc) != NULL)
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    buffer_printf(line, "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"program\":\"%s\"", stamp,
                  now.tv_nsec / 1000000, level, program_name);
}

static void json_member(struct buffer *line, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    buffer_printf(line, ",\"%s\":", name);
    json_put_string(line, value, strlen(value));
}

static void say(const char *level, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void say(const char *level, const char *format, va_list args)
{
    struct buffer text, line;
    buffer_init(&text);
    buffer_init(&line);
    buffer_vprintf(&text, format, args);
    if (output_format == MESSAGE_JSON) {
        json_begin(&line, level);
        json_member(&line, "message", buffer_text(&text));
        buffer_putc(&line, '}');
    } else {
        buffer_printf(&line, "%s: ", program_name);
        if (strcmp(level, "info") != 0)
            put_level(&line, level);
        buffer_put(&line, text.data, text.length);
    }
    emit(&line);
    buffer_release(&text);
}

void message_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("info", format, args);
    va_end(args);
}

void message_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("warning", format, args);
    va_end(args);
}

int message_error(const struct error *error)
{
    struct buffer line;
    buffer_init(&line);
    const struct {
        const char *name, *label, *value;
    } places[] = {
        {"entity", "entity", error->entity},
        {"key", "key", error->key},
        {"path", "at", error->path},
        {"sqlstate", "SQLSTATE", error->sqlstate},
    };
    const size_t n = sizeof places / sizeof places[0];
    if (output_format == MESSAGE_JSON) {
        json_begin(&line, "error");
        json_member(&line, "code", error_code_name(error->code));
        json_member(&line, "message", error_text(error));
        for (size_t i = 0; i < n; i++)
            json_member(&line, places[i].name, places[i].value);
        json_member(&line, "hint", error->hint);
        if (error->problems > 0)
            buffer_printf(&line, ",\"problems\":%d", error->problems);
        if (error->row.batch > 0)
            buffer_printf(&line,
                          ",\"row\":{\"batch\":%" PRId64 ",\"output\":%" PRId64
                          ",\"place\":%" PRId64 "}",
                          error->row.batch, error->row.output, error->row.place);
        if (error->index.name[0] != '\0') {
            buffer_puts(&line, ",\"index\":{\"name\":");
            json_put_string(&line, error->index.name, strlen(error->index.name));
            buffer_puts(&line, ",\"table\":");
            json_put_string(&line, error->index.table, strlen(error->index.table));
            buffer_putc(&line, '}');
        }
        buffer_putc(&line, '}');
    } else {
        buffer_printf(&line, "%s: ", program_name);
        put_level(&line, "error");
        buffer_puts(&line, error_text(error));
        const char *separator = "\n  where: ";
        for (size_t i = 0; i < n; i++) {
            if (places[i].value[0] == '\0')
                continue;
            buffer_printf(&line, "%s%s %s", separator, places[i].label, places[i].value);
            separator = ", ";
        }
        if (error->hint[0] != '\0') {
            put_next(&line);
            buffer_puts(&line, error->hint);
        }
    }
    emit(&line);
    return error_exit_code(error->code);
}

void message_progress(const struct progress *progress)
{
    if (output_format != MESSAGE_JSON)
        return;
    struct buffer line;
    buffer_init(&line);
    json_begin(&line, "progress");
    json_member(&line, "entity", progress->entity);
    buffer_printf(&line,
                  ",\"batch\":%" PRId64 ",\"records\":%" PRId64 ",\"rows\":%" PRId64
                  ",\"bytes\":%" PRId64 "}",
                  progress->batch, progress->records, progress->rows, progress->bytes);
    emit(&line);
}
