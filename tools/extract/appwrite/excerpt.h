/* excerpt.h: the beginning of what a server sent as one line of printable ASCII, for messages. */
#ifndef EXTRACT_EXCERPT_H
#define EXTRACT_EXCERPT_H

#include <stddef.h>

void excerpt(const char *bytes, size_t length, char *out, size_t size);

#endif
