#include "encode_number.h"
#include "number.h"
#include "put_field.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1100, ROOM = 80 }; /* of a numeric: 1000 digits, sign and point; of others */

bool encode_whole_number(const struct value *value, int64_t *out)
{
    char text[BSON_DECIMAL128_STRING];
    switch ((int)value->type) {
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        *out = value->integer;
        return true;
    case BSON_TYPE_DOUBLE:
        return number_to_int64(value->number, out);
    case BSON_TYPE_DECIMAL128:
        bson_decimal128_to_string(&value->decimal, text);
        return number_parse_int64(text, out);
    default:
        return false;
    }
}

static bool is_number(const struct value *value)
{
    return value_is_scalar(value) && value->type != BSON_TYPE_BOOL;
}

/* ---- what does not fit ----------------------------------------------------------------------- */

static bool misfit(const struct encoding *encoding, const struct value *value, const char *why,
                   struct error *error)
{
    mending_mends(encoding->mending, MISFIT_OTHER);
    return encode_misfit(encoding, value, why, error);
}

static bool is_text(const struct encoding *encoding, const struct value *value,
                    struct error *error)
{
    mending_mends(encoding->mending, MISFIT_OTHER);
    return encode_misfit_unsaid(encoding, value, "it is text", "\"number\"", error);
}

static bool mends(const struct encoding *encoding, enum misfit kind)
{
    return mending_mends(encoding->mending, kind);
}

/* As people write it, where it has not too many digits for that. */
static const char *plain(const char *text, char out[BSON_DECIMAL128_STRING])
{
    bson_decimal128_t decimal;
    if (strpbrk(text, "Nn") != NULL || !bson_decimal128_from_string(text, &decimal))
        return text;
    bson_decimal128_to_string(&decimal, out);
    return out;
}

static void note(const struct encoding *encoding, enum misfit kind, const char *before,
                 const char *after)
{
    char was[BSON_DECIMAL128_STRING], is[BSON_DECIMAL128_STRING];
    mending_note(encoding->mending, kind, encoding->losses, encoding->path, plain(before, was),
                 plain(after, is));
}

/* The same, where it is a double now. */
static void note_double(const struct encoding *encoding, enum misfit kind,
                        const struct value *before, double after)
{
    char was[BSON_DECIMAL128_STRING], is[40];
    value_brief(before, was, sizeof was);
    number_format(after, is, sizeof is);
    note(encoding, kind, was, is);
}

/* A NaN or infinity that a rule gives up: null in its place. */
static bool give_up(const struct encoding *encoding, const struct value *value, struct buffer *out)
{
    char before[BSON_DECIMAL128_STRING];
    if (value_is_finite(value) || !mends(encoding, MISFIT_NOT_FINITE))
        return false;
    encode_null(out);
    value_brief(value, before, sizeof before);
    mending_note(encoding->mending, MISFIT_NOT_FINITE, encoding->losses, encoding->path, before,
                 "null");
    return true;
}

/* What is no number would poison every sum that it comes into. */
static bool check_finite(const struct encoding *encoding, const struct value *value,
                         struct error *error)
{
    if (value_is_finite(value))
        return true;
    mends(encoding, MISFIT_NOT_FINITE);
    encode_misfit(encoding, value, "it is no finite number", error);
    return error_hint(error,
                      "correct the record in the source; or have it given up, with a line in "
                      "the losses: \"misfit\": {\"not_finite\": \"null\"}; then run again");
}

/* Whole numbers and decimals of PostgreSQL have no sign at zero. */
static bool check_zero(const struct encoding *encoding, const struct value *value,
                       struct error *error)
{
    char text[BSON_DECIMAL128_STRING] = "-0";
    bool negative = value->type == BSON_TYPE_DOUBLE && value->number == 0 && signbit(value->number);
    if (value->type == BSON_TYPE_DECIMAL128) {
        bson_decimal128_to_string(&value->decimal, text);
        negative = text[0] == '-' && number_same(text, "0");
    }
    if (!negative)
        return true;
    if (!mends(encoding, MISFIT_NEGATIVE_ZERO))
        return encode_misfit(encoding, value, "its zero has a sign", error);
    note(encoding, MISFIT_NEGATIVE_ZERO, text, text + 1);
    return true;
}

/* ---- whole numbers --------------------------------------------------------------------------- */

/* A number that is not whole, or beyond 64 bits. */
static bool bring_near(const struct encoding *encoding, const struct value *value,
                       char text[ROOM], int64_t *number, struct error *error)
{
    static const char beyond[] = "it is no whole number of 64 bits";
    char rounded[ROOM], other[BSON_DECIMAL128_STRING], limit[24];
    if (!number_is_whole(text)) {
        if (!mends(encoding, MISFIT_ROUNDING) ||
            !number_round(text, 0, rounded, sizeof rounded))
            return encode_misfit(encoding, value, beyond, error);
        note(encoding, MISFIT_ROUNDING, text, rounded);
        snprintf(text, ROOM, "%s", plain(rounded, other));
    }
    if (number_parse_int64(text, number))
        return true;
    if (!mends(encoding, MISFIT_RANGE))
        return encode_misfit(encoding, value, beyond, error);
    *number = text[0] == '-' ? INT64_MIN : INT64_MAX;
    if (encoding->type.base == PG_INT8) { /* for smaller ones there is a line further on */
        snprintf(limit, sizeof limit, "%" PRId64, *number);
        note(encoding, MISFIT_RANGE, text, limit);
    }
    return true;
}

bool encode_integer(const struct encoding *encoding, const struct value *value, struct buffer *out,
                    struct error *error)
{
    int64_t number, most = encoding->type.base == PG_INT2   ? INT16_MAX
                           : encoding->type.base == PG_INT4 ? INT32_MAX
                                                            : INT64_MAX;
    char text[ROOM] = "", limit[24];
    if (value->type == BSON_TYPE_INT32 || value->type == BSON_TYPE_INT64) {
        number = value->integer;
    } else {
        if (give_up(encoding, value, out))
            return true;
        if (!check_finite(encoding, value, error))
            return false;
        if (value_is_text(value))
            return is_text(encoding, value, error);
        value_brief(value, text, sizeof text);
        if (!encode_whole_number(value, &number)) {
            if (!is_number(value))
                return misfit(encoding, value, "it is no whole number of 64 bits", error);
            if (!bring_near(encoding, value, text, &number, error))
                return false;
        }
        if (!check_zero(encoding, value, error))
            return false;
    }
    if (number > most || number < -most - 1) {
        if (text[0] == '\0')
            value_brief(value, text, sizeof text);
        if (!mends(encoding, MISFIT_RANGE))
            return encode_misfit(encoding, value, "too large", error);
        number = number > 0 ? most : -most - 1;
        snprintf(limit, sizeof limit, "%" PRId64, number);
        note(encoding, MISFIT_RANGE, text, limit);
    }
    if (encoding->type.base == PG_INT2)
        put_field(out, &(uint16_t){__builtin_bswap16((uint16_t)number)}, 2);
    else if (encoding->type.base == PG_INT4)
        put_field_be32(out, (uint32_t)number);
    else
        put_field_be64(out, (uint64_t)number);
    return true;
}

/* ---- doubles and reals ----------------------------------------------------------------------- */

/* The double that the number is, or is near to. */
static bool is_same_double(const struct value *value, double *number)
{
    char text[BSON_DECIMAL128_STRING], back[BSON_DECIMAL128_STRING];
    int64_t whole;
    if (value->type == BSON_TYPE_DOUBLE) {
        *number = value->number;
        return true;
    }
    if (value->type != BSON_TYPE_DECIMAL128) {
        *number = (double)value->integer;
        return number_to_int64(*number, &whole) && whole == value->integer;
    }
    bson_decimal128_to_string(&value->decimal, text);
    *number = strtod(text, NULL);
    number_format(*number, back, sizeof back);
    return isfinite(*number) && number_same(text, back); /* by its shortest text */
}

/* The one type's nearest: *number is infinite where it lies beyond it, else it was rounded. */
static bool approach(const struct encoding *encoding, const struct value *value, double *number,
                     double most, struct error *error)
{
    bool beyond = !isfinite(*number);
    if (!mends(encoding, beyond ? MISFIT_RANGE : MISFIT_ROUNDING))
        return encode_misfit(encoding, value, "it would be rounded", error);
    if (beyond)
        *number = *number > 0 ? most : -most;
    note_double(encoding, beyond ? MISFIT_RANGE : MISFIT_ROUNDING, value, *number);
    return true;
}

bool encode_float(const struct encoding *encoding, const struct value *value, struct buffer *out,
                  struct error *error)
{
    double number;
    if (give_up(encoding, value, out))
        return true;
    if (!check_finite(encoding, value, error))
        return false;
    if (value_is_text(value))
        return is_text(encoding, value, error);
    if (!is_number(value))
        return misfit(encoding, value, "", error);
    bool same = is_same_double(value, &number);
    if (encoding->type.base == PG_FLOAT8) {
        uint64_t bits;
        if (!same && !approach(encoding, value, &number, DBL_MAX, error))
            return false;
        memcpy(&bits, &number, sizeof bits);
        put_field_be64(out, bits);
        return true;
    }
    double small = (double)(float)number;
    uint32_t bits;
    if ((!same || small != number) && !approach(encoding, value, &small, (double)FLT_MAX, error))
        return false;
    float real = (float)small;
    memcpy(&bits, &real, sizeof bits);
    put_field_be32(out, bits);
    return true;
}

/* ---- decimals -------------------------------------------------------------------------------- */

/* The largest number of the type, with the sign of the text. */
static void put_largest(const struct pgtype *type, const char *text, char out[LONGEST])
{
    char digits[LONGEST - 20];
    memset(digits, '9', (size_t)type->precision);
    snprintf(out, LONGEST, "%s%.*se-%d", text[0] == '-' ? "-" : "", (int)type->precision, digits,
             (int)type->scale);
}

bool encode_numeric(const struct encoding *encoding, const struct value *value, struct buffer *out,
                    struct error *error)
{
    const struct pgtype *type = &encoding->type;
    char text[LONGEST], other[LONGEST];
    if (give_up(encoding, value, out))
        return true;
    if (!check_finite(encoding, value, error))
        return false;
    if (value_is_text(value))
        return is_text(encoding, value, error);
    if (!is_number(value))
        return misfit(encoding, value, "", error);
    if (!check_zero(encoding, value, error))
        return false;
    value_brief(value, text, sizeof text);
    size_t head = out->length;
    buffer_put_be32(out, 0);
    size_t start = out->length;
    enum numeric_outcome outcome = numeric_put(out, text, type->precision, type->scale);
    if (outcome == NUMERIC_ROUNDS) {
        if (!mends(encoding, MISFIT_ROUNDING) ||
            !number_round(text, type->scale, other, sizeof other))
            return encode_misfit(encoding, value, "it would be rounded", error);
        note(encoding, MISFIT_ROUNDING, text, other);
        snprintf(text, sizeof text, "%s", other);
        out->length = out->failed ? out->length : start;
        outcome = numeric_put(out, text, type->precision, type->scale);
    }
    if (outcome == NUMERIC_TOO_LARGE) {
        if (!mends(encoding, MISFIT_RANGE))
            return encode_misfit(encoding, value, "too large", error);
        put_largest(type, text, other);
        note(encoding, MISFIT_RANGE, text, other);
        out->length = out->failed ? out->length : start;
        outcome = numeric_put(out, other, type->precision, type->scale);
    }
    if (outcome != NUMERIC_OK)
        return misfit(encoding, value, "it is no number", error);
    buffer_patch_be32(out, head, (uint32_t)(out->length - start));
    return true;
}
