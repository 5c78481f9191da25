/* carried.h: fields of a tuple that become a column as they are. */
#ifndef TRANSFORM_CARRIED_H
#define TRANSFORM_CARRIED_H

#include "plan.h"

/* Put the field of the tuple at hand, as one of binary COPY, and say what became of it. ERROR_DATA:
 * a null where none may be, or a value that is not among those allowed. */
bool carried_put(struct plan *plan, const struct scope *scope, struct column_plan *column,
                 struct buffer *out, struct error *error);

#endif
