/* Forecasts: which sums are done with which samples, and how far off they may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forecast.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_near(double a, double b)
{
    if (fabs(a - b) > 1e-9 * (1 + fabs(b)))
        fail_msg("%.12g is not %.12g", a, b);
}

static void test_forecasts(void **state)
{
    static const struct {
        struct forecast_sample samples[4];
        size_t count;
        double size;
        struct forecast forecast;
    } cases[] = {
        /* nothing to go by: no sample, no size, empty samples of what is not empty now */
        {{{0, 0}}, 0, 100, {FORECAST_NONE, 0, -1}},
        {{{10, 1}}, 1, -1, {FORECAST_NONE, 0, -1}},
        {{{0, 1}, {0, 3}}, 2, 100, {FORECAST_NONE, 0, -1}},
        /* what was empty and is empty still */
        {{{0, 1}, {0, 3}}, 2, 0, {FORECAST_PROPORTION, 2, -1}},
        /* one sample has no spread */
        {{{10, 1}}, 1, 100, {FORECAST_PROPORTION, 10, -1}},
        {{{10, 1}}, 1, 0, {FORECAST_PROPORTION, 0, -1}},
        /* two that agree, and two that do not: 0.1 and 0.2 a piece, 0.15 by the sums, the error
         * 100 * sqrt((0.05^2 + 0.05^2) / 1 * (1 + 1/2)) */
        {{{10, 1}, {20, 2}}, 2, 100, {FORECAST_PROPORTION, 10, 0}},
        {{{10, 1}, {10, 2}}, 2, 100, {FORECAST_PROPORTION, 15, 8.660254037844386}},
        /* an empty one among them adds its time, and no rate to the spread */
        {{{10, 1}, {0, 1}}, 2, 100, {FORECAST_PROPORTION, 20, -1}},
        /* three on a line: 1 s to start, 0.1 s a piece */
        {{{10, 2}, {20, 3}, {40, 5}}, 3, 100, {FORECAST_LINE, 11, 0}},
        /* three off their line 1 + 0.1 x by +1, -2, +1: squares 6, mean size 20, spread 200; the
         * error sqrt(6 / 1 * (1 + 1/3 + 80^2 / 200)) */
        {{{10, 3}, {20, 1}, {30, 5}}, 3, 100, {FORECAST_LINE, 11, 14.142135623730951}},
        /* three of like sizes say nothing about a start */
        {{{10, 2}, {11, 2.1}, {12, 2.2}}, 3, 100, {FORECAST_PROPORTION, 19.09090909090909, -2}},
        /* a line that began below zero or fell is none */
        {{{10, 0.1}, {20, 4}, {40, 11.9}}, 3, 70, {FORECAST_PROPORTION, 16, -2}},
        {{{10, 4}, {20, 3}, {40, 2}}, 3, 70, {FORECAST_PROPORTION, 9, -2}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct forecast made = forecast_make(cases[i].samples, cases[i].count, cases[i].size);
        assert_int_equal(made.basis, cases[i].forecast.basis);
        assert_near(made.seconds, cases[i].forecast.seconds);
        if (cases[i].forecast.error == -2) /* known, whatever it is */
            assert_true(made.error > 0);
        else
            assert_near(made.error, cases[i].forecast.error);
    }
}

static void test_farther_away_is_less_sure(void **state)
{
    static const struct forecast_sample samples[] = {{10, 3}, {20, 1}, {30, 5}};
    double last = 0;
    (void)state;
    for (double size = 20; size < 1e6; size *= 3) {
        struct forecast forecast = forecast_make(samples, COUNT(samples), size);
        assert_true(forecast.error > last);
        last = forecast.error;
    }
}

#define NONE {FORECAST_NONE, 0, -1}
#define KNOWN {FORECAST_LINE, 5, 1}
#define UNSURE {FORECAST_PROPORTION, 3, -1}

static void test_sums(void **state)
{
    static const struct {
        struct forecast a, b, sum;
        bool whole;
    } cases[] = {
        {{FORECAST_LINE, 5, 1}, {FORECAST_LINE, 6, 2}, {FORECAST_LINE, 11, 3}, true},
        {KNOWN, {FORECAST_PROPORTION, 2, 0.5}, {FORECAST_PROPORTION, 7, 1.5}, true},
        {KNOWN, UNSURE, {FORECAST_PROPORTION, 8, -1}, true},
        {UNSURE, KNOWN, {FORECAST_PROPORTION, 8, -1}, true},
        {NONE, KNOWN, KNOWN, false},
        {KNOWN, NONE, KNOWN, false},
        {NONE, NONE, NONE, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool whole = true;
        struct forecast sum = forecast_add(cases[i].a, cases[i].b, &whole);
        assert_int_equal(sum.basis, cases[i].sum.basis);
        assert_near(sum.seconds, cases[i].sum.seconds);
        assert_near(sum.error, cases[i].sum.error);
        assert_int_equal(whole, cases[i].whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forecasts),
        cmocka_unit_test(test_farther_away_is_less_sure),
        cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
