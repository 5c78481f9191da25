#include "foreign_keys.h"
#include "source_object.h"
#include "table_shape.h"

#include <stdio.h>
#include <string.h>

struct look {
    const struct foreign_keys *keys;
    struct inspection *inspection;
    const struct blueprint_table *table;
    const PGresult *found; /* of the target */
    struct error *error;
};

/* Column names one to a line; a foreign key whose triggers are off lets everything in. The
 * operators are the key's own, qualified, those of a type of an extension, too. Columns of ON
 * DELETE SET NULL are as new as version 15, conenforced as 18. */
enum {
    KEY_NAME,
    KEY_COLUMNS,
    KEY_TO,
    KEY_TO_COLUMNS,
    KEY_DELETE,
    KEY_VALID,
    KEY_ENFORCED,
    KEY_UPDATE,
    KEY_FULL,
    KEY_TIMING,
    KEY_EMPTIED,
    KEY_TO_SCHEMA,
    KEY_TO_NAME,
    KEY_OPERATORS,
};
/* clang-format off */
#define ACTION(column)                                                                             \
    " CASE " column " WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'"                          \
    "  WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'set default' END,"
#define COLUMNS(relation, numbers)                                                                 \
    " (SELECT pg_catalog.string_agg(a.attname, E'\\n' ORDER BY k.n)"                               \
    "  FROM pg_catalog.unnest(" numbers ") WITH ORDINALITY k (attnum, n)"                          \
    "  JOIN pg_catalog.pg_attribute a ON a.attrelid = " relation " AND a.attnum = k.attnum),"
static const char keys_sql[] =
    "SELECT o.conname," COLUMNS("o.conrelid", "o.conkey") " o.confrelid,"
    COLUMNS("o.confrelid", "o.confkey") ACTION("o.confdeltype") " o.convalidated,"
    " (pg_catalog.to_jsonb(o) ->> 'conenforced') IS DISTINCT FROM 'false'"
    "  AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t"
    "   WHERE t.tgconstraint = o.oid AND t.tgenabled NOT IN ('O', 'A')),"
    ACTION("o.confupdtype") " o.confmatchtype = 'f',"
    " CASE WHEN o.condeferred THEN 'DEFERRABLE INITIALLY DEFERRED'"
    "  WHEN o.condeferrable THEN 'DEFERRABLE' ELSE '' END,"
    " coalesce((SELECT pg_catalog.string_agg(a.attname, E'\\n' ORDER BY k.n)"
    "  FROM pg_catalog.jsonb_array_elements_text(nullif(pg_catalog.to_jsonb(o) -> 'confdelsetcols',"
    "   'null')) WITH ORDINALITY k (attnum, n) JOIN pg_catalog.pg_attribute a"
    "   ON a.attrelid = o.conrelid AND a.attnum = k.attnum::pg_catalog.int2), ''), n.nspname,"
    " r.relname, (SELECT pg_catalog.string_agg(pg_catalog.format('OPERATOR(%I.%s)', m.nspname,"
    "   p.oprname), E'\\n' ORDER BY k.n)"
    "  FROM pg_catalog.unnest(o.conpfeqop) WITH ORDINALITY k (oid, n)"
    "  JOIN pg_catalog.pg_operator p ON p.oid = k.oid"
    "  JOIN pg_catalog.pg_namespace m ON m.oid = p.oprnamespace)"
    " FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class r ON r.oid = o.confrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
    " WHERE o.conrelid = $1::oid AND o.contype = 'f' ORDER BY o.conname";
/* clang-format on */

static const char *oid_of(const struct look *look, const struct blueprint_table *table)
{
    return look->keys->oids[table - look->keys->blueprint->tables];
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
    return words->count > 0 || lines[0] == '\0';
}

/* "a\nb" as "a, b" */
static const char *list_of(const struct look *look, const char *lines)
{
    const char *list = "";
    for (const char *at = lines; *at != '\0' && list != NULL;) {
        size_t length = strcspn(at, "\n");
        list = arena_printf(look->keys->arena, "%s%s%.*s", list, at > lines ? ", " : "",
                            (int)length, at);
        at += length;
        at += *at == '\n';
    }
    return list != NULL ? list : "...";
}

/* ---- the keys themselves -------------------------------------------------------------------- */

/* NULL is no action. */
static bool is_action(const char *found, const char *expected)
{
    static const char none[] = "no action";
    return strcmp(found != NULL ? found : none, expected != NULL ? expected : none) == 0;
}

/* What the key says beyond what it should, or NULL. */
static const char *addition_of(const struct look *look, const struct blueprint_reference *reference,
                               int row)
{
    const PGresult *found = look->found;
    if (reference->timing == NULL && PQgetvalue(found, row, KEY_TIMING)[0] != '\0')
        return "is deferrable";
    if (!reference->match_full && query_true(found, row, KEY_FULL))
        return "is MATCH FULL";
    if (is_action(NULL, reference->on_update) &&
        !is_action(PQgetvalue(found, row, KEY_UPDATE), NULL))
        return "has an ON UPDATE";
    return reference->emptied.count == 0 && PQgetvalue(found, row, KEY_EMPTIED)[0] != '\0'
               ? "empties some of its columns only"
               : NULL;
}

/* What is wrong with a foreign key of these columns; "": nothing. One that need not be valid may
 * be. */
static const char *fault_of(const struct look *look, const struct blueprint_reference *reference,
                            int row)
{
    const PGresult *found = look->found;
    if (strcmp(PQgetvalue(found, row, KEY_TO), oid_of(look, reference->to)) != 0 ||
        !is_list(PQgetvalue(found, row, KEY_TO_COLUMNS), &reference->to_columns))
        return "it refers to something else";
    if (!reference->invalid && !query_true(found, row, KEY_VALID))
        return "it is not validated";
    if (!query_true(found, row, KEY_ENFORCED))
        return "it is not enforced";
    if (!is_action(PQgetvalue(found, row, KEY_DELETE), reference->on_delete))
        return "it has another ON DELETE";
    const char *addition = addition_of(look, reference, row);
    if (addition != NULL) {
        const char *fault =
            arena_printf(look->keys->arena, "%s %s, which the mapping does not say",
                         PQgetvalue(found, row, KEY_NAME), addition);
        return fault != NULL ? fault : addition;
    }
    if (!is_action(PQgetvalue(found, row, KEY_UPDATE), reference->on_update))
        return "it has another ON UPDATE";
    if (reference->timing != NULL &&
        strcmp(PQgetvalue(found, row, KEY_TIMING), reference->timing) != 0)
        return "it is not as deferrable";
    if (query_true(found, row, KEY_FULL) != reference->match_full)
        return "it is not MATCH FULL";
    return is_list(PQgetvalue(found, row, KEY_EMPTIED), &reference->emptied)
               ? ""
               : "it empties other columns on delete";
}

static bool look_at_key(const struct look *look, const struct blueprint_reference *reference)
{
    const char *fault = "it is missing";
    for (int row = 0; fault[0] != '\0' && row < PQntuples(look->found); row++)
        if (is_list(PQgetvalue(look->found, row, KEY_COLUMNS), &reference->columns))
            fault = fault_of(look, reference, row);
    look->inspection->checks++;
    if (fault[0] == '\0')
        return true;
    return inspection_find(
        look->inspection, "no reference", look->table->label, NULL, look->error,
        "the foreign key (%s) to %s (%s) on delete %s: %s",
        blueprint_list(look->keys->arena, &reference->columns), reference->to->label,
        blueprint_list(look->keys->arena, &reference->to_columns), reference->on_delete, fault);
}

/* One of the same columns is told where it is expected. */
static bool is_said(const struct look *look, int row)
{
    const char *columns = PQgetvalue(look->found, row, KEY_COLUMNS);
    for (size_t i = 0; i < look->table->reference_count; i++)
        if (look->table->references[i].declared &&
            is_list(columns, &look->table->references[i].columns))
            return true;
    return source_object_over(look->inspection->verification, look->table, "foreign key",
                              columns) != NULL;
}

static bool look_at_other_key(const struct look *look, int row)
{
    look->inspection->checks++;
    return look->table->mapping->exists || is_said(look, row) ||
           inspection_find(
               look->inspection, "extra reference", look->table->label, NULL, look->error,
               "it has the foreign key %s (%s) to %s.%s, which the mapping does not say",
               PQgetvalue(look->found, row, KEY_NAME),
               list_of(look, PQgetvalue(look->found, row, KEY_COLUMNS)),
               PQgetvalue(look->found, row, KEY_TO_SCHEMA),
               PQgetvalue(look->found, row, KEY_TO_NAME));
}

/* ---- the rows, whatever the keys say -------------------------------------------------------- */

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

/* Where the rows of a key are to be found, and by which operators; without some by "=". */
struct pairing {
    const char *schema, *name;
    struct words columns, to_columns, operators;
};

static void put_orphans(struct buffer *sql, const struct blueprint_table *table,
                        const struct pairing *pairing)
{
    const struct words *columns = &pairing->columns;
    buffer_puts(sql, "SELECT ");
    shape_put_key(sql, table, "c");
    for (size_t i = 0; i < columns->count; i++) {
        buffer_puts(sql, i > 0 ? ", c." : ", concat_ws(', ', c.");
        query_put_name(sql, columns->items[i]);
    }
    buffer_puts(sql, ") FROM ");
    query_put_table(sql, table->mapping->schema, table->mapping->name);
    buffer_puts(sql, " c WHERE NOT EXISTS (SELECT FROM ");
    query_put_table(sql, pairing->schema, pairing->name);
    buffer_puts(sql, " p");
    for (size_t i = 0; i < columns->count; i++) {
        buffer_puts(sql, i > 0 ? " AND p." : " WHERE p.");
        query_put_name(sql, pairing->to_columns.items[i]);
        buffer_printf(sql, " %s c.",
                      i < pairing->operators.count ? pairing->operators.items[i] : "=");
        query_put_name(sql, columns->items[i]);
    }
    buffer_putc(sql, ')');
    for (size_t i = 0; i < columns->count; i++) {
        buffer_puts(sql, " AND c.");
        query_put_name(sql, columns->items[i]);
        buffer_puts(sql, " IS NOT NULL");
    }
    buffer_puts(sql, " ORDER BY 1");
}

static bool look_for_orphans(const struct look *look, const struct pairing *pairing,
                             const char *label)
{
    struct orphans orphans = {look->inspection, look->table->label,
                              blueprint_list(look->keys->arena, &pairing->columns), label};
    char what[256];
    struct buffer sql;
    snprintf(what, sizeof what, "rows of %s without their %s", look->table->label, label);
    buffer_init(&sql);
    put_orphans(&sql, look->table, pairing);
    look->inspection->checks++;
    bool ok = buffer_ok(&sql, look->error) && query_each(look->inspection, what, buffer_text(&sql),
                                                         visit_orphan, &orphans, look->error);
    buffer_release(&sql);
    return ok;
}

static bool look_at_reference(const struct look *look, const struct blueprint_reference *reference)
{
    const struct mapping_table *to = reference->to->mapping;
    const struct pairing pairing = {.schema = to->schema,
                                    .name = to->name,
                                    .columns = reference->columns,
                                    .to_columns = reference->to_columns};
    return oid_of(look, reference->to) == NULL ||
           ((look->found == NULL || !reference->declared || look_at_key(look, reference)) &&
            (reference->invalid || look_for_orphans(look, &pairing, reference->to->label)));
}

/* Are the rows of this key looked for already: as a reference, or as a pointer? */
static bool is_looked_at(const struct look *look, const struct pointers *pointers, int row)
{
    const char *columns = PQgetvalue(look->found, row, KEY_COLUMNS);
    const char *to = PQgetvalue(look->found, row, KEY_TO);
    for (size_t i = 0; i < look->table->reference_count; i++) {
        const struct blueprint_reference *reference = &look->table->references[i];
        const char *oid = oid_of(look, reference->to);
        if (oid != NULL && strcmp(oid, to) == 0 && is_list(columns, &reference->columns))
            return true;
    }
    for (size_t i = 0; i < pointers->count; i++) {
        const struct pointer *pointer = &pointers->items[i];
        const char *oid = pointer->end_count == 1 ? oid_of(look, pointer->ends[0].table) : NULL;
        if (!pointer->open && !pointer->loose && !pointer->keys && pointer->path.count == 0 &&
            oid != NULL && strcmp(oid, to) == 0 && strcmp(columns, pointer->column) == 0)
            return true;
    }
    return false;
}

static bool split(const struct look *look, const char *lines, struct words *words)
{
    size_t count = 1;
    for (const char *at = lines; *at != '\0'; at++)
        count += *at == '\n';
    *words = (struct words){arena_alloc(look->keys->arena, count, sizeof *words->items), 0};
    while (words->items != NULL && words->count < count) {
        size_t length = strcspn(lines, "\n");
        const char *word = arena_printf(look->keys->arena, "%.*s", (int)length, lines);
        if (word == NULL)
            break;
        words->items[words->count++] = word;
        lines += length + (lines[length] == '\n');
    }
    return words->count == count ? true : error_memory(look->error);
}

static bool look_at_rows(const struct look *look, int row)
{
    const PGresult *found = look->found;
    struct pairing pairing = {.schema = PQgetvalue(found, row, KEY_TO_SCHEMA),
                              .name = PQgetvalue(found, row, KEY_TO_NAME)};
    const char *label = arena_printf(look->keys->arena, "%s.%s", pairing.schema, pairing.name);
    return (label != NULL ? true : error_memory(look->error)) &&
           split(look, PQgetvalue(found, row, KEY_COLUMNS), &pairing.columns) &&
           split(look, PQgetvalue(found, row, KEY_TO_COLUMNS), &pairing.to_columns) &&
           split(look, PQgetvalue(found, row, KEY_OPERATORS), &pairing.operators) &&
           look_for_orphans(look, &pairing, label);
}

bool foreign_keys_check(const struct foreign_keys *keys, const struct blueprint_table *table,
                        const struct pointers *pointers, struct error *error)
{
    const char *oid = keys->oids[table - keys->blueprint->tables];
    char what[256];
    snprintf(what, sizeof what, "the foreign keys of %s", table->label);
    PGresult *found = query(keys->inspection, what, keys_sql, &oid, 1);
    const struct look look = {keys, keys->inspection, table, found, error};
    bool ok = true;
    for (size_t i = 0; ok && i < table->reference_count; i++)
        ok = look_at_reference(&look, &table->references[i]);
    for (int row = 0; ok && found != NULL && row < PQntuples(found); row++)
        ok = look_at_other_key(&look, row) &&
             (is_looked_at(&look, pointers, row) || look_at_rows(&look, row));
    PQclear(found);
    return ok;
}
