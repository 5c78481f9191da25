#include "building.h"
#include "graduate/sql.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* One statement; `sql` and `exists` are copied and cleared for the next. */
bool building_add(struct building *b, enum schema_phase phase, struct buffer *sql,
                  struct buffer *exists, char *name)
{
    struct schema *schema = b->schema;
    if (schema->statement_count == b->capacity) {
        size_t capacity = b->capacity * 2 + 64;
        struct schema_statement *grown = arena_alloc(b->arena, capacity, sizeof *grown);
        if (grown == NULL)
            return error_memory(b->error);
        if (schema->statement_count > 0)
            memcpy(grown, schema->statements, schema->statement_count * sizeof *grown);
        schema->statements = grown;
        b->capacity = capacity;
    }
    struct schema_statement *statement = &schema->statements[schema->statement_count];
    *statement = (struct schema_statement){
        .phase = phase,
        .name = name,
        .sql = arena_text(b->arena, buffer_text(sql)),
        .exists = exists->length > 0 ? arena_text(b->arena, buffer_text(exists)) : NULL,
        .table = b->output->table->label,
    };
    bool ok = !sql->failed && !exists->failed && statement->name != NULL &&
              statement->sql != NULL && (exists->length == 0 || statement->exists != NULL);
    buffer_clear(sql);
    buffer_clear(exists);
    if (!ok)
        return error_memory(b->error);
    for (size_t i = 0; i < schema->statement_count; i++)
        if (strcmp(schema->statements[i].name, statement->name) == 0) {
            error_set(b->error, ERROR_USAGE, "%s: /to/%s: there would be two of %s",
                      b->output->entity->file, b->output->table->label, statement->name);
            return error_hint(b->error,
                              "take one of them out of the mapping and run again; nothing "
                              "was touched");
        }
    schema->statement_count++;
    return true;
}

bool building_ask_undo(struct building *b, struct buffer *query)
{
    char *text = query->failed ? NULL : arena_text(b->arena, buffer_text(query));
    b->schema->statements[b->schema->statement_count - 1].undo = text;
    buffer_clear(query);
    return text != NULL ? true : error_memory(b->error);
}

bool building_undo(struct building *b, struct buffer *sql)
{
    struct buffer query;
    buffer_init(&query);
    buffer_puts(&query, "select ");
    sql_put_literal(&query, buffer_text(sql));
    query.failed = query.failed || sql->failed;
    buffer_clear(sql);
    bool ok = building_ask_undo(b, &query);
    buffer_release(&query);
    return ok;
}

/* How much of an index's word is a column's name; 0 for an expression. */
size_t building_column_length(const struct building *b, const char *word)
{
    size_t longest = 0;
    for (size_t c = 0; c < b->output->column_count; c++) {
        const char *tail = mapping_word_tail(word, b->output->columns[c].name);
        if (tail != NULL && (size_t)(tail - word) > longest)
            longest = (size_t)(tail - word);
    }
    return longest;
}

/* "_lower_title" of "(lower(title))". */
static void put_expression_name(struct buffer *name, const char *expression)
{
    bool within = false;
    for (const char *c = expression; *c != '\0'; c++) {
        bool plain = isalnum((unsigned char)*c) || *c == '_' || (*c & 0x80) != 0;
        if (plain && !within)
            buffer_putc(name, '_');
        if (plain)
            buffer_putc(name, *c);
        within = plain;
    }
}

/* "books" + "user_id", "status" + "idx". With a checksum of what it is for where that is asked or
 * the name would be longer than PostgreSQL allows, so that two names stay two. */
char *building_name(struct building *b, const struct words *columns, const char *suffix,
                    const char *definition, bool summed)
{
    struct buffer name;
    buffer_init(&name);
    buffer_puts(&name, b->output->table->name);
    unsigned long sum = crc32_z(0, (const Bytef *)b->output->table->name, name.length);
    sum = crc32_z(sum, (const Bytef *)definition, strlen(definition));
    for (size_t i = 0; i < columns->count; i++) {
        const char *word = columns->items[i];
        size_t length = building_column_length(b, word);
        sum = crc32_z(sum, (const Bytef *)word, strlen(word) + 1);
        if (length == 0)
            put_expression_name(&name, word);
        else
            buffer_printf(&name, "_%.*s", (int)length, word);
    }
    const char *text = buffer_text(&name);
    char *copy = NULL;
    if (name.length + 1 + strlen(suffix) <= NAME_LIMIT && !summed) {
        copy = arena_printf(b->arena, "%s_%s", text, suffix);
    } else if (!name.failed) {
        size_t cut = name.length < 40 ? name.length : 40;
        while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80) /* inside of a character */
            cut--;
        copy = arena_printf(b->arena, "%.*s_%08lx_%s", (int)cut, text, sum & 0xFFFFFFFFUL, suffix);
    }
    buffer_release(&name);
    return copy;
}

/* The same for an index. All of a schema need different names, but only those that are the same
 * index of the same table are one too many, which building_building_add says. */
char *building_index_name(struct building *b, const char *own, const struct words *columns,
                          const char *suffix, const char *definition)
{
    const struct mapping_table *table = b->output->table;
    char *name = own != NULL ? arena_text(b->arena, own)
                             : building_name(b, columns, suffix, definition, false);
    for (const struct relation *r = b->relations; r != NULL && name != NULL; r = r->next) {
        if (strcmp(r->table->schema, table->schema) != 0 || strcmp(r->name, name) != 0)
            continue;
        if (r->table != table || strcmp(r->definition, definition) != 0)
            name = building_name(b, columns, suffix, definition, true);
        break;
    }
    struct relation *relation = arena_alloc(b->arena, 1, sizeof *relation);
    if (relation == NULL || name == NULL)
        return NULL;
    *relation = (struct relation){b->relations, table, name, definition};
    b->relations = relation;
    return name;
}

void ddl_put_table(struct buffer *sql, const struct mapping_table *table)
{
    sql_put_qualified(sql, table->schema, table->name);
}

/* A table's qualified and quoted name as a literal, for to_regclass and its kin. */
void ddl_put_table_literal(struct buffer *sql, const char *schema, const char *name)
{
    struct buffer quoted;
    buffer_init(&quoted);
    sql_put_qualified(&quoted, schema, name);
    sql_put_literal(sql, buffer_text(&quoted));
    buffer_release(&quoted);
}

void building_put_columns(const struct building *b, struct buffer *sql, const struct words *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        const char *word = columns->items[i];
        size_t length = building_column_length(b, word);
        buffer_puts(sql, i > 0 ? ", " : "(");
        if (length > 0) {
            char name[NAME_LIMIT + 1];
            snprintf(name, sizeof name, "%.*s", (int)length, word);
            sql_put_identifier(sql, name);
        }
        buffer_puts(sql,
                    word + length); /* " desc nulls last", or an expression in its parentheses */
    }
    buffer_putc(sql, ')');
}

void ddl_put_constraint_exists(struct buffer *exists, const struct mapping_table *table, char kind,
                               const char *name)
{
    buffer_printf(exists,
                  "select 1 from pg_catalog.pg_constraint where contype = '%c' and conrelid = "
                  "pg_catalog.to_regclass(",
                  kind);
    ddl_put_table_literal(exists, table->schema, table->name);
    buffer_puts(exists, ") and conname = ");
    sql_put_literal(exists, name);
}
