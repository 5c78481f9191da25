/* declared.h: a compiled mapping against what the source declares of its fields: Appwrite's
 * attributes, the validator of a MongoDB collection.
 *
 * What a declaration allows and a column would refuse is a mistake of the mapping, whether a record
 * has it today or not: a run would stop at the first that does. */
#ifndef TRANSFORM_DECLARED_H
#define TRANSFORM_DECLARED_H

#include "plan.h"

#include "graduate/catalog.h"

/* Add to `errors`:
 * - a name that no record can have (of a closed entity; "optional" is none),
 * - a column of a type that no value of its field becomes, or narrower than the field, or with an
 *   "in" without one of the field's only values, or not null where the field may be nothing,
 * - an array that is none, and none that is one,
 * - a field that all records have, and that the mapping does not speak for.
 * What is not declared is not compared. False without memory. */
bool declared_check(const struct plan *plan, const struct catalog_entity *described,
                    struct errors *errors, struct error *error);

#endif
