/* setting_query.h: how a target's tables, columns, indexes and views are set, as the objects of the
 * kind "setting" name it: rows of a name and a value, of the schema $1. */
#ifndef VERIFY_SETTING_QUERY_H
#define VERIFY_SETTING_QUERY_H

/* clang-format off */
#define SETTING_OF(name, value, from)                                                              \
    "SELECT " name ", " value " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"         \
    " ON n.oid = c.relnamespace AND n.nspname = $1 " from
#define SETTING_OF_COLUMN(what, value)                                                             \
    SETTING_OF("pg_catalog.concat(" what ", ' of ', c.relname, '.', a.attname)", value,            \
               "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND c.relkind IN ('r', 'p')")
#define SETTING_OPTION(options)                                                                    \
    " CROSS JOIN LATERAL (SELECT pg_catalog.split_part(o, '=', 1) AS name,"                        \
    " pg_catalog.regexp_replace(o, '^[^=]*=', '') AS value FROM pg_catalog.unnest(" options ") o) o"
#define SETTING_QUERY                                                                              \
    SETTING_OF("pg_catalog.concat(o.name, ' of ', c.relname)", "o.value",                          \
               SETTING_OPTION("c.reloptions"))                                                     \
    " UNION ALL "                                                                                  \
    SETTING_OF("pg_catalog.concat('toast.', o.name, ' of ', c.relname)", "o.value",                \
               "JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid" SETTING_OPTION("t.reloptions"))\
    " UNION ALL "                                                                                  \
    SETTING_OF_COLUMN("o.name", "o.value") SETTING_OPTION("a.attoptions")                          \
    " UNION ALL "                                                                                  \
    SETTING_OF_COLUMN("'storage'", "CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'"\
                      " WHEN 'm' THEN 'main' WHEN 'x' THEN 'extended' END")                        \
    " UNION ALL "                                                                                  \
    SETTING_OF_COLUMN("'compression'", "CASE pg_catalog.to_jsonb(a) ->> 'attcompression'"          \
                      " WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END")                             \
    " UNION ALL "                                                                                  \
    SETTING_OF_COLUMN("'statistics target'", "a.attstattarget::pg_catalog.text")                   \
    " UNION ALL "                                                                                  \
    SETTING_OF("pg_catalog.concat('statistics target of ', c.relname, ', column ', a.attnum)",     \
               "a.attstattarget::pg_catalog.text",                                                 \
               "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND c.relkind IN ('i', 'I')") \
    " UNION ALL "                                                                                  \
    SETTING_OF("pg_catalog.concat('replica identity of ', c.relname)",                             \
               "CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN ("  \
               "SELECT 'index ' || x.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x"\
               " ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident) END", "")  \
    " UNION ALL "                                                                                  \
    SETTING_OF("pg_catalog.concat('cluster of ', c.relname)", "x.relname",                         \
               "JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisclustered"             \
               " JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid")                              \
    " UNION ALL "                                                                                  \
    SETTING_OF("pg_catalog.concat('row level security of ', c.relname)", "'force'",                \
               "AND c.relforcerowsecurity")                                                        \
    " UNION ALL "                                                                                  \
    SETTING_OF("pg_catalog.concat('statistics target of ', s.stxname)",                            \
               "pg_catalog.to_jsonb(s) ->> 'stxstattarget'",                                       \
               "JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = c.oid")                         \
    " UNION ALL "                                                                                  \
    SETTING_OF("pg_catalog.concat('default of ', c.relname, '.', a.attname)",                      \
               "pg_catalog.pg_get_expr(v.adbin, v.adrelid)",                                       \
               "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND c.relkind = 'v'"          \
               " JOIN pg_catalog.pg_attrdef v ON v.adrelid = c.oid AND v.adnum = a.attnum")
/* clang-format on */
#endif
