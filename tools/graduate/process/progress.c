#include "progress.h"
#include "figures.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

double progress_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void progress_line_format(const struct progress_line *line, char *out, size_t size)
{
    char a[FIGURE_SIZE], b[FIGURE_SIZE];
    char of[64] = "", share[32] = "", rate[64] = "", left[64] = "";
    bool bounded = line->estimate > 0 && line->records <= line->estimate;
    double per_second =
        line->seconds >= 0.5 ? (double)(line->records - line->before) / line->seconds : 0;
    if (bounded) {
        snprintf(of, sizeof of, " of about %s", figure_count(line->estimate, a));
        snprintf(share, sizeof share, " (%d %%)",
                 (int)(100 * (double)line->records / (double)line->estimate));
    }
    if (per_second >= 1)
        snprintf(rate, sizeof rate, ", %s/s", figure_count((int64_t)per_second, a));
    if (bounded && per_second > 0)
        snprintf(left, sizeof left, ", %s left",
                 figure_duration((double)(line->estimate - line->records) / per_second, a));
    snprintf(out, size, "%s: %s%s records%s%s%s", line->entity, figure_count(line->records, b), of,
             share, rate, left);
}
