#include "named_type.h"
#include "graduate/path.h"

#include <stdbool.h>
#include <string.h>

static const char plain_letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

/* A schema's name as PostgreSQL prints it in front of a type. */
static const char *quoted(const struct named_types *types, const char *schema)
{
    bool plain =
        strspn(schema, plain_letters) == strlen(schema) && strchr("0123456789", schema[0]) == NULL;
    if (plain)
        return schema;
    struct buffer text;
    buffer_init(&text);
    buffer_putc(&text, '"');
    for (; *schema != '\0'; schema++)
        buffer_printf(&text, *schema == '"' ? "\"\"" : "%c", *schema);
    buffer_putc(&text, '"');
    const char *made = text.failed ? NULL : arena_text(types->arena, buffer_text(&text));
    buffer_release(&text);
    return made;
}

const char *named_type_other_schema(const struct named_types *types,
                                    const struct catalog_type *type)
{
    const struct catalog *own = types->catalog;
    const char *source = NULL, *there = NULL;
    if (own->database == NULL || own->schema == NULL || type->schema == NULL ||
        strcmp(own->schema, type->schema) == 0)
        return NULL;
    for (size_t c = 0; source == NULL && c < types->catalog_count; c++) {
        const struct catalog *other = &types->catalogs[c];
        if (other->database != NULL && strcmp(other->database, own->database) == 0 &&
            other->schema != NULL && strcmp(other->schema, type->schema) == 0)
            source = other->source;
    }
    for (size_t i = 0; source != NULL && i < types->project->mapping_count; i++) {
        const struct mapping *entity = types->project->mappings[i];
        for (size_t t = 0; t < entity->table_count; t++) {
            const struct mapping_table *form = &entity->tables[t];
            bool counts =
                strcmp(entity->source->name, source) == 0 && form->keep_shape && !form->exists;
            bool own_name = counts && strcmp(form->schema, type->schema) == 0;
            if (own_name || (counts && there == NULL))
                there = form->schema;
            if (own_name)
                return there;
        }
    }
    return there;
}

static const char *schema_there(const struct named_types *types, const struct catalog_type *type)
{
    if (type->extension != NULL)
        return types->project->plain ? "public" : "extensions";
    const char *other = named_type_other_schema(types, type);
    return quoted(types, other != NULL ? other : types->table->mapping->schema);
}

const char *named_type_there(const struct named_types *types, const char *name)
{
    const struct catalog_type *type = catalog_type_find(types->catalog, name);
    if (type == NULL)
        return name;
    const char *schema = schema_there(types, type);
    return schema == NULL ? NULL
                          : arena_printf(types->arena, "%s.%s%s", schema, type->local,
                                         name + strlen(type->name));
}

/* The source's column that a column of the table is, as it is taken. */
static const struct catalog_column *column_of(const struct named_types *types,
                                              const struct blueprint_column *column)
{
    for (size_t i = 0; i < types->entity->column_count; i++) {
        const struct catalog_column *from = &types->entity->columns[i];
        const struct mapping_column *by = column->mapping;
        if (by == NULL ? strcmp(from->name, column->name) == 0
                       : by->value.kind == VALUE_FROM && path_is_name(by->value.from, from->name))
            return from;
    }
    return NULL;
}

/* What stands for the type in this table's words. */
static const char *word_for(const struct named_types *types, const struct blueprint_column *column,
                            const struct catalog_type *type)
{
    const char *other = NULL;
    for (size_t i = 0; i <= types->table->column_count; i++) {
        const struct blueprint_column *at =
            i == 0 ? column : &types->table->columns[i - 1]; /* the column itself comes first */
        const struct catalog_column *from = at != NULL ? column_of(types, at) : NULL;
        if (from == NULL || catalog_type_find(types->catalog, from->type) != type)
            continue;
        if (at->type.named != NULL)
            return named_type_there(types, type->name);
        other = other == NULL ? at->type.name : other;
        if (i == 0)
            return other;
    }
    return other != NULL ? other : named_type_there(types, type->name);
}

static bool goes_on(char c)
{
    return c == '_' || c == '"' || c == '.' || c == '$' || (c & 0x80) != 0 ||
           (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The next place of the word outside of literals, or NULL. A word that ends in a point goes on. */
static const char *next_place(const char *from, const char *start, const char *word)
{
    size_t length = strlen(word);
    bool literal = false;
    for (const char *at = start; *at != '\0'; at++) {
        literal = literal != (*at == '\'');
        if (at < from || literal || strncmp(at, word, length) != 0)
            continue;
        if ((at == start || !goes_on(at[-1])) && (word[length - 1] == '.' || !goes_on(at[length])))
            return at;
    }
    return NULL;
}

static const char *exchange(const struct named_types *types, const char *sql, const char *word,
                            const char *by)
{
    struct buffer out;
    const char *from = sql, *at;
    if (sql == NULL || word == NULL || by == NULL)
        return NULL;
    buffer_init(&out);
    while ((at = next_place(from, sql, word)) != NULL) {
        buffer_put(&out, from, (size_t)(at - from));
        buffer_puts(&out, by);
        from = at + strlen(word);
    }
    buffer_puts(&out, from);
    const char *made = out.failed ? NULL : arena_text(types->arena, buffer_text(&out));
    buffer_release(&out);
    return made;
}

const char *named_type_sql(const struct named_types *types, const struct blueprint_column *column,
                           const char *sql)
{
    for (size_t i = 0; sql != NULL && i < types->catalog->type_count; i++) {
        const struct catalog_type *type = &types->catalog->types[i];
        const char *by = word_for(types, column, type);
        sql = exchange(types, sql, type->name, by);
        if (type->extension == NULL || by == NULL || strchr(by, '.') == NULL)
            continue;
        size_t home = strlen(type->name) - strlen(type->local);
        sql =
            exchange(types, sql, arena_printf(types->arena, "OPERATOR(%.*s", (int)home, type->name),
                     arena_printf(types->arena, "OPERATOR(%s.", schema_there(types, type)));
    }
    return sql;
}
