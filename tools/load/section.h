/* section.h: a batch with its payload taken apart, and its sections into their tables. */
#ifndef LOAD_SECTION_H
#define LOAD_SECTION_H

#include "fence.h"
#include "isolation.h"
#include "load.h"

struct work {
    const struct mapping *mapping;
    const struct stream_outputs *outputs;
    const struct stream_batch *batch;
    struct retrial *retrial;
    struct stream_section *sections; /* as they are to be loaded */
    struct stream_section *whole;    /* as they came */
    int64_t *added;                  /* of each section's rows, those that are new in the table */
    size_t count, bytes;
    int64_t most_rejects;
    struct stream_section refusables; /* what tells of each record; no rows: nothing does */
    struct isolation isolation;       /* opened when the first row is refused */
    const char *before; /* a statement that goes before the next, in one message; or NULL */
};
bool work_split(struct work *work, const uint8_t *payload, size_t length, struct error *error);
void work_release(struct work *work);

const struct stream_output *work_output(const struct work *work, size_t section);
/* The mapping's word on a section's table; NULL for the ledger's own. All forms say the same. */
const struct mapping_table *work_table(const struct work *work, size_t section);

/* What waits to go before the next statement, where that is none that can take it along. */
bool work_go_before(struct postgres *target, struct work *work, struct error *error);
/* All rows of a section, as it is now. What the target refuses is told by refusal.h. */
bool work_load(struct postgres *target, const struct fence *fence, struct work *work,
               size_t section, struct error *error);
/* What the target puts off to the commit is looked at here: a commit says nothing of the row.
 * *section: the one that is refused; work->count where the server does not say. */
bool work_settle(struct postgres *target, const struct work *work, size_t *section,
                 struct error *error);

#endif
