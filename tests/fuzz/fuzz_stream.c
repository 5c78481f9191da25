/* A stream out of any bytes: frames, meta documents, outputs, sections. What is read must be
 * written as the same stream again.
 *
 * The first byte says whether checksums are made right before: else they would keep the fuzzer out.
 */
#include "fuzz.h"

#include "graduate/stream.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

static void repair(uint8_t *bytes, size_t size)
{
    while (size >= STREAM_FRAME_HEAD) {
        uint64_t body = get_le64(bytes + 20);
        if (body > size - STREAM_FRAME_HEAD)
            body = size - STREAM_FRAME_HEAD;
        uLong crc = crc32_z(crc32_z(0, bytes, 28), bytes + STREAM_FRAME_HEAD, body);
        uint32_t low = (uint32_t)crc;
        memcpy(bytes + 28, &low, sizeof low);
        bytes += STREAM_FRAME_HEAD + body;
        size -= STREAM_FRAME_HEAD + body;
    }
}

static void read_header(struct stream_reader *reader, const struct frame *frame)
{
    struct stream_header header;
    struct stream_outputs outputs;
    struct error error;
    if (!stream_parse_header(reader, frame, &header, &error))
        return;
    if (stream_parse_outputs(reader, frame, &outputs, &error))
        for (size_t i = 0; i < outputs.count; i++)
            for (size_t k = 0; k < outputs.items[i].key_count; k++)
                MUST(outputs.items[i].key[k] < outputs.items[i].column_count);
    stream_outputs_release(&outputs);
}

static void read_batch(struct stream_reader *reader, const struct frame *frame)
{
    struct stream_batch batch;
    struct stream_section section;
    struct error error;
    if (!stream_parse_batch(reader, frame, &batch, &error))
        return;
    MUST(batch.batch >= 0 && batch.records >= 0 && batch.filtered >= 0 && batch.rejected >= 0);
    const uint8_t *at = frame->payload, *end = at + frame->payload_length;
    while (stream_next_section(&at, end, &section, &error))
        MUST(section.tuples + section.length == at && at <= end);
}

static void read_end(struct stream_reader *reader, const struct frame *frame)
{
    struct stream_end end;
    struct error error;
    if (stream_parse_end(reader, frame, &end, &error))
        MUST(end.batches >= 0 && end.records >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int in = -1, out = -1;
    if (in < 0) {
        in = memfd_create("stream", 0);
        out = memfd_create("again", 0);
        MUST(in >= 0 && out >= 0);
    }
    if (size == 0)
        return 0;
    uint8_t *bytes = malloc(size);
    MUST(bytes != NULL);
    memcpy(bytes, data + 1, --size);
    if (data[0] % 2 == 0)
        repair(bytes, size);
    MUST(ftruncate(in, 0) == 0 && ftruncate(out, 0) == 0 && lseek(out, 0, SEEK_SET) == 0);
    MUST(pwrite(in, bytes, size, 0) == (ssize_t)size && lseek(in, 0, SEEK_SET) == 0);

    struct stream_reader reader;
    struct stream_writer writer;
    struct frame frame;
    struct error error = {0};
    bool more = true, stored = true, ok;
    stream_reader_init(&reader, in, "fuzz");
    stream_writer_init(&writer, out, "again", CODEC_STORED);
    while ((ok = stream_read(&reader, &frame, &more, &error)) && more) {
        stored = stored && frame.codec == CODEC_STORED;
        MUST(stream_write(&writer, frame.type, &frame.meta, frame.payload, frame.payload_length,
                          &error));
        switch (frame.type) {
        case FRAME_HEADER:
            read_header(&reader, &frame);
            break;
        case FRAME_BATCH:
            read_batch(&reader, &frame);
            break;
        case FRAME_END:
            read_end(&reader, &frame);
            break;
        }
    }
    if (ok && stored) {
        uint8_t *again = malloc(size);
        MUST(again != NULL && lseek(out, 0, SEEK_END) == (off_t)size);
        MUST(pread(out, again, size, 0) == (ssize_t)size && memcmp(bytes, again, size) == 0);
        free(again);
    }
    stream_reader_release(&reader);
    stream_writer_release(&writer);
    free(bytes);
    return 0;
}
