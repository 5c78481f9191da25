#include "records.h"

#include "graduate/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool records_checkpoint(const struct verification *verification, const struct mapping *entity,
                        char path[PATH_MAX], struct error *error)
{
    char name[NAME_MAX];
    snprintf(name, sizeof name, "checkpoints/%s.gck", entity->name);
    return file_join(path, PATH_MAX, verification->run_folder, name, error);
}

static bool open_checkpoint(struct records *records, const struct verification *verification,
                            struct error *error)
{
    if (!records_checkpoint(verification, records->entity, records->name, error))
        return false;
    records->checkpoint = open(records->name, O_RDONLY | O_CLOEXEC);
    if (records->checkpoint >= 0)
        return true;
    error_set_errno(error, ERROR_SOURCE, "cannot open the checkpoint %s", records->name);
    return error_hint(error, "finish the run, or let --source read the source afresh");
}

static bool start_extractor(struct records *records, const struct verification *verification,
                            struct error *error)
{
    const char *const arguments[] = {
        "--project",  verification->project->folder, "--entity", records->entity->name,
        "--catalogs", verification->catalog_folder,  "--stall",  verification->stall,
        NULL};
    snprintf(records->name, sizeof records->name, "graduate-extract of %s", records->entity->name);
    return extractor_start(&records->extractor, arguments, error);
}

/* A stream that stops short was cut off by its writer, who knows why; of any other fault it does
 * not, and is ended. */
static bool stopped_short(struct records *records, struct error *error)
{
    struct error said = {0};
    if (error->code == ERROR_PEER) {
        error->code = ERROR_SOURCE;
        if (!extractor_end(&records->extractor, &said))
            *error = said;
    }
    extractor_stop(&records->extractor);
    return error_at(error, records->entity->name, NULL, NULL);
}

static bool read_header(struct records *records, const struct verification *verification,
                        struct error *error)
{
    struct frame frame;
    struct stream_header header;
    bool more;
    char source[256];
    if (!stream_read(&records->reader, &frame, &more, error) ||
        !stream_parse_header(&records->reader, &frame, &header, error))
        return false;
    snprintf(source, sizeof source, "%s.%s", records->entity->source->name, records->entity->from);
    if (header.rows || strcmp(header.entity, records->entity->name) != 0 ||
        strcmp(header.source, source) != 0 ||
        strcmp(header.project, verification->project->name) != 0) {
        stream_error(&records->reader, frame.number, frame.offset, error,
                     "it holds %s of %s (%s, project %s), not records of %s",
                     header.rows ? "rows" : "records", header.entity, header.source, header.project,
                     source);
        return error_hint(error, "the checkpoint is another one's, or the mapping's \"from\" has "
                                 "changed since");
    }
    if (verification->run != NULL && header.run[0] != '\0' &&
        strcmp(header.run, verification->run) != 0) {
        stream_error(&records->reader, frame.number, frame.offset, error,
                     "it belongs to run %s, not to run %s", header.run, verification->run);
        return error_hint(error, "bring the run's folder back as it was");
    }
    return catalog_parse_entity(header.catalog, records->name, &records->catalog, error);
}

bool records_open(struct records *records, const struct verification *verification,
                  const struct mapping *entity, struct error *error)
{
    *records = (struct records){
        .entity = entity,
        .checkpoint = -1,
        .extractor = {.output = -1, .said = -1},
    };
    catalog_init(&records->catalog);
    bool ok = verification->source == VERIFY_CHECKPOINTS
                  ? open_checkpoint(records, verification, error)
                  : start_extractor(records, verification, error);
    stream_reader_init(&records->reader,
                       records->checkpoint >= 0 ? records->checkpoint : records->extractor.output,
                       records->name);
    ok = ok && (read_header(records, verification, error) || stopped_short(records, error));
    if (!ok)
        records_close(records);
    return ok ? true : error_at(error, entity->name, NULL, NULL);
}

static bool check_end(struct records *records, const struct frame *frame, struct error *error)
{
    struct stream_end end;
    struct frame behind;
    bool more;
    if (!stream_parse_end(&records->reader, frame, &end, error))
        return false;
    if (end.batches != records->batches || end.records != records->records)
        return stream_error(&records->reader, frame->number, frame->offset, error,
                            "it ends with %" PRId64 " records in %" PRId64
                            " batches, and held %" PRId64 " in %" PRId64,
                            end.records, end.batches, records->records, records->batches);
    return stream_read(&records->reader, &behind, &more, error) &&
           extractor_end(&records->extractor, error);
}

static bool take_batch(struct records *records, const struct frame *frame,
                       struct record_batch *batch, struct error *error)
{
    struct stream_batch meta;
    if (!stream_parse_batch(&records->reader, frame, &meta, error))
        return false;
    if (meta.batch != ++records->batches)
        return stream_error(&records->reader, frame->number, frame->offset, error,
                            "batch %" PRId64 " stands where batch %" PRId64 " should", meta.batch,
                            records->batches);
    records->records += meta.records;
    *batch = (struct record_batch){
        .payload = frame->payload,
        .length = frame->payload_length,
        .number = meta.batch,
        .records = meta.records,
    };
    return true;
}

bool records_next(struct records *records, struct record_batch *batch, bool *more,
                  struct error *error)
{
    struct frame frame;
    bool ok = stream_read(&records->reader, &frame, more, error);
    if (ok) {
        *more = frame.type == FRAME_BATCH;
        ok = *more ? take_batch(records, &frame, batch, error) : check_end(records, &frame, error);
    }
    return ok || stopped_short(records, error);
}

void records_close(struct records *records)
{
    if (records->checkpoint >= 0)
        close(records->checkpoint);
    records->checkpoint = -1;
    extractor_stop(&records->extractor);
    stream_reader_release(&records->reader);
    catalog_release(&records->catalog);
}
