/* Room verify/records: reading the records again, from checkpoints or from a source by way of
 * graduate-extract. It uses common/base, common/stream and verify/target. */

/* records.h: the records of one entity, batch by batch, from where the verification takes them.
 *
 * From the run's checkpoint, or from a graduate-extract that is started beside this program. Either
 * way it is a record stream (stream.h), checked to its end: batches without a gap, totals that agree.
 * A stream that is not whole, and an extractor that fails, is an ERROR_SOURCE that says why. */
#ifndef VERIFY_RECORDS_H
#define VERIFY_RECORDS_H

#include "extractor.h"
#include "verification.h"

#include "graduate/stream.h"

#include <limits.h>

struct records {
    const struct mapping *entity;
    struct catalog catalog; /* what the stream's header says of the entity: a catalog of one */
    char name[PATH_MAX];    /* of the stream, for messages */
    int checkpoint;         /* or -1, and then the stream is the extractor's output */
    struct extractor extractor;
    struct stream_reader reader;
    int64_t batches, records;
};
struct record_batch {
    const uint8_t *payload; /* until the next call */
    size_t length;
    int64_t number, records;
};

/* The checkpoint of an entity; whether it is there is the caller's question. */
bool records_checkpoint(const struct verification *verification, const struct mapping *entity,
                        char path[PATH_MAX], struct error *error);
/* Open and read the header. On false nothing is open. */
bool records_open(struct records *records, const struct verification *verification,
                  const struct mapping *entity, struct error *error);
/* The next batch; *more is false behind the last, once the end has been checked. */
bool records_next(struct records *records, struct record_batch *batch, bool *more,
                  struct error *error);
/* Also in the middle: an extractor that is still at work is ended. */
void records_close(struct records *records);

#endif
