#include "graduate/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One row per code: adding a code adds a row. */
static const struct {
    const char *name;
    int exit_code;
} codes[] = {
    [ERROR_NONE] = {"none", 0},     [ERROR_USAGE] = {"usage", 2},
    [ERROR_DATA] = {"data", 1},     [ERROR_SOURCE] = {"source", 3},
    [ERROR_TARGET] = {"target", 4}, [ERROR_REFUSED] = {"refused", 5},
    [ERROR_PEER] = {"peer", 3},     [ERROR_BUG] = {"bug", 70},
};

static void set(struct error *error, enum error_code code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void set(struct error *error, enum error_code code, const char *format, va_list args)
{
    /* Format aside first: an argument may be a field of the error that is being replaced. */
    char message[sizeof error->message];
    vsnprintf(message, sizeof message, format, args);
    memset(error, 0, sizeof *error);
    error->code = code;
    memcpy(error->message, message, sizeof message);
}

bool error_set(struct error *error, enum error_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(error, code, format, args);
    va_end(args);
    return false;
}

bool error_set_errno(struct error *error, enum error_code code, const char *format, ...)
{
    int saved = errno;
    va_list args;
    va_start(args, format);
    set(error, code, format, args);
    va_end(args);
    size_t used = strlen(error->message);
    snprintf(error->message + used, sizeof error->message - used, ": %s", strerror(saved));
    return false;
}

bool error_hint(struct error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->hint, sizeof error->hint, format, args);
    va_end(args);
    return false;
}

bool error_leads_elsewhere(const struct error *error)
{
    static const char *const others[] = {"--restart", "graduate undo", "new run",
                                         "begin a new one"};
    bool elsewhere = false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        elsewhere = elsewhere || strstr(error->hint, others[i]) != NULL;
    return elsewhere && strstr(error->hint, "run again") == NULL;
}

static void fill(char *field, size_t size, const char *value)
{
    if (value != NULL && field[0] == '\0')
        snprintf(field, size, "%s", value);
}

bool error_at(struct error *error, const char *entity, const char *key, const char *path)
{
    fill(error->entity, sizeof error->entity, entity);
    fill(error->key, sizeof error->key, key);
    fill(error->path, sizeof error->path, path);
    return false;
}

int error_exit_code(enum error_code code)
{
    return codes[code].exit_code;
}

const char *error_code_name(enum error_code code)
{
    return codes[code].name;
}

enum error_code error_code_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(codes[i].name, name) == 0)
            return (enum error_code)i;
    return ERROR_BUG;
}

static const char and_more[] = "; and more, which are told when these are mended";

static const char of_file[] = ".json: ";

/* "mappings/a.json: " of a message that begins with a mapping's file; 0: it does not. */
static size_t file_length(const char *text)
{
    const char *found = strstr(text, of_file);
    size_t length = found != NULL ? (size_t)(found - text) : 0;
    return length > 0 && memchr(text, ';', length) == NULL ? length + strlen(of_file) : 0;
}

/* The text without the name of the file, if that is the one that was named last. */
static const char *without_file(struct errors *errors, const char *text)
{
    size_t length = file_length(text), known = strlen(errors->file);
    bool same = length > 0 && known == length && memcmp(errors->file, text, length) == 0;
    bool several = strstr(text + length, of_file) != NULL; /* which is last is not known */
    snprintf(errors->file, sizeof errors->file, "%.*s", several ? 0 : (int)length, text);
    return same ? text + length : text;
}

bool errors_add(struct errors *errors, const struct error *error)
{
    static const char before[] = "problems: ";
    const char *text = error->message;
    if (error->code != ERROR_USAGE)
        return false;
    if (errors->count == 0)
        errors->first = *error;
    errors->count += error->problems > 0 ? (size_t)error->problems : 1;
    if (error->problems > 0 && strstr(text, before) != NULL)
        text = strstr(text, before) + strlen(before);
    text = without_file(errors, text);
    const char *more = error->problems > 0 ? strstr(text, and_more) : NULL;
    size_t length = more != NULL ? (size_t)(more - text) : strlen(text);
    size_t used = strlen(errors->text), left = sizeof errors->text - used;
    errors->unsaid += more != NULL;
    if ((size_t)snprintf(errors->text + used, left, "%s%.*s", used > 0 ? "; " : "", (int)length,
                         text) >= left) {
        if (used > 0) /* the first is rather cut than missed */
            errors->text[used] = '\0';
        errors->unsaid++;
    }
    if (strstr(errors->hints, error->hint) == NULL) {
        used = strlen(errors->hints);
        left = sizeof errors->hints - used;
        if ((size_t)snprintf(errors->hints + used, left, "%s%s", used > 0 ? "; " : "",
                             error->hint) >= left)
            errors->hints[used] = '\0';
    }
    return true;
}

bool errors_give(const struct errors *errors, struct error *error)
{
    if (errors->count == 0)
        return true;
    *error = errors->first;
    if (errors->count == 1)
        return false;
    snprintf(error->message, sizeof error->message, "%zu problems: %s%s", errors->count,
             errors->text, errors->unsaid > 0 ? and_more : "");
    error->problems = (int)errors->count;
    error->entity[0] = error->key[0] = error->path[0] = '\0';
    return error_hint(error, "%s", errors->hints);
}

bool error_memory(struct error *error)
{
    error_set(error, ERROR_TARGET, "out of memory");
    return error_hint(error, "free some memory, or use a smaller --batch-bytes, and run again");
}
