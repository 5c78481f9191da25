/* Room common/stream: the format between the programs and on disk, the words for what becomes of
 * values, and what a record is known by. It uses common/base. */

/* stream.h: the one format between all programs and on disk. This page is its specification.
 *
 * A stream is a sequence of frames: one header frame, batch frames, one end frame, then nothing.
 * A frame is 32 bytes of fixed head and a body; integers are little-endian:
 *
 *   offset size
 *        0    4  magic "GRF1"; the digit is the version of the framing
 *        4    1  type: 'H' header, 'B' batch, 'E' end
 *        5    1  codec of the body: 0 stored, 1 zlib (RFC 1950)
 *        6    2  zero
 *        8    4  meta length: bytes of the BSON document that begins the body, before the codec
 *       12    8  payload length: bytes behind the meta document, before the codec
 *       20    8  body length: bytes that follow this head (codec applied)
 *       28    4  CRC-32 (that of zlib) of the 28 bytes before it and of the body as it stands here
 *
 * In a pipe the codec is 0. On disk it is 1, frame by frame: a checkpoint is the stream,
 * compressed, and every reader reads either. Because the CRC covers what is stored, any damaged
 * byte is found before a byte of the body is used. Limits: meta 64 MiB, payload 1 GiB.
 *
 * The header's meta document, one entity's partition per stream:
 *   version    int32   of what the frames mean: 2. A reader refuses another one.
 *   graduate   string  version of the program that wrote it
 *   stream     string  "records" (of a source) or "rows" (for a target)
 *   project    string
 *   entity     string  name of the mapping, e.g. "books"
 *   source     string  "core.books": source name, dot, name there
 *   kind       string  of the source: "mongodb", "postgres", "appwrite"
 *   run        string  id of the run that it was made for; "" when it was made by hand. It is taken
 *                      by no other run.
 *   batch_bytes int64  how large the batches were to be: another size cuts others
 *   partition  int32   0 while an entity has one partition; -1: its corrected records
 *   catalog    string  JSON, catalog.h: what the source said of this collection or table when the
 *                      run began, also what it cannot be mistaken by
 *   outputs    array   rows only: what the sections of a payload are, see below
 *
 * A batch's meta document:
 *   entity, partition      as in the header, so that a frame speaks for itself
 *   batch      int64   1, 2, 3, ... without a gap
 *   records    int64   source records in it, at least 1
 *   position   document  where the source stands after the last of them: give it to the extractor
 *                        to go on from there. Its form belongs to the reader (tools/extract).
 *   filtered, rejected int64  rows only: of `records`, how many became no row by a rule or reject
 *   paths      document  rows only: {"title": {"seen": int64, "written": int64, ...}, ...}, what
 *                        became of the values of each path of the source in this batch; fate.h has
 *                        the words, and what is zero is left out
 *
 * The end's meta document:
 *   batches, records  int64  totals of the whole partition, also of what was sent before a resume
 *   position   document  as of the last batch; absent if there was none
 *
 * Payload of a records batch: MongoDB and Appwrite: BSON documents back to back. Postgres: binary
 * COPY tuples (int16 field count, then int32 length and bytes per field) without the header and
 * trailer of COPY, columns in the order of the catalog in the header.
 *
 * Payload of a rows batch: sections back to back, each uint32 output number, uint32 row count,
 * uint64 length, and that many bytes of binary COPY tuples. At most one section per output, in
 * output order. An output (header, array of documents):
 *   table      string  "schema.table", unquoted
 *   columns    array of strings  in tuple order
 *   types      array of strings  their PostgreSQL types
 *   key        array of int32    indexes into columns that name a row, may be empty
 *   ledger     bool   true: bookkeeping (losses, rejects, and what may become one), no row of the
 * target's own
 *
 * A stream that stops before its end frame is incomplete, whatever came before: in a pipe because
 * the writer died (ERROR_PEER), in a file because it is damaged (ERROR_SOURCE, with file, frame
 * number and byte). */
#ifndef GRADUATE_STREAM_H
#define GRADUATE_STREAM_H

#include "graduate/buffer.h"
#include "graduate/error.h"

#include <bson/bson.h>

enum { STREAM_VERSION = 2, STREAM_FRAME_HEAD = 32 };
enum frame_type { FRAME_HEADER = 'H', FRAME_BATCH = 'B', FRAME_END = 'E' };
enum stream_codec { CODEC_STORED = 0, CODEC_ZLIB = 1 };

/* One frame in memory. Views into the reader; valid until its next call. */
struct frame {
    enum frame_type type;
    bson_t meta; /* static view, no bson_destroy */
    const uint8_t *payload;
    size_t payload_length;
    int64_t number;      /* 0 is the header */
    int64_t offset;      /* of the frame's head in the stream */
    int64_t body_length; /* as stored */
    enum stream_codec codec;
};

/* Writer. Borrows fd; `name` must outlive it. */
struct stream_writer {
    int fd;
    const char *name;
    enum stream_codec codec;
    struct buffer body; /* of a compressed frame */
    struct isal_zstream *compressor;
    uint8_t *level; /* its own memory */
};
void stream_writer_init(struct stream_writer *writer, int fd, const char *name,
                        enum stream_codec codec);
void stream_writer_release(struct stream_writer *writer);
/* Write one frame. ERROR_PEER when the reader of a pipe has gone, else ERROR_TARGET. */
bool stream_write(struct stream_writer *writer, enum frame_type type, const bson_t *meta,
                  const void *payload, size_t payload_length, struct error *error);

/* Reader. Borrows fd, which need not be seekable; `name` must outlive it. */
struct stream_reader {
    int fd;
    const char *name;
    struct buffer body, plain;
    struct inflate_state *decompressor;
    int64_t offset, frames;
    bool ended, pipe;
};
void stream_reader_init(struct stream_reader *reader, int fd, const char *name);
void stream_reader_release(struct stream_reader *reader);
/* The next frame, checked: magic, version, lengths, CRC, BSON, order of types, batch numbers are
 * the caller's. After the end frame *frame is left alone and *more is false; anything behind the
 * end frame is an error. */
bool stream_read(struct stream_reader *reader, struct frame *frame, bool *more,
                 struct error *error);

/* The meta documents as structs. Strings and documents of a parsed struct are views into the frame;
 * those that are written are borrowed for the call. */
struct stream_output {
    const char *table;
    const char *const *columns;
    const char *const *types;
    size_t column_count;
    const size_t *key;
    size_t key_count;
    bool ledger;
};
struct stream_header {
    bool rows; /* false: records */
    const char *project, *entity, *source, *kind, *run, *catalog;
    int64_t batch_bytes;
    int32_t partition;
};
struct stream_batch {
    const char *entity;
    int32_t partition;
    int64_t batch, records, filtered, rejected;
    bson_t position; /* a view when parsed */
    bson_t paths;    /* likewise; of a records batch it is empty when parsed, and not written */
};
struct stream_end {
    int64_t batches, records;
    bool has_position;
    bson_t position;
};

bool stream_write_header(struct stream_writer *writer, const struct stream_header *header,
                         const struct stream_output *outputs, size_t output_count,
                         struct error *error);
bool stream_write_batch(struct stream_writer *writer, const struct stream_batch *batch, bool rows,
                        const void *payload, size_t payload_length, struct error *error);
bool stream_write_end(struct stream_writer *writer, const struct stream_end *end,
                      struct error *error);

/* Each reads the meta of a frame of its type; a missing or mistyped member is an error that names
 * the reader's file, frame and byte. */
bool stream_parse_header(const struct stream_reader *reader, const struct frame *frame,
                         struct stream_header *header, struct error *error);
bool stream_parse_batch(const struct stream_reader *reader, const struct frame *frame,
                        struct stream_batch *batch, struct error *error);
bool stream_parse_end(const struct stream_reader *reader, const struct frame *frame,
                      struct stream_end *end, struct error *error);

/* The outputs of a rows header, owned by this struct (the frame may go). */
struct stream_outputs {
    struct stream_output *items;
    size_t count;
};
bool stream_parse_outputs(const struct stream_reader *reader, const struct frame *frame,
                          struct stream_outputs *outputs, struct error *error);
void stream_outputs_release(struct stream_outputs *outputs);

/* One section of a rows payload; *at moves behind it. False at the end (at == end) or, with error
 * set, when the section lies about its length. */
struct stream_section {
    uint32_t output, rows;
    const uint8_t *tuples;
    size_t length;
};
bool stream_next_section(const uint8_t **at, const uint8_t *end, struct stream_section *section,
                         struct error *error);

/* Set an error that names the reader's file, the frame's number and its byte. */
bool stream_error(const struct stream_reader *reader, int64_t number, int64_t offset,
                  struct error *error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
