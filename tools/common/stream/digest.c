#include "graduate/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

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
