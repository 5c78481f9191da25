/* misfit.h: what the mapping has done with a value that does not fit its column ("misfit"). */
#ifndef TRANSFORM_MISFIT_H
#define TRANSFORM_MISFIT_H

#include "plan.h"

/* Of a column that is mended: mend the value where a remedy says how; *lost: it did, with a line in
 * the losses. What is made lives in `made`. */
bool misfit_mend(const struct column_plan *column, struct arena *made, struct value *value,
                 bool *lost, struct error *error);
/* The value was refused with the error: null or the default may stand in for it, with a line in the
 * losses. False: the error stands. */
bool misfit_replace(const struct column_plan *column, struct value *value, struct error *error);

#endif
