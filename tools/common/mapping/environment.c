#include "environment.h"
#include "graduate/file.h"
#include "graduate/project.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool env_line(char *line, size_t number, struct error *error)
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
    char *value = equals + 1 + strspn(equals + 1, " \t");
    line[length] = '\0';
    length = strlen(value);
    while (length > 0 && strchr(" \t\r", value[length - 1]) != NULL)
        value[--length] = '\0';
    if (length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0]) {
        value[length - 1] = '\0';
        value++;
    }
    if (setenv(line, value, 0) != 0)
        return error_set_errno(error, ERROR_USAGE, ".env:%zu", number);
    return true;
}

bool environment_read(struct error *error)
{
    struct buffer text;
    if (!file_exists(".env"))
        return true;
    buffer_init(&text);
    bool ok = file_read(".env", 1 << 20, ERROR_USAGE, &text, error);
    buffer_putc(&text, '\0');
    ok = ok && buffer_ok(&text, error);
    size_t number = 1;
    for (char *line = ok ? (char *)text.data : NULL; ok && line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        ok = env_line(line, number, error);
        line = end;
    }
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
