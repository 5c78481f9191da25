/* level_references: tables, their shape, and whether every row that names another finds it. */
#include "level.h"
#include "pointer_check.h"
#include "query.h"
#include "table_shape.h"

#include <stdio.h>
#include <string.h>

struct look {
    struct inspection *inspection;
    struct blueprint *blueprint;
    struct arena *arena;
    const char **oids; /* of the blueprint's tables; NULL: there is none */
    struct error *error;
};

/* pg_catalog shows every role every table; to_regclass wants rights on the schema. */
static const char table_sql[] =
    "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p')";

/* Column names one to a line; a foreign key whose triggers are off lets everything in. */
enum { KEY_NAME, KEY_COLUMNS, KEY_TO, KEY_TO_COLUMNS, KEY_DELETE, KEY_VALID, KEY_ENFORCED };
static const char keys_sql[] =
    "SELECT o.conname, (SELECT string_agg(a.attname, E'\\n' ORDER BY k.n)"
    "  FROM unnest(o.conkey) WITH ORDINALITY k (attnum, n)"
    "  JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.attnum),"
    " o.confrelid, (SELECT string_agg(a.attname, E'\\n' ORDER BY k.n)"
    "  FROM unnest(o.confkey) WITH ORDINALITY k (attnum, n)"
    "  JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.attnum),"
    " CASE o.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'"
    "  WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'set default' END,"
    " o.convalidated, (to_jsonb(o) ->> 'conenforced') IS DISTINCT FROM 'false'"
    "  AND NOT EXISTS (SELECT FROM pg_trigger t"
    "   WHERE t.tgconstraint = o.oid AND t.tgenabled NOT IN ('O', 'A'))"
    " FROM pg_constraint o WHERE o.conrelid = $1::oid AND o.contype = 'f' ORDER BY o.conname";

static const char *oid_of(const struct look *look, const struct blueprint_table *table)
{
    return look->oids[table - look->blueprint->tables];
}

static bool is_list(const char *lines, const struct words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        size_t length = strlen(words->items[i]);
        bool last = i + 1 == words->count;
        if (strncmp(lines, words->items[i], length) != 0 || lines[length] != (last ? '\0' : '\n'))
            return false;
        lines += length + 1;
    }
    return true;
}

/* What is wrong with a foreign key of these columns; "": nothing. */
static const char *fault_of(const struct look *look, const struct blueprint_reference *reference,
                            const PGresult *keys, int row)
{
    if (strcmp(PQgetvalue(keys, row, KEY_TO), oid_of(look, reference->to)) != 0 ||
        !is_list(PQgetvalue(keys, row, KEY_TO_COLUMNS), &reference->to_columns))
        return "it refers to something else";
    if (!query_true(keys, row, KEY_VALID))
        return "it is not validated";
    if (!query_true(keys, row, KEY_ENFORCED))
        return "it is not enforced";
    if (strcmp(PQgetvalue(keys, row, KEY_DELETE), reference->on_delete) != 0)
        return "it has another ON DELETE";
    return "";
}

static bool look_at_key(const struct look *look, const struct blueprint_table *table,
                        const struct blueprint_reference *reference, const PGresult *keys)
{
    const char *fault = "it is missing";
    for (int row = 0; fault[0] != '\0' && row < PQntuples(keys); row++)
        if (is_list(PQgetvalue(keys, row, KEY_COLUMNS), &reference->columns))
            fault = fault_of(look, reference, keys, row);
    look->inspection->checks++;
    if (fault[0] == '\0')
        return true;
    return inspection_find(look->inspection, "no reference", table->label, NULL, look->error,
                           "the foreign key (%s) to %s (%s) on delete %s: %s",
                           blueprint_list(look->arena, &reference->columns), reference->to->label,
                           blueprint_list(look->arena, &reference->to_columns),
                           reference->on_delete, fault);
}

struct orphans {
    struct inspection *inspection;
    const char *table, *columns, *to;
};

static bool visit_orphan(void *context, const PGresult *rows, struct error *error)
{
    const struct orphans *orphans = context;
    return inspection_find(orphans->inspection, "orphan", orphans->table, PQgetvalue(rows, 0, 0),
                           error, "(%s) is %s, which %s does not have", orphans->columns,
                           PQgetvalue(rows, 0, 1), orphans->to);
}

static void put_orphans(struct buffer *sql, const struct blueprint_table *table,
                        const struct blueprint_reference *reference)
{
    buffer_puts(sql, "SELECT ");
    shape_put_key(sql, table, "c");
    for (size_t i = 0; i < reference->columns.count; i++) {
        buffer_puts(sql, i > 0 ? ", c." : ", concat_ws(', ', c.");
        query_put_name(sql, reference->columns.items[i]);
    }
    buffer_puts(sql, ") FROM ");
    query_put_table(sql, table->mapping->schema, table->mapping->name);
    buffer_puts(sql, " c WHERE NOT EXISTS (SELECT FROM ");
    query_put_table(sql, reference->to->mapping->schema, reference->to->mapping->name);
    buffer_puts(sql, " p");
    for (size_t i = 0; i < reference->columns.count; i++) {
        buffer_puts(sql, i > 0 ? " AND p." : " WHERE p.");
        query_put_name(sql, reference->to_columns.items[i]);
        buffer_puts(sql, " = c.");
        query_put_name(sql, reference->columns.items[i]);
    }
    buffer_putc(sql, ')');
    for (size_t i = 0; i < reference->columns.count; i++) {
        buffer_puts(sql, " AND c.");
        query_put_name(sql, reference->columns.items[i]);
        buffer_puts(sql, " IS NOT NULL");
    }
    buffer_puts(sql, " ORDER BY 1");
}

/* The rows themselves, whatever the constraints say. */
static bool look_for_orphans(const struct look *look, const struct blueprint_table *table,
                             const struct blueprint_reference *reference)
{
    struct orphans orphans = {look->inspection, table->label,
                              blueprint_list(look->arena, &reference->columns),
                              reference->to->label};
    char what[256];
    struct buffer sql;
    snprintf(what, sizeof what, "rows of %s without their %s", table->label, reference->to->label);
    buffer_init(&sql);
    put_orphans(&sql, table, reference);
    look->inspection->checks++;
    bool ok = buffer_ok(&sql, look->error) && query_each(look->inspection, what, buffer_text(&sql),
                                                         visit_orphan, &orphans, look->error);
    buffer_release(&sql);
    return ok;
}

static bool look_at_references(const struct look *look, const struct blueprint_table *table)
{
    const char *oid = oid_of(look, table);
    char what[256];
    snprintf(what, sizeof what, "the foreign keys of %s", table->label);
    PGresult *keys = query(look->inspection, what, keys_sql, &oid, 1);
    bool ok = true;
    for (size_t i = 0; ok && i < table->reference_count; i++) {
        const struct blueprint_reference *reference = &table->references[i];
        if (oid_of(look, reference->to) == NULL)
            continue;
        ok = (keys == NULL || !reference->declared || look_at_key(look, table, reference, keys)) &&
             look_for_orphans(look, table, reference);
    }
    PQclear(keys);
    return ok;
}

/* What points to a table that is missing is told with that. */
static bool look_at_pointers(const struct look *look, const struct blueprint_table *table)
{
    struct pointers pointers;
    if (!pointers_gather(&pointers, look->blueprint, look->inspection->verification->project, table,
                         look->error))
        return false;
    for (size_t i = 0; i < pointers.count; i++) {
        const struct pointer *pointer = &pointers.items[i];
        bool there = true;
        for (size_t e = 0; e < pointer->end_count; e++)
            there = there && oid_of(look, pointer->ends[e].table) != NULL;
        if (there && !pointer_check(look->inspection, table, pointer, look->arena, look->error))
            return false;
    }
    return true;
}

static bool find_table(const struct look *look, size_t index)
{
    const struct blueprint_table *table = &look->blueprint->tables[index];
    const char *const parameters[] = {table->mapping->schema, table->mapping->name};
    PGresult *rows = query(look->inspection, table->label, table_sql, parameters, 2);
    bool ok = true;
    look->inspection->checks++;
    if (rows != NULL && PQntuples(rows) == 0) {
        ok = inspection_find(look->inspection, "no table", table->label, NULL, look->error,
                             "the table is missing");
    } else if (rows != NULL) {
        look->oids[index] = arena_text(look->arena, PQgetvalue(rows, 0, 0));
        ok = look->oids[index] != NULL ? true : error_memory(look->error);
    }
    PQclear(rows);
    return ok;
}

static bool look_at_all(struct inspection *inspection, struct blueprint *blueprint,
                        struct error *error)
{
    struct look look = {inspection, blueprint, &blueprint->arena, NULL, error};
    look.oids = arena_alloc(look.arena, blueprint->count, sizeof *look.oids);
    bool ok = look.oids != NULL ? true : error_memory(error);
    for (size_t i = 0; ok && i < blueprint->count; i++)
        ok = find_table(&look, i);
    for (size_t i = 0; ok && i < blueprint->count; i++) {
        const struct blueprint_table *table = &blueprint->tables[i];
        if (look.oids[i] != NULL)
            ok = shape_columns(inspection, table, look.oids[i], error) &&
                 shape_keys(inspection, table, look.oids[i], look.arena, error) &&
                 look_at_references(&look, table) && look_at_pointers(&look, table);
    }
    return ok;
}

bool level_references(struct verification *verification, struct error *error)
{
    struct inspection inspection;
    struct blueprint blueprint;
    struct error why = {0};
    inspection_begin(&inspection, verification, LEVEL_REFERENCES);
    bool drawn = blueprint_init(&blueprint, verification->project, verification->catalogs,
                                verification->catalog_count, &why);
    bool ok = true;
    if (drawn) {
        ok = look_at_all(&inspection, &blueprint, error);
        blueprint_release(&blueprint);
    } else if (why.code == ERROR_USAGE) {
        inspection_doubt(&inspection, "%s", why.message);
    } else {
        *error = why;
        ok = false;
    }
    return inspection_close(&inspection, ok, error);
}
