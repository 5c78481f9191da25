/* witness.h: what was read, held against what the sources' catalogs counted (catalog.h: `exact`).
 *
 * The extractor asks the source itself when it comes to the end. This is the second witness: the
 * ledger's figures against the catalog that the run keeps, so that a record which went missing
 * behind the extractor, or a catalog of another time, is told. A source that is `changing` may
 * differ. */
#ifndef GRADUATE_DRIVER_WITNESS_H
#define GRADUATE_DRIVER_WITNESS_H

#include "catalogs.h"

#include "graduate/account.h"

struct witness {
    const struct mapping *mapping;
    int64_t counted, read;
};
struct witness_list {
    struct witness *items; /* of each entity whose count is exact, in the account's order */
    size_t count;
};

/* The project goes on being used. */
bool witness_list_hear(struct witness_list *list, const struct project *project,
                       const struct catalogs *catalogs, const struct account *account,
                       struct error *error);
void witness_list_release(struct witness_list *list);

/* The counts differ, and nothing wrote to the source meanwhile. */
bool witness_contradicts(const struct witness *witness);
/* How many of them do. */
size_t witness_list_contradict(const struct witness_list *list);

/* As an array for account.json: {entity, counted, read, changing}; NULL without memory. */
cJSON *witness_list_to_json(const struct witness_list *list);
/* One line where all agree, else each that differs and what to do; nothing where nobody counted. */
void witness_list_print(const struct witness_list *list, struct buffer *out);

#endif
