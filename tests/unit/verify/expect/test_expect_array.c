/* Arrays made of values, as verify expects them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "array_cases.h"
#include "expect_trial.h"

static char fate_of(const struct trial *t, const char *path)
{
    size_t count;
    const struct expected_path *paths = expectation_paths(t->expectation, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(paths[i].path, path) == 0)
            return fate_letter(paths[i].values);
    return '-';
}

/* Both show what is in an array; one with blanks between, and texts in quotes. */
static bool is_same(const char *a, const char *b, bool array)
{
    const char *others = array ? " \"" : " ";
    for (; *a != '\0' || *b != '\0'; a++, b++) {
        a += strspn(a, others);
        b += strspn(b, others);
        if (*a != *b)
            return false;
    }
    return true;
}

static void arrays_are_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_CASES; i++) {
        const struct array_case *one = &array_cases[i];
        struct trial t;
        char mapping[1000], expected[400];
        snprintf(mapping, sizeof mapping, ARRAY_BOOKS, one->column);
        assert_true(trial_open(&t, "pad-left", NULL, sample_quoted(mapping)));
        bson_t *bson = sample_bson(one->record);
        bool ok = expectation_batch(t.expectation, bson_get_data(bson), bson->len, take_row,
                                    &t.rows, &t.records, &t.filtered, &t.error);
        bson_destroy(bson);
        if (ok != (one->error == NULL) || (!ok && t.error.code != ERROR_DATA))
            fail_msg("%s of %s: %s at %s", one->column, one->record, t.error.message, t.error.path);
        if (ok) {
            char fates[] = {fate_of(&t, "x"), fate_of(&t, "y"), '\0'};
            bool null = strcmp(one->value, "-") == 0;
            bool array = one->value[0] == '{' && one->value[1] != '\'';
            snprintf(expected, sizeof expected, "public.books a=%s|k=1\n",
                     null ? "NULL" : sample_quoted(one->value));
            if (!is_same(buffer_text(&t.rows), expected, array) || strcmp(fates, one->fates) != 0)
                fail_msg("%s of %s: %s %s", one->column, one->record, buffer_text(&t.rows), fates);
        }
        trial_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_are_made)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
