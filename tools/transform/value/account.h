/* account.h: what Supabase Auth bears in the columns of its tables.
 *
 * The database takes any text there, and any moment; the service refuses some, never finds them, or
 * fails when it reads them. What it bears was measured: fixtures/supabase/scanner_check.sql, by
 * which verify looks at the accounts again. */
#ifndef TRANSFORM_ACCOUNT_H
#define TRANSFORM_ACCOUNT_H

#include "value.h"

#include "graduate/pgtype.h"

struct account_rule;

/* NULL: whatever the type takes will do. */
const struct account_rule *account_rule_find(const char *table, const char *column,
                                             const struct pgtype *type);
/* Does it bear the field, in the binary form of its type? If not, an ERROR_DATA without a place,
 * about the value that it was made of. */
bool account_rule_check(const struct account_rule *rule, const uint8_t *field, size_t length,
                        const struct value *value, struct error *error);
/* Not to be shown to anybody: it may be a password. */
bool account_rule_is_secret(const struct account_rule *rule);

#endif
