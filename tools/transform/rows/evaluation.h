/* evaluation.h: an expression of the mapping, computed for the document at hand.
 *
 * What the language can say of a value is said here: where it comes from, its conditions, functions
 * and default, objects and arrays made of values; and what thereby becomes of the fields that it
 * names. */
#ifndef TRANSFORM_EVALUATION_H
#define TRANSFORM_EVALUATION_H

#include "plan.h"

/* What a row is made from. */
struct origin {
    struct plan *plan;
    const struct value *record;
    const struct value *document; /* the record, or the element of an array */
    bool silent;                  /* only a look at what would come of it: nothing is counted */
};

/* What becomes of the fields that an expression names. */
void evaluation_settle(const struct scope *scope, const struct expression *expression,
                       enum fate fate);
/* A column takes the field in its slot. */
static inline void evaluation_write_field(const struct scope *scope, int slot)
{
    if (scope->fates[slot].fate < FATE_WRITTEN)
        scope->fates[slot].fate = FATE_WRITTEN;
}
/* The value of an expression that has one by itself: constant, position, field or the first of
 * several; and the slot that it came from, or NO_SLOT. ERROR_DATA when a function does not take it.
 */
static inline bool evaluation_value(const struct origin *origin, const struct scope *scope,
                                    struct expression *expression, bool not_null,
                                    struct value *value, int *slot, struct error *error);
/* A value that stands in for one that does not fit: where it is an id that is looked up, it becomes
 * what is found. */
bool evaluation_look_up(const struct origin *origin, const struct scope *scope,
                        struct expression *expression, struct value *value, struct error *error);
/* Must the row be left out, for a reference in it that dangles? It is counted then, with a line in
 * the losses; the account has nothing else of the row. */
bool evaluation_dangles(const struct origin *origin, struct output_plan *output, bool *dangles,
                        struct error *error);
/* The value that came from the slot was written, and so many ObjectIds in it became hex text. */
static inline void evaluation_note_hex_ids(const struct origin *origin, const struct scope *scope,
                                           int slot, int64_t ids)
{
    if (ids > 0 && slot != NO_SLOT)
        path_account_number(&origin->plan->paths, scope->fates[slot].own, FATE_HEX_IDS, ids);
}
/* Is there a jsonb text to be made: an object or array of values, or the rest? Put it, as a field
 * of COPY.
 */
bool evaluation_makes_json(const struct scope *scope, const struct expression *expression,
                           bool *makes, struct error *error);
bool evaluation_put_json(const struct origin *origin, struct scope *scope,
                         struct expression *expression, struct buffer *out, struct error *error);

/* evaluation_value, where it is more than a field as it stands. */
bool evaluation_make(const struct origin *origin, const struct scope *scope,
                     struct expression *expression, bool not_null, struct value *value, int *slot,
                     struct error *error);

static inline bool evaluation_value(const struct origin *origin, const struct scope *scope,
                                    struct expression *expression, bool not_null,
                                    struct value *value, int *slot, struct error *error)
{
    const struct value *field = expression->as_it_stands ? &scope->slots[expression->slot] : NULL;
    if (field == NULL || (expression->has_fallback && value_is_nothing(field)) ||
        (expression->encoding.id_entity != NULL && field->type != BSON_TYPE_OID))
        return evaluation_make(origin, scope, expression, not_null, value, slot, error);
    evaluation_write_field(scope, expression->slot);
    *value = *field;
    *slot = expression->slot;
    return true;
}

#endif
