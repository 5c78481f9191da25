/* path_sums.h: what became of the values of each path (fate.h), summed over the batches of a
 * stream. */
#ifndef CHECK_PATH_SUMS_H
#define CHECK_PATH_SUMS_H

#include "graduate/error.h"
#include "graduate/fate.h"

#include <bson/bson.h>
#include <cjson/cJSON.h>

struct path_sum {
    char *path;
    int64_t values[FATE_COUNT];
};
struct path_sums {
    struct path_sum *items; /* in the order in which they were first met */
    size_t count, room, next;
};

void path_sums_release(struct path_sums *paths);
/* Add the "paths" of a batch's meta document. */
bool path_sums_add(struct path_sums *paths, const bson_t *batch, struct error *error);
/* [{"path", "seen", ...}]: what is not zero; NULL without memory. */
cJSON *path_sums_to_json(const struct path_sums *paths);

#endif
