/* elements.h: how many elements a document's array has. */
#ifndef EXTRACT_ELEMENTS_H
#define EXTRACT_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>

/* Of all arrays at a path ("prices", "history.prices"; path.h) of a sound BSON document. The way
 * there leads through documents and through the documents in arrays, as in a run. 0 for what is
 * absent, null, or no array. */
int64_t elements_count(const uint8_t *document, size_t length, const char *path);

#endif
