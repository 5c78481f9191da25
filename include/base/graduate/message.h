/* message.h: everything that a program says on standard error goes through here.
 *
 * Two formats. For people: plain lines, and on a terminal with colours what is an error or a warning stands
 * out, unless NO_COLOR is set; an error is one paragraph of message, place and hint. For
 * programs (--log-format json): one JSON object a line with at least time (RFC 3339, UTC), level
 * (info, warning, error, progress), program and message; an error adds code, and entity, key, path,
 * sqlstate, hint and row (batch, output, place) where set. The driver runs its programs with json and speaks for them. */
#ifndef GRADUATE_MESSAGE_H
#define GRADUATE_MESSAGE_H

#include "graduate/error.h"

#include <stdint.h>

enum message_format { MESSAGE_TEXT, MESSAGE_JSON };

/* `program` must outlive all calls. Before this call messages go out as text, under "graduate". */
void message_init(const char *program, enum message_format format);
enum message_format message_format(void);
bool message_format_parse(const char *text, enum message_format *format, struct error *error);

void message_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Print the error, once, at the edge; returns the exit code that belongs to it. */
int message_error(const struct error *error);

/* What a pipeline has durably done for an entity so far; only the json format prints it. After the data,
 * what is done now: the step, in `batch` which one it is, and in `records` of how many. */
struct progress {
    const char *entity;
    int64_t batch;
    int64_t records; /* of the source, all of the entity's batches */
    int64_t rows;    /* of target tables */
    int64_t bytes;   /* of row stream payload */
};
void message_progress(const struct progress *progress);

#endif
