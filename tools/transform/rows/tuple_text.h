/* tuple_text.h: a row of a Postgres source as a text that can be corrected.
 *
 * An object of its columns, Canonical Extended JSON: each the text that PostgreSQL prints, or null;
 * json as it was written; bytea in hex. What graduate does not print (types of extensions, ranges,
 * intervals, arrays of several dimensions, ...) is the server's binary form, {"$binary": ...}.
 * kept_row.h reads it. */
#ifndef TRANSFORM_TUPLE_TEXT_H
#define TRANSFORM_TUPLE_TEXT_H

#include "plan.h"

/* Append that of the row at hand (tuple_read). False only without memory. */
bool tuple_text(const struct tuple_reading *tuples, struct buffer *out, struct error *error);

#endif
