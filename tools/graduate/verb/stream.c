/* The frames of a checkpoint, one by one and in constant memory. What a reader has to check beyond
 * single frames, that numbers have no gap and that the end agrees with what came before, is checked
 * here too: a checkpoint for which this exits 0 is whole. */
#include "figures.h"
#include "print.h"
#include "verb.h"

#include "graduate/json.h"
#include "graduate/stream.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool as_json;

static const struct option_row options[] = {
    {"json", OPTION_FLAG, &as_json, NULL, "one JSON object a frame"},
};

static const struct command command = {
    .name = "graduate stream",
    .purpose = "print the frames of a checkpoint",
    .usage = "FILE [--json]",
    .epilogue =
        "Frames are checked as they are read; of a damaged file the good ones are printed,\n"
        "then where it is damaged. Sizes are those on disk and those before compression;\n"
        "positions are canonical extended JSON. An example:\n\n"
        "  graduate stream migration/checkpoints/books.gck",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

struct listing {
    struct stream_reader reader;
    struct stream_outputs outputs; /* of a row stream */
    bool rows;
    int64_t first_batch, last_batch; /* 0: none yet */
    int64_t records, stored, plain;
    struct buffer text; /* of the frame at hand */
};

static int64_t plain_size(const struct frame *frame)
{
    return (int64_t)frame->meta.len + (int64_t)frame->payload_length;
}

static const char *type_name(const struct frame *frame)
{
    return frame->type == FRAME_HEADER ? "header" : frame->type == FRAME_BATCH ? "batch" : "end";
}

static const char *codec_name(const struct frame *frame)
{
    return frame->codec == CODEC_ZLIB ? "zlib" : "stored";
}

static void put_position(struct buffer *out, const bson_t *position, const char *otherwise)
{
    char *text = position != NULL ? bson_as_canonical_extended_json(position, NULL) : NULL;
    buffer_puts(out, text != NULL ? text : otherwise);
    bson_free(text);
}

/* ---- for programs -------------------------------------------------------------------------- */

static void put_member(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, ",\"%s\":", name);
    json_put_string(out, value, strlen(value));
}

static void json_frame(struct buffer *out, const struct frame *frame)
{
    buffer_printf(out,
                  "{\"frame\":%" PRId64 ",\"type\":\"%s\",\"offset\":%" PRId64
                  ",\"codec\":\"%s\",\"stored\":%" PRId64 ",\"plain\":%" PRId64 ",\"ratio\":%.4f",
                  frame->number, type_name(frame), frame->offset, codec_name(frame),
                  frame->body_length, plain_size(frame),
                  (double)frame->body_length / (double)plain_size(frame));
}

static void json_header(struct listing *listing, const struct stream_header *header)
{
    struct buffer *out = &listing->text;
    put_member(out, "stream", header->rows ? "rows" : "records");
    put_member(out, "project", header->project);
    put_member(out, "entity", header->entity);
    put_member(out, "source", header->source);
    put_member(out, "kind", header->kind);
    put_member(out, "run", header->run);
    buffer_printf(out, ",\"batch_bytes\":%" PRId64, header->batch_bytes);
    buffer_printf(out, ",\"partition\":%" PRId32, header->partition);
    if (!header->rows)
        return;
    buffer_puts(out, ",\"outputs\":[");
    for (size_t i = 0; i < listing->outputs.count; i++) {
        const char *table = listing->outputs.items[i].table;
        buffer_puts(out, i > 0 ? "," : "");
        json_put_string(out, table, strlen(table));
    }
    buffer_putc(out, ']');
}

static void json_section(struct listing *listing, const char *table, size_t index,
                         const struct stream_section *section)
{
    struct buffer *out = &listing->text;
    buffer_puts(out, index == 0 ? ",\"sections\":[" : ",");
    buffer_puts(out, "{\"table\":");
    json_put_string(out, table, strlen(table));
    buffer_printf(out, ",\"rows\":%" PRIu32 ",\"bytes\":%zu}", section->rows, section->length);
}

static void json_batch(struct listing *listing, const struct stream_batch *batch)
{
    struct buffer *out = &listing->text;
    buffer_printf(out, ",\"batch\":%" PRId64 ",\"records\":%" PRId64, batch->batch, batch->records);
    if (listing->rows)
        buffer_printf(out, ",\"filtered\":%" PRId64 ",\"rejected\":%" PRId64, batch->filtered,
                      batch->rejected);
    buffer_puts(out, ",\"position\":");
    put_position(out, &batch->position, "null");
}

static void json_end(struct listing *listing, const struct stream_end *end)
{
    struct buffer *out = &listing->text;
    buffer_printf(out,
                  ",\"batches\":%" PRId64 ",\"records\":%" PRId64 ",\"position\":", end->batches,
                  end->records);
    put_position(out, end->has_position ? &end->position : NULL, "null");
}

/* ---- for people ---------------------------------------------------------------------------- */

static void text_frame(struct buffer *out, const struct frame *frame)
{
    char stored[FIGURE_SIZE], plain[FIGURE_SIZE];
    buffer_printf(out, "%5" PRId64 "  %-6s  %12" PRId64 "  %-6s  %10s  %10s  %3.0f %%",
                  frame->number, type_name(frame), frame->offset, codec_name(frame),
                  figure_bytes(frame->body_length, stored), figure_bytes(plain_size(frame), plain),
                  100 * (double)frame->body_length / (double)plain_size(frame));
}

static void text_header(struct listing *listing, const struct stream_header *header)
{
    struct buffer *out = &listing->text;
    buffer_printf(out, "  %s of %s, partition %" PRId32 ", from %s (%s), project %s",
                  header->rows ? "rows" : "records", header->entity, header->partition,
                  header->source, header->kind, header->project);
    if (header->run[0] != '\0')
        buffer_printf(out, ", run %s", header->run);
}

static void text_section(struct listing *listing, const char *table, size_t index,
                         const struct stream_section *section)
{
    char rows[FIGURE_SIZE], bytes[FIGURE_SIZE];
    (void)index;
    buffer_printf(&listing->text, "\n       %s: %s rows, %s", table,
                  figure_count(section->rows, rows), figure_bytes((int64_t)section->length, bytes));
}

static void text_batch(struct listing *listing, const struct stream_batch *batch)
{
    char records[FIGURE_SIZE];
    buffer_printf(&listing->text, "  batch %" PRId64 ", %s records, to ", batch->batch,
                  figure_count(batch->records, records));
    put_position(&listing->text, &batch->position, "?");
}

static void text_end(struct listing *listing, const struct stream_end *end)
{
    char batches[FIGURE_SIZE], records[FIGURE_SIZE], stored[FIGURE_SIZE], plain[FIGURE_SIZE];
    struct buffer *out = &listing->text;
    buffer_printf(out, "  batches: %s, records: %s, to ", figure_count(end->batches, batches),
                  figure_count(end->records, records));
    put_position(out, end->has_position ? &end->position : NULL, "nowhere: there are none");
    buffer_printf(out, "\nwhole: %s on disk, %s before compression",
                  figure_bytes(listing->stored, stored), figure_bytes(listing->plain, plain));
}

static const struct form {
    const char *title, *end;
    void (*frame)(struct buffer *out, const struct frame *frame);
    void (*header)(struct listing *listing, const struct stream_header *header);
    void (*batch)(struct listing *listing, const struct stream_batch *batch);
    void (*section)(struct listing *listing, const char *table, size_t index,
                    const struct stream_section *section);
    const char *sections_end;
    void (*finish)(struct listing *listing, const struct stream_end *end);
} for_programs = {"", "}\n", json_frame, json_header, json_batch, json_section, "]", json_end},
  for_people = {"frame  type            byte  codec       stored       plain  ratio\n",
                "\n",
                text_frame,
                text_header,
                text_batch,
                text_section,
                "",
                text_end};

/* ---- reading ------------------------------------------------------------------------------- */

static bool take_header(struct listing *listing, const struct form *form, const struct frame *frame,
                        struct error *error)
{
    struct stream_header header;
    if (!stream_parse_header(&listing->reader, frame, &header, error))
        return false;
    listing->rows = header.rows;
    if (header.rows && !stream_parse_outputs(&listing->reader, frame, &listing->outputs, error))
        return false;
    form->header(listing, &header);
    return true;
}

static bool take_sections(struct listing *listing, const struct form *form,
                          const struct frame *frame, struct error *error)
{
    const uint8_t *at = frame->payload, *end = at + frame->payload_length;
    struct stream_section section;
    size_t count = 0;
    while (stream_next_section(&at, end, &section, error)) {
        if (section.output >= listing->outputs.count)
            return stream_error(&listing->reader, frame->number, frame->offset, error,
                                "a section is of output %" PRIu32 ", and there are %zu",
                                section.output, listing->outputs.count);
        form->section(listing, listing->outputs.items[section.output].table, count++, &section);
    }
    if (error->code != ERROR_NONE)
        return stream_error(&listing->reader, frame->number, frame->offset, error, "%s",
                            error->message);
    if (count > 0)
        buffer_puts(&listing->text, form->sections_end);
    return true;
}

static bool take_batch(struct listing *listing, const struct form *form, const struct frame *frame,
                       struct error *error)
{
    struct stream_batch batch;
    if (!stream_parse_batch(&listing->reader, frame, &batch, error))
        return false;
    if (listing->last_batch != 0 && batch.batch != listing->last_batch + 1)
        return stream_error(&listing->reader, frame->number, frame->offset, error,
                            "this is batch %" PRId64 ", and batch %" PRId64 " came before it",
                            batch.batch, listing->last_batch);
    if (listing->first_batch == 0)
        listing->first_batch = batch.batch;
    listing->last_batch = batch.batch;
    listing->records += batch.records;
    form->batch(listing, &batch);
    return !listing->rows || take_sections(listing, form, frame, error);
}

/* A stream that goes on from a position has not all that its end counts. */
static bool take_end(struct listing *listing, const struct form *form, const struct frame *frame,
                     struct error *error)
{
    struct stream_end end;
    if (!stream_parse_end(&listing->reader, frame, &end, error))
        return false;
    bool from_start = listing->first_batch == 1;
    if ((listing->last_batch != 0 && end.batches != listing->last_batch) ||
        (from_start && end.records != listing->records))
        return stream_error(&listing->reader, frame->number, frame->offset, error,
                            "the end counts %" PRId64 " batches and %" PRId64
                            " records; up to here were %" PRId64 " and %" PRId64,
                            end.batches, end.records, listing->last_batch, listing->records);
    form->finish(listing, &end);
    return true;
}

static bool take_frame(struct listing *listing, const struct form *form, const struct frame *frame,
                       struct error *error)
{
    listing->stored += STREAM_FRAME_HEAD + frame->body_length;
    listing->plain += STREAM_FRAME_HEAD + plain_size(frame);
    form->frame(&listing->text, frame);
    switch (frame->type) {
    case FRAME_HEADER:
        return take_header(listing, form, frame, error);
    case FRAME_BATCH:
        return take_batch(listing, form, frame, error);
    case FRAME_END:
        return take_end(listing, form, frame, error);
    }
    return error_set(error, ERROR_BUG, "a frame of no type");
}

static bool list(struct listing *listing, struct error *error)
{
    const struct form *form = as_json ? &for_programs : &for_people;
    struct frame frame;
    bool more = true;
    buffer_puts(&listing->text, form->title);
    for (;;) {
        if (!stream_read(&listing->reader, &frame, &more, error))
            return false;
        if (!more)
            return true;
        if (!take_frame(listing, form, &frame, error))
            return false;
        buffer_puts(&listing->text, form->end);
        if (!print_text(&listing->text, error))
            return false;
        buffer_clear(&listing->text);
    }
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    (void)exit_code;
    if (call->file == NULL) {
        error_set(error, ERROR_USAGE, "the name of a checkpoint is needed");
        return error_hint(error, "graduate stream --help shows an example");
    }
    int fd = open(call->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        error_set_errno(error, ERROR_USAGE, "cannot open %s", call->file);
        return error_hint(error, "name a checkpoint, such as RUN-DIR/checkpoints/books.gck");
    }
    struct listing listing = {.rows = false};
    buffer_init(&listing.text);
    stream_reader_init(&listing.reader, fd, call->file);
    bool ok = list(&listing, error);
    stream_outputs_release(&listing.outputs);
    stream_reader_release(&listing.reader);
    buffer_release(&listing.text);
    close(fd);
    return ok;
}

const struct verb verb_stream = {&command, VERB_ONE_FILE, run};
