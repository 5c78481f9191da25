/* Framing: heads, bodies, checksums. What the meta documents mean is in stream_meta.c. */
#include "graduate/stream.h"
#include "graduate/file.h"

#include <errno.h>
#include <inttypes.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST_META = 64 << 20, LARGEST_PAYLOAD = 1 << 30, CRC_OFFSET = 28 };
static const char magic[4] = {'G', 'R', 'F', '1'};

bool stream_error(const struct stream_reader *reader, int64_t number, int64_t offset,
                  struct error *error, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(error, ERROR_SOURCE, "%s: frame %" PRId64 " at byte %" PRId64 ": %s",
                     reader->name, number, offset, what);
}

void stream_writer_init(struct stream_writer *writer, int fd, const char *name,
                        enum stream_codec codec)
{
    *writer = (struct stream_writer){.fd = fd, .name = name, .codec = codec};
    buffer_init(&writer->body);
}

void stream_writer_release(struct stream_writer *writer)
{
    free(writer->compressor);
    free(writer->level);
    buffer_release(&writer->body);
}

static void put_head(uint8_t *head, enum frame_type type, enum stream_codec codec,
                     uint32_t meta_length, uint64_t payload_length, uint64_t body_length)
{
    memset(head, 0, STREAM_FRAME_HEAD);
    memcpy(head, magic, sizeof magic);
    head[4] = (uint8_t)type;
    head[5] = (uint8_t)codec;
    memcpy(head + 8, &meta_length, 4);
    memcpy(head + 12, &payload_length, 8);
    memcpy(head + 20, &body_length, 8);
}

/* The CRC of zlib. It takes the machine's own instructions where there are such: so little that a
 * pipe, too, has it. */
static uint32_t checksum(uint32_t crc, const void *bytes, size_t length)
{
    return length > 0 ? crc32_gzip_refl(crc, bytes, length) : crc;
}

/* Each frame is a zlib stream of its own. */
static bool begin_compressing(struct stream_writer *writer, struct error *error)
{
    if (writer->compressor == NULL)
        writer->compressor = malloc(sizeof *writer->compressor);
    if (writer->level == NULL)
        writer->level = malloc(ISAL_DEF_LVL1_DEFAULT);
    if (writer->compressor == NULL || writer->level == NULL)
        return error_memory(error);
    isal_deflate_init(writer->compressor);
    writer->compressor->level = 1;
    writer->compressor->level_buf = writer->level;
    writer->compressor->level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    writer->compressor->gzip_flag = IGZIP_ZLIB;
    buffer_clear(&writer->body);
    return true;
}

static bool compress_piece(struct stream_writer *writer, const void *bytes, size_t length,
                           bool last, struct error *error)
{
    enum { ROOM = 64 << 10 };
    struct isal_zstream *compressor = writer->compressor;
    struct buffer *body = &writer->body;
    compressor->next_in = (uint8_t *)(uintptr_t)bytes; /* which it does not write to */
    compressor->avail_in = (uint32_t)length;
    compressor->end_of_stream = last;
    do {
        compressor->next_out = buffer_reserve(body, ROOM);
        if (compressor->next_out == NULL)
            return error_memory(error);
        compressor->avail_out = ROOM;
        if (isal_deflate(compressor) != COMP_OK)
            return error_set(error, ERROR_BUG, "%s: a frame cannot be compressed", writer->name);
        body->length += ROOM - compressor->avail_out;
    } while (compressor->avail_in > 0 || (last && compressor->internal_state.state != ZSTATE_END));
    return true;
}

static bool compress_body(struct stream_writer *writer, const bson_t *meta, const void *payload,
                          size_t payload_length, struct error *error)
{
    return begin_compressing(writer, error) &&
           compress_piece(writer, bson_get_data(meta), meta->len, false, error) &&
           compress_piece(writer, payload, payload_length, true, error);
}

bool stream_write(struct stream_writer *writer, enum frame_type type, const bson_t *meta,
                  const void *payload, size_t payload_length, struct error *error)
{
    if (meta->len > LARGEST_META || payload_length > LARGEST_PAYLOAD)
        return error_set(error, ERROR_DATA,
                         "a batch for %s is too large for one frame: %zu bytes of payload",
                         writer->name, payload_length);
    uint8_t head[STREAM_FRAME_HEAD];
    uint32_t crc;
    if (writer->codec == CODEC_ZLIB) {
        if (!compress_body(writer, meta, payload, payload_length, error))
            return false;
        put_head(head, type, CODEC_ZLIB, meta->len, payload_length, writer->body.length);
        crc = checksum(checksum(0, head, CRC_OFFSET), writer->body.data, writer->body.length);
        memcpy(head + CRC_OFFSET, &crc, 4);
        return file_write_all(writer->fd, writer->name, head, sizeof head, error) &&
               file_write_all(writer->fd, writer->name, writer->body.data, writer->body.length,
                              error);
    }
    put_head(head, type, CODEC_STORED, meta->len, payload_length, meta->len + payload_length);
    crc = checksum(checksum(0, head, CRC_OFFSET), bson_get_data(meta), meta->len);
    crc = checksum(crc, payload, payload_length);
    memcpy(head + CRC_OFFSET, &crc, 4);
    return file_write_all(writer->fd, writer->name, head, sizeof head, error) &&
           file_write_all(writer->fd, writer->name, bson_get_data(meta), meta->len, error) &&
           file_write_all(writer->fd, writer->name, payload, payload_length, error);
}

void stream_reader_init(struct stream_reader *reader, int fd, const char *name)
{
    *reader = (struct stream_reader){.fd = fd, .name = name};
    buffer_init(&reader->body);
    buffer_init(&reader->plain);
    struct stat info;
    reader->pipe = fstat(fd, &info) == 0 && !S_ISREG(info.st_mode);
}

void stream_reader_release(struct stream_reader *reader)
{
    free(reader->decompressor);
    buffer_release(&reader->body);
    buffer_release(&reader->plain);
}

static bool cut_off(const struct stream_reader *reader, size_t got, size_t wanted,
                    struct error *error)
{
    stream_error(reader, reader->frames, reader->offset, error,
                 "the stream ends here, %zu of %zu bytes into the frame", got, wanted);
    if (reader->pipe) {
        error->code = ERROR_PEER;
        return error_hint(error, "the program that wrote it ended early, and says why itself");
    }
    return error_hint(error, "the file was not finished or was cut off; extract it anew");
}

/* Bytes of the frame at hand; `before` of it are already read. */
static bool fill(struct stream_reader *reader, void *to, size_t length, size_t before,
                 struct error *error)
{
    size_t got;
    if (!file_read_full(reader->fd, reader->name, to, length, &got, error))
        return false;
    return got == length ? true : cut_off(reader, before + got, before + length, error);
}

static bool damaged(const struct stream_reader *reader, struct error *error, const char *what)
{
    stream_error(reader, reader->frames, reader->offset, error, "%s", what);
    return error_hint(error, "the stream is damaged; extract it anew, or take another copy");
}

static bool decompress_body(struct stream_reader *reader, size_t plain_length, struct error *error)
{
    buffer_clear(&reader->plain);
    uint8_t *to = buffer_reserve(&reader->plain, plain_length);
    if (reader->decompressor == NULL)
        reader->decompressor = malloc(sizeof *reader->decompressor);
    struct inflate_state *decompressor = reader->decompressor;
    if (to == NULL || decompressor == NULL)
        return error_memory(error);
    isal_inflate_init(decompressor);
    decompressor->crc_flag = ISAL_ZLIB;
    decompressor->next_in = reader->body.data;
    decompressor->avail_in = (uint32_t)reader->body.length;
    decompressor->next_out = to;
    decompressor->avail_out = (uint32_t)plain_length;
    if (isal_inflate_stateless(decompressor) != ISAL_DECOMP_OK || decompressor->avail_in != 0 ||
        decompressor->avail_out != 0)
        return damaged(reader, error, "the body does not decompress to the length in its head");
    reader->plain.length = plain_length;
    return true;
}

/* The head's fields, checked as far as a head can be. */
static bool parse_head(const struct stream_reader *reader, const uint8_t *head, struct frame *frame,
                       uint32_t *meta_length, struct error *error)
{
    if (memcmp(head, magic, 3) != 0)
        return damaged(reader, error, "no frame begins here: this is no stream of graduate");
    if (head[3] != (uint8_t)magic[3]) {
        stream_error(reader, reader->frames, reader->offset, error,
                     "framing version '%c' is not known here ('%c' is)",
                     head[3] >= ' ' && head[3] <= '~' ? head[3] : '?', magic[3]);
        return error_hint(error, "read it with the graduate that wrote it, or a newer one");
    }
    frame->type = (enum frame_type)head[4];
    frame->codec = (enum stream_codec)head[5];
    uint64_t payload_length = get_le64(head + 12), body_length = get_le64(head + 20);
    *meta_length = get_le32(head + 8);
    bool type_ok = head[4] == FRAME_HEADER || head[4] == FRAME_BATCH || head[4] == FRAME_END;
    bool codec_ok = head[5] == CODEC_STORED || head[5] == CODEC_ZLIB;
    if (!type_ok || !codec_ok || head[6] != 0 || head[7] != 0)
        return damaged(reader, error, "the frame's head is damaged (type or codec)");
    /* Compression adds little to what does not compress, and makes at most 1032 bytes of one. */
    uint64_t plain = *meta_length + payload_length;
    bool lengths_ok =
        *meta_length >= 5 && *meta_length <= LARGEST_META && payload_length <= LARGEST_PAYLOAD &&
        (head[5] == CODEC_STORED
             ? body_length == plain
             : body_length <= plain + plain / 8 + 1024 && plain / 1032 <= body_length);
    if (!lengths_ok)
        return damaged(reader, error, "the frame's head is damaged (lengths)");
    frame->payload_length = payload_length;
    frame->body_length = (int64_t)body_length;
    return true;
}

/* Read the body in steps, so that a lying length costs no more memory than there is data. */
static bool read_body(struct stream_reader *reader, size_t length, struct error *error)
{
    const size_t step = 8 << 20;
    buffer_clear(&reader->body);
    while (reader->body.length < length) {
        size_t part = length - reader->body.length < step ? length - reader->body.length : step;
        uint8_t *to = buffer_reserve(&reader->body, part);
        if (to == NULL)
            return error_memory(error);
        if (!fill(reader, to, part, STREAM_FRAME_HEAD + reader->body.length, error))
            return false;
        reader->body.length += part;
    }
    return true;
}

static bool at_end(struct stream_reader *reader, bool *more, struct error *error)
{
    uint8_t byte;
    size_t got;
    *more = false;
    if (!file_read_full(reader->fd, reader->name, &byte, 1, &got, error))
        return false;
    return got == 0 ? true : damaged(reader, error, "there are bytes behind the end frame");
}

bool stream_read(struct stream_reader *reader, struct frame *frame, bool *more, struct error *error)
{
    *more = true;
    if (reader->ended)
        return at_end(reader, more, error);
    uint8_t head[STREAM_FRAME_HEAD];
    uint32_t meta_length = 0;
    if (!fill(reader, head, sizeof head, 0, error) ||
        !parse_head(reader, head, frame, &meta_length, error) ||
        !read_body(reader, (size_t)frame->body_length, error))
        return false;
    uint32_t crc = checksum(checksum(0, head, CRC_OFFSET), reader->body.data, reader->body.length);
    if (crc != get_le32(head + CRC_OFFSET))
        return damaged(reader, error, "wrong checksum");
    const struct buffer *plain = &reader->body;
    if (frame->codec == CODEC_ZLIB) {
        if (!decompress_body(reader, meta_length + frame->payload_length, error))
            return false;
        plain = &reader->plain;
    }
    if (!bson_init_static(&frame->meta, plain->data, meta_length) ||
        !bson_validate(&frame->meta, BSON_VALIDATE_NONE, NULL))
        return damaged(reader, error, "the meta document is no BSON");
    if ((frame->type == FRAME_HEADER) != (reader->frames == 0))
        return damaged(reader, error,
                       reader->frames == 0 ? "the first frame is not the header"
                                           : "a second header");
    frame->payload = plain->data + meta_length;
    frame->number = reader->frames++;
    frame->offset = reader->offset;
    reader->offset += STREAM_FRAME_HEAD + frame->body_length;
    reader->ended = frame->type == FRAME_END;
    return true;
}
