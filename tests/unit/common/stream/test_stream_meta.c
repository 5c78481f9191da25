/* What the frames mean: meta documents to structs and back, and each member that may be missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/stream.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A pipe of memory: what the writer writes the reader reads. */
struct loop {
    int fd;
    struct stream_writer writer;
    struct stream_reader reader;
};

static void loop_open(struct loop *loop, enum stream_codec codec)
{
    loop->fd = memfd_create("stream", MFD_CLOEXEC);
    assert_true(loop->fd >= 0);
    stream_writer_init(&loop->writer, loop->fd, "rows.grf", codec);
}

static void loop_turn(struct loop *loop)
{
    lseek(loop->fd, 0, SEEK_SET);
    stream_reader_init(&loop->reader, loop->fd, "rows.grf");
}

static void loop_close(struct loop *loop)
{
    stream_writer_release(&loop->writer);
    stream_reader_release(&loop->reader);
    close(loop->fd);
}

static void read_frame(struct loop *loop, struct frame *frame, enum frame_type type)
{
    struct error error;
    bool more;
    if (!stream_read(&loop->reader, frame, &more, &error))
        fail_msg("%s", error.message);
    assert_true(more);
    assert_int_equal(frame->type, type);
}

static const char *const book_columns[] = {"id", "title", "genres"};
static const char *const book_types[] = {"uuid", "text", "text[]"};
static const size_t book_key[] = {0};
static const char *const like_columns[] = {"post_id", "user_id", "position"};
static const char *const like_types[] = {"uuid", "uuid", "integer"};
static const size_t like_key[] = {2, 0};
static const struct stream_output outputs[] = {
    {"public.books", book_columns, book_types, 3, book_key, 1, false},
    {"public.Likes \xc3\xa9", like_columns, like_types, 3, like_key, 2, false},
    {"graduate.losses", book_columns, book_types, 1, NULL, 0, true},
    {"public.nothing", NULL, NULL, 0, NULL, 0, false},
};

static void assert_same_outputs(const struct stream_outputs *parsed)
{
    assert_int_equal(parsed->count, COUNT(outputs));
    for (size_t i = 0; i < COUNT(outputs); i++) {
        const struct stream_output *output = &parsed->items[i];
        assert_string_equal(output->table, outputs[i].table);
        assert_int_equal(output->column_count, outputs[i].column_count);
        for (size_t c = 0; c < output->column_count; c++) {
            assert_string_equal(output->columns[c], outputs[i].columns[c]);
            assert_string_equal(output->types[c], outputs[i].types[c]);
        }
        assert_int_equal(output->key_count, outputs[i].key_count);
        for (size_t k = 0; k < output->key_count; k++)
            assert_int_equal(output->key[k], outputs[i].key[k]);
        assert_int_equal(output->ledger, outputs[i].ledger);
    }
}

static void headers_come_back(void **state)
{
    (void)state;
    for (int c = 0; c < 2; c++)
        for (int rows = 0; rows < 2; rows++) {
            const struct stream_header written = {
                .rows = rows == 1,
                .project = "authorstack",
                .entity = "books",
                .source = "core.books",
                .kind = "mongodb",
                .run = "0b8e3a52-6e58-4d54-9d2f-0a6d4f3c0002",
                .batch_bytes = 1 << 20,
                .catalog = rows == 1 ? NULL
                                     : "{\"name\":\"b\xc3\xbc"
                                       "cher\"}",
                .partition = 3,
            };
            struct loop loop;
            struct frame frame;
            struct error error;
            struct stream_header header;
            struct stream_outputs parsed;
            loop_open(&loop, c == 0 ? CODEC_STORED : CODEC_ZLIB);
            assert_true(
                stream_write_header(&loop.writer, &written, outputs, COUNT(outputs), &error));
            loop_turn(&loop);
            read_frame(&loop, &frame, FRAME_HEADER);
            assert_true(stream_parse_header(&loop.reader, &frame, &header, &error));
            assert_int_equal(header.rows, rows == 1);
            assert_string_equal(header.project, "authorstack");
            assert_string_equal(header.entity, "books");
            assert_string_equal(header.source, "core.books");
            assert_string_equal(header.kind, "mongodb");
            assert_string_equal(header.catalog, rows == 1 ? "" : written.catalog);
            assert_string_equal(header.run, written.run);
            assert_int_equal(header.batch_bytes, 1 << 20);
            assert_int_equal(header.partition, 3);
            bson_iter_t iter;
            assert_true(bson_iter_init_find(&iter, &frame.meta, "graduate"));
            assert_string_equal(bson_iter_utf8(&iter, NULL), GRADUATE_VERSION);
            bool has = stream_parse_outputs(&loop.reader, &frame, &parsed, &error);
            assert_int_equal(has, rows == 1);
            if (has)
                assert_same_outputs(&parsed);
            else
                assert_non_null(strstr(error.message, "no \"outputs\" of the right type"));
            stream_outputs_release(&parsed);
            assert_int_equal(parsed.count, 0);
            loop_close(&loop);
        }
}

static bson_t *from_json(const char *json)
{
    bson_error_t why;
    bson_t *document = bson_new_from_json((const uint8_t *)json, -1, &why);
    if (document == NULL)
        fail_msg("%s: %s", json, why.message);
    return document;
}

static void batches_and_ends_come_back(void **state)
{
    (void)state;
    bson_t position = BSON_INITIALIZER;
    bson_oid_t oid;
    bson_oid_init_from_string(&oid, "5f0c8a1b2c3d4e5f60718293");
    BSON_APPEND_OID(&position, "_id", &oid);
    BSON_APPEND_DOUBLE(&position, "also", -0.0);
    bson_t *paths = from_json("{\"a.b\":{\"seen\":{\"$numberLong\":\"2\"}}}");
    for (int c = 0; c < 4; c++) {
        bool rows = c % 2 == 1;
        const struct stream_batch written = {
            .entity = "books",
            .partition = 2,
            .batch = INT64_C(1) << 40,
            .records = 7,
            .filtered = 2,
            .rejected = 1,
            .position = position,
            .paths = *paths,
        };
        const struct stream_end ends[] = {
            {.batches = 5, .records = INT64_MAX, .has_position = true, .position = position},
            {.batches = 0, .records = 0},
        };
        const struct stream_end *end_written = &ends[c % 2];
        struct loop loop;
        struct frame frame;
        struct error error;
        struct stream_batch batch;
        struct stream_end end;
        const struct stream_header header = {.rows = rows, .entity = "books"};
        loop_open(&loop, c < 2 ? CODEC_STORED : CODEC_ZLIB);
        assert_true(stream_write_header(&loop.writer, &header, NULL, 0, &error));
        assert_true(stream_write_batch(&loop.writer, &written, rows, "tuples", 6, &error));
        assert_true(stream_write_end(&loop.writer, end_written, &error));
        loop_turn(&loop);
        read_frame(&loop, &frame, FRAME_HEADER);
        read_frame(&loop, &frame, FRAME_BATCH);
        assert_true(stream_parse_batch(&loop.reader, &frame, &batch, &error));
        assert_string_equal(batch.entity, "books");
        assert_int_equal(batch.partition, 2);
        assert_int_equal(batch.batch, written.batch);
        assert_int_equal(batch.records, 7);
        assert_int_equal(batch.filtered, rows ? 2 : 0);
        assert_int_equal(batch.rejected, rows ? 1 : 0);
        assert_true(bson_equal(&batch.position, &position));
        assert_true(rows ? bson_equal(&batch.paths, paths) : bson_empty(&batch.paths));
        assert_int_equal(frame.payload_length, 6);
        assert_memory_equal(frame.payload, "tuples", 6);
        read_frame(&loop, &frame, FRAME_END);
        assert_true(stream_parse_end(&loop.reader, &frame, &end, &error));
        assert_int_equal(end.batches, end_written->batches);
        assert_int_equal(end.records, end_written->records);
        assert_int_equal(end.has_position, end_written->has_position);
        if (end.has_position)
            assert_true(bson_equal(&end.position, &position));
        loop_close(&loop);
    }
    bson_destroy(paths);
    bson_destroy(&position);
}

/* Parsing a meta document that did not come from our writer, as frame 4 at byte 99. */
static bool parse_meta(enum frame_type type, const bson_t *meta, struct error *error)
{
    const struct stream_reader reader = {.name = "rows.grf"};
    struct frame frame = {.type = type, .number = 4, .offset = 99};
    struct stream_header header;
    struct stream_batch batch;
    struct stream_end end;
    assert_true(bson_init_static(&frame.meta, bson_get_data(meta), meta->len));
    memset(error, 0, sizeof *error);
    switch (type) {
    case FRAME_HEADER:
        return stream_parse_header(&reader, &frame, &header, error);
    case FRAME_BATCH:
        return stream_parse_batch(&reader, &frame, &batch, error);
    case FRAME_END:
        return stream_parse_end(&reader, &frame, &end, error);
    }
    return false;
}

static const char header_json[] =
    "{\"version\":2,\"graduate\":\"0.1.0\",\"stream\":\"records\",\"project\":\"p\",\"entity\":"
    "\"e\","
    "\"source\":\"s.e\",\"kind\":\"mongodb\",\"run\":\"\",\"batch_bytes\":{\"$numberLong\":\"0\"},"
    "\"partition\":0,\"catalog\":\"{}\"}";
static const char batch_json[] =
    "{\"entity\":\"e\",\"partition\":0,\"batch\":{\"$numberLong\":\"1\"},"
    "\"records\":{\"$numberLong\":\"1\"},\"position\":{\"_id\":1},"
    "\"filtered\":{\"$numberLong\":\"0\"},\"rejected\":{\"$numberLong\":\"0\"},\"paths\":{}}";
static const char end_json[] = "{\"batches\":{\"$numberLong\":\"1\"},\"records\":{\"$numberLong\":"
                               "\"1\"},\"position\":{\"_id\":1}}";

static void every_member_must_be_there_and_of_its_type(void **state)
{
    (void)state;
    static const struct {
        enum frame_type type;
        const char *json;
        const char *optional; /* may be missing, but not of another type */
    } cases[] = {
        {FRAME_HEADER, header_json, "graduate"},
        {FRAME_BATCH, batch_json, "filtered"},
        {FRAME_END, end_json, "position"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *whole = from_json(cases[i].json);
        struct error error;
        bson_iter_t iter;
        assert_true(parse_meta(cases[i].type, whole, &error));
        assert_true(bson_iter_init(&iter, whole));
        while (bson_iter_next(&iter)) {
            const char *name = bson_iter_key(&iter);
            if (strcmp(name, "graduate") == 0) /* who wrote it is for people */
                continue;
            char message[256];
            snprintf(message, sizeof message,
                     "rows.grf: frame 4 at byte 99: its meta document has no \"%s\" of the right "
                     "type",
                     name);
            bson_t without = BSON_INITIALIZER;
            bson_copy_to_excluding_noinit(whole, &without, name, NULL);
            bool optional = strcmp(name, cases[i].optional) == 0;
            assert_int_equal(parse_meta(cases[i].type, &without, &error), optional);
            if (!optional) {
                assert_int_equal(error.code, ERROR_SOURCE);
                assert_string_equal(error.message, message);
            }
            BSON_APPEND_BOOL(&without, name, true);
            assert_false(parse_meta(cases[i].type, &without, &error));
            assert_string_equal(error.message, message);
            bson_destroy(&without);
        }
        bson_destroy(whole);
    }
}

static void wrong_values_are_named(void **state)
{
    (void)state;
    static const struct {
        enum frame_type type;
        const char *json, *member, *message;
    } cases[] = {
        {FRAME_HEADER, header_json, "{\"version\":3}",
         "rows.grf: frame 4 at byte 99: the stream has version 3, this graduate reads version 2"},
        {FRAME_HEADER, header_json, "{\"version\":1}",
         "rows.grf: frame 4 at byte 99: the stream has version 1, this graduate reads version 2"},
        {FRAME_HEADER, header_json, "{\"stream\":\"tables\"}", "no \"stream\" of the right type"},
        {FRAME_HEADER, header_json, "{\"version\":{\"$numberLong\":\"1\"}}", "no \"version\" of"},
        {FRAME_BATCH, batch_json, "{\"records\":{\"$numberLong\":\"-1\"}}",
         "no \"records\" of the"},
        {FRAME_BATCH, batch_json, "{\"batch\":1}", "no \"batch\" of the right type"},
        {FRAME_BATCH, batch_json, "{\"rejected\":{\"$numberLong\":\"-1\"}}", "no \"rejected\" of"},
        {FRAME_BATCH, batch_json, "{\"position\":[1]}", "no \"position\" of the right type"},
        {FRAME_END, end_json, "{\"batches\":{\"$numberLong\":\"-1\"}}", "no \"batches\" of the"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *whole = from_json(cases[i].json), *member = from_json(cases[i].member);
        bson_t changed = BSON_INITIALIZER;
        struct error error;
        bson_iter_t iter;
        assert_true(bson_iter_init(&iter, member) && bson_iter_next(&iter));
        bson_copy_to_excluding_noinit(whole, &changed, bson_iter_key(&iter), NULL);
        bson_concat(&changed, member);
        assert_false(parse_meta(cases[i].type, &changed, &error));
        assert_int_equal(error.code, ERROR_SOURCE);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("%s gave: %s", cases[i].member, error.message);
        if (strstr(cases[i].message, "version 2") != NULL)
            assert_non_null(strstr(error.hint, "extract it anew"));
        bson_destroy(&changed);
        bson_destroy(member);
        bson_destroy(whole);
    }
}

static void outputs_that_cannot_be(void **state)
{
    (void)state;
#define OUTPUT(table, columns, types, key, ledger)                                                 \
    "{\"outputs\":[{\"table\":" table ",\"columns\":" columns ",\"types\":" types ",\"key\":" key  \
    ",\"ledger\":" ledger "}]}"
    static const struct {
        const char *json;
        bool ok;
    } cases[] = {
        {"{\"outputs\":[]}", true},
        {OUTPUT("\"a.b\"", "[\"x\"]", "[\"text\"]", "[0]", "false"), true},
        {OUTPUT("7", "[\"x\"]", "[\"text\"]", "[0]", "false"), false},
        {OUTPUT("\"a.b\"", "\"x\"", "[\"text\"]", "[0]", "false"), false},
        {OUTPUT("\"a.b\"", "[1]", "[\"text\"]", "[0]", "false"), false},
        {OUTPUT("\"a.b\"", "[\"x\"]", "[]", "[0]", "false"), false},
        {OUTPUT("\"a.b\"", "[\"x\"]", "[\"text\",\"text\"]", "[0]", "false"), false},
        {OUTPUT("\"a.b\"", "[\"x\"]", "[\"text\"]", "[1]", "false"), false},
        {OUTPUT("\"a.b\"", "[\"x\"]", "[\"text\"]", "[-1]", "false"), false},
        {OUTPUT("\"a.b\"", "[\"x\"]", "[\"text\"]", "[0,0]", "false"), false},
        {OUTPUT("\"a.b\"", "[\"x\"]", "[\"text\"]", "[\"x\"]", "false"), false},
        {OUTPUT("\"a.b\"", "[\"x\"]", "[\"text\"]", "0", "false"), false},
        {OUTPUT("\"a.b\"", "[\"x\"]", "[\"text\"]", "[0]", "0"), false},
        {"{\"outputs\":[7]}", false},
        {"{\"outputs\":[{}]}", false},
        {"{\"outputs\":{}}", false},
        {"{}", false},
    };
    const struct stream_reader reader = {.name = "rows.grf"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        bson_t *meta = from_json(cases[i].json);
        struct frame frame = {.number = 0};
        struct stream_outputs parsed;
        struct error error = {0};
        assert_true(bson_init_static(&frame.meta, bson_get_data(meta), meta->len));
        if (stream_parse_outputs(&reader, &frame, &parsed, &error) != cases[i].ok)
            fail_msg("%s", cases[i].json);
        if (!cases[i].ok)
            assert_non_null(strstr(error.message, "rows.grf: frame 0 at byte 0: its meta document "
                                                  "has no \"outputs\" of the right type"));
        stream_outputs_release(&parsed);
        bson_destroy(meta);
    }
}

static void put_section(struct buffer *payload, uint32_t output, uint32_t rows, uint64_t length,
                        const char *tuples)
{
    buffer_put_le32(payload, output);
    buffer_put_le32(payload, rows);
    buffer_put_le64(payload, length);
    buffer_puts(payload, tuples);
}

static void sections_are_walked_to_the_end(void **state)
{
    (void)state;
    struct buffer payload;
    struct stream_section section;
    struct error error = {.code = ERROR_BUG};
    buffer_init(&payload);
    const uint8_t *none = (const uint8_t *)"";
    assert_false(stream_next_section(&none, none, &section, &error));
    assert_int_equal(error.code, ERROR_NONE);
    put_section(&payload, 0, 2, 5, "abcde");
    put_section(&payload, 1, 0, 0, "");
    put_section(&payload, 7, 1, 1, "z");
    static const struct {
        uint32_t output, rows;
        const char *tuples;
    } expected[] = {{0, 2, "abcde"}, {1, 0, ""}, {7, 1, "z"}};
    const uint8_t *at = payload.data, *end = payload.data + payload.length;
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_true(stream_next_section(&at, end, &section, &error));
        assert_int_equal(section.output, expected[i].output);
        assert_int_equal(section.rows, expected[i].rows);
        assert_int_equal(section.length, strlen(expected[i].tuples));
        assert_memory_equal(section.tuples, expected[i].tuples, section.length);
    }
    assert_false(stream_next_section(&at, end, &section, &error));
    assert_int_equal(error.code, ERROR_NONE);

    size_t whole = payload.length - 17;     /* where the last section begins */
    for (size_t cut = 1; cut < 17; cut++) { /* any part of it missing */
        at = payload.data + whole;
        assert_false(stream_next_section(&at, end - cut, &section, &error));
        assert_int_equal(error.code, ERROR_SOURCE);
        assert_string_equal(error.message, "a section of the rows is cut off");
    }
    static const uint64_t lies[] = {2, UINT64_MAX, UINT64_MAX - 15, UINT64_C(1) << 63};
    for (size_t i = 0; i < COUNT(lies); i++) {
        buffer_clear(&payload);
        put_section(&payload, 0, 1, lies[i], "z");
        at = payload.data;
        assert_false(stream_next_section(&at, payload.data + payload.length, &section, &error));
        assert_int_equal(error.code, ERROR_SOURCE);
    }
    buffer_release(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_come_back),
        cmocka_unit_test(batches_and_ends_come_back),
        cmocka_unit_test(every_member_must_be_there_and_of_its_type),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(outputs_that_cannot_be),
        cmocka_unit_test(sections_are_walked_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
