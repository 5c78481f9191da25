/* process.h: one program that the driver runs.
 *
 * Its standard error is a pipe that the driver reads (remark.h); its standard input and output are
 * what the caller says. It dies with the driver, however the driver dies (PR_SET_PDEATHSIG), and
 * has of the driver's descriptors only these three.
 *
 * Life: process_init, process_start, then the supervisor reads and reaps it until `ended`,
 * process_release. */
#ifndef GRADUATE_DRIVER_PROCESS_H
#define GRADUATE_DRIVER_PROCESS_H

#include "remark.h"

#include "graduate/buffer.h"
#include "graduate/error.h"

#include <sys/types.h>

enum { PROCESS_MOST_ARGUMENTS = 32 };
enum { PROCESS_NOTHING = -1, PROCESS_CAPTURE = -2 };

/* A command line; the texts are borrowed. */
struct arguments {
    const char *items[PROCESS_MOST_ARGUMENTS + 1]; /* NULL behind the last */
    size_t count;
};
/* The program's name, then as many texts as there are, up to a NULL. */
void arguments_init(struct arguments *arguments, const char *program);
void arguments_add(struct arguments *arguments, ...) __attribute__((sentinel));

struct process {
    const char *program; /* "graduate-load" */
    pid_t pid;
    int messages; /* its standard error; -1 when it has been read to the end */
    int output;   /* its standard output where that is captured, else -1 */
    struct buffer line, captured;
    bool stopped; /* by the driver: how it ended says nothing of the cause */
    bool ended;
    int status;        /* of waitpid, once ended */
    unsigned order;    /* 1 for the first program of the driver that ended, and so on */
    struct error said; /* the error that it printed; ERROR_NONE: none */
    /* Sees each of its remarks; true: it has been taken care of, and is not said again. */
    bool (*on_remark)(void *context, const struct remark *remark);
    void *context;
};

/* Where a program is: beside the driver's own executable, else on PATH. */
bool process_find(const char *program, char *out, size_t size, struct error *error);

void process_init(struct process *process);
void process_release(struct process *process);
/* `input`: a descriptor, or PROCESS_NOTHING; `output`: a descriptor, PROCESS_CAPTURE, or
 * PROCESS_NOTHING: then what it prints all the same goes where its messages go. Descriptors stay
 * the caller's, who closes them. What cannot be started is said by the new process itself, on its
 * standard error, like any other error of a program. */
bool process_start(struct process *process, const struct arguments *arguments, int input,
                   int output, struct error *error);

/* Ended, and not with exit code 0. */
bool process_failed(const struct process *process);

#endif
