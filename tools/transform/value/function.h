/* function.h: the functions that a mapping's "do" can name (mapping_function in project.h). */
#ifndef TRANSFORM_FUNCTION_H
#define TRANSFORM_FUNCTION_H

#include "graduate/error.h"
#include "graduate/project.h"
#include "loss.h"
#include "value.h"

/* What a function may look at beside its value. */
struct function_context {
    const uint8_t *record; /* the whole record, BSON */
    size_t record_length;
    const char *path;
    struct losses *losses;
    struct buffer *scratch;          /* a changed text lives here until the next record */
    bool *lost;                      /* set when the value is given up */
    const struct identity *identity; /* of "uuid", and its name */
    const char *uuid_name;
};

/* Replace *value. Values that the function is not about (null for lower, ...) pass unchanged. */
bool function_apply(enum mapping_function function, const struct function_context *context,
                    struct value *value, struct error *error);

#endif
