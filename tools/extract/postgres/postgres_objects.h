/* postgres_objects.h: what a Postgres source has beside rows, as objects of its catalog. */
#ifndef EXTRACT_POSTGRES_OBJECTS_H
#define EXTRACT_POSTGRES_OBJECTS_H

#include "graduate/json.h"
#include "graduate/postgres.h"

/* The tables $1 (a schema) has, as "tables as (...)": their oid and relname. A partition is part of
 * its parent, and is a table of its own only when the parent lies elsewhere; what an extension owns
 * comes with the extension. */
#define POSTGRES_TABLES                                                                            \
    "tables as ("                                                                                  \
    " select c.oid, c.relname from pg_class c"                                                     \
    " where c.relnamespace = (select n.oid from pg_namespace n where n.nspname = $1)"              \
    " and c.relkind in ('r', 'p')"                                                                 \
    " and not (c.relispartition and exists ("                                                      \
    "  select from pg_inherits i join pg_class p on p.oid = i.inhparent"                           \
    "  where i.inhrelid = c.oid and p.relnamespace = c.relnamespace))"                             \
    " and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass"              \
    "  and d.objid = c.oid and d.deptype = 'e'))"

/* What a sequence s of pg_sequence says beyond what every one of its type does; the largest number
 * is that of any type where a column of it may have become another. */
#define POSTGRES_NUMBERING                                                                         \
    "nullif(concat_ws(' ', case when s.seqincrement <> 1 then 'INCREMENT BY ' || s.seqincrement "  \
    "end,"                                                                                         \
    " case when s.seqincrement > 0 and s.seqmin <> 1"                                              \
    "   or s.seqincrement < 0 and s.seqmin not in (-32768, -2147483648, -9223372036854775808)"     \
    "  then 'MINVALUE ' || s.seqmin end,"                                                          \
    " case when s.seqincrement < 0 and s.seqmax <> -1"                                             \
    "   or s.seqincrement > 0 and s.seqmax not in (32767, 2147483647, 9223372036854775807)"        \
    "  then 'MAXVALUE ' || s.seqmax end,"                                                          \
    " case when s.seqstart <> case when s.seqincrement > 0 then s.seqmin else s.seqmax end"        \
    "  then 'START WITH ' || s.seqstart end,"                                                      \
    " case when s.seqcache <> 1 then 'CACHE ' || s.seqcache end,"                                  \
    " case when s.seqcycle then 'CYCLE' end), '')"

/* Does the column a number itself by the sequence seq that it owns, as one of PostgreSQL's serial
 * types: f is its default, and sql what that says? Another default may ask that sequence, too, and
 * this one another. */
#define POSTGRES_SERIAL(sql, seq)                                                                  \
    "(a.attidentity <> '' or a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)"    \
    "  and " sql " like 'nextval(%::regclass)' and " seq " is not null and not exists (select"     \
    "   from pg_depend o join pg_class x on x.oid = o.refobjid and x.relkind = 'S'"                \
    "   where o.classid = 'pg_attrdef'::regclass and o.objid = f.oid"                              \
    "   and o.refclassid = 'pg_class'::regclass and x.oid <> " seq "::regclass)) is true"
/* Does the column that the row d of pg_depend says to own the sequence c number itself by it? */
#define POSTGRES_NUMBERS                                                                           \
    "exists (select from pg_attribute a join pg_class t on t.oid = a.attrelid"                     \
    "  join pg_namespace h on h.oid = t.relnamespace"                                              \
    "  left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum"                    \
    "  where a.attrelid = d.refobjid and a.attnum = d.refobjsubid and d.deptype in ('a', 'i')"     \
    "  and pg_get_serial_sequence(format('%I.%I', h.nspname, t.relname), a.attname)::regclass = "  \
    "c.oid"                                                                                        \
    "  and " POSTGRES_SERIAL("pg_get_expr(f.adbin, f.adrelid)", "c.oid") ")"

/* Does a column of the index i have a collation of the database's own, which its column of the
 * table does not? No target has it. */
#define POSTGRES_OWN_ORDER                                                                         \
    "exists (select from generate_series(1, i.indnkeyatts) k"                                      \
    "  left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k - 1]"         \
    "  where i.indcollation[k - 1] >= 16384 and i.indcollation[k - 1] is distinct from "           \
    "a.attcollation)"

/* The objects as the array of JSON that catalog.h describes; the caller's. What belongs to an
 * extension, and to PostgreSQL itself, is not among them; another schema is one object. */
bool postgres_objects_read(struct postgres *postgres, const char *schema, cJSON **objects,
                           struct error *error);

#endif
