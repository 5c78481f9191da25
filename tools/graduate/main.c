/* graduate: the driver. Its verbs are the table below; each is a file of its own. */
#include "verb.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct verb *const verbs[] = {
    &verb_plan,   &verb_check,   &verb_schema,   &verb_run,       &verb_status,
    &verb_retry,  &verb_undo,    &verb_rehearse, &verb_stream,    &verb_verify,
    &verb_report, &verb_compare, &verb_seal,     &verb_functions,
};
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static int no_verb(struct error *error)
{
    error_set(error, ERROR_USAGE, "a verb is needed: graduate VERB [options]");
    error_hint(error, "graduate --help says more of the verbs");
    return message_error(error);
}

/* graduate --help, help and --version, or no verb at all. */
static int without_verb(int argc, char **argv, struct error *error)
{
    struct buffer list;
    int positionals;
    buffer_init(&list);
    buffer_puts(&list, "verbs:\n");
    for (size_t i = 0; i < VERB_COUNT; i++)
        buffer_printf(&list, "  %-10s %s\n", verb_name(verbs[i]), verbs[i]->command->purpose);
    if (argc < 2) {
        printf("usage: graduate VERB [options]\n\n%s", buffer_text(&list));
        fflush(stdout);
        buffer_release(&list);
        return no_verb(error);
    }
    buffer_puts(&list,
                "\n`graduate VERB --help` shows a verb's options and an example. Exit codes:\n"
                "  0  done, and everything that was asked for holds\n"
                "  1  data did not fit, the account does not balance, or the verification found\n"
                "     differences\n"
                "  2  the command line, the project or a mapping is wrong\n"
                "  3  a source failed\n"
                "  4  the target failed, or this machine did\n"
                "  5  refused to go on (changed mapping, second run, target not empty), or\n"
                "     could not check what was asked\n"
                "  70 a bug in graduate\n"
                "  128 and a signal's number: stopped by that signal");
    const struct command command = {
        .name = "graduate",
        .purpose = "move MongoDB, Postgres and Appwrite into one Supabase Postgres",
        .usage = "VERB [options]",
        .epilogue = buffer_text(&list),
    };
    enum options_outcome outcome = options_parse(&command, argc, argv, &positionals, error);
    buffer_release(&list);
    if (outcome == OPTIONS_HELPED)
        return 0;
    return outcome == OPTIONS_RUN ? no_verb(error) : message_error(error);
}

static int with_verb(const struct verb *verb, int argc, char **argv, struct error *error)
{
    int positionals, exit_code = 0;
    switch (options_parse(verb->command, argc, argv, &positionals, error)) {
    case OPTIONS_HELPED:
        return 0;
    case OPTIONS_WRONG:
        return message_error(error);
    case OPTIONS_RUN:
        break;
    }
    int most = verb->takes == VERB_FILES ? positionals : (int)verb->takes;
    if (positionals > most) {
        error_set(error, ERROR_USAGE, "\"%s\" is more than %s takes", argv[most + 1],
                  verb->command->name);
        error_hint(error, "%s --help shows an example", verb->command->name);
        return message_error(error);
    }
    const struct verb_call call = {.file = positionals > 0 ? argv[1] : NULL,
                                   .files = argv + 1,
                                   .file_count = (size_t)positionals,
                                   .format = message_format()};
    return verb->run(&call, &exit_code, error) ? exit_code : message_error(error);
}

/* "graduate help VERB" is "graduate VERB --help". */
static void turn_help(int argc, char **argv)
{
    static char help[] = "--help";
    if (argc < 2 || strcmp(argv[1], "help") != 0)
        return;
    argv[1] = argc > 2 ? argv[2] : help;
    if (argc > 2)
        argv[2] = help;
}

int main(int argc, char **argv)
{
    struct error error;
    turn_help(argc, argv);
    int fd; /* where 0, 1 or 2 are closed, a pipe would take their place */
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
        continue;
    close(fd);
    if (argc < 2 || argv[1][0] == '-')
        return without_verb(argc, argv, &error);
    const struct verb *verb = verb_find(verbs, VERB_COUNT, argv[1], &error);
    int exit_code =
        verb != NULL ? with_verb(verb, argc - 1, argv + 1, &error) : message_error(&error);
    if (fflush(stdout) != 0 && exit_code == 0) {
        error_set_errno(&error, ERROR_TARGET, "cannot write standard output");
        exit_code = message_error(&error);
    }
    return exit_code;
}
