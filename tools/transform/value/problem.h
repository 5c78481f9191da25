/* problem.h: what would end a run, put on record by a trial, which goes on behind it; and which
 * record each row is of, so that what only all rows together show can be told in the source's
 * words. */
#ifndef TRANSFORM_PROBLEM_H
#define TRANSFORM_PROBLEM_H

#include "graduate/buffer.h"
#include "graduate/error.h"

#include <stdint.h>

enum { PROBLEM_FIELDS = 5 };
extern const char *const problem_fields[PROBLEM_FIELDS]; /* of a tuple: entity, key, ... */
enum { RECORD_FIELDS = 2 };
extern const char *const record_fields[RECORD_FIELDS]; /* key; its rows per output: "1 0 3" */

struct problems {
    struct buffer tuples; /* binary COPY */
    uint32_t count;
    const char *entity;
    const char *key;       /* of the record at hand */
    struct buffer records; /* binary COPY */
    uint32_t record_count;
};

void problems_init(struct problems *problems, const char *entity);
void problems_release(struct problems *problems);
void problems_clear(struct problems *problems);
/* True when the error is put on record, so that its cause can be passed over: one of the data, and
 * this is a trial (`problems` is not NULL). `path` where the error has none; may be NULL. */
bool problems_take(struct problems *problems, const char *path, struct error *error);
/* The record at hand is done: "1 0 3". */
void problems_end_record(struct problems *problems, const char *key, const char *rows);

#endif
