/* Room graduate/process: the other programs as processes: started, joined, watched, heard, and
 * told of in one voice. It uses common/base and graduate/text. */

/* supervisor.h: all programs that run at the moment, watched by one loop of the driver.
 *
 * The loop reads what the programs say, gathers what they print, notes how and in which order they
 * end, and takes the driver's own signals. A program that was started stays here until it is
 * forgotten, so its messages are read whatever the driver waits for.
 *
 * When one of the programs that are waited for fails, the others end by themselves, since their
 * pipes break. One that does not (it waits for a network) is told to after a while, SIGTERM and
 * then SIGKILL. The same, without the while, happens when the driver is told to stop or its log
 * fails.
 *
 * SIGINT, SIGTERM and SIGHUP: inside the loop they stop the programs, and `interrupted` keeps the
 * number. Outside of it, where the driver talks with a database, there is nothing to end in order:
 * it says the farewell and exits with 128 and the signal, as it does in the first case. One that
 * was ignored when the driver began (nohup) is left so. */
#ifndef GRADUATE_DRIVER_SUPERVISOR_H
#define GRADUATE_DRIVER_SUPERVISOR_H

#include "journal.h"
#include "process.h"

#include <signal.h>

enum { SUPERVISOR_MOST = 64, SUPERVISED_MOST = 8 };

/* Programs that end together: started, and watched by the supervisor. */
struct supervised {
    struct process *members[SUPERVISED_MOST];
    size_t count;
    bool leaving; /* they ought to end by themselves about now */
    double terminate_at, kill_at; /* of progress_clock; 0: not yet known */
};

struct supervisor {
    struct journal *journal;
    struct process *members[SUPERVISOR_MOST];
    size_t count;
    sigset_t stops;  /* the signals that stop a run: those of them that are not ignored */
    int signals;     /* signalfd */
    int interrupted; /* the signal, or 0 */
    unsigned ended;  /* programs so far */
    char stall[24];  /* seconds: what each program is told as --stall */
};

/* One at a time in a process: signals are the process's own. */
bool supervisor_init(struct supervisor *supervisor, struct journal *journal, struct error *error);
/* How many seconds of silence a program bears of a server that it asks (0: any; else 600). */
void supervisor_stall(struct supervisor *supervisor, int64_t seconds);
/* Kills what still runs. */
void supervisor_release(struct supervisor *supervisor);
/* What is said when a signal comes outside the loop; "" for nothing. */
void supervisor_farewell(const char *text);

/* process_start, and watch it. */
bool supervisor_start(struct supervisor *supervisor, struct process *process,
                      const struct arguments *arguments, int input, int output,
                      struct error *error);
/* Wait until all programs of the group have ended. */
void supervisor_wait(struct supervisor *supervisor, struct supervised *group);
/* Wait until those of one of the groups have. */
void supervisor_wait_any(struct supervisor *supervisor, struct supervised *const *groups,
                         size_t count);
bool supervised_ended(const struct supervised *group);
/* What is not at its end is told to be, at the next wait for it. */
void supervised_stop(struct supervised *group);
/* Wait until the program has printed a whole line, or has ended. */
void supervisor_wait_line(struct supervisor *supervisor, struct process *process);
/* Watch it no longer, which must have ended. */
void supervisor_forget(struct supervisor *supervisor, const struct process *process);
/* False, with the error, when the driver itself has to stop: by a signal or because of its log. */
bool supervisor_ok(const struct supervisor *supervisor, struct error *error);

#endif
