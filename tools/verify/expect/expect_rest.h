/* expect_rest.h: what nobody spoke for, as the form of rows at hand keeps it. */
#ifndef VERIFY_EXPECT_REST_H
#define VERIFY_EXPECT_REST_H

#include "expect_document.h"

/* Is the value a rest, and is there a field that goes to it? */
bool rest_is_there(const struct making *m, const struct mapping_value *value);
/* That rest as canonical JSON, and what became of its fields. `safe`: under safe_numbers, also by
 * what it stands in. */
bool rest_put(const struct making *m, const struct mapping_value *value, bool safe,
              struct buffer *out);
/* This became of the fields of all rests in the value, which are not put. */
void rest_settle(const struct making *m, const struct mapping_value *value, enum fate fate);

#endif
