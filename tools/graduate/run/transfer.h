/* transfer.h: the data of a run: every entity through extract | transform | load. */
#ifndef GRADUATE_DRIVER_TRANSFER_H
#define GRADUATE_DRIVER_TRANSFER_H

#include "migration.h"

/* All entities in the project's order, each from where the ledger says it is. */
bool transfer_all(struct migration *migration, struct error *error);

#endif
