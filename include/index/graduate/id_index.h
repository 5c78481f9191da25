/* Room common/index: which records of an entity there are, and under which id, as a file that is
 * looked up in without being read into memory. It uses common/base. */

/* id_index.h: the ids of one entity on disk, for those who refer to it.
 *
 * An entry says of one value (an id of the entity, or what a unique field of it holds) which UUID
 * the record has in the target, what the source calls it, and whether it stays or is left out.
 * Values are known by 128 bits of a hash, which is the caller's. Memory is constant on both sides:
 * the writer sorts in runs and merges them, the reader has a table of at most 512 KiB, and keeps
 * about as much of the buckets that it has read.
 *
 *   0   8   "GRFI0001"
 *   8   8   entries
 *   16  4   bits of the hash that number a bucket: b
 *   20  4   zero
 *   24      entries of 72 bytes in the order of their hashes: hash 16, UUID 16, set 1, flags 1 (1:
 * it stays, 2: must stand once among those that stay), the source's key 38 (text with a NUL) then
 * 2^b + 1 numbers of 8 bytes: where each bucket begins, in entries Numbers are little-endian. */
#ifndef GRADUATE_ID_INDEX_H
#define GRADUATE_ID_INDEX_H

#include "graduate/error.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

enum { ID_INDEX_KEY = 38, ID_INDEX_SETS = 64 };

struct id_entry {
    uint8_t hash[16], uuid[16];
    uint8_t set; /* which of the fields it is of, for messages */
    uint8_t flags;
    char key[ID_INDEX_KEY]; /* cut where it is longer */
};
enum { ID_STAYS = 1, ID_ONCE = 2 };

struct id_writer {
    char path[PATH_MAX], runs_path[PATH_MAX], temporary[PATH_MAX];
    int runs; /* a file of sorted runs of the same length, but for the last */
    struct id_entry *entries;
    size_t count;
    uint64_t written; /* entries in the file of runs */
};
/* The file comes into being whole, under its own name, with id_writer_finish. All errors of a
 * writer are ERROR_TARGET, this machine's disk or memory, but for what stands twice. */
bool id_writer_open(struct id_writer *writer, const char *path, struct error *error);
bool id_writer_add(struct id_writer *writer, const struct id_entry *entry, struct error *error);
/* Of several entries of one value one is kept: one that stays, if there is such a one. `twice` is
 * called for the first two that stay and must stand once, and makes the error. */
bool id_writer_finish(struct id_writer *writer,
                      bool (*twice)(void *context, const struct id_entry *one,
                                    const struct id_entry *other, struct error *error),
                      void *context, struct error *error);
/* Also in the middle; nothing stays behind. */
void id_writer_close(struct id_writer *writer);

struct id_bucket {
    uint64_t number; /* UINT64_MAX: none was read */
    struct id_entry *entries;
    size_t count, room;
};

struct id_index {
    char path[PATH_MAX];
    int fd; /* -1: none is open */
    uint64_t count;
    uint32_t bits;
    uint64_t *begins;
    struct id_bucket *held; /* a bucket has one place, by its number */
    size_t places;          /* a power of two */
};
/* ERROR_TARGET: it is not there, or it is damaged. */
bool id_index_open(struct id_index *index, const char *path, struct error *error);
/* *found says whether the index has the value. */
bool id_index_find(struct id_index *index, const uint8_t hash[16], struct id_entry *entry,
                   bool *found, struct error *error);
void id_index_close(struct id_index *index);

#endif
