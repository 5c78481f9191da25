#include "carried.h"

static bool refuse_source_null(const struct column_plan *column, struct error *error)
{
    error_set(error, ERROR_DATA, "the column %s must not be null, and the source's is",
              column->column->name);
    error_hint(error, "correct the row in the source, or give the column a \"default\" or "
                      "\"null\": true in the mapping; then run again");
    return error_at(error, NULL, NULL, column->expression.path);
}

/* Is the field, as it was written from `start`, one of those that are allowed? */
static bool check_allowed(const struct column_plan *column, const struct field *field,
                          struct buffer *out, size_t start, struct error *error)
{
    struct buffer text;
    uint32_t oid = column->conversion.from;
    if (out->failed || !column->allowed.asks)
        return true;
    buffer_init(&text);
    struct value value = value_from_text((const char *)field->bytes, (size_t)field->length);
    if (field_has_text(oid) && field_put_text(oid, field, FIELD_POSTGRES, &text))
        value = value_from_text(buffer_text(&text), text.length);
    bool ok = allowed_check(&column->allowed, out->data + start, &value, error) ||
              error_at(error, NULL, NULL, column->expression.path);
    buffer_release(&text);
    return ok;
}

bool carried_put(struct plan *plan, const struct scope *scope, struct column_plan *column,
                 struct buffer *out, struct error *error)
{
    const struct field *field = &plan->tuples.fields[column->column->source_column];
    const struct expression *expression = &column->expression;
    struct slot_fate *slot = &scope->fates[expression->slot];
    enum fate fate = FATE_WRITTEN;
    size_t start = out->length;
    bool ok = true;
    if (field->length >= 0) {
        if (conversion_is_one_way(&column->conversion, field)) {
            fate = FATE_CHANGED;
            path_account_number(&plan->paths, slot->own, FATE_BY_ONE_WAY_ID, 1);
        }
        ok = conversion_put(&column->conversion, field, out, error) &&
             check_allowed(column, field, out, start, error);
    } else if (!column->column->not_null) {
        encode_null(out);
    } else if (expression->has_fallback) { /* a default is for a null that must not be one */
        fate = FATE_DEFAULTED;
        ok = encode_field(&expression->encoding, &expression->fallback, out, error);
    } else {
        ok = refuse_source_null(column, error);
    }
    if (slot->fate < fate)
        slot->fate = fate;
    return ok;
}
