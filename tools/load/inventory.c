#include "inventory.h"
#include "graduate/arena.h"
#include "graduate/auth_columns.h"
#include "graduate/json.h"
#include "graduate/message.h"
#include "graduate/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* '\0': there is no such table. */
static bool read_kind(struct postgres *target, const char *schema, const char *name, char *kind,
                      struct error *error)
{
    const char *const parameters[] = {schema, name};
    PGresult *result;
    if (!postgres_query(
            target,
            "SELECT c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid ="
            " c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
            parameters, 2, &result, error))
        return false;
    *kind = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0)[0] : '\0';
    PQclear(result);
    return true;
}

static bool is_table(char kind)
{
    return kind == 'r' || kind == 'p';
}

static bool count_rows_of(struct postgres *target, const struct mapping_table *table, int64_t *rows,
                          struct error *error)
{
    struct buffer name;
    buffer_init(&name);
    sql_put_qualified(&name, table->schema, table->name);
    bool ok =
        buffer_ok(&name, error) && postgres_count_rows(target, buffer_text(&name), rows, error);
    buffer_release(&name);
    return ok;
}

/* What keeps the tables of the target from taking the rows: all of it at once. */
struct misfits {
    struct buffer text;
    const struct schema_output *first, *last; /* the outputs that it was found for */
    char column[64];                          /* of the first */
    bool plain;                               /* nobody is Supabase Auth there */
};

static void add_misfit(struct misfits *misfits, const struct schema_output *output,
                       const char *column, const char *problem)
{
    const char *table = output->table->label;
    buffer_puts(&misfits->text, misfits->first != NULL ? "; " : "");
    if (misfits->first != NULL && strcmp(misfits->last->table->label, table) != 0)
        buffer_printf(&misfits->text, "%s: ", table);
    buffer_printf(&misfits->text, "column %s %s", column, problem);
    if (misfits->first == NULL) {
        misfits->first = output;
        snprintf(misfits->column, sizeof misfits->column, "%s", column);
    }
    misfits->last = output;
}

static bool refuse_misfits(struct misfits *misfits, struct error *error)
{
    if (misfits->first == NULL || !buffer_ok(&misfits->text, error))
        return misfits->first == NULL;
    error_set(error, ERROR_REFUSED, "the target's table %s cannot take the rows: %s",
              misfits->first->table->label, buffer_text(&misfits->text));
    error_at(error, misfits->first->entity->name, NULL, misfits->column);
    return error_hint(error,
                      "bring the mapping and the table into line, or take the table away if it is "
                      "not needed (one that an earlier run made goes with graduate undo --run-dir "
                      "and its run folder): graduate then makes it; nothing was touched");
}

/* Both types in the words of the mapping; a type of the target that has none cannot be the same. A
 * table that graduate would have made has just the mapping's type; one that the target brings takes
 * what `taken` says. */
static void check_type(struct misfits *misfits, const struct schema_output *output,
                       const struct schema_column *column, const char *type, const char *taken)
{
    struct pgtype there;
    struct error unknown;
    struct pgtype form = column->type;
    char wanted[PGTYPE_SIZE], found[PGTYPE_SIZE], problem[3 * PGTYPE_SIZE];
    const char *is = output->table->exists ? taken : type;
    if (output->table->exists && form.base != PG_CARRIED)
        form.named = NULL; /* the form of the values counts, whatever the source calls it */
    pgtype_format(&form, wanted, sizeof wanted);
    if (pgtype_parse(is, &there, &unknown))
        pgtype_format(&there, found, sizeof found);
    else
        snprintf(found, sizeof found, "%s", is);
    bool other = strcmp(is, type) != 0;
    snprintf(problem, sizeof problem, "is %s there%s%s, and %s in the mapping", type,
             other ? ", which takes " : "", other ? found : "", wanted);
    if (strcmp(found, wanted) != 0)
        add_misfit(misfits, output, column->name, problem);
}

enum { THERE_NAME, THERE_TYPE, THERE_GENERATED, THERE_NOT_NULL, THERE_GIVEN, THERE_TAKEN };
/* Given is what has a value though no row brings one: a default, or a trigger that may fill it.
 * Taken is the type whose binary form the column's takes: a domain that of what it is over, an enum
 * and what is a text with other rules (citext) that of text. */
static const char columns_sql[] =
    "WITH RECURSIVE base (attnum, oid, modifier) AS ("
    " SELECT a.attnum, a.atttypid, a.atttypmod FROM pg_catalog.pg_attribute a"
    "  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0"
    " UNION ALL SELECT b.attnum, t.typbasetype, t.typtypmod FROM base b"
    "  JOIN pg_catalog.pg_type t ON t.oid = b.oid WHERE t.typtype = 'd')"
    " SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',"
    " a.attnotnull OR t.typnotnull, a.atthasdef OR a.attidentity <> ''"
    "  OR t.typdefault IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_trigger g"
    "   WHERE g.tgrelid = c.oid AND pg_catalog.strpos($3, g.tgenabled::pg_catalog.text) > 0"
    "   AND g.tgtype & 7 = 7),"
    " CASE WHEN u.typtype = 'e' OR (u.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace"
    "  AND EXISTS (SELECT FROM pg_catalog.pg_cast k WHERE k.castsource = u.oid"
    "   AND k.casttarget = 'pg_catalog.text'::pg_catalog.regtype AND k.castmethod = 'b'))"
    "  THEN 'text' ELSE pg_catalog.format_type(b.oid, b.modifier) END"
    " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN base b ON b.attnum = a.attnum JOIN pg_catalog.pg_type u ON u.oid = b.oid"
    "  AND u.typtype <> 'd'"
    " WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY a.attnum";

/* The values of tgenabled for which a trigger acts. */
static const char *acting(const struct mapping_table *table)
{
    return table->triggers_off ? "AR" : "OA";
}

static const struct schema_column *column_of(const struct schema_output *output, const char *name)
{
    for (size_t i = 0; i < output->column_count; i++)
        if (strcmp(output->columns[i].name, name) == 0)
            return &output->columns[i];
    return NULL;
}

/* What is wrong with a column that no row brings; NULL: nothing. Where rows may be there already,
 * they may have what Supabase Auth needs. */
static const char *lack_of(const struct misfits *misfits, const struct schema_output *output,
                           const PGresult *there, int row)
{
    const struct mapping_table *table = output->table;
    if (PQgetvalue(there, row, THERE_GIVEN)[0] == 't')
        return NULL;
    if (PQgetvalue(there, row, THERE_NOT_NULL)[0] == 't')
        return "is NOT NULL there";
    return !misfits->plain && table->if_there == IF_THERE_FAIL &&
                   auth_column_is_never_null(table->label, PQgetvalue(there, row, THERE_NAME))
               ? "must not be null for Supabase Auth, which else fails at the user"
               : NULL;
}

static void check_there(struct misfits *misfits, const struct schema_output *output,
                        const PGresult *there)
{
    char problem[512];
    for (int row = 0; row < PQntuples(there); row++) {
        const char *name = PQgetvalue(there, row, THERE_NAME);
        const struct schema_column *column = column_of(output, name);
        const char *lack = column == NULL ? lack_of(misfits, output, there, row) : NULL;
        if (lack != NULL) {
            snprintf(problem, sizeof problem, "%s, has no default, and no column of %s fills it",
                     lack, output->entity->file);
            add_misfit(misfits, output, name, problem);
        } else if (column != NULL && column->generated == NULL && /* that takes values first */
                   PQgetvalue(there, row, THERE_GENERATED)[0] == 't') {
            add_misfit(misfits, output, name,
                       "is generated there, so nothing can be written to it");
        } else if (column != NULL) {
            check_type(misfits, output, column, PQgetvalue(there, row, THERE_TYPE),
                       PQgetvalue(there, row, THERE_TAKEN));
        }
    }
    for (size_t i = 0; i < output->column_count; i++) {
        int row = 0;
        while (row < PQntuples(there) &&
               strcmp(PQgetvalue(there, row, THERE_NAME), output->columns[i].name) != 0)
            row++;
        if (row == PQntuples(there))
            add_misfit(misfits, output, output->columns[i].name, "is not there");
    }
}

static bool check_columns(struct misfits *misfits, struct postgres *target,
                          const struct schema_output *output, struct error *error)
{
    const struct mapping_table *table = output->table;
    const char *const parameters[] = {table->schema, table->name, acting(table)};
    PGresult *there;
    if (!postgres_query(target, columns_sql, parameters, 3, &there, error))
        return false;
    check_there(misfits, output, there);
    PQclear(there);
    return true;
}

static struct inventory_table *find(const struct inventory *inventory, const char *label)
{
    for (size_t i = 0; i < inventory->count; i++)
        if (strcmp(inventory->tables[i].table->label, label) == 0)
            return &inventory->tables[i];
    return NULL;
}

static bool take_table(struct inventory *inventory, struct postgres *target,
                       const struct mapping_table *table, bool count_rows, struct error *error)
{
    char kind;
    if (!read_kind(target, table->schema, table->name, &kind, error))
        return false;
    if (kind == '\0' && table->exists) {
        error_set(error, ERROR_REFUSED, "%s has no table %s, which it should bring", target->where,
                  table->label);
        return error_hint(error, "take a Supabase database for a target, or whichever one brings "
                                 "this table; nothing was touched");
    }
    if (kind != '\0' && !is_table(kind)) {
        error_set(error, ERROR_REFUSED, "%s of the target is not a table", table->label);
        return error_hint(error,
                          "a view, or something else, has the name that the mapping gives to "
                          "a table: rename one of the two; nothing was touched");
    }
    struct inventory_table *entry = &inventory->tables[inventory->count++];
    *entry = (struct inventory_table){.table = table, .exists = kind != '\0'};
    return !entry->exists || !count_rows || count_rows_of(target, table, &entry->rows, error);
}

bool inventory_take(struct inventory *inventory, struct postgres *target,
                    const struct schema *schema, bool count_rows, struct error *error)
{
    *inventory = (struct inventory){
        .tables = calloc(schema->output_count + 1, sizeof *inventory->tables),
    };
    if (inventory->tables == NULL)
        return error_memory(error);
    bool ok = true;
    struct misfits misfits = {.plain = schema->project->plain};
    buffer_init(&misfits.text);
    for (size_t i = 0; ok && i < schema->output_count; i++) {
        const struct schema_output *output = &schema->outputs[i];
        ok = (find(inventory, output->table->label) != NULL ||
              take_table(inventory, target, output->table, count_rows, error)) &&
             (!find(inventory, output->table->label)->exists ||
              check_columns(&misfits, target, output, error));
        if (!ok)
            error_at(error, output->entity->name, NULL, NULL);
    }
    ok = ok && refuse_misfits(&misfits, error);
    buffer_release(&misfits.text);
    if (!ok)
        inventory_release(inventory);
    return ok;
}

bool inventory_tell_triggers(const struct inventory *inventory, struct postgres *target,
                             struct error *error)
{
    static const char sql[] =
        "SELECT t.tgname, n.nspname || '.' || p.proname, CASE WHEN t.tgtype & 1 = 0"
        "  THEN 'each batch' ELSE 'each row' END FROM pg_catalog.pg_trigger t"
        " JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
        " JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace"
        " WHERE s.nspname = $1 AND c.relname = $2 AND NOT t.tgisinternal"
        " AND pg_catalog.strpos($3, t.tgenabled::pg_catalog.text) > 0 AND t.tgtype & 4 <> 0"
        " ORDER BY t.tgname";
    for (size_t i = 0; i < inventory->count; i++) {
        const struct mapping_table *table = inventory->tables[i].table;
        const char *const parameters[] = {table->schema, table->name, acting(table)};
        PGresult *result;
        if (!inventory->tables[i].exists)
            continue;
        if (!postgres_query(target, sql, parameters, 3, &result, error))
            return false;
        for (int row = 0; row < PQntuples(result); row++)
            message_warning("%s of the target has the trigger %s: for %s that is loaded, %s runs",
                            table->label, PQgetvalue(result, row, 0), PQgetvalue(result, row, 2),
                            PQgetvalue(result, row, 1));
        PQclear(result);
    }
    return true;
}

void inventory_release(struct inventory *inventory)
{
    free(inventory->tables);
    *inventory = (struct inventory){0};
}

/* ---- what a mapping takes from there -----------------------------------------------------------
 */

static const char key_sql[] =
    "SELECT a.attname FROM pg_catalog.pg_index i"
    " JOIN pg_catalog.pg_class c ON c.oid = i.indrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[])"
    "  WITH ORDINALITY AS k (attnum, place)"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum"
    " WHERE n.nspname = $1 AND c.relname = $2 AND i.indisprimary AND k.place <= i.indnkeyatts"
    " ORDER BY k.place";

static void put_text(struct buffer *out, const char *before, const char *text)
{
    buffer_puts(out, before);
    json_put_string(out, text, strlen(text));
}

static void put_description(struct buffer *out, const char *label, const PGresult *columns,
                            const PGresult *key)
{
    put_text(out, out->length > 0 ? ",\n" : "", label);
    buffer_puts(out, ": {\"columns\": {");
    for (int row = 0; row < PQntuples(columns); row++) {
        put_text(out, row > 0 ? ", " : "", PQgetvalue(columns, row, THERE_NAME));
        put_text(out, ": ", PQgetvalue(columns, row, THERE_TAKEN));
    }
    buffer_puts(out, "}, \"key\": [");
    for (int row = 0; row < PQntuples(key); row++)
        put_text(out, row > 0 ? ", " : "", PQgetvalue(key, row, 0));
    buffer_puts(out, "]}");
}

struct description {
    struct postgres *target;
    struct buffer tables;
    struct words told; /* labels */
    struct arena arena;
};

static bool describe(struct description *d, const char *schema, const char *name, const char *label,
                     struct error *error)
{
    const char *const parameters[] = {schema, name, ""};
    PGresult *columns, *key;
    char kind;
    if (!read_kind(d->target, schema, name, &kind, error))
        return false;
    if (!is_table(kind))
        return true;
    if (!postgres_query(d->target, columns_sql, parameters, 3, &columns, error))
        return false;
    bool ok = postgres_query(d->target, key_sql, parameters, 2, &key, error);
    if (ok) {
        put_description(&d->tables, label, columns, key);
        PQclear(key);
    }
    PQclear(columns);
    return ok;
}

static bool describe_once(void *context, const char *label, struct error *error)
{
    struct description *d = context;
    const char *dot = strchr(label, '.');
    for (size_t i = 0; i < d->told.count; i++)
        if (strcmp(d->told.items[i], label) == 0)
            return true;
    const char **grown = arena_alloc(&d->arena, d->told.count + 1, sizeof *grown);
    char *schema = arena_printf(&d->arena, "%.*s", dot != NULL ? (int)(dot - label) : 0, label);
    if (grown == NULL || schema == NULL)
        return error_memory(error);
    if (d->told.count > 0)
        memcpy(grown, d->told.items, d->told.count * sizeof *grown);
    grown[d->told.count++] = label;
    d->told.items = grown;
    return dot == NULL || describe(d, schema, dot + 1, label, error);
}

bool inventory_describe(struct postgres *target, const struct project *project, struct buffer *out,
                        struct error *error)
{
    struct description d = {.target = target};
    arena_init(&d.arena);
    buffer_init(&d.tables);
    bool ok =
        project_each_existing(project, describe_once, &d, error) && buffer_ok(&d.tables, error);
    if (ok)
        buffer_printf(out, "{\"tables\": {%s}}\n", buffer_text(&d.tables));
    buffer_release(&d.tables);
    arena_release(&d.arena);
    return ok && buffer_ok(out, error);
}
