#include "graduate/options.h"
#include "graduate/words.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char *log_format;
static bool wants_help, wants_version;

static const struct option_row house_options[] = {
    {"log-format", OPTION_TEXT, &log_format, "text|json", "how to write messages (default text)"},
    {"help", OPTION_FLAG, &wants_help, NULL, "show this help"},
    {"version", OPTION_FLAG, &wants_version, NULL, "show the version"},
};
enum { HOUSE_COUNT = sizeof house_options / sizeof house_options[0] };

static const struct option_row *row_at(const struct command *command, size_t i)
{
    return i < command->option_count ? &command->options[i]
                                     : &house_options[i - command->option_count];
}

static void help(const struct command *command)
{
    printf("%s: %s\n\nusage: %s %s\n\n", command->name, command->purpose, command->name,
           command->usage);
    for (size_t i = 0; i < command->option_count + HOUSE_COUNT; i++) {
        const struct option_row *row = row_at(command, i);
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", row->name, row->argument != NULL ? " " : "",
                 row->argument != NULL ? row->argument : "");
        printf("  %-26s %s\n", left, row->help);
    }
    if (command->epilogue != NULL)
        printf("\n%s\n", command->epilogue);
}

static const struct option_row *find(const struct command *command, const char *name, size_t length)
{
    for (size_t i = 0; i < command->option_count + HOUSE_COUNT; i++) {
        const struct option_row *row = row_at(command, i);
        if (strlen(row->name) == length && strncmp(row->name, name, length) == 0)
            return row;
    }
    return NULL;
}

static bool unknown(const struct command *command, const char *argument, struct error *error)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < command->option_count + HOUSE_COUNT && count < 64; i++)
        names[count++] = row_at(command, i)->name;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
    const char *nearest = words_nearest(name, names, count);
    return error_set(error, ERROR_USAGE, "there is no option --%s%s%s%s", name,
                     nearest != NULL ? "; did you mean --" : "", nearest != NULL ? nearest : "",
                     nearest != NULL ? "?" : "");
}

static bool parse_number(const struct option_row *row, const char *text, struct error *error)
{
    char *end = NULL;
    errno = 0;
    long long number = text[0] >= '0' && text[0] <= '9' ? strtoll(text, &end, 10) : -1;
    int shift = 0;
    if (row->kind == OPTION_BYTES && end != NULL && *end != '\0') {
        shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
        end += shift != 0;
    }
    bool fits = errno == 0 && end != NULL && *end == '\0' && number <= (INT64_MAX >> shift) &&
                number >= (row->kind == OPTION_BYTES ? 1 : 0);
    if (!fits)
        return error_set(error, ERROR_USAGE, "--%s is \"%s\"; it must be a whole number%s",
                         row->name, text,
                         row->kind == OPTION_BYTES ? " of bytes, as 500000, 512K, 4M or 1G" : "");
    *(int64_t *)row->value = (int64_t)number << shift;
    return true;
}

static bool store(const struct option_row *row, const char *text, struct error *error)
{
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)row->value = true;
        return true;
    case OPTION_TEXT:
        *(const char **)row->value = text;
        return true;
    case OPTION_NUMBER:
    case OPTION_BYTES:
        return parse_number(row, text, error);
    }
    return error_set(error, ERROR_BUG, "option --%s has no kind", row->name);
}

static bool parse_one(const struct command *command, int argc, char **argv, int *i,
                      struct error *error)
{
    const char *argument = argv[*i];
    size_t length = strcspn(argument + 2, "=");
    const struct option_row *row = find(command, argument + 2, length);
    if (row == NULL)
        return unknown(command, argument, error);
    const char *value = argument[2 + length] == '=' ? argument + 2 + length + 1 : NULL;
    if (row->kind == OPTION_FLAG) {
        if (value != NULL)
            return error_set(error, ERROR_USAGE, "--%s takes no value", row->name);
    } else if (value == NULL) {
        if (*i + 1 >= argc)
            return error_set(error, ERROR_USAGE, "--%s needs a value: --%s %s", row->name,
                             row->name, row->argument);
        value = argv[++*i];
    }
    return store(row, value, error);
}

static enum options_outcome wrong(const struct command *command, struct error *error)
{
    error_hint(error, "%s --help lists the options", command->name);
    return OPTIONS_WRONG;
}

/* What is wrong with the options themselves is said in the format asked for, too. */
static enum message_format early_format(int argc, char **argv)
{
    enum message_format format = MESSAGE_TEXT;
    struct error unused;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--log-format=", 13) == 0)
            message_format_parse(argv[i] + 13, &format, &unused);
        else if (strcmp(argv[i], "--log-format") == 0 && i + 1 < argc)
            message_format_parse(argv[i + 1], &format, &unused);
    }
    return format;
}

/* A core file would hold URIs, keys and records; a file that reaches a limit is an error like any
 * other, not a signal. */
static void guard_process(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGXFSZ, SIG_IGN);
}

enum options_outcome options_parse(const struct command *command, int argc, char **argv,
                                   int *positional_count, struct error *error)
{
    guard_process();
    message_init(command->name, early_format(argc, argv));
    log_format = "text";
    wants_help = wants_version = false;
    *positional_count = 0;
    bool only_positional = false;
    for (int i = 1; i < argc; i++) {
        if (only_positional || strncmp(argv[i], "--", 2) != 0) {
            if (!only_positional && argv[i][0] == '-' && argv[i][1] != '\0') {
                error_set(error, ERROR_USAGE, "there is no option %s: options are long", argv[i]);
                return wrong(command, error);
            }
            argv[++*positional_count] = argv[i];
        } else if (argv[i][2] == '\0') {
            only_positional = true;
        } else if (!parse_one(command, argc, argv, &i, error)) {
            return wrong(command, error);
        }
    }
    if (wants_help) {
        help(command);
        return OPTIONS_HELPED;
    }
    if (wants_version) {
        printf("%s %s\n", command->name, GRADUATE_VERSION);
        return OPTIONS_HELPED;
    }
    enum message_format format;
    if (!message_format_parse(log_format, &format, error))
        return wrong(command, error);
    message_init(command->name, format);
    return OPTIONS_RUN;
}
