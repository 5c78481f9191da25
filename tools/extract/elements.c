#include "elements.h"

#include <bson/bson.h>
#include <string.h>

/* bson_iter_find finds no field without a name, and bson_iter_find_descendant goes through arrays.
 */
static bool find(bson_iter_t *iter, const char *name, size_t length)
{
    while (bson_iter_next(iter))
        if (bson_iter_key_len(iter) == length && memcmp(bson_iter_key(iter), name, length) == 0)
            return true;
    return false;
}

int64_t elements_count(const uint8_t *document, size_t length, const char *path)
{
    bson_iter_t iter, inner;
    size_t name = strcspn(path, ".");
    if (!bson_iter_init_from_data(&iter, document, length) || !find(&iter, path, name))
        return 0;
    for (path += name; *path != '\0'; path += name) {
        path++;
        name = strcspn(path, ".");
        if (!BSON_ITER_HOLDS_DOCUMENT(&iter) || !bson_iter_recurse(&iter, &inner) ||
            !find(&inner, path, name))
            return 0;
        iter = inner;
    }
    int64_t count = 0;
    if (BSON_ITER_HOLDS_ARRAY(&iter) && bson_iter_recurse(&iter, &inner))
        while (bson_iter_next(&inner))
            count++;
    return count;
}
