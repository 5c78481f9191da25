/* transfer.h: one entity of a run through extract | transform | load. */
#ifndef GRADUATE_DRIVER_TRANSFER_H
#define GRADUATE_DRIVER_TRANSFER_H

#include "migration.h"
#include "pipeline.h"
#include "progress.h"
#include "snapshot.h"

#include "graduate/ledger.h"

struct transfer {
    struct migration *migration;
    const struct mapping *mapping;
    size_t place; /* of the mapping in the project's order */
    bool known;   /* `progress` is */
    struct ledger_progress progress; /* what was there when it began */
    bool runs;                       /* its programs do, in the pipeline */
    struct pipeline pipeline;
    struct progress_line line;
    double begun;
};

/* From where the ledger says that it is; the ids and facts that it asks others for are made before.
 * With !runs it was at its end already. The transfer stays where it is until it is released, which
 * it is whether this went well or not. */
bool transfer_begin(struct transfer *transfer, struct migration *migration, size_t place,
                    struct snapshot *snapshots, struct error *error);
/* Wait for its programs; that the entity is loaded is what the ledger says. */
bool transfer_end(struct transfer *transfer, struct error *error);
/* Programs that still run are told to end: the next call goes on behind the last batch. */
void transfer_release(struct transfer *transfer);

bool transfer_read_progress(struct migration *migration, const struct mapping *mapping,
                            struct ledger_progress *progress, struct error *error);

#endif
