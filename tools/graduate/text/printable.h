/* printable.h: texts from elsewhere, fit for a terminal. */
#ifndef GRADUATE_DRIVER_PRINTABLE_H
#define GRADUATE_DRIVER_PRINTABLE_H

#include <stddef.h>

/* As much of the text as fits, whole characters only; what could drive a terminal, and what is no
 * UTF-8, becomes '?'. Always terminated. */
void printable_copy(char *out, size_t size, const char *text, size_t length);

#endif
