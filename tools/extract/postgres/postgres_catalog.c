/* The server writes the catalog as the JSON that catalog.h describes: one statement, one snapshot,
 * and one place where a member gets its meaning; the objects come behind it by another. */
#include "postgres_catalog.h"
#include "graduate/json.h"
#include "graduate/project.h"
#include "postgres_needs.h"
#include "postgres_objects.h"
#include "postgres_types.h"

#include <stdlib.h>
#include <string.h>

/* The rows of a partitioned table are in its leaves; children by inheritance are tables of their
 * own. Before version 14 a table that was never counted has 0 rows instead of -1. */
#define SIZES                                                                                      \
    "parts as ("                                                                                   \
    " select t.oid as top, t.oid from tables t"                                                    \
    " union all"                                                                                   \
    " select p.top, i.inhrelid from parts p join pg_inherits i on i.inhparent = p.oid"             \
    "  join pg_class c on c.oid = i.inhrelid where c.relispartition),"                             \
    " sizes as ("                                                                                  \
    " select p.top, sum(pg_table_size(c.oid)) as bytes, sum(c.reltuples::float8)::int8 as rows,"   \
    "  bool_or(c.reltuples < 0 or (c.reltuples = 0 and c.relpages = 0"                             \
    "   and pg_relation_size(c.oid) > 0)) as uncounted"                                            \
    " from parts p join pg_class c on c.oid = p.oid where c.relkind <> 'p' group by p.top)"

#define IS_LENT(class, oid)                                                                        \
    "exists (select from pg_depend x where x.classid = '" class "'::regclass and x.objid = " oid   \
                                                                " and x.deptype = 'e')"
/* Functions that what depends on them calls, but for PostgreSQL's and extensions'. */
#define CALLS(class, oid)                                                                          \
    "(select json_agg(distinct p.oid::regprocedure::text) from pg_depend d"                        \
    " join pg_proc p on p.oid = d.refobjid where d.classid = '" class "'::regclass"                \
                                                                      " and d.objid = " oid        \
                                                                      " and d.refclassid = "       \
                                                                      "'pg_proc'::regclass and "   \
                                                                      "p.oid >= 16384"             \
                                                                      " and not " IS_LENT(         \
                                                                          "pg_proc", "p.oid") ")"
/* What of extensions stands in defaults, constraints and indexes of a table. */
#define PARTS(class, column, catalog, relation)                                                    \
    "d.classid = '" class "'::regclass and d.objid in (select v." column " from " catalog " v"     \
                          " where v." relation " = t.oid)"
#define LENT                                                                                       \
    LENT_TO(PARTS("pg_attrdef", "oid", "pg_attrdef", "adrelid") " or " PARTS(                      \
        "pg_constraint", "oid", "pg_constraint",                                                   \
        "conrelid") " or " PARTS("pg_class", "indexrelid", "pg_index", "indrelid"))

/* The default of a numbered column is its sequence, that of a generated one its expression: neither
 * is a default. attgenerated is as new as version 12. */
#define COLUMNS                                                                                    \
    "(select json_agg(json_build_object("                                                          \
    "  'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),"                           \
    "  'oid', w.oid, 'not_null', a.attnotnull, 'serial', s.serial,"                                \
    "  'serial_last', case when s.serial and has_sequence_privilege(q.seq, 'USAGE, SELECT')"       \
    "   then nullif(greatest(pg_sequence_last_value(q.seq::regclass), -1), -1) end,"               \
    "  'always', a.attidentity = 'a', 'numbering', case when s.serial then "                       \
    "(select " POSTGRES_NUMBERING " from pg_sequence s where s.seqrelid = q.seq::regclass) end,"   \
    "  'default_sql', case when not s.serial"                                                      \
    "   and coalesce(to_jsonb(a) ->> 'attgenerated', '') = '' then e.sql end,"                     \
    "  'comment', col_description(t.oid, a.attnum), 'calls', " CALLS("pg_attrdef", "f.oid") ","     \
    "  'generated', case when to_jsonb(a) ->> 'attgenerated' <> '' then e.sql end,"                \
    "  'made_of', case when to_jsonb(a) ->> 'attgenerated' <> '' then (select json_agg(distinct "  \
    "o.attname)"                                                                                   \
    "   from pg_depend d join pg_attribute o on o.attrelid = t.oid and o.attnum = d.refobjsubid"   \
    "   where d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid and o.attnum <> a.attnum" \
    "   and (d.classid = 'pg_attrdef'::regclass and d.objid = f.oid"                               \
    "    or d.classid = 'pg_class'::regclass and d.objid = t.oid and d.objsubid = a.attnum)) end," \
    "  'collation', (select quote_ident(l.collname) from pg_collation l where l.oid = "            \
    "a.attcollation"                                                                               \
    "   and l.oid <> (select y.typcollation from pg_type y where y.oid = a.atttypid)"              \
    "   and l.collnamespace = 'pg_catalog'::regnamespace and (l.collname in ('C', 'POSIX', "       \
    "'ucs_basic', 'default')"                                                                      \
    "    or l.collname like '%-x-icu'))) order by a.attnum)"                                       \
    " from pg_attribute a"                                                                         \
    " left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum"                     \
    " cross join lateral (select " VALUE_OID " as oid) w"                                          \
    " cross join lateral (select pg_get_expr(f.adbin, f.adrelid) as sql) e"                        \
    " cross join lateral (select"                                                                  \
    "  pg_get_serial_sequence(format('%I.%I', $1, t.relname), a.attname) as seq) q"                \
    " cross join lateral (select " POSTGRES_SERIAL("e.sql", "q.seq") " as serial) s"               \
    " where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped)"

#define CONSTRAINED                                                                                \
    "(select json_agg(a.attname order by k.n)"                                                     \
    " from unnest(o.conkey) with ordinality k (attnum, n)"                                         \
    " join pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.attnum)"
#define KEY                                                                                        \
    "(select " CONSTRAINED " from pg_constraint o where o.conrelid = t.oid and o.contype = 'p')"
#define UNIQUES                                                                                    \
    "(select json_agg(" CONSTRAINED " order by o.conname)"                                         \
    " from pg_constraint o where o.conrelid = t.oid and o.contype = 'u')"

/* An index behind a constraint is said by the constraint. */
#define INDEXES_OF_TABLE                                                                           \
    " from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam"     \
    " where i.indrelid = t.oid and i.indisvalid and i.indislive and not " POSTGRES_OWN_ORDER       \
    " and not exists (select from pg_constraint o where o.conindid = i.indexrelid"                 \
    "  and o.conrelid = i.indrelid and o.contype in ('p', 'u', 'x'))"
/* indoption: 1 descending, 2 nulls first; the two go together unless said otherwise. */
#define INDEXES                                                                                    \
    "(select json_agg(json_build_object('name', x.relname, 'method', nullif(m.amname, 'btree'),"   \
    "  'columns', (select json_agg(concat(w.word,"                                                 \
    "    (select ' COLLATE ' || quote_ident(l.collname) from pg_collation l"                       \
    "     where l.oid = i.indcollation[k - 1] and l.oid <> coalesce(nullif(a.attcollation, 0),"    \
    "     (select v.oid from pg_collation v where v.collname = 'default'"                           \
    "      and v.collnamespace = 'pg_catalog'::regnamespace))),"                                   \
    "    (select ' ' || p.opcname from (select case when s.nspname = 'pg_catalog'"                 \
    "      then quote_ident(c.opcname) else format('%I.%I', s.nspname, c.opcname) end"             \
    "      from pg_opclass c join pg_namespace s on s.oid = c.opcnamespace"                        \
    "      where c.oid = i.indclass[k - 1] and not c.opcdefault) p (opcname)),"                    \
    "    (array['', ' DESC NULLS LAST', ' NULLS FIRST', ' DESC'])[1 + (i.indoption[k - 1] & 3)])"  \
    "    order by k)"                                                                              \
    "   from generate_series(1, i.indnkeyatts) k"                                                  \
    "   left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k - 1]"        \
    "   cross join lateral (select pg_get_indexdef(i.indexrelid, k, true) as sql) d"               \
    "   cross join lateral (select case when a.attnum is not null then a.attname"                  \
    "    when d.sql like '(%' then d.sql else '(' || d.sql || ')' end as word) w),"                \
    "  'include', (select json_agg(a.attname order by k)"                                          \
    "   from generate_series(i.indnkeyatts, i.indnatts - 1) k"                                     \
    "   join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[k]),"               \
    "  'storage', array_to_string(x.reloptions, ', '),"                                            \
    "  'nulls_equal', to_jsonb(i) ->> 'indnullsnotdistinct' = 'true',"                             \
    "  'made_of', (select json_agg(distinct a.attname) from pg_depend d"                           \
    "   join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid"               \
    "   where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid"                         \
    "   and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid),"                     \
    "  'where', pg_get_expr(i.indpred, i.indrelid, true),"                                         \
    "  'unique', i.indisunique) order by x.relname)" INDEXES_OF_TABLE ")"

#define CHECKS                                                                                     \
    "(select json_agg(json_build_object('name', o.conname, 'invalid', not o.convalidated,"         \
    "  'made_of', " CONSTRAINED ", 'calls', " CALLS(                                               \
        "pg_constraint",                                                                           \
        "o.oid") ","                                                                               \
                 "  'expression', pg_get_expr(o.conbin, o.conrelid, true)) order by o.conname)"    \
                 " from pg_constraint o where o.conrelid = t.oid and o.contype = 'c'"              \
                 " and to_jsonb(o) ->> 'conenforced' is distinct from 'false')"

/* Those by which a column numbers itself are said there; what an extension owns comes with it. */
#define SEQUENCES                                                                                  \
    "(select json_agg(json_build_object('name', c.relname, 'schema', n.nspname, 'options',"        \
    "  concat_ws(' ', 'AS ' || format_type(s.seqtypid, null), " POSTGRES_NUMBERING "))"            \
    "  order by c.relname) from pg_class c join pg_sequence s on s.seqrelid = c.oid"               \
    " where c.relnamespace = n.oid and not exists (select from pg_depend d"                        \
    "  where d.classid = 'pg_class'::regclass and d.objid = c.oid"                                 \
    "  and (d.deptype = 'e' or d.refobjsubid > 0 and " POSTGRES_NUMBERS ")))"

/* What an extension owns comes with the extension. */
#define VIEWS                                                                                      \
    "views as ("                                                                                   \
    " select c.oid, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"       \
    " where n.nspname = $1 and c.relkind = 'v'"                                                    \
    " and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass"              \
    "  and d.objid = c.oid and d.deptype = 'e'))"

/* NULL when there is no such schema. */
static const char catalog_sql[] =
    "with recursive " POSTGRES_TABLES ", " VIEWS ", " SIZES
    " select json_strip_nulls(json_build_object("
    "  'source', $2::text, 'kind', $3::text, 'version', current_setting('server_version'),"
    "  'schema', n.nspname,"
    "  'sequences', " SEQUENCES ","
    "  'entities', coalesce((select json_agg(json_build_object("
    "   'name', t.relname, 'view', nullif(t.view, false),"
    "   'estimate', case when z.uncounted or t.view then null else coalesce(z.rows, 0) end,"
    "   'bytes', coalesce(z.bytes, 0),"
    "   'lent', " LENT ", 'comment', obj_description(t.oid, 'pg_class'), 'columns', " COLUMNS
    ", 'key', " KEY ", 'uniques', " UNIQUES ","
    "   'indexes', " INDEXES ", 'checks', " CHECKS ") order by t.relname)"
    "  from (select oid, relname, false as view from tables union all select oid, relname, true "
    "from"
    "   views) t left join sizes z on z.top = t.oid), '[]')))"
    " from pg_namespace n where n.nspname = $1";

/* A statement that tells, of each sequence over a column that has given no number yet, the one at
 * which it begins; NULL where all have. Only the sequence itself knows where it
 * begins: its owner may have restarted it. */
static const char unused_sql[] =
    "with " POSTGRES_TABLES " select string_agg(format("
    " 'select %L, %L, last_value from %s where not is_called and last_value > 1',"
    " t.relname, a.attname, q.seq), ' union all ')"
    " from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0"
    " cross join lateral (select case when not a.attisdropped then"
    "  pg_get_serial_sequence(format('%I.%I', $1, t.relname), a.attname) end as seq) q"
    " where has_sequence_privilege(q.seq, 'SELECT')"
    " and pg_sequence_last_value(q.seq::regclass) is null";

static void put_next(const struct catalog *catalog, const char *entity, const char *column,
                     const char *next)
{
    for (size_t e = 0; e < catalog->entity_count; e++)
        for (size_t c = 0; c < catalog->entities[e].column_count; c++) {
            struct catalog_column *found = &catalog->entities[e].columns[c];
            if (strcmp(catalog->entities[e].name, entity) == 0 &&
                strcmp(found->name, column) == 0 && found->serial && found->serial_last < 0) {
                found->serial_next = strtoll(next, NULL, 10);
                found->serial_last = found->serial_next - 1;
            }
        }
}

/* A statement that tells where each sequence of no column stands; NULL where there is none. */
static const char standing_sql[] =
    "select string_agg(format('select %L, last_value, is_called from %I.%I', c.relname, n.nspname,"
    "  c.relname), ' union all ') from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where n.nspname = $1 and case when c.relkind = 'S' then"
    "  has_sequence_privilege(c.oid, 'SELECT') end";

static bool read_standing(struct postgres *postgres, const char *schema,
                          const struct catalog *catalog, struct error *error)
{
    const char *const parameters[] = {schema};
    PGresult *statement, *rows = NULL;
    if (!postgres_query(postgres, standing_sql, parameters, 1, &statement, error))
        return false;
    bool ok = PQgetisnull(statement, 0, 0) ||
              postgres_query(postgres, PQgetvalue(statement, 0, 0), NULL, 0, &rows, error);
    for (int row = 0; ok && rows != NULL && row < PQntuples(rows); row++)
        for (size_t i = 0; ok && i < catalog->sequence_count; i++) {
            struct catalog_sequence *sequence = &catalog->sequences[i];
            if (strcmp(sequence->name, PQgetvalue(rows, row, 0)) != 0)
                continue;
            sequence->last = strdup(PQgetvalue(rows, row, 1));
            sequence->called = strcmp(PQgetvalue(rows, row, 2), "t") == 0;
            ok = sequence->last != NULL ? true : error_memory(error);
        }
    PQclear(rows);
    PQclear(statement);
    return ok;
}

static bool read_unused(struct postgres *postgres, const char *schema,
                        const struct catalog *catalog, struct error *error)
{
    const char *const parameters[] = {schema};
    PGresult *statement, *unused = NULL;
    if (!postgres_query(postgres, unused_sql, parameters, 1, &statement, error))
        return false;
    bool ok = PQgetisnull(statement, 0, 0) ||
              postgres_query(postgres, PQgetvalue(statement, 0, 0), NULL, 0, &unused, error);
    for (int row = 0; ok && unused != NULL && row < PQntuples(unused); row++)
        put_next(catalog, PQgetvalue(unused, row, 0), PQgetvalue(unused, row, 1),
                 PQgetvalue(unused, row, 2));
    PQclear(unused);
    PQclear(statement);
    return ok;
}

/* The cluster's own number, the database's in it, and since when the server runs: a copy of the
 * database, be it a standby, is another. */
static bool read_database(struct postgres *postgres, struct catalog *catalog, struct error *error)
{
    static const char may[] =
        "select has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')";
    static const char question[] =
        "select concat_ws(' ', c.system_identifier, d.oid, pg_postmaster_start_time() at time zone "
        "'UTC') from pg_control_system() c join pg_database d on d.datname = current_database()";
    PGresult *result;
    if (!postgres_query(postgres, may, NULL, 0, &result, error))
        return false;
    bool known = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
    PQclear(result);
    if (!known)
        return true;
    if (!postgres_query(postgres, question, NULL, 0, &result, error))
        return false;
    catalog->database = strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return catalog->database != NULL ? true : error_memory(error);
}

/* Takes objects and types, which may be NULL for want of memory. */
static bool read_tables(const struct postgres *postgres, const PGresult *result, cJSON *objects,
                        cJSON *types, struct catalog *catalog, struct error *error)
{
    cJSON *json = NULL;
    bool ok = json_parse(PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0),
                         postgres->where, &json, error);
    cJSON *whole = ok ? json : NULL;
    if (!cJSON_AddItemToObject(whole, "objects", objects))
        cJSON_Delete(objects);
    if (!cJSON_AddItemToObject(whole, "types", types))
        cJSON_Delete(types);
    ok = ok && catalog_from_json(json, postgres->where, catalog, error) &&
         postgres_types_lay_out(catalog, error);
    cJSON_Delete(json);
    if (!ok && error->code == ERROR_USAGE)
        error->code = ERROR_BUG; /* it is the statements that wrote the JSON */
    return ok;
}

bool postgres_catalog_read(struct postgres *postgres, const char *source, const char *schema,
                           struct catalog *catalog, struct error *error)
{
    const char *const parameters[] = {schema, source, source_kind_names[SOURCE_POSTGRES]};
    cJSON *objects = NULL, *types = NULL;
    PGresult *result;
    if (!postgres_query(postgres, catalog_sql, parameters, 3, &result, error))
        return false;
    bool ok = PQntuples(result) > 0;
    if (!ok) {
        error_set(error, postgres->blame, "%s: there is no schema \"%s\"", postgres->where, schema);
        error_hint(error, "correct the source's \"schema\" in project.json");
    }
    ok = ok && postgres_types_read(postgres, &types, error);
    if (ok && !postgres_objects_read(postgres, schema, &objects, error)) {
        cJSON_Delete(types);
        ok = false;
    }
    ok = ok && read_tables(postgres, result, objects, types, catalog, error) &&
         read_database(postgres, catalog, error) &&
         postgres_types_count_money(postgres, catalog, error) &&
         read_unused(postgres, schema, catalog, error) &&
         read_standing(postgres, schema, catalog, error);
    PQclear(result);
    return ok;
}
