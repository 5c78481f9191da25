/* record_window.h: the bytes that an export has of one collection, a stretch of them at a time.
 *
 * They are a file, plain or gzipped, or what an archive has of the collection. What is delivered of
 * them is counted and hashed, so that a run can go on only where they still begin with it. How
 * records lie in the bytes, the files above know. */
#ifndef EXTRACT_RECORD_WINDOW_H
#define EXTRACT_RECORD_WINDOW_H

#include "archive_part.h"
#include "graduate/buffer.h"
#include "packed_file.h"

#include <xxhash.h>

enum {
    RECORD_WINDOW_HASH = sizeof(XXH128_canonical_t),
    /* A document of MongoDB has at most 16 MiB, and 16 KiB more inside the server. */
    LARGEST_DOCUMENT = (16 << 20) + (16 << 10),
};

struct record_window {
    struct packed_file file;
    struct archive_part *part; /* what of the file it is; NULL: all */
    bool lines;                /* errors name the line */
    char *collection;          /* for errors */
    struct buffer bytes;       /* uncompressed; what lies before `start` is delivered */
    size_t start, hashed;      /* and what lies before `hashed` is in the hash */
    XXH3_state_t *hash;
    int64_t offset, line, record; /* bytes, ends of lines and records that are delivered */
};

/* `database`: the file is an archive, and its collection of this database is meant; else NULL. All
 * errors are ERROR_SOURCE, with file and collection. On failure nothing is left open. */
bool record_window_open(struct record_window *window, const char *path, const char *database,
                        const char *collection, struct error *error);
void record_window_close(struct record_window *window);
/* Bring at least `wanted` undelivered bytes into the window, or all that are left; *held says how
 * many are there, and *bytes where, until the next call. */
bool record_window_fill(struct record_window *window, size_t wanted, const uint8_t **bytes,
                        size_t *held, struct error *error);
/* Deliver so many bytes, which are in the window. */
void record_window_take(struct record_window *window, size_t bytes);
/* Deliver so many bytes, wherever they are. *passed is fewer where the bytes end before. */
bool record_window_pass(struct record_window *window, int64_t bytes, int64_t *passed,
                        struct error *error);
/* XXH3-128 of all that is delivered, in its canonical form. */
void record_window_hash(struct record_window *window, uint8_t hash[RECORD_WINDOW_HASH]);
/* ERROR_SOURCE: the next record is damaged so many bytes behind those that are delivered. */
bool record_window_damaged(const struct record_window *window, size_t ahead, struct error *error,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
