/* crew.h: connections to the target that take the steps after the data side by side.
 *
 * The first worker is the calling thread, with the connection that it has. Each of the others is a
 * thread with a connection of its own, opened when there is first something for it to do. A target
 * that lets no further one in, because its limit is reached, has fewer workers. */
#ifndef LOAD_CREW_H
#define LOAD_CREW_H

#include "fence.h"

#include "graduate/schema.h"

enum { CREW_MOST = 64 };

struct crew {
    const struct project *project;
    const struct fence *fence;
    size_t jobs;                       /* workers, 1 to CREW_MOST */
    struct postgres others[CREW_MOST]; /* open where their connection is not NULL */
    int64_t taken, all;                /* steps so far, and of the whole finish */
};

/* Which of the steps at hand may be taken at a time. */
enum crew_rule {
    CREW_ONE_BY_ONE,  /* one, in their order: each may lock several tables, or need another one */
    CREW_ONE_A_TABLE, /* one of each table: they lock it */
    CREW_ALL,
};

/* `target` is the first worker's, in crew_take too. */
void crew_init(struct crew *crew, const struct project *project, const struct fence *fence,
               size_t jobs, int64_t all);
void crew_release(struct crew *crew);
/* Take all these steps; when it returns, none is being taken any more. After an error none is
 * begun. Of several errors it is that of the first step in order: the one that one worker alone
 * would have met. */
bool crew_take(struct crew *crew, struct postgres *target, enum crew_rule rule,
               const struct schema_statement *statements, size_t count, struct error *error);

#endif
