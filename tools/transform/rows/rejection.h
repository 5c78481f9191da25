/* rejection.h: a record that is set aside whole, where "misfit" says "reject" of a value in it, or
 * "dangling" of an id: what it had come to is taken back, and it goes with the cause to
 * graduate.rejects. */
#ifndef TRANSFORM_REJECTION_H
#define TRANSFORM_REJECTION_H

#include "rows.h"

enum { REJECT_FIELDS = 7 };
extern const char *const reject_fields[REJECT_FIELDS]; /* of a tuple: entity, key, ... */

bool rejection_init(struct rejection *rejection, size_t outputs, struct error *error);
void rejection_release(struct rejection *rejection);
void rejection_clear(struct rejection *rejection);
/* Before a record of an entity that may reject: how far everything is. False without memory. */
bool rejection_mark(struct rows *rows, struct plan *plan, struct error *error);
/* What the record's values count as so far, as a batch's `paths`; and back to before it. */
bool rejection_count_values(const struct rejection *rejection, const struct plan *plan,
                            bson_t *paths);
void rejection_take_values_back(const struct rejection *rejection, struct plan *plan);
/* The record failed with the error: is it one to be set aside? */
bool rejection_is_asked(const struct plan *plan, const struct error *error);
/* Then it is, and the error is none any more. False: the error stands. */
bool rejection_take(struct rows *rows, struct plan *plan, const struct value *record,
                    const char *key, struct error *error);

#endif
