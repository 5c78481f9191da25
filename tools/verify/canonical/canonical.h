/* Room verify/canonical: one form for each value of each type, so that two values are the same
 * when their bytes are. It uses common/base and common/mapping. */

/* canonical.h: one form per value, so that equal values are equal bytes. This page is its
 * definition.
 *
 * Both sides make it by different ways: the expected side from BSON or from a source's binary COPY
 * and the mapping (expect.h), the found side from the target's binary COPY (found.h). What is
 * compared is the column's type in the target:
 *
 *   NULL                      'N'
 *   boolean                   'b' 00|01
 *   smallint, integer, bigint 'i' int64 big-endian
 *   numeric                   'd' sign ('+' or '-'; zero is '+'), int32 big-endian power of ten of
 * the last digit, then the digits without leading and trailing zeros ("0" has none, power 0): 12.70
 * = 12.7 = 1.27e1. 'd' "NaN", 'd' "+Inf", 'd' "-Inf" real, double precision    'f' 8 bytes IEEE
 * big-endian of the double; every NaN is 7ff8000000000000; -0 is not 0 text, varchar, char 't' the
 * UTF-8 bytes (char: without trailing blanks) bytea                     'y' the bytes uuid 'u' 16
 * bytes date                      'D' int32 days since 2000-01-01, infinities as PostgreSQL sends
 * them time                      'c' int64 microseconds timestamp, timestamptz    'T' int64
 * microseconds since 2000-01-01 UTC, infinities as sent interval, inet            'x' the binary
 * form as sent json, jsonb               'j' and the canonical JSON below arrays 'a' int32 number
 * of dimensions, per dimension int32 size and int32 number of the first element, then per element
 * int32 length and its canonical value
 *
 * types of which only a Postgres gives values (PG_CARRIED): 'x' the binary form as sent, 't' of
 * those whose form is a text; composites 'r' int32 number of fields, then per field as per element;
 * arrays as above. Nothing holds the number of a type, which is another in each database.
 *
 * Canonical JSON: 'n' null, 't' true, 'f' false, 's' int32 length and UTF-8 bytes, 'd' int32 length
 * and the numeric form above behind its tag, '[' int32 count and the elements, '{' int32 count and
 * the members sorted by key bytes, each int32 key length, key, value. As jsonb keeps it: of
 * duplicate keys the last, numbers as decimals. SQL NULL, JSON null and an absent member are three
 * things.
 *
 * A row is, for each column in the order of the target table's names, int32 length and canonical
 * value; its hash is XXH3-128 of "table NUL" and these bytes; its key's hash that of the key
 * columns' part. */
#ifndef VERIFY_CANONICAL_H
#define VERIFY_CANONICAL_H

#include "graduate/buffer.h"
#include "graduate/pgtype.h"

/* From the binary form that the target sends; length -1 is NULL. ERROR_BUG for a form that cannot
 * be. */
bool canonical_from_binary(const struct pgtype *type, const uint8_t *bytes, int32_t length,
                           struct buffer *out, struct error *error);
/* Pieces for those who make the expected side. Decimal text: sign, digits, point, exponent, NaN,
 * Infinity; false if it is none. */
bool canonical_put_decimal(struct buffer *out, const char *text);
void canonical_put_double(struct buffer *out, double number);
void canonical_put_int(struct buffer *out, int64_t number);
/* Canonical JSON from JSON text (exact numbers of any length), without the tag 'j'. */
bool canonical_put_json(struct buffer *out, const char *text, size_t length, struct error *error);
/* The value as short text for people: numbers as decimal, times as ISO, JSON as JSON; NULL as
 * "NULL". */
void canonical_print(const struct pgtype *type, const uint8_t *value, size_t length,
                     struct buffer *out);

#endif
