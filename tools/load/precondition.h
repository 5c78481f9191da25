/* precondition.h: what must be true of the target before anything is made in it. */
#ifndef LOAD_PRECONDITION_H
#define LOAD_PRECONDITION_H

#include "graduate/catalog.h"
#include "graduate/postgres.h"
#include "graduate/project.h"

/* ERROR_REFUSED where the target is a database that the project reads from, or is
 * no Supabase (unless the project says that it is plain). Writes nothing. */
bool precondition_check(struct postgres *target, const struct project *project,
                        const struct catalog *catalogs, size_t catalog_count, struct error *error);

#endif
