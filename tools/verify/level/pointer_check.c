#include "pointer_check.h"
#include "table_shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "extra.friend.id", "book_breakdown's keys" */
static const char *place_of(const struct pointer *pointer, struct arena *arena)
{
    const char *place = pointer->column;
    for (size_t i = 0; i < pointer->path.count && place != NULL; i++)
        place = arena_printf(arena, "%s.%s", place, pointer->path.items[i]);
    if (pointer->keys && place != NULL)
        place = arena_printf(arena, "the keys of %s", place);
    return place != NULL ? place : pointer->column;
}

/* "public.users or auth.users" */
static const char *ends_of(const struct pointer *pointer, struct arena *arena)
{
    const char *ends = pointer->ends[0].table->label;
    for (size_t i = 1; i < pointer->end_count && ends != NULL; i++)
        ends = arena_printf(arena, "%s or %s", ends, pointer->ends[i].table->label);
    return ends != NULL ? ends : "the target";
}

static bool is_uuid(const struct blueprint_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return table->columns[i].type.base == PG_UUID;
    return false;
}

/* Inside of JSON an id is text. */
static bool is_text(const struct blueprint_table *table, const struct pointer *pointer)
{
    return pointer->keys || pointer->path.count > 0 || !is_uuid(table, pointer->column);
}

/* Where the values of a row stand: one behind the other, or the column alone. */
static bool is_gathered(const struct pointer *pointer)
{
    return pointer->keys || pointer->array || pointer->path.count > 0;
}

static void put_json(struct buffer *sql, const struct pointer *pointer)
{
    buffer_puts(sql, "c.");
    query_put_name(sql, pointer->column);
    buffer_puts(sql, "::jsonb");
}

static void put_value(struct buffer *sql, const struct pointer *pointer)
{
    if (is_gathered(pointer)) {
        buffer_puts(sql, "i.id");
        return;
    }
    buffer_puts(sql, "c.");
    query_put_name(sql, pointer->column);
}

/* What the rows are joined with, so that i.id is each of their values. */
static void put_gathering(struct buffer *sql, const struct pointer *pointer)
{
    if (pointer->keys) {
        buffer_puts(sql, " CROSS JOIN LATERAL jsonb_object_keys(CASE jsonb_typeof(");
        put_json(sql, pointer);
        buffer_puts(sql, ") WHEN 'object' THEN ");
        put_json(sql, pointer);
        buffer_puts(sql, " ELSE '{}' END) i (id)");
    } else if (pointer->array) {
        buffer_puts(sql, " CROSS JOIN LATERAL unnest(c.");
        query_put_name(sql, pointer->column);
        buffer_puts(sql, ") i (id)");
    } else if (pointer->path.count > 0) {
        buffer_puts(sql, " CROSS JOIN LATERAL jsonb_extract_path(");
        put_json(sql, pointer);
        for (size_t i = 0; i < pointer->path.count; i++) {
            buffer_puts(sql, ", ");
            query_put_literal(sql, pointer->path.items[i]);
        }
        buffer_puts(sql, ") m (value) CROSS JOIN LATERAL (SELECT e.value #>> '{}' FROM "
                         "jsonb_array_elements(CASE jsonb_typeof(m.value) WHEN 'array' THEN "
                         "m.value ELSE jsonb_build_array(m.value) END) e (value)) i (id)");
    }
}

/* FROM and WHERE of the values that find nothing. */
static void put_orphans(struct buffer *sql, const struct blueprint_table *table,
                        const struct pointer *pointer)
{
    buffer_puts(sql, " FROM ");
    query_put_table(sql, table->mapping->schema, table->mapping->name);
    buffer_puts(sql, " c");
    put_gathering(sql, pointer);
    buffer_puts(sql, " WHERE ");
    put_value(sql, pointer);
    buffer_puts(sql, " IS NOT NULL");
    for (size_t e = 0; e < pointer->end_count; e++) {
        const struct pointer_end *end = &pointer->ends[e];
        bool text = is_text(table, pointer) || !is_uuid(end->table, end->column);
        buffer_puts(sql, " AND NOT EXISTS (SELECT FROM ");
        query_put_table(sql, end->table->mapping->schema, end->table->mapping->name);
        buffer_puts(sql, " p WHERE p.");
        query_put_name(sql, end->column);
        buffer_puts(sql, text ? "::text = " : " = ");
        put_value(sql, pointer);
        buffer_puts(sql, text ? "::text)" : ")");
    }
}

struct orphans {
    struct inspection *inspection;
    const char *table, *place, *ends;
};

static bool visit_orphan(void *context, const PGresult *rows, struct error *error)
{
    const struct orphans *orphans = context;
    return inspection_find(orphans->inspection, "orphan", orphans->table, PQgetvalue(rows, 0, 0),
                           error, "(%s) is %s, which %s does not have", orphans->place,
                           PQgetvalue(rows, 0, 1), orphans->ends);
}

static bool find_orphans(struct orphans *orphans, const char *what,
                         const struct blueprint_table *table, const struct pointer *pointer,
                         struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_puts(&sql, "SELECT ");
    shape_put_key(&sql, table, "c");
    buffer_puts(&sql, ", ");
    put_value(&sql, pointer);
    put_orphans(&sql, table, pointer);
    buffer_puts(&sql, " ORDER BY 1, 2");
    bool ok = buffer_ok(&sql, error) && query_each(orphans->inspection, what, buffer_text(&sql),
                                                   visit_orphan, orphans, error);
    buffer_release(&sql);
    return ok;
}

static bool count_orphans(const struct orphans *orphans, const char *what,
                          const struct blueprint_table *table, const struct pointer *pointer,
                          struct error *error)
{
    struct buffer sql;
    int64_t count = 0;
    buffer_init(&sql);
    buffer_puts(&sql, "SELECT count(*)");
    put_orphans(&sql, table, pointer);
    bool ok = buffer_ok(&sql, error);
    if (ok && query_number(orphans->inspection, what, buffer_text(&sql), &count, NULL) && count > 0)
        inspection_remark(orphans->inspection,
                          "%" PRId64 " of %s, %s: ids that %s does not have, as %s allows", count,
                          table->label, orphans->place, orphans->ends,
                          pointer->kept ? "\"dangling\": \"keep\"" : "\"foreign_key\": false");
    buffer_release(&sql);
    return ok;
}

bool pointer_check(struct inspection *inspection, const struct blueprint_table *table,
                   const struct pointer *pointer, struct arena *arena, struct error *error)
{
    struct orphans orphans = {inspection, table->label, place_of(pointer, arena), ""};
    char what[256];
    if (pointer->open)
        return true;
    if (pointer->end_count == 0) {
        inspection_remark(inspection,
                          "%s, %s: ids of %s stand in no table, and were not looked for",
                          table->label, orphans.place, pointer->entity->name);
        return true;
    }
    orphans.ends = ends_of(pointer, arena);
    snprintf(what, sizeof what, "%s of %s without their rows of %s", orphans.place, table->label,
             orphans.ends);
    inspection->checks++;
    return pointer->loose || pointer->kept ? count_orphans(&orphans, what, table, pointer, error)
                                           : find_orphans(&orphans, what, table, pointer, error);
}
