#include "free_sequence.h"
#include "verification.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The options as the catalog of a source says them: what is beyond the usual of the type. */
#define OPTIONS                                                                                    \
    "pg_catalog.concat_ws(' ', 'AS ' || pg_catalog.format_type(s.seqtypid, NULL),"                 \
    " CASE WHEN s.seqincrement <> 1 THEN 'INCREMENT BY ' || s.seqincrement END,"                   \
    " CASE WHEN s.seqincrement > 0 AND s.seqmin <> 1 OR s.seqincrement < 0"                        \
    "  AND s.seqmin NOT IN (-32768, -2147483648, -9223372036854775808)"                            \
    "  THEN 'MINVALUE ' || s.seqmin END,"                                                          \
    " CASE WHEN s.seqincrement < 0 AND s.seqmax <> -1 OR s.seqincrement > 0"                       \
    "  AND s.seqmax NOT IN (32767, 2147483647, 9223372036854775807)"                               \
    "  THEN 'MAXVALUE ' || s.seqmax END,"                                                          \
    " CASE WHEN s.seqstart <> CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END"        \
    "  THEN 'START WITH ' || s.seqstart END,"                                                      \
    " CASE WHEN s.seqcache <> 1 THEN 'CACHE ' || s.seqcache END,"                                  \
    " CASE WHEN s.seqcycle THEN 'CYCLE' END)"
static const char options_sql[] = "SELECT " OPTIONS ", s.seqincrement FROM pg_catalog.pg_class c"
                                  " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                                  " JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid"
                                  " WHERE n.nspname = $1 AND c.relname = $2";

static const char asked_sql[] =
    "SELECT n.nspname, c.relname, s.seqincrement FROM pg_catalog.pg_attrdef f"
    " JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass"
    "  AND d.objid = f.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = 'S'"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid"
    " WHERE f.adrelid = $1::oid AND f.adnum = $2::int"
    " AND pg_catalog.pg_get_expr(f.adbin, f.adrelid) LIKE 'nextval(%'";

/* The number that comes next; false: it cannot be told, which is a doubt. */
static bool find_next(struct inspection *inspection, const char *what, const char *schema,
                      const char *name, int64_t step, int64_t *next, struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_puts(&sql, "SELECT last_value, is_called FROM ");
    query_put_table(&sql, schema, name);
    PGresult *rows =
        buffer_ok(&sql, error) ? query(inspection, what, buffer_text(&sql), NULL, 0) : NULL;
    if (rows != NULL)
        *next = query_int(rows, 0, 0) + (query_true(rows, 0, 1) ? step : 0);
    buffer_release(&sql);
    bool known = rows != NULL;
    PQclear(rows);
    return known;
}

bool free_sequence_is_free(struct inspection *inspection, const struct blueprint_table *table,
                           const struct blueprint_column *column, const char *oid,
                           const char *number, struct error *error)
{
    const char *const parameters[] = {oid, number};
    char what[256];
    int64_t next = 0, most = 0;
    bool any = false, ok = true;
    bool whole = column->type.base == PG_INT2 || column->type.base == PG_INT4 ||
                 column->type.base == PG_INT8;
    if (!whole || column->type.array)
        return true;
    snprintf(what, sizeof what, "the sequence that %s of %s asks", column->name, table->label);
    PGresult *asked = query(inspection, what, asked_sql, parameters, 2);
    if (asked != NULL && PQntuples(asked) > 0) {
        int64_t step = query_int(asked, 0, 2);
        struct buffer sql;
        buffer_init(&sql);
        buffer_puts(&sql, step > 0 ? "SELECT max(" : "SELECT min(");
        query_put_name(&sql, column->name);
        buffer_puts(&sql, ") FROM ");
        query_put_table(&sql, table->mapping->schema, table->mapping->name);
        inspection->checks++;
        ok = buffer_ok(&sql, error);
        if (ok && query_number(inspection, what, buffer_text(&sql), &most, &any) && any &&
            find_next(inspection, what, PQgetvalue(asked, 0, 0), PQgetvalue(asked, 0, 1), step,
                      &next, error) &&
            (step > 0 ? next <= most : next >= most))
            ok = inspection_find(inspection, "sequence", table->label, NULL, error,
                                 "the next number of column %s, from %s.%s, is %" PRId64
                                 ", and a row has %" PRId64 " already",
                                 column->name, PQgetvalue(asked, 0, 0), PQgetvalue(asked, 0, 1),
                                 next, most);
        buffer_release(&sql);
    }
    PQclear(asked);
    return ok;
}

/* ---- the source's -----------------------------------------------------------------------------
 */

static bool compare(struct inspection *inspection, const char *label,
                    const struct catalog_sequence *sequence, const PGresult *found,
                    struct error *error)
{
    int64_t step = query_int(found, 0, 1), next = 0;
    char what[256];
    snprintf(what, sizeof what, "the sequence %s.%s", sequence->schema, sequence->name);
    if (strcmp(PQgetvalue(found, 0, 0), sequence->options) != 0 &&
        !inspection_find(inspection, "sequence", label, NULL, error, "%s is %s; it should be %s",
                         what, PQgetvalue(found, 0, 0), sequence->options))
        return false;
    int64_t last = sequence->last != NULL ? strtoll(sequence->last, NULL, 10) : 0;
    int64_t least = last + (sequence->called ? step : 0);
    return sequence->last == NULL ||
           !find_next(inspection, what, sequence->schema, sequence->name, step, &next, error) ||
           (step > 0 ? next >= least : next <= least) ||
           inspection_find(inspection, "sequence", label, NULL, error,
                           "the next number of %s is %" PRId64 ", and the source's is %" PRId64,
                           what, next, least);
}

static bool look_at(struct inspection *inspection, const char *label,
                    const struct catalog_sequence *sequence, struct error *error)
{
    const char *const parameters[] = {sequence->schema, sequence->name};
    char what[256];
    snprintf(what, sizeof what, "the sequence %s.%s", sequence->schema, sequence->name);
    PGresult *found = query(inspection, what, options_sql, parameters, 2);
    bool ok = true;
    inspection->checks++;
    if (found != NULL && PQntuples(found) == 0)
        ok = inspection_find(inspection, "sequence", label, NULL, error, "%s is missing", what);
    else if (found != NULL)
        ok = compare(inspection, label, sequence, found, error);
    PQclear(found);
    return ok;
}

/* The first table that the source's shape is kept in; findings name it. */
static const char *table_of(const struct blueprint *blueprint, const struct catalog *catalog)
{
    for (size_t i = 0; i < blueprint->count; i++) {
        const struct blueprint_table *table = &blueprint->tables[i];
        if (table->mapping->keep_shape && !table->mapping->exists &&
            strcmp(table->entity->source->name, catalog->source) == 0)
            return table->label;
    }
    return NULL;
}

bool free_sequences_check(struct inspection *inspection, const struct blueprint *blueprint,
                          struct error *error)
{
    const struct verification *verification = inspection->verification;
    bool ok = true;
    for (size_t c = 0; ok && c < verification->catalog_count; c++) {
        const struct catalog *catalog = &verification->catalogs[c];
        const char *label = table_of(blueprint, catalog);
        for (size_t i = 0; ok && label != NULL && i < catalog->sequence_count; i++)
            ok = project_not_kept(verification->project, catalog->source, "sequence",
                                  catalog->sequences[i].name) != NULL ||
                 look_at(inspection, label, &catalog->sequences[i], error);
    }
    return ok;
}
