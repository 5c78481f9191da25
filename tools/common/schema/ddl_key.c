/* After the data: primary keys, uniques, indexes and foreign keys. */
#include "building.h"
#include "graduate/sql.h"
#include "kept_type.h"
#include "reference.h"
#include "retarget.h"
#include "schema_key.h"
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

/* What the source says of the key or unique of these columns, or NULL. */
static const struct catalog_object *said_by_source(const struct building *b, const char *kind,
                                                   const struct words *columns)
{
    for (size_t c = 0; b->catalog != NULL && c < b->catalog_count; c++)
        for (size_t i = 0; i < b->catalogs[c].object_count; i++) {
            const struct catalog_object *object = &b->catalogs[c].objects[i];
            bool same = strcmp(b->catalogs[c].source, b->output->entity->source->name) == 0 &&
                        strcmp(object->kind, kind) == 0 && object->in_shape &&
                        object->entity != NULL &&
                        strcmp(object->entity, b->output->entity->from) == 0 &&
                        object->columns.count == columns->count;
            for (size_t k = 0; same && k < columns->count; k++) {
                const struct schema_column *column =
                    output_column(b->output, b->catalog, object->columns.items[k]);
                same = column != NULL && strcmp(column->name, columns->items[k]) == 0;
            }
            if (same)
                return object;
        }
    return NULL;
}

/* Columns that an index carries along; what does not come is left. */
static void put_include(const struct building *b, struct buffer *sql,
                        const struct catalog_names *include)
{
    const char *between = " include (";
    for (size_t i = 0; i < include->count; i++) {
        const struct schema_column *column =
            output_column(b->output, b->catalog, include->items[i]);
        if (column == NULL)
            continue;
        buffer_puts(sql, between);
        sql_put_identifier(sql, column->name);
        between = ", ";
    }
    buffer_puts(sql, between[0] == ',' ? ")" : "");
}

/* "NAME on ENTITY" without what stands behind the name. */
static char *own_name(const struct building *b, const struct catalog_object *object)
{
    size_t tail = strlen(object->entity) + strlen(" on ");
    return arena_printf(b->arena, "%.*s", (int)(strlen(object->name) - tail), object->name);
}

/* The last statement makes a unique index. */
static bool add_index(struct building *b, const char *name, const char *form)
{
    struct schema_statement *last = &b->schema->statements[b->schema->statement_count - 1];
    last->index_name = name;
    last->index_form = form;
    return form != NULL || error_memory(b->error);
}

/* Primary key and uniques differ in their words only. A target that brings a primary key of another
 * name has one all the same. */
static bool build_unique(struct building *b, struct buffer *sql, struct buffer *exists,
                         const struct words *columns, bool primary)
{
    const struct mapping_table *table = b->output->table;
    const struct words none = {0};
    const struct catalog_object *said =
        said_by_source(b, primary ? "primary key" : "unique", columns);
    const char *own = said != NULL ? own_name(b, said) : NULL;
    char *name = primary ? building_index_name(b, own, &none, "pkey", "")
                         : building_index_name(b, own, columns, "key", "");
    if (name == NULL)
        return error_memory(b->error);
    bool nulls_equal = said != NULL && said->nulls_equal;
    buffer_puts(sql, "using btree ");
    building_put_columns(b, sql, columns);
    buffer_puts(sql, nulls_equal ? " nulls not distinct" : "");
    const char *form = arena_text(b->arena, buffer_text(sql));
    buffer_clear(sql);
    buffer_puts(sql, "alter table ");
    ddl_put_table(sql, table);
    buffer_puts(sql, " add constraint ");
    sql_put_identifier(sql, name);
    buffer_puts(sql, primary ? " primary key " : " unique ");
    buffer_puts(sql, nulls_equal ? "nulls not distinct " : "");
    building_put_columns(b, sql, columns);
    if (said != NULL) {
        put_include(b, sql, &said->include);
        if (said->storage != NULL)
            buffer_printf(sql, " with (%s)", said->storage);
        if (said->timing != NULL)
            buffer_printf(sql, " %s", said->timing);
    }
    if (primary) {
        buffer_puts(exists, "select 1 from pg_catalog.pg_constraint where contype = 'p' and "
                            "conrelid = pg_catalog.to_regclass(");
        ddl_put_table_literal(exists, table->schema, table->name);
        buffer_putc(exists, ')');
    } else {
        ddl_put_constraint_exists(exists, table, 'u', name);
    }
    return building_add(b, SCHEMA_KEYS, sql, exists,
                        arena_printf(b->arena, "%s %s of %s", primary ? "primary key" : "unique",
                                     name, table->label)) &&
           add_index(b, name, form) &&
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
    for (size_t i = 0; i < index->include.count; i++) {
        buffer_puts(sql, i > 0 ? ", " : " include (");
        sql_put_identifier(sql, index->include.items[i]);
    }
    buffer_puts(sql, index->include.count > 0 ? ")" : "");
    buffer_puts(sql, index->nulls_equal ? " nulls not distinct" : "");
    if (index->storage != NULL)
        buffer_printf(sql, " with (%s)", index->storage);
    if (index->where != NULL)
        buffer_printf(sql, " where %s", index->where);
    const char *definition = arena_text(b->arena, buffer_text(sql));
    char *name = definition != NULL
                     ? building_index_name(b, index->name, &index->columns, "idx", definition)
                     : NULL;
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
                      arena_printf(b->arena, "index %s on %s", name, table->label)) ||
        (index->unique && !add_index(b, name, definition + strlen(unique))))
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

/* ", " between the columns of a row, under an alias. */
static void put_aliased(struct buffer *sql, const char *alias, const struct words *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        buffer_printf(sql, "%s%s.", i > 0 ? ", " : "", alias);
        sql_put_identifier(sql, columns->items[i]);
    }
}

static void put_all_there(struct buffer *sql, const char *alias, const struct words *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        buffer_printf(sql, "%s%s.", i > 0 ? " and " : "", alias);
        sql_put_identifier(sql, columns->items[i]);
        buffer_puts(sql, " is not null");
    }
}

/* The server tells the id that is missing, but not the row that has it. */
static char *find_orphans(const struct building *b, const struct schema_key *key)
{
    const struct schema_output *output = b->output;
    struct buffer sql, names;
    buffer_init(&sql);
    buffer_init(&names);
    for (size_t i = 0; i < key->columns.count; i++)
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", key->columns.items[i]);
    buffer_puts(&sql, "select ");
    sql_put_literal(&sql, output->entity->name);
    for (size_t k = 0; k < output->key_count; k++) {
        buffer_puts(&sql, k == 0 ? ", min(concat_ws(', ', c." : ", c.");
        sql_put_identifier(&sql, output->columns[output->key[k]].name);
    }
    buffer_puts(&sql, output->key_count > 0 ? ")), " : ", '', ");
    sql_put_literal(&sql, buffer_text(&names));
    buffer_puts(&sql, ", count(*), (select count(*) from ");
    ddl_put_table(&sql, output->table);
    buffer_puts(&sql, " t where ");
    put_all_there(&sql, "t", &key->columns);
    buffer_puts(&sql, "), ");
    sql_put_literal(&sql, key->to->table->label);
    buffer_puts(&sql, " from ");
    ddl_put_table(&sql, output->table);
    buffer_puts(&sql, " c where ");
    put_all_there(&sql, "c", &key->columns);
    buffer_puts(&sql, " and not exists (select from ");
    ddl_put_table(&sql, key->to->table);
    buffer_puts(&sql, " p where (");
    put_aliased(&sql, "p", &key->to_columns);
    buffer_puts(&sql, ") = (");
    put_aliased(&sql, "c", &key->columns);
    /* Asked for the first row of a window, the server plans as if few were wanted: nested loops. */
    buffer_puts(&sql, ")) having count(*) > 0");
    char *text = sql.failed || names.failed ? NULL : arena_text(b->arena, buffer_text(&sql));
    buffer_release(&sql);
    buffer_release(&names);
    return text;
}

static void put_action(struct buffer *sql, const char *event, const char *action,
                       const struct building *b, const struct words *columns)
{
    if (action == NULL)
        return;
    buffer_printf(sql, " on %s %s", event, action);
    if (columns->count == 0)
        return;
    buffer_putc(sql, ' ');
    building_put_columns(b, sql, columns);
}

static void put_key(struct building *b, struct buffer *sql, const struct schema_key *key,
                    const char *name)
{
    static const struct words all = {0};
    buffer_puts(sql, "alter table ");
    ddl_put_table(sql, b->output->table);
    buffer_puts(sql, " add constraint ");
    sql_put_identifier(sql, name);
    buffer_puts(sql, " foreign key ");
    building_put_columns(b, sql, &key->columns);
    buffer_puts(sql, " references ");
    ddl_put_table(sql, key->to->table);
    for (size_t i = 0; i < key->to_columns.count; i++) {
        buffer_puts(sql, i > 0 ? ", " : " (");
        sql_put_identifier(sql, key->to_columns.items[i]);
    }
    buffer_printf(sql, ")%s", key->match_full ? " match full" : "");
    put_action(sql, "update", key->on_update, b, &all);
    put_action(sql, "delete", key->on_delete, b, &key->emptied);
    if (key->timing != NULL)
        buffer_printf(sql, " %s", key->timing);
    buffer_puts(sql, key->invalid ? " not valid" : "");
}

bool ddl_references(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct keying keying = {b->schema, b->catalogs, b->catalog_count, b->arena, b->error};
    const struct mapping_table *table = b->output->table;
    struct schema_key *keys;
    size_t count;
    if (!schema_keys_gather(&keying, b->output, &keys, &count))
        return false;
    struct schema_output *output = &b->schema->outputs[b->output - b->schema->outputs];
    output->ties = arena_alloc(b->arena, count + 1, sizeof *output->ties);
    if (output->ties == NULL)
        return error_memory(b->error);
    for (size_t i = 0; i < count; i++)
        if (!keys[i].invalid)
            output->ties[output->tie_count++] =
                (struct schema_tie){keys[i].to, keys[i].columns, keys[i].to_columns};
    for (size_t i = 0; i < count; i++) {
        const char *name = keys[i].name != NULL
                               ? keys[i].name
                               : building_name(b, &keys[i].columns, "fkey", "", false);
        if (name == NULL)
            return error_memory(b->error);
        put_key(b, sql, &keys[i], name);
        ddl_put_constraint_exists(exists, table, 'f', name);
        if (!building_add(b, SCHEMA_REFERENCES, sql, exists,
                          arena_printf(b->arena, "foreign key %s of %s", name, table->label)) ||
            !undo_constraint(b, sql, name))
            return false;
        if (keys[i].invalid) /* rows that are there may refer to nothing */
            continue;
        char *orphans = find_orphans(b, &keys[i]);
        if (orphans == NULL)
            return error_memory(b->error);
        b->schema->statements[b->schema->statement_count - 1].orphans = orphans;
    }
    return true;
}

/* ---- what the source alone can say ------------------------------------------------------------
 */

bool ddl_exclusions(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    for (size_t c = 0; b->catalog != NULL && c < b->catalog_count; c++)
        for (size_t i = 0; i < b->catalogs[c].object_count; i++) {
            const struct catalog_object *object = &b->catalogs[c].objects[i];
            if (!shape_keeps_exclusion(b->schema->project, &b->catalogs[c], object, b->output,
                                       b->catalog))
                continue;
            const char *name = own_name(b, object);
            const char *definition = kept_type_retarget(b->schema, b->output, NULL, b->source,
                                                        b->catalog, b->arena, object->definition);
            if (name == NULL || definition == NULL)
                return error_memory(b->error);
            buffer_puts(sql, "alter table ");
            ddl_put_table(sql, table);
            buffer_puts(sql, " add constraint ");
            sql_put_identifier(sql, name);
            buffer_printf(sql, " %s", definition);
            ddl_put_constraint_exists(exists, table, 'x', name);
            if (!building_add(b, SCHEMA_KEYS, sql, exists,
                              arena_printf(b->arena, "exclusion %s of %s", name, table->label)) ||
                !undo_constraint(b, sql, name))
                return false;
        }
    return true;
}

/* One from before which rows need not keep. */
bool ddl_loose_checks(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    for (size_t i = 0; b->catalog != NULL && i < b->catalog->check_count; i++) {
        const struct catalog_check *check = &b->catalog->checks[i];
        if (!check->invalid || !building_keeps_check(b, check))
            continue;
        const char *expression = kept_type_retarget(b->schema, b->output, NULL, b->source,
                                                    b->catalog, b->arena, check->expression);
        if (expression == NULL)
            return error_memory(b->error);
        buffer_puts(sql, "alter table ");
        ddl_put_table(sql, table);
        buffer_puts(sql, " add constraint ");
        sql_put_identifier(sql, check->name);
        buffer_printf(sql, " check (%s) not valid", expression);
        ddl_put_constraint_exists(exists, table, 'c', check->name);
        if (!building_add(b, SCHEMA_KEYS, sql, exists,
                          arena_printf(b->arena, "check %s of %s", check->name, table->label)) ||
            !undo_constraint(b, sql, check->name))
            return false;
    }
    return true;
}
