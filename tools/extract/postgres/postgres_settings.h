/* postgres_settings.h: SQL that says how a table, its columns, indexes and the like are to be
 * stored, counted and copied: what PostgreSQL itself lets nobody see in a definition, and pg_dump
 * writes as ALTER behind it. Members of struct catalog_object; read below the common table
 * expressions of postgres_objects.c. */
#ifndef EXTRACT_POSTGRES_SETTINGS_H
#define EXTRACT_POSTGRES_SETTINGS_H

#include "postgres_needs.h"

/* clang-format off */
#define NEED_OF_TABLE(column)                                                                      \
    "jsonb_build_array(jsonb_build_object('kind', 'table', 'name', f.entity, 'column', " column "))"
#define NEED_OF_INDEX                                                                              \
    "(select jsonb_agg(distinct jsonb_build_object('kind', 'table', 'name', f.entity,"             \
    "  'column', a.attname)) from pg_depend d join pg_attribute a on a.attrelid = d.refobjid"      \
    "  and a.attnum = d.refobjsubid where d.refobjid = i.indrelid and (d.objid = i.indexrelid"     \
    "   or d.objid = (select o.oid from pg_constraint o where o.conindid = i.indexrelid"           \
    "    and o.conrelid = i.indrelid and o.contype in ('p', 'u', 'x'))))"
/* One is a row: name, entity, value, what stands behind ALTER, whether it is behind the data, needs. */
#define OF_COLUMN(what, value, action, condition)                                                  \
    "select format('%s of %s.%s', " what ", f.name, a.attname), f.entity, " value ","              \
    " format('table %I.%I alter column %I set %s', $1, f.name, a.attname, " action "),"            \
    " coalesce(to_jsonb(a) ->> 'attgenerated', '') <> '', " NEED_OF_TABLE("a.attname")             \
    " from family f join pg_attribute a on a.attrelid = f.oid and a.attnum > 0 and not a.attisdropped"\
    " join pg_type y on y.oid = a.atttypid" condition
#define OF_TABLE(what, value, action, behind, condition)                                           \
    "select format('%s of %s', " what ", f.name), f.entity, " value ","                            \
    " format('table %I.%I %s', $1, f.name, " action "), " behind ", " NEED_OF_TABLE("null")        \
    " from family f join pg_class c on c.oid = f.oid" condition
#define OPTION(of) "split_part(" of ", '=', 1)"
#define OPTION_VALUE(of) "substr(" of ", strpos(" of ", '=') + 1)"
#define SET_OPTION(before) "format('set (%s%s = %L)', '" before "', " OPTION("o") ", " OPTION_VALUE("o") ")"

#define SETTINGS                                                                                   \
    "select jsonb_build_object('name', q.name, 'entity', q.entity, 'detail', q.value,"             \
    " 'definition', 'alter ' || q.sql, 'timing', case when q.behind then 'BEHIND' end,"            \
    " 'needs', q.needs, 'lent', q.lent) from ("                                                    \
    "select t.*, null::jsonb as lent from ("                                                       \
    OF_TABLE(OPTION("o"), OPTION_VALUE("o"), SET_OPTION(""), "false",                              \
             " cross join unnest(c.reloptions) o where f.is_top")                                  \
    " union all "                                                                                  \
    OF_TABLE("'toast.' || " OPTION("o"), OPTION_VALUE("o"), SET_OPTION("toast."), "false",         \
             " join pg_class x on x.oid = c.reltoastrelid cross join unnest(x.reloptions) o where f.is_top")\
    " union all "                                                                                  \
    OF_TABLE("'replica identity'", "v.value", "'replica identity ' || v.value", "true",            \
             " cross join lateral (select case c.relreplident when 'f' then 'full' when 'n' then 'nothing'"\
             "  end as value) v where f.is_top and v.value is not null")                           \
    " union all "                                                                                  \
    OF_TABLE("'row level security'", "'force'", "'force row level security'", "true",              \
             " where f.is_top and c.relforcerowsecurity")                                          \
    " union all "                                                                                  \
    OF_COLUMN("'storage'", "v.value", "'storage ' || v.value",                                     \
              " cross join lateral (select case a.attstorage when 'p' then 'plain' when 'e' then 'external'"\
              "  when 'm' then 'main' else 'extended' end as value) v"                             \
              " where f.is_top and a.attstorage <> y.typstorage")                                  \
    " union all "                                                                                  \
    OF_COLUMN("'compression'", "v.value", "'compression ' || v.value",                             \
              " cross join lateral (select case to_jsonb(a) ->> 'attcompression' when 'p' then 'pglz'"\
              "  when 'l' then 'lz4' end as value) v where f.is_top and v.value is not null")      \
    " union all "                                                                                  \
    OF_COLUMN("'statistics target'", "a.attstattarget::text", "'statistics ' || a.attstattarget",  \
              " where f.is_top and a.attstattarget >= 0")                                          \
    " union all "                                                                                  \
    OF_COLUMN(OPTION("o"), OPTION_VALUE("o"), "format('(%s = %L)', " OPTION("o") ", " OPTION_VALUE("o") ")", " cross join unnest(a.attoptions) o where f.is_top")\
    " union all "                                                                                  \
    "select 'replica identity of ' || f.name, f.entity, 'index ' || x.relname,"                    \
    " format('table %I.%I replica identity using index %I', $1, f.name, x.relname), true, " NEED_OF_INDEX\
    " from family f join pg_index i on i.indrelid = f.oid and i.indisreplident join pg_class x on x.oid = i.indexrelid"\
    " where f.is_top"                                                                              \
    " union all "                                                                                  \
    "select 'cluster of ' || f.name, f.entity, x.relname::text,"                                   \
    " format('table %I.%I cluster on %I', $1, f.name, x.relname), true, " NEED_OF_INDEX            \
    " from family f join pg_index i on i.indrelid = f.oid and i.indisclustered join pg_class x on x.oid = i.indexrelid"\
    " where f.is_top"                                                                              \
    " union all "                                                                                  \
    "select format('statistics target of %s, column %s', x.relname, a.attnum), f.entity, a.attstattarget::text,"\
    " format('index if exists %I.%I alter column %s set statistics %s', $1, x.relname, a.attnum, a.attstattarget),"\
    " true, " NEED_OF_INDEX                                                                        \
    " from family f join pg_index i on i.indrelid = f.oid join pg_class x on x.oid = i.indexrelid" \
    " join pg_attribute a on a.attrelid = x.oid and a.attstattarget >= 0 where f.is_top"           \
    " union all "                                                                                  \
    "select 'statistics target of ' || s.stxname, f.entity, v.value,"                              \
    " format('statistics %I.%I set statistics %s', $1, s.stxname, v.value), true,"                 \
    " jsonb_build_array(jsonb_build_object('kind', 'statistics', 'name', s.stxname))"              \
    " from family f join pg_statistic_ext s on s.stxrelid = f.oid and s.stxnamespace = (select oid from home)"\
    " cross join lateral (select to_jsonb(s) ->> 'stxstattarget' as value) v"                      \
    " where f.is_top and v.value >= '0'"                                                           \
    ") t (name, entity, value, sql, behind, needs) union all "                                     \
    "select format('default of %s.%s', c.relname, a.attname), null, v.sql,"                        \
    " format('view %I.%I alter column %I set default %s', $1, c.relname, a.attname, v.sql), true,"  \
    " coalesce(k.needs -> 'needs', '[]') || jsonb_build_object('kind', 'view', 'name', c.relname), k.needs -> 'lent'"\
    " from things c join pg_attribute a on a.attrelid = c.oid join pg_attrdef d0 on d0.adrelid = c.oid"\
    " and d0.adnum = a.attnum cross join lateral (select pg_get_expr(d0.adbin, d0.adrelid) as sql) v"\
    " cross join lateral (select jsonb_build_object('kind', 'view'"                                \
    STANDS_ON("d.refobjid <> c.oid and " "d.classid = 'pg_attrdef'::regclass and d.objid = d0.oid", "")\
    ") as needs) k where c.relkind = 'v') q"
/* clang-format on */
#endif
