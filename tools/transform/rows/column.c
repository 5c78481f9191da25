#include "column.h"
#include "carried.h"
#include "document.h"
#include "misfit.h"

#include <stdio.h>
#include <string.h>

/* Copy a field of the row above, as it was encoded there. */
static bool put_parent(const struct rows *rows, const struct origin *origin,
                       const struct column_plan *column, struct buffer *out, struct error *error)
{
    const struct expression *expression = &column->expression;
    for (size_t i = 0; i < expression->parent_count; i++) {
        const struct parent_column *parent = &expression->parents[i];
        const struct output_plan *form = &origin->plan->outputs[parent->output];
        const struct buffer *tuples = &rows->lists[parent->output].tuples;
        if (!form->has_row)
            continue;
        if (tuples->failed)
            return buffer_ok(tuples, error);
        const uint8_t *field = tuples->data + form->fields[parent->column];
        uint32_t length = get_be32(field);
        buffer_put(out, field, length == UINT32_MAX ? 4 : 4 + (size_t)length);
        return true;
    }
    const struct mapping_value *value = expression->mapping;
    error_set(error, ERROR_DATA, "the row above is not there: %s does not take what is around this",
              value->above->label);
    return error_hint(error,
                      "take the value from the source, as {\"from\": \"^.field\"}; or give this "
                      "table a \"when\" that is true only under rows of %s; then run again",
                      value->above->label);
}

static bool refuse_null(const struct column_plan *column, const struct value *value,
                        struct error *error)
{
    mending_mends(column->expression.encoding.mending, MISFIT_OTHER);
    error_set(error, ERROR_DATA, "the column %s must not be null, and the field is %s",
              column->column->name, value->type == BSON_TYPE_EOD ? "absent" : "null");
    error_hint(error, "correct the record in the source, or give the column a \"default\" or "
                      "\"null\": true in the mapping; then run again");
    return error_at(error, NULL, NULL, column->expression.path);
}

bool column_put(const struct rows *rows, const struct origin *origin, struct scope *scope,
                struct column_plan *column, struct buffer *out, struct error *error)
{
    struct expression *expression = &column->expression;
    bool not_null = column->column->not_null;
    struct losses *losses = &origin->plan->losses;
    struct value value;
    int slot;
    misfit_begin(origin->plan, column);
    const struct loss_mark lines = losses_mark(losses);
    if (expression->kind == VALUE_PARENT)
        return put_parent(rows, origin, column, out, error);
    if (column->carried)
        return carried_put(origin->plan, scope, column, out, error);
    bool makes_json;
    if (!evaluation_makes_json(scope, expression, &makes_json, error))
        return false;
    if (makes_json)
        return evaluation_put_json(origin, scope, expression, out, error);
    document_settle_rest(scope, expression, FATE_KEPT_OUT);
    if (!evaluation_value(origin, scope, expression, not_null, &value, &slot, error)) {
        value = expression->slot != NO_SLOT ? scope->slots[expression->slot] : (struct value){0};
        slot = NO_SLOT;
        if (!misfit_replace(origin->plan, column, &lines, &value, error) ||
            !evaluation_look_up(origin, scope, expression, &value, error))
            return false;
        evaluation_settle(scope, expression, FATE_LOST);
    }
    if (value_is_nothing(&value) && not_null)
        return refuse_null(column, &value, error);
    int64_t ids = losses->hex_ids;
    size_t start = out->length;
    if (!column_put_fitting(column, &value, out, error)) {
        out->length = out->failed ? out->length : start;
        losses->hex_ids = ids;
        if (!misfit_replace(origin->plan, column, &lines, &value, error))
            return false;
        if (value_is_nothing(&value) && not_null)
            return refuse_null(column, &value, error);
        if (!column_put_fitting(column, &value, out, error))
            return false;
    }
    if (not_null && !out->failed && get_be32(out->data + start) == UINT32_MAX)
        return refuse_null(column, &value, error); /* a NaN that a rule gave up */
    if (origin->plan->mending.lost && slot != NO_SLOT && scope->fates[slot].fate < FATE_LOST)
        scope->fates[slot].fate = FATE_LOST;
    evaluation_note_hex_ids(origin, scope, slot, losses->hex_ids - ids);
    return true;
}
