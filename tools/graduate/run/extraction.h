/* extraction.h: the command line of graduate-extract for an entity of a run. */
#ifndef GRADUATE_DRIVER_EXTRACTION_H
#define GRADUATE_DRIVER_EXTRACTION_H

#include "migration.h"
#include "snapshot.h"

#include "graduate/ledger.h"

enum { PARTITION = 0 }; /* the only one while an entity has one */

/* The texts that the command lines of one pipeline point to. */
struct extraction_texts {
    char catalogs[PATH_MAX], checkpoint[PATH_MAX], position[PATH_MAX];
    char batch[24], records[24], batch_bytes[24], generation[24];
};

/* Behind what the ledger has (`progress`); with the run's checkpoint, where it keeps any. */
bool extraction_arguments(const struct migration *migration, const struct mapping *mapping,
                          const struct ledger_progress *progress, const struct snapshot *snapshot,
                          struct extraction_texts *texts, struct arguments *arguments,
                          struct error *error);
/* Only the place to go on from, where there is one. */
bool extraction_add_place(const struct migration *migration, const struct mapping *mapping,
                          const struct ledger_progress *progress, struct extraction_texts *texts,
                          struct arguments *arguments, struct error *error);

#endif
