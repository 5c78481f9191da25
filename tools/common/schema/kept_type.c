#include "kept_type.h"
#include "graduate/sql.h"
#include "retarget.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { DEEPEST = 16 };

/* ---- names -------------------------------------------------------------------------------------
 */

/* As PostgreSQL itself writes a name: in quotes where it must be. */
static void put_name(struct buffer *out, const char *name)
{
    bool plain = islower((unsigned char)name[0]) || name[0] == '_';
    for (const char *c = name; *c != '\0'; c++)
        plain = plain && (islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    if (plain)
        buffer_puts(out, name);
    else
        sql_put_identifier(out, name);
}

/* Where the tables of another source go: to its schema, if any of them does. NULL: none comes as it
 * is. */
static const char *schema_of_tables(const struct project *project, const struct catalog *catalog)
{
    const char *first = NULL;
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *entity = project->mappings[i];
        bool theirs = strcmp(entity->source->name, catalog->source) == 0;
        for (size_t t = 0; theirs && t < entity->table_count; t++) {
            const struct mapping_table *table = &entity->tables[t];
            if (!table->keep_shape || table->exists)
                continue;
            if (strcmp(table->schema, catalog->schema) == 0)
                return table->schema;
            first = first == NULL ? table->schema : first;
        }
    }
    return first;
}

const char *kept_type_home(const struct schema *schema, const struct schema_output *output,
                           const struct catalog *catalog, const struct catalog_type *type)
{
    if (type->extension != NULL)
        return schema->project->plain ? "public" : "extensions";
    const struct catalog *of =
        catalog_beside(schema->catalogs, schema->catalog_count, catalog, type->schema);
    const char *there = of != NULL && of != catalog ? schema_of_tables(schema->project, of) : NULL;
    return there != NULL ? there : output->table->schema;
}

char *kept_type_there(const struct schema *schema, const struct schema_output *output,
                      const struct catalog *catalog, const struct catalog_type *type,
                      struct arena *arena)
{
    struct buffer name;
    const char *home = kept_type_home(schema, output, catalog, type);
    buffer_init(&name);
    put_name(&name, home);
    buffer_printf(&name, ".%s", type->local);
    char *text = name.failed ? NULL : arena_text(arena, buffer_text(&name));
    buffer_release(&name);
    return text;
}

static bool is_array(const char *type)
{
    size_t length = strlen(type);
    return length > 2 && strcmp(type + length - 2, "[]") == 0;
}

/* Why the type cannot be made, or a part of it; NULL: it can. */
static const char *unmade(const struct catalog *catalog, const char *type, int depth)
{
    const struct catalog_type *of = catalog_type_find(catalog, type);
    struct pgtype parsed;
    struct error unknown;
    if (of == NULL)
        return pgtype_parse(type, &parsed, &unknown)
                   ? NULL
                   : "a part of it means something in the source alone";
    if (of->unmade != NULL || of->extension != NULL || depth > DEEPEST)
        return of->unmade;
    const char *why = NULL;
    for (size_t i = 0; why == NULL && strcmp(of->kind, "enum") != 0 && i < of->parts.count; i++)
        why = unmade(catalog, of->parts.items[i], depth + 1);
    return why;
}

bool kept_type_name(const struct schema *schema, const struct schema_output *output,
                    const struct catalog *catalog, struct arena *arena, struct pgtype *type,
                    const char **why)
{
    const struct catalog_type *of = catalog_type_find(catalog, type->named);
    *why = of == NULL ? "the source's catalog does not tell what it is"
                      : unmade(catalog, type->named, 0);
    if (*why != NULL)
        return false;
    const char *name = kept_type_there(schema, output, catalog, of, arena);
    type->named = name == NULL            ? NULL
                  : is_array(type->named) ? arena_printf(arena, "%s[]", name)
                                          : name;
    return type->named != NULL;
}

/* ---- in the source's SQL -----------------------------------------------------------------------
 */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '"' || c == '$' || (c & 0x80) != 0;
}

/* The text with one word as another, outside of literals. */
static void put_replaced(struct buffer *out, const char *text, const char *word, const char *by)
{
    size_t length = strlen(word);
    bool quoted = false, within = false;
    for (const char *at = text; *at != '\0'; at++) {
        quoted = quoted != (*at == '\'');
        bool here = !quoted && !within && strncmp(at, word, length) == 0 &&
                    (!is_word(word[length - 1]) || (!is_word(at[length]) && at[length] != '.'));
        within = is_word(*at) || *at == '.';
        if (!here) {
            buffer_putc(out, *at);
            continue;
        }
        buffer_puts(out, by);
        at += length - 1;
        within = false;
    }
}

static const char *replaced(struct arena *arena, const char *text, const char *word, const char *by)
{
    struct buffer out;
    if (text == NULL || word == NULL || by == NULL || strcmp(word, by) == 0)
        return word == NULL || by == NULL ? NULL : text;
    buffer_init(&out);
    put_replaced(&out, text, word, by);
    const char *made = out.failed ? NULL : arena_text(arena, buffer_text(&out));
    buffer_release(&out);
    return made;
}

/* Is the source's column of the type, or of an array of it? */
static bool is_of(const struct catalog *catalog, const struct schema_output *output,
                  const struct schema_column *column, const struct catalog_type *type)
{
    const struct catalog_entity *entity = catalog_find(catalog, output->entity->from);
    return entity != NULL && column->source_column >= 0 &&
           catalog_type_find(catalog, entity->columns[column->source_column].type) == type;
}

/* What a column of the type is here: NULL where it is kept. */
static const char *other_than(const struct catalog *catalog, const struct schema_output *output,
                              const struct schema_column *column, const struct catalog_type *type,
                              bool *kept)
{
    if (!is_of(catalog, output, column, type))
        return NULL;
    *kept = *kept || column->type.named != NULL;
    return column->type.named != NULL ? NULL : column->type.name;
}

static const char *name_here(const struct schema *schema, const struct schema_output *output,
                             const struct schema_column *column, const struct catalog *catalog,
                             const struct catalog_type *type, struct arena *arena)
{
    bool kept = false;
    const char *name = NULL, *first = NULL;
    if (column != NULL)
        name = other_than(catalog, output, column, type, &kept);
    for (size_t c = 0; name == NULL && !kept && c < output->column_count; c++) {
        const char *other = other_than(catalog, output, &output->columns[c], type, &kept);
        first = first == NULL ? other : first;
    }
    if (name == NULL && !kept)
        name = first;
    return name != NULL ? name : kept_type_there(schema, output, catalog, type, arena);
}

const char *kept_type_rename(const struct schema *schema, const struct schema_output *output,
                             const struct schema_column *column, const struct catalog *catalog,
                             struct arena *arena, const char *sql)
{
    for (size_t i = 0; sql != NULL && i < catalog->type_count; i++) {
        const struct catalog_type *type = &catalog->types[i];
        const char *by = name_here(schema, output, column, catalog, type, arena);
        sql = replaced(arena, sql, type->name, by);
        size_t home = strlen(type->name) - strlen(type->local);
        size_t there =
            by != NULL && strlen(by) > strlen(type->local) ? strlen(by) - strlen(type->local) : 0;
        if (type->extension == NULL || there == 0 || strcmp(by + there, type->local) != 0)
            continue;
        sql = replaced(arena, sql, arena_printf(arena, "OPERATOR(%.*s", (int)home, type->name),
                       arena_printf(arena, "OPERATOR(%.*s", (int)there, by));
    }
    return sql;
}

const char *kept_type_retarget(const struct schema *schema, const struct schema_output *output,
                               const struct schema_column *column, const struct catalog *catalog,
                               const struct catalog_entity *entity, struct arena *arena,
                               const char *sql)
{
    if (catalog != NULL)
        sql = kept_type_rename(schema, output, column, catalog, arena, sql);
    return retarget(schema->project, output, entity, sql, arena);
}

/* ---- statements --------------------------------------------------------------------------------
 */

static const struct schema_statement *find_statement(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->statement_count; i++)
        if (strcmp(schema->statements[i].name, name) == 0)
            return &schema->statements[i];
    return NULL;
}

static bool need(struct building *b, const struct catalog_type *type, const char *name)
{
    struct schema *schema = b->schema;
    for (size_t i = 0; i < schema->need_count; i++)
        if (strcmp(schema->needs[i].type, name) == 0)
            return true;
    struct schema_need *grown = arena_alloc(b->arena, schema->need_count + 1, sizeof *grown);
    if (grown == NULL)
        return error_memory(b->error);
    if (schema->need_count > 0)
        memcpy(grown, schema->needs, schema->need_count * sizeof *grown);
    grown[schema->need_count++] =
        (struct schema_need){name, arena_text(b->arena, type->extension), b->output->table->label};
    schema->needs = grown;
    return grown[schema->need_count - 1].extension != NULL || error_memory(b->error);
}

static bool two_kinds(struct building *b, const char *name)
{
    error_set(b->error, ERROR_USAGE, "%s: /to/%s: there would be two kinds of %s",
              b->output->entity->file, b->output->table->label, name);
    return error_hint(b->error, "put one of the tables into another schema, or give its column "
                                "another \"type\"; nothing was touched");
}

static void put_exists(struct buffer *exists, const struct catalog_type *type, const char *name)
{
    buffer_puts(exists, "select 1 where pg_catalog.to_regtype(");
    sql_put_literal(exists, name);
    buffer_puts(exists, ") is not null");
    if (strcmp(type->kind, "enum") != 0)
        return;
    buffer_puts(exists, " and (select pg_catalog.array_agg(enumlabel::pg_catalog.text order by "
                        "enumsortorder) from pg_catalog.pg_enum where enumtypid = "
                        "pg_catalog.to_regtype(");
    sql_put_literal(exists, name);
    buffer_puts(exists, ")) = array[");
    for (size_t i = 0; i < type->parts.count; i++) {
        buffer_puts(exists, i > 0 ? ", " : "");
        sql_put_literal(exists, type->parts.items[i]);
    }
    buffer_puts(exists, "]::pg_catalog.text[]");
}

static bool make(struct building *b, const char *of, int depth, struct buffer *sql,
                 struct buffer *exists)
{
    const struct catalog_type *type = catalog_type_find(b->source, of);
    if (type == NULL || depth > DEEPEST)
        return true;
    char *name = kept_type_there(b->schema, b->output, b->source, type, b->arena);
    if (name == NULL)
        return error_memory(b->error);
    if (type->extension != NULL)
        return need(b, type, name);
    for (size_t i = 0; strcmp(type->kind, "enum") != 0 && i < type->parts.count; i++)
        if (!make(b, type->parts.items[i], depth + 1, sql, exists))
            return false;
    if (type->definition == NULL) /* a multirange, which comes with its range */
        return true;
    const char *word = strcmp(type->kind, "domain") == 0 ? "domain" : "type";
    char *label = arena_printf(b->arena, "%s %s", word, name);
    const char *definition =
        kept_type_rename(b->schema, b->output, NULL, b->source, b->arena, type->definition);
    if (label == NULL || definition == NULL)
        return error_memory(b->error);
    buffer_printf(sql, "create %s %s %s", word, name, definition);
    const struct schema_statement *there = find_statement(b->schema, label);
    if (there != NULL) {
        bool same = !sql->failed && strcmp(there->sql, buffer_text(sql)) == 0;
        buffer_clear(sql);
        return same || two_kinds(b, label);
    }
    put_exists(exists, type, name);
    if (!building_add(b, SCHEMA_TABLES, sql, exists, label))
        return false;
    buffer_printf(sql, "drop %s if exists %s", word, name);
    return building_undo(b, sql);
}

bool kept_type_make(struct building *b, const char *type, struct buffer *sql, struct buffer *exists)
{
    return make(b, type, 0, sql, exists);
}

bool ddl_types(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    const struct catalog_entity *entity =
        b->source != NULL ? catalog_find(b->source, output->entity->from) : NULL;
    for (size_t c = 0; entity != NULL && c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        if (column->type.named != NULL && column->source_column >= 0 &&
            !make(b, entity->columns[column->source_column].type, 0, sql, exists))
            return false;
    }
    return true;
}
