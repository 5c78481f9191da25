/* Whether ids get on, in whatever order a server has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "id_order.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *ids; /* in the order of their coming */
    int rising;      /* how many of them get on */
} cases[] = {
    {"a b c", 3},
    {"a b b", 2},
    {"a b a", 2},
    {"a ab b", 3},
    {"t100 t001", 1},
    {"A B a b", 4},           /* bytes */
    {"a B c D", 4},           /* no capitals */
    {"a B C b", 3},           /* neither */
    {"B a B", 2},             /* no order has both */
    {"a-1 a.1 a1 aB a_", 5},  /* general_ci, bytes up to the end */
    {"a_1 a-1 a.1 a1 ab", 5}, /* unicode_ci */
    {"a_1 a-1 b_1 ba b_2", 4},
};

static void test_rising(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char ids[64];
        struct id_order order;
        id_order_init(&order);
        snprintf(ids, sizeof ids, "%s", cases[i].ids);
        char *rest = ids, *last = strsep(&rest, " "), *id;
        int rising = 1;
        while ((id = strsep(&rest, " ")) != NULL && id_order_rises(&order, last, id)) {
            last = id;
            rising++;
        }
        if (rising != cases[i].rising)
            fail_msg("%s: %d get on", cases[i].ids, rising);
    }
}

static void test_behind(void **state)
{
    (void)state;
    struct id_order order;
    id_order_init(&order);
    assert_true(id_order_surely_behind(&order, "a", "b"));
    assert_true(id_order_surely_behind(&order, "", "b"));
    assert_false(id_order_maybe_behind(&order, "b", "b"));
    assert_false(id_order_maybe_behind(&order, "b", "a"));
    assert_true(id_order_maybe_behind(&order, "b", "C"));
    assert_false(id_order_surely_behind(&order, "b", "C"));
    assert_true(id_order_rises(&order, "a", "B"));
    assert_true(id_order_surely_behind(&order, "b", "C"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rising),
        cmocka_unit_test(test_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
