/* Resolving: the tables of a mapping and what a catalog says of it become outputs. */
#include "output.h"
#include "graduate/sql.h"
#include "graduate/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct catalog_entity *output_catalog(const struct mapping *entity,
                                            const struct catalog *catalogs, size_t catalog_count)
{
    for (size_t i = 0; i < catalog_count; i++)
        if (strcmp(catalogs[i].source, entity->source->name) == 0)
            return catalog_find(&catalogs[i], entity->from);
    return NULL;
}

static bool fail(struct resolving *r, const struct schema_output *output, const char *column,
                 const char *what)
{
    error_set(r->error, ERROR_USAGE, "%s: /to/%s%s%s: %s", output->entity->file,
              output->table->label, column != NULL ? "/columns/" : "", column != NULL ? column : "",
              what);
    return error_hint(r->error, "correct the mapping and run again; nothing was touched");
}

/* CHECK condition of "in"; NULL when there is none or no memory (ddl finds that out). */
static const char *check_in(struct resolving *r, const struct mapping_column *column)
{
    if (column->in == NULL)
        return NULL;
    struct buffer sql;
    buffer_init(&sql);
    sql_put_identifier(&sql, column->name);
    buffer_puts(&sql, " in (");
    const cJSON *item;
    cJSON_ArrayForEach(item, column->in)
    {
        if (item != column->in->child)
            buffer_puts(&sql, ", ");
        if (cJSON_IsString(item)) {
            sql_put_literal(&sql, item->valuestring);
            continue;
        }
        char *number = cJSON_PrintUnformatted(item); /* the shortest that means it: 0.1 */
        if (number == NULL)
            sql.failed = true;
        else
            buffer_puts(&sql, number);
        cJSON_free(number);
    }
    buffer_putc(&sql, ')');
    char *text = arena_text(r->arena, buffer_text(&sql));
    buffer_release(&sql);
    return text;
}

static const struct mapping_column *mapped(const struct mapping_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *column = &table->columns[i];
        const char *from = column->value.kind == VALUE_FROM   ? column->value.from
                           : column->value.kind == VALUE_SAME ? column->name
                                                              : NULL;
        if (from != NULL && strcmp(from, name) == 0)
            return column;
    }
    return NULL;
}

static bool dropped(const struct mapping *entity, const char *name)
{
    for (size_t i = 0; i < entity->drops.count; i++)
        if (strcmp(entity->drops.items[i], name) == 0)
            return true;
    return false;
}

static bool keep_column(struct resolving *r, struct schema_output *output, size_t source)
{
    const struct catalog_column *from = &r->catalog->columns[source];
    const struct mapping_column *by = mapped(output->table, from->name);
    struct schema_column *column = &output->columns[output->column_count++];
    *column = (struct schema_column){
        .name = by != NULL ? by->name : from->name,
        .not_null = by != NULL && by->has_null ? by->not_null : from->not_null,
        .default_sql = by != NULL && by->sql_default != NULL ? by->sql_default : from->default_sql,
        .mapping = by,
        .source_column = (int)source,
        .source_oid = from->oid,
    };
    if (by != NULL && by->type.name != NULL) {
        column->type = by->type;
    } else {
        struct error why = {0};
        if (!pgtype_parse(from->type, &column->type, &why)) {
            char what[160];
            snprintf(what, sizeof what, "the source's type %.100s cannot be kept", from->type);
            fail(r, output, from->name, what);
            return error_hint(r->error, "name the column under \"columns\" with a \"type\", or "
                                        "drop it by name");
        }
    }
    bool whole =
        !column->type.array && (column->type.base == PG_INT2 || column->type.base == PG_INT4 ||
                                column->type.base == PG_INT8);
    column->identity = from->serial && whole;
    if (column->identity && by != NULL && by->sql_default != NULL)
        return fail(r, output, by->name,
                    "the source numbers this column, and the target goes on: \"sql_default\" would "
                    "not be taken");
    if (by != NULL)
        column->check_in = check_in(r, by);
    return true;
}

/* A constant or a renamed column may meet one that the source has already, and two columns of the
 * mapping may mean the same one. */
static bool every_column_once(struct resolving *r, const struct schema_output *output)
{
    for (size_t i = 0; i < output->table->column_count; i++) {
        const struct mapping_column *column = &output->table->columns[i];
        size_t c = 0;
        while (c < output->column_count && output->columns[c].mapping != column)
            c++;
        if (c == output->column_count)
            return fail(r, output, column->name,
                        "the source's column is dropped by name, or "
                        "another column is made of it already");
    }
    for (size_t i = 0; i < output->column_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(output->columns[i].name, output->columns[j].name) == 0)
                return fail(r, output, output->columns[i].name,
                            "the table would have this column twice: drop the source's by name, "
                            "or give this one another name");
    return true;
}

/* A name that is mistyped would load what should be dropped. */
static bool every_drop_is_there(struct resolving *r, const struct schema_output *output)
{
    const struct words *drops = &output->entity->drops;
    const char **names = arena_alloc(r->arena, r->catalog->column_count + 1, sizeof *names);
    if (names == NULL)
        return error_memory(r->error);
    for (size_t c = 0; c < r->catalog->column_count; c++)
        names[c] = r->catalog->columns[c].name;
    for (size_t i = 0; i < drops->count; i++) {
        if (catalog_column_find(r->catalog, drops->items[i]) != NULL)
            continue;
        const char *nearest = words_nearest(drops->items[i], names, r->catalog->column_count);
        error_set(
            r->error, ERROR_USAGE, "%s: /drop/%zu: the source's table has no column \"%s\"%s%s%s",
            output->entity->file, i, drops->items[i], nearest != NULL ? "; did you mean \"" : "",
            nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
        return error_hint(r->error, "correct it, or leave it away");
    }
    return true;
}

static bool keep_columns(struct resolving *r, struct schema_output *output)
{
    const struct mapping_table *table = output->table;
    if (r->catalog == NULL) {
        error_set(r->error, ERROR_USAGE, "%s: the source %s has no table %s to keep the shape of",
                  output->entity->file, output->entity->source->name, output->entity->from);
        return error_hint(r->error, "look at \"from\", and at the schema of the source in "
                                    "project.json");
    }
    output->columns = arena_alloc(r->arena, r->catalog->column_count + table->column_count + 1,
                                  sizeof *output->columns);
    if (output->columns == NULL)
        return error_memory(r->error);
    if (!every_drop_is_there(r, output))
        return false;
    for (size_t i = 0; i < r->catalog->column_count; i++)
        if (!dropped(output->entity, r->catalog->columns[i].name) && !keep_column(r, output, i))
            return false;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *column = &table->columns[i];
        bool from_source = column->value.kind == VALUE_SAME || column->value.kind == VALUE_FROM;
        const char *from = column->value.kind == VALUE_FROM ? column->value.from : column->name;
        if (from_source && catalog_column_find(r->catalog, from) == NULL)
            return fail(r, output, column->name, "the source's table has no such column");
        if (from_source)
            continue;
        if (column->value.kind != VALUE_CONST || column->type.name == NULL)
            return fail(r, output, column->name,
                        "a column that the source's table does not have "
                        "is a \"const\" with a \"type\"");
        output->columns[output->column_count++] = (struct schema_column){
            .name = column->name,
            .type = column->type,
            .not_null = column->not_null,
            .default_sql = column->sql_default,
            .check_in = check_in(r, column),
            .mapping = column,
            .source_column = -1,
        };
    }
    return every_column_once(r, output);
}

static bool take_columns(struct resolving *r, struct schema_output *output)
{
    const struct mapping_table *table = output->table;
    output->columns = arena_alloc(r->arena, table->column_count, sizeof *output->columns);
    if (output->columns == NULL)
        return error_memory(r->error);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *column = &table->columns[i];
        output->columns[output->column_count++] = (struct schema_column){
            .name = column->name,
            .type = column->type,
            .not_null = column->not_null,
            .default_sql = column->sql_default,
            .check_in = check_in(r, column),
            .mapping = column,
            .source_column = -1,
        };
    }
    return true;
}

static bool find_key(struct resolving *r, struct schema_output *output)
{
    const struct words *words = &output->table->key;
    bool own = words->count > 0;
    size_t count = own ? words->count : r->catalog->key.count;
    output->key = arena_alloc(r->arena, count, sizeof *output->key);
    if (output->key == NULL)
        return error_memory(r->error);
    for (size_t k = 0; k < count; k++) {
        const char *name = own ? words->items[k] : r->catalog->key.items[k];
        if (!own) { /* a renamed column keeps its part in the key */
            const struct mapping_column *by = mapped(output->table, name);
            name = by != NULL ? by->name : name;
        }
        size_t c = 0;
        while (c < output->column_count && strcmp(output->columns[c].name, name) != 0)
            c++;
        if (c == output->column_count)
            return fail(r, output, name, "the key names a column that the table does not have");
        const struct mapping_column *by = output->columns[c].mapping;
        if (by != NULL && by->has_null && !by->not_null)
            return fail(r, output, name, "a column of the key is never null");
        output->columns[c].not_null = true;
        output->key[output->key_count++] = c;
    }
    return true;
}

/* A kept column takes its default where the source's is null and the target's must not be. */
static bool check_defaults(struct resolving *r, const struct schema_output *output)
{
    for (size_t c = 0; c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        const struct mapping_column *by = column->mapping;
        if (column->source_column < 0 || by == NULL || by->value.fallback == NULL)
            continue;
        if (r->catalog->columns[column->source_column].not_null)
            return fail(r, output, by->name,
                        "the source's column is never null, so the default never comes");
        if (!column->not_null)
            return fail(r, output, by->name,
                        "the column may be null, so a null stays and the default never comes: say "
                        "\"null\": false");
    }
    return true;
}

static bool has_columns(struct resolving *r, const struct schema_output *output,
                        const struct words *words, bool of_index)
{
    for (size_t i = 0; i < words->count; i++) {
        bool found = of_index && words->items[i][0] == '(';
        for (size_t c = 0; c < output->column_count && !found; c++) {
            const char *tail = mapping_word_tail(words->items[i], output->columns[c].name);
            found = tail != NULL && (of_index || tail[0] == '\0');
        }
        if (!found) {
            char what[160];
            snprintf(what, sizeof what, "%s names a column that the table does not have: %.80s",
                     of_index ? "an index" : "a unique", words->items[i]);
            return fail(r, output, NULL, what);
        }
    }
    return true;
}

/* What mapping.c cannot check where the catalog brings the columns. */
static bool check_words(struct resolving *r, const struct schema_output *output)
{
    const struct mapping_table *table = output->table;
    for (size_t i = 0; i < table->unique_count; i++)
        if (!has_columns(r, output, &table->uniques[i], false))
            return false;
    for (size_t i = 0; i < table->index_count; i++)
        if (!has_columns(r, output, &table->indexes[i].columns, true))
            return false;
    return true;
}

/* Row forms of one table after the first: no columns of their own, and the same types. */
static bool check_form(struct resolving *r, const struct schema_output *output)
{
    for (size_t i = 0; i < r->schema->output_count; i++) {
        const struct schema_output *first = &r->schema->outputs[i];
        if (strcmp(first->table->label, output->table->label) != 0 || output->table->exists)
            continue;
        for (size_t c = 0; c < output->column_count; c++) {
            const struct schema_column *column = &output->columns[c];
            size_t f = 0;
            while (f < first->column_count && strcmp(first->columns[f].name, column->name) != 0)
                f++;
            if (f == first->column_count)
                return fail(r, output, column->name,
                            "the first form of this table has no such "
                            "column");
            if (pgtype_oid(&first->columns[f].type) != pgtype_oid(&column->type))
                return fail(r, output, column->name,
                            "the first form of this table gives it "
                            "another type");
        }
        return true;
    }
    return true;
}

bool output_resolve(struct resolving *r, const struct mapping *entity)
{
    for (size_t t = 0; t < entity->table_count; t++) {
        struct schema_output *output = &r->schema->outputs[r->schema->output_count];
        *output = (struct schema_output){.entity = entity, .table = &entity->tables[t]};
        bool keep = output->table->keep_shape;
        if (!(keep ? keep_columns(r, output) : take_columns(r, output)) || !find_key(r, output) ||
            !check_defaults(r, output) || !check_words(r, output) || !check_form(r, output))
            return false;
        r->schema->output_count++;
    }
    return true;
}

bool output_is_made(const struct schema *schema, const struct schema_output *output)
{
    for (const struct schema_output *other = schema->outputs; other < output; other++)
        if (strcmp(other->table->label, output->table->label) == 0)
            return false;
    return !output->table->exists;
}

void schema_outputs(const struct schema *schema, const struct mapping *entity, size_t *first,
                    size_t *count)
{
    *first = 0;
    *count = entity->table_count;
    while (*first < schema->output_count && schema->outputs[*first].entity != entity)
        (*first)++;
    if (*first == schema->output_count)
        *count = 0;
}
