/* Room transform/rows: records become rows: expressions are evaluated and tables filled, of
 * documents and of tuples; and the ids of an entity for those who refer to it. It uses
 * common/index, common/json, common/mapping, common/stream, transform/plan and transform/value. */

/* rows.h: the rows of a batch, per output, as the loader will copy them. */
#ifndef TRANSFORM_ROWS_H
#define TRANSFORM_ROWS_H

#include "graduate/stream.h"
#include "json_fields.h"
#include "plan.h"

struct row_list {
    struct buffer tuples;
    uint32_t rows, told; /* told: of records that a trial is done with */
};

/* Records that are set aside (rejection.h), and how far all was before the one at hand. */
struct rejection {
    struct buffer tuples; /* binary COPY: reject_fields */
    uint32_t records;
    size_t *lengths; /* per list */
    uint32_t *rows;
    struct loss_mark losses;
    int64_t hex_ids;
    struct buffer account; /* values of each path */
    struct buffer after;   /* the same behind it, for a moment */
    struct buffer refusables; /* refusable.h */
    uint32_t refusable;
};

struct rows {
    struct row_list *lists; /* one per output of the entity */
    size_t count;
    int64_t filtered; /* records that became no row by a `when` */
    struct rejection rejection;
    struct json_fields json; /* of the record at hand */
};

bool rows_init(struct rows *rows, size_t outputs, struct error *error);
void rows_release(struct rows *rows);
void rows_clear(struct rows *rows);

/* Add all rows of one document. ERROR_DATA with entity, key and path when it does not fit; nothing
 * of the batch may be used then. A trial (plan->problems) notes it and goes on; nothing of its rows
 * may be loaded. */
bool rows_put_document(struct rows *rows, struct plan *plan, const uint8_t *bson, size_t length,
                       struct error *error);
/* The rows of one record, for the readers of documents and of tuples; `given` are its bytes as the
 * source gave them. Of a tuple whose values nobody asks for, `record` is no document. A record that
 * does not fit is set aside where the mapping says so. */
bool rows_put_given(struct rows *rows, struct plan *plan, const struct value *record,
                    const struct value *given, struct error *error);
/* Would it be set aside? Nothing of it stays; for any other reason that it does not fit it stops
 * the run when it is its turn. */
bool rows_would_reject(struct rows *rows, struct plan *plan, const struct value *record,
                       bool *rejected, struct error *error);
/* Its end, whether it succeeded or not: a trial passes over what does not fit, and the error is
 * given entity and key. */
bool rows_close_record(struct rows *rows, struct plan *plan, bool ok, struct error *error);
/* The record's key for messages and losses: what the source calls it. */
void rows_find_key(const uint8_t *bson, size_t length, char *key, size_t size);
/* A trial is done with a record: put on record how many rows it has in each list. */
void rows_end_record(struct rows *rows, struct problems *problems, const char *key);
/* The sections of a rows payload: every list that has rows, and the losses, and then the problems
 * of a trial, or else the rejects and what may become one, behind them. */
void rows_put_sections(const struct rows *rows, const struct losses *losses,
                       const struct problems *problems, struct buffer *out);

#endif
