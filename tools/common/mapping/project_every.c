/* What project.json says once for all mappings: "every". */
#include "mapping.h"
#include "project_file.h"
#include "reading.h"
#include "said.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const every_words[] = {"drop", "misfit", "grants", "names"};
static const char *const name_forms[] = {"camelCase"};

/* {"__v": "Mongoose's"}: a field, and the reason. */
static bool read_drops(struct reading *r, const cJSON *every, const struct json_place *place)
{
    const cJSON *drops = cJSON_GetObjectItemCaseSensitive(every, "drop"), *item;
    struct json_place here = {place, "drop", 0};
    struct every *to = &r->project->every;
    if (drops == NULL)
        return true;
    if (!cJSON_IsObject(drops) && !cJSON_IsArray(drops))
        return json_error(r->error, &here,
                          "this must be an object of fields and reasons, or an array of fields, and "
                          "is %s",
                          json_kind(drops));
    size_t count = (size_t)cJSON_GetArraySize(drops);
    to->drops.items = arena_alloc(r->arena, count, sizeof *to->drops.items);
    to->drop_whys = arena_alloc(r->arena, count, sizeof *to->drop_whys);
    if (to->drops.items == NULL || to->drop_whys == NULL)
        return reading_memory(r);
    cJSON_ArrayForEach(item, drops)
    {
        struct json_place at = {&here, item->string, to->drops.count};
        const char *path = cJSON_IsObject(drops) ? item->string : item->valuestring;
        if (!cJSON_IsString(item))
            return json_error(r->error, &at, "this must be a text, and is %s", json_kind(item));
        if (!reading_path(r, &at, PATH_PLAIN, &path))
            return false;
        if (cJSON_IsObject(drops))
            to->drop_whys[to->drops.count] = item->valuestring;
        to->drops.items[to->drops.count++] = path;
    }
    return true;
}

static bool read_names(struct reading *r, const cJSON *every, const struct json_place *place)
{
    const char *form = NULL;
    if (!reading_choice(r, every, place, "names", name_forms, COUNT(name_forms), &form))
        return false;
    r->project->every.camel_case = form != NULL;
    return true;
}

/* Is there a table that is made and says nothing itself? */
static bool grants_to_some(const struct project *project)
{
    bool some = project->broken_count > 0;
    for (size_t i = 0; i < project->mapping_count && !some; i++)
        for (size_t t = 0; t < project->mappings[i]->table_count && !some; t++)
            some = project->mappings[i]->tables[t].grants == project->every.grants;
    return some;
}

/* Is there a mapping that does not say itself what becomes of the field? */
static bool drops_of_some(const struct project *project, const char *path)
{
    bool some = project->broken_count > 0;
    for (size_t i = 0; i < project->mapping_count && !some; i++)
        for (size_t d = 0; d < project->mappings[i]->drops.count && !some; d++)
            some = project->mappings[i]->drops.items[d] == path;
    return some;
}

bool project_read_every(struct project *project, struct arena *arena, const cJSON *json,
                        const struct json_place *top, struct error *error)
{
    const cJSON *every = cJSON_GetObjectItemCaseSensitive(json, "every");
    struct json_place here = {top, "every", 0};
    const struct source documents = {.kind = SOURCE_MONGODB}; /* whose fields are dropped */
    struct mapping any = {.source = &documents};
    struct reading r = {.project = project, .arena = arena, .mapping = &any, .error = error};
    if (every == NULL)
        return true;
    if (!cJSON_IsObject(every) || every->child == NULL)
        return json_error(error, &here,
                          "this must be an object, as {\"misfit\": {\"nul\": \"strip\"}}, and is %s",
                          json_kind(every));
    return json_only(every, &here, every_words, COUNT(every_words), error) &&
           mapping_read_misfits(&r, every, &here, &project->every.misfits) &&
           read_drops(&r, every, &here) && read_names(&r, every, &here) &&
           mapping_read_grants(&r, every, &here, &project->every.grants,
                               &project->every.grant_count);
}

bool project_check_every(const struct project *project, const cJSON *json, const char *file,
                         struct error *error)
{
    const struct json_place top = {NULL, file, 0};
    struct json_place here = {&top, "every", 0};
    const cJSON *every = cJSON_GetObjectItemCaseSensitive(json, "every");
    struct json_place drop = {&here, "drop", 0}, grants = {&here, "grants", 0};
    if (!project_check_policies(project, &top, error) || !said_check(project, &top, error))
        return false;
    for (size_t i = 0; i < project->every.drops.count; i++) {
        struct json_place at = {&drop, project->every.drops.items[i], 0};
        if (!drops_of_some(project, project->every.drops.items[i]))
            return json_error(error, &at,
                              "no mapping of documents leaves this field to be dropped here");
    }
    if (project->every.grant_count > 0 && !grants_to_some(project))
        return json_error(error, &grants, "no table is made that does not say \"grants\" itself");
    struct json_place names = {&here, "names", 0};
    if (project->every.camel_case && !project->every.camel_used && project->broken_count == 0)
        return json_error(error, &names,
                          "no column of documents has a name with \"_\" and no \"from\"");
    return every == NULL || project_check_misfits(project, every, &here, error);
}
