/* extractor.h: a graduate-extract that is started beside this program's own file, or else on PATH.
 */
#ifndef VERIFY_EXTRACTOR_H
#define VERIFY_EXTRACTOR_H

#include "graduate/error.h"

#include <sys/types.h>

struct extractor {
    pid_t process;    /* 0: none, or its end is known */
    int output, said; /* its standard output, and in memory its messages; -1: none */
};

/* `arguments` follow the program's name, and end with NULL. On false nothing is open. */
bool extractor_start(struct extractor *extractor, const char *const *arguments,
                     struct error *error);
/* Wait for its end. When that is no good one, the error is what it said: the cause of whatever was
 * found wrong with its output. */
bool extractor_end(struct extractor *extractor, struct error *error);
/* End it if it is still at work, and close what is open. */
void extractor_stop(struct extractor *extractor);

#endif
