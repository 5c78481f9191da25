/* copy_text.h: texts of bookkeeping rows, as fields of a binary COPY tuple. */
#ifndef TRANSFORM_COPY_TEXT_H
#define TRANSFORM_COPY_TEXT_H

#include "graduate/buffer.h"

/* A tuple of so many texts. The target takes valid UTF-8 only: a path may have been cut inside its
 * last character, and a key may come from text that never was any. What is not valid is cut off at
 * the end, or replaced by "?". */
void copy_texts(struct buffer *out, const char *const *texts, size_t count);

#endif
