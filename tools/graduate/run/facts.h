/* facts.h: facts.json in the run folder: what only the ledger and the target know of a run, kept
 * for when they are out of reach; a rehearsal's target is gone an hour later. Members:
 *
 *   version      1
 *   graduate, fingerprint   of the run, as the ledger has them
 *   server       version of the target's PostgreSQL
 *   entities     array: entity, seconds, batches, records, rows, bytes, loading; in the order of
 * the run. Of `seconds`, `loading` were spent in the target, the rest waiting for records steps
 * array: step, seconds: the statements after the data, in order providers    array: provider,
 * users: those by which users of auth.identities sign in
 *   outside_ascii   number of users with addresses to which Supabase Auth sends nothing */
#ifndef GRADUATE_DRIVER_FACTS_H
#define GRADUATE_DRIVER_FACTS_H

#include "folder.h"

#include "graduate/postgres.h"
#include "graduate/project.h"

bool facts_keep(struct postgres *target, const struct project *project, const struct folder *folder,
                struct error *error);

#endif
