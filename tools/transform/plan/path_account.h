/* path_account.h: the fates of values (fate.h), counted path by path as a batch is made. */
#ifndef TRANSFORM_PATH_ACCOUNT_H
#define TRANSFORM_PATH_ACCOUNT_H

#include "graduate/error.h"
#include "graduate/fate.h"

#include <bson/bson.h>
#include <stddef.h>
#include <stdint.h>

struct path_count {
    char *path;
    int64_t values[FATE_COUNT];
};
struct path_account {
    struct path_count *paths; /* in the order in which they were first met */
    size_t count, room;
    size_t *table; /* open addressing by the path's hash: index + 1, or 0; a power of two */
    size_t table_size;
};

void path_account_init(struct path_account *account);
void path_account_release(struct path_account *account);
/* The index of a path in `paths`, made when it is new; stable. Beyond FATE_MOST_PATHS it is that of
 * FATE_OTHER_PATHS. False only without memory. */
bool path_account_find(struct path_account *account, const char *path, size_t length, size_t *at,
                       struct error *error);
/* One value, and its fate; FATE_SEEN when it met none, which leaves the account open. */
static inline void path_account_add(struct path_account *account, size_t at, enum fate fate)
{
    account->paths[at].values[FATE_SEEN]++;
    if (fate != FATE_SEEN)
        account->paths[at].values[fate]++;
}
/* Add to one of the numbers that are no fates. */
static inline void path_account_number(struct path_account *account, size_t at, enum fate number,
                                       int64_t more)
{
    account->paths[at].values[number] += more;
}
/* Begin a new batch: all counts are zero again. */
void path_account_clear(struct path_account *account);
/* {"title": {"seen": 3, "written": 3}, ...}: what is not zero, for a batch's meta document
 * (stream.h). False when a document cannot hold it (it would be larger than 2 GiB). */
bool path_account_put(const struct path_account *account, bson_t *out);
/* The same of what was counted since `before`, the values of the first `count` paths. */
bool path_account_put_since(const struct path_account *account, const int64_t (*before)[FATE_COUNT],
                            size_t count, bson_t *out);

#endif
