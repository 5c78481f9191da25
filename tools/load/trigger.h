/* trigger.h: triggers of the target that are off while rows of their table are loaded.
 *
 * They are off for the loader's session only, by session_replication_role = replica. That also
 * keeps foreign keys from being looked at, which is why foreign_key.h looks at the rows afterwards,
 * and uniques that are looked at late, which is why a table with one is refused. Triggers that are
 * said to fire ALWAYS, or for a REPLICA, act all the same, and are told (inventory.h). */
#ifndef LOAD_TRIGGER_H
#define LOAD_TRIGGER_H

#include "graduate/postgres.h"
#include "graduate/project.h"

/* Inside of a transaction: ERROR_REFUSED where the project has triggers off and this role may not
 * do that, or where a table has a unique that would not be looked at. Changes nothing. */
bool trigger_check(struct postgres *target, const struct project *project, struct error *error);
/* Until the end of the transaction, or the next call. */
bool trigger_switch(struct postgres *target, bool on, struct error *error);

#endif
