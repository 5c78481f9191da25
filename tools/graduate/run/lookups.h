/* lookups.h: the ids of the entities that others look up, in the run's folder: ids/ENTITY.ids; and
 * what the conditions of others ask about their records: ids/ENTITY.facts.
 *
 * They are made by graduate-transform --index of a whole checkpoint, before the first entity that
 * needs them is loaded; where that one comes first, or looks itself up, the records are extracted
 * into the checkpoint before they are loaded. Without checkpoints the source is read twice. A file
 * is there whole or not at all, and is not made again by a run that goes on; it goes when all is
 * loaded, or when what it is of is read anew. */
#ifndef GRADUATE_DRIVER_LOOKUPS_H
#define GRADUATE_DRIVER_LOOKUPS_H

#include "migration.h"
#include "snapshot.h"

bool lookups_are_needed(const struct project *project, const struct mapping *mapping);
bool lookups_folder(const struct migration *migration, char out[PATH_MAX], struct error *error);
/* Of all that the mapping looks up. `snapshots`: one per source of the project. */
bool lookups_make(struct migration *migration, const struct mapping *mapping,
                  struct snapshot *snapshots, struct error *error);
/* Take them away. */
void lookups_forget(const struct migration *migration);
/* ERROR_USAGE: what is restarted takes along those that look it up. */
bool lookups_check(const struct migration *migration, struct error *error);

#endif
