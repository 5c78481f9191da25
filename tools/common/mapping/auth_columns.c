#include "graduate/auth_columns.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *table, *column;
} never_null[] = {
    {"auth.users", "instance_id"},
    {"auth.users", "aud"},
    {"auth.users", "role"},
    {"auth.users", "confirmation_token"},
    {"auth.users", "recovery_token"},
    {"auth.users", "email_change_token_new"},
    {"auth.users", "email_change"},
    {"auth.users", "email_change_token_current"},
    {"auth.users", "email_change_confirm_status"},
    {"auth.users", "phone_change"},
    {"auth.users", "phone_change_token"},
    {"auth.users", "reauthentication_token"},
    {"auth.users", "created_at"},
    {"auth.users", "updated_at"},
    {"auth.identities", "created_at"},
    {"auth.identities", "updated_at"},
    {"auth.mfa_factors", "secret"},
    {"auth.mfa_factors", "friendly_name"},
};

bool auth_column_is_never_null(const char *table, const char *column)
{
    for (size_t i = 0; i < sizeof never_null / sizeof never_null[0]; i++)
        if (strcmp(never_null[i].table, table) == 0 && strcmp(never_null[i].column, column) == 0)
            return true;
    return false;
}
