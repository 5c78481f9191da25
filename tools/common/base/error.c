#include "graduate/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Errors are copied, and so nobody's: what they point to stays, and is reached from here. Mistakes
 * of a project are few. */
static struct kept {
    struct kept *next;
    char text[];
} *all_kept;

static char *keep(size_t size)
{
    struct kept *kept = malloc(sizeof *kept + size);
    if (kept == NULL)
        return NULL;
    kept->next = all_kept;
    all_kept = kept;
    return kept->text;
}

const char *error_text(const struct error *error)
{
    return error->whole != NULL ? error->whole : error->message;
}

void error_set_text(struct error *error, const char *text)
{
    size_t length = strlen(text), most = sizeof error->message - 1;
    char *whole = length > most ? keep(length + 1) : NULL;
    snprintf(error->message, sizeof error->message, "%.*s", (int)most, text);
    if (whole != NULL)
        memcpy(whole, text, length + 1);
    error->whole = whole;
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
enum { MOST_IN_MESSAGE = 7900, MOST_TOLD = 1 << 20 };

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

/* Make room for so many bytes behind the text. What it was is kept: errors may point to it. */
static bool make_room(struct errors *errors, size_t more)
{
    size_t needed = errors->length + more + 1;
    if (needed <= errors->size)
        return true;
    char *text = needed <= MOST_TOLD ? keep(2 * needed) : NULL;
    if (text == NULL)
        return false;
    if (errors->length > 0)
        memcpy(text, errors->text, errors->length);
    errors->text = text;
    errors->size = 2 * needed;
    return true;
}

/* Where the last part that is whole ends among so many bytes, if any is. */
static size_t last_end(const char *text, size_t most)
{
    for (size_t at = most; at > 0; at--)
        if (memcmp(text + at, "; ", 2) == 0)
            return at;
    return most;
}

static void add_text(struct errors *errors, const char *text, size_t length)
{
    const char *between = errors->length > 0 ? "; " : "";
    if (!make_room(errors, strlen(between) + length)) {
        errors->cut = true;
        return;
    }
    errors->length += (size_t)snprintf(errors->text + errors->length, errors->size - errors->length,
                                       "%s%.*s", between, (int)length, text);
    if (errors->length <= MOST_IN_MESSAGE)
        errors->fit = errors->length;
    else if (errors->fit == 0) /* the first is rather cut: it may be several itself */
        errors->fit = last_end(errors->text, MOST_IN_MESSAGE);
}

/* Is it one of the parts between semicolons? */
static bool has_part(const char *hints, const char *part, size_t length)
{
    for (const char *at = hints; at != NULL;) {
        const char *end = strstr(at, "; ");
        if ((end != NULL ? (size_t)(end - at) : strlen(at)) == length &&
            memcmp(at, part, length) == 0)
            return true;
        at = end != NULL ? end + strlen("; ") : NULL;
    }
    return false;
}

static void add_hint(struct errors *errors, const char *hint, size_t length)
{
    size_t used = strlen(errors->hints), left = sizeof errors->hints - used;
    if ((size_t)snprintf(errors->hints + used, left, "%s%.*s", used > 0 ? "; " : "", (int)length,
                         hint) >= left)
        errors->hints[used] = '\0';
}

/* One hint as it is; of those of several, the parts that are not there yet. */
static void add_hints(struct errors *errors, const struct error *error)
{
    const char *at = error->hint;
    if (error->problems == 0 && strstr(errors->hints, at) == NULL)
        add_hint(errors, at, strlen(at));
    while (error->problems > 0 && at != NULL && *at != '\0') {
        const char *end = strstr(at, "; ");
        size_t length = end != NULL ? (size_t)(end - at) : strlen(at);
        if (!has_part(errors->hints, at, length))
            add_hint(errors, at, length);
        at = end != NULL ? end + strlen("; ") : NULL;
    }
}

bool errors_add(struct errors *errors, const struct error *error)
{
    static const char before[] = "problems: ";
    const char *text = error_text(error);
    if (error->code != ERROR_USAGE)
        return false;
    if (errors->count == 0)
        errors->first = *error;
    errors->count += error->problems > 0 ? (size_t)error->problems : 1;
    if (error->problems > 0 && strstr(text, before) != NULL)
        text = strstr(text, before) + strlen(before);
    text = without_file(errors, text);
    const char *more = error->problems > 0 ? strstr(text, and_more) : NULL;
    errors->cut = errors->cut || more != NULL;
    add_text(errors, text, more != NULL ? (size_t)(more - text) : strlen(text));
    add_hints(errors, error);
    return true;
}

static void tell(const struct errors *errors, size_t length, char *out, size_t size)
{
    snprintf(out, size, "%zu problems: %.*s%s", errors->count, (int)length, errors->text,
             length < errors->length || errors->cut ? and_more : "");
}

bool errors_give(const struct errors *errors, struct error *error)
{
    if (errors->count == 0)
        return true;
    *error = errors->first;
    if (errors->count == 1)
        return false;
    tell(errors, errors->fit, error->message, sizeof error->message);
    size_t size = errors->length + sizeof and_more + 40;
    char *whole = errors->fit < errors->length ? keep(size) : NULL;
    if (whole != NULL)
        tell(errors, errors->length, whole, size);
    error->whole = whole;
    error->problems = (int)errors->count;
    error->entity[0] = error->key[0] = error->path[0] = '\0';
    return error_hint(error, "%s", errors->hints);
}

bool error_memory(struct error *error)
{
    error_set(error, ERROR_TARGET, "out of memory");
    return error_hint(error, "free some memory, or use a smaller --batch-bytes, and run again");
}
