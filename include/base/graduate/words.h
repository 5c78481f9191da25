/* words.h: the nearest right word, for errors about a wrong one. */
#ifndef GRADUATE_WORDS_H
#define GRADUATE_WORDS_H

#include <stddef.h>

/* The candidate that a typist most likely meant by `word` (edit distance with transpositions), or
 * NULL when none is near: farther than a third of the word's length, at least two. */
const char *words_nearest(const char *word, const char *const *candidates, size_t count);

#endif
