/* The keys of a record's rows: which of them stands there already, of few and of many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "row_set.h"

#include <stdio.h>

static bool stands_twice(struct row_set *set, const char *key)
{
    struct error error;
    bool twice = false;
    row_set_begin(set);
    buffer_puts(&set->keys, key);
    assert_true(row_set_add(set, &twice, &error));
    return twice;
}

static void a_key_is_found_again(void **state)
{
    (void)state;
    struct row_set set = {0};
    char key[16];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(key, sizeof key, "k%d", i);
            assert_false(stands_twice(&set, key));
            snprintf(key, sizeof key, "k%d", i / 2);
            assert_true(stands_twice(&set, key));
        }
        assert_int_equal(set.count, 1000);
        row_set_clear(&set);
        assert_false(stands_twice(&set, ""));
        assert_true(stands_twice(&set, ""));
        assert_false(stands_twice(&set, "k"));
        row_set_clear(&set);
    }
    row_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_key_is_found_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
