/* supabase_password. Which stored hashes Supabase Auth signs in with: measured, see MIGRATION.md.
 */
#include "deed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Base64 with the padding that it needs, whether it is there or not; at most `size` - 1 characters.
 */
static bool pad_base64(const struct value *value, char *out, size_t size)
{
    size_t length = value->length;
    if (!value_is_text(value) || length == 0 || length + 3 >= size)
        return false;
    memcpy(out, value->bytes, length);
    while (length % 4 != 0 && length - value->length < 2)
        out[length++] = '=';
    out[length] = '\0';
    const struct value padded = value_from_text(out, length);
    return is_padded_base64(&padded);
}

/* Appwrite's scryptMod is Firebase's scrypt; Supabase Auth reads it as $fbscrypt$ with the exponent
 * of N, the separator and the signer key, all padded base64. Appwrite takes them without padding,
 * too. */
static bool firebase(const struct function_context *context, struct value *value,
                     struct error *error)
{
    enum { COLUMN = 256 };
    char text[COLUMN], hash[COLUMN], signers[COLUMN], salts[COLUMN], separators[COLUMN] = "";
    struct value separator = find_field(context, "hashOptions.saltSeparator");
    struct value signer = find_field(context, "hashOptions.signerKey");
    struct value salt = find_field(context, "hashOptions.salt");
    bool has_separator = value_is_text(&separator) && separator.length > 0;
    if (!pad_base64(value, hash, COLUMN) || !pad_base64(&signer, signers, COLUMN) ||
        !pad_base64(&salt, salts, COLUMN) ||
        (has_separator && !pad_base64(&separator, separators, COLUMN)))
        return false;
    int length = snprintf(text, sizeof text, "$fbscrypt$v=1,n=14,r=8,p=1%s%s,sk=%s$%s$%s",
                          has_separator ? ",ss=" : "", separators, signers, salts, hash);
    return length > 0 && (size_t)length < sizeof text &&
           deed_make_text(context, text, (size_t)length, value, error);
}

bool deed_supabase_password(const struct function_context *context,
                            const struct function_call *call, struct value *value,
                            struct error *error)
{
    (void)call;
    if (value_is_nothing(value))
        *value = value_from_text("", 0); /* never had a password: signs in by other means */
    if (value->length == 0)
        return true;
    struct value hash = find_field(context, "hash");
    char kind[32];
    value_brief(&hash, kind, sizeof kind);
    bool readable = is_bcrypt(value) || is_argon2(value) ||
                    (strcmp(kind, "scryptMod") == 0 && firebase(context, value, error));
    if (!readable) {
        char before[64];
        snprintf(before, sizeof before, "a hash of the kind %.32s", kind);
        losses_add(context->losses, context->path, "password_reset", before,
                   "empty: the user must reset the password");
        *context->lost = true;
        *value = value_from_text("", 0);
    }
    return true;
}
