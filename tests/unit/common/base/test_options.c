/* The command line as a table: every kind of option, every wrong one, and the help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch_folder.h"
#include "graduate/options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool dry;
static const char *project;
static int64_t count, bytes;

static const struct option_row rows[] = {
    {"dry", OPTION_FLAG, &dry, NULL, "do nothing"},
    {"project", OPTION_TEXT, &project, "DIR", "the project"},
    {"count", OPTION_NUMBER, &count, "N", "how many"},
    {"batch-bytes", OPTION_BYTES, &bytes, "SIZE", "how much at once"},
};
static const struct command command = {
    .name = "graduate-try",
    .purpose = "try options",
    .usage = "[options] FILE",
    .epilogue = "example: graduate-try --dry",
    .options = rows,
    .option_count = COUNT(rows),
};

enum { MOST = 8 };
struct line {
    const char *words[MOST];
};

/* Parses a line that must not outlive the call: the words are copied, as argv can be written to. */
static enum options_outcome parse(const struct command *of, const struct line *line, char **argv,
                                  int *positional_count, struct error *error)
{
    static char words[MOST][128];
    static char program[] = "graduate-try";
    int argc = 1;
    argv[0] = program;
    for (; argc <= MOST && line->words[argc - 1] != NULL; argc++) {
        snprintf(words[argc - 1], sizeof words[0], "%s", line->words[argc - 1]);
        argv[argc] = words[argc - 1];
    }
    argv[argc] = NULL;
    dry = false;
    project = NULL;
    count = bytes = -1;
    memset(error, 0, sizeof *error);
    return options_parse(of, argc, argv, positional_count, error);
}

static void what_is_right(void **state)
{
    (void)state;
    static const struct {
        struct line line;
        bool dry;
        const char *project;
        int64_t count, bytes;
        const char *positionals; /* joined by blanks */
    } cases[] = {
        {{{0}}, false, NULL, -1, -1, ""},
        {{{"--dry"}}, true, NULL, -1, -1, ""},
        {{{"--project", "p"}}, false, "p", -1, -1, ""},
        {{{"--project=p"}}, false, "p", -1, -1, ""},
        {{{"--project=a=b"}}, false, "a=b", -1, -1, ""},
        {{{"--project="}}, false, "", -1, -1, ""},
        {{{"--project", "--dry"}}, false, "--dry", -1, -1, ""}, /* a value is a value */
        {{{"--project=p", "--project=q"}}, false, "q", -1, -1, ""},
        {{{"--count", "0"}}, false, NULL, 0, -1, ""},
        {{{"--count=9223372036854775807"}}, false, NULL, INT64_MAX, -1, ""},
        {{{"--count=007"}}, false, NULL, 7, -1, ""},
        {{{"--batch-bytes", "1"}}, false, NULL, -1, 1, ""},
        {{{"--batch-bytes=512K"}}, false, NULL, -1, 512 << 10, ""},
        {{{"--batch-bytes=4M"}}, false, NULL, -1, 4 << 20, ""},
        {{{"--batch-bytes=8589934591G"}}, false, NULL, -1, INT64_C(8589934591) << 30, ""},
        {{{"a", "--dry", "b", "--count", "3", "c"}}, true, NULL, 3, -1, "a b c"},
        {{{"-", "--dry"}}, true, NULL, -1, -1, "-"}, /* standard input, by custom */
        {{{"a", "--", "--dry", "-x", "--"}}, false, NULL, -1, -1, "a --dry -x --"},
        {{{"--log-format", "json"}}, false, NULL, -1, -1, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        char *argv[MOST + 2], positionals[256] = "";
        int positional_count = -1;
        assert_int_equal(parse(&command, &cases[i].line, argv, &positional_count, &error),
                         OPTIONS_RUN);
        for (int p = 1; p <= positional_count; p++) {
            size_t used = strlen(positionals);
            snprintf(positionals + used, sizeof positionals - used, "%s%s", p > 1 ? " " : "",
                     argv[p]);
        }
        assert_string_equal(positionals, cases[i].positionals);
        assert_int_equal(dry, cases[i].dry);
        assert_int_equal(count, cases[i].count);
        assert_int_equal(bytes, cases[i].bytes);
        assert_int_equal(project == NULL, cases[i].project == NULL);
        if (project != NULL)
            assert_string_equal(project, cases[i].project);
    }
}

static void what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        struct line line;
        const char *message;
    } cases[] = {
        {{{"--projet", "p"}}, "there is no option --projet; did you mean --project?"},
        {{{"--projet=p"}}, "there is no option --projet; did you mean --project?"},
        {{{"--hepl"}}, "there is no option --hepl; did you mean --help?"},
        {{{"--something"}}, "there is no option --something"},
        {{{"--pro", "p"}}, "there is no option --pro"}, /* no abbreviations */
        {{{"--=x"}}, "there is no option --"},
        {{{"-d"}}, "there is no option -d: but for -h and -V, options are long"},
        {{{"a", "-5"}}, "there is no option -5: but for -h and -V, options are long"},
        {{{"--dry=yes"}}, "--dry takes no value"},
        {{{"--dry="}}, "--dry takes no value"},
        {{{"--project"}}, "--project needs a value: --project DIR"},
        {{{"a", "--count"}}, "--count needs a value: --count N"},
        {{{"--count", "-1"}}, "--count is \"-1\"; it must be a whole number"},
        {{{"--count="}}, "--count is \"\"; it must be a whole number"},
        {{{"--count=+1"}}, "--count is \"+1\"; it must be a whole number"},
        {{{"--count= 1"}}, "--count is \" 1\"; it must be a whole number"},
        {{{"--count=1 "}}, "--count is \"1 \"; it must be a whole number"},
        {{{"--count=0x10"}}, "--count is \"0x10\"; it must be a whole number"},
        {{{"--count=1.5"}}, "--count is \"1.5\"; it must be a whole number"},
        {{{"--count=4K"}}, "--count is \"4K\"; it must be a whole number"},
        {{{"--count=9223372036854775808"}}, "--count is \"9223372036854775808\"; it must"},
        {{{"--batch-bytes=0"}}, "--batch-bytes is \"0\"; it must be a whole number of bytes, as"},
        {{{"--batch-bytes=0G"}}, "--batch-bytes is \"0G\"; it must"},
        {{{"--batch-bytes=4k"}}, "--batch-bytes is \"4k\"; it must"},
        {{{"--batch-bytes=4KK"}}, "--batch-bytes is \"4KK\"; it must"},
        {{{"--batch-bytes=K"}}, "--batch-bytes is \"K\"; it must"},
        {{{"--batch-bytes=8589934592G"}}, "--batch-bytes is \"8589934592G\"; it must"},
        {{{"--log-format=yaml"}}, "--log-format is \"yaml\"; it can be text or json"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        char *argv[MOST + 2];
        int positional_count;
        if (parse(&command, &cases[i].line, argv, &positional_count, &error) != OPTIONS_WRONG)
            fail_msg("%s was taken", cases[i].line.words[0]);
        assert_int_equal(error.code, ERROR_USAGE);
        if (strncmp(error.message, cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("gave: %s\n  not: %s", error.message, cases[i].message);
        assert_string_equal(error.hint, "graduate-try --help lists the options");
    }
}

static void no_name_is_near_to_nothing(void **state)
{
    (void)state;
    struct error error;
    char *argv[MOST + 2];
    int positional_count;
    const struct line line = {
        {"--anything-else-there-might-be-of-more-than-sixty-three-letters-x"}};
    assert_int_equal(parse(&command, &line, argv, &positional_count, &error), OPTIONS_WRONG);
    assert_null(strstr(error.message, "did you mean"));
}

static void help_and_version_go_to_standard_output(void **state)
{
    (void)state;
    static const struct command short_one = {"graduate-bare", "do little", "FILE", NULL, NULL, 0};
    static bool flag;
    static const struct option_row long_rows[] = {
        {"an-option-whose-name-is-longer", OPTION_FLAG, &flag, NULL,
         "what it does, in so many words that they need another line, and whatever follows"},
    };
    static const struct command long_one = {
        .name = "graduate-wide",
        .purpose = "do so much that it cannot be said on one line of a terminal, but on two of them",
        .usage = "--this WAY | --or-in-quite-another WAY [--that-is-longer THAN-THAT]\n"
                 "--or-so",
        .epilogue = "Words that are wrapped, and that stand in lines which are longer than a terminal\n"
                    "is, or shorter; both are filled:\n"
                    "  but a line like this, which is an example, stays as it is, however long it may be\n"
                    "\n"
                    "And so on.",
        .options = long_rows,
        .option_count = 1,
    };
    static const struct {
        const struct command *command;
        struct line line;
        const char *text;
    } cases[] = {
        {&long_one,
         {{"-h"}},
         "graduate-wide: do so much that it cannot be said on one line of a terminal, but\n"
         "  on two of them\n"
         "\n"
         "usage: graduate-wide --this WAY | --or-in-quite-another WAY\n"
         "           [--that-is-longer THAN-THAT]\n"
         "       graduate-wide --or-so\n"
         "\n"
         "  --an-option-whose-name-is-longer what it does, in so many words that they\n"
         "                             need another line, and whatever follows\n"
         "  --log-format text|json     how to write messages (default text)\n"
         "  -h, --help                 show this help\n"
         "  -V, --version              show the version\n"
         "\n"
         "Words that are wrapped, and that stand in lines which are longer than a\n"
         "terminal is, or shorter; both are filled:\n"
         "  but a line like this, which is an example, stays as it is, however long it may be\n"
         "\n"
         "And so on.\n"},
        {&command,
         {{"--count=5", "--help"}},
         "graduate-try: try options\n"
         "\n"
         "usage: graduate-try [options] FILE\n"
         "\n"
         "  --dry                      do nothing\n"
         "  --project DIR              the project\n"
         "  --count N                  how many\n"
         "  --batch-bytes SIZE         how much at once\n"
         "  --log-format text|json     how to write messages (default text)\n"
         "  -h, --help                 show this help\n"
         "  -V, --version              show the version\n"
         "\n"
         "example: graduate-try --dry\n"},
        {&short_one,
         {{"--help"}},
         "graduate-bare: do little\n"
         "\n"
         "usage: graduate-bare FILE\n"
         "\n"
         "  --log-format text|json     how to write messages (default text)\n"
         "  -h, --help                 show this help\n"
         "  -V, --version              show the version\n"},
        {&short_one, {{"x", "--version"}}, "graduate-bare " GRADUATE_VERSION "\n"},
        {&short_one, {{"x", "-V"}}, "graduate-bare " GRADUATE_VERSION "\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        struct caught caught;
        char *argv[MOST + 2];
        int positional_count;
        catch_begin(&caught, STDOUT_FILENO);
        enum options_outcome outcome =
            parse(cases[i].command, &cases[i].line, argv, &positional_count, &error);
        char *text = catch_end(&caught);
        assert_int_equal(outcome, OPTIONS_HELPED);
        assert_string_equal(text, cases[i].text);
        free(text);
    }
}

static void messages_speak_as_asked(void **state)
{
    (void)state;
    static const struct {
        struct line line;
        const char *begin;
    } cases[] = {
        {{{"--log-format=json"}}, "{\"time\":"},
        {{{"--log-format=text"}}, "graduate-try: hello\n"},
        {{{"--count=x", "--log-format=json"}},
         "{\"time\":"}, /* also about what is wrong before it */
        {{{"--count=x", "--log-format", "json"}}, "{\"time\":"},
        {{{"--log-format=yaml"}}, "graduate-try: hello\n"},
        {{{0}}, "graduate-try: hello\n"}, /* the line before this one is forgotten */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error;
        struct caught caught;
        char *argv[MOST + 2];
        int positional_count;
        parse(&command, &cases[i].line, argv, &positional_count, &error);
        catch_begin(&caught, STDERR_FILENO);
        message_info("hello");
        char *text = catch_end(&caught);
        assert_memory_equal(text, cases[i].begin, strlen(cases[i].begin));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right),
        cmocka_unit_test(what_is_wrong),
        cmocka_unit_test(no_name_is_near_to_nothing),
        cmocka_unit_test(help_and_version_go_to_standard_output),
        cmocka_unit_test(messages_speak_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
