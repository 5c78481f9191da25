/* What Supabase Auth bears, as verify reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account_cases.h"
#include "expect_account.h"

#include <stdio.h>

static bool is_borne(const char *column, const char *canonical, size_t length)
{
    return expect_is_borne("auth.users", column, (const uint8_t *)canonical, length);
}

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACCOUNT_CASES; i++) {
        const struct account_case *c = &account_cases[i];
        char canonical[300];
        snprintf(canonical, sizeof canonical, "t%s", c->text);
        if (is_borne(c->column, canonical, strlen(canonical)) != (c->fault == NULL))
            fail_msg("\"%s\": %s", c->text, c->fault == NULL ? "it is not borne" : "it is borne");
    }
}

static void test_others(void **state)
{
    (void)state;
    assert_true(is_borne("created_at", "T\0\0\0\0\0\0\0\0", 9));
    assert_false(is_borne("created_at", "T\177\377\377\377\377\377\377\377", 9));
    assert_false(is_borne("banned_until", "T\200\0\0\0\0\0\0\0", 9));
    assert_true(is_borne("banned_until", "N", 1));
    assert_true(is_borne("raw_app_meta_data", "j{\0\0\0\0", 6));
    assert_false(is_borne("raw_user_meta_data", "jn", 2));
    assert_true(is_borne("raw_user_meta_data", "N", 1));
    assert_true(expect_is_borne("public.users", "email", (const uint8_t *)"tX", 2));
    assert_true(expect_is_borne("public.users", "at", (const uint8_t *)"T\200\0\0\0\0\0\0\0", 9));
    assert_false(expect_is_borne("auth.identities", "identity_data", (const uint8_t *)"jt", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts), cmocka_unit_test(test_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
