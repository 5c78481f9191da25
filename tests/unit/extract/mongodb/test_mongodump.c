/* The mongodump reader: what it delivers, where it goes on, and that damage never passes. */
#include "mongodb_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>

static char folder[64];

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_mongodump.XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void path_of(char *path, size_t size, const char *name)
{
    assert_true(snprintf(path, size, "%s/%s", folder, name) < (int)size);
}

static void put_plain(const char *name, const void *bytes, size_t length)
{
    char path[512];
    path_of(path, sizeof path, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    assert_int_equal(close(fd), 0);
}

/* mode "wb" makes the file, "ab" adds a further member. */
static void put_gzip(const char *name, const char *mode, const void *bytes, size_t length)
{
    char path[512];
    path_of(path, sizeof path, name);
    gzFile file = gzopen(path, mode);
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)length), (int)length);
    assert_int_equal(gzclose(file), Z_OK);
}

static size_t load(const char *name, uint8_t *bytes, size_t size)
{
    char path[512];
    path_of(path, sizeof path, name);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t got = read(fd, bytes, size);
    assert_in_range(got, 0, size - 1);
    close(fd);
    return (size_t)got;
}

static struct endpoint *endpoint(void)
{
    static struct source source = {.name = "core", .kind = SOURCE_MONGODB};
    static struct endpoint there = {.source = &source, .folder = folder};
    return &there;
}

/* Read `from` behind `after`. The payload is a view into `payload`, of which the caller is owner.
 */
static bool read_all(const char *from, const bson_t *after, struct buffer *payload, size_t *records,
                     bson_t *position, struct error *error)
{
    const struct extraction what = {.endpoint = endpoint(), .from = from, .after = after};
    struct reader reader = {.ops = &mongodump_reader};
    bool more = true, ok = true;
    *records = 0;
    if (!mongodump_reader.open(&reader, &what, error))
        return false;
    while (ok && more) {
        ok = mongodump_reader.next(&reader, payload, &more, error);
        *records += ok && more;
    }
    if (ok && position != NULL)
        assert_true(mongodump_reader.position(&reader, position, error));
    mongodump_reader.close(&reader);
    return ok;
}

static void assert_mentions(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" does not mention \"%s\"", text, wanted);
}

/* Three documents: {} of 5 bytes, one with all sorts of fields, {"a": 1} of 12 bytes. */
static void three(struct buffer *file, size_t ends[3])
{
    bson_t *middle =
        BCON_NEW("_id", BCON_INT64(1), "title", BCON_UTF8("caf\xc3\xa9, a text of some length"),
                 "tasks", "[", "{", "done", BCON_BOOL(true), "}", "]", "price", BCON_DOUBLE(12.5));
    buffer_put(file, "\5\0\0\0\0", 5);
    ends[0] = file->length;
    buffer_put(file, bson_get_data(middle), middle->len);
    ends[1] = file->length;
    buffer_put(file,
               "\x0c\0\0\0\x10"
               "a\0\1\0\0\0\0",
               12);
    ends[2] = file->length;
    bson_destroy(middle);
}

#define BYTES(text) text, sizeof text - 1

/* The position behind these bytes. */
static bson_t *position_behind(const void *bytes, size_t length, int64_t documents)
{
    XXH128_canonical_t hash;
    XXH128_canonicalFromHash(&hash, XXH3_128bits(bytes, length));
    return BCON_NEW("offset", BCON_INT64((int64_t)length), "document", BCON_INT64(documents),
                    "hash", BCON_BIN(BSON_SUBTYPE_BINARY, hash.digest, sizeof hash.digest));
}

static void test_delivers(void **state)
{
    (void)state;
    struct buffer file, got;
    size_t ends[3], records;
    struct error error;
    buffer_init(&file);
    three(&file, ends);
    put_plain("plain.bson", file.data, file.length);
    put_plain("named.bson.gz", file.data, file.length);
    put_gzip("packed.bson.gz", "wb", file.data, file.length);
    put_gzip("unnamed.bson", "wb", file.data, file.length);
    put_gzip("members.bson.gz", "wb", file.data, 7);
    put_gzip("members.bson.gz", "ab", file.data + 7, file.length - 7);
    static const char *const names[] = {"plain", "named", "packed", "unnamed", "members"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bson_t position = BSON_INITIALIZER;
        buffer_init(&got);
        if (!read_all(names[i], NULL, &got, &records, &position, &error))
            fail_msg("%s: %s", names[i], error.message);
        assert_int_equal(records, 3);
        assert_int_equal(got.length, file.length);
        assert_memory_equal(got.data, file.data, file.length);
        bson_t *wanted = position_behind(file.data, file.length, 3);
        assert_true(bson_equal(&position, wanted));
        bson_destroy(wanted);
        bson_destroy(&position);
        buffer_release(&got);
    }
    buffer_release(&file);
}

static void test_goes_on(void **state)
{
    (void)state;
    struct buffer file, got;
    size_t ends[3], records;
    struct error error;
    buffer_init(&file);
    three(&file, ends);
    put_plain("a.bson", file.data, file.length);
    put_gzip("b.bson.gz", "wb", file.data, file.length);
    for (size_t i = 0; i < 6; i++) {
        size_t end = ends[i % 3];
        bson_t *after = position_behind(file.data, end, (int64_t)(i % 3 + 1));
        bson_t position = BSON_INITIALIZER;
        buffer_init(&got);
        assert_true(read_all(i < 3 ? "a" : "b", after, &got, &records, &position, &error));
        assert_int_equal(records, 2 - i % 3);
        assert_int_equal(got.length, file.length - end);
        if (got.length > 0)
            assert_memory_equal(got.data, file.data + end, got.length);
        bson_iter_t iter;
        assert_true(bson_iter_init_find(&iter, &position, "document"));
        assert_int_equal(bson_iter_int64(&iter), 3);
        bson_destroy(&position);
        bson_destroy(after);
        buffer_release(&got);
    }
    buffer_release(&file);
}

#define N(number) "{\"$numberLong\": \"" number "\"}"
/* XXH3-128 of nothing, and of the first document. */
#define HASH(base64) "{\"$binary\": {\"base64\": \"" base64 "\", \"subType\": \"00\"}}"
#define OF_NOTHING HASH("maoG0wFHmNhgAcMkRo1Jfw==")
#define OF_FIVE HASH("ATUAAGZP4gCxSVxqBLTojQ==")
#define AT(offset, document, hash)                                                                 \
    "{\"offset\": " N(offset) ", \"document\": " N(document) ", \"hash\": " hash "}"

static const struct {
    const char *json;
    const char *says; /* NULL: a good one */
    const char *advises;
} positions[] = {
    {AT("0", "0", OF_NOTHING), NULL, NULL},
    {AT("5", "1", OF_FIVE), NULL, NULL},
    {"{}", "another form", "another source"},
    {"{\"_id\": {\"$oid\": \"5f0c8a1b2c3d4e5f60718293\"}}", "another form", "another source"},
    {"{\"offset\": " N("5") "}", "another form", "another source"},
    {"{\"offset\": 5, \"document\": 1, \"hash\": " OF_FIVE "}", "another form", "another source"},
    {"{\"offset\": " N("5") ", \"document\": " N("1") "}", "older form", "--restart ENTITY"},
    {"{\"offset\": " N("5") ", \"document\": " N("1") ", \"x\": 1}", "another form",
     "another source"},
    {AT("5", "1", HASH("AAAA")), "another form", "another source"},
    {AT("-5", "1", OF_FIVE), "do not fit", "another source"},
    {AT("5", "0", OF_FIVE), "do not fit", "another source"},
    {AT("5", "2", OF_FIVE), "do not fit", "another source"},
    {AT("6", "1", OF_FIVE), "the 6 bytes that were read have changed", "only behind what was read"},
    {AT("5", "1", OF_NOTHING), "not the one that the run began with", "--restart ENTITY"},
    {AT("9999", "1", OF_FIVE), "bytes, and 9999 were read", "only behind what was read"},
    {AT("9223372036854775807", "1", OF_FIVE), "were read", "only behind what was read"},
};

static void test_foreign_positions(void **state)
{
    (void)state;
    struct buffer file;
    size_t ends[3], records;
    buffer_init(&file);
    three(&file, ends);
    put_plain("a.bson", file.data, file.length);
    put_gzip("b.bson.gz", "wb", file.data, file.length);
    for (size_t i = 0; i < 2 * (sizeof positions / sizeof positions[0]); i++) {
        struct buffer got;
        struct error error = {0};
        bson_error_t cause;
        buffer_init(&got);
        bson_t *after = bson_new_from_json((const uint8_t *)positions[i / 2].json, -1, &cause);
        assert_non_null(after);
        bool ok = read_all(i % 2 == 0 ? "a" : "b", after, &got, &records, NULL, &error);
        if (ok != (positions[i / 2].says == NULL))
            fail_msg("%s: %s", positions[i / 2].json, ok ? "taken" : error.message);
        if (!ok) {
            assert_int_equal(error.code, ERROR_REFUSED);
            assert_mentions(error.message, positions[i / 2].says);
            assert_mentions(error.hint, positions[i / 2].advises);
        }
        bson_destroy(after);
        buffer_release(&got);
    }
    buffer_release(&file);
}

static const struct {
    const char *bytes; /* behind the three documents */
    size_t length;
    const char *says;
} tails[] = {
    {BYTES("\1"), "only 1 bytes"},
    {BYTES("\5\0\0"), "only 3 bytes"},
    {BYTES("\5\0\0\0"), "should have 5 bytes, but the file ends after 4"},
    {BYTES("\0\0\0\0\0"), "length says 0"},
    {BYTES("\4\0\0\0\0"), "length says 4"},
    {BYTES("\xff\xff\xff\xff\0"), "length says -1"},
    {BYTES("\1\x40\0\1\0"), "length says 16793601"},
    {BYTES("\0\x40\0\1\0"), "should have 16793600 bytes, but the file ends after 5"},
    {BYTES("\5\0\0\0\1"), "does not end in a zero byte"},
    {BYTES("\x0c\0\0\0\x14"
           "a\0\1\0\0\0\0"),
     "at its byte 7"},
};

static void test_damage_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof tails / sizeof tails[0]); i++) {
        struct buffer file, got;
        size_t ends[3], records;
        struct error error = {0};
        char place[64];
        buffer_init(&file);
        buffer_init(&got);
        three(&file, ends);
        buffer_put(&file, tails[i / 2].bytes, tails[i / 2].length);
        if (i % 2 == 0)
            put_plain("a.bson", file.data, file.length);
        else
            put_gzip("a.bson", "wb", file.data, file.length);
        assert_false(read_all("a", NULL, &got, &records, NULL, &error));
        assert_int_equal(records, 3);
        assert_int_equal(error.code, ERROR_SOURCE);
        snprintf(place, sizeof place, "/a.bson: document 4 at byte %zu%s", ends[2],
                 i % 2 == 0 ? ":" : " of the uncompressed data:");
        assert_mentions(error.message, place);
        assert_mentions(error.message, tails[i / 2].says);
        assert_mentions(error.hint, "export again, or correct it in place");
        assert_string_equal(error.entity, "a");
        buffer_release(&file);
        buffer_release(&got);
    }
}

/* Cut anywhere, a file is either whole documents or an error; a gzip file is always an error. */
static void test_every_cut(void **state)
{
    (void)state;
    struct buffer file;
    size_t ends[3];
    static uint8_t packed[4096];
    buffer_init(&file);
    three(&file, ends);
    put_gzip("packed", "wb", file.data, file.length);
    size_t packed_length = load("packed", packed, sizeof packed);
    for (size_t cut = 0; cut < file.length + packed_length; cut++) {
        struct buffer got;
        struct error error = {0};
        size_t records;
        bool gzip = cut >= file.length;
        size_t length = gzip ? cut - file.length : cut;
        buffer_init(&got);
        put_plain("a.bson.gz", gzip ? packed : file.data, length);
        bool whole = !gzip && (length == ends[0] || length == ends[1]);
        if (read_all("a", NULL, &got, &records, NULL, &error) != whole)
            fail_msg("cut at %zu of %s: %s", length, gzip ? "gzip" : "plain",
                     whole ? error.message : "taken for whole");
        if (!whole)
            assert_int_equal(error.code, ERROR_SOURCE);
        buffer_release(&got);
    }
    buffer_release(&file);
}

static void test_damaged_gzip(void **state)
{
    (void)state;
    struct buffer file, got;
    size_t ends[3], records;
    static uint8_t packed[4096];
    buffer_init(&file);
    three(&file, ends);
    put_gzip("packed", "wb", file.data, file.length);
    size_t length = load("packed", packed, sizeof packed);
    static const struct {
        size_t back; /* from the end */
        const char *says;
    } places[] = {{1, "damaged"}, {5, "damaged"}, {60, ""}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct error error = {0};
        buffer_init(&got);
        packed[length - places[i].back] ^= 0xff;
        put_plain("a.bson.gz", packed, length);
        packed[length - places[i].back] ^= 0xff;
        assert_false(read_all("a", NULL, &got, &records, NULL, &error));
        assert_int_equal(error.code, ERROR_SOURCE);
        assert_mentions(error.message, places[i].says);
        buffer_release(&got);
    }
    /* Bytes behind the last member that are none themselves. */
    struct error error = {0};
    memcpy(packed + length, "tail", 4);
    put_plain("a.bson.gz", packed, length + 4);
    buffer_init(&got);
    assert_false(read_all("a", NULL, &got, &records, NULL, &error));
    assert_mentions(error.message, "gzip data is damaged");
    buffer_release(&got);
    buffer_release(&file);
}

/* The trailer of a member may lie across two reads of the file, which are of 256 KiB. */
static void test_trailer_across_reads(void **state)
{
    (void)state;
    enum { READ = 256 << 10, BEFORE = READ - 200 };
    static uint8_t document[READ], packed[2 * READ];
    size_t records, across = 0;
    for (uint32_t length = BEFORE; length < READ; length++) {
        struct buffer got;
        struct error error = {0};
        memcpy(document, &length, 4);
        memcpy(document + 4, "\5b", 3);
        memcpy(document + 7, (uint32_t[]){length - 13}, 4);
        put_gzip("b.bson", "wb0", document, length);
        size_t size = load("b.bson", packed, sizeof packed);
        if (size <= READ || size - 8 >= READ)
            continue;
        across++;
        buffer_init(&got);
        assert_true(read_all("b", NULL, &got, &records, NULL, &error));
        assert_int_equal(got.length, length);
        for (size_t back = 1; back <= 8; back++) {
            packed[size - back] ^= 1;
            put_plain("b.bson", packed, size);
            packed[size - back] ^= 1;
            assert_false(read_all("b", NULL, &got, &records, NULL, &error));
            assert_mentions(error.message, "gzip data is damaged");
        }
        buffer_release(&got);
    }
    assert_int_equal(across, 7);
}

/* The largest document that there may be, between small ones, through both ways of reading. */
static void test_largest_document(void **state)
{
    (void)state;
    const size_t largest = (16 << 20) + (16 << 10);
    struct buffer file, got;
    struct error error;
    size_t records;
    buffer_init(&file);
    buffer_put(&file, "\5\0\0\0\0", 5);
    buffer_put_le32(&file, (uint32_t)largest);
    buffer_put(&file, "\5b\0", 3);
    buffer_put_le32(&file, (uint32_t)largest - 13);
    buffer_putc(&file, 0);
    uint8_t *rest = buffer_reserve(&file, largest - 12);
    assert_non_null(rest);
    memset(rest, 0, largest - 12);
    file.length += largest - 12;
    buffer_put(&file, "\5\0\0\0\0", 5);
    put_plain("a.bson", file.data, file.length);
    put_gzip("b.bson", "wb1", file.data, file.length);
    for (const char *const *name = (const char *const[]){"a", "b", NULL}; *name != NULL; name++) {
        buffer_init(&got);
        if (!read_all(*name, NULL, &got, &records, NULL, &error))
            fail_msg("%s", error.message);
        assert_int_equal(records, 3);
        assert_int_equal(got.length, file.length);
        assert_memory_equal(got.data, file.data, file.length);
        buffer_release(&got);
    }
    buffer_release(&file);
}

/* Files of many windows of 1 MiB: documents lie across every seam, also behind a position. */
static void test_many_windows(void **state)
{
    (void)state;
    struct buffer file, got;
    size_t ends[3], records, sets = 0;
    struct error error;
    buffer_init(&file);
    for (; file.length < (5 << 20); sets++)
        three(&file, ends);
    put_plain("a.bson", file.data, file.length);
    put_gzip("b.bson", "wb1", file.data, file.length);
    for (size_t i = 0; i < 4; i++) {
        size_t before = i < 2 ? 0 : sets / 2, offset = before * (file.length / sets);
        bson_t *after = position_behind(file.data, offset, (int64_t)before * 3);
        buffer_init(&got);
        if (!read_all(i % 2 == 0 ? "a" : "b", after, &got, &records, NULL, &error))
            fail_msg("%s", error.message);
        assert_int_equal(records, (sets - before) * 3);
        assert_int_equal(got.length, file.length - offset);
        assert_memory_equal(got.data, file.data + offset, got.length);
        buffer_release(&got);
        bson_destroy(after);
    }

    struct catalog catalog;
    catalog_init(&catalog);
    assert_true(mongodump_reader.catalog(endpoint(), &catalog, &error));
    assert_int_equal(catalog.entities[0].bytes, file.length);
    assert_in_range(catalog.entities[0].estimate, sets * 3 - 10, sets * 3 + 10);
    assert_false(catalog.entities[0].exact);
    assert_int_equal(catalog.entities[1].bytes, -1);
    assert_in_range(catalog.entities[1].estimate, sets, sets * 9); /* by the packed share */
    catalog_release(&catalog);
    buffer_release(&file);
}

#define LONG_208                                                                                   \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                                         \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                                         \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                                         \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define PRELUDE "{\"ServerVersion\":\"8.0.4\",\"ToolVersion\":\"100.10.0\"}"

static const struct {
    const char *files[5]; /* names; *.json holds `json` */
    const char *json;
    /* Of the catalog, comma after each; NULL: an error that says `says`. With both, it is what
     * opening the last one says. */
    const char *names;
    const char *says;
} folders[] = {
    {{"b.bson", "a.bson.gz", "a.metadata.json"}, "{\"type\": \"collection\"}", "a,b,", NULL},
    {{"two+words%2Fslash%25.bson", "%C3%A9.bson"}, "", "two words/slash%,\xc3\xa9,", NULL},
    {{"a.bson", "prelude.json", "notes.txt", "oplog"}, PRELUDE, "a,", NULL},
    {{"a.bson", "prelude.json"}, "{}", "a,prelude,", NULL},
    {{"a.bson", "b c+%.json", "d.jsonl", "._d.json"}, "", "a,b c+%,d,", NULL},
    {{"a.bson", "e.ndjson"}, "", "a,e,", NULL},
    {{"a.bson", "b.json", "b.metadata.json"}, "{\"collectionName\": \"c\"}", "a,c,", NULL},
    {{"a.bson", "b.bson", "b.json"}, "", "a,b,", "are both there for one collection"},
    {{"a.bson", "b.bson.gz", "b.json"}, "", "a,b,", "are both there for one collection"},
    {{"a.bson", "b.json", "b.jsonl"}, "", "a,b,", "both there for one collection"},
    {{"b c.json", "b+c.bson"}, "", "b c,", "there are other files of it"},
    {{LONG_208 "%24AAAAAAAAAAAAAAAAAAAAAAAAAAA.bson",
      LONG_208 "%24AAAAAAAAAAAAAAAAAAAAAAAAAAA.metadata.json"},
     "{\"collectionName\": \"the whole name\"}",
     "the whole name,",
     NULL},
    {{"a.bson", "a.metadata.json"}, "{\"collectionName\": \"other\"}", "other,", NULL},
    {{"cut%24xyz.bson.gz", "cut%24xyz.metadata.json"},
     "{\"collectionName\": \"of any length\"}",
     "of any length,",
     NULL},
    {{"a%2.bson", "a%2.metadata.json"}, "{\"collectionName\": \"a%2\"}", "a%2,", NULL},
    {{"a.bson", "a.metadata.json", "b.bson", "b.metadata.json"},
     "{\"collectionName\": \"c\"}",
     "c,",
     "there are other files of it"},
    {{"a.bson", "v.metadata.json"}, "{\"type\": \"view\"}", "a,", NULL},
    {{"a.bson", "v.metadata.json"}, "{\"options\": {\"viewOn\": \"a\"}}", "a,", NULL},
    {{"a.bson", "v.bson", "v.metadata.json"}, "{\"type\": \"view\"}", "a,v,", NULL},
    {{"a.bson", "system.buckets.t.bson", "t.metadata.json"},
     "{\"type\": \"timeseries\"}",
     "a,t,",
     "time-series"},
    {{"a.bson", "system.buckets.t.bson", "t.metadata.json"},
     "{\"options\": {\"timeseries\": {}}}",
     "a,t,",
     "the server's own buckets"},
    {{"a.bson", "system.buckets.t.bson"}, "", "a,t,", "time-series"},
    {{"a.bson", "system.js.bson", "system.js.metadata.json", "$admin.system.users.bson"},
     "{}",
     "a,",
     NULL},
    {{"a.bson", "b.metadata.json"}, "{\"type\": \"collection\"}", "a,b,", "no documents"},
    {{"a.bson", "b.metadata.json"}, "{}", "a,b,", "no documents"},
    {{"b.metadata.json"}, "{}", "b,", "no documents"},
    {{"a.bson", "b.bson", "b.bson.gz"}, "", "a,b,", "both there"},
    {{"a.bson", "b.bson", "b.metadata.json"}, "{\"type\"", "a,b,", "no JSON object"},
    {{"a.bson", "b.bson", "b.metadata.json"}, "", "a,b,", "no JSON object"},
    {{"a.bson", "b%2.bson"}, "", "a,b%2,", "wrong % escape"},
    {{"a.bson", "b%00.bson"}, "", "a,b%00,", "wrong % escape"},
    {{"a.bson", "b%-1.bson"}, "", "a,b%-1,", "wrong % escape"},
    {{"prelude.json"}, PRELUDE, NULL, "holds no collection"},
    {{"v.metadata.json"}, "{\"type\": \"view\"}", NULL, "holds no collection"},
};

static void assert_unreadable(const char *name, const char *says)
{
    struct buffer got;
    struct error error = {0};
    size_t records;
    buffer_init(&got);
    assert_false(read_all(name, NULL, &got, &records, NULL, &error));
    assert_int_equal(error.code, ERROR_SOURCE);
    assert_mentions(error.message, says);
    assert_string_equal(error.entity, name);
    assert_true(error.hint[0] != '\0');
    buffer_release(&got);
}

static void test_folders(void **state)
{
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        struct catalog catalog;
        struct error error = {0};
        struct buffer names;
        assert_int_equal(make_folder(state), 0);
        for (const char *const *name = folders[i].files; *name != NULL; name++) {
            if (strstr(*name, ".json") != NULL)
                put_plain(*name, folders[i].json, strlen(folders[i].json));
            else if (strstr(*name, ".gz") != NULL)
                put_gzip(*name, "wb", "\5\0\0\0\0", 5);
            else
                put_plain(*name, "\5\0\0\0\0", 5);
        }
        catalog_init(&catalog);
        buffer_init(&names);
        bool ok = mongodump_reader.catalog(endpoint(), &catalog, &error);
        if (ok != (folders[i].names != NULL))
            fail_msg("folder %zu: %s", i, ok ? "taken" : error.message);
        for (size_t j = 0; j < catalog.entity_count; j++)
            buffer_printf(&names, "%s,", catalog.entities[j].name);
        if (ok && folders[i].says != NULL)
            assert_unreadable(catalog.entities[catalog.entity_count - 1].name, folders[i].says);
        if (ok) {
            assert_string_equal(buffer_text(&names), folders[i].names);
            assert_string_equal(catalog.version, "export");
        } else {
            assert_int_equal(error.code, ERROR_SOURCE);
            assert_mentions(error.message, folders[i].says);
        }
        buffer_release(&names);
        catalog_release(&catalog);
        assert_int_equal(drop_folder(state), 0);
    }
}

static void test_catalog_sizes(void **state)
{
    (void)state;
    struct catalog catalog;
    struct error error;
    struct buffer file;
    size_t ends[3];
    buffer_init(&file);
    three(&file, ends);
    put_plain("damaged.bson", "\1", 1);
    put_plain("empty.bson", "", 0);
    put_gzip("packed.bson.gz", "wb", file.data, file.length);
    put_plain("plain.bson", file.data, file.length);
    put_plain("t.metadata.json", BYTES("{\"type\": \"timeseries\"}"));
    const struct {
        int64_t estimate, bytes;
        bool exact;
    } wanted[] = {{-1, 1, false},
                  {0, 0, true},
                  {3, -1, true},
                  {3, (int64_t)file.length, true},
                  {-1, -1, false}};
    catalog_init(&catalog);
    assert_true(mongodump_reader.catalog(endpoint(), &catalog, &error));
    assert_int_equal(catalog.entity_count, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < catalog.entity_count; i++) {
        assert_int_equal(catalog.entities[i].estimate, wanted[i].estimate);
        assert_int_equal(catalog.entities[i].bytes, wanted[i].bytes);
        assert_int_equal(catalog.entities[i].exact, wanted[i].exact);
    }
    catalog_release(&catalog);
    buffer_release(&file);
}

static void test_open_errors(void **state)
{
    (void)state;
    struct buffer got;
    struct error error = {0};
    size_t records;
    char path[512];
    buffer_init(&got);
    put_plain("books.bson", "", 0);
    put_plain("t.metadata.json", BYTES("{\"type\": \"timeseries\"}"));
    assert_false(read_all("book", NULL, &got, &records, NULL, &error));
    assert_mentions(error.message, "holds no collection book");
    assert_mentions(error.hint, "graduate undo");
    assert_false(read_all("t", NULL, &got, &records, NULL, &error));
    assert_mentions(error.message, "time-series");
    assert_mentions(error.hint, "mongoexport");
    path_of(path, sizeof path, "d.bson");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(read_all("d", NULL, &got, &records, NULL, &error));
    assert_mentions(error.message, "no regular file");
    buffer_release(&got);
}

static void test_folder_above(void **state)
{
    (void)state;
    struct catalog catalog;
    struct error error = {0};
    char path[512], hint[600];
    path_of(path, sizeof path, "shop");
    assert_int_equal(mkdir(path, 0700), 0);
    put_plain("shop/a.bson", "", 0);
    catalog_init(&catalog);
    assert_false(mongodump_reader.catalog(endpoint(), &catalog, &error));
    snprintf(hint, sizeof hint, "file:%s", path);
    assert_mentions(error.hint, hint);

    struct endpoint nowhere = *endpoint();
    nowhere.folder = "/nonexistent/dump";
    assert_false(mongodump_reader.catalog(&nowhere, &catalog, &error));
    assert_int_equal(error.code, ERROR_SOURCE);
    assert_mentions(error.message, "/nonexistent/dump: No such file");
    catalog_release(&catalog);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_delivers),          IN_FOLDER(test_goes_on),
        IN_FOLDER(test_foreign_positions), IN_FOLDER(test_damage_is_named),
        IN_FOLDER(test_every_cut),         IN_FOLDER(test_damaged_gzip), IN_FOLDER(test_trailer_across_reads),
        IN_FOLDER(test_largest_document),  IN_FOLDER(test_many_windows),
        cmocka_unit_test(test_folders),    IN_FOLDER(test_catalog_sizes),
        IN_FOLDER(test_open_errors),       IN_FOLDER(test_folder_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
