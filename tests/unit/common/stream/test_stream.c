/* Framing: what is written comes back, and no damage goes by: not a byte, not a missing end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
static const char file_name[] = "books.grf";
static const enum stream_codec codecs[] = {CODEC_STORED, CODEC_ZLIB};

/* A stream in memory that is a file to fstat. */
static int make_file(const void *bytes, size_t length)
{
    int fd = memfd_create("stream", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static size_t contents(int fd, uint8_t *bytes, size_t size)
{
    ssize_t length = pread(fd, bytes, size, 0);
    assert_true(length > 0 && (size_t)length < size);
    return (size_t)length;
}

/* A checkpoint as small as one can be that has every type of frame. Returns its length and, in
 * starts, where each frame begins, and at last where the stream ends. */
enum { FRAMES = 4, ROOM = 8192 };

static size_t small_checkpoint(enum stream_codec codec, uint8_t bytes[ROOM],
                               size_t starts[FRAMES + 1])
{
    struct stream_writer writer;
    struct error error;
    int fd = memfd_create("stream", MFD_CLOEXEC);
    stream_writer_init(&writer, fd, file_name, codec);
    bson_t position = BSON_INITIALIZER;
    BSON_APPEND_INT32(&position, "_id", 7);
    const struct stream_header header = {
        .project = "authorstack",
        .entity = "books",
        .source = "core.books",
        .kind = "mongodb",
        .catalog = "{\"name\":\"books\"}",
    };
    struct stream_batch batch = {.entity = "books", .batch = 1, .records = 2, .position = position};
    const struct stream_end end = {
        .batches = 2, .records = 3, .has_position = true, .position = position};
    starts[0] = 0;
    assert_true(stream_write_header(&writer, &header, NULL, 0, &error));
    starts[1] = (size_t)lseek(fd, 0, SEEK_CUR);
    assert_true(stream_write_batch(&writer, &batch, false, "payload payload payload", 23, &error));
    starts[2] = (size_t)lseek(fd, 0, SEEK_CUR);
    batch.batch = 2;
    batch.records = 1;
    assert_true(stream_write_batch(&writer, &batch, false, "p", 1, &error));
    starts[3] = (size_t)lseek(fd, 0, SEEK_CUR);
    assert_true(stream_write_end(&writer, &end, &error));
    starts[4] = (size_t)lseek(fd, 0, SEEK_CUR);
    size_t length = contents(fd, bytes, ROOM);
    assert_int_equal(length, starts[4]);
    bson_destroy(&position);
    stream_writer_release(&writer);
    close(fd);
    return length;
}

/* Reads to the end or the first error; whether all was well. */
static bool read_all(int fd, int64_t *frames, struct error *error)
{
    struct stream_reader reader;
    struct frame frame;
    bool more = true, ok = true;
    stream_reader_init(&reader, fd, file_name);
    while (ok && more)
        ok = stream_read(&reader, &frame, &more, error);
    *frames = reader.frames;
    stream_reader_release(&reader);
    return ok;
}

/* The checksum of a head that was changed on purpose. */
static void seal(uint8_t *head, size_t body_length)
{
    uint32_t crc = (uint32_t)crc32(crc32(0, head, 28), head + 32, (uInt)body_length);
    memcpy(head + 28, &crc, 4);
}

static void a_frame_is_as_the_specification_says(void **state)
{
    (void)state;
    uint8_t bytes[ROOM];
    size_t starts[FRAMES + 1];
    small_checkpoint(CODEC_STORED, bytes, starts);
    const uint8_t *head = bytes + starts[2], *body = head + 32;
    static const uint8_t begin[8] = {'G', 'R', 'F', '1', 'B', 0, 0, 0};
    assert_memory_equal(head, begin, 8);
    uint32_t meta_length = get_le32(head + 8);
    assert_int_equal(meta_length, get_le32(body)); /* a BSON document knows its length */
    assert_int_equal(get_le64(head + 12), 1);
    assert_int_equal(get_le64(head + 20), meta_length + 1);
    assert_int_equal(body[meta_length], 'p');
    assert_int_equal(starts[3] - starts[2], 32 + meta_length + 1);
    uint32_t crc = (uint32_t)crc32(crc32(0, head, 28), body, meta_length + 1);
    assert_int_equal(get_le32(head + 28), crc);

    small_checkpoint(CODEC_ZLIB, bytes, starts);
    head = bytes + starts[1];
    assert_int_equal(head[5], 1);
    uint8_t plain[1024];
    uLongf plain_length = sizeof plain;
    assert_int_equal(uncompress(plain, &plain_length, head + 32, starts[2] - starts[1] - 32), Z_OK);
    assert_int_equal(plain_length, get_le32(head + 8) + get_le64(head + 12));
    assert_memory_equal(plain + plain_length - 23, "payload payload payload", 23);
    assert_int_equal(bytes[4], 'H');
    assert_int_equal(bytes[starts[3] + 4], 'E');
}

static void frames_come_back_in_both_codecs(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 255, 256, 65536, (8 << 20) - 60, 20 << 20};
    uint8_t *payload = malloc(20 << 20);
    assert_non_null(payload);
    uint32_t random = 1;
    for (size_t i = 0; i < 20 << 20; i++) /* half noise, half zeros: grows and shrinks in zlib */
        payload[i] =
            i % 8192 < 4096 ? (uint8_t)((random = random * 1664525 + 1013904223) >> 24) : 0;
    for (size_t c = 0; c < COUNT(codecs); c++) {
        struct stream_writer writer;
        struct stream_reader reader;
        struct error error;
        bson_t meta = BSON_INITIALIZER;
        BSON_APPEND_UTF8(&meta, "any", "thing");
        int fd = memfd_create("stream", MFD_CLOEXEC);
        stream_writer_init(&writer, fd, file_name, codecs[c]);
        assert_true(stream_write(&writer, FRAME_HEADER, &meta, NULL, 0, &error));
        for (size_t i = 0; i < COUNT(lengths); i++)
            assert_true(stream_write(&writer, FRAME_BATCH, &meta, payload, lengths[i], &error));
        assert_true(stream_write(&writer, FRAME_END, &meta, NULL, 0, &error));
        int64_t length = lseek(fd, 0, SEEK_CUR), offset = 0;
        lseek(fd, 0, SEEK_SET);
        stream_reader_init(&reader, fd, file_name);
        for (size_t i = 0; i < COUNT(lengths) + 2; i++) {
            struct frame frame;
            bool more;
            assert_true(stream_read(&reader, &frame, &more, &error) && more);
            size_t expected = i > 0 && i <= COUNT(lengths) ? lengths[i - 1] : 0;
            assert_int_equal(frame.type, i == 0                ? FRAME_HEADER
                                         : i <= COUNT(lengths) ? FRAME_BATCH
                                                               : FRAME_END);
            assert_int_equal(frame.codec, codecs[c]);
            assert_int_equal(frame.number, i);
            assert_int_equal(frame.offset, offset);
            assert_int_equal(frame.payload_length, expected);
            assert_memory_equal(frame.payload, payload, expected);
            assert_true(bson_equal(&frame.meta, &meta));
            offset += STREAM_FRAME_HEAD + frame.body_length;
        }
        assert_int_equal(offset, length);
        struct frame kept = {.number = -1};
        bool more = true;
        assert_true(stream_read(&reader, &kept, &more, &error));
        assert_false(more);
        assert_int_equal(kept.number, -1);
        stream_reader_release(&reader);
        stream_writer_release(&writer);
        bson_destroy(&meta);
        close(fd);
    }
    free(payload);
}

/* Which frame of the checkpoint a byte is in, and what every error about it begins with. */
static void place_of(const size_t starts[FRAMES + 1], size_t byte, char *place, size_t size)
{
    size_t frame = 0;
    while (frame < FRAMES && starts[frame + 1] <= byte)
        frame++;
    snprintf(place, size, "%s: frame %zu at byte %zu: ", file_name, frame, starts[frame]);
}

static void every_damaged_byte_is_found(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(codecs); c++) {
        uint8_t bytes[ROOM];
        size_t starts[FRAMES + 1];
        size_t length = small_checkpoint(codecs[c], bytes, starts);
        int fd = make_file(bytes, length);
        for (size_t at = 0; at < length; at++) {
            char place[128];
            place_of(starts, at, place, sizeof place);
            uint8_t damages[8 + 4]; /* each bit, and what a disk or a copy makes of a byte */
            for (size_t bit = 0; bit < 8; bit++)
                damages[bit] = (uint8_t)(bytes[at] ^ 1 << bit);
            damages[8] = 0;
            damages[9] = 0xff;
            damages[10] = '?';
            damages[11] = (uint8_t)~bytes[at];
            for (size_t d = 0; d < COUNT(damages); d++) {
                struct error error = {0};
                int64_t frames;
                if (damages[d] == bytes[at])
                    continue;
                assert_int_equal(pwrite(fd, &damages[d], 1, (off_t)at), 1);
                lseek(fd, 0, SEEK_SET);
                if (read_all(fd, &frames, &error))
                    fail_msg("byte %zu as %02x went by", at, damages[d]);
                assert_int_equal(error.code, ERROR_SOURCE);
                if (strncmp(error.message, place, strlen(place)) != 0)
                    fail_msg("byte %zu as %02x: %s\n  not: %s", at, damages[d], error.message,
                             place);
                assert_true(error.hint[0] != '\0');
            }
            assert_int_equal(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
        }
        struct error error;
        int64_t frames;
        lseek(fd, 0, SEEK_SET);
        assert_true(read_all(fd, &frames, &error)); /* and mended it is whole */
        assert_int_equal(frames, FRAMES);
        close(fd);
    }
}

static void every_missing_end_is_found(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(codecs); c++) {
        uint8_t bytes[ROOM];
        size_t starts[FRAMES + 1];
        size_t length = small_checkpoint(codecs[c], bytes, starts);
        for (size_t kept = 0; kept < length; kept++) {
            struct error error = {0};
            int64_t frames;
            char place[128];
            place_of(starts, kept, place, sizeof place);
            int fd = make_file(bytes, kept);
            assert_false(read_all(fd, &frames, &error));
            assert_int_equal(error.code, ERROR_SOURCE);
            assert_memory_equal(error.message, place, strlen(place));
            assert_non_null(strstr(error.message, "the stream ends here"));
            assert_non_null(strstr(error.hint, "extract it anew"));
            close(fd);

            int ends[2]; /* the same through a pipe: the writer died, and its error is the cause */
            assert_int_equal(pipe(ends), 0);
            assert_int_equal(write(ends[1], bytes, kept), kept);
            close(ends[1]);
            assert_false(read_all(ends[0], &frames, &error));
            assert_int_equal(error.code, ERROR_PEER);
            assert_memory_equal(error.message, place, strlen(place));
            close(ends[0]);
        }
    }
}

static void how_much_of_the_frame_is_there(void **state)
{
    (void)state;
    static const size_t cuts[] = {0, 31, 32, 40};
    uint8_t bytes[ROOM];
    size_t starts[FRAMES + 1];
    small_checkpoint(CODEC_STORED, bytes, starts);
    for (size_t i = 0; i < COUNT(cuts); i++) {
        struct error error;
        int64_t frames;
        char message[128];
        snprintf(
            message, sizeof message,
            "books.grf: frame 0 at byte 0: the stream ends here, %zu of %zu bytes into the frame",
            cuts[i], cuts[i] < 32 ? 32 : starts[1]);
        int fd = make_file(bytes, cuts[i]);
        assert_false(read_all(fd, &frames, &error));
        assert_string_equal(error.message, message);
        close(fd);
    }
}

/* Frames put together wrongly, each with a right checksum. */
static void what_is_no_stream(void **state)
{
    (void)state;
    uint8_t good[ROOM], bytes[ROOM];
    size_t starts[FRAMES + 1];
    size_t length = small_checkpoint(CODEC_STORED, good, starts);
    enum change {
        NOTHING,
        BEHIND,
        TWICE,
        NO_HEADER,
        AFTER_END,
        FUTURE,
        NOT_OURS,
        NO_TYPE,
        NO_CODEC,
        NOT_ZERO,
        NO_BSON,
        NOT_ZLIB
    };
    static const struct {
        enum change change;
        const char *message, *hint; /* %zu: where the stream of the good frames ends */
    } cases[] = {
        {NOTHING, NULL, NULL},
        {BEHIND, "frame 4 at byte %zu: there are bytes behind the end frame", "damaged"},
        {AFTER_END, "frame 4 at byte %zu: there are bytes behind the end frame", "damaged"},
        {TWICE, "frame 1 at byte %zu: a second header", "damaged"},
        {NO_HEADER, "frame 0 at byte 0: the first frame is not the header", "damaged"},
        {FUTURE, "frame 0 at byte 0: framing version '2' is not known here ('1' is)", "newer"},
        {NOT_OURS, "frame 0 at byte 0: no frame begins here: this is no stream of graduate",
         "damaged"},
        {NO_TYPE, "frame 0 at byte 0: the frame's head is damaged (type or codec)", "damaged"},
        {NO_CODEC, "frame 0 at byte 0: the frame's head is damaged (type or codec)", "damaged"},
        {NOT_ZERO, "frame 0 at byte 0: the frame's head is damaged (type or codec)", "damaged"},
        {NO_BSON, "frame 0 at byte 0: the meta document is no BSON", "damaged"},
        {NOT_ZLIB, "frame 0 at byte 0: the body does not decompress to the length in its head",
         "damaged"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t total = length, where = length;
        memcpy(bytes, good, sizeof bytes);
        switch (cases[i].change) {
        case NOTHING:
            break;
        case BEHIND:
            bytes[total++] = '\0';
            break;
        case AFTER_END:
            memcpy(bytes + total, good + starts[1], starts[2] - starts[1]);
            total += starts[2] - starts[1];
            break;
        case TWICE:
            memcpy(bytes + starts[1], good, starts[1]);
            total = 2 * starts[1];
            where = starts[1];
            break;
        case NO_HEADER:
            memmove(bytes, good + starts[1], length - starts[1]);
            total -= starts[1];
            break;
        case FUTURE:
            bytes[3] = '2';
            seal(bytes, starts[1] - 32);
            break;
        case NOT_OURS:
            memcpy(bytes, "PGDMP", 5);
            break;
        case NO_TYPE:
            bytes[4] = 'X';
            seal(bytes, starts[1] - 32);
            break;
        case NO_CODEC:
            bytes[5] = 2;
            seal(bytes, starts[1] - 32);
            break;
        case NOT_ZERO:
            bytes[7] = 1;
            seal(bytes, starts[1] - 32);
            break;
        case NO_BSON:
            bytes[32 + 4] = 0x77; /* no type of BSON */
            seal(bytes, starts[1] - 32);
            break;
        case NOT_ZLIB:
            bytes[5] = CODEC_ZLIB;
            seal(bytes, starts[1] - 32);
            break;
        }
        struct error error = {0};
        int64_t frames;
        int fd = make_file(bytes, total);
        bool ok = read_all(fd, &frames, &error);
        close(fd);
        assert_int_equal(ok, cases[i].message == NULL);
        if (ok)
            continue;
        char message[256];
        const char *number = strstr(cases[i].message, "%zu");
        size_t before =
            number != NULL ? (size_t)(number - cases[i].message) : strlen(cases[i].message);
        int used =
            snprintf(message, sizeof message, "books.grf: %.*s", (int)before, cases[i].message);
        if (number != NULL)
            snprintf(message + used, sizeof message - (size_t)used, "%zu%s", where, number + 3);
        assert_int_equal(error.code, ERROR_SOURCE);
        assert_string_equal(error.message, message);
        assert_non_null(strstr(error.hint, cases[i].hint));
    }
}

/* Checkpoints on disk may have been compressed by zlib, at any level; and what is compressed must be
 * the body, the whole body and nothing else, whatever the checksum says. */
static void what_zlib_compressed_is_read(void **state)
{
    (void)state;
    static const struct {
        int level, longer, behind; /* the length in the head, and bytes behind the body */
        bool ok;
    } cases[] = {
        {0, 0, 0, true},  {1, 0, 0, true},   {6, 0, 0, true},  {9, 0, 0, true},
        {6, 1, 0, false}, {6, -1, 0, false}, {6, 0, 1, false}, {0, 0, 1, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t stored[ROOM], bytes[2 * ROOM] = {0};
        size_t starts[FRAMES + 1], total = 0;
        small_checkpoint(CODEC_STORED, stored, starts);
        for (size_t f = 0; f < FRAMES; f++) {
            uint8_t *head = bytes + total;
            size_t plain = starts[f + 1] - starts[f] - 32;
            uLongf packed = ROOM;
            memcpy(head, stored + starts[f], 32);
            assert_int_equal(
                compress2(head + 32, &packed, stored + starts[f] + 32, plain, cases[i].level), Z_OK);
            head[5] = CODEC_ZLIB;
            uint64_t body = packed + (uint64_t)cases[i].behind;
            uint64_t payload = get_le64(head + 12) + (uint64_t)cases[i].longer;
            memcpy(head + 12, &payload, 8);
            memcpy(head + 20, &body, 8);
            seal(head, body);
            total += 32 + body;
        }
        struct error error = {0};
        int64_t frames;
        int fd = make_file(bytes, total);
        assert_int_equal(read_all(fd, &frames, &error), cases[i].ok);
        close(fd);
        assert_int_equal(frames, cases[i].ok ? FRAMES : 0);
        if (!cases[i].ok && cases[i].longer >= 0)
            assert_non_null(strstr(error.message, "does not decompress to the length"));
    }
}

/* Lengths as large as the limits let them be, in a file of a few bytes. */
static void lying_lengths_cost_no_memory(void **state)
{
    (void)state;
    static const struct {
        enum stream_codec codec;
        uint32_t meta;
        uint64_t payload, body;
        const char *message;
    } cases[] = {
        {CODEC_STORED, 5, 1 << 30, (1 << 30) + 5, "the stream ends here"},
        {CODEC_STORED, 64 << 20, 1 << 30, (64 << 20) + (1 << 30), "the stream ends here"},
        {CODEC_STORED, 5, (1 << 30) + 1, (1 << 30) + 6, "(lengths)"},
        {CODEC_STORED, (64 << 20) + 1, 0, (64 << 20) + 1, "(lengths)"},
        {CODEC_STORED, 4, 0, 4, "(lengths)"},
        {CODEC_STORED, 5, 1, 5, "(lengths)"},
        {CODEC_STORED, 5, UINT64_MAX, 4, "(lengths)"}, /* the sum wraps */
        {CODEC_ZLIB, 5, 1 << 30, 1 << 30, "the stream ends here"},
        {CODEC_ZLIB, 5, 1 << 30, 16, "(lengths)"}, /* more than zlib can make of 16 bytes */
        {CODEC_ZLIB, 5, 0, UINT64_MAX, "(lengths)"},
        {CODEC_ZLIB, 5, 0, 1 << 20, "(lengths)"},
        {CODEC_ZLIB, 5, 16000, 16, "does not decompress"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t bytes[48] = {'G', 'R', 'F', '1', 'H', (uint8_t)cases[i].codec};
        memcpy(bytes + 8, &cases[i].meta, 4);
        memcpy(bytes + 12, &cases[i].payload, 8);
        memcpy(bytes + 20, &cases[i].body, 8);
        seal(bytes, sizeof bytes - 32);
        int fd = make_file(bytes, sizeof bytes);
        struct stream_reader reader;
        struct frame frame;
        struct error error = {0};
        bool more;
        stream_reader_init(&reader, fd, file_name);
        assert_false(stream_read(&reader, &frame, &more, &error));
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("case %zu gave: %s", i, error.message);
        assert_true(reader.body.capacity + reader.plain.capacity < 32 << 20);
        stream_reader_release(&reader);
        close(fd);
    }
}

static void more_than_a_frame_can_hold(void **state)
{
    (void)state;
    struct stream_writer writer;
    struct error error;
    bson_t meta = BSON_INITIALIZER;
    int fd = memfd_create("stream", MFD_CLOEXEC);
    stream_writer_init(&writer, fd, file_name, CODEC_STORED);
    assert_false(stream_write(&writer, FRAME_BATCH, &meta, "", ((size_t)1 << 30) + 1, &error));
    assert_int_equal(error.code, ERROR_DATA);
    assert_non_null(strstr(error.message, "too large for one frame: 1073741825 bytes"));
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    stream_writer_release(&writer);
    bson_destroy(&meta);
    close(fd);
}

static void who_is_to_blame_for_a_write(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    for (size_t c = 0; c < COUNT(codecs); c++) {
        struct stream_writer writer;
        struct error error;
        bson_t meta = BSON_INITIALIZER;
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        close(ends[0]);
        stream_writer_init(&writer, ends[1], "the loader", codecs[c]);
        assert_false(stream_write(&writer, FRAME_HEADER, &meta, NULL, 0, &error));
        assert_int_equal(error.code, ERROR_PEER);
        close(ends[1]);
        writer.fd = open("/dev/full", O_WRONLY);
        assert_false(stream_write(&writer, FRAME_HEADER, &meta, "payload", 7, &error));
        assert_int_equal(error.code, ERROR_TARGET);
        assert_non_null(strstr(error.message, "the loader: No space left on device"));
        close(writer.fd);
        stream_writer_release(&writer);
        bson_destroy(&meta);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_as_the_specification_says),
        cmocka_unit_test(frames_come_back_in_both_codecs),
        cmocka_unit_test(every_damaged_byte_is_found),
        cmocka_unit_test(every_missing_end_is_found),
        cmocka_unit_test(how_much_of_the_frame_is_there),
        cmocka_unit_test(what_is_no_stream),
        cmocka_unit_test(what_zlib_compressed_is_read),
        cmocka_unit_test(lying_lengths_cost_no_memory),
        cmocka_unit_test(more_than_a_frame_can_hold),
        cmocka_unit_test(who_is_to_blame_for_a_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
