/* one_line.h: what a server or libpq says, as part of a message. */
#ifndef COMMON_POSTGRES_ONE_LINE_H
#define COMMON_POSTGRES_ONE_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* A text as one line. Where lines stand for themselves, as libpq's do between attempts, they are
 * told apart, and what is indented below them, which explains, is left out: hints do that here. */
void one_line(const char *text, bool lines, char *out, size_t size);

#endif
