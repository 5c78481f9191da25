/* Room graduate/compare: what is different between runs, and how long the real one would take.
 * It uses common/base, graduate/run and graduate/text. */

/* comparison.h: what is different between two finished runs, as JSON; mappings/compare.schema.json
 * describes it. Only what differs is in it, and the times of both, which always do. */
#ifndef GRADUATE_DRIVER_COMPARISON_H
#define GRADUATE_DRIVER_COMPARISON_H

#include "past_run.h"

#include "graduate/buffer.h"

/* ERROR_USAGE for runs of two projects. */
bool comparison_make(const struct past_run *before, const struct past_run *after,
                     cJSON **comparison, struct error *error);
/* For people; `brief`: without the times. */
void comparison_print(const cJSON *comparison, bool brief, struct buffer *out);

/* {"folder", "run", "project", "started", "finished"} as the member `name`; false without memory.
 */
bool comparison_add_run(cJSON *json, const char *name, const struct past_run *run);

#endif
