/* postgres_types.h: the types of a Postgres source that are none of PostgreSQL's own. */
#ifndef EXTRACT_POSTGRES_TYPES_H
#define EXTRACT_POSTGRES_TYPES_H

#include "graduate/catalog.h"
#include "graduate/postgres.h"

/* catalog_column.oid of the column a of pg_attribute: a domain has the binary form of what is below
 * it, an enum and citext that of text; in arrays of them only the elements' OID is another. */
#define VALUE_OID                                                                                  \
    "(with recursive under (oid) as (select a.atttypid union all"                                  \
    "  select y.typbasetype from under u join pg_type y on y.oid = u.oid where y.typtype = 'd'),"  \
    " element (oid) as (select y.typelem from under u join pg_type y on y.oid = u.oid"             \
    "  where y.typcategory = 'A' and y.typtype <> 'd' union all"                                   \
    "  select y.typbasetype from element u join pg_type y on y.oid = u.oid where y.typtype = 'd')" \
    " select case when b.typtype = 'e' or b.typname = 'citext' then 'text'::regtype"               \
    "  when m.typtype = 'e' or m.typname = 'citext' then 'text[]'::regtype"                        \
    "  when m.oid <> b.typelem then m.typarray else b.oid end::oid::int8"                          \
    " from under u join pg_type b on b.oid = u.oid and b.typtype <> 'd'"                           \
    " left join (element e join pg_type m on m.oid = e.oid and m.typtype <> 'd') on true)"

/* The types as the JSON of catalog.types (catalog.h). */
bool postgres_types_read(struct postgres *postgres, cJSON **types, struct error *error);

/* What the columns' types are made of (catalog_column.layout), and below: of columns that were
 * added since the last call. */
bool postgres_types_lay_out(struct catalog *catalog, struct error *error);
/* How many digits behind the point the database's amounts of money have. */
bool postgres_types_count_money(struct postgres *postgres, struct catalog *catalog,
                                struct error *error);

#endif
