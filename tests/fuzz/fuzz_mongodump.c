/* A collection's file as mongodump or mongoexport might have left it, or an archive, plain or
 * gzipped: documents until the end or an error, and the same rest of them after going on from any
 * position. An input is read in each form. */
#include "fuzz.h"

#include "dump_folder.h"
#include "mongodb_source.h"
#include "soundness.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BSON, JSON, ARCHIVE, FORMS };

static char folder[64], metadata[96], files[FORMS][96];
static const char *const names[FORMS] = {"c.bson", "c.json", "c.archive"};

static void tidy(void)
{
    unlink(metadata);
    rmdir(folder);
}

static void put_file(const char *path, const uint8_t *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

static void set_up(void)
{
    static const char empty[] = "{\"indexes\": [], \"collectionName\": \"c\"}";
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/graduate-fuzz-XXXXXX",
             parent != NULL && strlen(parent) < 32 ? parent : "/tmp");
    MUST(mkdtemp(folder) != NULL);
    for (int form = 0; form < FORMS; form++)
        snprintf(files[form], sizeof files[form], "%s/%s", folder, names[form]);
    snprintf(metadata, sizeof metadata, "%s/c.metadata.json", folder);
    put_file(metadata, (const uint8_t *)empty, sizeof empty - 1);
    atexit(tidy);
}

/* Read from `after` to the end or an error, which is not *whole. Returns the number of documents;
 * *stopped gets the position behind number `stop_at`. */
static size_t read_all(const char *path, const bson_t *after, struct buffer *payload,
                       size_t stop_at, bson_t *stopped, bool *whole)
{
    static const struct source source = {.name = "core", .kind = SOURCE_MONGODB};
    const struct endpoint endpoint = {.source = &source, .uri = "file:", .folder = path};
    const struct extraction what = {.endpoint = &endpoint, .from = "c", .after = after};
    struct reader reader = {.ops = &mongodump_reader};
    struct error error = {0};
    size_t count = 0, before = 0;
    bool more = true;
    *whole = false;
    if (!mongodump_reader.open(&reader, &what, &error))
        return 0;
    while (mongodump_reader.next(&reader, payload, &more, &error) && more) {
        size_t at;
        MUST(soundness_problem(payload->data + before, payload->length - before, &at) == NULL);
        before = payload->length;
        if (++count == stop_at)
            MUST(mongodump_reader.position(&reader, stopped, &error));
    }
    *whole = !more;
    MUST(more == (error.code != ERROR_NONE));
    mongodump_reader.close(&reader);
    return count;
}

static void read_as(int form, const uint8_t *data, size_t size)
{
    const char *path = form == ARCHIVE ? files[form] : folder;
    put_file(files[form], data, size);
    struct buffer all, rest;
    bson_t position = BSON_INITIALIZER;
    bool whole, rest_whole;
    buffer_init(&all);
    buffer_init(&rest);
    size_t stop_at = size % 3 + 1;
    size_t count = read_all(path, NULL, &all, stop_at, &position, &whole);
    if (count >= stop_at) {
        size_t left = read_all(path, &position, &rest, 0, NULL, &rest_whole);
        MUST(left == count - stop_at && rest_whole == whole);
        MUST(rest.length <= all.length);
        MUST(rest.length == 0 ||
             memcmp(all.data + all.length - rest.length, rest.data, rest.length) == 0);
    }
    bson_destroy(&position);
    buffer_release(&all);
    buffer_release(&rest);
    unlink(files[form]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (folder[0] == '\0')
        set_up();
    for (int form = 0; form < FORMS; form++)
        read_as(form, data, size);
    return 0;
}
