/* query.h: a level's look at the target's catalogs and rows: what it asks, finds and could not see.
 *
 * Everything is read in the verification's one transaction. A question that the server refuses must
 * not end that transaction, nor pass for an answer: it becomes a doubt, the level goes on, and is
 * in the end unchecked, with the doubts as its reason. */
#ifndef VERIFY_QUERY_H
#define VERIFY_QUERY_H

#include "verification.h"

#include "graduate/buffer.h"

struct inspection {
    struct verification *verification;
    enum verdict_level level;
    double began;
    int64_t checks;       /* things looked at */
    struct buffer doubts; /* what could not be seen, and why: the first few, as one text */
    int64_t doubt_count;
    struct buffer remarks; /* what was seen and is no finding, as one text */
};

void inspection_begin(struct inspection *inspection, struct verification *verification,
                      enum verdict_level level);
/* Tell the verdict, and release. Call it whatever happened; `ok` says whether the level came to its
 * end, and is what is returned unless the telling fails. */
bool inspection_close(struct inspection *inspection, bool ok, struct error *error);
void inspection_doubt(struct inspection *inspection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Something to be known that is neither a doubt nor a finding: the level's reason says it. */
void inspection_remark(struct inspection *inspection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A finding of the level; its text begins with table and key, which may be NULL. */
bool inspection_find(struct inspection *inspection, const char *kind, const char *table,
                     const char *key, struct error *error, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* All rows of a question with text parameters (PQclear), or NULL: then it is a doubt about `what`.
 */
PGresult *query(struct inspection *inspection, const char *what, const char *sql,
                const char *const *parameters, int count);
/* The same for a question whose rows may be many: each row is visited as it comes (row 0 of *rows).
 * False only when a visit failed. */
typedef bool (*query_visit)(void *context, const PGresult *rows, struct error *error);
bool query_each(struct inspection *inspection, const char *what, const char *sql, query_visit visit,
                void *context, struct error *error);
/* One number of one row; false: a doubt. *known (may be NULL) is false for an SQL NULL. */
bool query_number(struct inspection *inspection, const char *what, const char *sql, int64_t *number,
                  bool *known);

/* Where the server said that the role may not do it, say which rights it should have. */
void query_hint_rights(struct error *error);

/* Values of a result. */
const char *query_text(const PGresult *rows, int row, int column); /* NULL for SQL NULL */
bool query_true(const PGresult *rows, int row, int column);
int64_t query_int(const PGresult *rows, int row, int column);

/* SQL text. */
void query_put_name(struct buffer *sql, const char *name);
void query_put_table(struct buffer *sql, const char *schema, const char *name);
void query_put_literal(struct buffer *sql, const char *text);

#endif
