/* What project.json says once for all mappings: "every". */
#include "mapping.h"
#include "project_file.h"
#include "reading.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const every_words[] = {"misfit"};

bool project_read_every(struct project *project, struct arena *arena, const cJSON *json,
                        const struct json_place *top, struct error *error)
{
    const cJSON *every = cJSON_GetObjectItemCaseSensitive(json, "every");
    struct json_place here = {top, "every", 0};
    struct reading r = {.project = project, .arena = arena, .error = error};
    if (every == NULL)
        return true;
    if (!cJSON_IsObject(every) || every->child == NULL)
        return json_error(error, &here,
                          "this must be an object, as {\"misfit\": {\"nul\": \"strip\"}}, and is %s",
                          json_kind(every));
    return json_only(every, &here, every_words, COUNT(every_words), error) &&
           mapping_read_misfits(&r, every, &here, &project->every.misfits);
}

bool project_check_every(const struct project *project, const cJSON *json, const char *file,
                         struct error *error)
{
    const struct json_place top = {NULL, file, 0};
    struct json_place here = {&top, "every", 0};
    const cJSON *every = cJSON_GetObjectItemCaseSensitive(json, "every");
    return every == NULL || project_check_misfits(project, every, &here, error);
}
