#include "graduate/identity.h"
#include "graduate/buffer.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

const char *const identity_strategy_names[4] = {
    [IDENTITY_PAD_LEFT] = "pad-left",
    [IDENTITY_PAD_RIGHT] = "pad-right",
    [IDENTITY_UUID5] = "uuid5",
    [IDENTITY_UUID7] = "uuid7",
};

const char *identity_ids_text(enum identity_ids ids)
{
    switch (ids) {
    case IDENTITY_PLAIN:
        return "ObjectIds or UUIDs";
    case IDENTITY_APPWRITE:
        return "ids of Appwrite, ObjectIds or UUIDs";
    case IDENTITY_TEXTS:
        return "texts that are not empty, whole numbers, ObjectIds or UUIDs";
    }
    return "";
}

bool identity_strategy_parse(const char *text, enum identity_strategy *strategy)
{
    for (size_t i = 0; i < 4; i++)
        if (strcmp(text, identity_strategy_names[i]) == 0) {
            *strategy = (enum identity_strategy)i;
            return true;
        }
    return false;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* `count` bytes out of 2*count hex digits. */
static bool parse_hex(const char *text, size_t count, uint8_t *bytes)
{
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool uuid_parse(const char *text, size_t length, uint8_t uuid[16])
{
    if (length == 32)
        return parse_hex(text, 16, uuid);
    return length == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
           text[23] == '-' && parse_hex(text, 4, uuid) && parse_hex(text + 9, 2, uuid + 4) &&
           parse_hex(text + 14, 2, uuid + 6) && parse_hex(text + 19, 2, uuid + 8) &&
           parse_hex(text + 24, 6, uuid + 10);
}

void uuid_format(const uint8_t uuid[16], char out[37])
{
    static const char digits[] = "0123456789abcdef";
    char *at = out;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[uuid[i] >> 4];
        *at++ = digits[uuid[i] & 15];
    }
    *at = '\0';
}

/* UUIDv5 of "<entity>/<name>". The digest is fetched once: looking it up costs more than hashing.
 */
static bool version5(const struct identity *identity, const char *entity, const void *name,
                     size_t length, uint8_t uuid[16])
{
    static EVP_MD *sha1;
    static EVP_MD_CTX *context;
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (sha1 == NULL)
        sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    if (context == NULL)
        context = EVP_MD_CTX_new();
    if (sha1 == NULL || context == NULL || EVP_DigestInit_ex2(context, sha1, NULL) != 1 ||
        EVP_DigestUpdate(context, identity->namespace, 16) != 1 ||
        EVP_DigestUpdate(context, entity, strlen(entity)) != 1 ||
        EVP_DigestUpdate(context, "/", 1) != 1 || EVP_DigestUpdate(context, name, length) != 1 ||
        EVP_DigestFinal_ex(context, digest, NULL) != 1)
        return false;
    memcpy(uuid, digest, 16);
    uuid[6] = (uint8_t)((uuid[6] & 0x0F) | 0x50);
    uuid[8] = (uint8_t)((uuid[8] & 0x3F) | 0x80);
    return true;
}

/* 48 bits of milliseconds, version, 12 bits, variant, 52 bits, 10 zero bits; the 64 bits behind
 * the ObjectId's seconds are split 12 + 52. */
static void version7(const uint8_t objectid[12], uint8_t uuid[16])
{
    uint64_t seconds = get_be32(objectid), rest = get_be64(objectid + 4);
    uint64_t high = (seconds * 1000) << 16 | UINT64_C(7) << 12 | rest >> 52;
    uint64_t low = UINT64_C(2) << 62 | (rest & ((UINT64_C(1) << 52) - 1)) << 10;
    high = __builtin_bswap64(high);
    low = __builtin_bswap64(low);
    memcpy(uuid, &high, 8);
    memcpy(uuid + 8, &low, 8);
}

bool identity_from_objectid(const struct identity *identity, const char *entity,
                            const uint8_t objectid[12], uint8_t uuid[16])
{
    memset(uuid, 0, 16);
    switch (identity->strategy) {
    case IDENTITY_PAD_LEFT:
        memcpy(uuid + 4, objectid, 12);
        return true;
    case IDENTITY_PAD_RIGHT:
        memcpy(uuid, objectid, 12);
        return true;
    case IDENTITY_UUID5: {
        static const char digits[] = "0123456789abcdef";
        char hex[24];
        for (size_t i = 0; i < 12; i++) {
            hex[2 * i] = digits[objectid[i] >> 4];
            hex[2 * i + 1] = digits[objectid[i] & 15];
        }
        return version5(identity, entity, hex, sizeof hex, uuid);
    }
    case IDENTITY_UUID7:
        version7(objectid, uuid);
        return true;
    }
    return false;
}

bool identity_to_objectid(const struct identity *identity, const uint8_t uuid[16],
                          uint8_t objectid[12])
{
    uint64_t high = 0, low = 0;
    uint8_t again[16];
    for (size_t i = 0; i < 8; i++) {
        high = high << 8 | uuid[i];
        low = low << 8 | uuid[8 + i];
    }
    uint64_t seconds = (high >> 16) / 1000;
    uint64_t rest = (high & 0xFFF) << 52 | (low << 2) >> 12;
    if (identity->strategy == IDENTITY_PAD_LEFT)
        memcpy(objectid, uuid + 4, 12);
    else if (identity->strategy == IDENTITY_PAD_RIGHT)
        memcpy(objectid, uuid, 12);
    else if (identity->strategy == IDENTITY_UUID7 && seconds <= UINT32_MAX)
        for (size_t i = 0; i < 12; i++)
            objectid[i] = (uint8_t)(i < 4 ? seconds >> (24 - 8 * i) : rest >> (88 - 8 * i));
    else
        return false;
    return identity_from_objectid(identity, "", objectid, again) && memcmp(again, uuid, 16) == 0;
}

bool identity_from_uuid(const struct identity *identity, const char *entity, const uint8_t raw[16],
                        uint8_t uuid[16])
{
    static const uint8_t zeros[4];
    if (memcmp(raw, zeros, 4) == 0)
        return identity_from_objectid(identity, entity, raw + 4, uuid);
    if (memcmp(raw + 12, zeros, 4) == 0)
        return identity_from_objectid(identity, entity, raw, uuid);
    memcpy(uuid, raw, 16);
    return true;
}

static bool is_of_appwrite(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && (i == 0 || (c != '.' && c != '-' && c != '_')))
            return false;
    }
    return length <= 36;
}

bool identity_text_is_plain(const char *text, size_t length)
{
    uint8_t raw[16];
    return (length == 24 && parse_hex(text, 12, raw)) || uuid_parse(text, length, raw);
}

bool identity_from_text(const struct identity *identity, const char *entity, enum identity_ids ids,
                        const char *text, size_t length, uint8_t uuid[16])
{
    uint8_t raw[16];
    if (length == 0)
        return false;
    if (length == 24 && parse_hex(text, 12, raw))
        return identity_from_objectid(identity, entity, raw, uuid);
    if (uuid_parse(text, length, raw))
        return identity_from_uuid(identity, entity, raw, uuid);
    return (ids == IDENTITY_TEXTS || (ids == IDENTITY_APPWRITE && is_of_appwrite(text, length))) &&
           version5(identity, entity, text, length, uuid);
}

bool identity_make(const struct identity *identity, const char *name, const char *text,
                   size_t length, uint8_t uuid[16])
{
    return length > 0 && version5(identity, name, text, length, uuid);
}
