/* Room extract: what is common to all sources: from a URI to its reader, from records to a
 * stream and a checkpoint, counts. It uses common/base, common/catalog, common/mapping,
 * common/stream, extract/appwrite, extract/mongodb, extract/postgres and extract/reader. */

/* extract.h: one entity from its reader into a record stream and, asked to, a checkpoint. */
#ifndef EXTRACT_EXTRACT_H
#define EXTRACT_EXTRACT_H

#include "endpoint.h"

struct extract_request {
    const struct project *project;
    const struct mapping *entity;
    const struct endpoint_texts *source;
    const struct catalog_entity *catalog;
    const char *run;        /* id of the run that it is for; "" by hand */
    const char *checkpoint; /* FILE, or NULL */
    const char *snapshot;   /* or NULL */
    int64_t after_batch;    /* the target has the batches up to this one */
    int64_t after_records;  /* and so many records */
    const bson_t *after;    /* and the source stood here; NULL with after_batch 0 */
    int64_t batch_bytes;
    int64_t first;  /* end after so many records, whatever else there is; 0: with the last one */
    bool unchanged; /* write nothing: only see that the source has what was read, and no more */
};

/* Write the whole stream to `fd`: header, the batches behind after_batch, end. With a checkpoint
 * its frames come first, and the source is read only from where they end.
 *
 * An export that is there must still be what was read of it, also where the checkpoint has all; one
 * that is gone is not missed, and a server goes on living.
 *
 * ERROR_REFUSED before anything is written: the checkpoint is of another run, entity, source or
 * batch size, or its batch after_batch is not the target's; the source is not the one that the run
 * began with (the catalog's identity; without a run nobody asks). ERROR_SOURCE: the end of the
 * source is none. */
bool extract_entity(const struct extract_request *request, int fd, const char *name,
                    struct error *error);

/* What an entity of a source cannot be mistaken by, as JSON; the caller frees it (free). */
bool extract_identity(const struct endpoint_texts *source, const struct catalog_entity *entity,
                      char **identity, struct error *error);

#endif
