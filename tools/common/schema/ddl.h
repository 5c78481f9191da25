/* ddl.h: the statements that make a resolved schema; schema.c calls it once. */
#ifndef COMMON_DDL_H
#define COMMON_DDL_H

#include "graduate/arena.h"
#include "graduate/schema.h"

/* Fill schema->statements from schema->outputs. `catalogs` as for schema_resolve. */
bool ddl_build(struct schema *schema, struct arena *arena, const struct catalog *catalogs,
               size_t catalog_count, struct error *error);

#endif
