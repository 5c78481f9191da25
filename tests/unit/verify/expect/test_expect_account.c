/* What Supabase Auth bears, as verify reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account_cases.h"
#include "expect_account.h"

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACCOUNT_CASES; i++) {
        const struct account_case *c = &account_cases[i];
        bool email = strcmp(c->column, "email") == 0;
        if ((email ? expect_is_address : expect_is_phone)(c->text, strlen(c->text)) != (c->fault == NULL))
            fail_msg("\"%s\": %s", c->text, c->fault == NULL ? "it is not borne" : "it is borne");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
