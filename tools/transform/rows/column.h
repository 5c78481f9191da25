/* column.h: the field of one column of a row. */
#ifndef TRANSFORM_COLUMN_H
#define TRANSFORM_COLUMN_H

#include "evaluation.h"
#include "rows.h"

/* The value as the field, if it is one of those that are allowed. */
static inline bool column_put_fitting(const struct column_plan *column, const struct value *value,
                               struct buffer *out, struct error *error)
{
    const struct expression *expression = &column->expression;
    size_t start = out->length;
    if (!encode_field(&expression->encoding, value, out, error))
        return false;
    if (!column->allowed.asks || out->failed ||
        allowed_check(&column->allowed, out->data + start, value, error))
        return true;
    mending_mends(expression->encoding.mending, MISFIT_OTHER);
    return error_at(error, NULL, NULL, expression->path);
}

/* The field that a plain column takes as it is: not a null that must not be one, and of ids only
 * those that have one form. */
static inline const struct value *column_plain_field(const struct scope *scope,
                                              const struct column_plan *column)
{
    if (!column->plain)
        return NULL;
    const struct value *field = &scope->slots[column->expression.slot];
    bool taken = value_is_nothing(field) ? !column->column->not_null
                                         : column->expression.encoding.id_entity == NULL ||
                                               field->type == BSON_TYPE_OID;
    return taken ? field : NULL;
}

static inline bool column_put_plain(const struct scope *scope, const struct column_plan *column,
                             const struct value *field, struct buffer *out, struct error *error)
{
    evaluation_write_field(scope, column->expression.slot);
    return column_put_fitting(column, field, out, error);
}

/* Append the field, as COPY has it, and say what became of the values that it is made of. ERROR_DATA
 * with a path for what does not fit and is not mended. */
bool column_put(const struct rows *rows, const struct origin *origin, struct scope *scope,
                struct column_plan *column, struct buffer *out, struct error *error);

#endif
