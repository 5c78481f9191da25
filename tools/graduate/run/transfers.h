/* transfers.h: the data of a run: all entities, several side by side. */
#ifndef GRADUATE_DRIVER_TRANSFERS_H
#define GRADUATE_DRIVER_TRANSFERS_H

#include "migration.h"

/* The exports of the entities that the ledger has wholly must still be what was read of them:
 * ERROR_REFUSED names one that is not. transfers_load begins with it. */
bool transfers_check_done(struct migration *migration, struct error *error);
/* All entities in the project's order, each from where the ledger says it is; as many at a time as
 * options.jobs says. One begins when those before it are at their end whose ids it looks up, or
 * into whose tables it writes. When one fails, the others are told to end. */
bool transfers_load(struct migration *migration, struct error *error);

#endif
