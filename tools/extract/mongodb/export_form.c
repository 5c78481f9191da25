#include "export_form.h"
#include "archive.h"
#include "graduate/message.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum form {
    NOTHING,  /* nothing that is known */
    DUMP,     /* a folder with documents */
    DUMPS,    /* a folder of such folders */
    ONE_FILE, /* the documents of one collection */
    ARCHIVE,  /* mongodump --archive */
    TABLE,    /* CSV of mongoexport */
    PACKED,   /* a folder in one file */
};

/* What a name says, by its end. */
static const struct {
    const char *end;
    enum form form;
} ends[] = {
    {".metadata.json", NOTHING},
    {".metadata.json.gz", NOTHING},
    {"prelude.json", NOTHING},
    {"prelude.json.gz", NOTHING},
    {".bson", ONE_FILE},
    {".bson.gz", ONE_FILE},
    {".tar", PACKED},
    {".tar.gz", PACKED},
    {".tgz", PACKED},
    {".tar.bz2", PACKED},
    {".tar.xz", PACKED},
    {".tar.zst", PACKED},
    {".zip", PACKED},
    {".7z", PACKED},
    {".json", ONE_FILE},
    {".json.gz", ONE_FILE},
    {".jsonl", ONE_FILE},
    {".jsonl.gz", ONE_FILE},
    {".ndjson", ONE_FILE},
    {".ndjson.gz", ONE_FILE},
    {".csv", TABLE},
    {".tsv", TABLE},
};

static enum form of_file(const char *path)
{
    size_t length = strlen(path);
    if (archive_is(path))
        return ARCHIVE;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t tail = strlen(ends[i].end);
        if (length > tail && strcmp(path + length - tail, ends[i].end) == 0)
            return ends[i].form;
    }
    return NOTHING;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* What an entry of a folder is; *inner gets its path. A folder in it, if asked to look into it, is
 * DUMPS when it has documents; they themselves are DUMP. */
static enum form of_entry(const char *folder, const struct dirent *entry, bool deep,
                          char inner[PATH_MAX])
{
    if (entry->d_name[0] == '.' ||
        snprintf(inner, PATH_MAX, "%s/%s", folder, entry->d_name) >= PATH_MAX)
        return NOTHING;
    if (!is_folder(inner)) {
        enum form form = of_file(inner);
        return form == ONE_FILE ? DUMP : form;
    }
    char deeper[PATH_MAX];
    bool found = false;
    DIR *files = deep ? opendir(inner) : NULL;
    for (struct dirent *file; files != NULL && !found && (file = readdir(files)) != NULL;)
        found = of_entry(inner, file, false, deeper) == DUMP;
    if (files != NULL)
        closedir(files);
    return found ? DUMPS : NOTHING;
}

/* Of a folder the first form that is found in it, in this order; `place` is where it lies. */
static enum form of_folder(const char *path, char place[PATH_MAX])
{
    static const enum form order[] = {DUMP, DUMPS, ARCHIVE, PACKED, TABLE};
    enum { NONE = sizeof order / sizeof order[0] };
    char inner[PATH_MAX];
    size_t best = NONE;
    DIR *files = opendir(path);
    for (struct dirent *file; files != NULL && (file = readdir(files)) != NULL;) {
        enum form form = of_entry(path, file, true, inner);
        for (size_t i = 0; i < best; i++)
            if (order[i] == form) {
                best = i;
                snprintf(place, PATH_MAX, "%s", form == DUMP ? path : inner);
            }
    }
    if (files != NULL)
        closedir(files);
    return best < NONE ? order[best] : NOTHING;
}

void export_form_warn(const char *folder, const char *source)
{
    char inner[PATH_MAX], first[PATH_MAX];
    size_t count = 0;
    DIR *files = opendir(folder);
    for (struct dirent *file; files != NULL && (file = readdir(files)) != NULL;) {
        enum form form = of_entry(folder, file, true, inner);
        if (form == NOTHING || form == DUMP)
            continue;
        if (count++ == 0)
            snprintf(first, sizeof first, "%s", inner);
    }
    if (files != NULL)
        closedir(files);
    if (count == 1)
        message_warning("source %s: %s is not read: it is no part of a dump of this database",
                        source, first);
    else if (count > 1)
        message_warning("source %s: %s and %zu more beside it are not read: they are no part of a "
                        "dump of this database",
                        source, first, count - 1);
}

static enum form look(const char *path, char place[PATH_MAX])
{
    struct stat info;
    snprintf(place, PATH_MAX, "%s", path);
    if (stat(path, &info) != 0)
        return NOTHING;
    enum form form = S_ISDIR(info.st_mode) ? of_folder(path, place) : of_file(path);
    if (form == ONE_FILE) {
        char *slash = strrchr(place, '/');
        if (slash != NULL && slash > place)
            *slash = '\0';
        else if (slash == NULL)
            snprintf(place, PATH_MAX, ".");
    }
    return form;
}

static bool say(enum form form, const char *place, struct error *error)
{
    switch (form) {
    case DUMP:
        return error_hint(error, "write file:%s to read that folder", place);
    case ONE_FILE:
        return error_hint(error, "give the folder in which the file lies: file:%s", place);
    case DUMPS:
        return error_hint(error, "give the folder of one database, such as file:%s", place);
    case ARCHIVE:
        return error_hint(error, "write file:%s to read that archive", place);
    case TABLE:
        return error_hint(error,
                          "%s has lost its types: export the collections with mongoexport "
                          "--jsonFormat=canonical, each into a file NAME.json, or run mongodump",
                          place);
    case PACKED:
        return error_hint(error,
                          "unpack %s, and give the folder of one database in it: "
                          "file:DUMP/DATABASE",
                          place);
    case NOTHING:
        break;
    }
    return error_hint(error, "give the folder of one database that mongodump wrote: "
                             "file:DUMP/DATABASE");
}

bool export_form_refuse(const char *path, struct error *error)
{
    char place[PATH_MAX];
    enum form form = look(path, place);
    if (is_folder(path))
        error_set(error, ERROR_SOURCE,
                  "the folder %s holds no collection (no .bson and no .json file)", path);
    else
        error_set(error, ERROR_SOURCE, "%s is neither a folder nor an archive of mongodump", path);
    return say(form, place, error);
}

bool export_form_of_uri(const char *uri, struct error *error)
{
    char place[PATH_MAX];
    enum form form = strstr(uri, "://") == NULL ? look(uri, place) : NOTHING;
    if (form == NOTHING)
        return false;
    say(form, place, error);
    return true;
}
