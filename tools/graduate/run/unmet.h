/* unmet.h: what a mapping names and no record has: a typing error, most of the time.
 *
 * Told from the account of paths (fate.h), so only once an entity's records have gone by. What
 * "each", "when" and "drop" name must be there, and so must a field whose nearest neighbour went
 * into a rest column ("emial", beside "email"); any other may be missing, and is worth a warning.
 * "optional": true in the mapping says that it may. Fields of elements are looked for only where
 * there were elements. */
#ifndef GRADUATE_DRIVER_UNMET_H
#define GRADUATE_DRIVER_UNMET_H

#include "graduate/account.h"
#include "graduate/project.h"

#include <cjson/cJSON.h>

struct unmet {
    char pointer[512]; /* in the mapping's file */
    char path[256];    /* of the source */
    char nearest[256]; /* that was there; "" none */
    bool element;      /* it was looked for in elements of an array */
    bool grave;
};
struct unmet_list {
    struct unmet *items;
    size_t count;
};

/* Of one entity, of which so many records were read; `account` has its paths. */
bool unmet_find(struct unmet_list *list, const struct project *project,
                const struct mapping *mapping, const struct account *account, int64_t records,
                struct error *error);
void unmet_release(struct unmet_list *list);
/* "/to/public.t/when/statsu: no record of c has "statsu" (0 of 2); nearest: "status"". */
void unmet_describe(const struct unmet *unmet, const struct mapping *mapping, int64_t records,
                    char *out, size_t size);
/* Of all entities, for account.json: an array of {entity, pointer, path, nearest, records, grave,
 * text}.
 */
bool unmet_gather(cJSON **array, const struct project *project, const struct account *account,
                  struct error *error);
/* A line for each; nothing where there is none. */
void unmet_print(const cJSON *array, struct buffer *out);

#endif
