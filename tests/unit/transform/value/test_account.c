/* What Supabase Auth bears, told at the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account.h"
#include "account_cases.h"

#include <stdio.h>

static const struct pgtype text = {.base = PG_TEXT}, texts = {.base = PG_TEXT, .array = true};
static const struct pgtype moment = {.base = PG_TIMESTAMPTZ}, jsonb = {.base = PG_JSONB};

static void test_columns(void **state)
{
    const struct pgtype varchar = {.base = PG_VARCHAR, .length = 255};
    (void)state;
    assert_non_null(account_rule_find("auth.users", "email", &varchar));
    assert_non_null(account_rule_find("auth.users", "phone", &text));
    assert_non_null(account_rule_find("auth.users", "banned_until", &moment));
    assert_non_null(account_rule_find("auth.identities", "identity_data", &jsonb));
    assert_null(account_rule_find("auth.users", "email", &texts));
    assert_null(account_rule_find("auth.users", "email", &jsonb));
    assert_null(account_rule_find("auth.users", "email_change", &text));
    assert_null(account_rule_find("auth.identities", "email", &text));
    assert_null(account_rule_find("public.users", "email", &text));
    assert_null(account_rule_find("public.users", "created_at", &moment));
    assert_true(
        account_rule_is_secret(account_rule_find("auth.users", "encrypted_password", &varchar)));
    assert_false(account_rule_is_secret(account_rule_find("auth.users", "email", &varchar)));
    assert_false(account_rule_is_secret(NULL));
}

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACCOUNT_CASES; i++) {
        const struct account_case *c = &account_cases[i];
        const struct account_rule *rule = account_rule_find("auth.users", c->column, &text);
        const struct value value = value_from_text(c->text, strlen(c->text));
        struct error error = {0};
        bool ok = account_rule_check(rule, (const uint8_t *)c->text, strlen(c->text), &value, &error);
        if (ok != (c->fault == NULL) || (!ok && strstr(error.message, c->fault) == NULL))
            fail_msg("\"%s\": %s", c->text, ok ? "it is borne" : error.message);
        if (ok)
            continue;
        assert_int_equal(error.code, ERROR_DATA);
        assert_non_null(strstr(error.hint, strcmp(c->column, "email") == 0 ? "\"lower\""
                                           : strcmp(c->column, "phone") == 0
                                               ? "\"phone_digits\""
                                               : "\"supabase_password\""));
        if (strcmp(c->column, "encrypted_password") == 0) /* it may be a password */
            assert_int_equal(strncmp(error.message, "the text is ", 12), 0);
    }
}

static const struct {
    int64_t us;
    const char *fault;
} moments[] = {
    {0, NULL},
    {-63082281600000000, NULL},
    {-63082281600000001, "is before the year 1"},
    {252455615999999999, NULL},
    {252455616000000000, "is after the year 9999"},
    {INT64_MAX, "is infinite"},
    {INT64_MIN, "is infinite"},
};

static void test_moments(void **state)
{
    const struct account_rule *rule = account_rule_find("auth.users", "created_at", &moment);
    const struct value value = {.type = BSON_TYPE_NULL};
    (void)state;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        uint8_t field[8];
        struct error error = {0};
        for (int b = 0; b < 8; b++)
            field[b] = (uint8_t)((uint64_t)moments[i].us >> (56 - 8 * b));
        bool ok = account_rule_check(rule, field, 8, &value, &error);
        if (ok != (moments[i].fault == NULL) ||
            (!ok && strstr(error.message, moments[i].fault) == NULL))
            fail_msg("%lld: %s", (long long)moments[i].us, ok ? "it is borne" : error.message);
    }
}

static void test_metadata(void **state)
{
    const struct account_rule *rule = account_rule_find("auth.users", "raw_user_meta_data", &jsonb);
    const struct value value = {.type = BSON_TYPE_NULL};
    struct error error;
    (void)state;
    assert_true(account_rule_check(rule, (const uint8_t *)"\1{}", 3, &value, &error));
    assert_true(account_rule_check(rule, (const uint8_t *)"\1 {}", 4, &value, &error));
    assert_false(account_rule_check(rule, (const uint8_t *)"\1[]", 3, &value, &error));
    assert_false(account_rule_check(rule, (const uint8_t *)"\1null", 5, &value, &error));
}

/* What is said is the record's own, not what came of it. */
static void test_message(void **state)
{
    struct error error = {0};
    (void)state;
    const struct value value = value_from_text("+49 (0)", 7);
    assert_false(account_rule_check(account_rule_find("auth.users", "phone", &text),
                                    (const uint8_t *)"0", 1, &value, &error));
    assert_string_equal(error.message, "the text \"+49 (0)\" begins with a zero, and not with a country's number: "
                                       "Supabase Auth takes no such phone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_moments), cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
