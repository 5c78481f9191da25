/* type_check.h: what the target must bring so that columns can have the types of a source. */
#ifndef LOAD_TYPE_CHECK_H
#define LOAD_TYPE_CHECK_H

#include "graduate/postgres.h"
#include "graduate/schema.h"

/* ERROR_REFUSED where a type of an extension is not there, where an enum is there that has other
 * values, where amounts of money have other than two digits behind the point, with which a
 * kept one would be another amount, or where the version knows types inside of arrays by their
 * numbers alone. Writes nothing. */
bool type_check(struct postgres *target, const struct schema *schema, struct error *error);

#endif
