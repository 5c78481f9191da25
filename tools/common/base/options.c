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
/* A terminal of 80 columns shows all of the help. */
enum { WIDTH = 79, USAGE_INDENT = 11, HELP_INDENT = 29 };
enum { HOUSE_COUNT = sizeof house_options / sizeof house_options[0] };

static const struct option_row *row_at(const struct command *command, size_t i)
{
    return i < command->option_count ? &command->options[i]
                                     : &house_options[i - command->option_count];
}

/* Words of one line of text, wrapped; `column` is where the line stands already, `indent` where
 * those that follow it begin. Returns the column behind the last. */
static int put_words(const char *text, size_t length, int column, int indent)
{
    const char *end = text + length;
    bool first = true;
    while (text < end) {
        int word = 0;
        for (int depth = 0; text + word < end && (depth > 0 || text[word] != ' '); word++)
            depth += (text[word] == '[') - (text[word] == ']'); /* [--project P] stays together */
        if (!first && column + 1 + word > WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
            first = true;
        }
        printf("%s%.*s", first ? "" : " ", word, text);
        column += word + !first;
        first = false;
        text += word;
        text += text < end;
    }
    return column;
}

/* Lines that begin with a blank stand as they are, and so does an empty one. */
static void put_text(const char *text)
{
    int column = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        bool fixed = length == 0 || *text == ' ';
        if (column > 0 && fixed)
            column = printf("\n") - 1;
        if (fixed) {
            printf("%.*s\n", (int)length, text);
        } else {
            if (column > 0 && column + 1 + (int)strcspn(text, " \n") > WIDTH)
                column = printf("\n") - 1;
            if (column > 0)
                column += printf(" ");
            column = put_words(text, length, column, 0);
        }
        text += length + (text[length] == '\n');
    }
    if (column > 0)
        printf("\n");
}

/* One line for each way to call it, as they stand there. */
static void put_usage(const struct command *command)
{
    int column = printf("usage: %s ", command->name);
    for (const char *line = command->usage; line != NULL;) {
        size_t length = strcspn(line, "\n");
        put_words(line, length, column, USAGE_INDENT);
        printf("\n");
        line = line[length] == '\n' ? line + length + 1 : NULL;
        column = line != NULL ? printf("       %s ", command->name) : 0;
    }
}

static void help(const struct command *command)
{
    put_words(command->purpose, strlen(command->purpose), printf("%s: ", command->name), 2);
    printf("\n\n");
    put_usage(command);
    printf("\n");
    for (size_t i = 0; i < command->option_count + HOUSE_COUNT; i++) {
        const struct option_row *row = row_at(command, i);
        const char *letter = row->value == &wants_help      ? "-h, "
                             : row->value == &wants_version ? "-V, "
                                                            : "";
        char left[64];
        snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name,
                 row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
        put_words(row->help, strlen(row->help), printf("  %-*s ", HELP_INDENT - 3, left),
                  HELP_INDENT);
        printf("\n");
    }
    if (command->epilogue != NULL) {
        printf("\n");
        put_text(command->epilogue);
    }
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

/* A stack that is too small ends in a signal and says nothing. It grows up to the limit of now, and
 * what is started has it, too. */
static bool ensure_stack(struct error *error)
{
    const rlim_t least = 1 << 20, enough = 8 << 20;
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= least)
        return true;
    limit.rlim_cur = limit.rlim_max < enough ? limit.rlim_max : enough;
    if (limit.rlim_max >= least && setrlimit(RLIMIT_STACK, &limit) == 0)
        return true;
    error_set(error, ERROR_TARGET,
              "the stack of a process is limited to %llu KiB here, and 1 MiB is needed",
              (unsigned long long)limit.rlim_max >> 10);
    return error_hint(error, "raise that limit (ulimit -Hs), and run again");
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
    if (!ensure_stack(error))
        return OPTIONS_WRONG;
    log_format = "text";
    wants_help = wants_version = false;
    *positional_count = 0;
    bool only_positional = false;
    for (int i = 1; i < argc; i++) {
        if (only_positional || strncmp(argv[i], "--", 2) != 0) {
            if (!only_positional && strcmp(argv[i], "-h") == 0) {
                wants_help = true;
                continue;
            }
            if (!only_positional && strcmp(argv[i], "-V") == 0) {
                wants_version = true;
                continue;
            }
            if (!only_positional && argv[i][0] == '-' && argv[i][1] != '\0') {
                error_set(error, ERROR_USAGE,
                          "there is no option %s: but for -h and -V, options are long", argv[i]);
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
