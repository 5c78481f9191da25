#include "environment.h"
#include "graduate/file.h"
#include "graduate/project.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without what follows a value: a comment, which begins with a # behind a blank, and blanks;
 * without the quotes around it, within which all of it stands as it is. */
static char *take_value(char *value)
{
    char *end = *value == '"' || *value == '\'' ? strchr(value + 1, *value) : NULL;
    const char *behind = end != NULL ? end + 1 + strspn(end + 1, " \t\r") : value;
    if (end != NULL && (*behind == '\0' || *behind == '#')) {
        *end = '\0';
        return value + 1;
    }
    for (end = value; *end != '\0'; end++)
        if (*end == '#' && (end == value || strchr(" \t", end[-1]) != NULL))
            break;
    while (end > value && strchr(" \t\r", end[-1]) != NULL)
        end--;
    *end = '\0';
    return value;
}

/* Of a name that stands twice the last value counts; what the environment brought counts before
 * all. `ours` has "=NAME=" for each that was set here. */
static bool set(const char *name, const char *value, struct buffer *ours)
{
    struct buffer word;
    buffer_init(&word);
    buffer_printf(&word, "=%s=", name);
    bool again = strstr(buffer_text(ours), buffer_text(&word)) != NULL;
    bool ok = true;
    if (again || getenv(name) == NULL) {
        ok = setenv(name, value, 1) == 0;
        buffer_puts(ours, buffer_text(&word));
    }
    buffer_release(&word);
    return ok;
}

static bool env_line(char *line, size_t number, struct buffer *ours, struct error *error)
{
    static const char letters[] = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    line += strspn(line, " \t\r");
    if (*line == '#' || *line == '\0')
        return true;
    if (strncmp(line, "export ", 7) == 0)
        line += 7;
    size_t length = strspn(line, letters);
    char *equals = line + length + strspn(line + length, " \t");
    if (length == 0 || (line[0] >= '0' && line[0] <= '9') || *equals != '=') {
        error_set(error, ERROR_USAGE, ".env:%zu: this line is not NAME=value", number);
        return error_hint(error, "correct the line, or make it a comment with # in front");
    }
    line[length] = '\0';
    if (!set(line, take_value(equals + 1 + strspn(equals + 1, " \t")), ours))
        return error_set_errno(error, ERROR_USAGE, ".env:%zu", number);
    return true;
}

bool environment_read(struct error *error)
{
    static const char mark[] =
        "\xEF\xBB\xBF"; /* a byte order mark, as editors of Windows write it */
    struct buffer text, ours;
    if (!file_exists(".env"))
        return true;
    buffer_init(&text);
    buffer_init(&ours);
    bool ok = file_read(".env", 1 << 20, ERROR_USAGE, &text, error);
    buffer_putc(&text, '\0');
    ok = ok && buffer_ok(&text, error);
    size_t number = 1;
    char *line = ok ? (char *)text.data : NULL;
    if (line != NULL && strncmp(line, mark, strlen(mark)) == 0)
        line += strlen(mark);
    for (; ok && line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        ok = env_line(line, number, &ours, error) && buffer_ok(&ours, error);
        line = end;
    }
    buffer_release(&ours);
    buffer_release(&text);
    return ok;
}

bool project_expand(const char *text, struct buffer *out, struct error *error)
{
    for (const char *at = text; *at != '\0';) {
        const char *end = strncmp(at, "${", 2) == 0 ? strchr(at, '}') : NULL;
        if (end == NULL) {
            buffer_putc(out, *at++);
            continue;
        }
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)(end - at - 2), at + 2);
        const char *value = getenv(name);
        if (value == NULL || value[0] == '\0') {
            error_set(error, ERROR_USAGE, "%s is not set", name);
            return error_hint(error, "set it in the environment, or as a line %s=... in .env",
                              name);
        }
        buffer_puts(out, value);
        at = end + 1;
    }
    return buffer_ok(out, error);
}
