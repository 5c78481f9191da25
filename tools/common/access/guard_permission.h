/* guard_permission.h: one of a collection's permissions, 'read("team:ID/role")'. */
#ifndef COMMON_ACCESS_PERMISSION_H
#define COMMON_ACCESS_PERMISSION_H

#include "graduate/buffer.h"
#include "graduate/project.h"

/* Views of its text. */
struct permission {
    const char *text, *role;
    size_t action_length, role_length;
    enum permission_whose whose;
    size_t id_start, id_length; /* of whom, in the text */
};
/* False: it is none. */
bool permission_read(const char *text, struct permission *permission);
bool permission_is(const struct permission *permission, const char *role);
bool permission_same_role(const struct permission *one, const struct permission *other);
/* "write" is to create, update and delete. */
bool permission_allows(const struct permission *permission, const char *action);
/* As one of this action, with the ids of the target. */
void permission_put(const struct permission *permission, const char *action,
                    const struct identity *identity, const struct access *access,
                    struct buffer *out);

#endif
