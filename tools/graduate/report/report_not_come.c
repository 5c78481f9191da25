/* What did not come, and why, path by path; and what a function made another value of. */
#include "filters.h"
#include "member.h"
#include "papers.h"

#include "graduate/buffer.h"

#include <string.h>

/* An {entity, path, count, reason}; none where the count is 0. */
static bool add_line(cJSON *array, const cJSON *of, int64_t count, const char *reason)
{
    if (count == 0)
        return true;
    cJSON *json = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, json) &&
           cJSON_AddStringToObject(json, "entity", member_text(of, "entity")) != NULL &&
           cJSON_AddStringToObject(json, "path", member_text(of, "path")) != NULL &&
           cJSON_AddNumberToObject(json, "count", (double)count) != NULL &&
           cJSON_AddStringToObject(json, "reason", reason) != NULL;
}

static bool add_ruled(cJSON *array, const struct papers *papers, const cJSON *of, int64_t count)
{
    const struct mapping *mapping = project_mapping(papers->project, member_text(of, "entity"));
    struct buffer reasons;
    buffer_init(&reasons);
    if (mapping != NULL)
        filters_put_reasons(&reasons, mapping, member_text(of, "path"));
    bool ok = !reasons.failed && add_line(array, of, count, buffer_text(&reasons));
    buffer_release(&reasons);
    return ok;
}

/* What a "why" says of the values of a path. */
static bool add_values(cJSON *array, const struct papers *papers, const cJSON *of, const char *fate)
{
    const struct mapping *mapping = project_mapping(papers->project, member_text(of, "entity"));
    struct buffer reasons;
    buffer_init(&reasons);
    if (mapping != NULL)
        filters_put_value_reasons(&reasons, mapping, member_text(of, "path"),
                                  strcmp(fate, "dropped") == 0);
    bool ok =
        !reasons.failed && add_line(array, of, member_count(of, fate), buffer_text(&reasons));
    buffer_release(&reasons);
    return ok;
}

/* The fates by which a value does not come, as members of a path's line and of the report's. */
static const char *const fates[] = {"dropped", "compared", "kept_out", "lost", "emptied"};

bool report_add_not_come(cJSON *report, const struct papers *papers)
{
    cJSON *json = cJSON_AddObjectToObject(report, "not_come");
    cJSON *filtered = cJSON_AddArrayToObject(json, "filtered");
    cJSON *rejected = cJSON_AddArrayToObject(json, "rejected");
    cJSON *elements = cJSON_AddArrayToObject(json, "elements");
    bool ok = filtered != NULL && rejected != NULL && elements != NULL;
    const cJSON *line;
    cJSON_ArrayForEach(line, member(papers->account, "entities"))
    {
        ok = ok && add_ruled(filtered, papers, line, member_count(line, "filtered")) &&
             add_line(rejected, line, member_count(line, "rejected"), "");
    }
    cJSON_ArrayForEach(line, member(papers->account, "paths"))
    {
        ok = ok && add_ruled(elements, papers, line,
                             member_count(line, "elements") - member_count(line, "taken"));
    }
    for (size_t i = 0; ok && i < sizeof fates / sizeof fates[0]; i++) {
        cJSON *array = cJSON_AddArrayToObject(json, fates[i]);
        ok = array != NULL;
        cJSON_ArrayForEach(line, member(papers->account, "paths"))
        {
            ok = ok && add_values(array, papers, line, fates[i]);
        }
    }
    return ok;
}

bool report_add_changes(cJSON *report, const struct papers *papers)
{
    static const char by[] = "by ";
    cJSON *array = cJSON_AddArrayToObject(report, "changes");
    bool ok = array != NULL;
    const cJSON *path, *number;
    cJSON_ArrayForEach(path, member(papers->account, "paths"))
    {
        cJSON_ArrayForEach(number, path)
        {
            if (number->string == NULL || strncmp(number->string, by, sizeof by - 1) != 0)
                continue;
            cJSON *json = cJSON_CreateObject();
            ok = ok && cJSON_AddItemToArray(array, json) &&
                 cJSON_AddStringToObject(json, "entity", member_text(path, "entity")) != NULL &&
                 cJSON_AddStringToObject(json, "path", member_text(path, "path")) != NULL &&
                 cJSON_AddStringToObject(json, "rule", number->string + sizeof by - 1) != NULL &&
                 cJSON_AddNumberToObject(json, "values", number->valuedouble) != NULL;
        }
    }
    return ok;
}
