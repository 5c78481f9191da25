#include "figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *unknown(char out[FIGURE_SIZE])
{
    snprintf(out, FIGURE_SIZE, "unknown");
    return out;
}

const char *figure_count(int64_t count, char out[FIGURE_SIZE])
{
    if (count < 0)
        return unknown(out);
    char digits[FIGURE_SIZE];
    int length = snprintf(digits, sizeof digits, "%" PRId64, count);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

const char *figure_bytes(int64_t bytes, char out[FIGURE_SIZE])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 0)
        return unknown(out);
    if (bytes < 1024) {
        snprintf(out, FIGURE_SIZE, "%" PRId64 " B", bytes);
        return out;
    }
    double scaled = (double)bytes / 1024;
    size_t unit = 0;
    while (scaled >= 1023.95 && unit + 1 < sizeof units / sizeof units[0]) { /* not "1024.0 KiB" */
        scaled /= 1024;
        unit++;
    }
    snprintf(out, FIGURE_SIZE, "%.1f %s", scaled, units[unit]);
    return out;
}

const char *figure_duration(double seconds, char out[FIGURE_SIZE])
{
    static const struct {
        int64_t below, unit, per; /* seconds; of the small unit; small units in a big one */
        const char *big, *small;
    } rows[] = {
        {3600, 1, 60, "min", "s"},
        {86400, 60, 60, "h", "min"},
        {INT64_MAX, 3600, 24, "d", "h"},
    };
    if (seconds < 9.95) {
        snprintf(out, FIGURE_SIZE, "%.1f s", seconds > 0 ? seconds : 0);
        return out;
    }
    if (seconds < 59.5) {
        snprintf(out, FIGURE_SIZE, "%.0f s", seconds);
        return out;
    }
    if (seconds > 1e9) /* no forecast worth the name */
        return unknown(out);
    size_t row = 0;
    int64_t count; /* of small units, rounded once, so that none can read 60 */
    while ((count = (int64_t)(seconds / (double)rows[row].unit + 0.5)) * rows[row].unit >=
           rows[row].below)
        row++;
    snprintf(out, FIGURE_SIZE, "%" PRId64 " %s %02" PRId64 " %s", count / rows[row].per,
             rows[row].big, count % rows[row].per, rows[row].small);
    return out;
}
