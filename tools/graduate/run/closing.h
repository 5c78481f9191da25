/* closing.h: what comes after the data: keys and indexes, then the account. */
#ifndef GRADUATE_DRIVER_CLOSING_H
#define GRADUATE_DRIVER_CLOSING_H

#include "migration.h"

/* graduate-load --finish. */
bool closing_finish(struct migration *migration, struct error *error);
/* Read the account, keep it in the folder and print it. *exit_code 0: it is closed, the
 * sources counted as much as was read, and the run is over; else 1, and the next run reads it
 * again. */
bool closing_account(struct migration *migration, int *exit_code, struct error *error);
/* What is set aside, and what was loaded in its place as it was corrected, as lists in the folder:
 * rejects.jsonl, and where there is any retried.jsonl. Also before the end. */
bool closing_keep_rejects(struct migration *migration, struct error *error);
/* Of a run that is over: print what closing_account kept. */
bool closing_repeat(const struct migration *migration, struct error *error);

#endif
