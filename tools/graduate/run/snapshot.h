/* snapshot.h: one view of a Postgres source for all of its entities.
 *
 * A `graduate-extract --hold-snapshot` keeps a transaction open and prints the name under which
 * others can read what it sees. It lives from the source's first entity to its last; its standard
 * input is what it is held by. */
#ifndef GRADUATE_DRIVER_SNAPSHOT_H
#define GRADUATE_DRIVER_SNAPSHOT_H

#include "supervisor.h"

#include "graduate/project.h"

struct snapshot {
    bool held;
    int input; /* the end of its standard input that we keep open */
    char name[128];
    struct process process;
};

/* Do nothing when it is held already, unless its holder has died meanwhile. */
bool snapshot_hold(struct snapshot *snapshot, const struct project *project,
                   const struct source *source, struct supervisor *supervisor, struct error *error);
void snapshot_let_go(struct snapshot *snapshot, struct supervisor *supervisor);

#endif
