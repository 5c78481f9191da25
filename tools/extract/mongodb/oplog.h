/* oplog.h: what mongodump --oplog leaves beside the databases: what was written while it dumped. A
 * dump is consistent only with it, and it is not applied here. */
#ifndef EXTRACT_OPLOG_H
#define EXTRACT_OPLOG_H

#include "document_file.h"
#include "graduate/catalog.h"

#include <stdbool.h>

/* Does the file begin with an entry of an oplog? A collection may be called oplog, too. */
bool oplog_is(const char *path);
/* Note the oplog above the database's folder, if there is one and it has entries of the database:
 * as an object of the catalog, and as a warning. */
bool oplog_note(const char *folder, struct catalog *catalog, struct error *error);
/* The same of the one that is there, inside the folder or archive. `database` NULL: entries of any.
 */
bool oplog_note_of(const struct document_place *place, const char *database,
                   struct catalog *catalog, struct error *error);

#endif
