/* Whom a permission names, by verify's own reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_permission.h"
#include "permission_cases.h"

#include <string.h>

static void whom_it_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof permission_cases / sizeof permission_cases[0]; i++) {
        const struct permission_case *c = &permission_cases[i];
        struct expect_permission permission;
        print_message("%s\n", c->text);
        bool is_one = expect_permission_read(c->text, strlen(c->text), &permission);
        assert_int_equal(is_one, c->whose != ' ');
        if (!is_one)
            continue;
        assert_int_equal(permission.whose, c->whose == '-' ? 0 : c->whose);
        if (c->whose == '-')
            continue;
        assert_int_equal(permission.id_length, strlen(c->id));
        assert_memory_equal(permission.id, c->id, permission.id_length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whom_it_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
