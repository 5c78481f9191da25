/* print.h: what is for standard output. */
#ifndef GRADUATE_DRIVER_PRINT_H
#define GRADUATE_DRIVER_PRINT_H

#include "graduate/buffer.h"

/* All of it, or ERROR_TARGET. */
bool print_text(const struct buffer *text, struct error *error);

#endif
