/* Which of several dead programs is the cause, and what it is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cause.h"

#include <signal.h>
#include <string.h>

/* As waitpid reports them. */
#define EXITED(code) ((code) << 8)

struct death {
    int status;
    unsigned order; /* 1 ended first */
    enum error_code said;
    const char *message;
    bool stopped;
};

static const struct {
    const char *what;
    struct death deaths[3]; /* extract, transform, load */
    bool none;
    enum error_code code;
    const char *message;
} cases[] = {
    {"all is well",
     {{EXITED(0), 1, ERROR_NONE, "", false},
      {EXITED(0), 2, ERROR_NONE, "", false},
      {EXITED(0), 3, ERROR_NONE, "", false}},
     true,
     ERROR_NONE,
     ""},
    {"what is said of the source goes before complaints about neighbours",
     {{EXITED(3), 3, ERROR_SOURCE, "the server hung up", false},
      {EXITED(3), 1, ERROR_PEER, "the stream ends here", false},
      {EXITED(3), 2, ERROR_PEER, "the stream ends here", false}},
     false,
     ERROR_SOURCE,
     "the server hung up"},
    {"the first that ended goes before the others",
     {{EXITED(3), 3, ERROR_SOURCE, "later", false},
      {EXITED(1), 2, ERROR_DATA, "earlier", false},
      {EXITED(3), 1, ERROR_PEER, "the stream ends here", false}},
     false,
     ERROR_DATA,
     "earlier"},
    {"a death by a signal goes before complaints about neighbours",
     {{EXITED(3), 1, ERROR_PEER, "the reader has gone", false},
      {EXITED(3), 2, ERROR_PEER, "the reader has gone", false},
      {SIGKILL, 3, ERROR_NONE, "", false}},
     false,
     ERROR_TARGET,
     "graduate-load was killed by signal 9 (SIGKILL)"},
    {"what is said goes before a death by a signal",
     {{SIGKILL, 1, ERROR_NONE, "", false},
      {EXITED(0), 2, ERROR_NONE, "", false},
      {EXITED(4), 3, ERROR_TARGET, "the disk is full", false}},
     false,
     ERROR_TARGET,
     "the disk is full"},
    {"a killed extractor is the source's failure",
     {{SIGSEGV, 1, ERROR_NONE, "", false},
      {EXITED(3), 2, ERROR_PEER, "", false},
      {EXITED(3), 3, ERROR_PEER, "", false}},
     false,
     ERROR_SOURCE,
     "graduate-extract was killed by signal 11 (SIGSEGV)"},
    {"a transformer that ends by its own signal is a bug",
     {{EXITED(3), 2, ERROR_PEER, "", false},
      {SIGABRT, 1, ERROR_NONE, "", false},
      {EXITED(3), 3, ERROR_PEER, "", false}},
     false,
     ERROR_BUG,
     "graduate-transform was killed by signal 6 (SIGABRT)"},
    {"a death by SIGPIPE is a complaint about a neighbour",
     {{SIGPIPE, 1, ERROR_NONE, "", false},
      {SIGKILL, 3, ERROR_NONE, "", false},
      {EXITED(3), 2, ERROR_PEER, "", false}},
     false,
     ERROR_TARGET, /* this machine's doing */
     "graduate-transform was killed by signal 9 (SIGKILL)"},
    {"what the driver stopped itself is not the cause",
     {{SIGTERM, 1, ERROR_NONE, "", true},
      {EXITED(7), 2, ERROR_NONE, "", false},
      {SIGKILL, 3, ERROR_NONE, "", true}},
     false,
     ERROR_BUG,
     "graduate-transform ended with exit code 7 and did not say why"},
    {"a program whose libraries cannot be loaded is this machine's doing",
     {{EXITED(127), 1, ERROR_NONE, "", false},
      {EXITED(3), 2, ERROR_PEER, "the stream ends here", false},
      {EXITED(3), 3, ERROR_PEER, "", false}},
     false,
     ERROR_TARGET,
     "graduate-extract could not be loaded"},
    {"silence goes before complaints about neighbours",
     {{EXITED(4), 2, ERROR_NONE, "", false},
      {EXITED(3), 1, ERROR_PEER, "the stream ends here", false},
      {EXITED(3), 3, ERROR_PEER, "", false}},
     false,
     ERROR_BUG,
     "graduate-extract ended with exit code 4 and did not say why"},
    {"who ended well too soon goes before complaints about it",
     {{EXITED(3), 2, ERROR_PEER, "the reader of standard output has gone", false},
      {EXITED(3), 3, ERROR_PEER, "the reader of standard output has gone", false},
      {EXITED(0), 1, ERROR_NONE, "", false}},
     false,
     ERROR_BUG,
     "graduate-load ended as if all were done, but too soon"},
    {"a complaint about a neighbour when there is nothing else",
     {{EXITED(3), 2, ERROR_PEER, "the reader of standard output has gone", false},
      {SIGPIPE, 1, ERROR_NONE, "", false},
      {SIGTERM, 3, ERROR_NONE, "", true}},
     false,
     ERROR_BUG,
     "graduate-transform was killed by signal 13 (SIGPIPE)"},
    {"the first of several complaints",
     {{EXITED(3), 2, ERROR_PEER, "the reader of standard output has gone", false},
      {EXITED(3), 1, ERROR_PEER, "the stream ends here", false},
      {EXITED(3), 3, ERROR_PEER, "the stream ends here, too", false}},
     false,
     ERROR_PEER,
     "the stream ends here"},
};

static void test_causes(void **state)
{
    static const char *const programs[] = {"graduate-extract", "graduate-transform",
                                           "graduate-load"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct process processes[3];
        struct process *pointers[3];
        struct error error = {0};
        for (size_t p = 0; p < 3; p++) {
            const struct death *death = &cases[i].deaths[p];
            process_init(&processes[p]);
            processes[p].program = programs[p];
            processes[p].ended = true;
            processes[p].status = death->status;
            processes[p].order = death->order;
            processes[p].stopped = death->stopped;
            if (death->said != ERROR_NONE)
                error_set(&processes[p].said, death->said, "%s", death->message);
            pointers[p] = &processes[p];
        }
        print_message("%s\n", cases[i].what);
        assert_int_equal(cause_none(pointers, 3, &error), cases[i].none);
        assert_int_equal(error.code, cases[i].code);
        assert_string_equal(error.message, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_causes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
