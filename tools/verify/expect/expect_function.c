#include "expect_function.h"
#include "expect_identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef bool (*function)(struct expect_surroundings *around, struct item *item,
                         struct error *error);

enum letters { LETTERS_KEPT, LETTERS_LOWERED, LETTERS_RAISED };

/* The text without the characters of `out`, and with its letters of ASCII as asked for. */
static bool remake(struct expect_surroundings *around, struct item *item, const char *out,
                   enum letters letters, struct error *error)
{
    const char *text;
    size_t length, kept = 0;
    if (!item_text(item, &text, &length))
        return true;
    char *made = arena_alloc(around->texts, length + 1, 1);
    if (made == NULL)
        return error_memory(error);
    for (size_t i = 0; i < length; i++) {
        bool large = text[i] >= 'A' && text[i] <= 'Z', small = text[i] >= 'a' && text[i] <= 'z';
        bool changes =
            (letters == LETTERS_LOWERED && large) || (letters == LETTERS_RAISED && small);
        if (text[i] == '\0' || strchr(out, text[i]) == NULL)
            made[kept++] = (char)(changes ? text[i] ^ 32 : text[i]);
    }
    bool safe = item->safe;
    *item = item_of_text(made, kept);
    item->safe = safe;
    return true;
}

static bool lower(struct expect_surroundings *around, struct item *item, struct error *error)
{
    return remake(around, item, "", LETTERS_LOWERED, error);
}

static bool upper(struct expect_surroundings *around, struct item *item, struct error *error)
{
    return remake(around, item, "", LETTERS_RAISED, error);
}

static bool phone_digits(struct expect_surroundings *around, struct item *item, struct error *error)
{
    return remake(around, item, "+ \t\r\n", LETTERS_KEPT, error);
}

static bool trim(struct expect_surroundings *around, struct item *item, struct error *error)
{
    static const char blanks[] = " \t\r\n";
    const char *text;
    size_t length;
    (void)around;
    (void)error;
    if (!item_text(item, &text, &length))
        return true;
    const char *end = text + length;
    while (text < end && *text != '\0' && strchr(blanks, *text) != NULL)
        text++;
    while (end > text && end[-1] != '\0' && strchr(blanks, end[-1]) != NULL)
        end--;
    bool safe = item->safe;
    *item = item_of_text(text, (size_t)(end - text));
    item->safe = safe;
    return true;
}

static bool empty_to_null(struct expect_surroundings *around, struct item *item,
                          struct error *error)
{
    const char *text;
    size_t length;
    (void)around;
    (void)error;
    if (item_text(item, &text, &length) && length == 0)
        *item = (struct item){.value = {.value_type = BSON_TYPE_NULL}, .safe = item->safe};
    return true;
}

static bool safe_numbers(struct expect_surroundings *around, struct item *item, struct error *error)
{
    (void)around;
    (void)error;
    item->safe = true;
    return true;
}

static bool not_finite_to_null(struct expect_surroundings *around, struct item *item,
                               struct error *error)
{
    char text[ITEM_NUMBER];
    (void)error;
    if (item_number(item, text) && strpbrk(text, "Nn") != NULL) {
        *item = (struct item){.value = {.value_type = BSON_TYPE_NULL}};
        around->lost = true;
    }
    return true;
}

static bool uuid(struct expect_surroundings *around, struct item *item, struct error *error)
{
    const char *text;
    size_t length;
    int64_t number;
    char made[40];
    uint8_t id[16];
    const bson_value_t *value = &item->value;
    if (item_is_nothing(item))
        return true;
    bool whole = value->value_type == BSON_TYPE_INT32 || value->value_type == BSON_TYPE_INT64;
    if (!item_text(item, &text, &length)) {
        made[0] = '\0';
        if (value->value_type == BSON_TYPE_OID)
            bson_oid_to_string(&value->value.v_oid, made);
        else if (whole && item_whole(item, &number))
            snprintf(made, sizeof made, "%" PRId64, number);
        else if (value->value_type == BSON_TYPE_BINARY && value->value.v_binary.data_len == 16 &&
                 value->value.v_binary.subtype == BSON_SUBTYPE_UUID)
            expect_uuid_write(value->value.v_binary.data, made);
        text = made;
        length = strlen(made);
    }
    if (length == 0 || !expect_identity_name(around->rule, around->uuid_name, text, length, id))
        return item_misfit(item, "", "no id can be made of it", error);
    expect_uuid_write(id, made);
    char *copy = arena_text(around->texts, made);
    if (copy == NULL)
        return error_memory(error);
    *item = item_of_text(copy, 36);
    return true;
}

/* ---- supabase_password: which hashes a sign-in at Supabase Auth succeeds with -----------------
 */

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char crypt_set[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

enum { HASH_COLUMN = 256 }; /* varchar(255), and the terminator */

/* One to seven digits at *at, then `after`. */
static bool take_parameter(const char **at, const char *name, char after, int low, int high)
{
    size_t length = strlen(name),
           digits = strncmp(*at, name, length) == 0 ? strspn(*at + length, "0123456789") : 0;
    int number = 0;
    if (digits < 1 || digits > 7 || (*at)[length + digits] != after)
        return false;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + ((*at)[length + i] - '0');
    *at += length + digits + 1;
    return number >= low && number <= high;
}

/* "$2", maybe one of a, b, x, y, "$", two digits of cost, "$", 53 characters. */
static bool is_bcrypt(const char *hash)
{
    if (strncmp(hash, "$2", 2) != 0)
        return false;
    hash += 2 + (hash[2] != '\0' && strchr("abxy", hash[2]) != NULL);
    return hash[0] == '$' && strspn(hash + 1, "0123456789") == 2 &&
           take_parameter(&hash, "$", '$', 4, 17) && strlen(hash) == 53 &&
           strspn(hash, crypt_set) == 53;
}

static bool is_argon2(const char *hash)
{
    const char *at = strncmp(hash, "$argon2id$", 10) == 0 ? hash + 10
                     : strncmp(hash, "$argon2i$", 9) == 0 ? hash + 9
                                                          : NULL;
    if (at == NULL || !take_parameter(&at, "v=", '$', 19, 19) ||
        !take_parameter(&at, "m=", ',', 1, 1048575) || !take_parameter(&at, "t=", ',', 1, 20) ||
        !take_parameter(&at, "p=", '$', 1, 16))
        return false;
    size_t salt = strspn(at, standard), key = at[salt] == '$' ? strspn(at + salt + 1, standard) : 0;
    return salt > 0 && salt % 4 != 1 && key > 0 && key % 4 != 1 && at[salt + 1 + key] == '\0';
}

/* Standard base64 with its padding. */
static bool is_padded(const char *text, size_t length)
{
    size_t body = 0;
    while (body < length && text[body] != '\0' && strchr(standard, text[body]) != NULL)
        body++;
    size_t padding = length - body;
    return length > 0 && length % 4 == 0 && padding <= 2 && memcmp(text + body, "==", padding) == 0;
}

/* An option of the hash; "" if there is none. False when it is there and no padded base64. */
static bool find_blob(const struct item *record, const char *path, const char **text, int *length)
{
    struct item found = item_find(record, path);
    size_t size = 0;
    *text = "";
    *length = 0;
    if (!item_text(&found, text, &size) || size == 0)
        return true;
    *length = (int)size;
    return is_padded(*text, size);
}

static bool firebase(struct expect_surroundings *around, const char *hash, struct item *item,
                     struct error *error)
{
    const char *separator, *signer, *salt;
    int separator_length, signer_length, salt_length;
    char made[HASH_COLUMN];
    if (!is_padded(hash, strlen(hash)) ||
        !find_blob(around->record, "hashOptions.saltSeparator", &separator, &separator_length) ||
        !find_blob(around->record, "hashOptions.signerKey", &signer, &signer_length) ||
        !find_blob(around->record, "hashOptions.salt", &salt, &salt_length) || signer_length == 0 ||
        salt_length == 0)
        return true;
    int length = snprintf(made, sizeof made, "$fbscrypt$v=1,n=14,r=8,p=1%s%.*s,sk=%.*s$%.*s$%s",
                          separator_length > 0 ? ",ss=" : "", separator_length, separator,
                          signer_length, signer, salt_length, salt, hash);
    if (length < 0 || length >= HASH_COLUMN)
        return true;
    char *copy = arena_text(around->texts, made);
    if (copy == NULL)
        return error_memory(error);
    *item = item_of_text(copy, (size_t)length);
    around->lost = false;
    return true;
}

static bool supabase_password(struct expect_surroundings *around, struct item *item,
                              struct error *error)
{
    const char *text;
    size_t length;
    char hash[HASH_COLUMN];
    if (item_is_nothing(item))
        *item = item_of_text("", 0);
    if (!item_text(item, &text, &length) || length == 0)
        return true;
    bool held = length < sizeof hash && memchr(text, 0, length) == NULL;
    snprintf(hash, sizeof hash, "%.*s", held ? (int)length : 0, text);
    if (is_bcrypt(hash) || is_argon2(hash))
        return true;
    struct item kind = item_find(around->record, "hash");
    const char *name;
    size_t name_length;
    *item = item_of_text("", 0);
    around->lost = true;
    bool modified = item_text(&kind, &name, &name_length) && name_length == 9 &&
                    memcmp(name, "scryptMod", 9) == 0;
    return !modified || firebase(around, hash, item, error);
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

bool expect_apply(enum mapping_function which, struct expect_surroundings *around,
                  struct item *item, struct error *error)
{
    return functions[which](around, item, error);
}
