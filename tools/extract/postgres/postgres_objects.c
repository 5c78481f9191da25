/* Every kind of object is a row: the kind, and a query that says all of the kind as jsonb. The
 * server answers all of them in one statement, out of one snapshot. What is newer than PostgreSQL
 * 12 is asked of a row as jsonb, where a column that is not there reads as NULL. */
#include "postgres_objects.h"
#include "postgres_needs.h"
#include "postgres_settings.h"

/* Queries are read as they stand. */
/* clang-format off */

/* No part of an extension; nor of another object, as the functions that a range type brings. */
#define NO_PART(class, oid, types)                                                                 \
    " and not exists (select from pg_depend x where x.classid = 'pg_catalog." class "'::regclass"  \
    " and x.objid = " oid " and x.deptype in (" types "))"
#define OWN(class, oid) NO_PART(class, oid, "'e', 'i'")
/* The sequence of an identity column is part of its table, and an object all the same. */
#define OWN_RELATION(oid) NO_PART("pg_class", oid, "'e'")

/* A word where the condition holds, else nothing. */
#define WORD(condition, word) "case when " condition " then " word " end"

/* Columns by their numbers, in that order. */
#define COLUMNS_OF(relation, numbers)                                                              \
    "(select jsonb_agg(a.attname order by k.n) from unnest(" numbers ") with ordinality k (at, n)" \
    " join pg_attribute a on a.attrelid = " relation " and a.attnum = k.at)"

/* What a constraint can say beside its columns. */
#define DEFERRABLE                                                                                 \
    WORD("o.condeferrable", "'DEFERRABLE' || case when o.condeferred then ' INITIALLY DEFERRED'"   \
                            " else '' end")
#define PERIOD WORD("to_jsonb(o) ->> 'conperiod' = 'true'", "'PERIOD'")
/* What a foreign key does when what it refers to goes or changes. */
#define ACTION(column)                                                                             \
    "case " column " when 'c' then 'cascade' when 'r' then 'restrict' when 'n' then 'set null'"    \
    " when 'd' then 'set default' end"
/* What an index can. */
#define STORAGE                                                                                    \
    " 'nulls_equal', to_jsonb(i) ->> 'indnullsnotdistinct' = 'true',"                              \
    " 'include', (select jsonb_agg(a.attname order by k)"                                          \
    "  from generate_series(i.indnkeyatts, i.indnatts - 1) k"                                      \
    "  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k]),"                \
    " 'storage', array_to_string(x.reloptions, ', ')"
/* All columns without which an index could not be. */
#define OF_INDEX(index, relation)                                                                  \
    "(select jsonb_agg(distinct a.attname) from pg_depend d"                                       \
    " join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid"                 \
    " where d.classid = 'pg_class'::regclass and d.objid = " index                                 \
    " and d.refclassid = 'pg_class'::regclass and d.refobjid = " relation ")"

#define CONSTRAINT(more)                                                                           \
    "select jsonb_build_object('name', o.conname || ' on ' || f.name, 'entity', f.entity,"         \
    " 'detail', pg_get_constraintdef(o.oid, true),"                                                \
    " 'columns', " COLUMNS_OF("o.conrelid", "o.conkey") "," more ")"                               \
    " from family f join pg_constraint o on o.conrelid = f.oid"                                    \
    " and (f.is_top or o.conislocal) and o.conparentid = 0"
/* Key and uniques are indexes, too. */
#define UNIQUE(type)                                                                               \
    CONSTRAINT(" 'in_shape', f.is_top, 'timing', " DEFERRABLE ", 'unsaid', " PERIOD "," STORAGE)   \
    " and o.contype = '" type "' join pg_index i on i.indexrelid = o.conindid"                     \
    " join pg_class x on x.oid = i.indexrelid"

/* A column of a table; `more` are members that begin with a comma. */
#define COLUMN(more, condition)                                                                    \
    "select jsonb_build_object('name', c.attname || ' of ' || c.relname, 'entity', c.relname,"     \
    " 'columns', jsonb_build_array(c.attname)" more ") from fields c where " condition

#define RELATION(kind, detail, more)                                                               \
    "select jsonb_build_object('name', c.relname, 'detail', " detail more ") from things c"        \
    " where c.relkind = '" kind "'"
/* What its query reads, and of what types its columns are. */
#define VIEW                                                                                       \
    ", 'definition', rtrim(btrim(pg_get_viewdef(c.oid)), ';'),"                                    \
    " 'storage', array_to_string(c.reloptions, ', '), 'invalid', not c.relispopulated"             \
    STANDS_ON("d.refobjid <> c.oid and (d.classid = 'pg_class'::regclass and d.objid = c.oid or"   \
              " d.classid = 'pg_rewrite'::regclass and d.objid = (select w.oid from pg_rewrite w"  \
              "  where w.ev_class = c.oid and w.rulename = '_RETURN'))", "")
/* What is decided by itself, and not as others that are made as they are: its kind and name. */
#define NEED_OF_OBJECT(kind, name)                                                                 \
    "jsonb_build_object('kind', 'object', 'column', " kind ", 'name', " name ")"
/* Of what a comment d is, if it is made as it is: as SQL calls it, and the object. */
#define COMMENTED                                                                                  \
    "select w.what, jsonb_build_array(jsonb_build_object('kind', w.kind, 'name', w.name)) as needs"\
    " from (" COMMENTED_AS_IT_IS ") w union all " COMMENTED_OTHERS
#define COMMENTED_OTHERS                                                                           \
    "select format('constraint %I on %s', k.conname, k.conrelid::regclass), jsonb_build_array("    \
    NEED_OF_OBJECT("case k.contype when 'p' then 'primary key' when 'u' then 'unique' when 'c' then 'check'"\
                   "  when 'f' then 'foreign key' else 'exclusion constraint' end",                \
                   "k.conname || ' on ' || f.name") ") || " NEED_OF_TABLE("null")                   \
    " from pg_constraint k join family f on f.oid = k.conrelid and f.is_top"                       \
    " where d.classoid = 'pg_constraint'::regclass and k.oid = d.objoid"                           \
    " union all select format('constraint %I on domain %s', k.conname, t.oid::regtype),"           \
    " jsonb_build_array(" NEED_OF_OBJECT("'domain'", "t.typname") ")"                              \
    " from pg_constraint k join pg_type t on t.oid = k.contypid"                                   \
    " where d.classoid = 'pg_constraint'::regclass and k.oid = d.objoid"                           \
    " union all select format('%s %s', case t.typtype when 'd' then 'domain' else 'type' end, t.oid::regtype),"\
    " jsonb_build_array(" NEED_OF_OBJECT("case t.typtype when 'd' then 'domain' when 'e' then 'enum'"\
    "  when 'c' then 'composite type' else 'range type' end", "t.typname") ")"                     \
    " from pg_type t where d.classoid = 'pg_type'::regclass and t.oid = d.objoid"                  \
    " union all select format('index %I.%I', $1, x.relname), jsonb_build_array("                   \
    NEED_OF_OBJECT("'index'", "x.relname || ' on ' || c.relname") ")"                              \
    " || case when c.relkind = 'm' then '[]' else jsonb_build_array(jsonb_build_object('kind', 'table',"\
    "  'name', c.relname)) end from pg_index i join pg_class x on x.oid = i.indexrelid"            \
    " join things c on c.oid = i.indrelid and not c.relispartition"                                \
    " where d.classoid = 'pg_class'::regclass and x.oid = d.objoid"                                \
    "  and not exists (select from pg_constraint k where k.conindid = x.oid and k.contype in ('p', 'u', 'x'))"\
    " union all select format('sequence %I.%I', $1, c.relname), jsonb_build_array("                \
    NEED_OF_OBJECT("'sequence'", "c.relname") ") from things c"                                    \
    " where d.classoid = 'pg_class'::regclass and c.oid = d.objoid and c.relkind = 'S'"            \
    "  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid"\
    "   and d.refobjsubid > 0 and " POSTGRES_NUMBERS ")"                                           \
    " union all select format('schema %I', n.nspname), '[]'::jsonb from pg_namespace n"            \
    " where d.classoid = 'pg_namespace'::regclass and n.oid = d.objoid and n.nspname <> 'public'"
#define COMMENTED_AS_IT_IS                                                                         \
    "select case when d.objsubid = 0 then format('%s %s', k.kind, c.oid::regclass)"                \
    "  else format('column %s.%I', c.oid::regclass, (select a.attname from pg_attribute a"         \
    "   where a.attrelid = c.oid and a.attnum = d.objsubid)) end as what, k.kind, c.relname as name" \
    " from pg_class c cross join lateral (select case c.relkind when 'v' then 'view'"              \
    "  when 'm' then 'materialized view' end as kind) k"                                           \
    " where d.classoid = 'pg_class'::regclass and c.oid = d.objoid and c.relkind in ('v', 'm')"    \
    " union all select format('%s %s', k.kind, p.oid::regprocedure), k.kind, " ROUTINE_NAME("p")   \
    " from pg_proc p cross join lateral (select " ROUTINE_KIND("p") " as kind) k"                  \
    " where d.classoid = 'pg_proc'::regclass and p.oid = d.objoid and k.kind <> 'aggregate'"       \
    " union all select format('%s %I on %s', k.kind, k.name, k.of::regclass), k.kind,"             \
    "  k.name || ' on ' || (select c.relname from pg_class c where c.oid = k.of) from ("           \
    "  select 'trigger' as kind, g.tgname as name, g.tgrelid as of from pg_trigger g"              \
    "   where d.classoid = 'pg_trigger'::regclass and g.oid = d.objoid"                            \
    "  union all select 'policy', p.polname, p.polrelid from pg_policy p"                          \
    "   where d.classoid = 'pg_policy'::regclass and p.oid = d.objoid"                             \
    "  union all select 'rule', r.rulename, r.ev_class from pg_rewrite r"                          \
    "   where d.classoid = 'pg_rewrite'::regclass and r.oid = d.objoid) k"                         \
    " union all select format('statistics %I.%I', $1, s.stxname), 'statistics', s.stxname"         \
    " from pg_statistic_ext s where d.classoid = 'pg_statistic_ext'::regclass and s.oid = d.objoid"
/* When a trigger or rule acts. */
#define ENABLED(column)                                                                            \
    "case " column " when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA'"                       \
    " when 'A' then 'ENABLE ALWAYS' end"
#define OF(class, oid) "d.classid = '" class "'::regclass and d.objid = " oid

/* What roles may do, but for the owner's rights and those that everybody has from the start. */
#define GRANTS(acl, type, owner)                                                                   \
    " cross join lateral (select coalesce(r.rolname, 'PUBLIC') as role,"                           \
    "  string_agg(g.privilege_type || case when g.is_grantable then ' WITH GRANT OPTION'"          \
    "   else '' end, ', ' order by g.privilege_type) as rights"                                    \
    "  from (select grantee, privilege_type, is_grantable from aclexplode(" acl ")"                \
    "   except select grantee, privilege_type, is_grantable"                                       \
    "   from aclexplode(acldefault(" type ", " owner "))) g"                                     \
    "  left join pg_roles r on r.oid = g.grantee where g.grantee <> " owner                        \
    "  group by 1) g"

/* The members with which the rights g are given to the role anew, where none may be handed on. */
#define GRANTED(what, name, need)                                                                  \
    "case when g.role <> 'PUBLIC' and g.rights not like '%GRANT OPTION%' then jsonb_build_object(" \
    "'definition', format('grant %s on %s %s to %I', g.rights, " what ", " name ", g.role), 'needs',"\
    " jsonb_build_array(" need ", jsonb_build_object('kind', 'role', 'name', g.role))) else '{}' end"

static const struct {
    const char *kind;
    const char *sql; /* a column of jsonb: members of struct catalog_object, without the kind */
} kinds[] = {
    {"table",
     "select jsonb_build_object('name', c.relname, 'entity', c.relname, 'in_shape', true,"
     " 'unsaid', nullif(concat_ws(', ', case c.relpersistence when 'u' then 'UNLOGGED' end,"
     "  'PARTITION BY ' || pg_get_partkeydef(c.oid),"
     "  (select 'PARTITION OF ' || i.inhparent::regclass from pg_inherits i"
     "    where i.inhrelid = c.oid and c.relispartition),"
     "  'OF ' || nullif(c.reloftype, 0)::regtype), ''))"
     " from tables t join pg_class c on c.oid = t.oid"},
    {"partition",
     "select jsonb_build_object('name', f.name || ' of ' || f.entity, 'entity', f.entity,"
     " 'detail', pg_get_expr(c.relpartbound, c.oid))"
     " from family f join pg_class c on c.oid = f.oid where not f.is_top"},
    {"inheritance",
     "select jsonb_build_object('name', t.relname || ' from ' || " LOCAL("i.inhparent::regclass::text") ","
     " 'entity', t.relname, 'detail', 'what the parent is asked for, its children answer, too')"
     " from tables t join pg_class c on c.oid = t.oid and not c.relispartition"
     " join pg_inherits i on i.inhrelid = t.oid"},
    {"column default",
     COLUMN(", 'detail', c.sql, 'in_shape', true", "c.sql is not null and not c.serial and c.generated = ''")},
    {"serial",
     COLUMN(", 'detail', c.sql, 'in_shape', true", "c.serial and c.attidentity = ''")},
    {"identity",
     COLUMN(", 'detail', 'GENERATED ' || case c.attidentity when 'a' then 'ALWAYS' else 'BY DEFAULT' end"
            " || ' AS IDENTITY', 'in_shape', true",
            "c.attidentity <> ''")},
    {"generated column",
     COLUMN(", 'detail', c.sql, 'in_shape', true", "c.generated <> ''")},
    {"column collation",
     COLUMN(", 'in_shape', true, 'detail', (select l.collname from pg_collation l"
            " where l.oid = c.attcollation)",
            "c.attcollation <> 0 and c.attcollation <> c.typcollation")},
    {"sequence",
     "select jsonb_build_object('name', c.relname, 'entity', case when f.serial then f.relname end,"
     " 'columns', to_jsonb(array_remove(array[f.attname], null)), 'in_shape', coalesce(f.serial, false),"
     " 'detail', format('start %s, increment %s%s', s.seqstart, s.seqincrement,"
     "  case when s.seqcycle then ', cycle' else '' end))"
     " from things c join pg_sequence s on s.seqrelid = c.oid"
     " left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0"
     "  and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')"
     " left join lateral (select f.relname, f.attname, f.serial and " POSTGRES_NUMBERS " as serial from fields f"
     "  where f.oid = d.refobjid and f.attnum = d.refobjsubid) f on true"},
    {"primary key", UNIQUE("p")},
    {"unique", UNIQUE("u")},
    {"check",
     CONSTRAINT(" 'in_shape', f.is_top and to_jsonb(o) ->> 'conenforced' is distinct from 'false',"
                " 'unsaid', " WORD("o.connoinherit", "'NO INHERIT'")) " and o.contype = 'c'"},
    {"foreign key",
     CONSTRAINT(" 'refers', r.relname, 'refers_in', (select nullif(n.nspname, $1) from pg_namespace n"
                "  where n.oid = r.relnamespace),"
                " 'referred', " COLUMNS_OF("o.confrelid", "o.confkey") ","
                " 'in_shape', f.is_top, 'on_delete', " ACTION("o.confdeltype") ","
                " 'on_update', " ACTION("o.confupdtype") ","
                " 'emptied', (select jsonb_agg(a.attname order by k.n) from jsonb_array_elements_text("
                "  nullif(to_jsonb(o) -> 'confdelsetcols', 'null')) with ordinality k (at, n)"
                "  join pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.at::int2),"
                " 'match_full', o.confmatchtype = 'f', 'timing', " DEFERRABLE ","
                " 'invalid', not o.convalidated,"
                " 'unsaid', nullif(concat_ws(', ', " PERIOD ", "
                WORD("to_jsonb(o) ->> 'conenforced' = 'false'", "'NOT ENFORCED'") "), '')")
     " and o.contype = 'f' join pg_class r on r.oid = o.confrelid"},
    {"exclusion constraint",
     CONSTRAINT(" 'in_shape', f.is_top, 'definition', pg_get_constraintdef(o.oid), 'timing', " DEFERRABLE ","
                " 'columns', (select jsonb_agg(distinct a.attname) from pg_depend d join pg_attribute a"
                "  on a.attrelid = d.refobjid and a.attnum = d.refobjsubid where d.refobjid = o.conrelid"
                "  and d.refclassid = 'pg_class'::regclass and (d.objid = o.oid and"
                "   d.classid = 'pg_constraint'::regclass or d.objid = o.conindid and"
                "   d.classid = 'pg_class'::regclass))") " and o.contype = 'x'"},
    {"index",
     "select jsonb_build_object('name', x.relname || ' on ' || f.name, 'entity', f.entity,"
     " 'detail', pg_get_indexdef(x.oid), 'in_shape', f.is_top and i.indisvalid and i.indislive"
     "  and not " POSTGRES_OWN_ORDER ","
     " 'columns', " OF_INDEX("i.indexrelid", "i.indrelid") ","
     " 'unsaid', (select 'parameters of an operator class' from pg_attribute a where a.attrelid = x.oid"
     "  and to_jsonb(a) ->> 'attoptions' is not null limit 1))"
     " from family f join pg_index i on i.indrelid = f.oid join pg_class x on x.oid = i.indexrelid"
     " join pg_am m on m.oid = x.relam"
     " where (f.is_top or not x.relispartition)"
     " and not exists (select from pg_constraint o where o.conindid = i.indexrelid"
     "  and o.conrelid = i.indrelid and o.contype in ('p', 'u', 'x'))"
     " union all "
     "select jsonb_build_object('name', x.relname || ' on ' || c.relname, 'detail', pg_get_indexdef(x.oid),"
     " 'definition', pg_get_indexdef(x.oid)" STANDS_ON(OF("pg_class", "x.oid"), "") ")"
     " from things c join pg_index i on i.indrelid = c.oid and i.indisvalid join pg_class x on x.oid = i.indexrelid"
     " where c.relkind = 'm'"},
    {"trigger",
     "select jsonb_build_object('name', g.tgname || ' on ' || c.relname, 'entity', coalesce(f.entity, c.relname),"
     " 'detail', pg_get_triggerdef(g.oid, true) || case g.tgenabled when 'D' then ', disabled' else '' end,"
     " 'definition', pg_get_triggerdef(g.oid), 'timing', " ENABLED("g.tgenabled")
     STANDS_ON(OF("pg_trigger", "g.oid"), "") ")"
     " from pg_trigger g join things c on c.oid = g.tgrelid left join family f on f.oid = c.oid"
     " where not g.tgisinternal and coalesce(to_jsonb(g) ->> 'tgparentid', '0') = '0'"},
    {"rule",
     "select jsonb_build_object('name', r.rulename || ' on ' || c.relname, 'entity', coalesce(f.entity, c.relname),"
     " 'detail', pg_get_ruledef(r.oid, true), 'definition', rtrim(btrim(pg_get_ruledef(r.oid)), ';'),"
     " 'timing', " ENABLED("r.ev_enabled") STANDS_ON(OF("pg_rewrite", "r.oid"), "") ")"
     " from pg_rewrite r join things c on c.oid = r.ev_class left join family f on f.oid = c.oid"
     " where r.rulename <> '_RETURN'"},
    {"row level security",
     "select jsonb_build_object('name', c.relname, 'entity', coalesce(f.entity, c.relname),"
     " 'in_shape', coalesce(f.is_top, false))"
     " from things c left join family f on f.oid = c.oid where c.relrowsecurity"},
    {"policy",
     "select jsonb_build_object('name', p.policyname || ' on ' || c.relname, 'entity', coalesce(f.entity, c.relname),"
     " 'detail', concat_ws(' ', 'for', p.cmd, 'to', array_to_string(p.roles, ', '), 'using (' || p.qual || ')',"
     "  'with check (' || p.with_check || ')'), 'definition', concat_ws(' ', 'as', p.permissive, 'for', p.cmd,"
     "  'to', (select string_agg(case when r = 'public' then r else quote_ident(r) end, ', ') from unnest(p.roles) r),"
     "  'using (' || p.qual || ')', 'with check (' || p.with_check || ')')"
     STANDS_ON(OF("pg_policy", "o.oid"), " union select jsonb_build_object('kind', 'role', 'name', r)"
               " from unnest(p.roles) r where r <> 'public'") ")"
     " from pg_policies p join things c on p.schemaname = $1 and c.relname = p.tablename"
     " join pg_policy o on o.polrelid = c.oid and o.polname = p.policyname"
     " left join family f on f.oid = c.oid"},
    {"view", RELATION("v", "left(pg_get_viewdef(c.oid, true), 300)", VIEW)},
    {"materialized view", RELATION("m", "left(pg_get_viewdef(c.oid, true), 300)", VIEW)},
    {"foreign table",
     RELATION("f", "(select 'of the server ' || v.srvname from pg_foreign_table g"
                   " join pg_foreign_server v on v.oid = g.ftserver where g.ftrelid = c.oid)", "")},
    {"foreign server",
     "select jsonb_build_object('name', v.srvname, 'detail', 'of the wrapper ' || w.fdwname)"
     " from pg_foreign_server v join pg_foreign_data_wrapper w on w.oid = v.srvfdw"
     " where true" OWN("pg_foreign_server", "v.oid")},
    {"foreign data wrapper",
     "select jsonb_build_object('name', w.fdwname) from pg_foreign_data_wrapper w"
     " where true" OWN("pg_foreign_data_wrapper", "w.oid")},
    {"user mapping",
     "select jsonb_build_object('name', u.usename || ' at ' || u.srvname) from pg_user_mappings u"},
    {"function",
     "select jsonb_build_object('kind', " ROUTINE_KIND("p") ", 'name', " ROUTINE_NAME("p") ","
     " 'detail', concat_ws(', ', 'returns ' || pg_get_function_result(p.oid), 'in ' || l.lanname),"
     " 'definition', case when p.prokind <> 'a' then rtrim(pg_get_functiondef(p.oid), E'\\n') end,"
     " 'signature', p.oid::regprocedure::text, 'definer', p.prosecdef"
     STANDS_ON(OF("pg_proc", "p.oid"), " union select jsonb_build_object('kind', 'language', 'name', l.lanname)"
               " where l.lanname not in ('sql', 'plpgsql')") ")"
     " from pg_proc p join pg_language l on l.oid = p.prolang"
     " where p.pronamespace = (select oid from home)" OWN("pg_proc", "p.oid")},
    {"type",
     "select jsonb_build_object('kind', case t.typtype when 'e' then 'enum' when 'd' then 'domain'"
     "  when 'c' then 'composite type' when 'r' then 'range type' end, 'name',"
     "  concat(case when n.nspname <> $1 then n.nspname || '.' end, t.typname),"
     /* a type that one table alone uses goes with it */
     " 'entity', (select case when count(distinct f.entity) = 1 then min(f.entity) end from pg_attribute a"
     "  join family f on f.oid = a.attrelid where a.atttypid in (t.oid, t.typarray) and not a.attisdropped),"
     " 'columns', coalesce((select jsonb_agg(distinct a.attname) from pg_attribute a join family f on f.oid = a.attrelid"
     "  where a.atttypid in (t.oid, t.typarray) and not a.attisdropped), '[]'),"
     " 'detail', case t.typtype when 'd' then concat_ws(' ', format_type(t.typbasetype, t.typtypmod),"
     "   (select string_agg(pg_get_constraintdef(o.oid, true), ' ') from pg_constraint o where o.contypid = t.oid))"
     "  when 'e' then (select string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_enum e"
     "   where e.enumtypid = t.oid)"
     "  when 'c' then (select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', '"
     "   order by a.attnum) from pg_attribute a where a.attrelid = t.typrelid and not a.attisdropped) end)"
     /* of another schema those that things here are of */
     " from pg_type t join pg_namespace n on n.oid = t.typnamespace where (n.nspname = $1"
     "  or n.nspname not in ('pg_catalog', 'information_schema') and (exists (select from pg_attribute a"
     "   join pg_class c on c.oid = a.attrelid where c.relnamespace = (select oid from home) and c.relkind in ('r', 'p', 'c')"
     "   and a.atttypid in (t.oid, t.typarray) and not a.attisdropped)"
     "   or exists (select from pg_type y where y.typnamespace = (select oid from home) and y.typbasetype in (t.oid, t.typarray))))"
     " and (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and (select c.relkind from pg_class c"
     "  where c.oid = t.typrelid) = 'c') or (t.typtype = 'b' and not exists (select from pg_type e"
     "  where e.typarray = t.oid) and t.typisdefined))" OWN("pg_type", "t.oid")},
    {"collation",
     "select jsonb_build_object('name', l.collname, 'detail', coalesce(l.collcollate,"
     " to_jsonb(l) ->> 'colliculocale', to_jsonb(l) ->> 'colllocale'))"
     " from pg_collation l where l.collnamespace = (select oid from home)" OWN("pg_collation", "l.oid")},
    {"operator",
     "select jsonb_build_object('name', " LOCAL("o.oid::regoperator::text") ", 'detail', 'by ' || o.oprcode)"
     " from pg_operator o where o.oprnamespace = (select oid from home)" OWN("pg_operator", "o.oid")},
    {"cast",
     "select jsonb_build_object('name', " LOCAL("format('%s as %s', format_type(c.castsource, null),"
     " format_type(c.casttarget, null))") ") from pg_cast c where c.oid >= 16384" OWN("pg_cast", "c.oid")},
    {"text search configuration",
     "select jsonb_build_object('name', c.cfgname) from pg_ts_config c"
     " where c.cfgnamespace = (select oid from home)" OWN("pg_ts_config", "c.oid")},
    {"statistics",
     "select jsonb_build_object('name', s.stxname, 'entity', f.entity, 'detail', pg_get_statisticsobjdef(s.oid),"
     " 'definition', pg_get_statisticsobjdef(s.oid)" STANDS_ON(OF("pg_statistic_ext", "s.oid"), "") ")"
     " from pg_statistic_ext s left join family f on f.oid = s.stxrelid"
     " where s.stxnamespace = (select oid from home)" OWN("pg_statistic_ext", "s.oid")},
    {"setting", SETTINGS},
    {"extension",
     "select jsonb_build_object('name', e.extname, 'detail', format('version %s in the schema %s', e.extversion,"
     " n.nspname), 'in_shape', exists (select from pg_depend m join pg_depend d on d.refclassid = m.classid"
     "   and d.refobjid = m.objid and d.deptype not in ('e', 'i') and d.classid in ('pg_class'::regclass,"
     "   'pg_type'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_proc'::regclass,"
     "   'pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_trigger'::regclass) where m.refclassid = 'pg_extension'::regclass"
     "   and m.refobjid = e.oid and m.deptype = 'e'))"
     " from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql'"},
    {"comment",
     "select jsonb_build_object('name', format('%s %s', i.type, " LOCAL("i.identity") "),"
     " 'entity', (select f.entity from family f where f.oid in (d.objoid, o.relation)), 'detail', d.description,"
     " 'columns', (select jsonb_build_array(a.attname) from pg_attribute a where d.classoid = 'pg_class'::regclass"
     "  and d.objsubid > 0 and a.attrelid = d.objoid and a.attnum = d.objsubid))"
     " || coalesce((select jsonb_build_object('definition', format('comment on %s is %L', w.what, d.description),"
     "   'needs', w.needs) from (" COMMENTED ") w), '{}')"
     " from pg_description d cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i"
     " cross join lateral (select case d.classoid"
     "  when 'pg_trigger'::regclass then (select g.tgrelid from pg_trigger g where g.oid = d.objoid)"
     "  when 'pg_policy'::regclass then (select p.polrelid from pg_policy p where p.oid = d.objoid)"
     "  when 'pg_rewrite'::regclass then (select r.ev_class from pg_rewrite r where r.oid = d.objoid)"
     "  when 'pg_constraint'::regclass then (select c.conrelid from pg_constraint c where c.oid = d.objoid)"
     "  when 'pg_class'::regclass then (select x.indrelid from pg_index x where x.indexrelid = d.objoid)"
     "  end as relation) o"
     " where (d.objoid >= 16384 or i.type = 'schema' and d.description <> 'standard public schema')"
     " and d.classoid <> 'pg_largeobject'::regclass and (i.schema = $1 or o.relation in (select oid from things)"
     "  or d.classoid = 'pg_namespace'::regclass and d.objoid = (select oid from home))"
     " and not exists (select from pg_depend x where x.classid = d.classoid and x.objid = d.objoid and x.deptype = 'e')"},
    {"grant",
     "select jsonb_build_object('name', g.role || ' on ' || c.relname, 'entity', f.entity, 'detail', g.rights)"
     " || case when c.relkind in ('v', 'S') then " GRANTED("case c.relkind when 'S' then 'sequence' else 'table' end",
     "format('%I.%I', $1, c.relname)", "case c.relkind when 'S' then " NEED_OF_OBJECT("'sequence'", "c.relname")
     " else jsonb_build_object('kind', 'view', 'name', c.relname) end") " else '{}' end"
     " from things c left join family f on f.oid = c.oid"
     GRANTS("c.relacl", "case c.relkind when 'S' then 's' else 'r' end::\"char\"", "c.relowner")
     " union all "
     "select jsonb_build_object('name', format('%s on %s(%s)', g.role, c.relname, a.attname), 'entity', f.entity,"
     " 'columns', jsonb_build_array(a.attname), 'detail', g.rights)"
     " from things c left join family f on f.oid = c.oid"
     " join pg_attribute a on a.attrelid = c.oid" GRANTS("a.attacl", "'c'", "c.relowner")
     " union all "
     "select jsonb_build_object('name', format('%s on function %s(%s)', g.role, p.proname,"
     " " LOCAL("pg_get_function_identity_arguments(p.oid)") "), 'detail', g.rights)"
     " || " GRANTED(ROUTINE_KIND("p"), "p.oid::regprocedure::text",
                    "jsonb_build_object('kind', " ROUTINE_KIND("p") ", 'name', " ROUTINE_NAME("p") ")") " from pg_proc p"
     GRANTS("p.proacl", "'f'", "p.proowner")
     " where p.pronamespace = (select oid from home)" OWN("pg_proc", "p.oid")
     " union all "
     "select jsonb_build_object('name', g.role || ' on schema ' || n.nspname, 'detail', g.rights)"
     " from pg_namespace n" GRANTS("n.nspacl", "'n'", "n.nspowner")
     " where n.oid = (select oid from home) and g.role <> 'PUBLIC'"
     " union all "
     "select jsonb_build_object('name', format('%s on type %s', g.role, t.typname), 'detail', g.rights) from pg_type t"
     GRANTS("t.typacl", "'T'", "t.typowner")
     " where t.typnamespace = (select oid from home)" OWN("pg_type", "t.oid")},
    /* What everybody may from the start, and here may not. */
    {"revocation",
     "select jsonb_build_object('name', 'PUBLIC on ' || " ROUTINE_KIND("p") " || ' ' || " ROUTINE_NAME("p") ","
     " 'detail', 'not everybody may call it', 'definition', format('revoke all on %s %s from public', " ROUTINE_KIND("p") ","
     "  p.oid::regprocedure), 'needs', jsonb_build_array(jsonb_build_object('kind', " ROUTINE_KIND("p") ","
     "  'name', " ROUTINE_NAME("p") "))) from pg_proc p where p.proacl is not null and not exists (select from"
     "  aclexplode(p.proacl) g where g.grantee = 0) and p.pronamespace = (select oid from home)" OWN("pg_proc", "p.oid")
     " union all "
     "select jsonb_build_object('name', 'PUBLIC on type ' || t.typname, 'detail', 'not everybody may use it')"
     " from pg_type t where t.typacl is not null and not exists (select from aclexplode(t.typacl) g where g.grantee = 0)"
     " and t.typnamespace = (select oid from home)" OWN("pg_type", "t.oid")},
    {"default privileges",
     "select jsonb_build_object('name', format('%s of %s', case d.defaclobjtype when 'r' then 'tables'"
     " when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas' end,"
     " pg_get_userbyid(d.defaclrole)), 'detail', d.defaclacl::text) from pg_default_acl d"
     " where d.defaclnamespace in (0, (select oid from home))"},
    {"publication",
     "select jsonb_build_object('name', p.pubname, 'detail', case when p.puballtables then 'all tables' else"
     " (select string_agg(format('%I.%I', t.schemaname, t.tablename), ', ') from pg_publication_tables t"
     "  where t.pubname = p.pubname) end) from pg_publication p"},
    {"subscription",
     "select jsonb_build_object('name', s.subname) from pg_subscription s"
     " where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())"},
    {"event trigger",
     "select jsonb_build_object('name', v.evtname, 'detail', 'on ' || v.evtevent) from pg_event_trigger v"
     " where true" OWN("pg_event_trigger", "v.oid")},
    {"large object",
     "select jsonb_build_object('name', 'all', 'detail', count(*) || ' of them') from pg_largeobject_metadata"
     " having count(*) > 0"},
    {"schema",
     "select jsonb_build_object('name', n.nspname, 'detail', format("
     "  '%s tables with about %s rows, %s views, %s functions, %s types', r.tables, r.rows, r.views, p.functions,"
     "  t.types))"
     " from pg_namespace n"
     " cross join lateral (select count(*) filter (where c.relkind in ('r', 'p')) as tables, count(*) filter ("
     "  where c.relkind in ('v', 'm', 'f')) as views,"
     "  coalesce(sum(greatest(c.reltuples, 0)) filter (where c.relkind = 'r'), 0)::int8 as rows"
     "  from pg_class c where c.relnamespace = n.oid" OWN_RELATION("c.oid") ") r"
     " cross join lateral (select count(*) as functions from pg_proc f where f.pronamespace = n.oid"
     OWN("pg_proc", "f.oid") ") p"
     " cross join lateral (select count(*) as types from pg_type y where y.typnamespace = n.oid"
     "  and y.typtype in ('e', 'd')" OWN("pg_type", "y.oid") ") t"
     " where n.nspname <> $1 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
     " and (n.nspname <> 'public' or r.tables + r.views + p.functions + t.types > 0)" OWN("pg_namespace", "n.oid")},
};
/* What the queries stand on: the schema; its relations; its tables with their partitions, which go
 * by the table (`entity`); the columns of the tables. The default of a numbered column is its
 * sequence, and attgenerated is as new as version 12. */
static const char grounds[] =
    "with recursive " POSTGRES_TABLES ","
    " home as (select n.oid from pg_namespace n where n.nspname = $1),"
    " things as (select c.* from pg_class c"
    "  where c.relnamespace = (select oid from home)" OWN_RELATION("c.oid") "),"
    " family as ("
    "  select t.oid, t.relname::text as name, t.relname as entity, true as is_top from tables t"
    "  union all"
    "  select i.inhrelid, " LOCAL("i.inhrelid::regclass::text") ", f.entity, false from family f"
    "   join pg_inherits i on i.inhparent = f.oid"
    "   join pg_class c on c.oid = i.inhrelid where c.relispartition),"
    " fields as ("
    "  select t.oid, t.relname, a.attname, a.attnum, a.attidentity, a.attcollation, y.typcollation,"
    "   coalesce(to_jsonb(a) ->> 'attgenerated', '') as generated, e.sql, s.serial"
    "  from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0"
    "   and not a.attisdropped join pg_type y on y.oid = a.atttypid"
    "  left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum"
    "  cross join lateral (select pg_get_expr(f.adbin, f.adrelid) as sql,"
    "   pg_get_serial_sequence(format('%I.%I', $1, t.relname), a.attname) as seq) e"
    "  cross join lateral (select " POSTGRES_SERIAL("e.sql", "e.seq") " as serial) s)";
/* clang-format on */

static void put_statement(struct buffer *sql)
{
    buffer_puts(sql, grounds);
    buffer_puts(sql,
                " select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('kind', q.kind)"
                " || jsonb_strip_nulls(q.o) || jsonb_build_object('detail', left("
                "btrim(regexp_replace(q.o ->> 'detail', '\\s+', ' ', 'g')), 1000)))"
                " order by q.place, q.o ->> 'name'), '[]') from (");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        buffer_printf(sql, "%sselect '%s' as kind, %zu as place, k.o from (%s) k (o)",
                      i > 0 ? " union all " : "", kinds[i].kind, i, kinds[i].sql);
    buffer_puts(sql, ") q");
}

bool postgres_objects_read(struct postgres *postgres, const char *schema, cJSON **objects,
                           struct error *error)
{
    struct buffer sql;
    PGresult *result;
    *objects = NULL;
    buffer_init(&sql);
    put_statement(&sql);
    bool ok = buffer_ok(&sql, error) &&
              postgres_query(postgres, buffer_text(&sql), &schema, 1, &result, error);
    buffer_release(&sql);
    if (!ok)
        return false;
    ok = json_parse(PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0), postgres->where,
                    objects, error);
    PQclear(result);
    return ok;
}
