/* source_object.h: what the source of a table has of its own: who makes it again in the target by
 * hand, as the plan tells him, makes nothing that is wrong.
 *
 * Only a Postgres source says such things of itself; of every other one nothing is found. */
#ifndef VERIFY_SOURCE_OBJECT_H
#define VERIFY_SOURCE_OBJECT_H

#include "blueprint.h"
#include "verification.h"

/* What belongs to the entity that the table is made for, is of this kind, and is called `name`
 * there
 * ("books_check" of "books_check on books"); NULL: nothing. */
const struct catalog_object *source_object_named(const struct verification *verification,
                                                 const struct blueprint_table *table,
                                                 const char *kind, const char *name);
/* The same by its columns, as the target calls them, "a\nb": names of objects are made anew there.
 */
const struct catalog_object *source_object_over(const struct verification *verification,
                                                const struct blueprint_table *table,
                                                const char *kind, const char *columns);
/* Does it say this beside what every one of its kind says: "INCREMENT 10" of "INCREMENT 10, CYCLE"?
 * Of NULL nothing is said. */
bool source_object_says(const struct catalog_object *object, const char *what);

#endif
