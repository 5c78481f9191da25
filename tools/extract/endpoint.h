/* endpoint.h: from a source of the project to the reader that reads it. */
#ifndef EXTRACT_ENDPOINT_H
#define EXTRACT_ENDPOINT_H

#include "reader.h"

/* The endpoint with its texts; they are secrets. */
struct endpoint_texts {
    struct endpoint endpoint;
    const struct reader_ops *ops;
    struct buffer uri, key;
};

/* Expand the source's URI and key and find its reader; `stall` as in struct endpoint. ERROR_USAGE:
 * a variable is not set, or this kind of source has no export form. */
bool endpoint_init(struct endpoint_texts *texts, const struct source *source, int64_t stall,
                   struct error *error);
void endpoint_release(struct endpoint_texts *texts);

/* What the mapping reads, in the catalog. ERROR_SOURCE with the entity: there is nothing of that
 * name. */
bool endpoint_find(const struct catalog *catalog, const struct mapping *mapping,
                   const struct catalog_entity **entity, struct error *error);

#endif
