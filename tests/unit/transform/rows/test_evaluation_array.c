/* Arrays made of values, as transform writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "array_cases.h"
#include "transformation.h"

static char fate_of(const struct transformation *t, const char *path)
{
    for (size_t i = 0; i < t->plan.paths.count; i++)
        if (strcmp(t->plan.paths.paths[i].path, path) == 0)
            return fate_letter(t->plan.paths.paths[i].values);
    return '-';
}

static void arrays_are_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_CASES; i++) {
        const struct array_case *one = &array_cases[i];
        struct transformation t;
        char mapping[1000], expected[400];
        snprintf(mapping, sizeof mapping, ARRAY_BOOKS, one->column);
        transformation_begin(&t, mapping);
        bool ok = transformation_put(&t, one->record);
        if (ok != (one->error == NULL) || (!ok && strcmp(t.error.path, one->error) != 0))
            fail_msg("%s of %s: %s at %s", one->column, one->record, t.error.message, t.error.path);
        if (ok) {
            char fates[] = {fate_of(&t, "x"), fate_of(&t, "y"), '\0'};
            snprintf(expected, sizeof expected, "1|%s\n", one->value);
            transformation_assert(&t, 0, expected);
            if (strcmp(fates, one->fates) != 0)
                fail_msg("%s of %s: %s", one->column, one->record, fates);
        }
        transformation_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_are_made)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
