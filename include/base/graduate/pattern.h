/* pattern.h: regular expressions of POSIX, extended, over UTF-8; the same in every environment.
 *
 * A founder writes them, so what could take time or memory without end is refused: back references,
 * and repetitions that multiply to more than PATTERN_MOST. */
#ifndef GRADUATE_PATTERN_H
#define GRADUATE_PATTERN_H

#include "graduate/error.h"

#include <stddef.h>

enum { PATTERN_LONGEST = 500, PATTERN_MOST = 1000 };

struct pattern;
/* ERROR_USAGE with what is wrong in the expression; the caller adds where it stands. */
bool pattern_new(struct pattern **made, const char *expression, struct error *error);
void pattern_free(struct pattern *pattern);
/* Is there a match anywhere in the text? False with an error without memory. */
bool pattern_search(const struct pattern *pattern, const char *text, size_t length, bool *found,
                    struct error *error);

#endif
