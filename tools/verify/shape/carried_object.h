/* carried_object.h: which objects beside its tables a source must find again in the target, by
 * verify's own reading: views, functions in SQL and PL/pgSQL, triggers, rules, policies, statistics
 * that nobody leaves out, and that stand on nothing which is another in the target. */
#ifndef VERIFY_CARRIED_OBJECT_H
#define VERIFY_CARRIED_OBJECT_H

#include "blueprint.h"
#include "verification.h"

struct carried_objects {
    const struct verification *verification;
    const struct blueprint *blueprint;
    const struct catalog *catalog;
    const char *home; /* the schema of what is carried over; NULL: nothing is */
};

struct carried_objects carried_objects_of(const struct verification *verification,
                                          const struct blueprint *blueprint,
                                          const struct catalog *catalog);
bool carried_object_comes(const struct carried_objects *carried,
                          const struct catalog_object *object);
/* SQL of the object's, with what is an extension's in the schema where a Supabase has it. NULL
 * without memory. */
const char *carried_object_sql(const struct carried_objects *carried,
                               const struct catalog_object *object, const char *sql,
                               struct arena *arena);

#endif
