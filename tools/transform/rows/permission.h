/* permission.h: a document's permissions, in which users, teams and memberships become those of the
 * target: 'read("user:5f3a...")' is 'read("user:<uuid>")'. Everything else in them stays as it is,
 * and so does a text that is no permission. */
#ifndef TRANSFORM_PERMISSION_H
#define TRANSFORM_PERMISSION_H

#include "id_reference.h"

/* Does one of them name somebody whose UUID leads nobody back to the id in it? */
bool permission_is_one_way(const struct access *access, const struct value *value);
/* Of an array; anything else is left to the column's type. Users whom nobody is are treated as the
 * project says, with a line each in the losses; ERROR_DATA where they are an error. */
bool permission_resolve(const struct origin *origin, struct expression *expression,
                        const struct value *value, struct resolution *resolution,
                        struct error *error);

#endif
