/* options.h: the command line as a table.
 *
 * A program declares its options as rows that point at where values go; --help, --version and
 * --log-format come with every table. Options are long: `--name value` or `--name=value`; a flag
 * takes no value. Only -h and -V are short. The help is wrapped to 80 columns: all but lines of the
 * epilogue that begin with a blank. What is no option is positional. Unknown options are errors that name the nearest
 * right one. */
#ifndef GRADUATE_OPTIONS_H
#define GRADUATE_OPTIONS_H

#include "graduate/error.h"
#include "graduate/message.h"

#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char *, pointing into argv */
    OPTION_NUMBER, /* int64_t, decimal, not negative */
    OPTION_BYTES,  /* int64_t, decimal with an optional K, M or G (powers of 1024), positive */
};

struct option_row {
    const char *name; /* without the dashes */
    enum option_kind kind;
    void *value;
    const char *argument; /* its name in the help; NULL for flags */
    const char *help;
};

struct command {
    const char *name;     /* "graduate-load" or "graduate run" */
    const char *purpose;  /* one line */
    const char *usage;    /* what follows the name, "[options] FILE"; a line each way to call it */
    const char *epilogue; /* an example that works, and what else needs saying; may be NULL */
    const struct option_row *options;
    size_t option_count;
};

enum options_outcome { OPTIONS_RUN, OPTIONS_HELPED, OPTIONS_WRONG };

/* Parse argv[1..]; positionals are moved to argv[1..*positional_count]. OPTIONS_HELPED: help or the
 * version went to standard output, the caller exits 0. OPTIONS_WRONG: error is set. Also calls
 * message_init with the program's name and the format asked for, and sees to it that the process
 * leaves no core file and outlives a file that reaches a limit. */
enum options_outcome options_parse(const struct command *command, int argc, char **argv,
                                   int *positional_count, struct error *error);

#endif
