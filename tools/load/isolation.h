/* isolation.h: the records of a batch that the target does not take, and the batch without them.
 *
 * For mappings that set such records aside ("refused": "reject") graduate-transform tells of each
 * record how many rows it has in each section, what its values count as either way, and its bytes
 * (tools/transform/rows/refusable.h). Here records are taken out of the sections, and in the end
 * are written into graduate.rejects and taken out of the account of the batch. */
#ifndef LOAD_ISOLATION_H
#define LOAD_ISOLATION_H

#include "fence.h"

#include "graduate/stream.h"

struct refusable; /* a record */
struct isolation {
    const struct stream_section *sections; /* as they came */
    size_t count;
    struct refusable *records;
    size_t record_count, out_count;
    const struct error *last; /* the cause of the last that was taken out, at its record */
    size_t **starts;     /* of each section: where each record's rows begin in it, and its end */
    struct buffer *left; /* of each section: what isolation_take made */
};

/* `refusables` is the section that tells of the records; the payload must outlive it. ERROR_SOURCE
 * when the two do not agree. */
bool isolation_open(struct isolation *isolation, const struct stream_section *sections,
                    size_t count, const struct stream_outputs *outputs,
                    const struct stream_section *refusables, struct error *error);
void isolation_release(struct isolation *isolation);

/* The record that a row of a section is of, by its place, from 1; record_count: of none. */
size_t isolation_find(const struct isolation *isolation, size_t section, uint64_t place);
/* The section's rows of the records from `from` to before `to` that are not out; views, until the
 * next call for it. */
bool isolation_take(struct isolation *isolation, size_t section, size_t from, size_t to,
                    struct stream_section *taken, struct error *error);
/* Take the record out, for this cause. */
bool isolation_exclude(struct isolation *isolation, size_t record, const struct error *cause,
                       struct error *error);
/* For messages. */
const char *isolation_key(const struct isolation *isolation, size_t record);

/* In the batch's transaction: those that are out become rejects; a statement each. *rejects: how
 * many the run has then. */
bool isolation_settle(const struct isolation *isolation, struct postgres *target,
                      const struct fence *fence, const struct stream_batch *batch, int64_t *rejects,
                      struct error *error);

#endif
