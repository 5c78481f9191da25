/* The walk is written out here, and not libbson's: it is over every byte that comes from a MongoDB.
 */
#include "soundness.h"

#include "graduate/buffer.h"

#include <bson/bson.h>
#include <stdbool.h>
#include <string.h>

/* MongoDB stores 100 levels; beyond twice that a document is no one's data. */
enum { DEEPEST = 200 };

/* A value: its bytes, and those that are left for it in its document, without the last zero. */
struct place {
    const uint8_t *value;
    size_t room;
    const uint8_t *at; /* what is wrong, if not the whole of it */
};

static const size_t malformed = SIZE_MAX;

/* A length, and so many bytes, of which the last is zero. */
static size_t text_size(struct place *place)
{
    if (place->room < 5)
        return malformed;
    size_t length = get_le32(place->value);
    if (length == 0 || length > place->room - 4)
        return malformed;
    if (place->value[4 + length - 1] == '\0')
        return 4 + length;
    place->at = place->value + 4 + length - 1;
    return malformed;
}

/* The old subtype has its length twice. */
static size_t binary_size(const struct place *place)
{
    if (place->room < 5)
        return malformed;
    size_t length = get_le32(place->value);
    if (length > place->room - 5)
        return malformed;
    if (place->value[4] == BSON_SUBTYPE_BINARY_DEPRECATED &&
        (length < 4 || get_le32(place->value + 5) != length - 4))
        return malformed;
    return 5 + length;
}

static size_t regex_size(const struct place *place)
{
    const uint8_t *pattern_end = memchr(place->value, '\0', place->room);
    if (pattern_end == NULL)
        return malformed;
    size_t pattern = (size_t)(pattern_end - place->value) + 1;
    const uint8_t *options_end = memchr(place->value + pattern, '\0', place->room - pattern);
    return options_end != NULL ? (size_t)(options_end - place->value) + 1 : malformed;
}

/* The whole's length, the code's, the code, and the scope, which fills the rest. */
static size_t scoped_code_size(const struct place *place)
{
    if (place->room < 14)
        return malformed;
    size_t length = get_le32(place->value), code = get_le32(place->value + 4);
    if (length < 14 || length > place->room || code == 0 || code > length - 13 ||
        get_le32(place->value + 8 + code) != length - 8 - code)
        return malformed;
    return length;
}

/* The bytes of a value; they may still be more than there is room for. */
static size_t value_size(uint8_t type, struct place *place)
{
    static const uint8_t sizes[256] = {
        [BSON_TYPE_INT32] = 4,       [BSON_TYPE_DOUBLE] = 8, [BSON_TYPE_DATE_TIME] = 8,
        [BSON_TYPE_TIMESTAMP] = 8,   [BSON_TYPE_INT64] = 8,  [BSON_TYPE_OID] = 12,
        [BSON_TYPE_DECIMAL128] = 16,
    };
    size_t text;
    if (type == BSON_TYPE_UTF8)
        return text_size(place);
    if (sizes[type] != 0)
        return sizes[type];
    switch (type) {
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
    case BSON_TYPE_MINKEY & 0xff:
    case BSON_TYPE_MAXKEY:
        return 0;
    case BSON_TYPE_BOOL:
        return place->room > 0 && place->value[0] <= 1 ? 1 : malformed;
    case BSON_TYPE_CODE:
    case BSON_TYPE_SYMBOL:
        return text_size(place);
    case BSON_TYPE_DBPOINTER:
        text = text_size(place);
        return text != malformed ? text + 12 : malformed;
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
        return place->room >= 4 ? get_le32(place->value) : malformed;
    case BSON_TYPE_BINARY:
        return binary_size(place);
    case BSON_TYPE_REGEX:
        return regex_size(place);
    case BSON_TYPE_CODEWSCOPE:
        return scoped_code_size(place);
    default:
        return malformed;
    }
}

static const char *walk(const uint8_t *bytes, size_t length, int depth, const uint8_t **at);

/* What is nested in a value of such a type, which has so many bytes. */
static const char *walk_nested(uint8_t type, const uint8_t *value, size_t size, int depth,
                               const uint8_t **at)
{
    if (type != BSON_TYPE_CODEWSCOPE)
        return walk(value, size, depth + 1, at);
    const uint8_t *scope = value + 8 + get_le32(value + 4);
    if (scope[-1] == '\0')
        return walk(scope, size - (size_t)(scope - value), depth + 1, at);
    *at = scope - 1;
    return "a text in it does not end in a zero byte";
}

/* The zero that ends a key, eight bytes at a time; whatever stands there, *last is one. */
static inline const uint8_t *find_end(const uint8_t *key, const uint8_t *last)
{
    for (; last - key >= 8; key += 8) {
        uint64_t word = get_le64(key);
        uint64_t zeros =
            (word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080);
        if (zeros != 0)
            return key + __builtin_ctzll(zeros) / 8;
    }
    while (*key != '\0')
        key++;
    return key;
}

static bool has_nested(uint8_t type)
{
    return type == BSON_TYPE_DOCUMENT || type == BSON_TYPE_ARRAY || type == BSON_TYPE_CODEWSCOPE;
}

static const char *walk(const uint8_t *bytes, size_t length, int depth, const uint8_t **at)
{
    *at = bytes;
    if (depth > DEEPEST)
        return "it nests deeper than 200 levels";
    if (length < 5 || get_le32(bytes) != length || bytes[length - 1] != '\0')
        return "a document in it has a wrong length or does not end in a zero byte";
    const uint8_t *field = bytes + 4, *last = bytes + length - 1;
    while (field < last) {
        uint8_t type = *field;
        const uint8_t *key_end = find_end(field + 1, last);
        struct place place = {.value = key_end + 1, .at = key_end + 1};
        place.room = key_end < last ? (size_t)(last - place.value) : 0;
        size_t size = key_end < last ? value_size(type, &place) : malformed;
        if (size > place.room) {
            *at = place.at;
            return "a field in it has an unknown type, reaches past its end or is malformed";
        }
        const char *problem =
            has_nested(type) ? walk_nested(type, place.value, size, depth, at) : NULL;
        if (problem != NULL)
            return problem;
        field = place.value + size;
    }
    return NULL;
}

const char *soundness_problem(const uint8_t *bytes, size_t length, size_t *at)
{
    const uint8_t *place;
    const char *problem = walk(bytes, length, 1, &place);
    *at = (size_t)(place - bytes);
    return problem;
}
