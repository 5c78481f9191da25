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

/* Keys of rows in canonical form, in the order of their bytes. */
struct row_keys {
    struct buffer bytes;
    struct buffer order; /* struct row_part: where each stands in bytes */
};
void row_keys_clear(struct row_keys *keys);
void row_keys_release(struct row_keys *keys);
/* Add the row's key; *twice: it is there already. False only without memory. */
bool row_keys_add(struct row_keys *keys, const struct row *row, bool *twice, struct error *error);

/* A mapping_table: a form of rows. */
struct form {
    const struct mapping_table *mapping;
    const struct expected_table *table;
    struct scope *scope;
    size_t *places;        /* per column of the mapping: where it stands in the table */
    struct row *kept;      /* its last row, which rows below take columns from; NULL: none do */
    bool has_row;          /* for the document at hand */
    struct row_keys *keys; /* of the record's rows in the table so far; NULL: none can be twice */
    const struct mapping_value
        *rest; /* of the column that keeps the rest, also in an object; or NULL */
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
    struct row row;
    struct path_counts counts;
    /* postgres: */
    const struct catalog_entity *catalog;
    struct tuple_column *tuple_columns; /* per column of the only table */
    struct tuple_field *fields;         /* per column of the catalog: the tuple at hand */
    bool *dropped;                      /* likewise: by name */
};

/* Where rows go. */
struct delivery {
    expect_callback callback;
    void *context;
    struct error *error;
};
/* All rows of one record. The first table decides of it: where none of its forms holds, there is no
 * row at all. */
bool expect_record(struct expectation *e, const struct item *record, bool *filtered,
                   const struct delivery *delivery);

/* For document sources, and for postgres: the parts of expectation_new and expectation_batch. */
bool documents_prepare(struct expectation *e, struct error *error);
bool documents_batch(struct expectation *e, const uint8_t *payload, size_t length,
                     expect_callback callback, void *context, int64_t *records, int64_t *filtered,
                     struct error *error);
bool tuples_prepare(struct expectation *e, const struct catalog_entity *catalog,
                    struct error *error);
bool tuples_batch(struct expectation *e, const uint8_t *payload, size_t length,
                  expect_callback callback, void *context, int64_t *records, struct error *error);

/* An ERROR_USAGE about the entity's mapping. */
bool expect_wrong(const struct expectation *e, const struct mapping_table *table,
                  const char *column, const char *what, struct error *error);
/* The row that the table has of what is around the document at hand: by the first form that made
 * one; NULL: none did. */
const struct row *expect_row_above(const struct expectation *e, const char *table);
/* Index of the name in the table's columns, or column_count. */
size_t expect_column(const struct expected_table *table, const char *name);
/* Is it the rest, or an object with the rest in it? *safe: under safe_numbers. */
bool expect_keeps_rest(const struct mapping_value *value, bool *safe);
bool expect_in_words(const struct words *words, const char *word);
bool expect_has_function(const struct mapping_value *value, enum mapping_function function);

#endif
