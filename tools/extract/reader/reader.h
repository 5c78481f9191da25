/* Room extract/reader: what every source looks like from above. The kinds of sources are rooms
 * of their own, which do not know of each other, of frames or of batches. It uses common/base,
 * common/catalog and common/mapping. */

/* reader.h: what every source looks like to graduate-extract.
 *
 * A reader delivers the records of one entity, one by one, in an order that it can go on from. The
 * table of readers is in endpoint.c: a kind of source, live or export, and these functions. A
 * reader does not know of frames, batches or checkpoints. */
#ifndef EXTRACT_READER_H
#define EXTRACT_READER_H

#include "graduate/buffer.h"
#include "graduate/catalog.h"
#include "graduate/error.h"
#include "graduate/project.h"

#include <bson/bson.h>

/* Where a reader finds its source: the expanded URI is a secret. */
struct endpoint {
    const struct source *source;
    const char *uri;    /* expanded; of an export, "file:DIR" */
    const char *folder; /* of an export, DIR; else NULL */
    const char *key;    /* expanded API key, or NULL */
    int64_t stall;      /* Postgres: seconds of silence after which it is given up; 0: never */
};

/* What was in the source when its catalog was taken is not, or otherwise: only a new run may do
 * without it. */
#define CHANGED_ADVICE                                                                             \
    ADVICE("bring it back as it was; or, when this is meant, begin anew: graduate undo "           \
           "--run-dir DIR")

struct extraction {
    const struct endpoint *endpoint;
    const char *from;                     /* "books" */
    const struct catalog_entity *catalog; /* what catalog() said of it */
    const bson_t *after;  /* position to go on from, in this reader's own form; NULL: the start */
    const char *snapshot; /* Postgres: an exported snapshot to read in, or NULL for its own */
    bool members_unspoken; /* Appwrite: nobody speaks for the memberships of the teams read here */
};

/* How much of an entity the source holds now. */
struct entity_count {
    const struct mapping *entity;
    struct words arrays; /* dotted paths, each once */
    bool counted;        /* the numbers below are true */
    int64_t records;
    int64_t *elements; /* that all records have together in each of `arrays`; see elements.h */
};

struct reader {
    const struct reader_ops *ops;
    void *state; /* the reader's own */
};

struct reader_ops {
    enum source_kind kind;
    bool export;
    /* Everything that this source holds. All errors of a reader are ERROR_SOURCE, save a URI or key
     * that cannot be one (ERROR_USAGE) and an `after` of another form (ERROR_REFUSED: the run began
     * on another kind of source). The caller has
     * initialised the catalog and releases it, also after a failure. */
    bool (*catalog)(const struct endpoint *endpoint, struct catalog *catalog, struct error *error);
    /* Add to the entities of such a catalog what the project's mappings have this source compute
     * beside its columns. ERROR_USAGE, each at its place, for what it cannot. NULL: it computes
     * nothing. */
    bool (*compute)(const struct endpoint *endpoint, const struct project *project,
                    struct catalog *catalog, struct error *error);
    /* On failure nothing is left open; on success the caller closes. */
    bool (*open)(struct reader *reader, const struct extraction *what, struct error *error);
    /* Append one record to `payload` (BSON document, or binary COPY tuple), or set *more to false
     * at the end. Lost connections are retried inside, from the last record delivered; what cannot
     * be retried is an error with the entity and, where it is known, the key. */
    bool (*next)(struct reader *reader, struct buffer *payload, bool *more, struct error *error);
    /* What this source, and what of it is read, cannot be mistaken for another by: members that
     * another one has otherwise (a server's own id, the collection's). Called on an open reader
     * before its first record. A text that may be private is hashed. An export's size is none of
     * them: what was read of it is in the position, with its hash, and what was not may be
     * corrected. */
    bool (*identity)(struct reader *reader, bson_t *identity, struct error *error);
    /* The end was met: is it one? Ask the source in another way than next() did. ERROR_SOURCE with
     * the entity when records were certainly withheld. *held is how many records the source says it
     * has now, exactly; -1: it cannot tell. `delivered` counts those of earlier attempts, too. */
    bool (*confirm)(struct reader *reader, int64_t delivered, int64_t *held, struct error *error);
    /* Can it go on after a record? Asked after the first next(); NULL: always. Where it cannot, a
     * position says how far it came, and open() refuses it. */
    bool (*ordered)(const struct reader *reader);
    /* Where the source stands after the last record delivered: append the members to `position`.
     * Only called when at least one record was delivered, or after() was given. An export's has
     * what open() needs to tell that the bytes before it are those that were read: otherwise open()
     * is an ERROR_REFUSED that says what differs. */
    bool (*position)(struct reader *reader, bson_t *position, struct error *error);
    void (*close)(struct reader *reader);
    /* Have the server count these entities, at one moment if it can: fill in the numbers, which are
     * 0, and `counted`. What it does not count stays as it is, for the caller to read through. Lost
     * connections are as in next; an error has the entity's name. NULL: nobody counts here. */
    bool (*count)(const struct endpoint *endpoint, struct entity_count *counts, size_t count,
                  struct error *error);
};

#endif
