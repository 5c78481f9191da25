/* encode_number.h: numbers as the payload of binary COPY, and what of them does not fit. */
#ifndef TRANSFORM_ENCODE_NUMBER_H
#define TRANSFORM_ENCODE_NUMBER_H

#include "encode.h"

/* Any number that is whole: applications in JavaScript write 100 as a double. */
bool encode_whole_number(const struct value *value, int64_t *out);
/* Each puts the field with its length. */
bool encode_integer(const struct encoding *encoding, const struct value *value, struct buffer *out,
                    struct error *error);
bool encode_float(const struct encoding *encoding, const struct value *value, struct buffer *out,
                  struct error *error);
bool encode_numeric(const struct encoding *encoding, const struct value *value, struct buffer *out,
                    struct error *error);

#endif
