/* row_field.h: the fields of rows of a trial: out of binary COPY tuples, and in the source's words.
 */
#ifndef CHECK_ROW_FIELD_H
#define CHECK_ROW_FIELD_H

#include "graduate/buffer.h"
#include "graduate/schema.h"

#include <stdint.h>

struct row_field {
    const uint8_t *bytes; /* NULL: null */
    uint32_t length;
};

/* A row of `count` fields at *at, which moves behind it. False: there is none. */
bool row_fields_read(const uint8_t **at, const uint8_t *end, struct row_field *fields,
                     size_t count);
/* The value as people know it; nothing where it is a UUID that graduate made, or of a type that
 * says little. */
void row_field_put(struct buffer *out, const struct schema_column *column,
                   const struct row_field *field);
/* Where in the source: the field that the column is made of, in its array, or the array; else the
 * column. */
void row_field_path(struct buffer *out, const struct schema_output *output,
                    const struct schema_column *column);
/* Of a reference, the record's own name in its source, where it can be told; "" of what is no UUID.
 */
void row_field_id(const struct schema *schema, const struct schema_column *column,
                  const struct row_field *field, char out[40]);

#endif
