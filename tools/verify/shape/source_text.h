/* source_text.h: what the source's server says of a table, under the names of the target, by
 * verify's own reading of the mapping. */
#ifndef VERIFY_SOURCE_TEXT_H
#define VERIFY_SOURCE_TEXT_H

#include "graduate/arena.h"
#include "graduate/catalog.h"
#include "graduate/project.h"

/* What a form of a table calls the source's column; NULL: it does not come, or is made into
 * something else. */
const char *source_name(const struct mapping *entity, const struct mapping_table *form,
                        const char *source);
/* The same of an expression; NULL without memory, and of NULL. `from`: what the source says of the
 * entity. What an extension lends is in the schema where a Supabase has it. */
const char *source_text(const struct project *project, const struct mapping *entity,
                        const struct mapping_table *form, const struct catalog_entity *from,
                        const char *sql, struct arena *arena);
/* Are all of the columns there? */
bool source_all_come(const struct mapping *entity, const struct mapping_table *form,
                     const struct catalog_names *columns);
/* Do two expressions read the same, however their names are quoted? */
bool source_text_same(const char *left, const char *right);

#endif
