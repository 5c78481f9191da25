/* expect_path.h: what happened to the values of each path, counted. */
#ifndef VERIFY_EXPECT_PATH_H
#define VERIFY_EXPECT_PATH_H

#include "expect.h"
#include "graduate/buffer.h"

enum fate { FATE_WRITTEN, FATE_REST, FATE_DROPPED, FATE_DEFAULTED, FATE_LOST };

enum { PATHS_MOST = 10000 }; /* documents may have keys without end: the rest is counted as "*" */

struct path_counts {
    struct expected_path *items; /* in the order of their paths */
    size_t count, room;
};
void path_counts_release(struct path_counts *counts);
bool path_counts_add(struct path_counts *counts, const char *path, enum fate fate,
                     struct error *error);

/* "tasks" and "title" make "tasks.title"; either may be empty, and "." is the first itself. */
void path_join(struct buffer *out, const char *scope, const char *path);

#endif
