/* transfer.h: the data of a run: every entity through extract | transform | load. */
#ifndef GRADUATE_DRIVER_TRANSFER_H
#define GRADUATE_DRIVER_TRANSFER_H

#include "migration.h"

/* The exports of the entities that the ledger has wholly must still be what was read of them:
 * ERROR_REFUSED names one that is not. transfer_all begins with it. */
bool transfer_check_done(struct migration *migration, struct error *error);
/* All entities in the project's order, each from where the ledger says it is. */
bool transfer_all(struct migration *migration, struct error *error);

#endif
