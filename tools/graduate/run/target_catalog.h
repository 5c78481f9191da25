/* target_catalog.h: what the target says of tables that it brings (TARGET_TABLES, project.h). */
#ifndef GRADUATE_DRIVER_TARGET_CATALOG_H
#define GRADUATE_DRIVER_TARGET_CATALOG_H

#include "supervisor.h"

#include "graduate/project.h"

/* Where a mapping takes something from there: have graduate-load ask the target, write what it says
 * into the folder of the catalogs, and read the project, a draft, anew with it. Where the target's
 * URI is not set nothing is asked, and the faults of the draft say what is missing. */
bool target_catalog_ask(struct project *project, const char *catalogs,
                        struct supervisor *supervisor, struct error *error);
/* The same by a folder that is gone behind it. */
bool target_catalog_look(struct project *project, struct supervisor *supervisor,
                         struct error *error);
/* Of a run in this folder, with what the target said when it began; it is asked where the run has
 * not begun, or what it said is lost. *again: that was lost, and what it says now is to be
 * forgotten unless the ledger takes it for the run's. */
struct folder;
bool target_catalog_of_run(struct project *project, const struct folder *folder, bool *again,
                           struct supervisor *supervisor, struct error *error);
bool target_catalog_forget(const struct folder *folder, struct error *error);

#endif
