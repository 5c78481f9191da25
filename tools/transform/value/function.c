#include "function.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef bool (*function)(const struct function_context *context, struct value *value,
                         struct error *error);

/* The value may lie in scratch already, as the work of the function before. A change that only
 * leaves out or replaces characters can be written over it from the front. */
static void take_scratch(const struct function_context *context, struct value *value)
{
    const char *text = buffer_text(context->scratch);
    *value = value_from_text(text, context->scratch->length);
}

/* The letters from `first` to `first` + 25 become those `distance` further on. */
static bool shift_letters(const struct function_context *context, struct value *value, char first,
                          int distance, struct error *error)
{
    if (!value_is_text(value))
        return true;
    buffer_clear(context->scratch);
    for (uint32_t i = 0; i < value->length; i++) {
        uint8_t c = value->bytes[i];
        bool letter = c >= first && c < first + 26;
        buffer_putc(context->scratch, (char)(letter ? c + distance : c));
    }
    take_scratch(context, value);
    return buffer_ok(context->scratch, error);
}

static bool lower(const struct function_context *context, struct value *value, struct error *error)
{
    return shift_letters(context, value, 'A', 'a' - 'A', error);
}

static bool upper(const struct function_context *context, struct value *value, struct error *error)
{
    return shift_letters(context, value, 'a', 'A' - 'a', error);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool trim(const struct function_context *context, struct value *value, struct error *error)
{
    (void)context;
    (void)error;
    if (!value_is_text(value))
        return true;
    while (value->length > 0 && is_blank(value->bytes[value->length - 1]))
        value->length--;
    while (value->length > 0 && is_blank(value->bytes[0])) {
        value->bytes++;
        value->length--;
    }
    return true;
}

static bool empty_to_null(const struct function_context *context, struct value *value,
                          struct error *error)
{
    (void)context;
    (void)error;
    if (value_is_text(value) && value->length == 0)
        *value = (struct value){.type = BSON_TYPE_NULL};
    return true;
}

static bool phone_digits(const struct function_context *context, struct value *value,
                         struct error *error)
{
    if (!value_is_text(value))
        return true;
    buffer_clear(context->scratch);
    for (uint32_t i = 0; i < value->length; i++)
        if (value->bytes[i] != '+' && !is_blank(value->bytes[i]))
            buffer_putc(context->scratch, (char)value->bytes[i]);
    take_scratch(context, value);
    return buffer_ok(context->scratch, error);
}

/* Takes effect where the value is written (encode.h); here there is nothing to do. */
static bool safe_numbers(const struct function_context *context, struct value *value,
                         struct error *error)
{
    (void)context;
    (void)value;
    (void)error;
    return true;
}

static bool not_finite_to_null(const struct function_context *context, struct value *value,
                               struct error *error)
{
    char before[BSON_DECIMAL128_STRING];
    (void)error;
    if (value_is_finite(value))
        return true;
    value_brief(value, before, sizeof before);
    losses_add(context->losses, context->path, "not_finite", before, "null");
    *context->lost = true;
    *value = (struct value){.type = BSON_TYPE_NULL};
    return true;
}

/* What a source writes as an id, as text; "" where it is none. */
static void id_as_text(const struct value *value, char *out, size_t size)
{
    bool id = value->type == BSON_TYPE_OID || value->type == BSON_TYPE_INT32 ||
              value->type == BSON_TYPE_INT64 ||
              (value->type == BSON_TYPE_BINARY && value->subtype == 4 && value->length == 16);
    out[0] = '\0';
    if (id)
        value_brief(value, out, size);
}

static bool uuid(const struct function_context *context, struct value *value, struct error *error)
{
    char text[40], what[120];
    uint8_t made[16];
    if (value_is_nothing(value))
        return true;
    id_as_text(value, text, sizeof text);
    const char *from = value_is_text(value) ? (const char *)value->bytes : text;
    size_t length = value_is_text(value) ? value->length : strlen(text);
    if (!identity_make(context->identity, context->uuid_name, from, length, made)) {
        value_describe(value, what, sizeof what);
        error_set(error, ERROR_DATA, "no id can be made of %s", what);
        error_hint(error, "correct the record in the source, or let \"\" become null before it: "
                          "\"empty_to_null\"; then run again");
        return error_at(error, NULL, NULL, context->path);
    }
    uuid_format(made, text);
    buffer_clear(context->scratch);
    buffer_puts(context->scratch, text);
    take_scratch(context, value);
    return buffer_ok(context->scratch, error);
}

/* ---- supabase_password ---------------------------------------------------------------------
 * Which stored hashes Supabase Auth signs in with: measured, see MIGRATION.md. */

static bool starts(const struct value *value, const char *prefix)
{
    size_t length = strlen(prefix);
    return value->length >= length && memcmp(value->bytes, prefix, length) == 0;
}

/* $2[a|b|y|x]$NN$ and 53 characters; cost 4 to 17 (18 outlives the server's time-out). */
static bool is_bcrypt(const struct value *value)
{
    const char *text = (const char *)value->bytes;
    size_t at = 2;
    if (!starts(value, "$2"))
        return false;
    if (value->length == 60 && strchr("abyx", text[2]) != NULL && text[2] != '\0')
        at = 3;
    if (value->length != at + 57 || text[at] != '$' || text[at + 3] != '$')
        return false;
    int cost = (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
    for (size_t i = at + 4; i < value->length; i++)
        if (strchr("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", text[i]) ==
                NULL ||
            text[i] == '\0')
            return false;
    return text[at + 1] >= '0' && text[at + 1] <= '9' && text[at + 2] >= '0' &&
           text[at + 2] <= '9' && cost >= 4 && cost <= 17;
}

/* A decimal number and the character behind it. */
static bool take_parameter(const char **at, const char *name, char end, long low, long high)
{
    char *rest;
    size_t length = strlen(name);
    if (strncmp(*at, name, length) != 0 || (*at)[length] < '0' || (*at)[length] > '9')
        return false;
    long number = strtol(*at + length, &rest, 10);
    if (*rest != end || number < low || number > high)
        return false;
    *at = rest + 1;
    return true;
}

static bool is_base64(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0' ||
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", text[i]) ==
                NULL)
            return false;
    return length > 0 && length % 4 != 1;
}

/* $argon2i$ or $argon2id$, v=19, m,t,p in that order and within the server's caps, unpadded salt
 * and hash. */
static bool is_argon2(const struct value *value)
{
    char text[256];
    if (value->length >= sizeof text || memchr(value->bytes, 0, value->length) != NULL)
        return false;
    memcpy(text, value->bytes, value->length);
    text[value->length] = '\0';
    const char *at = text;
    if (strncmp(at, "$argon2id$", 10) == 0)
        at += 10;
    else if (strncmp(at, "$argon2i$", 9) == 0)
        at += 9;
    else
        return false;
    if (!take_parameter(&at, "v=", '$', 19, 19) || !take_parameter(&at, "m=", ',', 1, 1048575) ||
        !take_parameter(&at, "t=", ',', 1, 20) || !take_parameter(&at, "p=", '$', 1, 16))
        return false;
    const char *dollar = strchr(at, '$');
    return dollar != NULL && is_base64(at, (size_t)(dollar - at)) &&
           is_base64(dollar + 1, strlen(dollar + 1));
}

static struct value find_field(const struct function_context *context, const char *path)
{
    bson_iter_t iter, found;
    struct value nothing = {.type = BSON_TYPE_EOD};
    if (!bson_iter_init_from_data(&iter, context->record, context->record_length) ||
        !bson_iter_find_descendant(&iter, path, &found))
        return nothing;
    return value_from_iter(&found);
}

static bool is_padded_base64(const struct value *value)
{
    size_t length = value->length;
    if (!value_is_text(value) || length == 0 || length % 4 != 0)
        return false;
    while (length > value->length - 2 && value->bytes[length - 1] == '=')
        length--;
    return is_base64((const char *)value->bytes, length);
}

/* Appwrite's scryptMod is Firebase's scrypt; Supabase Auth reads it as $fbscrypt$ with the exponent
 * of N, the separator and the signer key, all padded base64. */
static bool firebase(const struct function_context *context, struct value *value)
{
    char text[256]; /* the column's size */
    struct value separator = find_field(context, "hashOptions.saltSeparator");
    struct value signer = find_field(context, "hashOptions.signerKey");
    struct value salt = find_field(context, "hashOptions.salt");
    bool has_separator = value_is_text(&separator) && separator.length > 0;
    if (!has_separator)
        separator = value_from_text("", 0);
    if (!is_padded_base64(value) || !is_padded_base64(&signer) || !is_padded_base64(&salt) ||
        (has_separator && !is_padded_base64(&separator)))
        return false;
    int length =
        snprintf(text, sizeof text, "$fbscrypt$v=1,n=14,r=8,p=1%s%.*s,sk=%.*s$%.*s$%.*s",
                 has_separator ? ",ss=" : "", (int)separator.length, (const char *)separator.bytes,
                 (int)signer.length, (const char *)signer.bytes, (int)salt.length,
                 (const char *)salt.bytes, (int)value->length, (const char *)value->bytes);
    if (length < 0 || (size_t)length >= sizeof text)
        return false;
    buffer_clear(context->scratch);
    buffer_put(context->scratch, text, (size_t)length);
    take_scratch(context, value);
    return true;
}

static bool supabase_password(const struct function_context *context, struct value *value,
                              struct error *error)
{
    if (value_is_nothing(value))
        *value = value_from_text("", 0); /* never had a password: signs in by other means */
    if (!value_is_text(value) || value->length == 0)
        return true;
    struct value hash = find_field(context, "hash");
    char kind[32];
    value_brief(&hash, kind, sizeof kind);
    bool readable = is_bcrypt(value) || is_argon2(value) ||
                    (strcmp(kind, "scryptMod") == 0 && firebase(context, value));
    if (!readable) {
        char before[64];
        snprintf(before, sizeof before, "a hash of the kind %.32s", kind);
        losses_add(context->losses, context->path, "password_reset", before,
                   "empty: the user must reset the password");
        *context->lost = true;
        *value = value_from_text("", 0);
    }
    return buffer_ok(context->scratch, error);
}

/* One row per function. */
static const function functions[FUNCTION_COUNT] = {
    [FUNCTION_LOWER] = lower,
    [FUNCTION_UPPER] = upper,
    [FUNCTION_TRIM] = trim,
    [FUNCTION_EMPTY_NULL] = empty_to_null,
    [FUNCTION_PHONE] = phone_digits,
    [FUNCTION_PASSWORD] = supabase_password,
    [FUNCTION_SAFE_NUMBERS] = safe_numbers,
    [FUNCTION_NOT_FINITE] = not_finite_to_null,
    [FUNCTION_UUID] = uuid,
};

bool function_apply(enum mapping_function which, const struct function_context *context,
                    struct value *value, struct error *error)
{
    return functions[which](context, value, error);
}
