/* value_order.h: a value of a record beside a constant of the mapping, as project.h says it of
 * conditions. */
#ifndef TRANSFORM_VALUE_ORDER_H
#define TRANSFORM_VALUE_ORDER_H

#include "graduate/project.h"
#include "value.h"

enum order {
    ORDER_LESS,
    ORDER_SAME,
    ORDER_MORE,
    ORDER_NONE,    /* of one kind, and neither: truth values that differ, a NaN */
    ORDER_STRANGE, /* of kinds that are not compared */
};
/* Neither may be nothing. */
enum order value_order(const struct value *value, const struct value *constant);
/* Are both texts moments with a zone, though nobody declares the one of the record as one? Then
 * *order is that of the moments. */
bool value_order_of_moments(const struct value *value, const struct value *constant,
                            enum order *order);
/* Do they read the same although they are of different kinds: the text "1" and the number 1; or a
 * moment and a constant that is one, but of another kind? */
bool value_reads_the_same(const struct value *a, const struct value *b);
/* False: of none of the kinds. */
bool value_field_kind(const struct value *value, enum field_kind *kind);

#endif
