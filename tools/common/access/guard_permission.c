#include "guard_permission.h"

#include <string.h>

bool permission_read(const char *text, struct permission *permission)
{
    size_t length = strlen(text), head = strcspn(text, "(");
    *permission = (struct permission){.text = text, .action_length = head};
    if (head == 0 || length < head + 5 || text[head + 1] != '"' || text[length - 2] != '"' ||
        text[length - 1] != ')')
        return false;
    permission->role = text + head + 2;
    permission->role_length = length - head - 4;
    permission->whose =
        permission_split(text, length, &permission->id_start, &permission->id_length);
    return true;
}

bool permission_is(const struct permission *permission, const char *role)
{
    return strlen(role) == permission->role_length &&
           memcmp(role, permission->role, permission->role_length) == 0;
}

bool permission_same_role(const struct permission *one, const struct permission *other)
{
    return one->role_length == other->role_length &&
           memcmp(one->role, other->role, one->role_length) == 0;
}

static bool is_action(const struct permission *permission, const char *action)
{
    return strlen(action) == permission->action_length &&
           memcmp(action, permission->text, permission->action_length) == 0;
}

bool permission_allows(const struct permission *permission, const char *action)
{
    return is_action(permission, action) ||
           (is_action(permission, "write") && strcmp(action, "read") != 0);
}

void permission_put(const struct permission *permission, const char *action,
                    const struct identity *identity, const struct access *access,
                    struct buffer *out)
{
    const char *id = permission->text + permission->id_start;
    const struct mapping_column *column = permission->whose == PERMISSION_TEAM ? access->team
                                          : permission->whose == PERMISSION_MEMBER
                                              ? access->member
                                              : NULL;
    const struct mapping *entity = permission->whose == PERMISSION_USER ? access->users
                                   : column != NULL                     ? column->value.id_of
                                                                        : NULL;
    enum identity_ids ids = permission->whose == PERMISSION_USER ? access->users->ids
                            : column != NULL                     ? column->value.ids
                                                                 : IDENTITY_PLAIN;
    uint8_t uuid[16];
    char text[37];
    buffer_printf(out, "%s(\"", action);
    if (entity != NULL && identity_from_text(identity, entity->name, ids, id,
                                             permission->id_length, uuid)) {
        uuid_format(uuid, text);
        buffer_put(out, permission->role, (size_t)(id - permission->role));
        buffer_puts(out, text);
        id += permission->id_length;
        buffer_put(out, id, (size_t)(permission->role + permission->role_length - id));
    } else {
        buffer_put(out, permission->role, permission->role_length);
    }
    buffer_puts(out, "\")");
}
