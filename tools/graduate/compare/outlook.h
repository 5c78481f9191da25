/* outlook.h: how long the real migration would take, from rehearsals of it and the size of what the
 * sources hold now. As JSON ("forecast" of mappings/compare.schema.json) and for people.
 *
 * Per entity what was read and what was loaded in each rehearsal, by bytes of the source where all
 * of them and the source tell those, else by records; the steps after the data and the verification
 * by rows. Rehearsals that were stopped and went on are left away: nobody knows how long those
 * entities were at work. */
#ifndef GRADUATE_DRIVER_OUTLOOK_H
#define GRADUATE_DRIVER_OUTLOOK_H

#include "catalogs.h"
#include "past_run.h"

#include "graduate/buffer.h"

bool outlook_make(const struct past_run *runs, size_t count, const struct project *project,
                  const struct catalogs *live, cJSON **outlook, struct error *error);
void outlook_print(const cJSON *outlook, struct buffer *out);

#endif
