/* postgres_needs.h: SQL that says what an object of the source stands on, out of pg_depend: members
 * of struct catalog_object. They are read below the common table expressions of
 * postgres_objects.c. */
#ifndef EXTRACT_POSTGRES_NEEDS_H
#define EXTRACT_POSTGRES_NEEDS_H

/* Names of the schema itself, without it. */
#define LOCAL(text) "replace(" text ", quote_ident($1) || '.', '')"

/* clang-format off */
/* How an object is called that is a function. */
#define ROUTINE_NAME(p)                                                                            \
    "format('%s(%s)', " p ".proname, " LOCAL("pg_get_function_identity_arguments(" p ".oid)") ")"
#define ROUTINE_KIND(p)                                                                            \
    "case " p ".prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end"

/* The same where it is in the schema n: as the catalog of that one calls it. */
#define ROUTINE_NAME_THERE(p)                                                                      \
    "format('%s(%s)', " p ".proname, replace(pg_get_function_identity_arguments(" p ".oid),"       \
    " quote_ident(n.nspname) || '.', ''))"

/* What the objects that `of`, a condition about pg_depend as d, finds depend on beside PostgreSQL's
 * own: an array is of its elements, and the type of a table's row is the table. */
#define DEPENDED(of)                                                                               \
    " from pg_depend d"                                                                            \
    " left join pg_type typ on d.refclassid = 'pg_type'::regclass and typ.oid = d.refobjid"        \
    " cross join lateral (select case when typ.typcategory = 'A' and typ.typelem <> 0"             \
    "  then typ.typelem else d.refobjid end as oid) ref"                                           \
    " left join pg_depend mem on mem.classid = d.refclassid and mem.objid = ref.oid and mem.deptype = 'e'"\
    " left join pg_extension ext on ext.oid = mem.refobjid"                                        \
    " where (" of ") and ref.oid >= 16384 and d.deptype not in ('e', 'i', 'x')"

#define NEED_OF_RELATION(relation, number)                                                         \
    "(select case when f.is_top then jsonb_build_object('kind', 'table', 'name', f.entity,"        \
    "   'column', (select a.attname from pg_attribute a where a.attrelid = c.oid"                  \
    "    and a.attnum = " number " and " number " > 0))"                                           \
    "  when c.relkind in ('v', 'm', 'S')"                                                          \
    "   then jsonb_build_object('kind', case c.relkind when 'v' then 'view'"                       \
    "    when 'm' then 'materialized view' else 'sequence' end, 'name', c.relname,"                \
    "    'schema', nullif(n.nspname, $1))"                                                         \
    "  when c.relkind in ('r', 'p') and n.nspname <> $1 then jsonb_build_object('kind', 'table',"  \
    "   'name', c.relname, 'schema', n.nspname, 'column', (select a.attname from pg_attribute a"   \
    "    where a.attrelid = c.oid and a.attnum = " number " and " number " > 0))"                  \
    "  else jsonb_build_object('kind', case c.relkind when 'r' then 'table' when 'p' then 'table'" \
    "    when 'f' then 'foreign table' else 'relation' end, 'name', c.oid::regclass::text) end"    \
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace"                               \
    " left join family f on f.oid = c.oid where c.oid = " relation                                 \
    " and c.relkind not in ('i', 'I'))"

/* An array of struct catalog_need; `more` adds to them: " union ...". */
#define NEEDS(of, more)                                                                            \
    "(select jsonb_agg(distinct w.need) from (select case"                                         \
    " when ext.extname is not null then jsonb_build_object('kind', 'extension', 'name', ext.extname)"\
    " when d.refclassid = 'pg_class'::regclass then"                                               \
    "  " NEED_OF_RELATION("d.refobjid", "d.refobjsubid")                                           \
    " when d.refclassid = 'pg_proc'::regclass then (select jsonb_build_object("                    \
    "   'kind', " ROUTINE_KIND("p") ", 'name', " ROUTINE_NAME_THERE("p") ","                       \
    "   'schema', nullif(n.nspname, $1)) from pg_proc p"                                           \
    "   join pg_namespace n on n.oid = p.pronamespace where p.oid = d.refobjid)"                   \
    " when d.refclassid = 'pg_type'::regclass then (select case when c.relkind in ('r','p','v','m')"\
    "   then " NEED_OF_RELATION("t.typrelid", "0")                                                 \
    "   else jsonb_build_object('kind', 'type', 'name', format_type(t.oid, null)) end"             \
    "  from pg_type t left join pg_class c on c.oid = t.typrelid where t.oid = ref.oid)"           \
    " when d.refclassid not in ('pg_constraint'::regclass, 'pg_namespace'::regclass,"              \
    "  'pg_extension'::regclass) then (select jsonb_build_object('kind', i.type, 'name', i.identity)"\
    "  from pg_identify_object(d.refclassid, d.refobjid, 0) i) end as need"                        \
    DEPENDED(of) more ") w where w.need is not null)"

/* Names that are an extension's, as its schema and they are written there. */
#define LENT_TO(of)                                                                                \
    "(select jsonb_agg(distinct home_of.nspname || '.' || thing.name) from pg_depend d"            \
    " left join pg_type typ on d.refclassid = 'pg_type'::regclass and typ.oid = d.refobjid"        \
    " cross join lateral (select case when typ.typcategory = 'A' and typ.typelem <> 0"             \
    "  then typ.typelem else d.refobjid end as oid) ref"                                           \
    " cross join lateral ("                                                                        \
    "  select p.pronamespace as space, p.proname::text as name from pg_proc p"                     \
    "   where d.refclassid = 'pg_proc'::regclass and p.oid = ref.oid"                              \
    "  union all select t.typnamespace, t.typname from pg_type t"                                  \
    "   where d.refclassid = 'pg_type'::regclass and t.oid = ref.oid"                              \
    "  union all select c.relnamespace, c.relname from pg_class c"                                 \
    "   where d.refclassid = 'pg_class'::regclass and c.oid = ref.oid"                             \
    "  union all select k.opcnamespace, k.opcname from pg_opclass k"                               \
    "   where d.refclassid = 'pg_opclass'::regclass and k.oid = ref.oid"                           \
    "  union all select o.oprnamespace, o.oprname from pg_operator o"                              \
    "   where d.refclassid = 'pg_operator'::regclass and o.oid = ref.oid) thing"                   \
    " join pg_namespace home_of on home_of.oid = thing.space"                                      \
    " where (" of ") and home_of.nspname <> 'pg_catalog' and exists (select from pg_depend e"      \
    "  where e.classid = d.refclassid and e.objid = ref.oid and e.deptype = 'e'))"

/* The members that say what an object stands on; they begin with a comma. */
#define STANDS_ON(of, more) ", 'needs', " NEEDS(of, more) ", 'lent', " LENT_TO(of)

/* clang-format on */
#endif
