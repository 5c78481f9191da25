/* document_file.h: a file of BSON documents, one behind the other, plain or gzipped.
 *
 * It has no header, count or checksum, so all that can be known of it is checked: every length,
 * every document's structure, and that the last document ends where the file does. What a killed
 * mongodump leaves when it was cut between two documents cannot be known. */
#ifndef EXTRACT_DOCUMENT_FILE_H
#define EXTRACT_DOCUMENT_FILE_H

#include "graduate/buffer.h"
#include "packed_file.h"

#include <xxhash.h>

enum { DOCUMENT_FILE_HASH = sizeof(XXH128_canonical_t) };

struct document_file {
    struct packed_file file;
    char *collection;     /* for errors */
    struct buffer window; /* uncompressed data; what lies before `start` is delivered */
    size_t start, hashed; /* and what lies before `hashed` is in the hash */
    XXH3_state_t *hash;
    int64_t offset, document; /* bytes of uncompressed data, and documents, that are delivered */
};

/* All errors are ERROR_SOURCE, with file and collection. On failure nothing is left open. */
bool document_file_open(struct document_file *file, const char *path, const char *collection,
                        struct error *error);
void document_file_close(struct document_file *file);
/* The next document, valid until the next call; *length is 0 at the end. */
bool document_file_next(struct document_file *file, const uint8_t **document, size_t *length,
                        struct error *error);
/* Behind the open: pass over so many bytes and documents as if they were delivered, without a look
 * at them. *passed is fewer bytes where the file ends before. */
bool document_file_pass(struct document_file *file, int64_t bytes, int64_t documents,
                        int64_t *passed, struct error *error);
/* XXH3-128 of all uncompressed bytes that are delivered, in its canonical form. */
void document_file_hash(struct document_file *file, uint8_t hash[DOCUMENT_FILE_HASH]);
/* How many documents the file has: counted, if it is no longer than about 1 MiB, else estimated by
 * the share of it that this was; -1 where it cannot be read. To be asked of a file just opened,
 * which is of no use afterwards. */
int64_t document_file_estimate(struct document_file *file, bool *exact);

#endif
