/* expect_path.h: what happened to the values of each path, counted. */
#ifndef VERIFY_EXPECT_PATH_H
#define VERIFY_EXPECT_PATH_H

#include "expect.h"
#include "graduate/buffer.h"

struct path_counts {
    struct expected_path *items; /* in the order in which they were first met */
    size_t *order;               /* indexes of items, in the order of their paths */
    size_t count, room;
};
void path_counts_release(struct path_counts *counts);
/* Index of the path in items, made when it is new; stable. Beyond FATE_MOST_PATHS it is that of
 * FATE_OTHER_PATHS. False only without memory. */
bool path_counts_find(struct path_counts *counts, const char *path, size_t *at,
                      struct error *error);
/* One value of that path, and its fate; FATE_SEEN: it met none. */
void path_counts_add(struct path_counts *counts, size_t at, enum fate fate);

/* Add to one of the numbers that are no fates. */
void path_counts_number(struct path_counts *counts, size_t at, enum fate number, int64_t more);

/* "tasks" and "title" make "tasks.title"; either may be empty, and "." is the first itself. */
void path_join(struct buffer *out, const char *scope, const char *path);

#endif
