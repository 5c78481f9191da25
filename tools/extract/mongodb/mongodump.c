/* The reader of a folder that mongodump wrote: the documents of a collection, in the file's order.
 *
 * The file has no header, count or checksum, so all that can be known of it is checked: every
 * length, every document's structure, and that the last document ends where the file does. What a
 * killed mongodump leaves when it was cut between two documents cannot be known.
 *
 * Position: {"offset": int64, "document": int64}: bytes of uncompressed data, and documents, that
 * lie before it. */
#include "dump_folder.h"
#include "packed_file.h"
#include "mongodb_source.h"
#include "soundness.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A document of MongoDB has at most 16 MiB, and 16 KiB more inside the server. */
enum { LARGEST = (16 << 20) + (16 << 10), WINDOW = 1 << 20, SAMPLE = 1 << 20 };

struct dump_reader {
    struct packed_file file;
    char *collection;
    struct buffer window; /* uncompressed data; what lies before `start` is delivered */
    size_t start;
    int64_t offset, document;
};

static bool damaged(const struct dump_reader *reader, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool damaged(const struct dump_reader *reader, struct error *error, const char *format, ...)
{
    struct buffer what;
    va_list args;
    buffer_init(&what);
    va_start(args, format);
    buffer_vprintf(&what, format, args);
    va_end(args);
    error_set(error, ERROR_SOURCE, "%s: document %" PRId64 " at byte %" PRId64 "%s: %s",
              reader->file.path, reader->document + 1, reader->offset,
              reader->file.gzip ? " of the uncompressed data" : "", buffer_text(&what));
    buffer_release(&what);
    error_at(error, reader->collection, NULL, NULL);
    return error_hint(error, "the export is damaged or was cut off: take another copy of it, or "
                             "dump the collection again");
}

/* Bring at least `wanted` undelivered bytes into the window, or all that are left. */
static bool fill(struct dump_reader *reader, size_t wanted, struct error *error)
{
    struct buffer *window = &reader->window;
    size_t held = window->length - reader->start;
    if (held >= wanted)
        return true;
    if (held > 0)
        memmove(window->data, window->data + reader->start, held);
    window->length = held;
    reader->start = 0;
    size_t room = (wanted > WINDOW ? wanted : WINDOW) - held, got;
    uint8_t *to = buffer_reserve(window, room);
    if (to == NULL)
        return error_memory(error);
    if (!packed_file_read(&reader->file, to, room, &got, error))
        return error_at(error, reader->collection, NULL, NULL);
    window->length += got;
    return true;
}

static bool next_document(struct dump_reader *reader, const uint8_t **document, size_t *length,
                          struct error *error)
{
    if (!fill(reader, 4, error))
        return false;
    size_t held = reader->window.length - reader->start;
    *length = 0;
    if (held == 0)
        return true;
    if (held < 4)
        return damaged(reader, error, "only %zu bytes of it are left in the file", held);
    uint32_t claimed = get_le32(reader->window.data + reader->start);
    if (claimed < 5 || claimed > LARGEST)
        return damaged(reader, error, "its length says %" PRId32 ", which no document has",
                       (int32_t)claimed);
    if (!fill(reader, claimed, error))
        return false;
    held = reader->window.length - reader->start;
    if (held < claimed)
        return damaged(reader, error,
                       "it should have %" PRIu32 " bytes, but the file ends after %zu", claimed,
                       held);
    *document = reader->window.data + reader->start;
    size_t at;
    const char *problem = soundness_problem(*document, claimed, &at);
    if (problem != NULL)
        return damaged(reader, error, "%s (at its byte %zu)", problem, at);
    *length = claimed;
    reader->start += claimed;
    reader->offset += claimed;
    reader->document++;
    return true;
}

static bool set_up(struct dump_reader *reader, const struct dump_collection *collection,
                   struct error *error)
{
    *reader = (struct dump_reader){.collection = strdup(collection->name)};
    buffer_init(&reader->window);
    if (reader->collection == NULL)
        return error_memory(error);
    if (packed_file_open(&reader->file, collection->path, error))
        return true;
    error_at(error, collection->name, NULL, NULL);
    free(reader->collection);
    return false;
}

static void tear_down(struct dump_reader *reader)
{
    packed_file_close(&reader->file);
    buffer_release(&reader->window);
    free(reader->collection);
}

/* From the first MiB: exact for a smaller file, else by the share of the file that this was. What
 * cannot be read is not reported here but where it is read in earnest. */
static int64_t estimate(struct dump_reader *reader)
{
    struct error ignored;
    const uint8_t *document;
    size_t length = 1;
    while (length > 0 && reader->offset < SAMPLE)
        if (!next_document(reader, &document, &length, &ignored))
            return -1;
    if (length == 0)
        return reader->document;
    int64_t used = packed_file_used(&reader->file);
    double loaded = (double)reader->offset + (double)(reader->window.length - reader->start);
    double whole = loaded * (double)reader->file.size / (double)(used > 0 ? used : 1);
    return (int64_t)(whole * (double)reader->document / (double)reader->offset);
}

static bool describe(const struct dump_collection *collection, struct catalog *catalog,
                     struct error *error)
{
    struct catalog_entity *entity = catalog_add(catalog, collection->name);
    if (entity == NULL)
        return error_memory(error);
    if (collection->time_series)
        return true;
    struct dump_reader reader;
    if (!set_up(&reader, collection, error))
        return false;
    entity->estimate = estimate(&reader);
    if (!reader.file.gzip)
        entity->bytes = reader.file.size;
    tear_down(&reader);
    return true;
}

static bool dump_catalog(const struct endpoint *endpoint, struct catalog *catalog,
                         struct error *error)
{
    struct dump_folder folder;
    if (!dump_folder_read(&folder, endpoint->folder, error))
        return false;
    catalog->source = strdup(endpoint->source->name);
    catalog->kind = strdup(source_kind_names[endpoint->source->kind]);
    catalog->version = strdup("export");
    bool ok = catalog->source != NULL && catalog->kind != NULL && catalog->version != NULL
                  ? true
                  : error_memory(error);
    for (size_t i = 0; ok && i < folder.count; i++)
        ok = describe(&folder.items[i], catalog, error);
    dump_folder_release(&folder);
    return ok;
}

static bool other_source(const struct dump_reader *reader, struct error *error, const char *why)
{
    error_set(error, ERROR_REFUSED, "the position to go on from is not one in %s: %s",
              reader->file.path, why);
    error_at(error, reader->collection, NULL, NULL);
    return error_hint(error,
                      "the run began on another source or another export: go on with that one, "
                      "or start a new run");
}

static bool go_to(struct dump_reader *reader, const bson_t *after, struct error *error)
{
    bson_iter_t offset, document;
    if (bson_count_keys(after) != 2 || !bson_iter_init_find(&offset, after, "offset") ||
        !BSON_ITER_HOLDS_INT64(&offset) || !bson_iter_init_find(&document, after, "document") ||
        !BSON_ITER_HOLDS_INT64(&document))
        return other_source(reader, error, "it is of another form");
    reader->offset = bson_iter_int64(&offset);
    reader->document = bson_iter_int64(&document);
    if (reader->offset == 0 && reader->document == 0)
        return true;
    if (reader->document < 1 || reader->offset < reader->document * 5)
        return other_source(reader, error, "so many documents do not fit before it");
    /* Read the byte before it, too: there a document must end. */
    uint8_t last = 0;
    size_t got;
    if (!packed_file_skip(&reader->file, reader->offset - 1, error) ||
        !packed_file_read(&reader->file, &last, 1, &got, error))
        return error_at(error, reader->collection, NULL, NULL);
    if (got == 0)
        return other_source(reader, error, "it lies behind the end");
    return last == 0 ? true : other_source(reader, error, "no document ends there");
}

static bool open_collection(struct dump_reader *reader, const struct extraction *what,
                            const struct dump_collection *collection, struct error *error)
{
    if (collection->time_series) {
        error_set(
            error, ERROR_SOURCE,
            "%s is a time-series collection: the export holds it in the server's own buckets, "
            "not as documents",
            what->from);
        error_at(error, what->from, NULL, NULL);
        return error_hint(error, "read it from the live server, or export it with mongoexport and "
                                 "import that as an ordinary collection");
    }
    if (!set_up(reader, collection, error))
        return false;
    if (what->after == NULL || go_to(reader, what->after, error))
        return true;
    tear_down(reader);
    return false;
}

static bool dump_open(struct reader *reader, const struct extraction *what, struct error *error)
{
    struct dump_folder folder;
    const struct dump_collection *collection;
    if (!dump_folder_read(&folder, what->endpoint->folder, error))
        return false;
    reader->state = malloc(sizeof(struct dump_reader));
    bool ok = reader->state != NULL ? true : error_memory(error);
    ok = ok && dump_folder_find(&folder, what->endpoint->folder, what->from, &collection, error) &&
         open_collection(reader->state, what, collection, error);
    dump_folder_release(&folder);
    if (!ok)
        free(reader->state);
    return ok;
}

static bool dump_next(struct reader *reader, struct buffer *payload, bool *more,
                      struct error *error)
{
    const uint8_t *document;
    size_t length;
    if (!next_document(reader->state, &document, &length, error))
        return false;
    *more = length > 0;
    if (length > 0)
        buffer_put(payload, document, length);
    return buffer_ok(payload, error);
}

static bool dump_position(struct reader *reader, bson_t *position, struct error *error)
{
    const struct dump_reader *state = reader->state;
    return BSON_APPEND_INT64(position, "offset", state->offset) &&
                   BSON_APPEND_INT64(position, "document", state->document)
               ? true
               : error_memory(error);
}

static void dump_close(struct reader *reader)
{
    tear_down(reader->state);
    free(reader->state);
}

const struct reader_ops mongodump_reader = {
    .kind = SOURCE_MONGODB,
    .export = true,
    .catalog = dump_catalog,
    .open = dump_open,
    .next = dump_next,
    .position = dump_position,
    .close = dump_close,
};
