/* unique_index.h: the rows of a trial as a unique index of the target sees them.
 *
 * What an index calls the same, its server alone knows: expressions, collations, types of
 * extensions, the part of the rows that it holds for. So a batch's columns go into a temporary
 * table there, empty again after it, and the server tells for each row what stands for its key.
 * Nothing else of the target is touched. */
#ifndef CHECK_UNIQUE_INDEX_H
#define CHECK_UNIQUE_INDEX_H

#include "graduate/arena.h"
#include "graduate/postgres.h"
#include "graduate/schema.h"
#include "row_field.h"

struct unique_index {
    struct postgres *target; /* the caller's */
    struct arena arena;
    char rows[40];                  /* the temporary table's name */
    const char *label;              /* of its table */
    char *keys;                     /* "lower(email), tenant" */
    char *query;                    /* after each batch */
    const char **columns;           /* of the temporary table, from the table's */
    size_t column_count, looked_at; /* the index's stand before the key's */
    struct buffer *copies;          /* of each output of the entity: its rows */
    const struct schema_output *outputs;
    size_t output_count;
    int64_t places; /* rows of the batch so far */
};

/* What the server says of a row, in the order of the rows. */
struct unique_key {
    const char *record; /* as it was given */
    const char *hash;   /* two rows of one hash are the same to the index */
    const char *shown;  /* the value, as people know it; or "" */
    const char *there;  /* the key of another row of the target that has it; or NULL */
};

/* Which of its kind it is among those of one connection, and whether other rows that the target has
 * are asked about. */
struct unique_asking {
    struct postgres *target;
    size_t number;
    bool rows;
};

/* `stall`: seconds of silence after which it is given up; 0: never. */
bool unique_index_connect(struct postgres *target, const struct project *project, int64_t stall,
                          struct error *error);
/* Find out what the index looks at: the target's of this name, or that which the schema would make.
 * ERROR_USAGE: there is neither. */
bool unique_index_open(struct unique_index *index, const struct unique_asking *asking,
                       const struct schema *schema, const char *label, const char *name,
                       struct error *error);
/* Not an index, but a condition that each row must keep to: those that do not are told, with
 * nothing but their records. *used false: it asks for none of the columns that rows fill, and is
 * not open. */
bool unique_index_open_check(struct unique_index *index, const struct unique_asking *asking,
                             const struct schema *schema, const char *label, const char *condition,
                             bool *used, struct error *error);
void unique_index_release(struct unique_index *index);
/* Whose rows come now: the outputs of an entity, of which those of other tables are passed over. */
bool unique_index_begin(struct unique_index *index, const struct schema_output *outputs,
                        size_t count, struct error *error);
/* A row of output `output`. */
void unique_index_add(struct unique_index *index, size_t output, const struct row_field *fields,
                      const char *record);
/* At the end of a batch: of all its rows that the index holds for. After an error the connection
 * can be used on. */
bool unique_index_tell(struct unique_index *index,
                       bool (*take)(void *context, const struct unique_key *key,
                                    struct error *error),
                       void *context, struct error *error);
/* The first column of the output that the index looks at, or NULL. */
const struct schema_column *unique_index_column(const struct unique_index *index,
                                                const struct schema_output *output);

#endif
