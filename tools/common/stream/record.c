#include "graduate/record.h"

#include <bson/bson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

bool record_digest(const uint8_t *record, size_t length, char out[RECORD_DIGEST_SIZE],
                   struct error *error)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(record, length, digest, &size, EVP_sha256(), NULL) != 1 || size != 32)
        return error_memory(error);
    for (size_t i = 0; i < size; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return true;
}

/* The value out of {"": value}. */
static bool put_bytes(const uint8_t *record, size_t length, struct buffer *out)
{
    bson_t whole = BSON_INITIALIZER;
    bool ok = bson_append_binary(&whole, "", 0, BSON_SUBTYPE_BINARY, record, (uint32_t)length);
    char *json = ok ? bson_as_canonical_extended_json(&whole, NULL) : NULL;
    const char *first = json != NULL ? strchr(json + 1, '{') : NULL;
    const char *last = json != NULL ? strrchr(json, '}') : NULL;
    ok = first != NULL && last > first;
    if (ok)
        buffer_put(out, first, (size_t)(last - first));
    bson_free(json);
    bson_destroy(&whole);
    return ok;
}

bool record_text(const uint8_t *record, size_t length, struct buffer *out, struct error *error)
{
    bson_t document;
    char *json = bson_init_static(&document, record, length)
                     ? bson_as_canonical_extended_json(&document, NULL)
                     : NULL;
    if (json != NULL) {
        buffer_puts(out, json);
        bson_free(json);
    } else if (!put_bytes(record, length, out)) {
        return error_memory(error);
    }
    return buffer_ok(out, error);
}
