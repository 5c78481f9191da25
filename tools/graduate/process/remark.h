/* remark.h: one line that a program wrote on its standard error, understood.
 *
 * The programs write one JSON object a line (message.h). Whatever else comes, from a library, the
 * loader of the system or a sanitizer, is noise: kept and shown, never obeyed. Texts come out
 * printable (printable.h). */
#ifndef GRADUATE_DRIVER_REMARK_H
#define GRADUATE_DRIVER_REMARK_H

#include "graduate/error.h"
#include "graduate/message.h"

#include <stddef.h>

enum remark_kind { REMARK_NOISE, REMARK_INFO, REMARK_WARNING, REMARK_ERROR, REMARK_PROGRESS };

struct remark {
    enum remark_kind kind;
    char text[1024]; /* the message; of noise, the line */
    char entity[128];
    struct error error;                  /* of an error */
    int64_t batch, records, rows, bytes; /* of progress */
};

/* `line` without its newline. */
void remark_parse(const char *line, size_t length, struct remark *remark);

#endif
