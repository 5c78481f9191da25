#include "elements.h"

#include "graduate/path.h"

#include <bson/bson.h>
#include <string.h>

static int64_t count_below(const bson_iter_t *document, const char *path);

static int64_t count_members(bson_iter_t inner)
{
    int64_t count = 0;
    while (bson_iter_next(&inner))
        count++;
    return count;
}

/* Of what stands at the end of a step: the array itself, the members of the object, or the arrays
 * inside of either. */
static int64_t count_at(const bson_iter_t *value, const char *path)
{
    bson_iter_t inner;
    int64_t count = 0;
    bool array = BSON_ITER_HOLDS_ARRAY(value);
    if ((!array && !BSON_ITER_HOLDS_DOCUMENT(value)) || !bson_iter_recurse(value, &inner))
        return 0;
    if (*path == '\0')
        return array ? count_members(inner) : 0;
    bool members = !array && path_is_members(path);
    if (members && path[1] == '\0')
        return count_members(inner);
    if (members)
        path += strlen("*.");
    else if (!array)
        return count_below(&inner, path);
    while (bson_iter_next(&inner)) {
        bson_iter_t element;
        if (BSON_ITER_HOLDS_DOCUMENT(&inner) && bson_iter_recurse(&inner, &element))
            count += count_below(&element, path);
    }
    return count;
}

/* bson_iter_find finds no field without a name. */
static int64_t count_below(const bson_iter_t *document, const char *path)
{
    bson_iter_t iter = *document;
    struct path_step step;
    if (!path_next(&path, &step))
        return 0;
    while (bson_iter_next(&iter))
        if (path_step_is(&step, bson_iter_key(&iter)))
            return count_at(&iter, path);
    return 0;
}

int64_t elements_count(const uint8_t *document, size_t length, const char *path)
{
    bson_iter_t iter;
    return bson_iter_init_from_data(&iter, document, length) ? count_below(&iter, path) : 0;
}
