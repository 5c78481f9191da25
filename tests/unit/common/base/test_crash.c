/* Crash points: the named one kills or holds at the wanted pass, and no other does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/crash.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PASSES = 5, STOPPED = -2 };

/* A process with the variable set passes the point five times. How often before it was killed;
 * PASSES: it was not; STOPPED: it was held (and is then killed). */
static int passes(const char *variable, const char *value, enum crash_point point)
{
    int ends[2], status;
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv(variable, value, 1);
        for (int i = 0; i < PASSES; i++) {
            crash_point(point);
            if (write(ends[1], "x", 1) != 1)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    if (WIFSTOPPED(status)) {
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        close(ends[0]);
        return STOPPED;
    }
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    int count = 0;
    while (read(ends[0], &byte, 1) == 1)
        count++;
    close(ends[0]);
    return count;
}

static void every_point_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < CRASH_POINT_COUNT; i++) {
        assert_non_null(crash_point_names[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(crash_point_names[i], crash_point_names[j]);
    }
}

static void every_point_can_kill_and_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < CRASH_POINT_COUNT; i++) {
        const char *name = crash_point_names[i];
        enum crash_point next = (enum crash_point)((i + 1) % CRASH_POINT_COUNT);
        assert_int_equal(passes("GRADUATE_CRASH_AT", name, (enum crash_point)i), 0);
        assert_int_equal(passes("GRADUATE_CRASH_AT", name, next), PASSES);
        assert_int_equal(passes("GRADUATE_HOLD_AT", name, (enum crash_point)i), STOPPED);
    }
}

static void the_wanted_pass_is_counted(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int passes;
    } cases[] = {
        {"load.begin", 0},   {"load.begin:1", 0},      {"load.begin:3", 2},
        {"load.begin:5", 4}, {"load.begin:6", PASSES}, {"load.begin:0", PASSES},
        {"load", PASSES},    {"load.begins", PASSES},  {"", PASSES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(passes("GRADUATE_CRASH_AT", cases[i].value, CRASH_LOAD_BEGIN),
                         cases[i].passes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_has_a_name_of_its_own),
        cmocka_unit_test(every_point_can_kill_and_hold),
        cmocka_unit_test(the_wanted_pass_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
