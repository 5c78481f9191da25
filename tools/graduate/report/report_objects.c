/* What became of the objects beside the records: sums by kind; those that are kept stand in
 * account.json alone. */
#include "member.h"
#include "papers.h"

#include <string.h>

/* The fates of account.json, as members of a line. */
static const char *const fates[][2] = {
    {"kept", "kept"}, {"changed", "changed"}, {"not kept", "not_kept"}};
enum { FATES = sizeof fates / sizeof fates[0] };

static bool same_kind(const cJSON *a, const cJSON *b)
{
    return strcmp(member_text(a, "source"), member_text(b, "source")) == 0 &&
           strcmp(member_text(a, "kind"), member_text(b, "kind")) == 0;
}

static bool has_kind(const cJSON *kinds, const cJSON *object)
{
    const cJSON *line;
    cJSON_ArrayForEach(line, kinds)
    {
        if (same_kind(line, object))
            return true;
    }
    return false;
}

static bool add_kind(cJSON *kinds, const cJSON *objects, const cJSON *first)
{
    int counts[FATES] = {0};
    const cJSON *object;
    cJSON_ArrayForEach(object, objects)
    {
        for (size_t fate = 0; fate < FATES; fate++)
            counts[fate] += same_kind(object, first) &&
                            strcmp(member_text(object, "fate"), fates[fate][0]) == 0;
    }
    cJSON *line = cJSON_CreateObject();
    bool ok = cJSON_AddItemToArray(kinds, line) &&
              cJSON_AddStringToObject(line, "source", member_text(first, "source")) != NULL &&
              cJSON_AddStringToObject(line, "kind", member_text(first, "kind")) != NULL;
    for (size_t fate = 0; ok && fate < FATES; fate++)
        ok = cJSON_AddNumberToObject(line, fates[fate][1], counts[fate]) != NULL;
    return ok;
}

bool report_add_objects(cJSON *report, const struct papers *papers)
{
    const cJSON *objects = member(papers->account, "objects"), *object;
    cJSON *json = cJSON_AddObjectToObject(report, "objects");
    cJSON *kinds = cJSON_AddArrayToObject(json, "kinds");
    cJSON *changed = cJSON_AddArrayToObject(json, "changed");
    cJSON *not_kept = cJSON_AddArrayToObject(json, "not_kept");
    bool ok = kinds != NULL && changed != NULL && not_kept != NULL;
    cJSON_ArrayForEach(object, objects)
    {
        const char *fate = member_text(object, "fate");
        cJSON *list = strcmp(fate, "changed") == 0    ? changed
                      : strcmp(fate, "not kept") == 0 ? not_kept
                                                      : NULL;
        ok = ok && (has_kind(kinds, object) || add_kind(kinds, objects, object)) &&
             (list == NULL || cJSON_AddItemToArray(list, cJSON_Duplicate(object, true)));
    }
    return ok;
}
