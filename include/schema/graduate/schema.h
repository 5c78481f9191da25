/* Room common/schema: the target's tables as mappings and catalogs make them, and the statements
 * that make them. verify has its own reading and must not see this one. It uses common/access,
 * common/base, common/catalog, common/mapping and common/postgres. */

/* schema.h: the target's tables as the mappings and the sources' catalogs make them, and their DDL.
 *
 * A schema is resolved once from a project and its catalogs; plan, schema, load and transform read
 * it. Rows of the stream go to outputs: an entity's tables in the order of its mapping (a table may
 * stand there twice), the last output being the ledger's losses. */
#ifndef GRADUATE_SCHEMA_H
#define GRADUATE_SCHEMA_H

#include "graduate/catalog.h"
#include "graduate/project.h"

/* One row list of an entity: a mapping_table with its columns resolved. */
struct schema_column {
    const char *name;
    struct pgtype type;
    bool not_null;
    bool identity;           /* GENERATED ... AS IDENTITY; its sequence is set after load */
    bool always;             /* of it: GENERATED ALWAYS */
    const char *numbering;   /* of it: options of the sequence, or NULL */
    const char *default_sql; /* or NULL */
    const char *collation;   /* SQL, or NULL: the type's */
    const char *generated;   /* the expression of which the server makes it, when the data is there;
                                or NULL */
    const char *check_in;    /* SQL condition made of "in", or NULL */
    const struct mapping_column *mapping; /* what the mapping says of it; NULL: kept as it is */
    int source_column;                    /* keep_shape: index in the catalog's columns, else -1 */
    uint32_t source_oid;                  /* keep_shape: the type there, else 0 */
};
struct schema_output {
    const struct mapping *entity;
    const struct mapping_table *table;
    struct schema_column *columns;
    size_t column_count;
    size_t *key; /* indexes into columns */
    size_t key_count;
    /* Of the first form of a table that is made: what else is unique in it, by the mapping or the
     * source's catalog, indexes on columns too. Filled in where all outputs are resolved. */
    struct words *uniques;
    size_t unique_count;
    /* Likewise its foreign keys that all its rows must keep to, in the order of their columns. */
    struct schema_tie {
        const struct schema_output *to;
        struct words columns, to_columns;
    } * ties;
    size_t tie_count;
};

enum schema_phase {
    SCHEMA_TABLES,  /* before the data: schemas, tables, NOT NULL, CHECK, row-level security on */
    SCHEMA_KEYS,    /* after it, in this order: primary keys and uniques, */
    SCHEMA_INDEXES, /* indexes, */
    SCHEMA_REFERENCES, /* foreign keys, */
    SCHEMA_REST,       /* policies and grants, comments, */
    SCHEMA_FIGURES,    /* sequence values, ANALYZE: of the data, and no part of a migration file */
};
/* One statement of DDL. `name` says for people what it makes, and for the ledger which step it is;
 * it is unique in the schema. `exists` is a query that returns a row when the thing is there
 * already (the statement is then skipped); NULL: the statement can be repeated. */
struct schema_statement {
    enum schema_phase phase;
    char *name; /* "index books_user_id_idx on public.books" */
    char *sql;  /* without the closing semicolon */
    char *exists;
    /* A query for the SQL that takes back what the statement makes, asked before it is run; the SQL
     * can be repeated. NULL, or no text: nothing has to be taken back. */
    char *undo;
    const char *table; /* label */
    /* SQL for the time before rows come again into a table that is made (--restart), after which
     * the step is taken again; NULL: it stays as it is. */
    const char *again;
    bool of_all;   /* of FIGURES: it is of the rows of other tables, too */
    bool at_begin; /* of TABLES: only the begin of a run needs it, and what it made is else left */
    /* Of a foreign key, else NULL: a query for the first row that it does not allow: entity, key as
     * text, column, how many such rows there are, of how many that refer to something, and the
     * table that they refer to. */
    char *orphans;
    /* Of a key, a unique or a unique index, else NULL: its index's name, and what stands behind ON
     * TABLE in its definition: "using btree (lower(email)) where active". */
    const char *index_name, *index_form;
};

/* A type that an extension must bring to the target. */
struct schema_need {
    const char *type; /* "extensions.citext" */
    const char *extension;
    const char *table; /* label of one that needs it */
};

struct schema {
    const struct project *project;
    const struct catalog *catalogs; /* that it was resolved with */
    size_t catalog_count;
    struct schema_output *outputs;
    size_t output_count;
    struct schema_statement *statements; /* in order */
    size_t statement_count;
    struct schema_need *needs;
    size_t need_count;
    void *memory;
};

/* `catalogs`, which must outlive the schema, may lack sources whose entities do not keep a shape.
 * ERROR_USAGE: a kept column that is not there, a type that cannot be, a key that names no column,
 * ... */
bool schema_resolve(struct schema *schema, const struct project *project,
                    const struct catalog *catalogs, size_t catalog_count, struct error *error);
/* The outputs of one entity alone, without statements; `catalog` holds that entity if its table
 * keeps its shape, whatever source the catalog names; a stream's tells nothing of types of the
 * source's own, the source's whole one says which cannot be kept. For programs that see one
 * entity's stream. */
bool schema_resolve_entity(struct schema *schema, const struct project *project,
                           const struct mapping *entity, const struct catalog *catalog,
                           struct error *error);
void schema_release(struct schema *schema);
/* Where the foreign key of a column points: the output there, and the column of it that is its
 * whole key. False: it brings none. */
bool schema_reference(const struct schema *schema, const struct schema_output *output,
                      const struct schema_column *column, const struct schema_output **to,
                      size_t *to_column);
/* The outputs of one entity are neighbours: where they begin and how many there are; none
 * of one that the schema was not resolved with. */
void schema_outputs(const struct schema *schema, const struct mapping *entity, size_t *first,
                    size_t *count);

#endif
