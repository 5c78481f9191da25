/* retry.h: corrected records in place of those that were set aside, into the same run: the steps of
 * `graduate retry`, in their order. A finished run is open, in its folder and in the ledger, before
 * the first record is loaded, so that after a kill this, or `graduate run`, brings it to its end.
 */
#ifndef GRADUATE_DRIVER_RETRY_H
#define GRADUATE_DRIVER_RETRY_H

#include "corrections.h"

/* What was corrected, out of migration_options.corrected; none where all of it was loaded before.
 * ERROR_USAGE where nothing is: of a run that stopped the list is then made. */
bool retry_read(struct migration *migration, struct corrections *corrections, struct error *error);
/* The folder's run is finished no more, and its preparation knows of which entities records come.
 */
bool retry_open(struct migration *migration, const struct corrections *corrections,
                struct error *error);
/* Behind the preparation: all of them, each in its transaction. */
bool retry_load(struct migration *migration, const struct corrections *corrections,
                struct error *error);
/* Where all data of the run is there its end, with the account; else `graduate run` does the rest.
 */
bool retry_finish(struct migration *migration, int *exit_code, struct error *error);
/* ERROR_DATA: some of them do not fit again. */
bool retry_tell(struct migration *migration, const struct corrections *corrections,
                struct error *error);

#endif
