/* extended.h: the objects that stand for a value in MongoDB's Extended JSON, such as {"$oid": ...}.
 *
 * Both versions of the specification ("Extended JSON", mongodb/specifications; v1 is what
 * mongoexport wrote before 4.2), as one reader must take them:
 *
 *   $oid, $symbol, $numberInt, $numberLong, $numberDouble, $numberDecimal, $uuid    a text
 *   $date                  {"$numberLong"}, ISO 8601 with a zone, or (v1) milliseconds
 *   $binary                {"base64", "subType"}, or (v1) base64 beside "$type": "00" or 0
 *   $regularExpression     {"pattern", "options"}; (v1) $regex beside $options, both texts
 *   $timestamp {"t", "i"}, $dbPointer {"$ref", "$id"}, $code, maybe beside $scope, $minKey: 1,
 *   $maxKey: 1, $undefined: true
 *
 * An object that has one of these names and anything else is none of mongoexport's and is refused.
 * A DBRef ({"$ref", "$id"}) is a document, and so is {"$regex"} alone, a query. Values are not put
 * together by libbson, whose functions end code, patterns and DBPointers at the first NUL and drop
 * options that they do not know. */
#ifndef COMMON_JSON_EXTENDED_H
#define COMMON_JSON_EXTENDED_H

#include "graduate/buffer.h"

#include <bson/bson.h>

enum extended {
    EXTENDED_NONE,  /* an ordinary document */
    EXTENDED_VALUE, /* a value: its type and its bytes as they stand in a BSON document */
    EXTENDED_WRONG, /* what is wrong with it is said */
};

/* `object` is read already: what is in it is values, no wrappers. */
enum extended extended_value(const bson_t *object, bson_type_t *type, struct buffer *bytes,
                             const char **problem);

#endif
