/* oplog.h: what mongodump --oplog leaves beside the databases: what was written while it dumped. A
 * dump is consistent only with it, and it is not applied here. */
#ifndef EXTRACT_OPLOG_H
#define EXTRACT_OPLOG_H

#include "graduate/catalog.h"

#include <stdbool.h>

/* Does the file begin with an entry of an oplog? A collection may be called oplog, too. */
bool oplog_is(const char *path);
/* Note the oplog in or above the database's folder, if it has entries of the database: as an object
 * of the catalog, and as a warning. `within` is the path of the one inside the folder, or NULL. */
bool oplog_note(const char *folder, const char *within, struct catalog *catalog,
                struct error *error);

#endif
