/* archive.h: the parts of a file that mongodump --archive wrote, one behind the other.
 *
 * The format is that of mongo-tools (common/archive/spec.md, parser.go, multiplexer.go; version
 * "0.1"), all integers little-endian, perhaps all of it gzipped:
 *
 *   archive = magic block *block          magic: 6d e2 99 81
 *   block   = header *document terminator terminator: ff ff ff ff
 *
 * Every header and document is BSON. The first block is the prelude: its header is {"version",
 * "server_version", ...}, and its documents name the collections, {"db", "collection", "metadata":
 * Extended JSON as in a dump's folder, "type"}. Every other has the header {"db", "collection",
 * "EOF", "CRC"} and documents of that collection. Blocks of collections are interleaved; a
 * collection ends with a block without documents, "EOF": true, and the CRC-64 (ECMA, as xz has it)
 * of all its documents as "CRC". The file may end only between blocks. */
#ifndef EXTRACT_ARCHIVE_H
#define EXTRACT_ARCHIVE_H

#include "graduate/buffer.h"
#include "packed_file.h"

#include <bson/bson.h>

struct archive {
    struct packed_file *file; /* the caller's */
    struct buffer bytes;      /* what is read, and not yet taken from `start` on */
    size_t start;
    int64_t at; /* bytes that are taken, for errors */
};

enum archive_token { ARCHIVE_DOCUMENT, ARCHIVE_TERMINATOR, ARCHIVE_END };

/* Does the file begin as an archive, or is it called one? */
bool archive_is(const char *path);
/* Behind the magic of a file just opened. All errors are ERROR_SOURCE and name the file. */
bool archive_begin(struct archive *archive, struct packed_file *file, struct error *error);
void archive_release(struct archive *archive);
/* What comes next. Of a document its length is taken, and *length says it. */
bool archive_next(struct archive *archive, enum archive_token *token, uint32_t *length,
                  struct error *error);
/* Exactly so many of the bytes that follow; `to` NULL: they go. */
bool archive_take(struct archive *archive, void *to, size_t length, struct error *error);
/* A whole document, whose length was taken, into `document`; *view lives as long as that stays. */
bool archive_document(struct archive *archive, uint32_t length, struct buffer *document,
                      bson_t *view, struct error *error);
/* A text of a document of the archive's own; NULL: there is none. */
const char *archive_text(const bson_t *document, const char *name);
bool archive_damaged(const struct archive *archive, struct error *error, const char *problem);

#endif
