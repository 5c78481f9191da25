/* store.h: keys of rows and what refers to them, on disk (LMDB), so that memory stays constant.
 *
 * One file for all entities of a check, made by the first graduate-check and read by the last.
 * Values are known by a hash of 128 bits and the number of the set that they are of. */
#ifndef CHECK_STORE_H
#define CHECK_STORE_H

#include "graduate/error.h"

#include <lmdb.h>
#include <stddef.h>
#include <stdint.h>

enum { STORE_TEXT = 160 }; /* of a record's key */

struct store {
    MDB_env *env;
    MDB_txn *txn; /* of the batch at hand */
    MDB_dbi keys, references;
};

/* What refers to nothing: by how many rows, and the first record of them. */
struct orphan {
    uint64_t count;
    char record[STORE_TEXT];
    char value[40]; /* as people know it, or "" */
    bool left_out;  /* what it refers to is there, and is left out */
};

/* All errors are ERROR_TARGET: this machine's disk or memory. */
bool store_open(struct store *store, const char *path, struct error *error);
void store_close(struct store *store);
/* What was put stays. */
bool store_commit(struct store *store, struct error *error);
/* A value of a set in which each stands once. When it is there already, *there, and `by` is the
 * record that put it. */
bool store_put_key(struct store *store, uint32_t set, const void *bytes, size_t length,
                   const char *record, bool *there, char by[STORE_TEXT], struct error *error);
/* A row refers to a value: of the reference so many. */
bool store_put_reference(struct store *store, uint32_t reference, const void *bytes, size_t length,
                         const char *value, const char *record, struct error *error);
/* Each value of the reference that the set does not have; `left_out` is the set of those that are
 * left out. */
bool store_each_orphan(struct store *store, uint32_t reference, uint32_t set, uint32_t left_out,
                       bool (*take)(void *context, const struct orphan *orphan,
                                    struct error *error),
                       void *context, struct error *error);

#endif
