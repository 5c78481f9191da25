/* expect_row.h: one row while it is made, and an expectation's inside. */
#ifndef VERIFY_EXPECT_ROW_H
#define VERIFY_EXPECT_ROW_H

#include "expect.h"
#include "expect_path.h"
#include "expect_scope.h"
#include "graduate/arena.h"

struct row_part {
    bool given;
    size_t start, length;
};
struct row {
    const struct expected_table *table;
    struct buffer bytes;
    struct row_part *parts; /* per column of the table */
    struct expected_value *values;
};
/* Room for a table of so many columns. */
bool row_init(struct row *row, struct arena *arena, size_t columns, struct error *error);
void row_release(struct row *row);
void row_begin(struct row *row, const struct expected_table *table);
/* Around the putting of a column's value into row->bytes. */
void row_open(struct row *row, size_t column);
void row_close(struct row *row, size_t column);
bool row_deliver(struct row *row, expect_callback callback, void *context, struct error *error);

/* A mapping_table: a form of rows. */
struct form {
    const struct mapping_table *mapping;
    const struct expected_table *table;
    struct scope *scope;
    size_t *places;                   /* per column of the mapping: where it stands in the table */
    const struct mapping_value *rest; /* of the column that keeps the rest, or NULL */
};
struct tuple_column;
struct expectation {
    const struct project *project;
    const struct mapping *entity;
    struct arena arena, texts; /* texts: of one record */
    struct expected_table *tables;
    struct form *forms;
    struct scope *scopes; /* the record's first */
    size_t table_count, form_count, scope_count;
    struct row parent, row; /* parent: of the record's first table */
    struct path_counts counts;
    const struct expect_lookup *lookup; /* or NULL */
    /* postgres: */
    const struct catalog_entity *catalog;
    struct tuple_column *tuple_columns; /* per column of the only table */
    struct tuple_field *fields;         /* per column of the catalog: the tuple at hand */
    bool *dropped;                      /* likewise: by name */
};

/* For document sources, and for postgres: the parts of expectation_new and expectation_batch. */
bool documents_prepare(struct expectation *e, struct error *error);
bool documents_batch(struct expectation *e, const uint8_t *payload, size_t length,
                     expect_callback callback, void *context, int64_t *records, int64_t *filtered,
                     struct error *error);
bool tuples_prepare(struct expectation *e, const struct catalog_entity *catalog,
                    struct error *error);
bool tuples_batch(struct expectation *e, const uint8_t *payload, size_t length,
                  expect_callback callback, void *context, int64_t *records, struct error *error);

/* Likewise of expectation_ids. */
bool documents_ids(struct expectation *e, const uint8_t *payload, size_t length,
                   expect_id_callback callback, void *context, struct error *error);
bool tuples_ids(struct expectation *e, const uint8_t *payload, size_t length,
                expect_id_callback callback, void *context, struct error *error);

/* An ERROR_USAGE about the entity's mapping. */
bool expect_wrong(const struct expectation *e, const struct mapping_table *table,
                  const char *column, const char *what, struct error *error);
/* Index of the name in the table's columns, or column_count. */
size_t expect_column(const struct expected_table *table, const char *name);
bool expect_in_words(const struct words *words, const char *word);
bool expect_has_function(const struct mapping_value *value, enum mapping_function function);

#endif
