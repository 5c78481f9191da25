/* After the data: primary keys, uniques, indexes and foreign keys. */
#include "building.h"
#include "graduate/sql.h"
#include "reference.h"
#include "shape.h"

#include <string.h>

static bool undo_constraint(struct building *b, struct buffer *sql, const char *name)
{
    buffer_puts(sql, "alter table ");
    ddl_put_table(sql, b->output->table);
    buffer_puts(sql, " drop constraint if exists ");
    sql_put_identifier(sql, name);
    return building_undo(b, sql);
}

/* A primary key makes its columns NOT NULL, which they stay without it. */
static bool undo_primary(struct building *b, struct buffer *query, const char *name,
                         const struct words *columns)
{
    buffer_puts(query, "select concat_ws('; ', pg_catalog.format('alter table %s drop constraint "
                       "if exists %I', t, ");
    sql_put_literal(query, name);
    buffer_puts(query, "), (select string_agg(pg_catalog.format('alter table %s alter column %I "
                       "drop not null', t, a.attname), '; ') from pg_catalog.pg_attribute a where "
                       "a.attrelid = pg_catalog.to_regclass(t) and not a.attnotnull and "
                       "a.attname in (");
    for (size_t i = 0; i < columns->count; i++) {
        buffer_puts(query, i > 0 ? ", " : "");
        sql_put_literal(query, columns->items[i]);
    }
    buffer_puts(query, "))) from (select ");
    ddl_put_table_literal(query, b->output->table->schema, b->output->table->name);
    buffer_puts(query, " as t) named");
    return building_ask_undo(b, query);
}

/* Primary key and uniques differ in their words only. A target that brings a primary key of another
 * name has one all the same. */
static bool build_unique(struct building *b, struct buffer *sql, struct buffer *exists,
                         const struct words *columns, bool primary)
{
    const struct mapping_table *table = b->output->table;
    const struct words none = {0};
    char *name = primary ? building_index_name(b, &none, "pkey", "")
                         : building_index_name(b, columns, "key", "");
    if (name == NULL)
        return error_memory(b->error);
    buffer_puts(sql, "alter table ");
    ddl_put_table(sql, table);
    buffer_puts(sql, " add constraint ");
    sql_put_identifier(sql, name);
    buffer_puts(sql, primary ? " primary key " : " unique ");
    building_put_columns(b, sql, columns);
    if (primary) {
        buffer_puts(exists, "select 1 from pg_catalog.pg_constraint where contype = 'p' and "
                            "conrelid = pg_catalog.to_regclass(");
        ddl_put_table_literal(exists, table->schema, table->name);
        buffer_putc(exists, ')');
    } else {
        ddl_put_constraint_exists(exists, table, name);
    }
    return building_add(b, SCHEMA_KEYS, sql, exists,
                        arena_printf(b->arena, "%s %s of %s", primary ? "primary key" : "unique",
                                     name, table->label)) &&
           (primary ? undo_primary(b, sql, name, columns) : undo_constraint(b, sql, name));
}

bool ddl_uniques(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    struct words key = {arena_alloc(b->arena, output->key_count, sizeof *key.items), 0};
    if (key.items == NULL)
        return error_memory(b->error);
    for (size_t i = 0; i < output->key_count; i++)
        key.items[key.count++] = output->columns[output->key[i]].name;
    if (key.count > 0 && !build_unique(b, sql, exists, &key, true))
        return false;
    for (size_t i = 0; i < b->shape->unique_count; i++)
        if (!build_unique(b, sql, exists, &b->shape->uniques[i], false))
            return false;
    return true;
}

static bool build_index(struct building *b, struct buffer *sql, struct buffer *exists,
                        const struct mapping_index *index)
{
    const struct mapping_table *table = b->output->table;
    const char *unique = index->unique ? "unique " : "";
    buffer_printf(sql, "%susing %s ", unique, index->method);
    building_put_columns(b, sql, &index->columns);
    if (index->where != NULL)
        buffer_printf(sql, " where %s", index->where);
    const char *definition = arena_text(b->arena, buffer_text(sql));
    char *name =
        definition != NULL ? building_index_name(b, &index->columns, "idx", definition) : NULL;
    if (name == NULL)
        return error_memory(b->error);
    buffer_clear(sql);
    buffer_printf(sql, "create %sindex ", unique);
    sql_put_identifier(sql, name);
    buffer_puts(sql, " on ");
    ddl_put_table(sql, table);
    buffer_printf(sql, " %s", definition + strlen(unique));
    buffer_puts(exists, "select 1 where pg_catalog.to_regclass(");
    ddl_put_table_literal(exists, table->schema, name);
    buffer_puts(exists, ") is not null");
    if (!building_add(b, SCHEMA_INDEXES, sql, exists,
                      arena_printf(b->arena, "index %s on %s", name, table->label)))
        return false;
    buffer_puts(sql, "drop index if exists ");
    sql_put_qualified(sql, table->schema, name);
    return building_undo(b, sql);
}

static bool leads(const struct building *b, const struct words *columns, const char *name)
{
    return building_column_length(b, columns->items[0]) == strlen(name) &&
           strncmp(columns->items[0], name, strlen(name)) == 0;
}

/* Does a key, unique or index of the table begin with the column? A foreign key without one makes
 * every delete of what it refers to a scan of the table. */
static bool has_leading_index(const struct building *b, const char *name)
{
    const struct schema_output *output = b->output;
    const struct shape *shape = b->shape;
    if (output->key_count > 0 && strcmp(output->columns[output->key[0]].name, name) == 0)
        return true;
    for (size_t i = 0; i < shape->unique_count; i++)
        if (leads(b, &shape->uniques[i], name))
            return true;
    for (size_t i = 0; i < shape->index_count; i++)
        if (shape->indexes[i].where == NULL && leads(b, &shape->indexes[i].columns, name))
            return true;
    return false;
}

bool ddl_indexes(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    for (size_t i = 0; i < b->shape->index_count; i++)
        if (!build_index(b, sql, exists, &b->shape->indexes[i]))
            return false;
    for (size_t c = 0; c < output->column_count; c++) {
        struct reference reference;
        if (!reference_find(b->schema, output, &output->columns[c], &reference) ||
            has_leading_index(b, output->columns[c].name))
            continue;
        const char *name = output->columns[c].name;
        const struct mapping_index index = {.columns = {&name, 1}, .method = "btree"};
        if (!build_index(b, sql, exists, &index))
            return false;
    }
    return true;
}

/* The server would refuse it too, but only when the data is there. */
static bool check_reference(const struct building *b, const struct schema_column *column,
                            const struct reference *reference)
{
    const struct schema_output *to = reference->to;
    size_t c = 0;
    while (strcmp(to->columns[c].name, reference->column) != 0)
        c++;
    if (pgtype_oid(&to->columns[c].type) == pgtype_oid(&column->type))
        return true;
    error_set(b->error, ERROR_USAGE, "%s: /to/%s/columns/%s: a %s cannot refer to %s of %s, a %s",
              b->output->entity->file, b->output->table->label, column->name, column->type.name,
              reference->column, to->table->label, to->columns[c].type.name);
    return error_hint(b->error, "give both the same type, or say \"foreign_key\": false");
}

/* The server tells the id that is missing, but not the row that has it. */
static char *find_orphans(const struct building *b, const char *column,
                          const struct reference *reference)
{
    const struct schema_output *output = b->output;
    struct buffer sql;
    buffer_init(&sql);
    buffer_puts(&sql, "select ");
    sql_put_literal(&sql, output->entity->name);
    for (size_t k = 0; k < output->key_count; k++) {
        buffer_puts(&sql, k == 0 ? ", concat_ws(', ', c." : ", c.");
        sql_put_identifier(&sql, output->columns[output->key[k]].name);
    }
    buffer_puts(&sql, output->key_count > 0 ? "), " : ", '', ");
    sql_put_literal(&sql, column);
    buffer_puts(&sql, ", count(*) over (), (select count(t.");
    sql_put_identifier(&sql, column);
    buffer_puts(&sql, ") from ");
    ddl_put_table(&sql, output->table);
    buffer_puts(&sql, " t), ");
    sql_put_literal(&sql, reference->to->table->label);
    buffer_puts(&sql, " from ");
    ddl_put_table(&sql, output->table);
    buffer_puts(&sql, " c where c.");
    sql_put_identifier(&sql, column);
    buffer_puts(&sql, " is not null and not exists (select from ");
    ddl_put_table(&sql, reference->to->table);
    buffer_puts(&sql, " p where p.");
    sql_put_identifier(&sql, reference->column);
    buffer_puts(&sql, " = c.");
    sql_put_identifier(&sql, column);
    buffer_puts(&sql, ") order by 2 limit 1");
    char *text = sql.failed ? NULL : arena_text(b->arena, buffer_text(&sql));
    buffer_release(&sql);
    return text;
}

bool ddl_references(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    for (size_t c = 0; c < output->column_count; c++) {
        struct reference reference;
        const char *column = output->columns[c].name;
        if (!reference_find(b->schema, output, &output->columns[c], &reference))
            continue;
        if (!check_reference(b, &output->columns[c], &reference))
            return false;
        const struct words columns = {&column, 1};
        char *name = building_name(b, &columns, "fkey", "", false);
        if (name == NULL)
            return error_memory(b->error);
        buffer_puts(sql, "alter table ");
        ddl_put_table(sql, output->table);
        buffer_puts(sql, " add constraint ");
        sql_put_identifier(sql, name);
        buffer_puts(sql, " foreign key (");
        sql_put_identifier(sql, column);
        buffer_puts(sql, ") references ");
        ddl_put_table(sql, reference.to->table);
        buffer_puts(sql, " (");
        sql_put_identifier(sql, reference.column);
        buffer_putc(sql, ')');
        if (reference.on_delete != NULL)
            buffer_printf(sql, " on delete %s", reference.on_delete);
        ddl_put_constraint_exists(exists, output->table, name);
        if (!building_add(
                b, SCHEMA_REFERENCES, sql, exists,
                arena_printf(b->arena, "foreign key %s of %s", name, output->table->label)) ||
            !undo_constraint(b, sql, name))
            return false;
        char *orphans = find_orphans(b, column, &reference);
        if (orphans == NULL)
            return error_memory(b->error);
        b->schema->statements[b->schema->statement_count - 1].orphans = orphans;
    }
    return true;
}
