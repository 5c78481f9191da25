/* cause.h: why a set of joined programs failed, told once.
 *
 * When one of them dies, its neighbours see a broken pipe and say so; these complaints are
 * consequences. The cause is, in this order: what a program said that is not about its neighbour,
 * the first that ended first; a death by a signal that the driver did not send; an end with an exit
 * code and no word of why; and only when there is nothing else, a complaint about a neighbour. If a
 * neighbour ended well then, it is the one that went too soon. */
#ifndef GRADUATE_DRIVER_CAUSE_H
#define GRADUATE_DRIVER_CAUSE_H

#include "process.h"

/* All have ended. True when none of them failed. */
bool cause_none(struct process *const *processes, size_t count, struct error *error);

#endif
