/* loss_list.h: the values that changed on their way, out of the ledger: how many of which rule, and
 * each of them as a line of losses.jsonl. */
#ifndef GRADUATE_DRIVER_LOSS_LIST_H
#define GRADUATE_DRIVER_LOSS_LIST_H

#include "graduate/postgres.h"

#include <stdint.h>

struct loss_count {
    char *entity, *rule;
    int64_t values;
};
struct loss_list {
    struct loss_count *items; /* by entity and rule */
    size_t count;
};

bool loss_list_count(struct loss_list *list, struct postgres *target, const char *run,
                     struct error *error);
void loss_list_release(struct loss_list *list);

/* All losses of the run in the order in which they were loaded, into `path`, whole or not at all.
 */
bool loss_list_write(struct postgres *target, const char *run, const char *path,
                     struct error *error);

/* The same of the records that are set aside: each whole, as the source has it or as it was tried
 * last, with the cause. */
bool reject_list_write(struct postgres *target, const char *run, const char *path,
                       struct error *error);
/* Were some of them loaded since, as they were corrected; and those, as lines of the same form,
 * with what they were. */
bool retried_list_any(struct postgres *target, const char *run, bool *any, struct error *error);
bool retried_list_write(struct postgres *target, const char *run, const char *path,
                        struct error *error);

#endif
