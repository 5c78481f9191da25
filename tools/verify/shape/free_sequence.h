/* free_sequence.h: sequences that no column has for itself: the source's must be in the target and
 * stand where they stood, and whichever a default asks must have a number left that is free. */
#ifndef VERIFY_FREE_SEQUENCE_H
#define VERIFY_FREE_SEQUENCE_H

#include "blueprint.h"
#include "query.h"

/* Those of the sources of which a table keeps its shape. */
bool free_sequences_check(struct inspection *inspection, const struct blueprint *blueprint,
                          struct error *error);
/* That behind the default of a column, whose number in the table is `number`; nothing is wrong
 * where there is none. */
bool free_sequence_is_free(struct inspection *inspection, const struct blueprint_table *table,
                           const struct blueprint_column *column, const char *oid,
                           const char *number, struct error *error);

#endif
