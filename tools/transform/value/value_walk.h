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
    uint32_t length;
    uint32_t at;     /* where the field at hand begins, and then the one behind it */
    const char *key; /* of the field at hand */
    uint32_t key_length;
};

/* False: its length and end are not those of a document. */
static inline bool value_walk_begin(struct value_walk *walk, const struct value *document)
{
    *walk = (struct value_walk){.bytes = document->bytes, .length = document->length, .at = 4};
    return document->length >= 5 && get_le32(document->bytes) == document->length &&
           document->bytes[document->length - 1] == 0;
}

/* Did it come to the last byte? Damage ends a walk too, without a word. */
static inline bool value_walk_ended(const struct value_walk *walk)
{
    return walk->at == walk->length - 1;
}

/* The steps of value_walk_next, for who knows which key to expect: is there a field, and its key;
 * then, with the key's length, its value. */
static inline bool value_walk_more(struct value_walk *walk)
{
    walk->key = (const char *)walk->bytes + walk->at + 1;
    return walk->at < walk->length - 1;
}
/* What is not read in place. False: it is damaged. */
bool value_walk_rest(struct value_walk *walk, struct value *value);

static inline bool value_walk_take(struct value_walk *walk, size_t key_length, struct value *value)
{
    const uint8_t *field = walk->bytes + walk->at, *content = field + key_length + 2;
    uint32_t head = (uint32_t)key_length + 2, room = walk->length - walk->at - head, size = 0;
    *value = (struct value){.type = (bson_type_t)*field, .bytes = content};
    walk->key_length = (uint32_t)key_length;
    switch (*field) {
    case BSON_TYPE_UTF8:
        size = room > 4 ? get_le32(content) : 0;
        if (size == 0 || size >= room - 4 || content[3 + size] != 0)
            return value_walk_rest(walk, value);
        value->bytes = content + 4;
        value->length = size - 1;
        size += 4;
        break;
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        size = room > 4 ? get_le32(content) : 0;
        if (size < 5)
            return value_walk_rest(walk, value);
        value->length = size;
        break;
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
    walk->at += head + size;
    return true;
}

static inline bool value_walk_next(struct value_walk *walk, struct value *value)
{
    return value_walk_more(walk) && value_walk_take(walk, strlen(walk->key), value);
}

#endif
