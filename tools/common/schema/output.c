/* Resolving: the tables of a mapping and what a catalog says of it become outputs. */
#include "output.h"
#include "graduate/path.h"
#include "graduate/sql.h"
#include "graduate/words.h"
#include "kept_type.h"
#include "retarget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct catalog *output_source(const struct mapping *entity, const struct catalog *catalogs,
                                    size_t catalog_count)
{
    for (size_t i = 0; i < catalog_count; i++)
        if (strcmp(catalogs[i].source, entity->source->name) == 0)
            return &catalogs[i];
    return NULL;
}

const struct catalog_entity *output_catalog(const struct mapping *entity,
                                            const struct catalog *catalogs, size_t catalog_count)
{
    const struct catalog *source = output_source(entity, catalogs, catalog_count);
    return source != NULL ? catalog_find(source, entity->from) : NULL;
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
        if (column->value.kind == VALUE_FROM && path_is_name(column->value.from, name))
            return column;
    }
    return NULL;
}

static bool dropped(const struct mapping *entity, const char *name)
{
    return path_any_is_name(entity->drops.items, entity->drops.count, name);
}

static bool take_type(struct resolving *r, const struct schema_output *output,
                      const struct catalog_column *from, struct pgtype *type)
{
    char what[300];
    const char *why = NULL;
    bool known = pgtype_of_column(from->type, from->oid, from->layout, type);
    if (known && (type->named == NULL || r->source == NULL))
        return true;
    type->named = from->type;
    if (r->source != NULL && (known || catalog_type_find(r->source, from->type) != NULL))
        known = kept_type_name(r->schema, output, r->source, r->arena, type, &why) && known;
    if (known && why == NULL)
        return true;
    snprintf(what, sizeof what, "the source's type %.100s cannot be kept%s%s", from->type,
             why != NULL ? ": " : "", why != NULL ? why : "");
    fail(r, output, from->name, what);
    return error_hint(r->error, "name the column under \"columns\" with a \"type\", or "
                                "drop it by name");
}

static bool keep_column(struct resolving *r, struct schema_output *output, size_t source)
{
    const struct catalog_column *from = &r->catalog->columns[source];
    const struct mapping_column *by = mapped(output->table, from->name);
    struct schema_column *column = &output->columns[output->column_count++];
    bool sometimes = by != NULL && by->value.when.count > 0;
    *column = (struct schema_column){
        .name = by != NULL ? by->name : from->name,
        .not_null = by != NULL && by->has_null ? by->not_null : from->not_null && !sometimes,
        .default_sql = by != NULL && by->sql_default != NULL ? by->sql_default : from->default_sql,
        .mapping = by,
        .source_column = (int)source,
        .source_oid = from->oid,
    };
    if (by != NULL && by->type.name != NULL)
        column->type = by->type;
    else if (!take_type(r, output, from, &column->type))
        return false;
    bool theirs = from->default_sql != NULL && column->default_sql == from->default_sql;
    if (theirs)
        column->default_sql = kept_type_retarget(r->schema, output, column, r->source, r->catalog,
                                                 r->arena, from->default_sql);
    if (theirs && column->default_sql == NULL)
        return error_memory(r->error);
    bool whole =
        !column->type.array && (column->type.base == PG_INT2 || column->type.base == PG_INT4 ||
                                column->type.base == PG_INT8);
    column->identity = from->serial && whole && (by == NULL || mapping_value_is_plain(&by->value));
    column->always = column->identity && from->always;
    column->numbering = column->identity ? from->numbering : NULL;
    if (column->identity && by != NULL && by->sql_default != NULL)
        return fail(r, output, by->name,
                    "the source numbers this column, and the target goes on: \"sql_default\" would "
                    "not be taken");
    if (by != NULL)
        column->check_in = check_in(r, by);
    if (column->type.base == PG_TEXT || column->type.base == PG_VARCHAR ||
        column->type.base == PG_CHAR)
        column->collation = from->collation;
    return true;
}

/* Once all columns are known: those that the server makes of others which come as they are. */
static bool keep_generated(struct resolving *r, struct schema_output *output)
{
    for (size_t c = 0; c < output->column_count; c++) {
        struct schema_column *column = &output->columns[c];
        const struct catalog_column *from =
            column->source_column >= 0 ? &r->catalog->columns[column->source_column] : NULL;
        if (from == NULL || from->generated == NULL || column->default_sql != NULL ||
            column->check_in != NULL || pgtype_oid(&column->type) != column->source_oid ||
            (column->mapping != NULL && !mapping_value_is_plain(&column->mapping->value)) ||
            !retarget_is_whole(output, r->catalog, &from->made_of))
            continue;
        column->generated = kept_type_retarget(r->schema, output, column, r->source, r->catalog,
                                               r->arena, from->generated);
        if (column->generated == NULL)
            return error_memory(r->error);
    }
    return true;
}

/* A column that is made may have the name of one that the source has already. */
static bool every_column_once(struct resolving *r, const struct schema_output *output)
{
    struct errors errors = {0};
    for (size_t i = 0; i < output->column_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(output->columns[i].name, output->columns[j].name) == 0 &&
                !fail(r, output, output->columns[i].name,
                      "the table would have this column twice: drop the source's by name, or give "
                      "this one another name") &&
                !errors_add(&errors, r->error))
                return false;
    return errors_give(&errors, r->error);
}

/* "prefs.theme" is in the column prefs. */
static bool is_of_column(const struct catalog_entity *catalog, const char *path)
{
    struct path_step step;
    bool first = path_next(&path, &step);
    for (size_t i = 0; first && i < catalog->column_count; i++)
        if (path_step_is(&step, catalog->columns[i].name))
            return true;
    return false;
}

/* A name that is mistyped would load what should be dropped. */
static bool every_drop_is_there(struct resolving *r, const struct schema_output *output)
{
    const struct words *drops = &output->entity->drops;
    struct errors errors = {0};
    const char **names = arena_alloc(r->arena, r->catalog->column_count + 1, sizeof *names);
    if (names == NULL)
        return error_memory(r->error);
    for (size_t c = 0; c < r->catalog->column_count; c++)
        names[c] = r->catalog->columns[c].name;
    for (size_t i = 0; i < drops->count; i++) {
        if (is_of_column(r->catalog, drops->items[i]))
            continue;
        const char *nearest = words_nearest(drops->items[i], names, r->catalog->column_count);
        error_set(
            r->error, ERROR_USAGE, "%s: /drop/%zu: the source's table has no column \"%s\"%s%s%s",
            output->entity->file, i, drops->items[i], nearest != NULL ? "; did you mean \"" : "",
            nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
        error_hint(r->error, "correct it, or leave it away");
        if (!errors_add(&errors, r->error))
            return false;
    }
    return errors_give(&errors, r->error);
}

/* The column of the catalog that the mapping's is taken from as it is; its count: none. */
static size_t source_of(const struct resolving *r, const struct schema_output *output,
                        const struct mapping_column *column)
{
    size_t i = 0, count = r->catalog->column_count;
    if (column->value.kind != VALUE_FROM || output->table->each != NULL)
        return count;
    while (i < count && !path_is_name(column->value.from, r->catalog->columns[i].name))
        i++;
    return i;
}

/* The column of the row above, which may have its type from the catalog. */
static const struct schema_column *column_above(const struct resolving *r,
                                                const struct mapping_value *value)
{
    for (size_t i = 0; i < r->schema->output_count; i++) {
        const struct schema_output *above = &r->schema->outputs[i];
        for (size_t c = 0; above->table == value->above && c < above->column_count; c++)
            if (strcmp(above->columns[c].name, value->from) == 0)
                return &above->columns[c];
    }
    return NULL;
}

/* A column that the mapping makes, with nothing of the source's but maybe the type. */
static bool add_column(struct resolving *r, struct schema_output *output,
                       const struct mapping_column *column)
{
    struct pgtype type = column->type;
    size_t from = r->catalog != NULL ? source_of(r, output, column) : 0;
    bool there = r->catalog != NULL && from < r->catalog->column_count;
    if (there && dropped(output->entity, r->catalog->columns[from].name))
        return fail(r, output, column->name, "the source's column is dropped by name");
    if (there && type.name == NULL && !take_type(r, output, &r->catalog->columns[from], &type))
        return false;
    if (column->value.kind == VALUE_PARENT && type.name == NULL) {
        const struct schema_column *above = column_above(r, &column->value);
        if (above == NULL)
            return fail(r, output, column->name, "the parent table has no such column");
        type = above->type;
    }
    if (type.name == NULL) {
        fail(r, output, column->name,
             "the source's table has no such column, and what is made needs a \"type\"");
        return error_hint(r->error, "correct the name, or give the column a \"type\"");
    }
    output->columns[output->column_count++] = (struct schema_column){
        .name = column->name,
        .type = type,
        .not_null = column->not_null,
        .default_sql = column->sql_default,
        .check_in = check_in(r, column),
        .mapping = column,
        .source_column = there ? (int)from : -1,
        .source_oid = there ? r->catalog->columns[from].oid : 0,
    };
    return true;
}

static bool keep_columns(struct resolving *r, struct schema_output *output)
{
    const struct mapping_table *table = output->table;
    struct errors errors = {0};
    for (size_t i = 0; i < r->catalog->column_count; i++) {
        const char *name = r->catalog->columns[i].name;
        bool own = r->catalog->columns[i].computed == NULL && !mapping_replaces(table, name) &&
                   !mapping_keeps_rest_of(table, name);
        if (own && !dropped(output->entity, name) && !keep_column(r, output, i) &&
            !errors_add(&errors, r->error))
            return false;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *column = &table->columns[i];
        bool kept = false;
        for (size_t c = 0; c < output->column_count && !kept; c++)
            kept = output->columns[c].mapping == column;
        if (!kept && !add_column(r, output, column) && !errors_add(&errors, r->error))
            return false;
    }
    return errors_give(&errors, r->error) && keep_generated(r, output);
}

static bool take_columns(struct resolving *r, struct schema_output *output)
{
    struct errors errors = {0};
    for (size_t i = 0; i < output->table->column_count; i++)
        if (!add_column(r, output, &output->table->columns[i]) && !errors_add(&errors, r->error))
            return false;
    return errors_give(&errors, r->error);
}

static bool resolve_columns(struct resolving *r, struct schema_output *output)
{
    bool described = output->entity->source->kind == SOURCE_POSTGRES;
    if (!described)
        r->catalog = NULL; /* what other sources say of their fields is no promise */
    if (described && r->catalog == NULL) {
        error_set(r->error, ERROR_USAGE, "%s: the source %s has no table %s", output->entity->file,
                  output->entity->source->name, output->entity->from);
        return error_hint(r->error, "correct \"from\", or have the catalog made anew");
    }
    output->columns = arena_alloc(
        r->arena, (described ? r->catalog->column_count : 0) + output->table->column_count + 1,
        sizeof *output->columns);
    if (output->columns == NULL)
        return error_memory(r->error);
    struct errors errors = {0};
    bool ok = (!described || every_drop_is_there(r, output) || errors_add(&errors, r->error)) &&
              ((output->table->keep_shape ? keep_columns(r, output) : take_columns(r, output)) ||
               errors_add(&errors, r->error));
    return ok && errors_give(&errors, r->error) && every_column_once(r, output);
}

static bool find_key(struct resolving *r, struct schema_output *output)
{
    const struct words *words = &output->table->key;
    bool own = words->count > 0 || output->table->keyless;
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
static bool check_defaults(struct resolving *r, const struct schema_output *output,
                           struct errors *errors)
{
    for (size_t c = 0; c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        const struct mapping_column *by = column->mapping;
        if (column->source_column < 0 || by == NULL || by->value.fallback == NULL ||
            !mapping_value_is_plain(&by->value))
            continue;
        if (r->catalog->columns[column->source_column].not_null) {
            fail(r, output, by->name,
                 "the source's column is never null, so the default never comes");
        } else if (!column->not_null) {
            fail(r, output, by->name,
                 "the column may be null, so a null stays and the default never comes: say "
                 "\"null\": false");
        } else {
            continue;
        }
        if (!errors_add(errors, r->error))
            return false;
    }
    return true;
}

static bool has_columns(struct resolving *r, const struct schema_output *output,
                        const struct words *words, bool of_index, struct errors *errors)
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
            fail(r, output, NULL, what);
            if (!errors_add(errors, r->error))
                return false;
        }
    }
    return true;
}

static bool check_update(struct resolving *r, const struct schema_output *output, const char *name)
{
    size_t c = 0;
    while (c < output->column_count && strcmp(output->columns[c].name, name) != 0)
        c++;
    if (c == output->column_count)
        return fail(r, output, name, "\"if_there\" names a column that the table does not have");
    for (size_t k = 0; k < output->key_count; k++)
        if (output->key[k] == c)
            return fail(r, output, name, "the key, by which a row is found, is not updated");
    return true;
}

/* What mapping.c cannot check where the catalog brings the columns. */
static bool check_words(struct resolving *r, const struct schema_output *output,
                        struct errors *errors)
{
    const struct mapping_table *table = output->table;
    for (size_t i = 0; i < table->updates.count; i++)
        if (!check_update(r, output, table->updates.items[i]) && !errors_add(errors, r->error))
            return false;
    for (size_t i = 0; i < table->unique_count; i++)
        if (!has_columns(r, output, &table->uniques[i], false, errors))
            return false;
    for (size_t i = 0; i < table->index_count; i++)
        if (!has_columns(r, output, &table->indexes[i].columns, true, errors))
            return false;
    return true;
}

/* The first row form of the same table; NULL: this is it. */
static const struct schema_output *first_form(const struct resolving *r,
                                              const struct schema_output *output)
{
    for (size_t i = 0; i < r->schema->output_count && !output->table->exists; i++)
        if (strcmp(r->schema->outputs[i].table->label, output->table->label) == 0)
            return &r->schema->outputs[i];
    return NULL;
}

/* Row forms of one table after the first: no columns of their own, and the same types. */
static bool check_form(struct resolving *r, const struct schema_output *output,
                       struct errors *errors)
{
    const struct schema_output *first = first_form(r, output);
    for (size_t c = 0; first != NULL && c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        size_t f = 0;
        while (f < first->column_count && strcmp(first->columns[f].name, column->name) != 0)
            f++;
        if (f == first->column_count)
            fail(r, output, column->name, "the first form of this table has no such column");
        else if (pgtype_oid(&first->columns[f].type) != pgtype_oid(&column->type))
            fail(r, output, column->name, "the first form of this table gives it another type");
        else
            continue;
        if (!errors_add(errors, r->error))
            return false;
    }
    return true;
}

bool output_resolve(struct resolving *r, const struct mapping *entity)
{
    struct errors errors = {0};
    for (size_t t = 0; t < entity->table_count; t++) {
        struct schema_output *output = &r->schema->outputs[r->schema->output_count];
        *output = (struct schema_output){.entity = entity, .table = &entity->tables[t]};
        bool whole = resolve_columns(r, output) && find_key(r, output);
        if (!(whole ? check_defaults(r, output, &errors) && check_words(r, output, &errors) &&
                          check_form(r, output, &errors)
                    : errors_add(&errors, r->error)))
            return false;
        if (!whole) /* others look for columns of it */
            break;
        r->schema->output_count++;
    }
    return errors_give(&errors, r->error);
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
