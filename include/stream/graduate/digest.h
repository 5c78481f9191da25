/* digest.h: a record by the SHA-256 of its bytes as they stand in a stream, by which the ledger
 * knows one that was set aside again. */
#ifndef GRADUATE_DIGEST_H
#define GRADUATE_DIGEST_H

#include "graduate/error.h"

#include <stddef.h>
#include <stdint.h>

enum { RECORD_DIGEST_SIZE = 65 };
/* In hex, small letters. False only without memory. */
bool record_digest(const uint8_t *record, size_t length, char out[RECORD_DIGEST_SIZE],
                   struct error *error);

#endif
