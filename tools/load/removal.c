#include "removal.h"

#include "graduate/sql.h"

#include <inttypes.h>
#include <stdlib.h>

/* Did a transaction of the run, and of the entity, write the row t? xmin has the lower 32 bits of
 * its number. A generated column that is made writes all rows again, with the ledger's own row. */
#define WRITTEN                                                                                    \
    "t.xmin::pg_catalog.text::pg_catalog.int8 IN (SELECT transaction & 4294967295"                 \
    " FROM graduate.batches WHERE run = $1 AND entity = coalesce($2, entity)"                      \
    " UNION ALL SELECT s.xmin::pg_catalog.text::pg_catalog.int8 FROM graduate.steps s"             \
    " WHERE s.run = $1 AND starts_with(s.step, 'generated column '))"

/* What puts an updated row back: columns of its key, how many rows, what each column takes. */
enum { KEPT_NAMED_BY, KEPT_ROWS, KEPT_COLUMNS };
static const char kept_sql[] =
    "SELECT pg_catalog.max(m.named_by), count(*),"
    " (SELECT pg_catalog.string_agg(pg_catalog.format('%1$I = (r.was).%1$I', a.attname), ', ')"
    "  FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass($4)"
    "  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a')"
    " FROM graduate.met m WHERE m.run = $1 AND m.entity = coalesce($2, m.entity)"
    " AND m.table_name = $3 AND m.before IS NOT NULL";

static void put_kept(struct buffer *sql, const char *columns, const struct removal *removal)
{
    buffer_printf(sql, "SELECT %s FROM graduate.met WHERE run = $1 AND table_name = ", columns);
    sql_put_literal(sql, removal->label);
    buffer_puts(sql, " AND entity = coalesce($2, entity) AND before IS NOT NULL");
}

/* The rows that go, go first: one of them may have the value that another gets back. */
static void put_back(const struct removal *removal, int number, const PGresult *kept,
                     struct buffer *parts, struct buffer *counts)
{
    buffer_printf(parts, ", r%d AS (UPDATE %s t SET %s FROM (", number, removal->name,
                  PQgetvalue(kept, 0, KEPT_COLUMNS));
    buffer_printf(parts, "SELECT k.key, k.before, k.before::%s AS was FROM (", removal->name);
    put_kept(parts, "key, before", removal);
    buffer_printf(parts,
                  ") k) r WHERE (SELECT count(*) FROM d%d) >= 0 AND ROW(%s)::pg_catalog.text ="
                  " r.key AND " WRITTEN " RETURNING (t.*)::pg_catalog.text = r.before AS same)",
                  number, PQgetvalue(kept, 0, KEPT_NAMED_BY));
    buffer_printf(counts, ", (SELECT count(*) FROM r%d), (SELECT count(*) FROM r%d WHERE NOT same)",
                  number, number);
}

static bool read_kept(struct postgres *target, const struct removal *removal, PGresult **kept,
                      struct error *error)
{
    const char *const parameters[] = {removal->run, removal->entity, removal->label, removal->name};
    return postgres_query(target, kept_sql, parameters, 4, kept, error);
}

static int64_t kept_rows(const PGresult *kept)
{
    return strtoll(PQgetvalue(kept, 0, KEPT_ROWS), NULL, 10);
}

static void put_condition(const struct removal *removal, const PGresult *kept, struct buffer *sql)
{
    buffer_puts(sql, WRITTEN);
    if (kept_rows(kept) == 0)
        return;
    buffer_printf(sql, " AND ROW(%s)::pg_catalog.text NOT IN (",
                  PQgetvalue(kept, 0, KEPT_NAMED_BY));
    put_kept(sql, "key", removal);
    buffer_putc(sql, ')');
}

bool removal_put_condition(struct postgres *target, const struct removal *removal,
                           struct buffer *sql, struct error *error)
{
    PGresult *kept;
    if (!read_kept(target, removal, &kept, error))
        return false;
    put_condition(removal, kept, sql);
    PQclear(kept);
    return true;
}

bool removal_put(struct postgres *target, const struct removal *removal, int number,
                 struct buffer *parts, struct buffer *counts, int64_t *updated, struct error *error)
{
    PGresult *kept;
    if (!read_kept(target, removal, &kept, error))
        return false;
    *updated = kept_rows(kept);
    buffer_printf(parts, "%sd%d AS (DELETE FROM %s t WHERE ", parts->length > 0 ? ", " : "WITH ",
                  number, removal->name);
    put_condition(removal, kept, parts);
    buffer_puts(parts, " RETURNING 1)");
    buffer_printf(counts, "%s(SELECT count(*) FROM d%d)", counts->length > 0 ? ", " : " SELECT ",
                  number);
    if (*updated > 0)
        put_back(removal, number, kept, parts, counts);
    else
        buffer_puts(counts, ", 0, 0");
    PQclear(kept);
    return true;
}

bool removal_check(const struct removal *removal, int64_t changed, struct error *error)
{
    if (changed == 0)
        return true;
    error_set(error, ERROR_REFUSED,
              "%" PRId64 " rows of %s, which the run had updated, would not become what they were: "
              "a trigger of the table changes them on their way",
              changed, removal->label);
    return error_hint(error,
                      "disable it until the rows are back: ALTER TABLE %s DISABLE TRIGGER USER; "
                      "nothing was touched",
                      removal->name);
}
