/* forecast.h: how long something takes at one size, from how long it took at others. Pure sums.
 *
 * Through three and more samples of sizes that differ by half and more goes the least-squares line
 * (seconds = a + b * size), as long as neither a nor b comes out negative. Else seconds grow with
 * size in proportion, by the sum of seconds over the sum of sizes.
 *
 * The error is one standard deviation of the forecast: for the line of its residuals, for the
 * proportion of the samples' own seconds per size; both widened for the few samples that they come
 * from. One sample has no spread, so its error is not known. */
#ifndef GRADUATE_DRIVER_FORECAST_H
#define GRADUATE_DRIVER_FORECAST_H

#include <stdbool.h>
#include <stddef.h>

struct forecast_sample {
    double size, seconds;
};

enum forecast_basis {
    FORECAST_NONE, /* nothing to go by */
    FORECAST_PROPORTION,
    FORECAST_LINE,
};
extern const char *const forecast_basis_names[3];

struct forecast {
    enum forecast_basis basis;
    double seconds; /* 0 without a basis */
    double error;   /* -1: not known */
};

/* `size` < 0: not known; then there is no basis. */
struct forecast forecast_make(const struct forecast_sample *samples, size_t count, double size);

/* The forecast of two things after one another. Errors add up: what slows one rehearsal down slows
 * all of its parts. One without basis makes the sum a forecast of the other, as `whole` then says;
 * an error that is not known makes the sum's unknown. */
struct forecast forecast_add(struct forecast a, struct forecast b, bool *whole);

#endif
