/* kept_function.h: of what is made as it is (kept_object.h), when, and who calls the functions. */
#ifndef COMMON_KEPT_FUNCTION_H
#define COMMON_KEPT_FUNCTION_H

#include "kept_object.h"

/* When: an object comes behind all of its kind's that it needs. */
enum kept_time { KEPT_FIRST, KEPT_BEHIND_TABLES, KEPT_BEHIND_VIEWS };
enum kept_time kept_function_time(const struct kept_objects *objects,
                                const struct catalog_object *object);

/* Is the function of that signature, which is the source's own, there before the tables? *why says why
 * not; NULL: it is. */
bool kept_function_is_called(const struct kept_objects *objects, const char *signature,
                           const char **why);
/* Is the function part of what people do by themselves, whoever they are: of a policy, a view, a
 * default, a check? A trigger asks nobody for rights. */
bool kept_function_is_shared(const struct kept_objects *objects,
                           const struct catalog_object *function);

#endif
