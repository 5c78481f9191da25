/* Room load: rows into the target, exactly once: the fence, batches, what was refused, and the
 * steps before and after the data. It uses common/base, common/catalog, common/mapping,
 * common/postgres, common/schema, common/stream and common/target. */

/* load.h: the parts of graduate-load.
 *
 * Exactly once rests on three rules (and fence.h says why no batch has to wait for the target's
 * disk). A batch's rows and its row in the ledger are one transaction.
 * The ledger's row comes first: its key makes a second loader wait, then fail. And every
 * transaction holds the fence, so that a loader which outlived its run writes nothing. */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "fence.h"
#include "retrial.h"

#include "foreign_key.h"

#include "graduate/postgres.h"
#include "graduate/schema.h"
#include "graduate/stream.h"

/* Load the row stream on `fd` ("name" in messages), from where the ledger is. A batch that the
 * ledger holds already is passed over when it ends at the same position; another one under its
 * number, or a gap, is an ERROR_REFUSED, and so is a stream of another run (unless `any_run`) or
 * from another source. With `corrected` each batch is a record in place of a reject (retrial.h);
 * one that does not fit again is no error. */
struct stream_loading {
    const struct project *project;
    const struct fence *fence;
    bool any_run, corrected;
};
bool load_stream(struct postgres *target, const struct stream_loading *how, int fd,
                 const char *name, struct error *error);

/* One batch: its ledger row and all its rows, or nothing. *rows counts those of the target's own
 * tables. The payload is that of a rows frame. ERROR_DATA: with it the run would have set aside more
 * than so many records. */
struct batch_loading {
    const struct mapping *mapping;
    const struct stream_outputs *outputs;
    const struct stream_batch *batch;
    struct retrial *retrial; /* NULL: it is no corrected record */
    int64_t most_rejects;
};
bool load_batch(struct postgres *target, const struct fence *fence,
                const struct batch_loading *given, const uint8_t *payload, size_t length,
                int64_t *rows, struct error *error);

/* A run, ready to be loaded. */
struct prepared {
    char run[37];
    int64_t generation;
    bool resumed;
    int64_t bytes;      /* of a trial: what the target's database takes on its disk */
    struct loading_order order;
};
struct preparation {
    const struct schema *schema;
    const struct catalog *catalogs; /* what the sources said when the run began */
    size_t catalog_count;
    const char *run;       /* NULL: a new one under an id of the ledger's choice */
    bool begin;            /* `run` may be new */
    bool allow_rows;       /* beside those that the tables hold already */
    bool rehearsal;        /* takes back one of its project that did not end */
    bool trial;            /* nothing stays: see whether it could be made */
    struct words restarts; /* entities whose rows go out again (restart.h) */
    struct words retries;  /* entities of which corrected records are to come: a run that is done is
                              open again, for them and for what is made of all rows */
};
/* Make the ledger, the run and the tables in one transaction, or go on with `run` under the next
 * generation. ERROR_REFUSED: the ledger does not know a run that may not be new; its sources are
 * not the catalogs'; a new run finds rows in its tables, or an unfinished run of its project that
 * has loaded something and is no rehearsal. ERROR_USAGE: what the mapping says of a table cannot be
 * made. `prepared` is set, also after an error. */
bool load_prepare(struct postgres *target, const struct preparation *preparation,
                  struct prepared *prepared, struct error *error);

/* Make keys, indexes and the rest, one transaction each, over as many connections as there are
 * `jobs` (crew.h), and close the run. What is done already is not done again. */
bool load_finish(struct postgres *target, const struct schema *schema, const struct fence *fence,
                 size_t jobs, struct error *error);

/* Connect to the project's target. */
bool load_connect(struct postgres *target, const struct project *project, struct error *error);

/* Take a run back (undo.h), alone on the target, in one transaction. ERROR_REFUSED, and nothing is
 * touched: the ledger does not have the run (unless `again`: that is what a second call finds), it
 * is one of another project, or a run is at work. */
struct undoing {
    const char *run, *project;
    bool again;
    bool changed_too; /* undo.h */
};
bool load_undo(struct postgres *target, const struct undoing *undoing, struct error *error);

#endif
