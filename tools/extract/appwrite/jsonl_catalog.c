#include "jsonl_catalog.h"
#include "appwrite_attribute.h"
#include "graduate/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char jsonl_suffix[] = ".jsonl";

/* Lists in another form, and what makes a list of each. */
static const struct {
    const char *end, *way;
} forms[] = {
    {".json", "one object on each line: jq -c 'if type == \"array\" then .[] else . end'"},
    {".ndjson", "rename it"},
    {".csv", "export it as JSON, which keeps types and nulls"},
};

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length > tail && strcmp(name + length - tail, end) == 0;
}

static bool add_other(const char *file, struct catalog *catalog, struct error *error)
{
    char detail[NAME_MAX + 128];
    /* The collections' own description, which may lie beside their documents. */
    for (size_t i = 0; i < APPWRITE_SCHEMAS; i++)
        if (strcmp(file, appwrite_schemas[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (!ends_with(file, forms[i].end))
            continue;
        snprintf(detail, sizeof detail, "it must be %.*s%s, %s",
                 (int)(strlen(file) - strlen(forms[i].end)), file, jsonl_suffix, forms[i].way);
        return catalog_object_add(catalog, "file not read", file, NULL, detail, error);
    }
    return true;
}

static bool add_file(const char *folder, const char *file, struct catalog *catalog,
                     struct error *error)
{
    char path[PATH_MAX], name[NAME_MAX + 1];
    struct stat info;
    if (!file_join(path, sizeof path, folder, file, error))
        return false;
    if (ends_with(file, ".jsonl.gz")) {
        error_set(error, ERROR_SOURCE, "%s is compressed", path);
        return error_hint(error, "unpack it: gunzip %s", path);
    }
    if (!ends_with(file, jsonl_suffix))
        return add_other(file, catalog, error);
    if (stat(path, &info) != 0)
        return error_set_errno(error, ERROR_SOURCE, "cannot look at %s", path);
    if (!S_ISREG(info.st_mode))
        return error_set(error, ERROR_SOURCE, "%s is no file", path);
    snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(jsonl_suffix)), file);
    struct catalog_entity *entity = catalog_add(catalog, name);
    if (entity == NULL)
        return error_memory(error);
    entity->bytes = info.st_size;
    return true;
}

bool jsonl_catalog(const struct endpoint *endpoint, struct catalog *catalog, struct error *error)
{
    struct dirent **files;
    int count = scandir(endpoint->folder, &files, NULL, alphasort);
    if (count < 0) {
        error_set_errno(error, ERROR_SOURCE, "cannot read the folder %s", endpoint->folder);
        return error_hint(error,
                          "the URI of the source \"%s\" should read file:DIR, with the "
                          "folder of an export",
                          endpoint->source->name);
    }
    catalog->source = strdup(endpoint->source->name);
    catalog->kind = strdup(source_kind_names[SOURCE_APPWRITE]);
    catalog->version = strdup("export");
    bool ok = (catalog->source != NULL && catalog->kind != NULL && catalog->version != NULL) ||
              error_memory(error);
    for (int i = 0; i < count; i++) {
        ok = ok && add_file(endpoint->folder, files[i]->d_name, catalog, error);
        free(files[i]);
    }
    free(files);
    if (ok && catalog->entity_count == 0) {
        error_set(error, ERROR_SOURCE, "%s holds no *.jsonl file", endpoint->folder);
        if (catalog->object_count > 0)
            return error_hint(error, "it holds %s: %s", catalog->objects[0].name,
                              catalog->objects[0].detail);
        return error_hint(error, "an export has one file of JSON lines per collection, and "
                                 "users.jsonl");
    }
    return ok && appwrite_schema_read(endpoint->folder, endpoint->source->database, catalog, error);
}
