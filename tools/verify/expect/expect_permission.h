/* expect_permission.h: the permissions of a document, as verify reads them: 'ACTION("ROLE")'. */
#ifndef VERIFY_EXPECT_PERMISSION_H
#define VERIFY_EXPECT_PERMISSION_H

#include "expect_reference.h"

/* One of them, as views of its text; false: it is none. The role may be of somebody: "user:", then
 * his id, then maybe "/verified". */
struct expect_permission {
    const char *action, *role;
    size_t action_length, role_length;
    char whose;     /* 'u'ser, 't'eam, 'm'ember; 0: of nobody by an id */
    const char *id; /* of whom */
    size_t id_length;
};
bool expect_permission_read(const char *text, size_t length, struct expect_permission *permission);

/* Does one of the array name somebody by an id to which his UUID leads nobody back? */
bool expect_permissions_one_way(const struct access *access, const struct item *array);
/* The array with the target's ids, as expect_resolve gives one. */
bool expect_permissions(const struct project *project, const struct access *access,
                        const struct expect_lookup *lookup, const struct item *item,
                        const char *path, struct arena *texts, struct expect_reference *reference,
                        struct error *error);

#endif
