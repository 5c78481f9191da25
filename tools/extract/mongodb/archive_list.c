#include "archive_list.h"
#include "archive.h"
#include "graduate/words.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 1 << 20 };

void archive_list_release(struct archive_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].database);
        free(list->items[i].name);
        free(list->items[i].metadata);
    }
    free(list->items);
    *list = (struct archive_list){0};
}

/* ---- the prelude ---------------------------------------------------------------------------- */

static bool is_oplog(const char *database, const char *name)
{
    return database[0] == '\0' && strcmp(name, "oplog") == 0;
}

static bool add(struct archive_list *list, struct archive *archive, const bson_t *document,
                struct error *error)
{
    const char *database = archive_text(document, "db"),
               *name = archive_text(document, "collection");
    const char *metadata = archive_text(document, "metadata");
    if (database == NULL || name == NULL)
        return archive_damaged(archive, error, "a collection in its prelude has no name");
    if (is_oplog(database, name)) {
        list->oplog = true;
        return true;
    }
    struct archive_collection *items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL)
        return error_memory(error);
    list->items = items;
    struct archive_collection *item = &items[list->count++];
    *item = (struct archive_collection){
        .database = strdup(database), .name = strdup(name), .records = -1};
    if (metadata != NULL && metadata[0] != '\0')
        item->metadata = strdup(metadata);
    return (item->database != NULL && item->name != NULL &&
            (metadata == NULL || metadata[0] == '\0' || item->metadata != NULL)) ||
           error_memory(error);
}

static bool read_prelude(struct archive_list *list, struct archive *archive,
                         struct buffer *document, struct error *error)
{
    for (bool header = true;; header = false) {
        enum archive_token token;
        uint32_t length;
        bson_t view;
        if (!archive_next(archive, &token, &length, error))
            return false;
        if (token == ARCHIVE_END || (header && token == ARCHIVE_TERMINATOR))
            return archive_damaged(archive, error, "it ends within its prelude");
        if (token == ARCHIVE_TERMINATOR)
            return true;
        if (!archive_document(archive, length, document, &view, error) ||
            (!header && !add(list, archive, &view, error)))
            return false;
    }
}

/* ---- counts --------------------------------------------------------------------------------- */

static struct archive_collection *find(const struct archive_list *list, const bson_t *header)
{
    const char *database = archive_text(header, "db"), *name = archive_text(header, "collection");
    for (size_t i = 0; database != NULL && name != NULL && i < list->count; i++)
        if (strcmp(list->items[i].database, database) == 0 &&
            strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

/* A look at the first blocks. What is damaged there, whoever reads the collection says. */
static void count_some(const struct archive_list *list, struct archive *archive,
                       struct buffer *document)
{
    struct error ignored;
    enum archive_token token;
    uint32_t length;
    bson_t header;
    bson_iter_t end;
    struct archive_collection *item = NULL;
    bool in_block = false;
    int64_t *counts = calloc(list->count + 1, sizeof *counts);
    while (counts != NULL && archive->at < SAMPLE &&
           archive_next(archive, &token, &length, &ignored) && token != ARCHIVE_END) {
        if (token == ARCHIVE_TERMINATOR) {
            in_block = false;
        } else if (in_block) {
            if (!archive_take(archive, NULL, length - 4, &ignored))
                break;
            counts[item != NULL ? item - list->items : (ptrdiff_t)list->count]++;
        } else {
            if (!archive_document(archive, length, document, &header, &ignored))
                break;
            in_block = true;
            item = find(list, &header);
            if (item != NULL && bson_iter_init_find(&end, &header, "EOF") &&
                BSON_ITER_HOLDS_BOOL(&end) && bson_iter_bool(&end))
                item->records = counts[item - list->items];
        }
    }
    free(counts);
}

/* ---- the database --------------------------------------------------------------------------- */

static bool is_own(const char *database)
{
    return strcmp(database, "admin") == 0 || strcmp(database, "config") == 0 ||
           strcmp(database, "local") == 0;
}

static bool not_there(const struct archive_list *list, const char *path, const char *database,
                      struct error *error)
{
    const char **names = calloc(list->count + 1, sizeof *names);
    if (names == NULL)
        return error_memory(error);
    for (size_t i = 0; i < list->count; i++)
        names[i] = list->items[i].database;
    const char *nearest = words_nearest(database, names, list->count);
    error_set(error, ERROR_SOURCE, "the archive %s holds no database %s", path, database);
    if (nearest != NULL)
        error_hint(error,
                   "did you mean %s? then correct \"database\" of the source in project.json",
                   nearest);
    else if (list->count > 0)
        error_hint(error, "it holds %s: correct \"database\" of the source in project.json",
                   names[0]);
    else
        error_hint(error, "%s", EXPORT_ADVICE);
    free(names);
    return false;
}

static bool choose(struct archive_list *list, const char *path, const char *database,
                   struct error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i].database;
        if (database != NULL ? strcmp(name, database) != 0 : is_own(name))
            continue;
        if (list->database != NULL && strcmp(list->database, name) != 0) {
            error_set(error, ERROR_SOURCE, "the archive %s holds several databases: %s, %s", path,
                      list->database, name);
            return error_hint(error, "say which one: \"database\" of the source in project.json");
        }
        list->database = name;
    }
    if (list->database == NULL && database != NULL)
        return not_there(list, path, database, error);
    if (list->database == NULL) {
        error_set(error, ERROR_SOURCE, "the archive %s holds no collection", path);
        return error_hint(error, "restore it into a server with mongorestore --archive=FILE (and "
                                 "--gzip) and name that, or run mongodump without --archive");
    }
    return true;
}

static bool read_list(struct archive_list *list, struct packed_file *file, const char *database,
                      struct error *error)
{
    struct archive archive;
    struct buffer document;
    if (!archive_begin(&archive, file, error))
        return false;
    buffer_init(&document);
    bool ok =
        read_prelude(list, &archive, &document, error) && choose(list, file->path, database, error);
    if (ok)
        count_some(list, &archive, &document);
    buffer_release(&document);
    archive_release(&archive);
    return ok;
}

bool archive_list_read(struct archive_list *list, const char *path, const char *database,
                       struct error *error)
{
    struct packed_file file;
    *list = (struct archive_list){0};
    if (!packed_file_open(&file, path, error))
        return false;
    bool ok = read_list(list, &file, database, error);
    packed_file_close(&file);
    if (!ok)
        archive_list_release(list);
    return ok;
}
