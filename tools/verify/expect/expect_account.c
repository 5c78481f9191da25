#include "expect_account.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

static bool is_small_letters(const uint8_t *text, size_t length)
{
    ucs4_t letter;
    for (size_t size; length > 0; text += size, length -= size) {
        int taken = u8_mbtoucr(&letter, text, length);
        size = taken > 0 ? (size_t)taken : 1;
        if (taken > 0 &&
            (uc_is_property(letter, UC_PROPERTY_WHITE_SPACE) || uc_tolower(letter) != letter))
            return false;
    }
    return true;
}

static bool is_address(const char *text, size_t length)
{
    const char *at = length > 0 && length <= 255 ? memchr(text, '@', length) : NULL;
    return at != NULL && at > text && at + 1 < text + length &&
           memchr(at + 1, '@', (size_t)(text + length - at - 1)) == NULL &&
           is_small_letters((const uint8_t *)text, length);
}

static bool is_phone(const char *text, size_t length)
{
    static const char digits[] = "0123456789";
    bool ok = length >= 2 && length <= 15 && text[0] != '0';
    for (size_t i = 0; ok && i < length; i++)
        ok = memchr(digits, text[i], 10) != NULL;
    return ok;
}

/* ---- hashes, as the patterns there have them ---------------------------------------------------
 */

#define ALPHANUMERIC "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

struct reading {
    const char *text;
    size_t left;
    bool ok;
};

static size_t span(const struct reading *r, const char *set)
{
    size_t count = 0;
    while (count < r->left && r->text[count] != '\0' && strchr(set, r->text[count]) != NULL)
        count++;
    return count;
}

static void pass(struct reading *r, size_t count)
{
    r->ok = r->ok && count <= r->left;
    r->text += r->ok ? count : 0;
    r->left -= r->ok ? count : 0;
}

static bool begins(const struct reading *r, const char *word)
{
    return r->left >= strlen(word) && memcmp(r->text, word, strlen(word)) == 0;
}

static void word(struct reading *r, const char *word)
{
    r->ok = r->ok && begins(r, word);
    pass(r, strlen(word));
}

/* Between the two, of one to seven digits. */
static void number(struct reading *r, const char *name, int low, int high)
{
    int is = 0;
    word(r, name);
    size_t digits = r->ok ? span(r, "0123456789") : 0;
    for (size_t i = 0; i < digits && i < 7; i++)
        is = is * 10 + (r->text[i] - '0');
    r->ok = r->ok && digits >= 1 && digits <= 7 && is >= low && is <= high;
    pass(r, digits);
}

/* The length of base64 without its padding. */
static size_t base64(struct reading *r, bool padded)
{
    size_t length = r->ok ? span(r, ALPHANUMERIC "+/") : 0;
    r->ok = r->ok && length > 0 && length % 4 != 1;
    pass(r, length);
    for (size_t i = length; padded && r->ok && i % 4 != 0; i++)
        word(r, "=");
    return length;
}

static bool is_hash(const char *text, size_t length)
{
    struct reading r = {text, length, true};
    if (begins(&r, "$argon2")) {
        word(&r, "$argon2i");
        pass(&r, r.ok && begins(&r, "d") ? 1 : 0);
        number(&r, "$v=", 19, 19);
        number(&r, "$m=", 0, 1048575);
        number(&r, ",t=", 1, 20);
        number(&r, ",p=", 1, 16);
        word(&r, "$");
        base64(&r, false);
        word(&r, "$");
        base64(&r, false);
        return r.ok && r.left == 0;
    }
    if (begins(&r, "$fbscrypt")) {
        size_t signer = 0;
        word(&r, "$fbscrypt$v=1");
        number(&r, ",n=", 1, 20);
        number(&r, ",r=", 1, 255);
        number(&r, ",p=", 1, 255);
        if (r.ok && begins(&r, ",ss=")) {
            word(&r, ",ss=");
            base64(&r, true);
        }
        word(&r, ",sk=");
        signer = base64(&r, true);
        word(&r, "$");
        base64(&r, true);
        word(&r, "$");
        return base64(&r, true) == signer && r.ok && r.left == 0;
    }
    word(&r, "$2");
    pass(&r, r.left > 0 && r.text[0] >= 'a' && r.text[0] <= 'z' ? 1 : 0);
    bool two = r.left > 3 && r.text[3] == '$';
    number(&r, "$", 4, 17);
    word(&r, "$");
    return r.ok && two && span(&r, ALPHANUMERIC "./") >= 53;
}

/* ---- the rest ----------------------------------------------------------------------------------
 */

static bool is_moment(const uint8_t *bytes)
{
    static const int64_t second = 1000000, first = -63082281600, end = 252455616000;
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | bytes[i];
    int64_t moment = (int64_t)bits;
    return moment >= first * second && moment < end * second;
}

bool expect_is_borne(const char *table, const char *column, const uint8_t *bytes, size_t length)
{
    const char *text = (const char *)bytes + 1;
    bool users = strcmp(table, "auth.users") == 0;
    bool own =
        users || strcmp(table, "auth.identities") == 0 || strcmp(table, "auth.mfa_factors") == 0;
    if (own && bytes[0] == 'T' && length == 9)
        return is_moment(bytes + 1);
    if (users && bytes[0] == 't' && strcmp(column, "email") == 0)
        return is_address(text, length - 1);
    if (users && bytes[0] == 't' && strcmp(column, "phone") == 0)
        return is_phone(text, length - 1);
    if (users && bytes[0] == 't' && strcmp(column, "encrypted_password") == 0)
        return length == 1 || is_hash(text, length - 1);
    bool object = users ? strcmp(column, "raw_app_meta_data") == 0 ||
                              strcmp(column, "raw_user_meta_data") == 0
                        : own && strcmp(column, "identity_data") == 0;
    return !object || bytes[0] != 'j' || (length > 1 && bytes[1] == '{');
}
