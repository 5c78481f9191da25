/* field_text.h: a field of binary COPY as the text that PostgreSQL prints, with every setting as
 * graduate has it: ISO dates, times in UTC. The binary forms are those of sources.md 5.3. */
#ifndef TRANSFORM_FIELD_TEXT_H
#define TRANSFORM_FIELD_TEXT_H

#include "graduate/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* OIDs of pg_type.dat. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_CHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIME = 1083,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_BIT = 1560,
    OID_NUMERIC = 1700,
    OID_UUID = 2950,
    OID_JSONB = 3802,
    OID_TEXT_ARRAY = 1009,
    OID_VARCHAR_ARRAY = 1015,
};

struct field {
    const uint8_t *bytes;
    int32_t length; /* -1: NULL */
};

/* How times are written: as PostgreSQL prints them ("2024-01-02 03:04:05+00"), or as ISO 8601 has
 * them ("2024-01-02T03:04:05Z"). */
enum field_style { FIELD_POSTGRES, FIELD_ISO };

/* Does the type have such a text here? Whole numbers, numeric, truth values, dates, times, UUIDs.
 */
bool field_has_text(uint32_t oid);
/* Append it. False: the field is of another length than its type has. */
bool field_put_text(uint32_t oid, const struct field *field, enum field_style style,
                    struct buffer *out);

#endif
