/* admission.h: what the target lets somebody do, as it would of his requests.
 *
 * The session becomes him, as Supabase's API does: role and claims, within a savepoint that is
 * rolled back. What he reads is what a SELECT gives him. What he may update or delete is what a
 * SELECT with the conditions of the policies for it gives him, for a row must be read to be named;
 * so nothing is written, locked or fired. Grants count, and whether row-level security is on. */
#ifndef VERIFY_ADMISSION_H
#define VERIFY_ADMISSION_H

#include "askers.h"
#include "expect.h"
#include "found.h"
#include "permit.h"
#include "query.h"

/* What holds for whoever comes by one of the API's roles: whether he may do it at all, and with
 * which rows, as SQL. */
struct admission_rule {
    bool known, may;
    struct buffer condition;
    struct buffer refusal; /* what the server said, where it refuses the question */
};
struct admission {
    struct inspection *inspection;
    const struct asker *asker;
    const struct mapping_table *table;
    enum act act;
    struct admission_rule *rule; /* of his role, the table and the act; all zero at first */
};
void admission_rule_release(struct admission_rule *rule);
/* Can the session become him? If not, that is a doubt. */
bool admission_can(struct inspection *inspection, const struct asker *asker, bool *can,
                   struct error *error);
/* The keys of the rows with which he may do it, column by column of `names` and `types`. False only
 * for what ends the level. `refusal`: what the server said where it refused his question, which is
 * no row then; cleared before. */
bool admission_rows(const struct admission *admission, const char *const *names,
                    const struct pgtype *types, size_t count, found_callback callback,
                    void *context, struct buffer *refusal, struct error *error);
/* May he make a row of which nobody may anything? `column`: of the permissions, or NULL. */
bool admission_to_create(const struct admission *admission, const char *column, bool *may,
                         struct buffer *refusal, struct error *error);

#endif
