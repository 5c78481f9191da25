/* What a mapping does not take: fields dropped by name, and records and elements left out by a
 * rule. */
#include "graduate/path.h"
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const drop_words[] = {"path", "optional"};
static const char *const rule_words[] = {"each", "when", "why", "optional"};

/* A path as it is, or {"path": ..., "optional": true}. */
static bool read_drop(struct reading *r, const cJSON *item, const struct json_place *place,
                      const char **path, bool *optional)
{
    if (cJSON_IsString(item) && item->valuestring[0] != '\0') {
        *path = item->valuestring;
        return true;
    }
    if (!cJSON_IsObject(item))
        return json_error(r->error, place,
                          "this must be a text, or an object as {\"path\": "
                          "\"field\", \"optional\": true}, and is %s",
                          json_kind(item));
    *path = NULL;
    if (!json_only(item, place, drop_words, COUNT(drop_words), r->error) ||
        !reading_text(r, item, place, "path", path) ||
        !reading_bool(r, item, place, "optional", optional))
        return false;
    return *path != NULL || json_error(r->error, place, "the \"path\" is missing");
}

/* What lies in the members of an object lies in a level that some table opens. */
static bool lies_in_level(const struct reading *r, const char *path)
{
    struct path_step step;
    const char *rest = path, *inside = NULL;
    if (r->mapping->source->kind == SOURCE_POSTGRES)
        return true;
    while (path_next(&rest, &step))
        inside = step.kind == STEP_MEMBERS ? rest : inside;
    for (size_t t = 0; inside != NULL && *inside != '\0' && t < r->mapping->table_count; t++) {
        const char *each = r->mapping->tables[t].each;
        size_t length = (size_t)(inside - path) - 1;
        if (each != NULL && strncmp(each, path, length) == 0 &&
            (each[length] == '\0' || each[length] == '.'))
            return true;
    }
    return inside == NULL;
}

bool mapping_read_drops(struct reading *r, const cJSON *json, const struct json_place *top)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "drop"), *item;
    struct json_place here = {top, "drop", 0};
    struct mapping *mapping = r->mapping;
    struct words *drops = &mapping->drops;
    if (list == NULL)
        return true;
    if (!cJSON_IsArray(list))
        return json_error(r->error, &here, "this must be an array of texts, and is %s",
                          json_kind(list));
    size_t count = (size_t)cJSON_GetArraySize(list);
    drops->items = arena_alloc(r->arena, count, sizeof *drops->items);
    mapping->drops_optional = arena_alloc(r->arena, count, sizeof *mapping->drops_optional);
    if (drops->items == NULL || mapping->drops_optional == NULL)
        return reading_memory(r);
    cJSON_ArrayForEach(item, list)
    {
        struct json_place at = {&here, NULL, drops->count};
        const char *path;
        if (!read_drop(r, item, &at, &path, &mapping->drops_optional[drops->count]) ||
            !reading_path(r, &at, PATH_MEMBERS, &path))
            return false;
        if (!lies_in_level(r, path))
            return json_error(r->error, &at, "no \"each\" opens the \"*\" in \"%s\"", path);
        for (size_t i = 0; i < drops->count; i++)
            if (strcmp(drops->items[i], path) == 0)
                return json_error(r->error, &at, "\"%s\" stands here twice", path);
        drops->items[drops->count++] = path;
    }
    return true;
}

static bool read_rule(struct reading *r, const cJSON *item, const struct json_place *place,
                      struct mapping_rule *rule)
{
    struct json_place each = {place, "each", 0};
    if (!cJSON_IsObject(item))
        return json_error(r->error, place,
                          "a rule is an object, as {\"each\": \"items\", "
                          "\"when\": {\"kind\": \"gift\"}, \"why\": \"...\"}, and this is %s",
                          json_kind(item));
    if (!json_only(item, place, rule_words, COUNT(rule_words), r->error) ||
        !reading_text(r, item, place, "each", &rule->each) ||
        !reading_path(r, &each, PATH_MEMBERS, &rule->each) ||
        !reading_text(r, item, place, "why", &rule->why) ||
        !reading_bool(r, item, place, "optional", &rule->optional) ||
        !mapping_read_conditions(r, item, place, &rule->when))
        return false;
    if (rule->why == NULL || rule->when.count == 0)
        return json_error(r->error, place, "a rule needs a \"when\", and a \"why\": the reason");
    return rule->each == NULL || reading_is_level(r, rule->each) ||
           json_error(r->error, &each, "no table has \"each\": \"%s\"", rule->each);
}

bool mapping_read_rules(struct reading *r, const cJSON *json, const struct json_place *top)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "left_out"), *item;
    struct json_place here = {top, "left_out", 0};
    struct mapping *mapping = r->mapping;
    if (list == NULL)
        return true;
    if (!cJSON_IsArray(list))
        return json_error(r->error, &here, "this must be an array of rules, and is %s",
                          json_kind(list));
    mapping->rules =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(list), sizeof *mapping->rules);
    if (mapping->rules == NULL)
        return reading_memory(r);
    struct errors errors = {0};
    cJSON_ArrayForEach(item, list)
    {
        struct json_place at = {&here, NULL, mapping->rule_count};
        bool read = read_rule(r, item, &at, &mapping->rules[mapping->rule_count++]);
        if (!reading_goes_on(r, read, &errors))
            return false;
    }
    return errors_give(&errors, r->error);
}
