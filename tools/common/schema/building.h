/* building.h: a schema's statements while they are made, one kind after the other over all tables.
 */
#ifndef COMMON_BUILDING_H
#define COMMON_BUILDING_H

#include "graduate/arena.h"
#include "graduate/schema.h"

struct building {
    struct schema *schema;
    struct arena *arena;
    struct error *error;
    const struct catalog *catalogs; /* of the sources */
    size_t catalog_count;
    const struct schema_output *output;
    const struct catalog *source;         /* the whole of it, or NULL */
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

/* Add a statement; `sql` and `exists` are copied and cleared for the next. ERROR_USAGE: there is
 * one of that name already. */
bool building_add(struct building *b, enum schema_phase phase, struct buffer *sql,
                  struct buffer *exists, char *name);

/* The last statement's undo (schema.h): SQL that is known, or a query that says it. Both are copied
 * and cleared. */
bool building_undo(struct building *b, struct buffer *sql);
bool building_ask_undo(struct building *b, struct buffer *query);

/* Names, NULL without memory. A table's object: "books" + "user_id", "status" + "idx"; with a
 * checksum of what it is for where that is asked, or where it would be longer than PostgreSQL
 * allows. */
char *building_name(struct building *b, const struct words *columns, const char *suffix,
                    const char *definition, bool summed);
/* The same for an index, whose names all of a schema share; `own` is the source's, or NULL. */
char *building_index_name(struct building *b, const char *own, const struct words *columns,
                          const char *suffix, const char *definition);

/* Does the table have this check of the source's? One of the mapping's takes its place, and it goes
 * with its columns. */
bool building_keeps_check(struct building *b, const struct catalog_check *check);

/* How much of an index's word is a column's name; 0 for an expression. */
size_t building_column_length(const struct building *b, const char *word);
/* "(\"user_id\", \"created_at\" desc)" */
void building_put_columns(const struct building *b, struct buffer *sql,
                          const struct words *columns);
void ddl_put_table(struct buffer *sql, const struct mapping_table *table);
/* A table's qualified and quoted name as a literal, for to_regclass and its kin. */
void ddl_put_table_literal(struct buffer *sql, const char *schema, const char *name);
/* The query that finds a constraint of that kind (of pg_constraint) and name. One of another kind
 * is in the way, which the server says. */
void ddl_put_constraint_exists(struct buffer *exists, const struct mapping_table *table, char kind,
                               const char *name);

/* Kinds of statements (the others are in ddl.c), each for the table at hand. */
bool ddl_schema(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_sequences(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_table(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_plain(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_row_security(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_generated(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_exclusions(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_loose_checks(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_uniques(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_indexes(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_references(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_asker(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_policies(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_grants(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_usages(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_numbers(struct building *b, struct buffer *sql, struct buffer *exists);
bool ddl_standing(struct building *b, struct buffer *sql, struct buffer *exists);

/* A schema of the target, but "public", once. */
bool ddl_make_schema(struct building *b, const char *name, struct buffer *sql,
                     struct buffer *exists);

#endif
