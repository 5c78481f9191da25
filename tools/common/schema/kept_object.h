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
/* When: an object comes behind all of its kind's that it needs. */
enum kept_time { KEPT_FIRST, KEPT_BEHIND_TABLES, KEPT_BEHIND_VIEWS };
enum kept_time kept_object_time(const struct catalog *catalog, const struct catalog_object *object);

/* The first table that is made as it is in the source's schema: whatever has no table stands beside
 * it. NULL: there is none, and nothing is made. */
const struct schema_output *kept_object_home(const struct kept_objects *objects);
/* The table that keeps the shape of the source's, or NULL. */
const struct schema_output *kept_object_table(const struct kept_objects *objects,
                                              const char *entity);
/* An object that another needs, or NULL. */
const struct catalog_object *kept_object_find(const struct catalog *catalog,
                                              const struct catalog_need *need);
/* SQL of the object's with names of extensions as the target has them; NULL without memory. */
const char *kept_object_sql(const struct kept_objects *objects, const struct catalog_object *object,
                            const char *sql);
/* How long the part of an object's name is that is its own: "touch" of "touch on books". */
size_t kept_object_own_name(const struct catalog_object *object);
/* Is the function part of what people do by themselves, whoever they are: of a policy, a view, a
 * default, a check? A trigger asks nobody for rights. */
bool kept_object_is_shared(const struct catalog *catalog, const struct catalog_object *function);
/* Does a view say of itself that it asks with the rights of who reads it? */
bool kept_object_is_invoker(const struct catalog_object *view);

/* Is the function of that signature, which is the source's own, there before the tables? *why as
 * above. */
bool kept_object_is_called(const struct kept_objects *objects, const char *signature,
                           const char **why);

#endif
