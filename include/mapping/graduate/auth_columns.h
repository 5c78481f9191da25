/* auth_columns.h: columns of Supabase's own accounts that its service reads as what is never null.
 *
 * The database takes a null there, and the service then answers 500 for the user, and for every
 * list with the user in it. Measured: fixtures/supabase/scanner_check.sql. */
#ifndef GRADUATE_AUTH_COLUMNS_H
#define GRADUATE_AUTH_COLUMNS_H

#include <stdbool.h>

/* `table` is "auth.users". */
bool auth_column_is_never_null(const char *table, const char *column);

#endif
