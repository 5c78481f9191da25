/* level_references: tables, their shape, and whether every row that names another finds it. */
#include "counterpart.h"
#include "foreign_keys.h"
#include "free_sequence.h"
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

static const char *oid_of(const struct look *look, const struct blueprint_table *table)
{
    return look->oids[table - look->blueprint->tables];
}

/* What points to a table that is missing is told with that. */
static bool look_at_pointers(const struct look *look, const struct blueprint_table *table,
                             const struct pointers *pointers)
{
    for (size_t i = 0; i < pointers->count; i++) {
        const struct pointer *pointer = &pointers->items[i];
        bool there = true;
        for (size_t e = 0; e < pointer->end_count; e++)
            there = there && oid_of(look, pointer->ends[e].table) != NULL;
        if (there && !pointer_check(look->inspection, table, pointer, look->arena, look->error))
            return false;
    }
    return true;
}

static bool look_at_references(const struct look *look, const struct blueprint_table *table)
{
    const struct foreign_keys keys = {look->inspection, look->blueprint, look->oids, look->arena};
    struct pointers pointers;
    return pointers_gather(&pointers, look->blueprint, look->inspection->verification->project,
                           table, look->error) &&
           foreign_keys_check(&keys, table, &pointers, look->error) &&
           look_at_pointers(look, table, &pointers);
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
                 shape_checks(inspection, table, look.oids[i], error) &&
                 shape_keys(inspection, table, look.oids[i], look.arena, error) &&
                 shape_acts(inspection, table, look.oids[i], error) &&
                 look_at_references(&look, table);
    }
    ok = ok && free_sequences_check(inspection, blueprint, error) &&
         counterparts_check(inspection, blueprint, error);
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
