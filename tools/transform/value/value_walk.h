/* value_walk.h: the fields of a document, or the elements of an array, one after the other.
 *
 *     struct value_walk walk;
 *     if (value_walk_begin(&walk, document))
 *         while (value_walk_next(&walk, &value))
 *             ... walk.key ...
 *
 * It takes what libbson's iterator takes, and nothing else: the types of nearly all values are read
 * where they stand, and what is of another type, or might be damaged, is left to libbson. */
#ifndef TRANSFORM_VALUE_WALK_H
#define TRANSFORM_VALUE_WALK_H

#include "graduate/buffer.h"
#include "value.h"

struct value_walk {
    const uint8_t *bytes;
    const uint8_t *at;   /* where the field at hand begins, and then the one behind it */
    const uint8_t *last; /* the document's last byte, a zero */
    const char *key;     /* of the field at hand */
    size_t key_length;
};

/* False: its length and end are not those of a document. */
static inline bool value_walk_begin(struct value_walk *walk, const struct value *document)
{
    walk->bytes = document->bytes;
    walk->at = document->bytes + 4;
    walk->last = document->bytes + document->length - 1;
    return document->length >= 5 && get_le32(document->bytes) == document->length &&
           *walk->last == 0;
}

/* Did it come to the last byte? Damage ends a walk too, without a word. */
static inline bool value_walk_ended(const struct value_walk *walk)
{
    return walk->at == walk->last;
}

/* The steps of value_walk_next, for who knows which key to expect: is there a field, and its key;
 * then, with the key's length, its value. */
static inline bool value_walk_more(struct value_walk *walk)
{
    walk->key = (const char *)walk->at + 1;
    return walk->at < walk->last;
}
/* What is not read in place. False: it is damaged. */
bool value_walk_rest(struct value_walk *walk, struct value *value);

/* Every field that is read comes by here, so it has no call of its own. */
__attribute__((always_inline)) static inline bool
value_walk_take(struct value_walk *walk, size_t key_length, struct value *value)
{
    const uint8_t *content = walk->at + key_length + 2;
    size_t room = (size_t)(walk->last + 1 - content), size = 0;
    uint8_t type = *walk->at;
    walk->key_length = key_length;
    value->type = (bson_type_t)type;
    value->length = 0;
    value->bytes = content;
    value->integer = 0;
    if (type == BSON_TYPE_UTF8) {
        size = room > 4 ? get_le32(content) : 0;
        if (size == 0 || size + 4 >= room || content[3 + size] != 0)
            return value_walk_rest(walk, value);
        value->bytes = content + 4;
        value->length = (uint32_t)size - 1;
        walk->at = content + size + 4;
        return true;
    }
    switch (type) {
    case BSON_TYPE_OID:
        value->oid = content;
        size = 12;
        break;
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_DATE_TIME:
    case BSON_TYPE_INT64:
        size = 8;
        if (size < room)
            memcpy(&value->integer, content, 8);
        break;
    case BSON_TYPE_INT32:
        size = 4;
        if (size < room)
            value->integer = (int32_t)get_le32(content);
        break;
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        size = room > 4 ? get_le32(content) : 0;
        if (size < 5)
            return value_walk_rest(walk, value);
        value->length = (uint32_t)size;
        break;
    case BSON_TYPE_BOOL:
        size = 1;
        if (size >= room || *content > 1)
            return value_walk_rest(walk, value);
        value->integer = *content;
        break;
    case BSON_TYPE_NULL:
        break;
    default:
        return value_walk_rest(walk, value);
    }
    if (size >= room)
        return value_walk_rest(walk, value);
    walk->at = content + size;
    return true;
}

static inline bool value_walk_next(struct value_walk *walk, struct value *value)
{
    if (!value_walk_more(walk))
        return false;
    bool digit = walk->key[0] != '\0' && walk->key[1] == '\0'; /* as in most arrays */
    return value_walk_take(walk, digit ? 1 : strlen(walk->key), value);
}

#endif
