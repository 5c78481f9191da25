/* function.h: the functions that a mapping's "do" can name (graduate/function.h). */
#ifndef TRANSFORM_FUNCTION_H
#define TRANSFORM_FUNCTION_H

#include "graduate/error.h"
#include "graduate/function.h"
#include "loss.h"
#include "value.h"

/* What a function may look at beside its value. */
struct function_context {
    const uint8_t *record; /* the whole record, BSON */
    size_t record_length;
    const char *path;
    struct losses *losses;
    struct arena *made;              /* what functions make lives here */
    bool *lost;                      /* set when the value is given up */
    bool keeps_text;                 /* what is no JSON stays a text, with a line in the losses */
    const struct identity *identity; /* of "uuid" */
};

/* Replace *value. ERROR_DATA with the path when the function does not take it. */
bool function_apply(const struct function_call *call, const struct function_context *context,
                    struct value *value, struct error *error);

#endif
