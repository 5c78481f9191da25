/* refusable.h: what the loader must know of each record of a batch to set it aside whole where the
 * target refuses a row of it: one tuple each for "graduate.refusable" of the row stream.
 *
 *   key       as of a reject
 *   rows      uint32, little-endian: how many of its rows stand in each section, in the order of
 *             the outputs, and then of the losses
 *   loaded    BSON, as a batch's `paths` (stream.h): what its values count as where it is loaded
 *   rejected  the same where it is set aside
 *   record    its bytes
 *   text      of a row of a Postgres what it is kept as (tuple_text.h); else empty */
#ifndef TRANSFORM_REFUSABLE_H
#define TRANSFORM_REFUSABLE_H

#include "rows.h"

enum { REFUSABLE_FIELDS = 6 };
extern const char *const refusable_fields[REFUSABLE_FIELDS];

/* Behind a record that became rows; before it, rejection_mark. */
bool refusable_note(struct rows *rows, struct plan *plan, const struct value *record,
                    const char *key, struct error *error);

#endif
