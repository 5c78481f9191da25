#include "value_walk.h"

bool value_walk_rest(struct value_walk *walk, struct value *value)
{
    bson_iter_t iter;
    if (!bson_iter_init_from_data_at_offset(&iter, walk->bytes, walk->length, walk->at, 0))
        return false;
    *value = value_from_iter(&iter);
    walk->at = iter.next_off;
    return true;
}
