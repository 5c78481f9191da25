/* account.h: what Supabase Auth bears in the columns of auth.users by which it finds an account.
 *
 * The database takes any text there; the service refuses some, or never finds them. What it bears
 * was measured: fixtures/supabase/scanner_check.sql, by which verify looks at the accounts again.
 */
#ifndef TRANSFORM_ACCOUNT_H
#define TRANSFORM_ACCOUNT_H

#include "value.h"

struct account_rule;

/* NULL: any text will do. */
const struct account_rule *account_rule_find(const char *table, const char *column);
/* Does it bear the text? If not, an ERROR_DATA without a place, about the value that it was made
 * of. */
bool account_rule_check(const struct account_rule *rule, const uint8_t *text, size_t length,
                        const struct value *value, struct error *error);

#endif
