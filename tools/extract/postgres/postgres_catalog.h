/* postgres_catalog.h: what a Postgres source holds, asked of its system catalogs (12 to 18). */
#ifndef EXTRACT_POSTGRES_CATALOG_H
#define EXTRACT_POSTGRES_CATALOG_H

#include "graduate/catalog.h"
#include "graduate/postgres.h"

/* catalog_column.oid of the column a of pg_attribute: a domain has the binary form of its base, an
 * enum and citext that of text; in arrays of them only the elements' OID is another. */
#define VALUE_OID                                                                                  \
    "(select case when b.typtype = 'e' or b.typname = 'citext' then 'text'::regtype"               \
    "  when m.typtype = 'e' then 'text[]'::regtype"                                                \
    "  when m.typtype = 'd' then (select p.typarray from pg_type p where p.oid = m.typbasetype)"   \
    "  else b.oid end::oid::int8"                                                                  \
    " from pg_type y"                                                                              \
    " join pg_type b on b.oid = case y.typtype when 'd' then y.typbasetype else y.oid end"         \
    " left join pg_type m on m.oid = b.typelem and b.typcategory = 'A'"                            \
    " where y.oid = a.atttypid)"

/* All tables of the schema, and whatever else the database has, as the catalog of the source named
 * `source`. */
bool postgres_catalog_read(struct postgres *postgres, const char *source, const char *schema,
                           struct catalog *catalog, struct error *error);

#endif
