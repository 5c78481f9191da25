/* Numbers out of texts, and texts out of scalars. */
#include "datetime.h"
#include "deed.h"
#include "number.h"

#include "graduate/identity.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DECIMAL_DIGITS = 34 };

/* A sign, digits, and maybe a point among them: "-12.50". How many digits count; 0: it is none. */
static size_t significant_digits(const char *text, size_t length, bool *point)
{
    size_t digits = 0, counted = 0;
    *point = false;
    for (size_t i = length > 0 && (text[0] == '-' || text[0] == '+'); i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (!digit && (text[i] != '.' || *point || i + 1 == length))
            return 0;
        *point = *point || !digit;
        digits += digit;
        counted += digit && (counted > 0 || text[i] != '0');
    }
    return digits == 0 ? 0 : counted > 0 ? counted : 1;
}

bool deed_number(const struct function_context *context, const struct function_call *call,
                 struct value *value, struct error *error)
{
    char text[512];
    bool point;
    int64_t whole;
    struct value trimmed = *value;
    if (!value_is_text(value))
        return true;
    if (!deed_trim(context, call, &trimmed, error))
        return false;
    if (trimmed.length == 0)
        return deed_refuse(
            context, value, "an empty text is no number",
            "put \"empty_to_null\" before \"number\" in the mapping, where it stands "
            "for none; or correct the record in the source; then run again",
            error);
    size_t digits = significant_digits((const char *)trimmed.bytes, trimmed.length, &point);
    if (digits == 0)
        return deed_refuse(context, value,
                           "\"number\" takes a sign, digits and a decimal point, as \"-12.50\"",
                           NULL, error);
    /* The sign "+" is none of a decimal's. */
    size_t sign = trimmed.bytes[0] == '+';
    if (digits > DECIMAL_DIGITS || trimmed.length >= sizeof text)
        return deed_refuse(context, value, "a number has at most 34 digits here", NULL, error);
    memcpy(text, trimmed.bytes + sign, trimmed.length - sign);
    text[trimmed.length - sign] = '\0';
    bool negative_zero = text[0] == '-' && strspn(text + 1, "0") == strlen(text + 1);
    if (!point && !negative_zero && number_parse_int64(text, &whole)) {
        *value = (struct value){.type = BSON_TYPE_INT64, .integer = whole};
        return true;
    }
    struct value made = {.type = BSON_TYPE_DECIMAL128};
    if (!bson_decimal128_from_string(text, &made.decimal) || !value_is_finite(&made))
        return deed_refuse(context, value, "a decimal cannot hold it", NULL, error);
    *value = made;
    return true;
}

/* The shortest; but of a whole number that fits in 64 bits all digits. */
static void format_double(double number, char *out, size_t size)
{
    int64_t whole;
    bool negative_zero = number == 0 && signbit(number);
    if (!negative_zero && number_to_int64(number, &whole))
        snprintf(out, size, "%" PRId64, whole);
    else
        number_format(number, out, size);
}

bool deed_text(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error)
{
    char text[NUMBER_PLAIN], decimal[BSON_DECIMAL128_STRING];
    (void)call;
    if (value_is_text(value)) {
        value->moment = false;
        return true;
    }
    if (value->type == BSON_TYPE_DOUBLE) {
        format_double(value->number, text, sizeof text);
    } else if (value->type == BSON_TYPE_BINARY && value->subtype == 3) {
        return deed_refuse(context, value,
                           "a UUID of subtype 3 does not say in which order its bytes stand",
                           "put {\"uuid3\": \"java\"}, \"csharp\" or \"python\" before \"text\" in "
                           "the mapping, and run again",
                           error);
    } else if (value->type == BSON_TYPE_DATE_TIME) {
        if (!datetime_format(value->integer, text, sizeof text))
            return deed_refuse(context, value,
                               "it has no text: its year is beyond 9999 or before 0", NULL, error);
    } else if (value->type == BSON_TYPE_DECIMAL128) {
        bson_decimal128_to_string(&value->decimal, decimal);
        number_plain(decimal, text);
    } else {
        value_brief(value, text, sizeof text);
    }
    return deed_make_text(context, text, strlen(text), value, error);
}

bool deed_not_finite_to_null(const struct function_context *context,
                             const struct function_call *call, struct value *value,
                             struct error *error)
{
    char before[BSON_DECIMAL128_STRING];
    (void)call;
    (void)error;
    if (value_is_finite(value))
        return true;
    value_brief(value, before, sizeof before);
    losses_add(context->losses, context->path, "not_finite", before, "null");
    *context->lost = true;
    *value = (struct value){.type = BSON_TYPE_NULL};
    return true;
}

bool deed_uuid3(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error)
{
    static const uint8_t orders[][16] = {
        [UUID3_JAVA] = {7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8},
        [UUID3_CSHARP] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15},
        [UUID3_PYTHON] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    };
    if (value->subtype == 4)
        return true;
    uint8_t *made = deed_memory(context, 16, error);
    if (made == NULL)
        return false;
    for (size_t i = 0; i < 16; i++)
        made[i] = value->bytes[orders[call->word][i]];
    *value = (struct value){.type = BSON_TYPE_BINARY, .subtype = 4, .bytes = made, .length = 16};
    return true;
}

bool deed_padded(const struct function_context *context, const struct function_call *call,
                 struct value *value, struct error *error)
{
    static const uint8_t zeros[4];
    bool left = call->word == PADDED_LEFT;
    uint8_t *uuid = deed_memory(context, 16, error);
    if (uuid == NULL)
        return false;
    if (value->type == BSON_TYPE_OID)
        return true;
    bool known = value->type == BSON_TYPE_BINARY
                     ? value->subtype == 4
                     : uuid_parse((const char *)value->bytes, value->length, uuid);
    if (known && value->type == BSON_TYPE_BINARY)
        memcpy(uuid, value->bytes, 16);
    if (!known || memcmp(uuid + (left ? 0 : 12), zeros, sizeof zeros) != 0)
        return deed_refuse(context, value,
                           left ? "it is no UUID that begins with 8 zeros"
                                : "it is no UUID that ends with 8 zeros",
                           NULL, error);
    *value = (struct value){.type = BSON_TYPE_OID, .oid = uuid + (left ? 4 : 0)};
    return true;
}

/* What a source writes as an id, as text; "" where it is none. */
static void id_as_text(const struct value *value, char *out, size_t size)
{
    bool id = value->type == BSON_TYPE_OID || value->type == BSON_TYPE_INT32 ||
              value->type == BSON_TYPE_INT64 ||
              (value->type == BSON_TYPE_BINARY && value->subtype == 4);
    out[0] = '\0';
    if (id)
        value_brief(value, out, size);
}

bool deed_uuid(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error)
{
    char text[40];
    uint8_t made[16];
    id_as_text(value, text, sizeof text);
    const char *from = value_is_text(value) ? (const char *)value->bytes : text;
    size_t length = value_is_text(value) ? value->length : strlen(text);
    if (!identity_make(context->identity, call->text, from, length, made))
        return deed_refuse(context, value, "no id can be made of it",
                           "correct the record in the source, or let \"\" become null before it: "
                           "\"empty_to_null\"; then run again",
                           error);
    uuid_format(made, text);
    return deed_make_text(context, text, 36, value, error);
}
