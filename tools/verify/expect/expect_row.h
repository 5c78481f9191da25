/* expect_row.h: one row while it is made, and an expectation's inside. */
#ifndef VERIFY_EXPECT_ROW_H
#define VERIFY_EXPECT_ROW_H

#include "expect.h"
#include "expect_fact.h"
#include "expect_mending.h"
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

/* How a column is filled from a field of a tuple as it is; source -1: it is made of values. */
struct carried {
    int source;         /* index in the catalog */
    struct pgtype read; /* the type by which the source's bytes are read */
};
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
    const struct mapping_column
        *columns; /* the mapping's, and those that are kept without a word */
    size_t column_count;
    const struct carried *carried; /* per column; NULL: of documents */
    struct words key;              /* the mapping's, or the source's under the target's names */
    size_t *places;                /* per column: where it stands in the table */
    struct row *kept;      /* its last row, which rows below take columns from; NULL: none do */
    bool has_row;          /* for the document at hand */
    struct row_keys *keys; /* of the record's rows in the table so far; NULL: none can be twice */
    struct words rests;    /* the places of which it keeps the rest, also in an object; "": all */
};
struct tuple_field {
    const uint8_t *bytes;
    int32_t length; /* -1: NULL */
};
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
    int64_t rejected; /* records, of all batches so far */
    struct expect_mending mending;      /* of the column at hand */
    const struct expect_lookup *lookup; /* or NULL */
    const struct expect_correction *corrections; /* by digest; or NULL */
    size_t correction_count;
    bool *corrected;                    /* each of them that a record was found for; or NULL */
    bool refused;                       /* the record at hand, by the target */
    bool by_hand;                       /* it is as it was corrected */
    struct expect_facts facts;          /* that others ask about; gathered when they are told */
    struct words dates; /* fields of the record that the source calls dates */
    const uint8_t *given; /* the record at hand, as the source gave it */
    size_t given_length;
    struct buffer opened; /* it, with values in place of texts that are JSON */
    struct item no_json;  /* a text in it that is none, and may not stay one; or absent */
    const char *no_json_path;
    /* postgres: */
    const struct catalog_entity *catalog; /* NULL: of documents */
    struct tuple_field *fields;           /* per column of the catalog: the tuple at hand */
    bson_t *document;                     /* of the values in it that somebody asks for */
    bool *valued;                         /* likewise: somebody asks for its value */
    struct computed_of *computed;         /* paths of what the source computed of what */
    size_t computed_count;
};

struct computed_of {
    const char *field, *needed;
};

/* Where rows go. */
struct delivery {
    expect_callback callback;
    void *context;
    struct error *error;
};
/* What the mapping wants, before the first record. */
bool expect_prepare(struct expectation *e, struct error *error);
/* Every record of a payload, of document sources and of postgres; one that fails is named in the
 * error. */
typedef bool (*record_visit)(struct expectation *e, const struct item *record, void *context,
                             struct error *error);
bool records_each(struct expectation *e, const uint8_t *payload, size_t length, record_visit visit,
                  void *context, struct error *error);
bool tuples_each(struct expectation *e, const uint8_t *payload, size_t length, record_visit visit,
                 void *context, struct error *error);
/* The values that texts of a record are, as "json" of the mapping says, in their place; *record
 * lives until the next. False only without memory. */
bool expect_open_json(struct expectation *e, struct item *record, struct error *error);
/* Take up another tuple in place of the one at hand. */
bool tuples_take(struct expectation *e, const uint8_t *tuple, size_t length, struct item *record,
                 struct error *error);

/* Of postgres: room for a tuple; the columns of a form; a column that is carried over. */
bool tuples_begin(struct expectation *e, struct error *error);
bool tuples_describe(struct expectation *e, struct form *form, struct error *error);
bool tuples_put(const struct expectation *e, const struct mapping_column *column,
                const struct carried *carried, struct buffer *out, struct error *error);
/* What the source computed speaks for the columns that it needed. */
bool tuples_claim_computed(struct expectation *e, struct error *error);
/* When a record is left: what became of the one became of the others, by whatever made it. */
void tuples_settle_computed(struct expectation *e);
/* Behind all claims: of which columns somebody wants the value. ERROR_USAGE for one of a type that
 * has none. */
bool tuples_look(struct expectation *e, struct error *error);
/* The field as PostgreSQL prints it. */
bool tuples_print(const struct pgtype *read, const struct tuple_field *field, struct buffer *out,
                  struct error *error);
/* A field that is an id. */
struct item tuples_id(const struct carried *carried, const struct tuple_field *field);
/* The tuple at hand as a document: see tools/transform/rows/tuple.h, made anew. Columns that nobody
 * asks for stand as nulls. */
bool tuples_document(struct expectation *e, bson_t *document, struct error *error);
/* The source's type, as far as it is known here. */
bool tuples_type(const struct catalog_column *column, struct pgtype *type);

/* An ERROR_USAGE about the entity's mapping. */
bool expect_wrong(const struct expectation *e, const struct mapping_table *table,
                  const char *column, const char *what, struct error *error);
/* The row that the table has of what is around the document at hand: by the first form that made
 * one; NULL: none did. */
const struct row *expect_row_above(const struct expectation *e, const char *table);
/* Index of the name in the table's columns, or column_count. */
size_t expect_column(const struct expected_table *table, const char *name);
bool expect_in_words(const struct words *words, const char *word);
bool expect_has_function(const struct mapping_value *value, enum mapping_function function);

#endif
