#include "oplog.h"
#include "document_file.h"
#include "graduate/message.h"

#include <bson/bson.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NULL: not there, or no text. */
static const char *text_of(const bson_t *entry, const char *field)
{
    bson_iter_t iter;
    return bson_iter_init_find(&iter, entry, field) && BSON_ITER_HOLDS_UTF8(&iter)
               ? bson_iter_utf8(&iter, NULL)
               : NULL;
}

bool oplog_is(const char *path)
{
    const struct document_place place = {.path = path, .collection = "oplog"};
    struct document_file file;
    struct error ignored;
    const uint8_t *document;
    size_t length;
    bson_t entry;
    bson_iter_t iter;
    if (!document_file_open(&file, &place, &ignored))
        return false;
    bool is = document_file_next(&file, &document, &length, &ignored) && length > 0 &&
              bson_init_static(&entry, document, length) &&
              bson_iter_init_find(&iter, &entry, "ts") && BSON_ITER_HOLDS_TIMESTAMP(&iter) &&
              text_of(&entry, "op") != NULL && text_of(&entry, "ns") != NULL;
    document_file_close(&file);
    return is;
}

/* `database` NULL: of any. */
static bool is_of(const bson_t *entry, const char *database)
{
    const char *space = text_of(entry, "ns"), *op = text_of(entry, "op");
    if (space == NULL || op == NULL || strcmp(op, "n") == 0)
        return false;
    size_t length = strcspn(space, ".");
    return length > 0 && (database == NULL ||
                          (strlen(database) == length && strncmp(space, database, length) == 0));
}

/* A transaction is one entry of admin, with the writes in it. */
static int64_t entries_of(const bson_t *entry, const char *database)
{
    bson_iter_t top, all, one;
    uint32_t length;
    const uint8_t *bytes;
    bson_t inner;
    int64_t count = 0;
    const char *op = text_of(entry, "op");
    if (op == NULL || strcmp(op, "c") != 0 || !bson_iter_init(&top, entry) ||
        !bson_iter_find_descendant(&top, "o.applyOps", &all) || !BSON_ITER_HOLDS_ARRAY(&all) ||
        !bson_iter_recurse(&all, &one))
        return is_of(entry, database);
    while (bson_iter_next(&one)) {
        if (!BSON_ITER_HOLDS_DOCUMENT(&one))
            continue;
        bson_iter_document(&one, &length, &bytes);
        if (bson_init_static(&inner, bytes, length) && is_of(&inner, database))
            count++;
    }
    return count;
}

/* *whole is false where the file is damaged; then it is counted up to there. */
static int64_t count_entries(const struct document_place *place, const char *database, bool *whole)
{
    struct document_file file;
    struct error ignored;
    const uint8_t *document;
    size_t length = 1;
    int64_t count = 0;
    bson_t entry;
    *whole = document_file_open(&file, place, &ignored);
    if (!*whole)
        return 0;
    while (*whole && length > 0) {
        *whole = document_file_next(&file, &document, &length, &ignored);
        if (*whole && length > 0 && bson_init_static(&entry, document, length))
            count += entries_of(&entry, database);
    }
    document_file_close(&file);
    return count;
}

bool oplog_note_of(const struct document_place *place, const char *database,
                   struct catalog *catalog, struct error *error)
{
    const char *path = place->path, *base = strrchr(path, '/');
    const char *name =
        place->form == DOCUMENTS_ARCHIVE || base == NULL ? place->collection : base + 1;
    struct buffer detail;
    bool whole;
    int64_t count = count_entries(place, database, &whole);
    if (whole && count == 0)
        return true;
    buffer_init(&detail);
    buffer_printf(&detail, "%" PRId64 " %s%s%s", count, count == 1 ? "entry" : "entries",
                  database != NULL ? " of this database" : "",
                  whole ? "" : ", and it cannot be read to its end");
    bool ok = buffer_ok(&detail, error);
    if (ok)
        message_warning("source %s: the dump has an oplog (%s) with %s, which %s not applied: the "
                        "dump is consistent only with it; restore both into a server with "
                        "mongorestore --oplogReplay and name that, or dump anew while nobody "
                        "writes",
                        catalog->source, path, buffer_text(&detail), count == 1 ? "is" : "are");
    ok = ok && catalog_object_add(catalog, "oplog", name, NULL, buffer_text(&detail), error);
    buffer_release(&detail);
    return ok;
}

bool oplog_note(const char *folder, struct catalog *catalog, struct error *error)
{
    static const char *const names[] = {"oplog.bson", "oplog.bson.gz"};
    char real[PATH_MAX], path[PATH_MAX + 16];
    const struct document_place above = {.path = path, .collection = "oplog"};
    if (realpath(folder, real) == NULL)
        return true;
    char *database = strrchr(real, '/');
    *database++ = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", real, names[i]);
        if (access(path, R_OK) == 0 && oplog_is(path))
            return oplog_note_of(&above, database, catalog, error);
    }
    return true;
}
