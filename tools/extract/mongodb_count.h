/* mongodb_count.h: counting the documents of a live MongoDB in the server. */
#ifndef EXTRACT_MONGODB_COUNT_H
#define EXTRACT_MONGODB_COUNT_H

#include "reader.h"

/* The reader's `count`. */
bool mongodb_count(const struct endpoint *endpoint, struct entity_count *counts, size_t count,
                   struct error *error);

#endif
