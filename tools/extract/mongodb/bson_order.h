/* bson_order.h: the order in which MongoDB puts values of any types, by which _ids are sorted. */
#ifndef EXTRACT_BSON_ORDER_H
#define EXTRACT_BSON_ORDER_H

#include <bson/bson.h>

enum bson_order {
    ID_BEFORE = -1,
    ID_EQUAL = 0,
    ID_AFTER = 1,
    ID_UNKNOWN = 2, /* a Decimal128 among numbers, a text where a collation rules */
};

/* How the value of `left` stands to that of `right`. `collated`: the collection has a collation of
 * its own, in whose order texts are. */
enum bson_order bson_order(const bson_iter_t *left, const bson_iter_t *right, bool collated);

#endif
