/* expect_misfit.h: what becomes of a value that does not fit its column, where "misfit" says it. */
#ifndef VERIFY_EXPECT_MISFIT_H
#define VERIFY_EXPECT_MISFIT_H

#include "expect_value.h"
#include "graduate/arena.h"
#include "graduate/project.h"

/* The item as it is mended, or what stands in for it; *lost: it is another one now. What is made
 * lives in `texts`. */
bool expect_remedy(const struct mapping_column *column, const struct expect_target *target,
                   struct arena *texts, struct item *item, bool *lost, struct error *error);

#endif
