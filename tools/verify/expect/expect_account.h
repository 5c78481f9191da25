/* expect_account.h: what Supabase Auth bears in its tables; told anew from what
 * fixtures/supabase/scanner_check.sql calls a problem of a value. */
#ifndef VERIFY_EXPECT_ACCOUNT_H
#define VERIFY_EXPECT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the column of a table ("auth.users"), in canonical form: an address of small letters, with one
 * "@" and no white space; a phone of 2 to 15 digits, the first no zero; a hash that it signs in by,
 * or ""; a moment of the years 1 to 9999; metadata that are an object. */
bool expect_is_borne(const char *table, const char *column, const uint8_t *bytes, size_t length);

#endif
