/* value_sample.h: values for tests of transform. */
#ifndef TESTS_VALUE_SAMPLE_H
#define TESTS_VALUE_SAMPLE_H

#include "sample.h"
#include "value.h"

/* The field "v" of a document, as a view into it; absent when there is none. */
static inline struct value sample_value(const bson_t *bson)
{
    bson_iter_t iter;
    if (!bson_iter_init_find(&iter, bson, "v"))
        return (struct value){.type = BSON_TYPE_EOD};
    return value_from_iter(&iter);
}

#endif
