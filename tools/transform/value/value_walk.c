#include "value_walk.h"

bool value_walk_rest(struct value_walk *walk, struct value *value)
{
    bson_iter_t iter;
    size_t length = (size_t)(walk->last + 1 - walk->bytes);
    uint32_t at = (uint32_t)(walk->at - walk->bytes);
    if (!bson_iter_init_from_data_at_offset(&iter, walk->bytes, length, at, 0))
        return false;
    *value = value_from_iter(&iter);
    walk->at = walk->bytes + iter.next_off;
    return true;
}
