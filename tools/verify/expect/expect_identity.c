#include "expect_identity.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

/* Hex digits as bytes, up to `room`; dashes only where `dashes` says so (a bit per byte before
 * which one must stand). Returns how many bytes, or 0 for any other character. */
static size_t read_hex(const char *text, size_t length, unsigned dashes, uint8_t *bytes,
                       size_t room)
{
    size_t count = 0, at = 0;
    while (at < length) {
        if (dashes >> count & 1) {
            if (text[at++] != '-')
                return 0;
        }
        unsigned byte = 0;
        if (length - at < 2 || count == room)
            return 0;
        for (int i = 0; i < 2; i++, at++) {
            char c = text[at];
            bool digit = c >= '0' && c <= '9', letter = (c | 32) >= 'a' && (c | 32) <= 'f';
            if (!digit && !letter)
                return 0;
            byte = byte << 4 | (unsigned)(digit ? c - '0' : (c | 32) - 'a' + 10);
        }
        bytes[count++] = (uint8_t)byte;
    }
    return count;
}

/* The other way; `out` has a terminator then. */
static void write_hex(const uint8_t *bytes, size_t count, unsigned dashes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        if (dashes >> i & 1)
            *out++ = '-';
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

enum { UUID_DASHES = 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10 };

bool expect_uuid_read(const char *text, size_t length, uint8_t uuid[16])
{
    return (length == 36 && read_hex(text, length, UUID_DASHES, uuid, 16) == 16) ||
           (length == 32 && read_hex(text, length, 0, uuid, 16) == 16);
}

void expect_uuid_write(const uint8_t uuid[16], char out[37])
{
    write_hex(uuid, 16, UUID_DASHES, out);
}

/* Found once: OpenSSL looks through its providers for as long as it hashes a short name. */
static EVP_MD *sha1;

static void find_sha1(void)
{
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

/* RFC 9562: SHA-1 of namespace and name, 122 bits of it. Names are ids: short, or cut off nowhere.
 */
bool expect_identity_name(const struct identity *rule, const char *entity, const char *text,
                          size_t length, uint8_t uuid[16])
{
    static once_flag once = ONCE_FLAG_INIT;
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t head = strlen(entity);
    uint8_t *name = malloc(16 + head + 1 + length);
    if (name == NULL)
        return false;
    memcpy(name, rule->namespace, 16);
    memcpy(name + 16, entity, head);
    name[16 + head] = '/';
    memcpy(name + 16 + head + 1, text, length);
    call_once(&once, find_sha1);
    bool ok = sha1 != NULL &&
              EVP_Digest(name, 16 + head + 1 + length, digest, NULL, sha1, NULL) == 1;
    free(name);
    if (!ok)
        return false;
    digest[6] = (uint8_t)(0x50 + digest[6] % 16);
    digest[8] = (uint8_t)(0x80 + digest[8] % 64);
    memcpy(uuid, digest, 16);
    return true;
}

/* RFC 9562, version 7: the bits of the value one after another, version and variant between them.
 */
static void time_uuid(const uint8_t id[12], uint8_t uuid[16])
{
    unsigned __int128 milliseconds = 0, other = 0;
    for (int i = 0; i < 4; i++)
        milliseconds = milliseconds * 256 + id[i];
    for (int i = 4; i < 12; i++)
        other = other * 256 + id[i];
    milliseconds *= 1000;
    unsigned __int128 low52 = other % ((unsigned __int128)1 << 52), high12 = other >> 52;
    unsigned __int128 whole = milliseconds << 80 | (unsigned __int128)7 << 76 | high12 << 64 |
                              (unsigned __int128)2 << 62 | low52 << 10;
    for (int i = 15; i >= 0; i--, whole /= 256)
        uuid[i] = (uint8_t)(whole % 256);
}

static bool twelve_bytes(const struct identity *rule, const char *entity, const uint8_t id[12],
                         uint8_t uuid[16])
{
    char hex[25];
    memset(uuid, 0, 16);
    switch (rule->strategy) {
    case IDENTITY_PAD_LEFT:
        memcpy(uuid + 4, id, 12);
        return true;
    case IDENTITY_PAD_RIGHT:
        memcpy(uuid, id, 12);
        return true;
    case IDENTITY_UUID5:
        write_hex(id, 12, 0, hex);
        return expect_identity_name(rule, entity, hex, 24, uuid);
    case IDENTITY_UUID7:
        time_uuid(id, uuid);
        return true;
    }
    return false;
}

bool expect_identity_uuid(const struct identity *rule, const char *entity, const uint8_t raw[16],
                          uint8_t uuid[16])
{
    static const uint8_t zeros[4] = {0};
    if (memcmp(raw, zeros, 4) == 0)
        return twelve_bytes(rule, entity, raw + 4, uuid);
    if (memcmp(raw + 12, zeros, 4) == 0)
        return twelve_bytes(rule, entity, raw, uuid);
    memcpy(uuid, raw, 16);
    return true;
}

/* Texts without a form of their own: any that are allowed, and those that Appwrite would give. */
static bool is_allowed(enum identity_ids ids, const char *text, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-";
    size_t special = 3; /* at the end of the letters; none at the beginning of an id */
    if (length == 0 || ids == IDENTITY_PLAIN)
        return false;
    if (ids == IDENTITY_TEXTS)
        return true;
    for (size_t i = 0; i < length; i++)
        if (memchr(letters, text[i], sizeof letters - 1 - (i == 0 ? special : 0)) == NULL)
            return false;
    return length < 37;
}

bool expect_identity_text(const struct identity *rule, const char *entity, enum identity_ids ids,
                          const char *text, size_t length, uint8_t uuid[16])
{
    uint8_t raw[16];
    if (length == 24 && read_hex(text, length, 0, raw, 12) == 12)
        return twelve_bytes(rule, entity, raw, uuid);
    if (expect_uuid_read(text, length, raw))
        return expect_identity_uuid(rule, entity, raw, uuid);
    return is_allowed(ids, text, length) && expect_identity_name(rule, entity, text, length, uuid);
}

static bool holds_one_way(const struct item *array)
{
    bson_iter_t iter;
    struct error unused;
    bool ok = item_open(array, &iter, &unused), found = false;
    while (ok && !found && item_next(&iter, &ok, &unused)) {
        const struct item element = item_of(&iter);
        found = element.value.value_type != BSON_TYPE_ARRAY && expect_identity_is_one_way(&element);
    }
    return found;
}

bool expect_identity_is_one_way(const struct item *raw)
{
    const char *text;
    size_t length;
    int64_t number;
    uint8_t bytes[16];
    if (raw->value.value_type == BSON_TYPE_ARRAY && raw->json == NULL)
        return holds_one_way(raw);
    if (!item_text(raw, &text, &length))
        return item_whole(raw, &number);
    return !expect_uuid_read(text, length, bytes) &&
           !(length == 24 && read_hex(text, length, 0, bytes, 12) == 12);
}

bool expect_identity(const struct identity *rule, const char *entity, enum identity_ids ids,
                     const struct item *raw, uint8_t uuid[16])
{
    const bson_value_t *value = &raw->value;
    const char *text;
    size_t length;
    int64_t number;
    char digits[24];
    if (value->value_type == BSON_TYPE_OID)
        return twelve_bytes(rule, entity, value->value.v_oid.bytes, uuid);
    if (item_text(raw, &text, &length))
        return expect_identity_text(rule, entity, ids, text, length, uuid);
    if (value->value_type == BSON_TYPE_BINARY)
        return value->value.v_binary.subtype == BSON_SUBTYPE_UUID &&
               value->value.v_binary.data_len == 16 &&
               expect_identity_uuid(rule, entity, value->value.v_binary.data, uuid);
    if (ids != IDENTITY_TEXTS || !item_whole(raw, &number))
        return false;
    int count = snprintf(digits, sizeof digits, "%" PRId64, number);
    return expect_identity_name(rule, entity, digits, (size_t)count, uuid);
}
