#include "blueprint.h"
#include "graduate/path.h"
#include "kept_key.h"
#include "named_type.h"
#include "pointer.h"
#include "source_text.h"

#include <stdio.h>
#include <string.h>

struct drawing {
    struct blueprint *blueprint;
    const struct project *project;
    const struct catalog *catalogs;
    size_t catalog_count;
    const struct catalog_entity *kept; /* what the table at hand keeps the shape of, or NULL */
    struct error *error;
};

static void *take(struct drawing *d, size_t count, size_t size)
{
    void *memory = arena_alloc(&d->blueprint->arena, count, size);
    if (memory == NULL)
        error_memory(d->error);
    return memory;
}

static struct blueprint_column *find_column(const struct blueprint_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

/* A word may go on behind the name: "created_at desc". Of names that contain blanks the longest. */
static size_t name_length(const char *word, const char *name)
{
    size_t length = strlen(name);
    bool begins = strncmp(word, name, length) == 0;
    return begins && (word[length] == '\0' || word[length] == ' ') ? length : 0;
}

size_t blueprint_column_length(const struct blueprint_table *table, const char *word)
{
    size_t longest = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        size_t length = name_length(word, table->columns[i].name);
        longest = length > longest ? length : longest;
    }
    return longest;
}

const char *blueprint_list(struct arena *arena, const struct words *words)
{
    const char *list = words->count > 0 ? words->items[0] : "";
    for (size_t i = 1; i < words->count && list != NULL; i++)
        list = arena_printf(arena, "%s, %s", list, words->items[i]);
    return list != NULL ? list : "...";
}

/* What the entity's source says of itself, or NULL. */
static const struct catalog *whole_of(const struct drawing *d, const struct mapping *entity)
{
    for (size_t i = 0; entity->source->kind == SOURCE_POSTGRES && i < d->catalog_count; i++)
        if (strcmp(d->catalogs[i].source, entity->source->name) == 0)
            return &d->catalogs[i];
    return NULL;
}

/* What a Postgres source says of the entity, or NULL. */
static const struct catalog_entity *described(const struct drawing *d, const struct mapping *entity)
{
    const struct catalog *whole = whole_of(d, entity);
    return whole != NULL ? catalog_find(whole, entity->from) : NULL;
}

/* Of a table whose entity is described. */
static struct named_types types_of(const struct drawing *d, const struct blueprint_table *table,
                                   const struct mapping *entity)
{
    return (struct named_types){
        &d->blueprint->arena, d->project, whole_of(d, entity), d->catalogs, d->catalog_count,
        described(d, entity), table};
}

static bool find_kept(struct drawing *d, const struct mapping *entity)
{
    d->kept = described(d, entity);
    if (d->kept == NULL)
        error_set(d->error, ERROR_USAGE,
                  "the catalog of the source %s has no %s, whose shape %s keeps",
                  entity->source->name, entity->from, entity->file);
    return d->kept != NULL;
}

/* What the mapping says of a column of the source's, or NULL. */
static const struct mapping_column *mapped(const struct mapping_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *column = &table->columns[i];
        if (column->value.kind == VALUE_FROM && path_is_name(column->value.from, name))
            return column;
    }
    return NULL;
}

static bool take_type(struct drawing *d, const struct named_types *types,
                      const struct catalog_column *from, struct pgtype *type)
{
    if (!pgtype_of_column(from->type, from->oid, from->layout, type))
        return error_set(d->error, ERROR_USAGE,
                         "the source's type %s of %s is none that can be "
                         "kept",
                         from->type, from->name);
    if (type->named == NULL)
        return true;
    type->named = named_type_there(types, from->type);
    return type->named != NULL || error_memory(d->error);
}

/* An expression of the source's, under the target's names. */
static const char *text_of(struct drawing *d, const struct blueprint_table *table, const char *sql)
{
    const char *text =
        source_text(d->project, table->entity, table->mapping, d->kept, sql, &d->blueprint->arena);
    if (text == NULL)
        error_memory(d->error);
    return text;
}

static bool keep_column(struct drawing *d, struct blueprint_table *table,
                        const struct catalog_column *from)
{
    const struct mapping_column *by = mapped(table->mapping, from->name);
    const char *name = source_name(table->entity, table->mapping, from->name);
    if (name == NULL)
        return true;
    const struct named_types types = types_of(d, table, table->entity);
    struct blueprint_column column = {
        .name = name,
        .not_null = by != NULL && by->has_null
                        ? by->not_null
                        : from->not_null && (by == NULL || by->value.when.count == 0),
        .serial_last = from->serial ? from->serial_last : -1,
        .default_sql = by != NULL && by->sql_default != NULL ? by->sql_default : from->default_sql,
        .in = by != NULL ? by->in : NULL,
        .comment = from->comment,
        .mapping = by,
    };
    bool own_default = from->default_sql != NULL && column.default_sql == from->default_sql;
    if (own_default && (column.default_sql = text_of(d, table, from->default_sql)) == NULL)
        return false;
    if (by != NULL && by->type.name != NULL)
        column.type = by->type;
    else if (!take_type(d, &types, from, &column.type))
        return false;
    if (column.type.named != NULL)
        column.named = catalog_type_find(types.catalog, from->type);
    if (own_default &&
        (column.default_sql = named_type_sql(&types, &column, column.default_sql)) == NULL)
        return error_memory(d->error);
    if (column.type.base == PG_TEXT || column.type.base == PG_VARCHAR ||
        column.type.base == PG_CHAR)
        column.collation = from->collation;
    bool whole =
        column.type.base == PG_INT2 || column.type.base == PG_INT4 || column.type.base == PG_INT8;
    column.numbered = from->serial && whole && !column.type.array &&
                      (by == NULL || mapping_value_is_plain(&by->value));
    column.always = column.numbered && from->always;
    column.numbering = column.numbered ? from->numbering : NULL;
    table->columns[table->column_count++] = column;
    return true;
}

/* A column that is the parent's may leave its type to that, and one that is a source's column to
 * the source. */
static bool add_mapped(struct drawing *d, struct blueprint_table *table,
                       const struct mapping *entity, const struct mapping_column *by)
{
    struct pgtype type = by->type;
    if (find_column(table, by->name) != NULL)
        return true;
    if (type.name == NULL && by->value.kind == VALUE_PARENT) {
        const struct blueprint_table *parent =
            pointer_find_table(d->blueprint, by->value.above->label);
        const struct blueprint_column *above = find_column(parent, by->value.from);
        type = above != NULL ? above->type : type;
    }
    const struct catalog_entity *source = described(d, entity);
    const struct catalog_column *from = NULL;
    bool whole = source != NULL && type.name == NULL && by->value.kind == VALUE_FROM;
    for (size_t i = 0; whole && i < source->column_count; i++)
        if (path_is_name(by->value.from, source->columns[i].name))
            from = &source->columns[i];
    const struct named_types types = types_of(d, table, entity);
    if (from != NULL && !take_type(d, &types, from, &type))
        return false;
    if (type.name == NULL)
        return error_set(d->error, ERROR_USAGE,
                         "the catalog of the source %s has no column %s for %s",
                         entity->source->name, by->name, table->label);
    table->columns[table->column_count++] = (struct blueprint_column){
        .name = by->name,
        .type = type,
        .named = from != NULL && type.named != NULL ? catalog_type_find(types.catalog, from->type)
                                                    : NULL,
        .not_null = by->not_null,
        .serial_last = -1,
        .default_sql = by->sql_default,
        .in = by->in,
        .mapping = by,
    };
    return true;
}

/* Of a table that exists, the columns of its further forms, too. */
static size_t most_columns(const struct drawing *d, const char *label)
{
    size_t count = d->kept != NULL ? d->kept->column_count : 0;
    for (size_t i = 0; i < d->project->mapping_count; i++)
        for (size_t t = 0; t < d->project->mappings[i]->table_count; t++)
            if (strcmp(d->project->mappings[i]->tables[t].label, label) == 0)
                count += d->project->mappings[i]->tables[t].column_count;
    return count;
}

static bool draw_columns(struct drawing *d, struct blueprint_table *table)
{
    table->comment = table->mapping->comment != NULL ? table->mapping->comment
                     : d->kept != NULL               ? d->kept->comment
                                                     : NULL;
    table->columns = take(d, most_columns(d, table->label), sizeof *table->columns);
    if (table->columns == NULL)
        return false;
    for (size_t i = 0; d->kept != NULL && i < d->kept->column_count; i++)
        if (d->kept->columns[i].computed == NULL && !keep_column(d, table, &d->kept->columns[i]))
            return false;
    for (size_t i = 0; i < table->mapping->column_count; i++)
        if (!add_mapped(d, table, table->entity, &table->mapping->columns[i]))
            return false;
    return true;
}

/* Words of the source's under the target's names; *kept is false when one of them has none. */
static bool keep_words(struct drawing *d, const struct blueprint_table *table,
                       const struct catalog_names *names, struct words *out, bool *kept)
{
    *out = (struct words){take(d, names->count, sizeof *out->items), names->count};
    *kept = true;
    if (out->items == NULL)
        return false;
    for (size_t i = 0; i < names->count; i++) {
        const char *word = names->items[i], *own = NULL;
        size_t longest = 0;
        for (size_t c = 0; c < d->kept->column_count; c++) {
            size_t length = name_length(word, d->kept->columns[c].name);
            if (length > longest) {
                longest = length;
                own = source_name(table->entity, table->mapping, d->kept->columns[c].name);
            }
        }
        out->items[i] = word;
        if (longest == 0 && (out->items[i] = text_of(d, table, word)) == NULL)
            return false;
        if (longest == 0) /* an expression */
            continue;
        *kept = *kept && own != NULL;
        if (own != NULL)
            out->items[i] = arena_printf(&d->blueprint->arena, "%s%s", own, word + longest);
        if (out->items[i] == NULL)
            return error_memory(d->error);
    }
    return true;
}

static bool draw_key(struct drawing *d, struct blueprint_table *table)
{
    bool kept = true;
    table->key = table->mapping->key;
    if (table->key.count == 0 && !table->mapping->keyless && d->kept != NULL &&
        !keep_words(d, table, &d->kept->key, &table->key, &kept))
        return false;
    for (size_t i = 0; i < table->key.count; i++) {
        struct blueprint_column *column = find_column(table, table->key.items[i]);
        if (column != NULL)
            column->not_null = true;
    }
    return true;
}

static bool draw_uniques(struct drawing *d, struct blueprint_table *table)
{
    const struct mapping_table *mapping = table->mapping;
    size_t more = d->kept != NULL ? d->kept->unique_count : 0;
    table->uniques = take(d, mapping->unique_count + more, sizeof *table->uniques);
    if (table->uniques == NULL)
        return false;
    for (size_t i = 0; i < mapping->unique_count; i++)
        table->uniques[table->unique_count++] = mapping->uniques[i];
    for (size_t i = 0; i < more; i++) {
        bool kept;
        if (!keep_words(d, table, &d->kept->uniques[i], &table->uniques[table->unique_count],
                        &kept))
            return false;
        table->unique_count += kept;
    }
    return true;
}

static bool draw_indexes(struct drawing *d, struct blueprint_table *table)
{
    const struct mapping_table *mapping = table->mapping;
    size_t more = d->kept != NULL ? d->kept->index_count : 0;
    table->indexes = take(d, mapping->index_count + more, sizeof *table->indexes);
    if (table->indexes == NULL)
        return false;
    for (size_t i = 0; i < mapping->index_count; i++)
        table->indexes[table->index_count++] = mapping->indexes[i];
    for (size_t i = 0; i < more; i++) {
        const struct catalog_index *from = &d->kept->indexes[i];
        struct mapping_index *index = &table->indexes[table->index_count];
        bool kept, carried;
        *index = (struct mapping_index){.method = from->method != NULL ? from->method : "btree",
                                        .unique = from->unique,
                                        .nulls_equal = from->nulls_equal};
        if (!keep_words(d, table, &from->columns, &index->columns, &kept) ||
            !keep_words(d, table, &from->include, &index->include, &carried) ||
            (from->where != NULL && (index->where = text_of(d, table, from->where)) == NULL))
            return false;
        kept = kept && carried && source_all_come(table->entity, mapping, &from->made_of);
        table->index_count += kept;
    }
    return true;
}

/* A check of the source's gives way to one of the mapping's with its name: one that is said, or the
 * one that PostgreSQL's custom gives to a list of allowed values. */
static bool is_replaced(const struct blueprint_table *table, const char *name)
{
    for (size_t i = 0; i < table->mapping->check_count; i++)
        if (strcmp(table->mapping->checks[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < table->column_count; i++) {
        char own[64];
        int length =
            snprintf(own, sizeof own, "%s_%s_check", table->mapping->name, table->columns[i].name);
        if (table->columns[i].in != NULL && length < (int)sizeof own && strcmp(own, name) == 0)
            return true;
    }
    return false;
}

static bool draw_checks(struct drawing *d, struct blueprint_table *table)
{
    const struct mapping_table *mapping = table->mapping;
    size_t more = d->kept != NULL ? d->kept->check_count : 0;
    table->checks = take(d, mapping->check_count + more, sizeof *table->checks);
    if (table->checks == NULL)
        return false;
    for (size_t i = 0; i < mapping->check_count; i++)
        table->checks[table->check_count++] = mapping->checks[i];
    for (size_t i = 0; i < more; i++) {
        const struct catalog_check *from = &d->kept->checks[i];
        if (is_replaced(table, from->name) ||
            !source_all_come(table->entity, mapping, &from->made_of))
            continue;
        const struct named_types types = types_of(d, table, table->entity);
        const char *text = text_of(d, table, from->expression);
        const struct mapping_check check = {
            from->name, text != NULL ? named_type_sql(&types, NULL, text) : NULL, from->invalid};
        if (check.expression == NULL)
            return false;
        table->checks[table->check_count++] = check;
    }
    return true;
}

/* Columns that the server makes of others: those of which all that they are made of comes. */
static bool draw_generated(struct drawing *d, struct blueprint_table *table)
{
    const struct kept_keys keys = {d->blueprint, d->project, d->catalogs, d->catalog_count,
                                   d->error};
    for (size_t i = 0; d->kept != NULL && i < d->kept->column_count; i++) {
        const struct catalog_column *from = &d->kept->columns[i];
        const char *name = source_name(table->entity, table->mapping, from->name);
        struct blueprint_column *column = name != NULL ? find_column(table, name) : NULL;
        if (column == NULL || from->generated == NULL || column->default_sql != NULL ||
            column->in != NULL || pgtype_oid(&column->type) != from->oid ||
            (column->mapping != NULL && !mapping_value_is_plain(&column->mapping->value)) ||
            !kept_is_whole(&keys, table, &from->made_of))
            continue;
        column->generated = text_of(d, table, from->generated);
        if (column->generated == NULL)
            return false;
    }
    return kept_exclusions_draw(&keys, table);
}

static bool draw_table(struct drawing *d, const struct mapping *entity,
                       const struct mapping_table *mapping)
{
    struct blueprint_table *table = pointer_find_table(d->blueprint, mapping->label);
    if (table != NULL) {
        for (size_t i = 0; table->mapping->exists && i < mapping->column_count; i++)
            if (!add_mapped(d, table, entity, &mapping->columns[i]))
                return false;
        return true;
    }
    table = &d->blueprint->tables[d->blueprint->count++];
    *table =
        (struct blueprint_table){.entity = entity, .mapping = mapping, .label = mapping->label};
    d->kept = NULL;
    return (!mapping->keep_shape || find_kept(d, entity)) && draw_columns(d, table) &&
           draw_key(d, table) && draw_uniques(d, table) && draw_indexes(d, table) &&
           draw_checks(d, table) && draw_generated(d, table);
}

/* Where the foreign key of a column points: to the parent's row, or to another entity's home. */
static bool find_destination(const struct drawing *d, const struct blueprint_table *table,
                             const struct mapping_column *column, struct pointer_end *end)
{
    const struct mapping_table *above = column->value.above;
    const struct blueprint_table *parent =
        above != NULL ? pointer_find_table(d->blueprint, above->label) : NULL;
    bool home;
    if (parent != NULL && parent->key.count == 1 &&
        strcmp(parent->key.items[0], column->value.from) == 0) {
        *end = (struct pointer_end){parent, parent->key.items[0]};
        return true;
    }
    return column->value.id_of != NULL && !column->type.array &&
           pointer_find_end(d->blueprint, column->value.id_of, end, &home) && home &&
           (end->table != table || strcmp(end->column, column->name) != 0);
}

static bool one_word(struct drawing *d, const char *word, struct words *words)
{
    *words = (struct words){take(d, 1, sizeof *words->items), 1};
    if (words->items == NULL)
        return false;
    words->items[0] = word;
    return true;
}

static bool draw_reference(struct drawing *d, struct blueprint_table *table,
                           const struct blueprint_column *column)
{
    const struct mapping_column *by = column->mapping;
    struct pointer_end to;
    if (table->mapping->exists || !by->foreign_key || by->value.dangling == DANGLING_KEEP ||
        !find_destination(d, table, by, &to))
        return true;
    struct blueprint_reference *reference = &table->references[table->reference_count++];
    *reference = (struct blueprint_reference){
        .to = to.table,
        .declared = true,
        .by_id = true,
        .on_delete = by->on_delete != NULL            ? by->on_delete
                     : by->value.kind == VALUE_PARENT ? "cascade"
                                                      : "no action",
    };
    return one_word(d, column->name, &reference->columns) &&
           one_word(d, to.column, &reference->to_columns);
}

/* The table above that the first parent's column is of, or NULL. */
static const struct blueprint_table *find_above(const struct drawing *d,
                                                const struct blueprint_table *table)
{
    for (size_t c = 0; c < table->column_count; c++) {
        const struct mapping_column *by = table->columns[c].mapping;
        if (by != NULL && by->value.kind == VALUE_PARENT)
            return pointer_find_table(d->blueprint, by->value.above->label);
    }
    return NULL;
}

/* A child table that holds its parent's key of several columns: no foreign key is made for it, but
 * its rows must have a parent. */
static bool draw_parent(struct drawing *d, struct blueprint_table *table,
                        const struct blueprint_table *parent)
{
    struct words columns = {take(d, parent->key.count, sizeof *columns.items), 0};
    if (columns.items == NULL)
        return false;
    for (size_t k = 0; k < parent->key.count; k++)
        for (size_t c = 0; c < table->column_count && columns.count == k; c++) {
            const struct mapping_column *by = table->columns[c].mapping;
            if (by != NULL && by->value.kind == VALUE_PARENT &&
                strcmp(by->value.above->label, parent->label) == 0 &&
                strcmp(by->value.from, parent->key.items[k]) == 0)
                columns.items[columns.count++] = by->name;
        }
    if (columns.count == parent->key.count)
        table->references[table->reference_count++] = (struct blueprint_reference){
            .columns = columns, .to = parent, .to_columns = parent->key, .on_delete = "no action"};
    return true;
}

static bool draw_references(struct drawing *d, struct blueprint_table *table)
{
    const struct blueprint_table *above = find_above(d, table);
    const struct kept_keys keys = {d->blueprint, d->project, d->catalogs, d->catalog_count,
                                   d->error};
    table->references =
        take(d, table->column_count + 1 + kept_keys_most(&keys, table), sizeof *table->references);
    if (table->references == NULL)
        return false;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].mapping != NULL && !draw_reference(d, table, &table->columns[i]))
            return false;
    return kept_keys_draw(&keys, table) &&
           (above == NULL || above->key.count < 2 || draw_parent(d, table, above));
}

bool blueprint_init(struct blueprint *blueprint, const struct project *project,
                    const struct catalog *catalogs, size_t catalog_count, struct error *error)
{
    struct drawing d = {blueprint, project, catalogs, catalog_count, NULL, error};
    size_t most = 0;
    *blueprint = (struct blueprint){0};
    arena_init(&blueprint->arena);
    for (size_t i = 0; i < project->mapping_count; i++)
        most += project->mappings[i]->table_count;
    blueprint->tables = take(&d, most, sizeof *blueprint->tables);
    bool ok = blueprint->tables != NULL;
    for (size_t i = 0; ok && i < project->mapping_count; i++)
        for (size_t t = 0; ok && t < project->mappings[i]->table_count; t++)
            ok = draw_table(&d, project->mappings[i], &project->mappings[i]->tables[t]);
    for (size_t i = 0; ok && i < blueprint->count; i++)
        ok = draw_references(&d, &blueprint->tables[i]);
    if (!ok)
        blueprint_release(blueprint);
    return ok;
}

void blueprint_release(struct blueprint *blueprint)
{
    arena_release(&blueprint->arena);
    *blueprint = (struct blueprint){0};
}
