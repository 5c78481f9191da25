#include "misfit.h"
#include "number.h"

#include <string.h>

static void note(const struct column_plan *column, const char *rule, const struct value *before,
                 const struct value *after)
{
    char was[120], is[120] = "null";
    value_brief(before, was, sizeof was);
    if (was[0] == '\0' && !value_is_text(before))
        value_describe(before, was, sizeof was);
    if (!value_is_nothing(after))
        value_brief(after, is, sizeof is);
    losses_add(column->expression.encoding.losses, column->expression.path, rule, was, is);
}

/* Null, or the default, for a kind of misfit. */
static void stand_in(const struct column_plan *column, enum remedy remedy, struct value *value)
{
    *value = remedy == REMEDY_DEFAULT ? column->expression.fallback
                                      : (struct value){.type = BSON_TYPE_NULL};
}

static bool strip(struct arena *made, struct value *value, struct error *error)
{
    size_t kept = 0;
    char *text = arena_alloc(made, (size_t)value->length + 1, 1);
    if (text == NULL)
        return error_memory(error);
    for (uint32_t i = 0; i < value->length; i++)
        if (value->bytes[i] != '\0')
            text[kept++] = (char)value->bytes[i];
    *value = value_from_text(text, kept);
    return true;
}

/* So many characters of the text, in bytes; its length where it has no more. */
static size_t bytes_of(const struct value *value, int32_t characters)
{
    size_t at = 0;
    for (; at < value->length; at++)
        if ((value->bytes[at] & 0xC0) != 0x80 && characters-- == 0)
            break;
    return at;
}

static bool round_number(const struct encoding *encoding, struct value *value, bool *rounded)
{
    char text[BSON_DECIMAL128_STRING], out[480];
    bson_decimal128_t decimal;
    value_brief(value, text, sizeof text);
    *rounded = number_round(text, encoding->type.scale, out, sizeof out) &&
               !number_same(text, out) && bson_decimal128_from_string(out, &decimal);
    if (*rounded)
        *value = (struct value){.type = BSON_TYPE_DECIMAL128, .decimal = decimal};
    return true;
}

static bool is_number(const struct value *value)
{
    return value_is_scalar(value) && value->type != BSON_TYPE_BOOL && value_is_finite(value);
}

/* Types whose numbers have so many places and no more. */
static bool has_places(const struct pgtype *type)
{
    return !type->array &&
           ((type->base == PG_NUMERIC && type->precision > 0) || type->base == PG_INT2 ||
            type->base == PG_INT4 || type->base == PG_INT8);
}

static bool takes_text(const struct pgtype *type)
{
    return !type->array &&
           (type->base == PG_TEXT || type->base == PG_VARCHAR || type->base == PG_CHAR);
}

bool misfit_mend(const struct column_plan *column, struct arena *made, struct value *value,
                 bool *lost, struct error *error)
{
    const struct remedies *remedies = &column->column->mapping->misfits;
    const struct encoding *encoding = &column->expression.encoding;
    const struct value before = *value;
    bool text = value_is_text(value) && takes_text(&encoding->type) && encoding->id_entity == NULL;
    *lost = false;
    if (text && remedies->nul != REMEDY_ERROR && value->length > 0 &&
        memchr(value->bytes, 0, value->length) != NULL) {
        *lost = true;
        if (remedies->nul != REMEDY_MEND)
            stand_in(column, remedies->nul, value);
        else if (!strip(made, value, error))
            return false;
        note(column, "nul", &before, value);
        text = value_is_text(value);
    }
    const struct value whole = *value;
    size_t fitting =
        text && encoding->type.length > 0 ? bytes_of(value, encoding->type.length) : value->length;
    if (text && remedies->too_long != REMEDY_ERROR && fitting < value->length) {
        *lost = true;
        if (remedies->too_long != REMEDY_MEND)
            stand_in(column, remedies->too_long, value);
        else
            value->length = (uint32_t)fitting;
        note(column, "too_long", &whole, value);
    }
    bool rounded = false;
    if (remedies->rounding != REMEDY_ERROR && has_places(&encoding->type) && is_number(value) &&
        encoding->id_entity == NULL)
        round_number(encoding, value, &rounded);
    if (rounded) {
        *lost = true;
        if (remedies->rounding != REMEDY_MEND)
            stand_in(column, remedies->rounding, value);
        note(column, "rounding", &before, value);
    }
    return true;
}

bool misfit_replace(const struct column_plan *column, struct value *value, struct error *error)
{
    const struct value before = *value;
    enum remedy remedy = column->column->mapping->misfits.other;
    if (remedy == REMEDY_ERROR || error->code != ERROR_DATA)
        return false;
    stand_in(column, remedy, value);
    note(column, "misfit", &before, value);
    *error = (struct error){0};
    return true;
}
