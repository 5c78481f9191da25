/* suspects.h: the rows of one table whose buckets differ, by their hashes, and what is wrong with them.
 *
 * The second pass over both sides puts 64 bytes per such row into a file without a name, one for each
 * side. Comparing then takes as many rows at a time as fit into memory, all of one place together, so
 * that a table in which every row differs costs disk, and no further pass over source and target. */
#ifndef VERIFY_SUSPECTS_H
#define VERIFY_SUSPECTS_H

#include "tally.h"

#include "graduate/buffer.h"

struct suspect {
    struct hash key, row, parent, rest; /* as in struct row_hashes */
};

/* By key: rows beyond those of the other side with the same key are missing or extra, extra ones of
 * a key that is expected are duplicated, and the others different. Misplaced are the rows of a parent
 * that are not where they should be, when its rows without the position are those expected. */
enum row_kind { ROW_MISSING, ROW_EXTRA, ROW_DIFFERENT, ROW_DUPLICATED, ROW_MISPLACED, ROW_KINDS };
extern const char *const row_kind_names[ROW_KINDS];

/* A row that is wrong: its hash on either side; all zero where there is none. */
struct difference {
    enum row_kind kind;
    struct hash expected, found;
};
typedef bool (*difference_callback)(void *context, const struct difference *difference,
                                    struct error *error);

struct suspects {
    int fd[SIDE_COUNT];
    struct buffer pending[SIDE_COUNT];
    uint64_t count[SIDE_COUNT];
};

/* The files lie in `folder`, or with NULL where TMPDIR or the system says. */
bool suspects_open(struct suspects *suspects, const char *folder, struct error *error);
void suspects_close(struct suspects *suspects);
bool suspects_add(struct suspects *suspects, enum side side, const struct suspect *suspect,
                  struct error *error);
/* All differences, each once. `memory`: how many bytes of suspects to hold at a time. */
bool suspects_compare(struct suspects *suspects, bool ordered, size_t memory,
                      difference_callback callback, void *context, struct error *error);

#endif
