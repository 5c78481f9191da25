/* fence.h: transactions of a run, each of which first proves that the run is still this program's.
 *
 * `graduate-load --prepare` adds one to the run's generation; the program that was started under an
 * older one then fails at its next transaction, and one that is inside of a transaction is waited
 * for.
 *
 * Two kinds of commit. A flushed one is on the target's disk when it returns. An unflushed one does
 * not wait for the disk (synchronous_commit = off): when the server crashes, it may be gone. It is
 * exactly once still:
 *   - Rows and what the ledger says of them, a step and its row there, are one transaction: they
 * are lost together or not at all.
 *   - The server writes its log in the order of the commits, so what is lost is a run's last
 *     commits, never one before another that is kept; and a flushed commit flushes all before it.
 *   - Nobody goes on from anything but the ledger, which is read anew after the connection broke.
 *     What is kept outside of it, as a checkpoint, may be ahead of it, and goes back to where it
 * is. So batches and steps are unflushed, and what says that an entity, or the run, is done is
 * flushed.
 */
#ifndef LOAD_FENCE_H
#define LOAD_FENCE_H

#include "graduate/postgres.h"
#include "graduate/project.h"

#include <stdint.h>

struct fence {
    const char *run;
    int64_t generation;
};

/* Begin a transaction, whose commit is flushed, that holds the run's row in share mode.
 * ERROR_REFUSED when the run is not in this target, or another generation took over; then, as after
 * every failure inside, the caller calls fence_rollback. */
bool fence_begin(struct postgres *target, const struct fence *fence, struct error *error);
/* The same, with an unflushed commit. */
bool fence_begin_unflushed(struct postgres *target, const struct fence *fence, struct error *error);
/* The same, in the place of a transaction that has failed. */
bool fence_begin_again(struct postgres *target, const struct fence *fence, struct error *error);
/* The same, in two halves, for who sends more along: what begins it, to be sent first, and whether
 * it did, by the answers. */
void fence_put_begin_unflushed(struct buffer *sql, const struct fence *fence);
bool fence_begun(struct postgres *target, const struct fence *fence, const struct answers *answers,
                 struct error *error);
enum { FENCE_ANSWERS = 3 }; /* that its begin has */
/* Only true means committed; when the connection is lost on the way, only the ledger knows. */
bool fence_commit(struct postgres *target, struct error *error);
/* Likewise, of the answer to a COMMIT. */
bool fence_committed(struct postgres *target, PGresult *result, struct error *error);
void fence_rollback(struct postgres *target);

/* Begin a transaction in which runs are begun, gone on with or taken back: those that do come one
 * after the other. What holds a lock longer than a batch takes has to be looked at by a person: 30
 * seconds. */
bool fence_begin_alone(struct postgres *target, struct error *error);

/* ERROR_REFUSED, with the difference named, when the project's files are not those that the run
 * began with, or there is no such run. */
bool fence_check_mapping(struct postgres *target, const char *run, const struct project *project,
                         struct error *error);

#endif
