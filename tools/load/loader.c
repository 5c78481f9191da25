/* A row stream into the target: which batches are new, and whether the whole adds up. */
#include "load.h"
#include "origin.h"

#include "graduate/crash.h"
#include "graduate/ledger.h"
#include "graduate/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loading {
    struct postgres *target;
    const struct project *project;
    const struct fence *fence;
    bool any_run, corrected;
    struct stream_reader reader;
    struct stream_outputs outputs;
    const struct mapping *mapping;
    struct catalog catalog; /* of one: what the stream's header says of its source */
    const char *entity;     /* the project's own string: it outlives the header frame */
    int32_t partition;
    struct ledger_progress progress;
    int64_t bytes; /* of payload, all of the entity's batches */
};

/* Parameters that name the partition: $1, $2, $3. */
struct place {
    char partition[16];
    const char *parameters[5];
};

static void place_init(struct place *place, const struct loading *loading)
{
    snprintf(place->partition, sizeof place->partition, "%" PRId32, loading->partition);
    place->parameters[0] = loading->fence->run;
    place->parameters[1] = loading->entity;
    place->parameters[2] = place->partition;
}

static bool read_header(struct loading *loading, struct error *error)
{
    struct frame frame;
    struct stream_header header;
    bool more;
    if (!stream_read(&loading->reader, &frame, &more, error) ||
        !stream_parse_header(&loading->reader, &frame, &header, error))
        return false;
    if (!header.rows) {
        error_set(error, ERROR_USAGE, "%s holds records, not rows", loading->reader.name);
        return error_hint(error, "put graduate-transform between it and graduate-load");
    }
    if (strcmp(header.project, loading->project->name) != 0) {
        error_set(error, ERROR_USAGE, "the stream is of project %s, not of %s", header.project,
                  loading->project->name);
        return error_hint(error, "give --project the one that the stream was made with");
    }
    if (header.run[0] != '\0' && strcmp(header.run, loading->fence->run) != 0 &&
        !loading->any_run) {
        error_set(error, ERROR_REFUSED, "the stream belongs to run %s, not to run %s", header.run,
                  loading->fence->run);
        return error_hint(error, "load the records of this run; or, when these are meant, say "
                                 "--any-run");
    }
    if (!project_find_mapping(loading->project, header.entity, &loading->mapping, error) ||
        !catalog_parse_entity(header.catalog, loading->reader.name, &loading->catalog, error))
        return false;
    loading->entity = loading->mapping->name;
    loading->partition = header.partition;
    if ((header.partition == LEDGER_RETRIES) != loading->corrected) {
        error_set(error, ERROR_USAGE, "the stream is %sof corrected records",
                  loading->corrected ? "not " : "");
        return error_hint(error, "--corrected is for what graduate retry sends, and for nothing "
                                 "else");
    }
    return stream_parse_outputs(&loading->reader, &frame, &loading->outputs, error);
}

static bool begin_partition(struct loading *loading, struct error *error)
{
    /* Corrected records do not keep a run from its end, whatever becomes of them. */
    static const char *const sql[] = {
        "INSERT INTO graduate.partitions (run, entity, partition) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        "INSERT INTO graduate.partitions (run, entity, partition, state, records_read, done_at)"
        " VALUES ($1, $2, $3, 'done', 0, clock_timestamp()) ON CONFLICT DO NOTHING"};
    PGresult *result = NULL;
    struct place place;
    place_init(&place, loading);
    bool ok = fence_begin_unflushed(loading->target, loading->fence, error) &&
              fence_check_mapping(loading->target, loading->fence->run, loading->project, error) &&
              (loading->any_run ||
               origin_check_entity(loading->target, loading->fence->run, loading->mapping,
                                   &loading->catalog.entities[0], error)) &&
              postgres_query(loading->target, sql[loading->corrected], place.parameters, 3, &result,
                             error);
    PQclear(result);
    ok = ok && postgres_query(loading->target,
                              "SELECT coalesce(sum(bytes), 0) FROM graduate.batches"
                              " WHERE run = $1 AND entity = $2 AND partition = $3",
                              place.parameters, 3, &result, error);
    if (ok) {
        loading->bytes = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        PQclear(result);
    }
    if (ok && fence_commit(loading->target, error))
        return true;
    fence_rollback(loading->target);
    return false;
}

/* A batch that the ledger holds already is the same one when it ends where that one ended. */
static bool check_loaded(struct loading *loading, const struct stream_batch *batch,
                         struct error *error)
{
    static const char sql[] =
        "SELECT position FROM graduate.batches"
        " WHERE run = $1 AND entity = $2 AND partition = $3 AND batch = $4 AND records = $5";
    struct place place;
    char number[24], records[24];
    PGresult *result;
    place_init(&place, loading);
    snprintf(number, sizeof number, "%" PRId64, batch->batch);
    snprintf(records, sizeof records, "%" PRId64, batch->records);
    place.parameters[3] = number;
    place.parameters[4] = records;
    if (!postgres_query(loading->target, sql, place.parameters, 5, &result, error))
        return false;
    size_t length = 0;
    unsigned char *position = NULL;
    if (PQntuples(result) == 1)
        position = PQunescapeBytea((const unsigned char *)PQgetvalue(result, 0, 0), &length);
    PQclear(result);
    bool same = position != NULL && length == batch->position.len &&
                memcmp(position, bson_get_data(&batch->position), length) == 0;
    PQfreemem(position);
    if (same)
        return true;
    error_set(error, ERROR_REFUSED,
              "batch %" PRId64 " is in the target already, and is not the one in the stream",
              batch->batch);
    return error_hint(error,
                      "the source, or the size of a batch, changed since: go on after batch "
                      "%" PRId64 ", from the position that the ledger holds",
                      loading->progress.batch);
}

static bool check_batch(const struct loading *loading, const struct frame *frame,
                        const struct stream_batch *batch, struct error *error)
{
    if (strcmp(batch->entity, loading->entity) != 0 || batch->partition != loading->partition ||
        batch->batch < 1 || batch->filtered + batch->rejected > batch->records)
        return stream_error(&loading->reader, frame->number, frame->offset, error,
                            "the batch is not one of this stream");
    if (batch->batch <= loading->progress.batch)
        return true;
    if (loading->progress.done) {
        error_set(error, ERROR_REFUSED,
                  "%s was loaded whole, with %" PRId64 " batches; here is "
                  "batch %" PRId64,
                  loading->entity, loading->progress.batch, batch->batch);
        return error_hint(error, "what came into the source afterwards needs a new run");
    }
    if (batch->batch == loading->progress.batch + 1)
        return true;
    error_set(error, ERROR_REFUSED,
              "the stream goes on with batch %" PRId64 ", but the target has %" PRId64
              " batches of %s",
              batch->batch, loading->progress.batch, loading->entity);
    return error_hint(error, "extract from an earlier position: after batch %" PRId64,
                      loading->progress.batch);
}

/* In place of a reject: loaded, or refused again. */
static bool load_correction(struct loading *loading, const struct frame *frame,
                            struct stream_batch *batch, struct retrial *retrial,
                            struct error *error)
{
    int64_t rows;
    if (batch->rejected > 0)
        return retrial_refuse_again(loading->target, loading->fence, retrial, &loading->outputs,
                                    frame->payload, frame->payload_length, error);
    batch->batch = loading->progress.batch + 1;
    batch->records = 0;
    batch->rejected = -1;
    const struct batch_loading given = {.mapping = loading->mapping,
                                        .outputs = &loading->outputs,
                                        .batch = batch,
                                        .retrial = retrial};
    if (load_batch(loading->target, loading->fence, &given, frame->payload, frame->payload_length,
                   &rows, error)) {
        loading->progress.batch++;
        return true;
    }
    if (error->code != ERROR_DATA)
        return false;
    const struct error cause = *error;
    *error = (struct error){0};
    return retrial_refuse(loading->target, loading->fence, retrial, cause.path, cause.message,
                          error);
}

static bool retry(struct loading *loading, const struct frame *frame, struct stream_batch *batch,
                  struct error *error)
{
    struct retrial retrial;
    bool ok = retrial_parse(&retrial, &batch->position, error) &&
              load_correction(loading, frame, batch, &retrial, error);
    retrial_release(&retrial);
    return ok;
}

static bool take_batch(struct loading *loading, const struct frame *frame, struct error *error)
{
    struct stream_batch batch;
    int64_t rows;
    if (!stream_parse_batch(&loading->reader, frame, &batch, error))
        return false;
    if (loading->corrected)
        return retry(loading, frame, &batch, error);
    if (!check_batch(loading, frame, &batch, error))
        return false;
    if (batch.batch <= loading->progress.batch)
        return check_loaded(loading, &batch, error);
    const struct batch_loading given = {.mapping = loading->mapping,
                                        .outputs = &loading->outputs,
                                        .batch = &batch,
                                        .most_rejects = loading->project->most_rejects};
    if (!load_batch(loading->target, loading->fence, &given, frame->payload, frame->payload_length,
                    &rows, error))
        return false;
    struct ledger_progress *progress = &loading->progress;
    progress->batch = batch.batch;
    progress->records += batch.records;
    progress->rows += rows;
    loading->bytes += (int64_t)frame->payload_length;
    message_progress(&(struct progress){.entity = loading->entity,
                                        .batch = progress->batch,
                                        .records = progress->records,
                                        .rows = progress->rows,
                                        .bytes = loading->bytes});
    return true;
}

/* The extractor's count against the ledger's, read anew. */
static bool check_end(struct loading *loading, const struct stream_end *end, struct error *error)
{
    struct ledger_progress ledger;
    if (!ledger_read_progress(loading->target, loading->fence->run, loading->entity,
                              loading->partition, &ledger, error))
        return false;
    bool balanced = end->batches == ledger.batch && end->records == ledger.records;
    if (!balanced) {
        error_set(error, ERROR_DATA,
                  "%" PRId64 " records in %" PRId64 " batches were read, but the target has "
                  "%" PRId64 " in %" PRId64,
                  end->records, end->batches, ledger.records, ledger.batch);
        error_hint(error,
                   "the account of %s does not balance: the source changed between two "
                   "extracts, or a part of it was not sent; begin a new run",
                   loading->entity);
    }
    ledger_progress_release(&ledger);
    return balanced;
}

static bool write_end(struct loading *loading, const struct stream_end *end, struct error *error)
{
    static const char sql[] =
        "UPDATE graduate.partitions SET state = 'done', records_read = $4, batches = $5,"
        " done_at = clock_timestamp()"
        " WHERE run = $1 AND entity = $2 AND partition = $3 AND state <> 'done'";
    struct place place;
    char records[24], batches[24];
    PGresult *result = NULL;
    place_init(&place, loading);
    snprintf(records, sizeof records, "%" PRId64, end->records);
    snprintf(batches, sizeof batches, "%" PRId64, end->batches);
    place.parameters[3] = records;
    place.parameters[4] = batches;
    bool ok = fence_begin(loading->target, loading->fence, error) &&
              check_end(loading, end, error) &&
              postgres_query(loading->target, sql, place.parameters, 5, &result, error);
    PQclear(result);
    if (!ok || !fence_commit(loading->target, error)) {
        fence_rollback(loading->target);
        return false;
    }
    crash_point(CRASH_LOAD_PARTITION_DONE);
    return true;
}

static bool load_frames(struct loading *loading, struct error *error)
{
    struct frame frame;
    struct stream_end end = {0};
    bool more;
    while (stream_read(&loading->reader, &frame, &more, error)) {
        if (!more) /* only now is it known that nothing stands behind the end frame */
            return loading->corrected || write_end(loading, &end, error);
        if (frame.type == FRAME_END ? !stream_parse_end(&loading->reader, &frame, &end, error)
                                    : !take_batch(loading, &frame, error))
            return false;
    }
    return false;
}

bool load_stream(struct postgres *target, const struct stream_loading *how, int fd,
                 const char *name, struct error *error)
{
    struct loading loading = {.target = target,
                              .project = how->project,
                              .fence = how->fence,
                              .any_run = how->any_run,
                              .corrected = how->corrected};
    catalog_init(&loading.catalog);
    stream_reader_init(&loading.reader, fd, name);
    bool ok = read_header(&loading, error) && begin_partition(&loading, error) &&
              ledger_read_progress(target, how->fence->run, loading.entity, loading.partition,
                                   &loading.progress, error);
    if (ok) {
        ok = load_frames(&loading, error);
        ledger_progress_release(&loading.progress);
    }
    catalog_release(&loading.catalog);
    stream_outputs_release(&loading.outputs);
    stream_reader_release(&loading.reader);
    return ok ? true : error_at(error, loading.entity, NULL, NULL);
}
