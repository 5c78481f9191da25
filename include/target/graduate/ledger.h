/* Room common/target: what is kept of a run in the target, what is read out of it, and the
 * verdict on it. It uses common/base, common/catalog, common/postgres and common/stream. */

/* ledger.h: the truth about progress, in the target's schema `graduate`.
 *
 *   runs        one row per run: project, fingerprint and text of the mappings, generation, state,
 *               whether it is a rehearsal
 *   sources     per run and "source.collection": what it cannot be mistaken by (reader.h)
 *   partitions  per run, entity, partition: when begun and done, records read by the extractor
 *   batches     per run, entity, partition, batch: records, filtered, rejected, retried (rejected
 *               before, and loaded since), rows per table, fates of values per path (fate.h),
 *               how many rows of losses, position; written in the transaction that writes the
 *               batch's rows, whose number it keeps: it is the xmin of those rows
 *   tables      per run and target table: made by us or there before, rows before
 *   steps       per run: which statements of the finish are done, and how long each took
 *   made        per run: what it made in the target, in order, and the SQL that takes it back;
 *               written in the transaction that makes it
 *   foreign_keys   per project: keys of the target that are off while a run loads, to be made again
 *               at its end; not per run, since a run that gives way must not take them along
 *   met         per run, table and key: a row that was there when the run came to it, and was left
 * or updated; `before` is what it was where it was updated and is not the run's own (made by a
 * trigger), `named_by` the columns of its key
 *   losses      per run: one row per value that changed on the way
 *   rejects     per run: one row per record that was set aside: the cause, the record whole and its
 *               digest (record.h), and what its values count as in its batch's paths; sqlstate
 *               where the target refused a row of it, which nobody can find out anew. `corrected`
 * and its digest are what `graduate retry` tried last in its place; once that is loaded, retried_at
 * says when, and verify reads it for the record
 *
 * Corrected records are batches of one record in a partition of their own, LEDGER_RETRIES: 0
 * records, -1 rejected, 1 retried (or filtered), and their paths without what the reject's batch
 * says of it, so that every sum over batches stays true.
 *
 * The generation is the fence: `graduate-load --prepare` adds one to it, and every transaction that
 * writes checks it (SELECT ... FOR SHARE), so a loader that outlived its driver cannot write.
 * A session-level advisory lock, held by the driver for the whole of a run, refuses a second run.
 */
#ifndef GRADUATE_LEDGER_H
#define GRADUATE_LEDGER_H

#include "graduate/postgres.h"

#include <bson/bson.h>
#include <stdint.h>

enum { LEDGER_RETRIES = -1 }; /* an entity's partition of corrected records */

/* The DDL of the schema; every statement can be repeated. */
extern const char *const ledger_ddl;
/* What takes its tables away again. The schema is not among them: it may hold things of others. */
extern const char *const ledger_drop;

/* Take the lock of a run on this target, or ERROR_REFUSED that names the other run's start. It is
 * given back when the connection ends. */
bool ledger_lock(struct postgres *target, struct error *error);

/* Make of a lock time-out an ERROR_REFUSED that names the session that may hold the lock, and how
 * to end it; other errors stay as they are. Outside of a transaction. Always returns false. */
bool ledger_explain_lock(struct postgres *target, struct error *error);

/* ERROR_REFUSED unless the ledger has the run, done, and its tables are there. */
bool ledger_check_done(struct postgres *target, const char *run, struct error *error);

/* How far an entity's partition is. */
struct ledger_progress {
    bool begun, done;
    int64_t batch; /* the last one loaded, 0 before the first */
    int64_t records, filtered, rejected, rows;
    int64_t records_read; /* by the extractor, known when done */
    bson_t position; /* after that batch; an initialised, owned document, empty before the first */
};
void ledger_progress_release(struct ledger_progress *progress);
bool ledger_read_progress(struct postgres *target, const char *run, const char *entity,
                          int partition, struct ledger_progress *progress, struct error *error);

#endif
