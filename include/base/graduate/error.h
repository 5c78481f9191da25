/* Room common/base: what everything stands on: memory, bytes, files, JSON texts, the command
 * line, errors and how they are said, crash points. Nothing here knows of sources, mappings or
 * targets. It uses no other room. */

/* error.h: the one error type.
 *
 * A function that can fail returns bool and takes a `struct error *` as its last parameter. On
 * false the error is filled: what happened, where (entity, key, path, SQLSTATE; empty where they do
 * not apply) and what to do next. Callers add what they know of the place and pass it up; only a
 * program's main prints it (message.h), once, and turns its code into the exit code.
 *
 * Texts are truncated to their field, never overflowing, but for several mistakes told as one,
 * which error_text gives whole; a message never holds a secret. */
#ifndef GRADUATE_ERROR_H
#define GRADUATE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum error_code {
    ERROR_NONE,
    ERROR_USAGE,   /* the command line, the project or a mapping is wrong; nothing was touched */
    ERROR_DATA,    /* a record or row does not fit and no rule lets it pass; account not balanced */
    ERROR_SOURCE,  /* a source failed: unreachable, refused, a damaged export or checkpoint */
    ERROR_TARGET,  /* the target failed, or this machine did: disk full, out of memory */
    ERROR_REFUSED, /* refused to go on: changed mapping, second writer, target not empty */
    ERROR_PEER,    /* the neighbour in the pipe ended early; its own error is the cause */
    ERROR_BUG,     /* an impossible state: a bug in graduate */
};

/* A row in the stream that the loader reads: of which batch, in the section of which output, and
 * its place there, from 1. Batch 0: no row is known. */
struct error_row {
    int64_t batch, output, place;
};

/* A unique index, "users_email_key", and its table, "public.users". */
struct error_index {
    char name[64], table[136];
};

struct error {
    enum error_code code;
    char message[8192]; /* what happened, one sentence, no newline */
    char hint[2048];    /* what to do next; may be empty */
    char entity[128];
    char key[256];  /* of the record or row, as text */
    char path[256]; /* field path, column, or file */
    char sqlstate[6];
    struct error_row row; /* that the target refused; for the driver, and not for people */
    struct error_index index; /* that rows are against; "": none is known; likewise */
    int problems;         /* that were gathered into it (errors_give); 0: it is one */
    const char *whole;    /* the message, where it is longer than that; else NULL */
};

/* Each sets code and message (printf-style), empties the other fields, and returns false, so that
 * `return error_set(...)` is the whole of an error path. */
bool error_set(struct error *error, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As error_set, with ": <strerror(errno)>" appended. */
bool error_set_errno(struct error *error, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Around every text that becomes a hint by way of a table or a variable: what a hint can say is
 * gathered by these and by error_hint, and stands in tests/integration/advice.md with its proof. */
#define ADVICE(text) text

/* The message, all of it. */
const char *error_text(const struct error *error);
/* Set the message; what does not fit is kept until the program ends. */
void error_set_text(struct error *error, const char *text);

/* The hint names another way than a second call of the run, which cannot cure it: a restart of the
 * entity, an undo, a new run. */
bool error_leads_elsewhere(const struct error *error);

/* Add to an error that is set; return false. error_at fills only the fields that are still empty
 * (NULL: leave alone), so the innermost place wins. */
bool error_hint(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool error_at(struct error *error, const char *entity, const char *key, const char *path);

/* The exit code of design.md section 7 for a code; the word used for it in JSON logs and back. */
int error_exit_code(enum error_code code);
const char *error_code_name(enum error_code code);
enum error_code error_code_from_name(const char *name);

/* Several errors told as one, so that all can be mended at once. */
struct errors {
    size_t count;
    struct error first;
    char *text; /* of all of them, one after the other; a file's name once, before its own; kept
                   until the program ends */
    size_t length, size, fit; /* fit: of it, what a message holds */
    char hints[2000]; /* the same, each once */
    char file[256];   /* whose mistakes come last: "mappings/a.json: " */
    bool cut;         /* there are more than even that holds */
};
/* One more; true when it was taken in: only an ERROR_USAGE is, after which the caller can go on. It
 * may be made of several itself. */
bool errors_add(struct errors *errors, const struct error *error);
/* True: there was none. One is given as it is; several are "3 problems: ...; ...; ...". */
bool errors_give(const struct errors *errors, struct error *error);

/* Out of memory is an error like any other; this sets it. */
bool error_memory(struct error *error);

#endif
