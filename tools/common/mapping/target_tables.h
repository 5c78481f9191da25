/* target_tables.h: what a mapping does not say of a table that the target brings: the types of its
 * columns, and its key. They are put into the file's JSON before it is read, so that whoever reads
 * the project, and what is kept of it with a run, has all of it said.
 *
 * The file TARGET_TABLES stands beside the catalogs of the sources; graduate-load --catalog prints
 * it. A table that the target does not have is not in it; a type is the one whose values the column
 * takes (of a domain what it is over, of an enum text), in the target's words:
 *
 *   {"tables": {"auth.users": {"columns": {"id": "uuid", ...}, "key": ["id"]}, ...}} */
#ifndef COMMON_TARGET_TABLES_H
#define COMMON_TARGET_TABLES_H

#include "graduate/json.h"
#include "graduate/project.h"

/* Read it, if the folder has it. */
bool target_tables_read(struct project *project, const char *catalogs, struct error *error);
/* Fill in what a mapping file takes from the target. Where that was not asked, only note that it is
 * to be: what the file lacks then is told by those who read it. ERROR_USAGE: the target has no such
 * table or column, a type of its own, or no key that the mapping fills. */
bool target_tables_fill(struct project *project, cJSON *json, const char *file,
                        struct error *error);

#endif
