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

/* The objects as the array of JSON that catalog.h describes; the caller's. What belongs to an
 * extension, and to PostgreSQL itself, is not among them; another schema is one object. */
bool postgres_objects_read(struct postgres *postgres, const char *schema, cJSON **objects,
                           struct error *error);

#endif
