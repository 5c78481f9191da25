/* state.h: what an interrupted content level has done, kept in a folder of the run.
 *
 * A piece of work is some tallies and further bytes under a name, and its identity: a text of
 * everything that the tallies depend on. A piece whose identity is not that of the question is
 * stale and ignored, so is one that is damaged. What cannot be kept is said once and done without:
 * the state saves time, and decides nothing. */
#ifndef VERIFY_STATE_H
#define VERIFY_STATE_H

#include "tally.h"

#include "graduate/buffer.h"

struct state {
    const char *folder; /* NULL: nothing is kept */
};

/* True when the piece is there: its tallies are filled in, its further bytes appended to `more`. */
bool state_load(const struct state *state, const char *name, const struct buffer *identity,
                struct tally *const *tallies, size_t count, struct buffer *more);
void state_save(struct state *state, const char *name, const struct buffer *identity,
                const struct tally *const *tallies, size_t count, const struct buffer *more);
/* The folder and all in it, at the end of the work; NULL is none. */
void state_remove(const char *folder);

#endif
