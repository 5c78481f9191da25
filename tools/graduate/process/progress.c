#include "progress.h"
#include "figures.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

double progress_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How much is done, in as many words as the level allows. */
static void put_done(const struct progress_line *line, bool bounded, int level, char *out,
                     size_t size)
{
    char records[FIGURE_SIZE], estimate[FIGURE_SIZE];
    int share = bounded ? (int)(100 * (double)line->records / (double)line->estimate) : 0;
    figure_count(line->records, records);
    if (!bounded)
        snprintf(out, size, "%s records", records);
    else if (level == 0)
        snprintf(out, size, "%s of about %s records (%d %%)", records,
                 figure_count(line->estimate, estimate), share);
    else if (level == 1)
        snprintf(out, size, "%s records (%d %%)", records, share);
    else
        snprintf(out, size, "%d %%", share);
}

/* As much of the name as there is room for, and of one that is cut its beginning. */
static void put_name(const char *name, size_t room, char *out, size_t size)
{
    size_t length = strlen(name);
    if (length <= room) {
        snprintf(out, size, "%s", name);
        return;
    }
    size_t kept = room > 2 ? room - 2 : 0;
    while (kept > 0 && ((unsigned char)name[kept] & 0xC0) == 0x80) /* inside of a character */
        kept--;
    snprintf(out, size, "%.*s..", (int)kept, name);
}

void progress_line_format(const struct progress_line *line, char *out, size_t size)
{
    enum { LEVELS = 3, NAME_ENOUGH = 10, NAME_LEAST = 4 };
    char figure[FIGURE_SIZE], name[256];
    char place[64] = "", done[128], rate[64] = "", left[64] = "", all[64] = "", tail[384];
    bool bounded = line->estimate > 0 && line->records <= line->estimate;
    double per_second =
        line->seconds >= 0.5 ? (double)(line->records - line->before) / line->seconds : 0;
    double seconds =
        bounded && per_second > 0 ? (double)(line->estimate - line->records) / per_second : -1;
    if (line->count > 0)
        snprintf(place, sizeof place, " (%zu of %zu)", line->place, line->count);
    if (per_second >= 1)
        snprintf(rate, sizeof rate, ", %s/s", figure_count((int64_t)per_second, figure));
    if (seconds >= 0)
        snprintf(left, sizeof left, ", %s left", figure_duration(seconds, figure));
    if (seconds >= 0 && line->rest > 0)
        snprintf(all, sizeof all, ", %s in all", figure_duration(seconds + line->rest, figure));
    size_t room = 0;
    for (int level = 0; level < LEVELS && room < NAME_ENOUGH && room < strlen(line->entity);
         level++) {
        put_done(line, bounded, level, done, sizeof done);
        snprintf(tail, sizeof tail, "%s: %s%s%s%s", place, done, rate, left, all);
        room = strlen(tail) + 1 < size ? size - 1 - strlen(tail) : 0;
    }
    put_name(line->entity, room > NAME_LEAST ? room : NAME_LEAST, name, sizeof name);
    snprintf(out, size, "%s%s", name, tail);
}
