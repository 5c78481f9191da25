/* Room verify/expect: the rows that records must have become, by verify's own reading of the
 * mapping. It uses common/base, common/catalog, common/json, common/mapping, common/stream and
 * verify/canonical. */

/* expect.h: the rows that a record must have become, by verify's own reading of the mapping.
 *
 * Nothing here may call transform, load, schema.c, identity.c or ddl.c: a bug there must not be
 * able to hide here. It walks plainly, record by record; being slower than transform is all right.
 */
#ifndef VERIFY_EXPECT_H
#define VERIFY_EXPECT_H

#include "graduate/catalog.h"
#include "graduate/fate.h"
#include "graduate/project.h"
#include "graduate/stream.h"

struct expected_column {
    const char *name;
    struct pgtype type;
    bool key;
};
/* A target table as one entity fills it. Row forms of one table share it: columns of all forms, in
 * the order of their names; a column that a form does not give is not compared for its rows. */
struct expected_table {
    const char *label; /* "public.books" */
    const struct mapping_table *mapping;
    struct expected_column *columns;
    size_t column_count;
};
/* One row: per column of the table, given or not, and its canonical value. Views, for the callback.
 */
struct expected_value {
    bool given;
    const uint8_t *bytes;
    size_t length;
};
struct expected_row {
    const struct expected_table *table;
    const struct expected_value *values;
};
typedef bool (*expect_callback)(void *context, const struct expected_row *row, struct error *error);

/* What happened to the values of one path of the source, as fate.h defines it. */
struct expected_path {
    char *path;
    bool named; /* by the mapping: never counted under FATE_OTHER_PATHS */
    int64_t values[FATE_COUNT];
};

/* Asks which records there are of the entities that a mapping looks up. */
struct expect_answer {
    uint8_t uuid[16]; /* what the record's id has become; as it was where it is not there */
    bool there, stays;
    bool aside; /* it does not stay, for it is set aside */
};
struct expect_lookup {
    bool (*ask)(void *context, const struct mapping *to, const uint8_t key[16],
                struct expect_answer *answer, struct error *error);
    /* The same of what conditions ask about their records. */
    bool (*ask_fact)(void *context, const struct mapping *to, const uint8_t key[16], bool *there,
                     struct error *error);
    void *context;
};
/* What of a record others can know it by. */
struct expect_id {
    uint8_t key[16], uuid[16];
    bool stays;
    bool aside;     /* it does not, for it is set aside */
    const char *by; /* a field that must be another one in every record that stays, or NULL */
};
typedef bool (*expect_id_callback)(void *context, const struct expect_id *id, struct error *error);

/* A record, as a stream has it, that was set aside, and what was loaded in its place as it was
 * corrected; or that the target refused, and that nothing was loaded of. */
struct expect_correction {
    const char *digest;    /* of the record as the source has it (record.h) */
    const uint8_t *record; /* NULL: nothing */
    size_t length;
};

struct expectation; /* of one entity */
/* `catalog` is what the stream's header says of the entity. ERROR_USAGE or ERROR_BUG. */
bool expectation_new(struct expectation **made, const struct project *project,
                     const struct mapping *entity, const struct catalog_entity *catalog,
                     struct error *error);
/* Without it every id is one that stays, and no fact of another entity is known. It must outlive
 * the expectation. */
void expectation_look_up(struct expectation *expectation, const struct expect_lookup *lookup);
/* Of the records with these digests the rows are those of what stands in their place; their ids,
 * and what others ask about them, stay what the source says. In the order of the digests; they must
 * outlive the expectation. */
void expectation_correct(struct expectation *expectation,
                         const struct expect_correction *corrections, size_t count);
/* Instead of the rows: the ids of the records of one batch's payload. ERROR_USAGE where nothing
 * says what an id of the entity is. */
bool expectation_ids(struct expectation *expectation, const uint8_t *payload, size_t length,
                     expect_id_callback callback, void *context, struct error *error);
/* Likewise what the conditions of others ask about those records (expect_fact.h). */
bool expectation_facts(struct expectation *expectation, const uint8_t *payload, size_t length,
                       expect_id_callback callback, void *context, struct error *error);
void expectation_free(struct expectation *expectation);
/* The tables it fills; stable while it lives. */
const struct expected_table *expectation_tables(const struct expectation *expectation,
                                                size_t *count);
/* All rows of one batch's payload; *records and *filtered are added to. A record is filtered when
 * no form of the first table holds for it; then it has no row at all. A record for which the
 * mapping gives no answer is ERROR_DATA with entity, key and path (then the run should have stopped
 * there). */
bool expectation_batch(struct expectation *expectation, const uint8_t *payload, size_t length,
                       expect_callback callback, void *context, int64_t *records, int64_t *filtered,
                       struct error *error);
/* How many records of all batches so far were set aside. */
int64_t expectation_rejected(const struct expectation *expectation);
/* Of all batches so far, in the order in which the paths were met; stable until the next batch. */
const struct expected_path *expectation_paths(const struct expectation *expectation, size_t *count);

#endif
