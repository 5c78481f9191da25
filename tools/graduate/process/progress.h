/* progress.h: how far an entity is, as a line for people. */
#ifndef GRADUATE_DRIVER_PROGRESS_H
#define GRADUATE_DRIVER_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct progress_line {
    const char *entity;
    int64_t estimate;    /* of its records, by the source's catalog; -1 unknown */
    int64_t before;      /* loaded by earlier attempts: part of how far, not of how fast */
    int64_t records;     /* loaded by now, those before included */
    double seconds;      /* since this attempt began */
    size_t place, count; /* the entity is the place-th of so many; 0: they are not said */
    double rest;         /* seconds that the entities behind it will take; 0: none, or unknown */
};

/* "books (3 of 22): 12,345 of about 50,000 records (24 %), 8,100/s, 5 s left, 2 min 05 s in all".
 * What cannot be said honestly is left away: a share of an unknown estimate or of one that proved
 * too low, a rate of the first half second. Where there is no room for all (`size`, with its NUL)
 * the name is shortened, then the counts go; the rate and the time left stay. */
void progress_line_format(const struct progress_line *line, char *out, size_t size);

/* Seconds on a clock that never goes back. */
double progress_clock(void);

#endif
