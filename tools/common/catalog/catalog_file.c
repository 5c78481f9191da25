/* Catalogs as files. */
#include "graduate/catalog.h"
#include "graduate/file.h"
#include "graduate/json.h"

#include <limits.h>
#include <stdio.h>

bool catalog_read(const char *folder, const char *source, struct catalog *catalog, bool *found,
                  struct error *error)
{
    char name[NAME_MAX + 1], path[PATH_MAX];
    cJSON *json;
    snprintf(name, sizeof name, "%s.json", source);
    if (!file_join(path, sizeof path, folder, name, error))
        return false;
    if (found != NULL) {
        *found = file_exists(path);
        if (!*found)
            return true;
    }
    if (!json_read_file(path, &json, error))
        return false;
    bool ok = catalog_from_json(json, path, catalog, error);
    cJSON_Delete(json);
    return ok;
}
