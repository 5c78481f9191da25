/* id_reference.h: ids that are found out by a look at the records that they name, and what becomes
 * of those that name none. */
#ifndef TRANSFORM_ID_REFERENCE_H
#define TRANSFORM_ID_REFERENCE_H

#include "evaluation.h"

struct resolution {
    struct value value; /* a UUID, an array of UUIDs and nulls, or nothing; in the expression */
    int64_t dangling;   /* ids that name no record that stays */
    bool lost;          /* it was given up, or an element of it */
    bool gone;          /* its row is to be left out */
};

/* Of a value that is something. What dangles is treated as the mapping says, with a line each in
 * the losses; ERROR_DATA where it is an error. Without lookups (a look at a part of the records)
 * nothing dangles. */
bool reference_resolve(const struct origin *origin, struct expression *expression,
                       const struct value *value, struct resolution *resolution,
                       struct error *error);

#endif
