/* The statements that make a schema, each with a name for people and a query that tells whether it
 * is done already. Everything is quoted and qualified; SQL that a mapping gives (checks, policies,
 * index predicates, defaults) stands as it is written there. */
#include "ddl.h"
#include "mapping.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

struct building {
    struct schema *schema;
    struct arena *arena;
    struct error *error;
    const struct schema_output *output;
    const struct catalog_entity *catalog; /* of a table that keeps its shape, else NULL */
    const struct shape *shape;
    struct relation *relations;
    size_t capacity;
};

/* A name that a table has taken for an index. */
struct relation {
    const struct relation *next;
    const struct mapping_table *table;
    const char *name, *definition;
};

enum { NAME_LIMIT = 63 };

/* One statement; `sql` and `exists` are copied and cleared for the next. */
static bool add(struct building *b, enum schema_phase phase, bool data, struct buffer *sql,
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
        .data = data,
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

/* How much of an index's word is a column's name; 0 for an expression. */
static size_t column_length(const struct building *b, const char *word)
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
static char *object_name(struct building *b, const struct words *columns, const char *suffix,
                         const char *definition, bool summed)
{
    struct buffer name;
    buffer_init(&name);
    buffer_puts(&name, b->output->table->name);
    unsigned long sum = crc32_z(0, (const Bytef *)b->output->table->name, name.length);
    sum = crc32_z(sum, (const Bytef *)definition, strlen(definition));
    for (size_t i = 0; i < columns->count; i++) {
        const char *word = columns->items[i];
        size_t length = column_length(b, word);
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
 * index of the same table are one too many, which add() says. */
static char *index_name(struct building *b, const struct words *columns, const char *suffix,
                        const char *definition)
{
    const struct mapping_table *table = b->output->table;
    char *name = object_name(b, columns, suffix, definition, false);
    for (const struct relation *r = b->relations; r != NULL && name != NULL; r = r->next) {
        if (strcmp(r->table->schema, table->schema) != 0 || strcmp(r->name, name) != 0)
            continue;
        if (r->table != table || strcmp(r->definition, definition) != 0)
            name = object_name(b, columns, suffix, definition, true);
        break;
    }
    struct relation *relation = arena_alloc(b->arena, 1, sizeof *relation);
    if (relation == NULL || name == NULL)
        return NULL;
    *relation = (struct relation){b->relations, table, name, definition};
    b->relations = relation;
    return name;
}

static void put_table(struct buffer *sql, const struct mapping_table *table)
{
    sql_put_qualified(sql, table->schema, table->name);
}

/* A table's qualified and quoted name as a literal, for to_regclass and its kin. */
static void put_table_literal(struct buffer *sql, const char *schema, const char *name)
{
    struct buffer quoted;
    buffer_init(&quoted);
    sql_put_qualified(&quoted, schema, name);
    sql_put_literal(sql, buffer_text(&quoted));
    buffer_release(&quoted);
}

static void put_columns(const struct building *b, struct buffer *sql, const struct words *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        const char *word = columns->items[i];
        size_t length = column_length(b, word);
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

static bool has_schema(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->statement_count; i++)
        if (strncmp(schema->statements[i].name, "schema ", 7) == 0 &&
            strcmp(schema->statements[i].name + 7, name) == 0)
            return true;
    return false;
}

static bool build_schema(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const char *name = b->output->table->schema;
    if (strcmp(name, "public") == 0 || has_schema(b->schema, name))
        return true;
    buffer_puts(sql, "create schema ");
    sql_put_identifier(sql, name);
    buffer_puts(exists, "select 1 from pg_catalog.pg_namespace where nspname = ");
    sql_put_literal(exists, name);
    return add(b, SCHEMA_TABLES, false, sql, exists, arena_printf(b->arena, "schema %s", name));
}

static char *check_name(struct building *b, const struct schema_column *column)
{
    const char *word = column->name;
    const struct words columns = {&word, 1};
    return object_name(b, &columns, "check", "", false);
}

static void put_check(struct buffer *sql, const char *name, const char *condition)
{
    buffer_puts(sql, "constraint ");
    sql_put_identifier(sql, name);
    buffer_printf(sql, " check (%s)", condition);
}

static void put_column(struct building *b, struct buffer *sql, const struct schema_column *column)
{
    char type[64];
    pgtype_format(&column->type, type, sizeof type);
    buffer_puts(sql, "    ");
    sql_put_identifier(sql, column->name);
    buffer_printf(sql, " %s", type);
    if (column->identity)
        buffer_puts(sql, " generated by default as identity");
    else if (column->default_sql != NULL)
        buffer_printf(sql, " default %s", column->default_sql);
    if (column->not_null)
        buffer_puts(sql, " not null");
    if (column->check_in != NULL) {
        const char *name = check_name(b, column);
        sql->failed = sql->failed || name == NULL;
        buffer_putc(sql, ' ');
        put_check(sql, name != NULL ? name : "", column->check_in);
    }
}

/* Does the mapping give a check of this name? It then takes the place of the source's. */
static bool has_check(struct building *b, const char *name)
{
    const struct schema_output *output = b->output;
    for (size_t i = 0; i < output->table->check_count; i++)
        if (strcmp(output->table->checks[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < output->column_count; i++) {
        const struct schema_column *column = &output->columns[i];
        const char *own = column->check_in != NULL ? check_name(b, column) : NULL;
        if (own != NULL && strcmp(own, name) == 0)
            return true;
    }
    return false;
}

static bool build_table(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    const struct mapping_table *table = output->table;
    buffer_puts(sql, "create table ");
    put_table(sql, table);
    buffer_puts(sql, " (\n");
    for (size_t i = 0; i < output->column_count; i++) {
        buffer_puts(sql, i > 0 ? ",\n" : "");
        put_column(b, sql, &output->columns[i]);
    }
    for (size_t i = 0; i < table->check_count; i++) {
        buffer_puts(sql, ",\n    ");
        put_check(sql, table->checks[i].name, table->checks[i].expression);
    }
    for (size_t i = 0; b->catalog != NULL && i < b->catalog->check_count; i++) {
        const struct catalog_check *check = &b->catalog->checks[i];
        if (has_check(b, check->name))
            continue;
        buffer_puts(sql, ",\n    ");
        put_check(sql, check->name, check->expression);
    }
    buffer_puts(sql, "\n)");
    buffer_puts(exists, "select 1 where pg_catalog.to_regclass(");
    put_table_literal(exists, table->schema, table->name);
    buffer_puts(exists, ") is not null");
    return add(b, SCHEMA_TABLES, false, sql, exists,
               arena_printf(b->arena, "table %s", table->label));
}

/* On from the first moment: a table that is being filled must not be readable through an API. */
static bool build_row_security(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    buffer_puts(sql, "alter table ");
    put_table(sql, table);
    buffer_puts(sql, " enable row level security");
    buffer_puts(exists, "select 1 from pg_catalog.pg_class where relrowsecurity and oid = "
                        "pg_catalog.to_regclass(");
    put_table_literal(exists, table->schema, table->name);
    buffer_putc(exists, ')');
    return add(b, SCHEMA_TABLES, false, sql, exists,
               arena_printf(b->arena, "row security of %s", table->label));
}

static void put_constraint_exists(struct buffer *exists, const struct mapping_table *table,
                                  const char *name)
{
    buffer_puts(exists, "select 1 from pg_catalog.pg_constraint where conrelid = "
                        "pg_catalog.to_regclass(");
    put_table_literal(exists, table->schema, table->name);
    buffer_puts(exists, ") and conname = ");
    sql_put_literal(exists, name);
}

/* Primary key and uniques differ in their words only. A target that brings a primary key of another
 * name has one all the same. */
static bool build_unique(struct building *b, struct buffer *sql, struct buffer *exists,
                         const struct words *columns, bool primary)
{
    const struct mapping_table *table = b->output->table;
    const struct words none = {0};
    char *name = primary ? index_name(b, &none, "pkey", "") : index_name(b, columns, "key", "");
    if (name == NULL)
        return error_memory(b->error);
    buffer_puts(sql, "alter table ");
    put_table(sql, table);
    buffer_puts(sql, " add constraint ");
    sql_put_identifier(sql, name);
    buffer_puts(sql, primary ? " primary key " : " unique ");
    put_columns(b, sql, columns);
    if (primary) {
        buffer_puts(exists, "select 1 from pg_catalog.pg_constraint where contype = 'p' and "
                            "conrelid = pg_catalog.to_regclass(");
        put_table_literal(exists, table->schema, table->name);
        buffer_putc(exists, ')');
    } else {
        put_constraint_exists(exists, table, name);
    }
    return add(b, SCHEMA_KEYS, false, sql, exists,
               arena_printf(b->arena, "%s %s of %s", primary ? "primary key" : "unique", name,
                            table->label));
}

static bool build_uniques(struct building *b, struct buffer *sql, struct buffer *exists)
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
    put_columns(b, sql, &index->columns);
    if (index->where != NULL)
        buffer_printf(sql, " where %s", index->where);
    const char *definition = arena_text(b->arena, buffer_text(sql));
    char *name = definition != NULL ? index_name(b, &index->columns, "idx", definition) : NULL;
    if (name == NULL)
        return error_memory(b->error);
    buffer_clear(sql);
    buffer_printf(sql, "create %sindex ", unique);
    sql_put_identifier(sql, name);
    buffer_puts(sql, " on ");
    put_table(sql, table);
    buffer_printf(sql, " %s", definition + strlen(unique));
    buffer_puts(exists, "select 1 where pg_catalog.to_regclass(");
    put_table_literal(exists, table->schema, name);
    buffer_puts(exists, ") is not null");
    return add(b, SCHEMA_KEYS, false, sql, exists,
               arena_printf(b->arena, "index %s on %s", name, table->label));
}

static bool leads(const struct building *b, const struct words *columns, const char *name)
{
    return column_length(b, columns->items[0]) == strlen(name) &&
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

/* The parent table of a child's column, when the column holds the parent's whole key. */
static const struct schema_output *parent_of(const struct building *b,
                                             const struct schema_column *column)
{
    if (column->mapping == NULL || column->mapping->value.kind != VALUE_PARENT)
        return NULL;
    size_t first, count;
    schema_outputs(b->schema, b->output->entity, &first, &count);
    const struct schema_output *parent = &b->schema->outputs[first];
    bool whole = parent->key_count == 1 &&
                 strcmp(parent->columns[parent->key[0]].name, column->mapping->value.from) == 0;
    return whole ? parent : NULL;
}

struct reference {
    const struct mapping_table *table;
    const char *column, *on_delete;
};

static bool find_reference(const struct building *b, const struct schema_column *column,
                           struct reference *reference)
{
    const struct schema_output *parent = parent_of(b, column);
    const struct mapping_column *by = column->mapping;
    if (by == NULL || !by->foreign_key)
        return false;
    if (parent != NULL) {
        *reference = (struct reference){parent->table, parent->columns[parent->key[0]].name,
                                        by->on_delete != NULL ? by->on_delete : "cascade"};
        return true;
    }
    const struct mapping *home = by->value.id_of;
    if (home == NULL || home->home == NULL ||
        (home->home == b->output->table && strcmp(home->home_column, column->name) == 0))
        return false;
    *reference = (struct reference){home->home, home->home_column, by->on_delete};
    return true;
}

static bool build_indexes(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    for (size_t i = 0; i < b->shape->index_count; i++)
        if (!build_index(b, sql, exists, &b->shape->indexes[i]))
            return false;
    for (size_t c = 0; c < output->column_count; c++) {
        struct reference reference;
        if (!find_reference(b, &output->columns[c], &reference) ||
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
    const struct mapping_table *table = reference->table;
    size_t c = 0;
    while (c < table->column_count && strcmp(table->columns[c].name, reference->column) != 0)
        c++;
    if (c == table->column_count ||
        pgtype_oid(&table->columns[c].type) == pgtype_oid(&column->type))
        return true;
    error_set(b->error, ERROR_USAGE, "%s: /to/%s/columns/%s: a %s cannot refer to %s of %s, a %s",
              b->output->entity->file, b->output->table->label, column->name, column->type.name,
              reference->column, table->label, table->columns[c].type.name);
    return error_hint(b->error, "give both the same type, or say \"foreign_key\": false");
}

static bool build_references(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    for (size_t c = 0; c < output->column_count; c++) {
        struct reference reference;
        const char *column = output->columns[c].name;
        if (!find_reference(b, &output->columns[c], &reference))
            continue;
        if (!check_reference(b, &output->columns[c], &reference))
            return false;
        const struct words columns = {&column, 1};
        char *name = object_name(b, &columns, "fkey", "", false);
        if (name == NULL)
            return error_memory(b->error);
        buffer_puts(sql, "alter table ");
        put_table(sql, output->table);
        buffer_puts(sql, " add constraint ");
        sql_put_identifier(sql, name);
        buffer_puts(sql, " foreign key (");
        sql_put_identifier(sql, column);
        buffer_puts(sql, ") references ");
        put_table(sql, reference.table);
        buffer_puts(sql, " (");
        sql_put_identifier(sql, reference.column);
        buffer_putc(sql, ')');
        if (reference.on_delete != NULL)
            buffer_printf(sql, " on delete %s", reference.on_delete);
        put_constraint_exists(exists, output->table, name);
        if (!add(b, SCHEMA_KEYS, false, sql, exists,
                 arena_printf(b->arena, "foreign key %s of %s", name, output->table->label)))
            return false;
    }
    return true;
}

static bool build_policies(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    for (size_t i = 0; i < table->policy_count; i++) {
        const struct mapping_policy *policy = &table->policies[i];
        buffer_puts(sql, "create policy ");
        sql_put_identifier(sql, policy->name);
        buffer_puts(sql, " on ");
        put_table(sql, table);
        buffer_printf(sql, " for %s to ", policy->command);
        for (size_t r = 0; r < policy->roles.count; r++) {
            buffer_puts(sql, r > 0 ? ", " : "");
            sql_put_identifier(sql, policy->roles.items[r]);
        }
        if (policy->using != NULL)
            buffer_printf(sql, " using (%s)", policy->using);
        if (policy->with_check != NULL)
            buffer_printf(sql, " with check (%s)", policy->with_check);
        buffer_puts(exists, "select 1 from pg_catalog.pg_policy where polrelid = "
                            "pg_catalog.to_regclass(");
        put_table_literal(exists, table->schema, table->name);
        buffer_puts(exists, ") and polname = ");
        sql_put_literal(exists, policy->name);
        if (!add(b, SCHEMA_REST, false, sql, exists,
                 arena_printf(b->arena, "policy %s of %s", policy->name, table->label)))
            return false;
    }
    return true;
}

static bool build_revoke(struct building *b, const char *role, struct buffer *sql,
                         struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    buffer_puts(sql, "revoke all on ");
    put_table(sql, table);
    buffer_puts(sql, " from ");
    sql_put_identifier(sql, role);
    return add(b, SCHEMA_REST, false, sql, exists,
               arena_printf(b->arena, "no rights of %s on %s", role, table->label));
}

/* Neither of Supabase's two states of default privileges is relied on: all rights of the roles that
 * the mapping names are taken away, then the named ones given. Strangers have none unless the
 * mapping names them. */
static bool build_grants(struct building *b, struct buffer *sql, struct buffer *exists)
{
    static const char strangers[] = "anon";
    const struct mapping_table *table = b->output->table;
    bool named = false;
    for (size_t i = 0; i < table->grant_count; i++)
        named = named || strcmp(table->grants[i].role, strangers) == 0;
    if (!named && !build_revoke(b, strangers, sql, exists))
        return false;
    for (size_t i = 0; i < table->grant_count; i++) {
        const struct mapping_grant *grant = &table->grants[i];
        if (!build_revoke(b, grant->role, sql, exists))
            return false;
        if (grant->privileges.count == 0)
            continue;
        buffer_puts(sql, "grant ");
        for (size_t p = 0; p < grant->privileges.count; p++)
            buffer_printf(sql, "%s%s", p > 0 ? ", " : "", grant->privileges.items[p]);
        buffer_puts(sql, " on ");
        put_table(sql, table);
        buffer_puts(sql, " to ");
        sql_put_identifier(sql, grant->role);
        if (!add(b, SCHEMA_REST, false, sql, exists,
                 arena_printf(b->arena, "rights of %s on %s", grant->role, table->label)))
            return false;
    }
    return true;
}

static bool build_comment(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct mapping_table *table = b->output->table;
    if (table->comment == NULL)
        return true;
    buffer_puts(sql, "comment on table ");
    put_table(sql, table);
    buffer_puts(sql, " is ");
    sql_put_literal(sql, table->comment);
    return add(b, SCHEMA_REST, false, sql, exists,
               arena_printf(b->arena, "comment on %s", table->label));
}

/* Behind the largest number kept, and behind the last one that the source ever gave: a number of a
 * row that is gone may still be known elsewhere. */
static bool build_sequences(struct building *b, struct buffer *sql, struct buffer *exists)
{
    const struct schema_output *output = b->output;
    for (size_t c = 0; c < output->column_count; c++) {
        const struct schema_column *column = &output->columns[c];
        if (!column->identity)
            continue;
        int64_t last = b->catalog->columns[column->source_column].serial_last;
        buffer_puts(sql, "select pg_catalog.setval(pg_catalog.pg_get_serial_sequence(");
        put_table_literal(sql, output->table->schema, output->table->name);
        buffer_puts(sql, ", ");
        sql_put_literal(sql, column->name);
        buffer_puts(sql, "), greatest(max(");
        sql_put_identifier(sql, column->name);
        buffer_printf(sql, "), %" PRId64 "), max(", last > 0 ? last : 1);
        sql_put_identifier(sql, column->name);
        buffer_printf(sql, ") is not null or %s) from ", last > 0 ? "true" : "false");
        put_table(sql, output->table);
        if (!add(b, SCHEMA_REST, true, sql, exists,
                 arena_printf(b->arena, "sequence of %s.%s", output->table->label, column->name)))
            return false;
    }
    return true;
}

static bool build_analyze(struct building *b, struct buffer *sql, struct buffer *exists)
{
    buffer_puts(sql, "analyze ");
    put_table(sql, b->output->table);
    return add(b, SCHEMA_REST, true, sql, exists,
               arena_printf(b->arena, "statistics of %s", b->output->table->label));
}

/* In the order in which they run, over all tables: foreign keys need every key. */
static bool (*const builders[])(struct building *, struct buffer *, struct buffer *) = {
    build_schema,  build_table,      build_row_security, build_uniques,
    build_indexes, build_references, build_policies,     build_grants,
    build_comment, build_sequences,  build_analyze,
};

/* Tables that the target brings are left alone, and so are further forms of a table. */
static bool is_made(const struct schema *schema, size_t index)
{
    const struct mapping_table *table = schema->outputs[index].table;
    for (size_t i = 0; i < index; i++)
        if (strcmp(schema->outputs[i].table->label, table->label) == 0)
            return false;
    return !table->exists;
}

bool ddl_build(struct schema *schema, struct arena *arena, const struct catalog *catalogs,
               size_t catalog_count, struct error *error)
{
    struct buffer sql, exists;
    buffer_init(&sql);
    buffer_init(&exists);
    struct building b = {.schema = schema, .arena = arena, .error = error};
    struct shape *shapes = arena_alloc(arena, schema->output_count, sizeof *shapes);
    if (shapes == NULL)
        return error_memory(error);
    bool ok = true;
    for (size_t step = 0; ok && step < sizeof builders / sizeof builders[0]; step++)
        for (size_t i = 0; ok && i < schema->output_count; i++) {
            if (!is_made(schema, i))
                continue;
            b.output = &schema->outputs[i];
            b.catalog = b.output->table->keep_shape
                            ? schema_catalog(b.output->entity, catalogs, catalog_count)
                            : NULL;
            b.shape = &shapes[i];
            ok = (step > 0 || shape_gather(&shapes[i], b.output, b.catalog, arena, error)) &&
                 builders[step](&b, &sql, &exists);
        }
    buffer_release(&sql);
    buffer_release(&exists);
    return ok;
}
