/* line_diff.h: what must be taken away from one text and added to it to make the other, line by
 * line and as little as possible. */
#ifndef GRADUATE_DRIVER_LINE_DIFF_H
#define GRADUATE_DRIVER_LINE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

/* A line of one of the texts, without its end; a view. */
struct line {
    const char *text;
    size_t length;
};
/* Called for each line that is gone or new, in order; false stops. `within` is the line not
 * indented that stands last above it (or is it): in DDL, the statement that it is a part of. */
typedef bool line_diff_each(void *context, bool new, struct line line, struct line within);

/* False without memory, or when `each` said so. */
bool line_diff(const char *before, const char *after, line_diff_each *each, void *context);

#endif
