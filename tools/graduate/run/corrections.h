/* corrections.h: records that were set aside, as the founder has corrected them, out of a file like
 * rejects.jsonl: a line each, {"entity", "key", "record"}; what else it has is not read. The record
 * is Extended JSON, and has the `_id` (`$id`) of the one that was set aside; a row of a Postgres is
 * an object of its columns (kept_row.h), and has the key of that one.
 *
 * All lines are looked at before anything is loaded. */
#ifndef GRADUATE_DRIVER_CORRECTIONS_H
#define GRADUATE_DRIVER_CORRECTIONS_H

#include "migration.h"

#include "graduate/record.h"

struct correction {
    const struct mapping *mapping;
    int64_t reject; /* its number in the ledger */
    char *key;
    char *text; /* of the record: Canonical Extended JSON */
    uint8_t *bytes; /* as a stream has the record */
    size_t length;
    char digest[RECORD_DIGEST_SIZE];
};
struct corrections {
    struct correction *items;
    size_t count, room;
    int64_t loaded; /* lines of which the very same was loaded before */
};

/* ERROR_USAGE names a line that cannot be read, that names no reject of the run, or whose record
 * has another key than that; ERROR_REFUSED one of which another record was loaded before. */
bool corrections_read(struct corrections *corrections, struct migration *migration,
                      const char *path, struct error *error);
void corrections_release(struct corrections *corrections);

/* Those of an entity as a record stream of batches of one record (tools/load/retrial.h), in a file
 * that has no name any more; *fd is the caller's, at its start. */
bool corrections_open(const struct corrections *corrections, const struct migration *migration,
                      const struct mapping *mapping, int *fd, struct error *error);

#endif
