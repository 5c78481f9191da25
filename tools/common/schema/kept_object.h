/* kept_object.h: what a source has beside tables and is made in the target as it is there: views,
 * functions in SQL and PL/pgSQL, triggers, rules, policies, statistics.
 *
 * Nothing is changed in it but the schema of extensions. What it stands on must therefore come as
 * it is, too: each table and column under its own name, and each column in its own type. */
#ifndef COMMON_KEPT_OBJECT_H
#define COMMON_KEPT_OBJECT_H

#include "graduate/arena.h"
#include "graduate/schema.h"

struct kept_objects {
    const struct schema *schema; /* as far as its outputs are resolved */
    const struct catalog *catalog;
    struct arena *arena;
    struct error *error;
};

/* Is it made? *why says why not; NULL: it is. False without memory. */
bool kept_object_comes(const struct kept_objects *objects, const struct catalog_object *object,
                       const char **why);
/* The first table that is made as it is in the source's schema: whatever has no table stands beside
 * it. NULL: there is none, and nothing is made. */
const struct schema_output *kept_object_home(const struct kept_objects *objects);
/* The table that keeps the shape of the source's, or NULL. */
const struct schema_output *kept_object_table(const struct kept_objects *objects,
                                              const char *entity);
/* The same of another schema of the database; the catalog is NULL where no source of the project
 * reads that. */
struct kept_objects kept_objects_beside(const struct kept_objects *objects, const char *schema);
/* An object of the catalog's that another needs, or NULL. */
const struct catalog_object *kept_object_find(const struct catalog *catalog,
                                              const struct catalog_need *need);
/* SQL of the object's with names of extensions as the target has them; NULL without memory. */
const char *kept_object_sql(const struct kept_objects *objects, const struct catalog_object *object,
                            const char *sql);
/* How long the part of an object's name is that is its own: "touch" of "touch on books". */
size_t kept_object_own_name(const struct catalog_object *object);
/* Does a view say of itself that it asks with the rights of who reads it? */
bool kept_object_is_invoker(const struct catalog_object *view);

#endif
