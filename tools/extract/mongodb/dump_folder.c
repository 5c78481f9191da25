#include "dump_folder.h"
#include "graduate/buffer.h"
#include "graduate/words.h"
#include "packed_file.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_METADATA = 64 << 20, LONG_STEM = 238, LONG_STEM_KEPT = 208 };

enum kind { COLLECTION, VIEW, TIME_SERIES };

/* The files of one collection. */
struct part {
    char *stem;                 /* their name up to the suffix */
    char *name;                 /* of the collection */
    char *documents, *metadata; /* paths, or NULL */
    enum kind kind;
};

struct parts {
    struct part *items;
    size_t count;
};

static const struct {
    const char *suffix;
    bool documents;
} suffixes[] = {
    {".bson", true},
    {".bson.gz", true},
    {".metadata.json", false},
    {".metadata.json.gz", false},
};

static const char buckets[] = "system.buckets.";

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
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
        free(parts->items[i].name);
        free(parts->items[i].documents);
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

/* Undo Go's url.QueryEscape. */
static bool unescape(const char *stem, char **name, struct error *error)
{
    struct buffer out;
    buffer_init(&out);
    for (const char *at = stem; *at != '\0'; at++) {
        unsigned byte = 0;
        if (*at == '%') {
            char digits[3] = {at[1], at[1] == '\0' ? '\0' : at[2], '\0'};
            char *end;
            byte = (unsigned)strtoul(digits, &end, 16);
            if (end != digits + 2 || byte == 0 || strspn(digits, "+- ") > 0) {
                buffer_release(&out);
                error_set(error, ERROR_SOURCE,
                          "the file name %s is not as mongodump writes it: a wrong %% escape",
                          stem);
                return error_hint(error,
                                  "give the file its name back, or take it out of the folder");
            }
            at += 2;
        }
        buffer_putc(&out, byte != 0 ? (char)byte : *at == '+' ? ' ' : *at);
    }
    *name = strdup(buffer_text(&out));
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
            ok = error_set(error, ERROR_SOURCE, "%s is too large for metadata", path);
    }
    packed_file_close(&file);
    return ok;
}

/* What the metadata says of the kind, in the form of today's tools or of older ones; and the name,
 * if the file's was cut. */
static bool take_metadata(struct part *part, const cJSON *json, struct error *error)
{
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "type"));
    const cJSON *options = cJSON_GetObjectItemCaseSensitive(json, "options");
    if ((type != NULL && strcmp(type, "view") == 0) ||
        cJSON_GetObjectItemCaseSensitive(options, "viewOn") != NULL)
        part->kind = VIEW;
    else if ((type != NULL && strcmp(type, "timeseries") == 0) ||
             cJSON_GetObjectItemCaseSensitive(options, "timeseries") != NULL)
        part->kind = TIME_SERIES;
    const char *name =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "collectionName"));
    if (name == NULL || strlen(part->stem) != LONG_STEM ||
        !begins(part->stem + LONG_STEM_KEPT, "%24"))
        return true;
    free(part->name);
    part->name = strdup(name);
    return part->name != NULL ? true : error_memory(error);
}

static bool read_metadata(struct part *part, struct error *error)
{
    struct buffer text;
    buffer_init(&text);
    bool ok = read_whole(part->metadata, &text, error);
    if (ok) {
        cJSON *json = cJSON_ParseWithLength((const char *)text.data, text.length);
        if (cJSON_IsObject(json)) {
            ok = take_metadata(part, json, error);
        } else {
            ok = error_set(error, ERROR_SOURCE, "%s is no JSON object", part->metadata);
            error_hint(error, "take another copy of the export, or dump the database again");
        }
        cJSON_Delete(json);
    }
    buffer_release(&text);
    return ok;
}

static bool take_file(struct parts *parts, const char *folder, const char *file,
                      struct error *error)
{
    size_t stem;
    int row = suffix_of(file, &stem);
    if (row < 0)
        return true;
    struct part *part = parts_find(parts, file, stem);
    if (part == NULL) {
        part = parts_add(parts, file, stem);
        if (part == NULL)
            return error_memory(error);
        if (!unescape(part->stem, &part->name, error))
            return false;
    }
    char **slot = suffixes[row].documents ? &part->documents : &part->metadata;
    if (*slot != NULL) {
        error_set(error, ERROR_SOURCE, "%s and %s/%s are both there for one collection", *slot,
                  folder, file);
        return error_hint(error, "keep the one that belongs to this export");
    }
    if (asprintf(slot, "%s/%s", folder, file) < 0) {
        *slot = NULL;
        return error_memory(error);
    }
    return true;
}

static bool add(struct dump_folder *folder, const char *name, const char *path, bool time_series,
                struct error *error)
{
    struct dump_collection *items = realloc(folder->items, (folder->count + 1) * sizeof *items);
    if (items == NULL)
        return error_memory(error);
    folder->items = items;
    struct dump_collection *item = &items[folder->count++];
    *item = (struct dump_collection){.name = strdup(name), .time_series = time_series};
    if (path != NULL)
        item->path = strdup(path);
    return item->name != NULL && (path == NULL || item->path != NULL) ? true : error_memory(error);
}

/* A time series' name stands on its metadata; without them, only on its buckets. */
static bool add_part(struct dump_folder *folder, const struct parts *parts, const struct part *part,
                     struct error *error)
{
    if (begins(part->name, buckets)) {
        const char *of = part->stem + strlen(buckets);
        return parts_find(parts, of, strlen(of)) != NULL ||
               add(folder, part->name + strlen(buckets), NULL, true, error);
    }
    if (begins(part->name, "system.") || begins(part->name, "$admin.system."))
        return true;
    if (part->kind == TIME_SERIES)
        return add(folder, part->name, NULL, true, error);
    if (part->documents != NULL)
        return add(folder, part->name, part->documents, false, error);
    if (part->kind == VIEW)
        return true;
    error_set(error, ERROR_SOURCE, "the export has %s but no documents of that collection",
              part->metadata);
    error_at(error, part->name, NULL, NULL);
    return error_hint(error, "the dump was cut short or a file was lost: dump the database again");
}

static int by_name(const void *a, const void *b)
{
    const struct dump_collection *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static bool holds_documents(const char *folder)
{
    DIR *files = opendir(folder);
    bool found = false;
    for (struct dirent *file; files != NULL && !found && (file = readdir(files)) != NULL;) {
        size_t stem;
        int row = suffix_of(file->d_name, &stem);
        found = row >= 0 && suffixes[row].documents;
    }
    if (files != NULL)
        closedir(files);
    return found;
}

/* Most likely the folder above the right one was given. */
static bool nothing_there(const char *folder, struct error *error)
{
    error_set(error, ERROR_SOURCE, "the folder %s holds no collection (no .bson file)", folder);
    error_hint(error, "give the folder of one database that mongodump wrote: file:DUMP/DATABASE");
    DIR *files = opendir(folder);
    for (struct dirent *file; files != NULL && (file = readdir(files)) != NULL;) {
        char *inner;
        if (file->d_name[0] == '.' || asprintf(&inner, "%s/%s", folder, file->d_name) < 0)
            continue;
        if (holds_documents(inner))
            error_hint(error, "give the folder of one database, such as file:%s", inner);
        free(inner);
    }
    if (files != NULL)
        closedir(files);
    return false;
}

static bool read_parts(struct parts *parts, const char *path, struct error *error)
{
    DIR *files = opendir(path);
    if (files == NULL) {
        error_set_errno(error, ERROR_SOURCE, "cannot read the folder %s", path);
        return error_hint(error, "give the folder of one database that mongodump wrote: "
                                 "file:DUMP/DATABASE");
    }
    bool ok = true;
    for (struct dirent *file; ok && (file = readdir(files)) != NULL;)
        ok = take_file(parts, path, file->d_name, error);
    closedir(files);
    for (size_t i = 0; ok && i < parts->count; i++)
        if (parts->items[i].metadata != NULL)
            ok = read_metadata(&parts->items[i], error);
    return ok;
}

bool dump_folder_read(struct dump_folder *folder, const char *path, struct error *error)
{
    struct parts parts = {0};
    *folder = (struct dump_folder){0};
    bool ok = read_parts(&parts, path, error);
    for (size_t i = 0; ok && i < parts.count; i++)
        ok = add_part(folder, &parts, &parts.items[i], error);
    parts_release(&parts);
    if (ok && folder->count == 0)
        ok = nothing_there(path, error);
    if (!ok) {
        dump_folder_release(folder);
        return false;
    }
    qsort(folder->items, folder->count, sizeof folder->items[0], by_name);
    return true;
}

void dump_folder_release(struct dump_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        free(folder->items[i].name);
        free(folder->items[i].path);
    }
    free(folder->items);
    *folder = (struct dump_folder){0};
}

bool dump_folder_find(const struct dump_folder *folder, const char *path, const char *name,
                      const struct dump_collection **collection, struct error *error)
{
    const char **names = calloc(folder->count + 1, sizeof *names);
    if (names == NULL)
        return error_memory(error);
    *collection = NULL;
    for (size_t i = 0; i < folder->count; i++) {
        names[i] = folder->items[i].name;
        if (strcmp(names[i], name) == 0)
            *collection = &folder->items[i];
    }
    if (*collection == NULL) {
        const char *nearest = words_nearest(name, names, folder->count);
        error_set(error, ERROR_SOURCE, "the export %s holds no collection %s", path, name);
        error_at(error, name, NULL, NULL);
        if (nearest != NULL)
            error_hint(error, "did you mean %s?", nearest);
        else
            error_hint(error, "see what it holds with graduate-extract --catalog");
    }
    free(names);
    return *collection != NULL;
}
