/* json_number.h: one number of a JSON text as the BSON value that says the same, to the last digit.
 *
 *   -0                                       double: it has a sign that an integer has not
 *   any other without . and e, of 64 bits    int64, small ones too: a type must not depend on a
 * value any other that the shortest text of a    double double says any other of 34 digits and the
 * exponents Decimal128 that Decimal128 has any other                                none: the
 * caller must refuse it */
#ifndef COMMON_JSON_NUMBER_H
#define COMMON_JSON_NUMBER_H

#include <bson/bson.h>
#include <stdbool.h>
#include <stddef.h>

/* How many bytes at the start of `text` are a number as JSON writes it; 0: none. */
size_t json_number_length(const char *text, size_t length);

/* `token` is such a number and ends with a NUL. Sets the value's type and member; false: none holds
 * it exactly. */
bool json_number_value(const char *token, bson_value_t *value);

/* The same token in Extended JSON: int32, int64 or double, as they are written there. A whole
 * number beyond 64 bits is a double's of version 1, if its shortest text says it. */
bool json_number_extended(const char *token, bson_value_t *value);

#endif
