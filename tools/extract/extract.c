#include "extract.h"
#include "checkpoint.h"
#include "graduate/crash.h"
#include "graduate/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct extract {
    const struct extract_request *request;
    struct stream_writer out;
    struct checkpoint checkpoint;
    bool keeps; /* a checkpoint is being written */
    bool later; /* nothing is sent before it is whole */
    bool begun; /* the header is in the stream */
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

/* Is the catalog's entity the one whose catalog this is, by their identities? */
static bool same_source(const struct extract *x, const char *name, const char *catalog,
                        struct error *error)
{
    struct catalog other;
    char what[512];
    if (!catalog_parse_entity(catalog, name, &other, error))
        return false;
    const char *before = x->request->catalog->identity, *there = other.entities[0].identity;
    bool differs = before != NULL && there != NULL &&
                   catalog_identity_differs(before, there, what, sizeof what);
    catalog_release(&other);
    if (!differs)
        return true;
    error_set(error, ERROR_REFUSED, "the checkpoint %s was read from another source: %s", name,
              what);
    return error_hint(error, "bring the run's folder back as it was");
}

/* A checkpoint's header must be about this entity of this project, in this run, of this source. */
static bool check_header(struct extract *x, const struct stream_reader *reader,
                         const struct frame *frame, struct error *error)
{
    struct stream_header header;
    if (!stream_parse_header(reader, frame, &header, error))
        return false;
    bool ok = false;
    if (header.rows || strcmp(header.project, x->header.project) != 0 ||
        strcmp(header.entity, x->header.entity) != 0 ||
        strcmp(header.source, x->header.source) != 0)
        error_set(error, ERROR_REFUSED, "the checkpoint %s holds %s of %s, not %s of %s",
                  reader->name, header.entity, header.source, x->header.entity, x->header.source);
    else if (strcmp(header.run, x->header.run) != 0)
        error_set(error, ERROR_REFUSED, "the checkpoint %s belongs to %s%s, not to %s%s",
                  reader->name, header.run[0] != '\0' ? "run " : "no run", header.run,
                  x->header.run[0] != '\0' ? "run " : "no run", x->header.run);
    else if (x->checkpoint.growing && header.batch_bytes != x->header.batch_bytes)
        error_set(error, ERROR_REFUSED,
                  "the checkpoint %s has batches of %" PRId64 " bytes, not of %" PRId64,
                  reader->name, header.batch_bytes, x->header.batch_bytes);
    else
        ok = true;
    if (!ok)
        return error_hint(error, "bring the run's folder back as it was, or give this run a folder "
                                 "and a --batch-bytes of its own");
    return same_source(x, reader->name, header.catalog, error);
}

/* What the target has of a checkpoint must be what it took: the batch ends where the ledger says.
 */
static bool check_place(const struct extract *x, const struct stream_reader *reader,
                        struct error *error)
{
    const struct extract_request *request = x->request;
    if (request->after == NULL ||
        (x->records == request->after_records && bson_equal(&x->position, request->after)))
        return true;
    error_set(error, ERROR_REFUSED,
              "batch %" PRId64 " of the checkpoint %s is not the one that the target has: it ends "
              "elsewhere",
              x->batch, reader->name);
    return error_hint(error, "bring the run's folder back as it was, or go on without "
                             "checkpoints (--no-checkpoint)");
}

/* The header goes out when something follows it: until then the source or the checkpoint can still
 * be another one than the run's. */
static bool begin_stream(struct extract *x, struct error *error)
{
    if (x->begun)
        return true;
    x->begun = true;
    return stream_write_header(&x->out, &x->header, NULL, 0, error);
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
    if (batch.batch == x->request->after_batch && !check_place(x, reader, error))
        return false;
    if (batch.batch <= x->request->after_batch)
        return true;
    return begin_stream(x, error) &&
           stream_write_batch(&x->out, &batch, false, frame->payload, frame->payload_length, error);
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
    /* What cannot be gone on with is sent from the whole checkpoint, so that a later call need not
     * tell the rows that are there from those that are not. */
    x->later = x->keeps && reader->ops->ordered != NULL && !reader->ops->ordered(reader);
    if (!x->later &&
        !stream_write_batch(&x->out, &batch, false, x->payload.data, x->payload.length, error))
        return false;
    if (!x->later)
        crash_point(CRASH_EXTRACT_BATCH_SENT);
    buffer_clear(&x->payload);
    return true;
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

static bool send_again(struct extract *x, struct error *error)
{
    checkpoint_close(&x->checkpoint);
    x->batch = x->records = 0;
    return checkpoint_open(&x->checkpoint, x->request->checkpoint, replay, x, error);
}

static bool write_end(struct extract *x, struct stream_writer *to, struct error *error)
{
    struct stream_end end = {
        .batches = x->batch,
        .records = x->records,
        .has_position = x->has_position,
    };
    if (end.has_position)
        bson_init_static(&end.position, bson_get_data(&x->position), x->position.len);
    return stream_write_end(to, &end, error);
}

static bool end_stream(struct extract *x, struct error *error)
{
    if (x->keeps && !x->checkpoint.complete) {
        if (!write_end(x, &x->checkpoint.writer, error) ||
            !checkpoint_settle(&x->checkpoint, error))
            return false;
        crash_point(CRASH_EXTRACT_CHECKPOINT_SETTLED);
    }
    return (!x->later || send_again(x, error)) && write_end(x, &x->out, error);
}

/* Only now, with the source open, is anything taken away from what the checkpoint has. */
static bool begin_checkpoint(struct extract *x, struct error *error)
{
    return checkpoint_cut(&x->checkpoint, error) &&
           (x->checkpoint.begun ||
            stream_write_header(&x->checkpoint.writer, &x->header, NULL, 0, error));
}

/* The form of a source is part of what it is: a server is not its own export. */
static char *identity_of(struct reader *reader, const struct source *source, struct error *error)
{
    bson_t identity = BSON_INITIALIZER;
    char form[64];
    snprintf(form, sizeof form, "%s %s", source_kind_names[source->kind],
             reader->ops->export ? "export" : "server");
    BSON_APPEND_UTF8(&identity, "form", form);
    char *text = NULL, *copy = NULL;
    if (reader->ops->identity == NULL || reader->ops->identity(reader, &identity, error)) {
        text = bson_as_relaxed_extended_json(&identity, NULL);
        copy = text != NULL ? strdup(text) : NULL;
        if (copy == NULL)
            error_memory(error);
    }
    bson_free(text);
    bson_destroy(&identity);
    return copy;
}

bool extract_identity(const struct endpoint_texts *source, const struct catalog_entity *entity,
                      char **identity, struct error *error)
{
    const struct extraction what = {
        .endpoint = &source->endpoint, .from = entity->name, .catalog = entity};
    struct reader reader = {.ops = source->ops};
    if (!reader.ops->open(&reader, &what, error))
        return false;
    *identity = identity_of(&reader, source->endpoint.source, error);
    reader.ops->close(&reader);
    return *identity != NULL;
}

/* The run is bound to the source that it began with. */
static bool check_identity(const struct extract *x, struct reader *reader, struct error *error)
{
    const struct extract_request *request = x->request;
    const struct source *source = request->entity->source;
    char what[512];
    /* No run's: whoever compares with what is there now may ask another source than a run read. */
    if (request->catalog->identity == NULL || request->run[0] == '\0')
        return true;
    char *now = identity_of(reader, source, error);
    if (now == NULL)
        return false;
    bool differs = catalog_identity_differs(request->catalog->identity, now, what, sizeof what);
    free(now);
    if (!differs)
        return true;
    error_set(error, ERROR_REFUSED, "%s.%s is not the source that the run began with: its %s",
              source->name, request->entity->from, what);
    return error_hint(error,
                      "name the source that the run began with; or, when this one is meant, have "
                      "the entity read from it anew: graduate run --restart %s",
                      request->entity->name);
}

/* What was given against what the source says it has. */
static bool check_end(const struct extract *x, struct reader *reader, struct error *error)
{
    const struct source *source = x->request->entity->source;
    int64_t held = -1;
    if (reader->ops->confirm == NULL)
        return true;
    if (!reader->ops->confirm(reader, x->records, &held, error))
        return false;
    if (held < 0 || held == x->records)
        return true;
    /* Fewer: records went while it was read, and what was read of them came. Readers that can get
     * nothing twice alone say how many there are. */
    if (source->changing || held < x->records) {
        message_info("%s: the source says that it has %" PRId64 " records now; it gave %" PRId64,
                     x->header.entity, held, x->records);
        return true;
    }
    error_set(error, ERROR_DATA,
              "the source says that it has %" PRId64 " records, and gave %" PRId64, held,
              x->records);
    return error_hint(error,
                      "stop what writes to it, and have the entity read anew: graduate run "
                      "--restart %s; or say \"changing\": true of the source %s in project.json",
                      x->header.entity, source->name);
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
        .members_unspoken =
            !project_speaks_for(request->project, request->entity->source->name, "memberships"),
    };
    struct reader reader = {.ops = request->source->ops};
    if (!reader.ops->open(&reader, &what, error))
        return false;
    int64_t records = 0;
    bool ok = check_identity(x, &reader, error) && (!x->keeps || begin_checkpoint(x, error)) &&
              begin_stream(x, error);
    bool more = true;
    while (ok && (request->first == 0 || x->records + records < request->first)) {
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
    ok = ok && (more || check_end(x, &reader, error));
    reader.ops->close(&reader);
    return ok;
}

/* Is the export the one of which all was read? Records of another one beside these would be of two
 * sources. */
static bool check_unchanged(const struct extract *x, struct error *error)
{
    const struct extract_request *request = x->request;
    const struct endpoint *endpoint = &request->source->endpoint;
    struct extraction what = {
        .endpoint = endpoint,
        .from = request->entity->from,
        .catalog = request->catalog,
        .after = x->has_position ? &x->position : NULL,
    };
    struct reader reader = {.ops = request->source->ops};
    if (!reader.ops->export || access(endpoint->folder, F_OK) != 0)
        return true;
    if (!reader.ops->open(&reader, &what, error))
        return error->hint[0] == '\0'
                   ? error_hint(error, "bring the export back that the run began with; or, as all "
                                       "of it was read, take its whole folder away")
                   : false;
    struct buffer record;
    bool more = false;
    buffer_init(&record);
    bool ok = check_identity(x, &reader, error) && reader.ops->next(&reader, &record, &more, error);
    buffer_release(&record);
    reader.ops->close(&reader);
    if (!ok || !more)
        return ok;
    error_set(error, ERROR_REFUSED,
              "%s is not the source that the run began with: it had %" PRId64
              " records when all were read, and has more",
              x->source, x->records);
    return error_hint(error,
                      "bring that one back, or load all of this one: graduate run --restart %s",
                      request->entity->name);
}

static bool extract(struct extract *x, struct error *error)
{
    const struct extract_request *request = x->request;
    if (request->checkpoint != NULL) {
        if (!open_checkpoint(x, error))
            return false;
    } else {
        x->batch = request->after_batch;
        x->records = request->after_records;
        if (request->after != NULL)
            set_position(x, request->after);
    }
    if (request->unchanged)
        return check_unchanged(x, error);
    return ((x->keeps && x->checkpoint.complete)
                ? check_unchanged(x, error) && begin_stream(x, error)
                : read_source(x, error)) &&
           end_stream(x, error);
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
        .run = request->run,
        .batch_bytes = request->batch_bytes,
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
