#include "dump_folder.h"
#include "archive.h"
#include "archive_list.h"
#include "export_form.h"
#include "graduate/buffer.h"
#include "oplog.h"
#include "packed_file.h"
#include "reader.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST_METADATA = 64 << 20 };

/* The files of one collection, while the folder is read. */
struct part {
    char *stem; /* their name up to the suffix */
    struct dump_collection found;
    char *metadata; /* path, or NULL */
};

struct parts {
    struct part *items;
    size_t count;
};

/* What ends another is behind it. */
static const struct {
    const char *suffix;
    bool documents;
    enum document_form form;
} suffixes[] = {
    {".bson", true, DOCUMENTS_BSON},           {".bson.gz", true, DOCUMENTS_BSON},
    {".metadata.json", false, DOCUMENTS_JSON}, {".metadata.json.gz", false, DOCUMENTS_JSON},
    {".json", true, DOCUMENTS_JSON},           {".json.gz", true, DOCUMENTS_JSON},
    {".jsonl", true, DOCUMENTS_JSON},          {".jsonl.gz", true, DOCUMENTS_JSON},
    {".ndjson", true, DOCUMENTS_JSON},         {".ndjson.gz", true, DOCUMENTS_JSON},
};

static const char buckets[] = "system.buckets.";
static const char again[] = ADVICE("dump the database again; or leave the collection out");

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void collection_release(struct dump_collection *collection)
{
    free(collection->name);
    free(collection->path);
    free(collection->database);
    cJSON_Delete(collection->metadata);
    free(collection->problem);
    free(collection->advice);
}

/* The first problem of a collection is the one that is told. */
static bool spoil(struct dump_collection *collection, const char *advice, struct error *error,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool spoil(struct dump_collection *collection, const char *advice, struct error *error,
                  const char *format, ...)
{
    struct buffer text;
    va_list args;
    if (collection->problem != NULL)
        return true;
    buffer_init(&text);
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    bool ok = buffer_ok(&text, error);
    if (ok) {
        collection->problem = strdup(buffer_text(&text));
        collection->advice = strdup(advice);
        ok = (collection->problem != NULL && collection->advice != NULL) || error_memory(error);
    }
    buffer_release(&text);
    return ok;
}

/* Which row of suffixes a file has, and the length of its stem; -1 for a stranger. */
static int suffix_of(const char *file, size_t *stem)
{
    size_t length = strlen(file);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t tail = strlen(suffixes[i].suffix);
        *stem = length - tail;
        if (length > tail && strcmp(file + length - tail, suffixes[i].suffix) == 0)
            return (int)i;
    }
    return -1;
}

static void parts_release(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        free(parts->items[i].stem);
        collection_release(&parts->items[i].found);
        free(parts->items[i].metadata);
    }
    free(parts->items);
}

static struct part *parts_find(const struct parts *parts, const char *stem, size_t length)
{
    for (size_t i = 0; i < parts->count; i++)
        if (strlen(parts->items[i].stem) == length &&
            memcmp(parts->items[i].stem, stem, length) == 0)
            return &parts->items[i];
    return NULL;
}

static struct part *parts_add(struct parts *parts, const char *stem, size_t length)
{
    struct part *items = realloc(parts->items, (parts->count + 1) * sizeof *items);
    if (items == NULL)
        return NULL;
    parts->items = items;
    struct part *part = &items[parts->count];
    *part = (struct part){.stem = strndup(stem, length)};
    if (part->stem == NULL)
        return NULL;
    parts->count++;
    return part;
}

/* Undo Go's url.QueryEscape. False in *sound: it is none of its. */
static bool unescape(const char *stem, char **name, bool *sound, struct error *error)
{
    struct buffer out;
    buffer_init(&out);
    *sound = true;
    for (const char *at = stem; *sound && *at != '\0'; at++) {
        unsigned byte = 0;
        if (*at == '%') {
            char digits[3] = {at[1], at[1] == '\0' ? '\0' : at[2], '\0'};
            char *end;
            byte = (unsigned)strtoul(digits, &end, 16);
            *sound = end == digits + 2 && byte != 0 && strspn(digits, "+- ") == 0;
            at += *sound ? 2 : 0;
        }
        buffer_putc(&out, byte != 0 ? (char)byte : *at == '+' ? ' ' : *at);
    }
    *name = strdup(*sound ? buffer_text(&out) : stem);
    bool ok = buffer_ok(&out, error) && (*name != NULL || error_memory(error));
    buffer_release(&out);
    return ok;
}

static bool read_whole(const char *path, struct buffer *text, struct error *error)
{
    struct packed_file file;
    if (!packed_file_open(&file, path, error))
        return false;
    bool ok = true;
    size_t got = 1;
    while (ok && got > 0) {
        uint8_t *to = buffer_reserve(text, 64 << 10);
        ok = to != NULL ? packed_file_read(&file, to, 64 << 10, &got, error) : error_memory(error);
        text->length += ok ? got : 0;
        if (ok && text->length > LARGEST_METADATA)
            ok = error_set(error, ERROR_SOURCE, "%s is too large for metadata", path) ||
                 error_hint(error, "%s", again);
    }
    packed_file_close(&file);
    return ok;
}

/* A name that is none of a file must be of the metadata. */
static bool take_name(struct part *part, struct error *error)
{
    const char *given = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(part->found.metadata, "collectionName"));
    bool sound = true;
    if (given != NULL)
        part->found.name = strdup(given);
    else if (part->found.path != NULL && part->found.form == DOCUMENTS_JSON)
        part->found.name = strdup(part->stem);
    else if (!unescape(part->stem, &part->found.name, &sound, error))
        return false;
    if (part->found.name == NULL)
        return error_memory(error);
    return sound ||
           spoil(&part->found, ADVICE("give the file its name back, or take it out of the folder"),
                 error, "the file name %s is not as mongodump writes it: a wrong %% escape",
                 part->stem);
}

static bool parse_metadata(struct dump_collection *found, const char *text, size_t length,
                           const char *where, struct error *error)
{
    cJSON *json = cJSON_ParseWithLength(text, length);
    if (cJSON_IsObject(json)) {
        found->metadata = json;
        return true;
    }
    cJSON_Delete(json);
    return spoil(found, again, error, "%s is no JSON object", where);
}

/* Damaged metadata are a problem: what they would have said of the collection is not known. */
static bool read_metadata(struct part *part, struct error *error)
{
    struct buffer text;
    if (part->metadata == NULL)
        return true;
    buffer_init(&text);
    struct error wrong = {0};
    bool ok = read_whole(part->metadata, &text, &wrong)
                  ? parse_metadata(&part->found, (const char *)text.data, text.length,
                                   part->metadata, error)
                  : spoil(&part->found, wrong.hint, error, "%s", wrong.message);
    buffer_release(&text);
    return ok;
}

static bool take_file(struct parts *parts, const char *folder, const char *file,
                      struct error *error)
{
    size_t stem;
    int row = file[0] != '.' ? suffix_of(file, &stem) : -1; /* no collection begins with a dot */
    if (row < 0)
        return true;
    struct part *part = parts_find(parts, file, stem);
    if (part == NULL)
        part = parts_add(parts, file, stem);
    if (part == NULL)
        return error_memory(error);
    if (suffixes[row].documents && part->found.path == NULL)
        part->found.form = suffixes[row].form;
    char **slot = suffixes[row].documents ? &part->found.path : &part->metadata;
    if (*slot != NULL)
        return spoil(&part->found, ADVICE("keep the one that belongs to this export"), error,
                     "%s and %s/%s are both there for one collection", *slot, folder, file);
    if (asprintf(slot, "%s/%s", folder, file) < 0) {
        *slot = NULL;
        return error_memory(error);
    }
    return true;
}

/* What the files are, and whether they are all there. */
static bool judge(struct part *part, struct error *error)
{
    struct dump_collection *found = &part->found;
    if (!read_metadata(part, error) || !take_name(part, error))
        return false;
    found->kind = beside_kind(found->name, found->metadata);
    if (found->kind == MONGODB_VIEW && found->path != NULL)
        found->kind = MONGODB_COLLECTION; /* mongodump --viewsAsCollections */
    if (found->kind == MONGODB_COLLECTION && found->path == NULL)
        return spoil(found, again, error,
                     "the export has %s but no documents of that collection: the dump was cut "
                     "short, or a file was lost",
                     part->metadata);
    return true;
}

/* A time series is only in the server's own buckets, under their name. */
static bool spoil_time_series(struct dump_collection *collection, struct error *error)
{
    return spoil(
        collection,
        ADVICE("read it from the live server, or export it with mongoexport into a file NAME.json "
               "in place of its buckets and metadata"),
        error,
        "%s is a time-series collection: the export holds it in the server's own "
        "buckets, not as documents",
        collection->name);
}

static struct dump_collection *find(const struct dump_folder *folder, const char *name)
{
    for (size_t i = 0; i < folder->count; i++)
        if (strcmp(folder->items[i].name, name) == 0)
            return &folder->items[i];
    return NULL;
}

/* What the part found goes over into the folder. */
static bool add(struct dump_folder *folder, struct part *part, struct error *error)
{
    struct dump_collection *twin = find(folder, part->found.name);
    if (twin != NULL)
        return spoil(twin, ADVICE("keep the files that belong to this export"), error,
                     "%s.* is the collection %s, and there are other files of it", part->stem,
                     twin->name);
    struct dump_collection *items = realloc(folder->items, (folder->count + 1) * sizeof *items);
    if (items == NULL)
        return error_memory(error);
    folder->items = items;
    items[folder->count++] = part->found;
    part->found = (struct dump_collection){0};
    return true;
}

/* A time series' name stands on its metadata; without them, only on its buckets. */
static bool add_buckets(struct dump_folder *folder, struct part *part, struct error *error)
{
    struct dump_collection *found = &part->found;
    const char *of = found->name + strlen(buckets);
    if (find(folder, of) != NULL)
        return true;
    char *name = strdup(of);
    if (name == NULL)
        return error_memory(error);
    free(found->name);
    found->name = name;
    found->kind = MONGODB_TIME_SERIES;
    return spoil_time_series(found, error) && add(folder, part, error);
}

static bool is_buckets(const struct part *part)
{
    return begins(part->found.name, buckets);
}

/* The oplog inside the folder is no collection. */
static bool take_oplog(struct dump_folder *folder, struct part *part)
{
    struct dump_collection *found = &part->found;
    if (strcmp(part->stem, "oplog") != 0 || part->metadata != NULL || found->path == NULL ||
        found->form != DOCUMENTS_BSON || !oplog_is(found->path))
        return false;
    folder->oplog = found->path;
    found->path = NULL;
    return true;
}

static bool add_part(struct dump_folder *folder, struct part *part, struct error *error)
{
    if (take_oplog(folder, part))
        return true;
    if (part->found.kind == MONGODB_TIME_SERIES && !spoil_time_series(&part->found, error))
        return false;
    return add(folder, part, error);
}

static int by_name(const void *a, const void *b)
{
    const struct dump_collection *left = a, *right = b;
    return strcmp(left->name, right->name);
}

/* What mongodump says of itself beside the collections: {"ServerVersion", "ToolVersion"}. */
static bool is_prelude(const char *folder, const char *file)
{
    struct buffer path, text;
    struct error ignored;
    if (strcmp(file, "prelude.json") != 0 && strcmp(file, "prelude.json.gz") != 0)
        return false;
    buffer_init(&path);
    buffer_init(&text);
    buffer_printf(&path, "%s/%s", folder, file);
    cJSON *json = read_whole(buffer_text(&path), &text, &ignored)
                      ? cJSON_ParseWithLength((const char *)text.data, text.length)
                      : NULL;
    bool is = cJSON_IsString(cJSON_GetObjectItemCaseSensitive(json, "ServerVersion")) &&
              cJSON_IsString(cJSON_GetObjectItemCaseSensitive(json, "ToolVersion"));
    cJSON_Delete(json);
    buffer_release(&path);
    buffer_release(&text);
    return is;
}

static bool read_files(struct parts *parts, const char *path, struct error *error)
{
    DIR *files = opendir(path);
    if (files == NULL) {
        if (errno == ENOTDIR)
            return export_form_refuse(path, error);
        error_set_errno(error, ERROR_SOURCE, "cannot read the folder %s", path);
        return error_hint(error, "give the folder of one database that mongodump wrote: "
                                 "file:DUMP/DATABASE");
    }
    bool ok = true;
    for (struct dirent *file; ok && (file = readdir(files)) != NULL;)
        ok = is_prelude(path, file->d_name) || take_file(parts, path, file->d_name, error);
    closedir(files);
    for (size_t i = 0; ok && i < parts->count; i++)
        ok = judge(&parts->items[i], error);
    return ok;
}

/* ---- an archive ------------------------------------------------------------------------------ */

/* What a view would have in it, an archive does not say. */
static bool take_item(struct parts *parts, const char *path, const struct archive_collection *item,
                      struct error *error)
{
    struct part *part = parts_add(parts, item->name, strlen(item->name));
    if (part == NULL)
        return error_memory(error);
    struct dump_collection *found = &part->found;
    found->form = DOCUMENTS_ARCHIVE;
    found->records = item->records;
    found->name = strdup(item->name);
    found->path = strdup(path);
    found->database = strdup(item->database);
    if (found->name == NULL || found->path == NULL || found->database == NULL)
        return error_memory(error);
    if (item->metadata != NULL &&
        !parse_metadata(found, item->metadata, strlen(item->metadata), item->name, error))
        return false;
    found->kind = beside_kind(found->name, found->metadata);
    return true;
}

static bool read_archive(struct dump_folder *folder, struct parts *parts, const char *path,
                         const char *database, struct error *error)
{
    struct archive_list list;
    if (!archive_list_read(&list, path, database, error))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < list.count; i++)
        if (strcmp(list.items[i].database, list.database) == 0)
            ok = take_item(parts, path, &list.items[i], error);
    folder->database = ok ? strdup(list.database) : NULL;
    folder->oplog = ok && list.oplog ? strdup(path) : NULL;
    if (ok && (folder->database == NULL || (list.oplog && folder->oplog == NULL)))
        ok = error_memory(error);
    archive_list_release(&list);
    return ok;
}

/* ---- both ------------------------------------------------------------------------------------ */

static bool is_archive(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && archive_is(path);
}

bool dump_folder_read(struct dump_folder *folder, const char *path, const char *database,
                      struct error *error)
{
    struct parts parts = {0};
    *folder = (struct dump_folder){0};
    bool ok = is_archive(path) ? read_archive(folder, &parts, path, database, error)
                               : read_files(&parts, path, error);
    bool found = false;
    for (size_t i = 0; ok && i < parts.count; i++)
        if (!is_buckets(&parts.items[i]))
            ok = add_part(folder, &parts.items[i], error);
    for (size_t i = 0; ok && i < parts.count; i++)
        if (parts.items[i].found.name != NULL && is_buckets(&parts.items[i]))
            ok = add_buckets(folder, &parts.items[i], error);
    parts_release(&parts);
    for (size_t i = 0; i < folder->count; i++)
        found = found || dump_folder_reads(&folder->items[i]);
    if (ok && !found)
        ok = export_form_refuse(path, error);
    if (!ok) {
        dump_folder_release(folder);
        return false;
    }
    qsort(folder->items, folder->count, sizeof folder->items[0], by_name);
    return true;
}

struct document_place dump_folder_place(const struct dump_collection *collection)
{
    return (struct document_place){
        .form = collection->form,
        .path = collection->path,
        .database = collection->database,
        .collection = collection->name,
    };
}

void dump_folder_release(struct dump_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        collection_release(&folder->items[i]);
    free(folder->items);
    free(folder->oplog);
    free(folder->database);
    *folder = (struct dump_folder){0};
}

bool dump_folder_reads(const struct dump_collection *collection)
{
    return collection->kind == MONGODB_COLLECTION || collection->kind == MONGODB_TIME_SERIES;
}

bool dump_folder_find(const struct dump_folder *folder, const char *path, const char *name,
                      const struct dump_collection **collection, struct error *error)
{
    const struct dump_collection *found = find(folder, name);
    if (found == NULL || !dump_folder_reads(found)) {
        error_set(error, ERROR_SOURCE, "the export %s holds no collection %s", path, name);
        error_at(error, name, NULL, NULL);
        return error_hint(error, "%s", CHANGED_ADVICE);
    }
    *collection = found;
    if (found->problem == NULL)
        return true;
    error_set(error, ERROR_SOURCE, "%s", found->problem);
    error_at(error, name, NULL, NULL);
    return error_hint(error, "%s", found->advice);
}
