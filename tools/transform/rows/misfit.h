/* misfit.h: null or the default for a value that does not fit its column, where "misfit" says so;
 * what is mended is mended where it is written (transform/write/mending.h). */
#ifndef TRANSFORM_MISFIT_H
#define TRANSFORM_MISFIT_H

#include "plan.h"

/* The column is the one at hand. */
void misfit_begin(struct plan *plan, const struct column_plan *column);
/* Was its value refused for a kind of misfit for which null or the default stands in? */
bool misfit_stands_in(const struct column_plan *column, const struct mending *mending,
                      const struct error *error);
/* The value was refused with the error: null or the default takes its place, with one line in the
 * losses, where they had come to before. False: the error stands. */
bool misfit_replace(struct plan *plan, const struct column_plan *column,
                    const struct loss_mark *lines, struct value *value, struct error *error);

#endif
