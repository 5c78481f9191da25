#include "extract.h"
#include "checkpoint.h"
#include "graduate/crash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct extract {
    const struct extract_request *request;
    struct stream_writer out;
    struct checkpoint checkpoint;
    bool keeps; /* a checkpoint is being written */
    struct stream_header header;
    char source[256];
    char *catalog;          /* JSON text */
    int64_t batch, records; /* of the whole partition, so far */
    bson_t position;        /* after them */
    bool has_position;
    struct buffer payload;
};

static void set_position(struct extract *x, const bson_t *position)
{
    bson_destroy(&x->position);
    bson_copy_to(position, &x->position);
    x->has_position = true;
}

/* A checkpoint's header must be about this entity of this project. */
static bool check_header(struct extract *x, const struct stream_reader *reader,
                         const struct frame *frame, struct error *error)
{
    struct stream_header header;
    if (!stream_parse_header(reader, frame, &header, error))
        return false;
    if (header.rows || strcmp(header.project, x->header.project) != 0 ||
        strcmp(header.entity, x->header.entity) != 0 ||
        strcmp(header.source, x->header.source) != 0) {
        error_set(error, ERROR_REFUSED, "the checkpoint %s holds %s of %s, not %s of %s",
                  reader->name, header.entity, header.source, x->header.entity, x->header.source);
        return error_hint(error, "give this run a folder of its own");
    }
    return true;
}

/* A batch that the checkpoint has: count it. What the target has not is sent again from a whole
 * checkpoint; from one that still grows it is dropped and read anew, for the source may have been
 * corrected because of it. */
static bool replay(void *context, const struct stream_reader *reader, const struct frame *frame,
                   bool *keep, struct error *error)
{
    struct extract *x = context;
    struct stream_batch batch;
    if (frame->type == FRAME_HEADER)
        return check_header(x, reader, frame, error);
    if (frame->type == FRAME_END)
        return true;
    if (!stream_parse_batch(reader, frame, &batch, error))
        return false;
    if (x->checkpoint.growing && batch.batch > x->request->after_batch) {
        *keep = false;
        return true;
    }
    if (batch.batch != x->batch + 1)
        return stream_error(reader, frame->number, frame->offset, error,
                            "batch %" PRId64 " follows batch %" PRId64, batch.batch, x->batch);
    x->batch = batch.batch;
    x->records += batch.records;
    set_position(x, &batch.position);
    if (batch.batch <= x->request->after_batch)
        return true;
    return stream_write_batch(&x->out, &batch, false, frame->payload, frame->payload_length, error);
}

static bool flush(struct extract *x, struct reader *reader, int64_t records, struct error *error)
{
    bson_t position = BSON_INITIALIZER;
    if (!reader->ops->position(reader, &position, error)) {
        bson_destroy(&position);
        return false;
    }
    set_position(x, &position);
    bson_destroy(&position);
    struct stream_batch batch = {
        .entity = x->header.entity,
        .partition = x->header.partition,
        .batch = ++x->batch,
        .records = records,
    };
    x->records += records;
    bson_init_static(&batch.position, bson_get_data(&x->position), x->position.len);
    crash_point(CRASH_EXTRACT_BATCH_READ);
    if (x->keeps) {
        if (!stream_write_batch(&x->checkpoint.writer, &batch, false, x->payload.data,
                                x->payload.length, error) ||
            !checkpoint_flush(&x->checkpoint, error))
            return false;
        crash_point(CRASH_EXTRACT_CHECKPOINT_WRITTEN);
    }
    if (!stream_write_batch(&x->out, &batch, false, x->payload.data, x->payload.length, error))
        return false;
    crash_point(CRASH_EXTRACT_BATCH_SENT);
    buffer_clear(&x->payload);
    return true;
}

static bool write_end(struct extract *x, struct error *error)
{
    struct stream_end end = {
        .batches = x->batch,
        .records = x->records,
        .has_position = x->has_position,
    };
    if (end.has_position)
        bson_init_static(&end.position, bson_get_data(&x->position), x->position.len);
    if (x->keeps && !x->checkpoint.complete) {
        if (!stream_write_end(&x->checkpoint.writer, &end, error) ||
            !checkpoint_settle(&x->checkpoint, error))
            return false;
        crash_point(CRASH_EXTRACT_CHECKPOINT_SETTLED);
    }
    return stream_write_end(&x->out, &end, error);
}

/* With a checkpoint, it knows where the source stands; the target may only be behind it. */
static bool open_checkpoint(struct extract *x, struct error *error)
{
    const struct extract_request *request = x->request;
    if (!checkpoint_open(&x->checkpoint, request->checkpoint, replay, x, error))
        return false;
    x->keeps = true;
    if (x->batch < request->after_batch) {
        error_set(error, ERROR_REFUSED,
                  "the checkpoint %s ends with batch %" PRId64 ", and the "
                  "target has %" PRId64,
                  request->checkpoint, x->batch, request->after_batch);
        return error_hint(error, "bring the run's folder back as it was, or go on without "
                                 "checkpoints (--no-checkpoint)");
    }
    return true;
}

/* Only now, with the source open, is anything taken away from what the checkpoint has. */
static bool begin_checkpoint(struct extract *x, struct error *error)
{
    return checkpoint_cut(&x->checkpoint, error) &&
           (x->checkpoint.begun ||
            stream_write_header(&x->checkpoint.writer, &x->header, NULL, 0, error));
}

static bool read_source(struct extract *x, struct error *error)
{
    const struct extract_request *request = x->request;
    struct extraction what = {
        .endpoint = &request->source->endpoint,
        .from = request->entity->from,
        .catalog = request->catalog,
        .after = x->has_position ? &x->position : NULL,
        .snapshot = request->snapshot,
    };
    struct reader reader = {.ops = request->source->ops};
    if (!reader.ops->open(&reader, &what, error))
        return false;
    int64_t records = 0, held;
    bool ok = !x->keeps || begin_checkpoint(x, error), more = true;
    while (ok) {
        ok = reader.ops->next(&reader, &x->payload, &more, error) && buffer_ok(&x->payload, error);
        if (!ok || !more)
            break;
        records++;
        if (x->payload.length >= (size_t)request->batch_bytes) {
            ok = flush(x, &reader, records, error);
            records = 0;
        }
    }
    if (ok && records > 0)
        ok = flush(x, &reader, records, error);
    if (ok && reader.ops->confirm != NULL)
        ok = reader.ops->confirm(&reader, x->records, &held, error);
    reader.ops->close(&reader);
    return ok;
}

static bool extract(struct extract *x, struct error *error)
{
    const struct extract_request *request = x->request;
    if (!stream_write_header(&x->out, &x->header, NULL, 0, error))
        return false;
    if (request->checkpoint != NULL) {
        if (!open_checkpoint(x, error))
            return false;
    } else {
        x->batch = request->after_batch;
        x->records = request->after_records;
        if (request->after != NULL)
            set_position(x, request->after);
    }
    return ((x->keeps && x->checkpoint.complete) || read_source(x, error)) && write_end(x, error);
}

bool extract_entity(const struct extract_request *request, int fd, const char *name,
                    struct error *error)
{
    struct extract x = {.request = request, .checkpoint = {.fd = -1}};
    buffer_init(&x.payload);
    bson_init(&x.position);
    stream_writer_init(&x.out, fd, name, CODEC_STORED);
    cJSON *catalog = catalog_entity_to_json(request->catalog);
    x.catalog = catalog != NULL ? cJSON_PrintUnformatted(catalog) : NULL;
    cJSON_Delete(catalog);
    snprintf(x.source, sizeof x.source, "%s.%s", request->entity->source->name,
             request->entity->from);
    x.header = (struct stream_header){
        .project = request->project->name,
        .entity = request->entity->name,
        .source = x.source,
        .kind = source_kind_names[request->entity->source->kind],
        .catalog = x.catalog,
    };
    bool ok = x.catalog != NULL ? extract(&x, error) : error_memory(error);
    if (x.keeps)
        checkpoint_close(&x.checkpoint);
    cJSON_free(x.catalog);
    stream_writer_release(&x.out);
    bson_destroy(&x.position);
    buffer_release(&x.payload);
    if (!ok) /* a reader calls it as the source does */
        snprintf(error->entity, sizeof error->entity, "%s", request->entity->name);
    return ok;
}
