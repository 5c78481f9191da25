/* What Supabase Auth bears, told at the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account.h"
#include "account_cases.h"

#include <stdio.h>

static void test_columns(void **state)
{
    (void)state;
    assert_non_null(account_rule_find("auth.users", "email"));
    assert_non_null(account_rule_find("auth.users", "phone"));
    assert_null(account_rule_find("auth.users", "email_change"));
    assert_null(account_rule_find("auth.identities", "email"));
    assert_null(account_rule_find("public.users", "email"));
}

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACCOUNT_CASES; i++) {
        const struct account_case *c = &account_cases[i];
        const struct account_rule *rule = account_rule_find("auth.users", c->column);
        const struct value value = value_from_text(c->text, strlen(c->text));
        struct error error = {0};
        bool ok = account_rule_check(rule, (const uint8_t *)c->text, strlen(c->text), &value, &error);
        if (ok != (c->fault == NULL) || (!ok && strstr(error.message, c->fault) == NULL))
            fail_msg("\"%s\": %s", c->text, ok ? "it is borne" : error.message);
        if (ok)
            continue;
        assert_int_equal(error.code, ERROR_DATA);
        assert_non_null(strstr(error.hint, strcmp(c->column, "email") == 0 ? "\"lower\"" : "\"phone_digits\""));
    }
}

/* What is said is the record's own, not what came of it. */
static void test_message(void **state)
{
    struct error error = {0};
    (void)state;
    const struct value value = value_from_text("+49 (0)", 7);
    assert_false(account_rule_check(account_rule_find("auth.users", "phone"), (const uint8_t *)"0", 1, &value, &error));
    assert_string_equal(error.message, "the text \"+49 (0)\" begins with a zero, and not with a country's number: "
                                       "Supabase Auth takes no such phone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
