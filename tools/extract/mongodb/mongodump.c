/* The reader of an export of MongoDB: the documents of a collection, in the file's order.
 *
 * Position: {"offset": int64, "document": int64, "hash": binary}: bytes of uncompressed data (of an
 * archive, of the collection's documents), and documents, that lie before it, and XXH3-128 of these
 * bytes in its canonical form. A run goes on only where the file still begins with them.
 *
 * Identity: {"collection": text, "uuid": text}, the latter where the metadata have one. Not the
 * size: behind what was read an export may be corrected in place, which the position's hash tells
 * from another export, and a size does not. */
#include "document_file.h"
#include "dump_folder.h"
#include "export_form.h"
#include "mongodb_source.h"
#include "oplog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct dump_reader {
    struct document_file documents;
    char *uuid; /* or NULL */
};

/* ---- the catalog ---------------------------------------------------------------------------- */

static bool describe_documents(const struct dump_collection *collection,
                               struct catalog_entity *entity, struct error *error)
{
    struct document_file file;
    const struct document_place place = dump_folder_place(collection);
    if (collection->form == DOCUMENTS_ARCHIVE) { /* all its collections were looked at together */
        entity->estimate = collection->records;
        entity->exact = collection->records >= 0;
        return true;
    }
    if (!document_file_open(&file, &place, error))
        return false;
    if (!file.window.file.gzip)
        entity->bytes = file.window.file.size;
    entity->estimate = document_file_estimate(&file, &entity->exact);
    document_file_close(&file);
    return true;
}

static bool is_empty(const char *path)
{
    struct stat info;
    return path != NULL && stat(path, &info) == 0 && info.st_size == 0;
}

static bool describe(const struct dump_collection *collection, struct catalog *catalog,
                     struct error *error)
{
    if (dump_folder_reads(collection)) {
        struct catalog_entity *entity = catalog_add(catalog, collection->name);
        if (entity == NULL)
            return error_memory(error);
        if (collection->problem == NULL && !describe_documents(collection, entity, error))
            return false;
    } else if (collection->kind == MONGODB_SYSTEM && is_empty(collection->path)) {
        return true;
    }
    return beside_describe(catalog, collection->name, collection->kind, collection->metadata,
                           error);
}

static bool note_oplog(const struct endpoint *endpoint, const struct dump_folder *folder,
                       struct catalog *catalog, struct error *error)
{
    const struct document_place within = {
        .form = folder->database != NULL ? DOCUMENTS_ARCHIVE : DOCUMENTS_BSON,
        .path = folder->oplog,
        .database = "",
        .collection = "oplog",
    };
    return folder->oplog != NULL ? oplog_note_of(&within, folder->database, catalog, error)
                                 : oplog_note(endpoint->folder, catalog, error);
}

static bool dump_catalog(const struct endpoint *endpoint, struct catalog *catalog,
                         struct error *error)
{
    struct dump_folder folder;
    if (!dump_folder_read(&folder, endpoint->folder, endpoint->source->database, error))
        return false;
    catalog->source = strdup(endpoint->source->name);
    catalog->kind = strdup(source_kind_names[endpoint->source->kind]);
    catalog->version = strdup("export");
    bool ok = catalog->source != NULL && catalog->kind != NULL && catalog->version != NULL
                  ? true
                  : error_memory(error);
    for (size_t i = 0; ok && i < folder.count; i++)
        ok = describe(&folder.items[i], catalog, error);
    ok = ok && beside_buckets(catalog, error) && note_oplog(endpoint, &folder, catalog, error);
    bool archive = folder.database != NULL;
    dump_folder_release(&folder);
    if (ok && !archive)
        export_form_warn(endpoint->folder, catalog->source);
    return ok;
}

/* ---- going on ------------------------------------------------------------------------------- */

static bool no_position(const struct dump_reader *reader, struct error *error, const char *why)
{
    error_set(error, ERROR_REFUSED, "the position to go on from is not one in %s: %s",
              reader->documents.window.file.path, why);
    error_at(error, reader->documents.window.collection, NULL, NULL);
    return error_hint(error,
                      "the run began on another source, or with another version of graduate: go "
                      "on with that one, or have it read from its beginning: graduate run "
                      "--restart ENTITY");
}

static bool other_export(const struct dump_reader *reader, int64_t offset, struct error *error,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool other_export(const struct dump_reader *reader, int64_t offset, struct error *error,
                         const char *format, ...)
{
    struct buffer why;
    va_list args;
    buffer_init(&why);
    va_start(args, format);
    buffer_vprintf(&why, format, args);
    va_end(args);
    error_set(error, ERROR_REFUSED, "the export %s is not the one that the run began with: %s",
              reader->documents.window.file.path, buffer_text(&why));
    buffer_release(&why);
    error_at(error, reader->documents.window.collection, NULL, NULL);
    return error_hint(error,
                      "an export may be corrected in place only behind what was read (%" PRId64
                      " bytes%s): bring that one back, or load all of the new one: graduate run "
                      "--restart ENTITY",
                      offset,
                      reader->documents.window.file.gzip ? " of the uncompressed data" : "");
}

static bool take_number(const bson_t *after, const char *name, int64_t *number)
{
    bson_iter_t iter;
    bool found = bson_iter_init_find(&iter, after, name) && BSON_ITER_HOLDS_INT64(&iter);
    *number = found ? bson_iter_int64(&iter) : 0;
    return found;
}

static bool take_hash(const bson_t *after, const uint8_t **hash)
{
    bson_iter_t iter;
    bson_subtype_t subtype;
    uint32_t length = 0;
    if (bson_iter_init_find(&iter, after, "hash") && BSON_ITER_HOLDS_BINARY(&iter))
        bson_iter_binary(&iter, &subtype, &length, hash);
    return length == RECORD_WINDOW_HASH;
}

static bool go_to(struct dump_reader *reader, const bson_t *after, struct error *error)
{
    int64_t offset, document, passed;
    const uint8_t *wanted;
    uint8_t found[RECORD_WINDOW_HASH];
    if (!take_number(after, "offset", &offset) || !take_number(after, "document", &document))
        return no_position(reader, error, "it is of another form");
    if (bson_count_keys(after) == 2)
        return no_position(reader, error,
                           "it is of an older form, which has no hash of the bytes "
                           "before it");
    if (bson_count_keys(after) != 3 || !take_hash(after, &wanted))
        return no_position(reader, error, "it is of another form");
    if (!document_file_fits(&reader->documents, offset, document))
        return no_position(reader, error, "so many documents do not fit before it");
    if (!document_file_pass(&reader->documents, offset, document, &passed, error))
        return false;
    if (passed < offset)
        return other_export(reader, offset, error,
                            "it ends after %" PRId64 " bytes, and %" PRId64 " were read", passed,
                            offset);
    record_window_hash(&reader->documents.window, found);
    if (memcmp(found, wanted, sizeof found) != 0)
        return other_export(reader, offset, error,
                            "the %" PRId64 " bytes that were read have changed", offset);
    return true;
}

static bool open_collection(struct dump_reader *reader, const struct extraction *what,
                            const struct dump_collection *collection, struct error *error)
{
    const char *uuid =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(collection->metadata, "uuid"));
    const struct document_place place = dump_folder_place(collection);
    if (!document_file_open(&reader->documents, &place, error))
        return false;
    reader->uuid = uuid != NULL ? strdup(uuid) : NULL;
    if (uuid != NULL && reader->uuid == NULL)
        error_memory(error);
    else if (what->after == NULL || go_to(reader, what->after, error))
        return true;
    document_file_close(&reader->documents);
    free(reader->uuid);
    return false;
}

static bool dump_open(struct reader *reader, const struct extraction *what, struct error *error)
{
    struct dump_folder folder;
    const struct dump_collection *collection;
    if (!dump_folder_read(&folder, what->endpoint->folder, what->endpoint->source->database, error))
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
    struct dump_reader *state = reader->state;
    const uint8_t *document;
    size_t length;
    if (!document_file_next(&state->documents, &document, &length, error))
        return false;
    *more = length > 0;
    if (length > 0)
        buffer_put(payload, document, length);
    return buffer_ok(payload, error);
}

static bool dump_identity(struct reader *reader, bson_t *identity, struct error *error)
{
    const struct dump_reader *state = reader->state;
    bool ok = BSON_APPEND_UTF8(identity, "collection", state->documents.window.collection);
    if (state->uuid != NULL)
        ok = ok && BSON_APPEND_UTF8(identity, "uuid", state->uuid);
    return ok || error_memory(error);
}

/* The metadata count nothing: that the file ends here, and is not being written, is all there is.
 */
static bool dump_confirm(struct reader *reader, int64_t delivered, int64_t *held,
                         struct error *error)
{
    const struct record_window *window =
        &((const struct dump_reader *)reader->state)->documents.window;
    (void)delivered;
    *held = window->record;
    return packed_file_unchanged(&window->file, error) ||
           error_at(error, window->collection, NULL, NULL);
}

static bool dump_position(struct reader *reader, bson_t *position, struct error *error)
{
    struct dump_reader *state = reader->state;
    uint8_t hash[RECORD_WINDOW_HASH];
    record_window_hash(&state->documents.window, hash);
    return BSON_APPEND_INT64(position, "offset", state->documents.window.offset) &&
                   BSON_APPEND_INT64(position, "document", state->documents.window.record) &&
                   BSON_APPEND_BINARY(position, "hash", BSON_SUBTYPE_BINARY, hash, sizeof hash)
               ? true
               : error_memory(error);
}

static void dump_close(struct reader *reader)
{
    struct dump_reader *state = reader->state;
    document_file_close(&state->documents);
    free(state->uuid);
    free(state);
}

const struct reader_ops mongodump_reader = {
    .kind = SOURCE_MONGODB,
    .export = true,
    .catalog = dump_catalog,
    .open = dump_open,
    .next = dump_next,
    .identity = dump_identity,
    .confirm = dump_confirm,
    .position = dump_position,
    .close = dump_close,
};
