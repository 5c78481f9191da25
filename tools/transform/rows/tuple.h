/* tuple.h: rows of a Postgres source, from binary COPY, as records.
 *
 * A row is a record as a document is: its columns are fields. Most are carried over as they are
 * (conversion.h) and nobody has to know their values; the others become values of a document:
 *
 *   boolean, smallint and integer, bigint   bool, int32, int64
 *   real, double precision                  double; a real by its shortest decimal text
 *   numeric                                 Decimal128, of at most 34 digits
 *   text, varchar, char, name               text; char without the blanks that fill it up
 *   date, timestamp, timestamptz            text of ISO 8601: microseconds stay; a moment (value.h)
 *   time                                    text of ISO 8601
 *   uuid, bytea                             binary of subtype 4, of subtype 0
 *   json, jsonb                             what the text says, to the last digit
 *   arrays of one dimension                 arrays of these */
#ifndef TRANSFORM_TUPLE_H
#define TRANSFORM_TUPLE_H

#include "rows.h"

/* Add all rows of the tuple at *at and move behind it. ERROR_SOURCE when it is cut off or has
 * another number of fields than the catalog says, ERROR_DATA when a value does not fit. A trial
 * notes that and goes on. */
bool rows_put_tuple(struct rows *rows, struct plan *plan, const uint8_t **at, const uint8_t *end,
                    struct error *error);

/* The parts of that: the fields of the tuple at *at, which is moved behind it; the row at hand as a
 * document (`record` has no bytes where nobody asks for values); and what the source calls it, for
 * a `plan`: "id 17". */
bool tuple_read(struct plan *plan, const uint8_t **at, const uint8_t *end, struct error *error);
bool tuple_record(struct plan *plan, struct value *record, struct error *error);
const char *tuple_key(void *plan);

#endif
