/* supabase_password: which hashes a sign-in at Supabase Auth succeeds with. */
#include "expect_deed.h"

#include <stdio.h>
#include <string.h>

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

/* The option or hash with its padding, which may have been left away. False: it is no base64. */
static bool pad(char text[HASH_COLUMN], const char *raw, size_t length)
{
    if (length == 0 || length > HASH_COLUMN - 4 || memchr(raw, '\0', length) != NULL)
        return false;
    snprintf(text, HASH_COLUMN, "%.*s%.*s", (int)length, raw, (int)((4 - length % 4) % 4), "==");
    return is_padded(text, strlen(text));
}

/* An option of the hash; "" if there is none. False when it is there and no base64. */
static bool find_blob(const struct item *record, const char *path, char text[HASH_COLUMN])
{
    struct item found = item_find(record, path);
    const char *raw;
    size_t size = 0;
    text[0] = '\0';
    return !item_text(&found, &raw, &size) || size == 0 || pad(text, raw, size);
}

static bool firebase(struct expect_surroundings *around, const char *hash, struct item *item,
                     struct error *error)
{
    char separator[HASH_COLUMN], signer[HASH_COLUMN], salt[HASH_COLUMN], padded[HASH_COLUMN];
    char made[HASH_COLUMN];
    if (!pad(padded, hash, strlen(hash)) ||
        !find_blob(around->record, "hashOptions.saltSeparator", separator) ||
        !find_blob(around->record, "hashOptions.signerKey", signer) ||
        !find_blob(around->record, "hashOptions.salt", salt) || signer[0] == '\0' ||
        salt[0] == '\0')
        return true;
    int length = snprintf(made, sizeof made, "$fbscrypt$v=1,n=14,r=8,p=1%s%s,sk=%s$%s$%s",
                          separator[0] != '\0' ? ",ss=" : "", separator, signer, salt, padded);
    if (length < 0 || length >= HASH_COLUMN)
        return true;
    around->lost = false;
    return expect_make_text(around, made, (size_t)length, item, error);
}

bool expect_supabase_password(struct expect_surroundings *around, const struct function_call *call,
                              struct item *item, struct error *error)
{
    const char *text;
    size_t length;
    char hash[HASH_COLUMN];
    (void)call;
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
