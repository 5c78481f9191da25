/* Room graduate/text: figures, tables and texts for people, and the JSON that graduate wrote
 * itself. It uses common/base. */

/* figures.h: numbers as people read them. Each writes into `out` and returns it. */
#ifndef GRADUATE_DRIVER_FIGURES_H
#define GRADUATE_DRIVER_FIGURES_H

#include <stdint.h>

enum { FIGURE_SIZE = 32 };

/* "1,234,567"; "unknown" for what is negative, as an estimate that a source does not have. */
const char *figure_count(int64_t count, char out[FIGURE_SIZE]);
/* "812 B", "4.0 KiB", "1.2 GiB"; "unknown" for what is negative. */
const char *figure_bytes(int64_t bytes, char out[FIGURE_SIZE]);
/* "0.4 s", "12 s", "3 min 05 s", "2 h 07 min", "3 d 04 h". */
const char *figure_duration(double seconds, char out[FIGURE_SIZE]);

#endif
