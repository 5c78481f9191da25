#include "met.h"
#include "query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void met_init(struct met *met)
{
    *met = (struct met){0};
}

void met_release(struct met *met)
{
    free(met->keys);
    for (size_t side = 0; side < SIDE_COUNT; side++)
        free(met->masked[side]);
    met_init(met);
}

static int by_hash(const void *a, const void *b)
{
    return hash_compare(a, b);
}

static bool is_taken(const struct mapping_table *mapping, const struct compared_column *column)
{
    bool taken = mapping->if_there == IF_THERE_UPDATE && mapping->updates.count == 0;
    for (size_t i = 0; mapping->if_there == IF_THERE_UPDATE && i < mapping->updates.count; i++)
        taken = taken || strcmp(mapping->updates.items[i], column->name) == 0;
    return taken || column->key;
}

/* ---- from the ledger ------------------------------------------------------------------------- */

struct reading {
    struct met *met;
    struct compared_table *compared;
    struct expected_value *row; /* in the table's order; of it only the key is given */
};

static bool take_key(void *context, const struct expected_value *values, struct error *error)
{
    struct reading *reading = context;
    struct met *met = reading->met;
    size_t next = 0;
    for (size_t i = 0; i < reading->compared->column_count; i++)
        if (reading->compared->columns[i].key)
            reading->row[i] = values[next++];
    if (met->count == met->capacity) {
        size_t capacity = met->capacity > 0 ? 2 * met->capacity : 256;
        struct hash *keys = realloc(met->keys, capacity * sizeof *keys);
        if (keys == NULL)
            return error_memory(error);
        met->keys = keys;
        met->capacity = capacity;
    }
    return compared_hash_key(reading->compared, SIDE_FOUND, reading->row, &met->keys[met->count++],
                             error);
}

/* The keys of those that are still there, as the table has them. */
static void put_select(const struct compared_table *compared, const char *run, const char *named_by,
                       struct buffer *sql)
{
    const char *separator = "SELECT t.";
    for (size_t i = 0; i < compared->column_count; i++) {
        if (!compared->columns[i].key)
            continue;
        buffer_puts(sql, separator);
        query_put_name(sql, compared->columns[i].name);
        separator = ", t.";
    }
    buffer_puts(sql, " FROM ");
    query_put_table(sql, compared->schema, compared->name);
    buffer_puts(sql, " t JOIN graduate.met m ON m.run::pg_catalog.text = ");
    query_put_literal(sql, run);
    buffer_puts(sql, " AND m.table_name = ");
    query_put_literal(sql, compared->label);
    buffer_printf(sql, " AND m.key = ROW(%s)::pg_catalog.text", named_by);
}

static bool read_keys(struct met *met, struct compared_table *compared, struct postgres *target,
                      const char *run, const char *named_by, struct error *error)
{
    struct reading reading = {met, compared,
                              calloc(compared->column_count + 1, sizeof *reading.row)};
    struct pgtype *types = calloc(compared->column_count + 1, sizeof *types);
    struct buffer sql;
    size_t count = 0;
    bool ok = reading.row != NULL && types != NULL ? true : error_memory(error);
    buffer_init(&sql);
    for (size_t i = 0; ok && i < compared->column_count; i++)
        if (compared->columns[i].key)
            types[count++] = compared->columns[i].type;
    put_select(compared, run, named_by, &sql);
    ok = ok && buffer_ok(&sql, error) &&
         found_read(target, buffer_text(&sql), types, count, take_key, &reading, error);
    if (ok && met->count > 0)
        qsort(met->keys, met->count, sizeof *met->keys, by_hash);
    buffer_release(&sql);
    free(types);
    free(reading.row);
    return ok;
}

/* *there is false where the ledger is none, or of an earlier version. */
static bool has_ledger(struct postgres *target, bool *there, struct error *error)
{
    PGresult *result;
    if (!postgres_query(target, "SELECT WHERE pg_catalog.to_regclass('graduate.met') IS NOT NULL",
                        NULL, 0, &result, error))
        return false;
    *there = PQntuples(result) > 0;
    PQclear(result);
    return true;
}

bool met_read(struct met *met, struct compared_table *compared, struct postgres *target,
              const char *run, struct error *error)
{
    static const char sql[] =
        "SELECT pg_catalog.max(named_by), pg_catalog.count(*) FILTER (WHERE NOT made_in_run)"
        " FROM graduate.met WHERE run::pg_catalog.text = $1 AND table_name = $2";
    const char *const parameters[] = {run, compared->label};
    PGresult *result;
    bool there, partly = false;
    if (run == NULL || !compared->there || compared->mapping->if_there == IF_THERE_FAIL)
        return true;
    if (!has_ledger(target, &there, error) || !there)
        return !there;
    if (!postgres_query(target, sql, parameters, 2, &result, error))
        return false;
    met->before = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    for (size_t i = 0; i < compared->column_count; i++)
        partly = partly || !is_taken(compared->mapping, &compared->columns[i]);
    bool ok = PQgetisnull(result, 0, 0) || !partly || !compared->named ||
              read_keys(met, compared, target, run, PQgetvalue(result, 0, 0), error);
    PQclear(result);
    for (size_t side = 0; ok && met->count > 0 && side < SIDE_COUNT; side++) {
        met->masked[side] = calloc(compared->column_count + 1, sizeof *met->masked[side]);
        ok = met->masked[side] != NULL || error_memory(error);
    }
    return ok;
}

/* ---- a row ----------------------------------------------------------------------------------- */

const struct expected_value *met_view(struct met *met, struct compared_table *compared,
                                      enum side side, const struct expected_value *values)
{
    static const uint8_t null[] = {'N'};
    struct hash key;
    struct error none;
    if (met->count == 0 || !compared_hash_key(compared, side, values, &key, &none) ||
        bsearch(&key, met->keys, met->count, sizeof key, by_hash) == NULL)
        return values;
    for (size_t i = 0; i < compared->column_count; i++)
        met->masked[side][i] = is_taken(compared->mapping, &compared->columns[i])
                                   ? values[i]
                                   : (struct expected_value){true, null, sizeof null};
    return met->masked[side];
}

void met_put_identity(const struct met *met, struct buffer *text)
{
    struct hash all = hash_of(met->keys, met->count * sizeof *met->keys);
    if (met->count > 0)
        buffer_printf(text, "  %zu rows of which not all is compared %016llx\n", met->count,
                      (unsigned long long)all.low);
}
