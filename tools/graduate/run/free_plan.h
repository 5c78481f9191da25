/* free_plan.h: does what is moved go into the database of Supabase's free plan? */
#ifndef GRADUATE_DRIVER_FREE_PLAN_H
#define GRADUATE_DRIVER_FREE_PLAN_H

#include "catalogs.h"

#include "graduate/buffer.h"

/* A line of warning, where the bytes of the entities in their sources, and those `there` in the
 * target's database now, are more than the 500 MB after which the plan only reads. Rows and their
 * indexes take another room than records do: it is a first guess. */
void free_plan_warn(const struct project *project, const struct catalogs *catalogs, int64_t there,
                    struct buffer *out);

#endif
