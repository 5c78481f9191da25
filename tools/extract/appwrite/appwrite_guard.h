/* appwrite_guard.h: who is let into a collection, as Appwrite says it: of a server and of an
 * export's description alike. */
#ifndef EXTRACT_APPWRITE_GUARD_H
#define EXTRACT_APPWRITE_GUARD_H

#include "graduate/catalog.h"

#include <bson/bson.h>

/* Is the database or collection switched off? */
bool appwrite_guard_is_off(const bson_t *model);
/* Add it to the catalog; `off`: the database is switched off. What does not say its permissions
 * says nothing. */
bool appwrite_guard_read(const bson_t *collection, bool off, struct catalog_entity *entity,
                         struct error *error);

#endif
