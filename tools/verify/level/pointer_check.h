/* pointer_check.h: whether the values of a table that name rows elsewhere find them (pointer.h).
 *
 * A value that finds none is an "orphan" with the row's key, and is told by column or path. Where
 * "foreign_key": false says that the ids need not exist, such values are counted, and the level's
 * reason says how many; they are no findings. It also says which ids stand in no table, so that
 * nothing could be looked up. */
#ifndef VERIFY_POINTER_CHECK_H
#define VERIFY_POINTER_CHECK_H

#include "pointer.h"
#include "query.h"

bool pointer_check(struct inspection *inspection, const struct blueprint_table *table,
                   const struct pointer *pointer, struct arena *arena, struct error *error);

#endif
