#include "graduate/path.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 9 };

/* "12" or "-1". */
static bool is_number(const char *text, size_t length)
{
    size_t sign = length > 0 && text[0] == '-' ? 1 : 0;
    if (length == sign || length - sign > MOST_DIGITS)
        return false;
    for (size_t i = sign; i < length; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

/* Can the name be taken for nothing but a name? */
static bool is_plain(const char *name)
{
    size_t ups = strspn(name, "^");
    if (name[ups] == '\0' || strcmp(name, "*") == 0 || is_number(name, strlen(name)))
        return false;
    for (const unsigned char *c = (const unsigned char *)name; *c != '\0'; c++)
        if (*c == '.' || *c == '\'' || *c <= ' ' || *c == 0x7F)
            return false;
    return true;
}

void path_put_name(struct buffer *out, const char *name)
{
    if (is_plain(name)) {
        buffer_puts(out, name);
        return;
    }
    buffer_putc(out, '\'');
    for (; *name != '\0'; name++) {
        if (*name == '\'')
            buffer_putc(out, '\'');
        buffer_putc(out, *name);
    }
    buffer_putc(out, '\'');
}

unsigned path_ups(const char **path)
{
    size_t ups = 0;
    while ((*path)[ups] == '^')
        ups++;
    if (ups == 0 || (*path)[ups] != '.')
        return 0;
    *path += ups + 1;
    return (unsigned)ups;
}

/* The bytes of a quoted name up to its closing quote; false where there is none. */
static bool find_end(const char *text, size_t *length)
{
    for (*length = 0; text[*length] != '\0'; ++*length)
        if (text[*length] == '\'') {
            if (text[*length + 1] != '\'')
                return true;
            ++*length;
        }
    return false;
}

bool path_next(const char **path, struct path_step *step)
{
    if (**path == '\0')
        return false;
    *step = (struct path_step){.text = *path, .quoted = **path == '\''};
    if (step->quoted && find_end(*path + 1, &step->length)) {
        step->text++;
        *path += step->length + 2;
    } else {
        step->length = (size_t)(strchrnul(*path, '.') - *path);
        *path += step->length;
    }
    if (!step->quoted && is_number(step->text, step->length)) {
        step->kind = STEP_PLACE;
        step->place = strtol(step->text, NULL, 10);
    } else if (!step->quoted && step->length == 1 && step->text[0] == '*') {
        step->kind = STEP_MEMBERS;
    }
    *path += **path == '.';
    return true;
}

bool path_is_members(const char *path)
{
    return path[0] == '*' && (path[1] == '.' || path[1] == '\0');
}

bool path_step_is(const struct path_step *step, const char *name)
{
    if (step->kind != STEP_NAME)
        return false;
    for (size_t i = 0; i < step->length; i++) {
        i += step->quoted && step->text[i] == '\''; /* the second of two */
        if (*name++ != step->text[i])
            return false;
    }
    return *name == '\0';
}

char *path_step_name(const struct path_step *step, struct arena *arena)
{
    char *name = arena_alloc(arena, step->length + 1, 1), *to = name;
    for (size_t i = 0; name != NULL && i < step->length; i++) {
        i += step->quoted && step->text[i] == '\'';
        *to++ = step->text[i];
    }
    return name;
}

/* One step of a text that somebody wrote, put in its canonical form. */
static const char *put_step(const char **text, struct arena *arena, struct buffer *out)
{
    struct path_step step;
    size_t length;
    const char *at = *text;
    if (*at == '\0' || *at == '.')
        return "a name in it is empty; a field without a name is ''";
    if (*at == '\'' && !find_end(at + 1, &length))
        return "a quote in it has no end";
    if (*at == '\'' && at[length + 2] != '\0' && at[length + 2] != '.')
        return "behind a name in quotes stands a dot, or nothing; a quote in it is doubled";
    if (!path_next(text, &step))
        return NULL;
    if (step.kind == STEP_NAME) {
        const char *name = path_step_name(&step, arena);
        if (name == NULL)
            return NULL;
        path_put_name(out, name);
    } else {
        buffer_put(out, step.text, step.length);
    }
    bool dot = step.text[step.length + step.quoted] == '.';
    if (dot)
        buffer_putc(out, '.');
    return dot && **text == '\0' ? "a name in it is empty; a field without a name is ''" : "";
}

bool path_canonical(const char *text, struct arena *arena, const char **canonical,
                    const char **fault)
{
    struct buffer out;
    *fault = "";
    if (strcmp(text, ".") == 0) {
        *canonical = text;
        return true;
    }
    buffer_init(&out);
    const char *rest = text;
    for (unsigned ups = path_ups(&rest), i = 0; i < ups; i++)
        buffer_puts(&out, i + 1 < ups ? "^" : "^.");
    do
        *fault = put_step(&rest, arena, &out);
    while (*fault != NULL && **fault == '\0' && *rest != '\0');
    bool ok = *fault != NULL && **fault == '\0' && !out.failed;
    if (ok)
        *canonical = arena_text(arena, buffer_text(&out));
    if (ok ? *canonical == NULL : out.failed) {
        *fault = NULL;
        ok = false;
    }
    buffer_release(&out);
    return ok;
}

char *path_of_name(const char *name, struct arena *arena)
{
    struct buffer path;
    buffer_init(&path);
    path_put_name(&path, name);
    char *copy = path.failed ? NULL : arena_text(arena, buffer_text(&path));
    buffer_release(&path);
    return copy;
}

bool path_is_name(const char *path, const char *name)
{
    struct path_step step;
    return strcmp(path, ".") != 0 && path[0] != '^' && path_next(&path, &step) && *path == '\0' &&
           path_step_is(&step, name);
}

bool path_any_is_name(const char *const *paths, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (path_is_name(paths[i], name))
            return true;
    return false;
}

const char *path_below(const char *path, const char *above)
{
    size_t length = strlen(above);
    if (length == 0)
        return path;
    return strncmp(path, above, length) == 0 && path[length] == '.' ? path + length + 1 : NULL;
}

size_t path_parent(const char *path)
{
    const char *rest = path, *last = path;
    struct path_step step;
    while (path_next(&rest, &step))
        last = *rest != '\0' ? rest : last;
    return last > path ? (size_t)(last - path) - 1 : 0;
}
