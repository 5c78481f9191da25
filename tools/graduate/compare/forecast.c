#include "forecast.h"

#include <math.h>

const char *const forecast_basis_names[3] = {"none", "proportion", "line"};

enum { FEWEST_FOR_A_LINE = 3 };
static const double different_sizes = 1.5;

struct sums {
    double size, seconds;     /* sums */
    double smallest, largest; /* sizes */
    double mean_size, mean_seconds;
    double spread, joint; /* sum (x - mean)^2, sum (x - mean)(y - mean) */
};

static struct sums add_up(const struct forecast_sample *samples, size_t count)
{
    struct sums sums = {.smallest = INFINITY};
    for (size_t i = 0; i < count; i++) {
        sums.size += samples[i].size;
        sums.seconds += samples[i].seconds;
        sums.smallest = fmin(sums.smallest, samples[i].size);
        sums.largest = fmax(sums.largest, samples[i].size);
    }
    sums.mean_size = sums.size / (double)count;
    sums.mean_seconds = sums.seconds / (double)count;
    for (size_t i = 0; i < count; i++) {
        double off = samples[i].size - sums.mean_size;
        sums.spread += off * off;
        sums.joint += off * (samples[i].seconds - sums.mean_seconds);
    }
    return sums;
}

/* False where a line does not fit what is known. */
static bool fit_line(const struct forecast_sample *samples, size_t count, const struct sums *sums,
                     double size, struct forecast *forecast)
{
    if (count < FEWEST_FOR_A_LINE || sums->largest < different_sizes * sums->smallest ||
        sums->spread <= 0)
        return false;
    double slope = sums->joint / sums->spread;
    double base = sums->mean_seconds - slope * sums->mean_size, squares = 0;
    if (slope < 0 || base < 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        double off = samples[i].seconds - base - slope * samples[i].size;
        squares += off * off;
    }
    double away = size - sums->mean_size;
    *forecast = (struct forecast){
        .basis = FORECAST_LINE,
        .seconds = base + slope * size,
        .error = sqrt(squares / (double)(count - 2) *
                      (1 + 1 / (double)count + away * away / sums->spread)),
    };
    return true;
}

static struct forecast in_proportion(const struct forecast_sample *samples, size_t count,
                                     const struct sums *sums, double size)
{
    double squares = 0;
    size_t known = 0;
    if (sums->size <= 0) /* all were empty: that much is known of an empty one alone */
        return (struct forecast){.basis = size > 0 ? FORECAST_NONE : FORECAST_PROPORTION,
                                 .seconds = size > 0 ? 0 : sums->mean_seconds,
                                 .error = -1};
    double rate = sums->seconds / sums->size;
    for (size_t i = 0; i < count; i++) {
        if (samples[i].size <= 0)
            continue;
        double off = samples[i].seconds / samples[i].size - rate;
        squares += off * off;
        known++;
    }
    double n = (double)known;
    return (struct forecast){
        .basis = FORECAST_PROPORTION,
        .seconds = rate * size,
        .error = known > 1 ? size * sqrt(squares / (n - 1) * (1 + 1 / n)) : -1,
    };
}

struct forecast forecast_make(const struct forecast_sample *samples, size_t count, double size)
{
    struct forecast forecast = {.basis = FORECAST_NONE, .error = -1};
    if (count == 0 || size < 0)
        return forecast;
    struct sums sums = add_up(samples, count);
    if (!fit_line(samples, count, &sums, size, &forecast))
        forecast = in_proportion(samples, count, &sums, size);
    return forecast;
}

struct forecast forecast_add(struct forecast a, struct forecast b, bool *whole)
{
    if (a.basis == FORECAST_NONE || b.basis == FORECAST_NONE) {
        *whole = false;
        return a.basis == FORECAST_NONE ? b : a;
    }
    return (struct forecast){
        .basis = a.basis == b.basis ? a.basis : FORECAST_PROPORTION,
        .seconds = a.seconds + b.seconds,
        .error = a.error >= 0 && b.error >= 0 ? a.error + b.error : -1,
    };
}
