/* record.h: a document of a stream as the ledger keeps it: by the SHA-256 of its bytes, by which it
 * is known again, and as a text that can be corrected. */
#ifndef GRADUATE_RECORD_H
#define GRADUATE_RECORD_H

#include "graduate/buffer.h"
#include "graduate/error.h"

#include <stddef.h>
#include <stdint.h>

enum { RECORD_DIGEST_SIZE = 65 };
/* In hex, small letters. False only without memory. */
bool record_digest(const uint8_t *record, size_t length, char out[RECORD_DIGEST_SIZE],
                   struct error *error);
/* Append Canonical Extended JSON; of a record that has none, because its texts are no UTF-8, that
 * of its bytes: {"$binary": ...}. False only without memory. */
bool record_text(const uint8_t *record, size_t length, struct buffer *out, struct error *error);

#endif
