/* contrast.h: what a finding shows of two values that differ, so that a reader sees where and how.
 *
 * Around the first difference, in whole characters; "…" stands for what is left away. What no
 * screen shows, or shows as something else, is written as JSON writes it: blanks other than the
 * space, marks that belong to the character before them, characters without a shape, and the
 * characters themselves that differ, unless they are ASCII: a composed letter and a decomposed one
 * look alike. */
#ifndef VERIFY_CONTRAST_H
#define VERIFY_CONTRAST_H

#include "graduate/buffer.h"

enum { CONTRAST_SHOWN = 150 }; /* characters of each, at most */

/* Both texts are UTF-8. What was in the buffers goes. */
void contrast_show(const char *expected, const char *found, struct buffer *left,
                   struct buffer *right);

#endif
