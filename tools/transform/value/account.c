#include "account.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

struct account_rule {
    const char *table, *column; /* column NULL: all of the type */
    enum pgtype_base base;      /* PG_TEXT: varchar, too */
    const char *name;
    const char *(*fault)(const uint8_t *field, size_t length); /* NULL: none */
    const char *hint;
    bool secret;
};

/* ---- addresses ------------------------------------------------------------------------------- */

enum { LONGEST_ADDRESS = 255 }; /* bytes */

struct letters {
    size_t count, ats, blanks, capitals;
    size_t before, behind; /* of the last "@" */
    bool blank_ends;       /* the first or the last is white space */
};

static struct letters read_letters(const uint8_t *text, size_t length)
{
    struct letters letters = {0};
    for (size_t at = 0; at < length; letters.count++) {
        ucs4_t letter;
        int size = u8_mbtoucr(&letter, text + at, length - at);
        if (size <= 0) {
            letter = text[at];
            size = 1;
        }
        bool blank = uc_is_property(letter, UC_PROPERTY_WHITE_SPACE);
        at += (size_t)size;
        letters.blanks += blank;
        letters.blank_ends = letters.blank_ends || (blank && (letters.count == 0 || at == length));
        letters.capitals += uc_tolower(letter) != letter;
        letters.behind++;
        if (letter == '@') {
            letters.ats++;
            letters.before = letters.count;
            letters.behind = 0;
        }
    }
    return letters;
}

static const char *fault_of_address(const uint8_t *text, size_t length)
{
    const struct letters letters = read_letters(text, length);
    if (length == 0)
        return "is empty, where nothing is null";
    if (length > LONGEST_ADDRESS)
        return "is longer than 255 bytes";
    if (letters.blank_ends)
        return "begins or ends with white space";
    if (letters.ats != 1 || letters.blanks > 0 || letters.before == 0 || letters.behind == 0)
        return "has not the shape of an address";
    return letters.capitals > 0 ? "has capital letters" : NULL;
}

/* ---- phones ---------------------------------------------------------------------------------- */

static const char *fault_of_phone(const uint8_t *text, size_t length)
{
    size_t digits = 0;
    while (digits < length && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    if (length == 0)
        return "is empty, where nothing is null";
    if (digits < length)
        return "is not digits alone";
    if (text[0] == '0')
        return "begins with a zero, and not with a country's number";
    return length < 2 || length > 15 ? "has not 2 to 15 digits" : NULL;
}

/* ---- hashes ----------------------------------------------------------------------------------
 *
 * What is no argon2 and no fbscrypt is taken for bcrypt. */

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *cursor, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

/* How many characters of the set come next, at most so many. */
static size_t take_of(struct cursor *cursor, const char *set, size_t most)
{
    size_t count = 0;
    while (count < most && cursor->at < cursor->end && *cursor->at != '\0' &&
           strchr(set, *cursor->at) != NULL) {
        cursor->at++;
        count++;
    }
    return count;
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BASE64 CAPITALS LETTERS DIGITS "+/"

/* "m=" and one to seven digits. */
static bool take_number(struct cursor *cursor, const char *name, int *number)
{
    const char *from = cursor->at + strlen(name);
    size_t count = take(cursor, name) ? take_of(cursor, DIGITS, 8) : 0;
    *number = 0;
    for (size_t i = 0; i < count && i < 7; i++)
        *number = *number * 10 + (from[i] - '0');
    return count >= 1 && count <= 7;
}

static const char *fault_of_bcrypt(struct cursor cursor)
{
    int cost;
    bool shaped = take(&cursor, "$2") && take_of(&cursor, LETTERS, 1) <= 1;
    const char *digits = cursor.at + 1;
    shaped = shaped && take_number(&cursor, "$", &cost) && cursor.at - digits == 2 &&
             take(&cursor, "$") && take_of(&cursor, "./" CAPITALS LETTERS DIGITS, 53) == 53;
    if (!shaped)
        return "is no bcrypt, argon2 or fbscrypt string";
    return cost < 4 || cost > 17 ? "is a bcrypt string with a cost outside 4 to 17" : NULL;
}

static const char *fault_of_argon2(struct cursor cursor)
{
    int m, t, p;
    bool shaped = take(&cursor, "$argon2i") && (take(&cursor, "d") || true) &&
                  take(&cursor, "$v=19") && take_number(&cursor, "$m=", &m) &&
                  take_number(&cursor, ",t=", &t) && take_number(&cursor, ",p=", &p) &&
                  take(&cursor, "$");
    size_t salt = shaped ? take_of(&cursor, BASE64, SIZE_MAX) : 0;
    size_t hash = salt > 0 && take(&cursor, "$") ? take_of(&cursor, BASE64, SIZE_MAX) : 0;
    if (hash == 0 || cursor.at != cursor.end)
        return "is no argon2i or argon2id string of version 19 with m, t, p and unpadded base64";
    if (salt % 4 == 1 || hash % 4 == 1)
        return "is an argon2 string whose base64 is cut off";
    if (m > 1048575)
        return "is an argon2 string with m over 1048575";
    if (t < 1 || t > 20)
        return "is an argon2 string with t outside 1 to 20";
    return p < 1 || p > 16 ? "is an argon2 string with p outside 1 to 16" : NULL;
}

/* Padded base64; how long it is without the padding, 0: it is none. */
static size_t take_blob(struct cursor *cursor)
{
    static const char *const padding[] = {"", NULL, "==", "="};
    size_t body = take_of(cursor, BASE64, SIZE_MAX);
    const char *tail = padding[body % 4];
    return tail != NULL && take(cursor, tail) ? body : 0;
}

static const char *fault_of_fbscrypt(struct cursor cursor)
{
    int n, r, p;
    size_t signer = 0, hash = 0;
    bool shaped = take(&cursor, "$fbscrypt$v=1") && take_number(&cursor, ",n=", &n) &&
                  take_number(&cursor, ",r=", &r) && take_number(&cursor, ",p=", &p) &&
                  (!take(&cursor, ",ss=") || take_blob(&cursor) > 0) &&
                  (!take(&cursor, ",sk=") || (signer = take_blob(&cursor)) > 0) &&
                  take(&cursor, "$") && take_blob(&cursor) > 0 && take(&cursor, "$") &&
                  (hash = take_blob(&cursor)) > 0 && cursor.at == cursor.end;
    if (!shaped)
        return "is no fbscrypt string of version 1 with n, r, p, ss, sk and padded base64";
    if (n < 1 || n > 20)
        return "is an fbscrypt string whose n is not the exponent of the memory cost, 1 to 20";
    if (r < 1 || r > 255 || p < 1 || p > 255)
        return "is an fbscrypt string with r or p outside 1 to 255";
    return signer != hash ? "is an fbscrypt string whose signer key (sk) is not as long as its hash"
                          : NULL;
}

static const char *fault_of_hash(const uint8_t *text, size_t length)
{
    const struct cursor cursor = {(const char *)text, (const char *)text + length};
    struct cursor start = cursor;
    if (length == 0)
        return NULL; /* nobody signs in by it */
    if (take(&start, "$argon2"))
        return fault_of_argon2(cursor);
    return take(&start, "$fbscrypt") ? fault_of_fbscrypt(cursor) : fault_of_bcrypt(cursor);
}

/* ---- moments and metadata ---------------------------------------------------------------------
 */

#define DAY_US 86400000000
/* 0001-01-01 and 10000-01-01, from 2000-01-01 */
#define FIRST_DAY (-730119)
#define END_OF_DAYS 2921940

static const char *fault_of_moment(const uint8_t *field, size_t length)
{
    int64_t moment = length == 8 ? (int64_t)get_be64(field) : 0;
    if (moment == INT64_MIN || moment == INT64_MAX)
        return "is infinite";
    if (moment < FIRST_DAY * DAY_US)
        return "is before the year 1";
    return moment >= END_OF_DAYS * DAY_US ? "is after the year 9999" : NULL;
}

/* Behind a byte that says the version. */
static const char *fault_of_object(const uint8_t *field, size_t length)
{
    size_t at = 1;
    while (at < length && strchr(" \t\n\r", field[at]) != NULL && field[at] != '\0')
        at++;
    return at < length && field[at] == '{' ? NULL : "is no object";
}

#define STANDS_FOR_IT                                                                              \
    ADVICE("correct the record in the source; or say by \"misfit\" what stands for it, as "        \
           "\"null\"; then run again")

static const struct account_rule rules[] = {
    {"auth.users", "email", PG_TEXT, "address", fault_of_address,
     ADVICE("correct the record in the source; or have it mended in the mapping, \"do\": "
            "[\"trim\", \"lower\", \"empty_to_null\"], or say by \"misfit\" what stands for it, as "
            "\"null\"; then run again"),
     false},
    {"auth.users", "phone", PG_TEXT, "phone", fault_of_phone,
     ADVICE("correct the record in the source; or have it mended in the mapping, \"do\": "
            "[\"phone_digits\", \"empty_to_null\"], or say by \"misfit\" what stands for it, as "
            "\"null\"; then run again"),
     false},
    {"auth.users", "encrypted_password", PG_TEXT, "hash", fault_of_hash,
     ADVICE("correct the record in the source; or have \"\" stand for such hashes, by which nobody "
            "signs in, with \"do\": [\"supabase_password\"] or by \"misfit\": \"default\" and "
            "\"default\": \"\"; then run again"),
     true},
    {"auth.users", NULL, PG_TIMESTAMPTZ, "moment", fault_of_moment, STANDS_FOR_IT, false},
    {"auth.identities", NULL, PG_TIMESTAMPTZ, "moment", fault_of_moment, STANDS_FOR_IT, false},
    {"auth.mfa_factors", NULL, PG_TIMESTAMPTZ, "moment", fault_of_moment, STANDS_FOR_IT, false},
    {"auth.users", "raw_app_meta_data", PG_JSONB, "metadata", fault_of_object, STANDS_FOR_IT,
     false},
    {"auth.users", "raw_user_meta_data", PG_JSONB, "metadata", fault_of_object, STANDS_FOR_IT,
     false},
    {"auth.identities", "identity_data", PG_JSONB, "metadata", fault_of_object, STANDS_FOR_IT,
     false},
};

const struct account_rule *account_rule_find(const char *table, const char *column,
                                             const struct pgtype *type)
{
    enum pgtype_base base = type->base == PG_VARCHAR ? PG_TEXT : type->base;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && !type->array; i++)
        if (strcmp(rules[i].table, table) == 0 && rules[i].base == base &&
            (rules[i].column == NULL || strcmp(rules[i].column, column) == 0))
            return &rules[i];
    return NULL;
}

bool account_rule_check(const struct account_rule *rule, const uint8_t *field, size_t length,
                        const struct value *value, struct error *error)
{
    char what[120] = "the text";
    const char *fault = rule->fault(field, length);
    if (fault == NULL)
        return true;
    if (!rule->secret)
        value_describe(value, what, sizeof what);
    error_set(error, ERROR_DATA, "%s %s: Supabase Auth takes no such %s", what, fault, rule->name);
    return error_hint(error, "%s", rule->hint);
}

bool account_rule_is_secret(const struct account_rule *rule)
{
    return rule != NULL && rule->secret;
}
