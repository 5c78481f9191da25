#include "soundness.h"

#include <bson/bson.h>
#include <stdbool.h>

/* MongoDB stores 100 levels; beyond twice that a document is no one's data. */
enum { DEEPEST = 200 };

static const char *walk(const uint8_t *bytes, size_t length, int depth, const uint8_t **at)
{
    bson_iter_t iter;
    *at = bytes;
    if (depth > DEEPEST)
        return "it nests deeper than 200 levels";
    /* bson_iter_recurse takes a nested document at its word; this checks its length and last byte.
     */
    if (!bson_iter_init_from_data(&iter, bytes, length))
        return "a document in it has a wrong length or does not end in a zero byte";
    while (bson_iter_next(&iter)) {
        uint32_t inner_length = 0;
        const uint8_t *inner = NULL;
        bson_type_t type = bson_iter_type(&iter);
        if (type == BSON_TYPE_DOCUMENT) {
            bson_iter_document(&iter, &inner_length, &inner);
        } else if (type == BSON_TYPE_ARRAY) {
            bson_iter_array(&iter, &inner_length, &inner);
        } else if (type == BSON_TYPE_CODEWSCOPE) {
            uint32_t code_length;
            const char *code = bson_iter_codewscope(&iter, &code_length, &inner_length, &inner);
            if (code[code_length] != '\0') {
                *at = (const uint8_t *)code + code_length;
                return "a text in it does not end in a zero byte";
            }
        }
        if (inner != NULL) {
            const char *problem = walk(inner, inner_length, depth + 1, at);
            if (problem != NULL)
                return problem;
        }
    }
    /* bson_iter_next ends at damage as at the end, but only the end is at the last byte. */
    if (iter.off == length - 1)
        return NULL;
    *at = bytes + iter.err_off;
    return "a field in it has an unknown type, reaches past its end or is malformed";
}

const char *soundness_problem(const uint8_t *bytes, size_t length, size_t *at)
{
    const uint8_t *place;
    const char *problem = walk(bytes, length, 1, &place);
    *at = (size_t)(place - bytes);
    return problem;
}
