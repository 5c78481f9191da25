/* kept_type.h: types that a source's database has of its own, and what they are in the target.
 *
 * A type of an extension is the target's extension's: in a Supabase in the schema extensions, in a
 * plain PostgreSQL in public. Any other is made: one of a schema that another source of the project
 * tells of where the tables of that source go, and else in the schema of the table whose column is
 * of it. */
#ifndef COMMON_KEPT_TYPE_H
#define COMMON_KEPT_TYPE_H

#include "building.h"

/* Give the type, which pgtype_of_column read of a column of the source, its name in the target.
 * `catalog` is the whole source's. False with the reason, or without memory (then NULL): it cannot
 * be made there. */
bool kept_type_name(const struct schema *schema, const struct schema_output *output,
                    const struct catalog *catalog, struct arena *arena, struct pgtype *type,
                    const char **why);
/* The schema of the target that a type of the catalog's is in for a table of its source's; and what
 * the type is called there (NULL without memory). */
const char *kept_type_home(const struct schema *schema, const struct schema_output *output,
                           const struct catalog *catalog, const struct catalog_type *type);
char *kept_type_there(const struct schema *schema, const struct schema_output *output,
                      const struct catalog *catalog, const struct catalog_type *type,
                      struct arena *arena);
/* SQL of the source's about the output's table with the types as they are in the target. A type
 * that a column has there, but not here, is what the mapping makes of that column; `column`, which
 * may be NULL, before others. NULL without memory. */
const char *kept_type_rename(const struct schema *schema, const struct schema_output *output,
                             const struct schema_column *column, const struct catalog *catalog,
                             struct arena *arena, const char *sql);
/* The same, and under the names that columns and extensions' things have there; `entity` is what
 * the source says of the output's table, and `catalog` may be NULL. */
const char *kept_type_retarget(const struct schema *schema, const struct schema_output *output,
                               const struct schema_column *column, const struct catalog *catalog,
                               const struct catalog_entity *entity, struct arena *arena,
                               const char *sql);
/* Make the source's type, for something that stands beside the table at hand. */
bool kept_type_make(struct building *b, const char *type, struct buffer *sql,
                    struct buffer *exists);
/* Statements that make the types of the table at hand; and what extensions they need. */
bool ddl_types(struct building *b, struct buffer *sql, struct buffer *exists);

#endif
