/* amended.h: records that were set aside and loaded since, as they were corrected by hand: what the
 * ledger keeps in their place; and those of which the target refused a row, which only it could
 * say.
 *
 * The ledger's word is taken for what a record was corrected to: nobody else has it. It is bound to
 * the record that the source has by that one's digest, so that a correction stands in for nothing
 * else; and it must be what was loaded, by its own. */
#ifndef VERIFY_AMENDED_H
#define VERIFY_AMENDED_H

#include "expect.h"
#include "verification.h"

struct amended_record {
    char *entity, *digest;
    struct buffer record; /* as a stream has it; empty: nothing was loaded */
};
struct amended {
    struct amended_record *records;        /* by entity, then by digest */
    struct expect_correction *corrections; /* of each of them, for expectation_correct */
    size_t count;
};

/* None without a ledger, or where it is of a graduate that did not retry. ERROR_TARGET: what it
 * keeps is not what was loaded. */
bool amended_read(struct amended *amended, struct verification *verification, struct error *error);
void amended_release(struct amended *amended);
/* Those of an entity. */
const struct expect_correction *amended_of(const struct amended *amended, const char *entity,
                                           size_t *count);
/* A text that is another one whenever those of the entity are. */
void amended_put_identity(const struct amended *amended, const char *entity,
                          struct buffer *identity);

#endif
