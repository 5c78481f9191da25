/* expect_account.h: by which texts Supabase Auth finds an account; told anew from what
 * fixtures/supabase/scanner_check.sql calls a problem of auth.users. */
#ifndef VERIFY_EXPECT_ACCOUNT_H
#define VERIFY_EXPECT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

/* Small letters, one "@" with something on both sides, no white space, 255 bytes at most. */
bool expect_is_address(const char *text, size_t length);
/* 2 to 15 digits, the first of which is no zero. */
bool expect_is_phone(const char *text, size_t length);

#endif
