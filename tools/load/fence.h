/* fence.h: transactions of a run, each of which first proves that the run is still this program's.
 *
 * `graduate-load --prepare` adds one to the run's generation; the program that was started under an
 * older one then fails at its next transaction, and one that is inside of a transaction is waited
 * for. */
#ifndef LOAD_FENCE_H
#define LOAD_FENCE_H

#include "graduate/postgres.h"
#include "graduate/project.h"

#include <stdint.h>

struct fence {
    const char *run;
    int64_t generation;
};

/* Begin a transaction that holds the run's row in share mode. ERROR_REFUSED when the run is not in
 * this target, or another generation took over; then, as after every failure inside, the caller
 * calls fence_rollback. */
bool fence_begin(struct postgres *target, const struct fence *fence, struct error *error);
/* Only true means committed; when the connection is lost on the way, only the ledger knows. */
bool fence_commit(struct postgres *target, struct error *error);
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
