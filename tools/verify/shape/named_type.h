/* named_type.h: types of a source's own database, as they must be called in the target.
 *
 * By verify's own reading: a type of an extension is in the schema extensions of a Supabase, in
 * public of a plain PostgreSQL; one of a schema that another source has lies beside that one's
 * tables; every other beside the table whose column is of it. */
#ifndef VERIFY_NAMED_TYPE_H
#define VERIFY_NAMED_TYPE_H

#include "blueprint.h"

struct named_types {
    struct arena *arena;
    const struct project *project;
    const struct catalog *catalog; /* the whole source's */
    const struct catalog *catalogs; /* of all sources */
    size_t catalog_count;
    const struct catalog_entity *entity;
    const struct blueprint_table *table; /* with the columns that are drawn so far */
};

/* What "public.mood[]" of the source is called in the target: itself where the catalog does not
 * know it. NULL without memory. */
const char *named_type_there(const struct named_types *types, const char *name);
/* The target's schema of a type whose schema another source of the project reads: beside what is
 * made of that one's tables. NULL: it is no such type. It asks neither entity nor table. */
const char *named_type_other_schema(const struct named_types *types,
                                    const struct catalog_type *type);
/* A default (of `column`, else NULL) or a check of the source's in the target's words: types that
 * no column of the table has any more are what the mapping made of them. NULL without memory. */
const char *named_type_sql(const struct named_types *types, const struct blueprint_column *column,
                           const char *sql);

#endif
