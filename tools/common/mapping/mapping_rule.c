/* What a mapping does not take: fields dropped by name, and records and elements left out by a
 * rule. */
#include "graduate/path.h"
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const drop_words[] = {"path", "optional", "why"};
static const char *const rule_words[] = {"each", "when", "why", "optional"};

struct drop {
    const char *path, *why;
    bool optional;
};

/* A path as it is, or {"path": ..., "optional": true}. */
static bool read_drop(struct reading *r, const cJSON *item, const struct json_place *place,
                      struct drop *drop, struct errors *errors)
{
    if (cJSON_IsString(item) && item->valuestring[0] != '\0') {
        drop->path = item->valuestring;
        return true;
    }
    if (!cJSON_IsObject(item))
        return json_error(r->error, place,
                          "this must be a text, or an object as {\"path\": "
                          "\"field\", \"optional\": true}, and is %s",
                          json_kind(item));
    bool ok =
        reading_goes_on(r, json_only(item, place, drop_words, COUNT(drop_words), r->error), errors);
    bool lacks = cJSON_GetObjectItemCaseSensitive(item, "path") == NULL && errors->count == 0;
    return ok && reading_goes_on(r, reading_text(r, item, place, "path", &drop->path), errors) &&
           reading_goes_on(r, reading_bool(r, item, place, "optional", &drop->optional), errors) &&
           reading_goes_on(r, reading_text(r, item, place, "why", &drop->why), errors) &&
           (!lacks || json_error(r->error, place, "the \"path\" is missing"));
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

static bool overlaps(const char *one, const char *other)
{
    return one != NULL && (strcmp(one, other) == 0 || path_below(one, other) != NULL ||
                           path_below(other, one) != NULL);
}

static bool takes(const struct mapping_value *value, const char *path)
{
    bool found = value->kind == VALUE_FROM && overlaps(value->from, path);
    if (value->kind == VALUE_REST &&
        value->from != NULL) /* what is dropped in it, it leaves over */
        found = strcmp(value->from, path) == 0 || path_below(value->from, path) != NULL;
    for (size_t i = 0; i < value->member_count && !found; i++)
        found = takes(&value->members[i].value, path);
    return found;
}

/* Does the mapping say itself what becomes of the field? */
static bool speaks_for(const struct mapping *mapping, const char *path)
{
    bool found = mapping->identity != NULL && overlaps(mapping->identity->from, path);
    for (size_t i = 0; i < mapping->drops.count && !found; i++)
        found = overlaps(mapping->drops.items[i], path);
    for (size_t t = 0; t < mapping->table_count && !found; t++) {
        const struct mapping_table *table = &mapping->tables[t];
        found = overlaps(table->each, path);
        for (size_t c = 0; table->each == NULL && c < table->column_count && !found; c++)
            found = takes(&table->columns[c].value, path);
    }
    return found;
}

/* What "every" drops, of documents; a table's columns are dropped where they are known. */
static void drop_everywhere(const struct project *project, struct mapping *mapping)
{
    struct words *drops = &mapping->drops;
    for (size_t i = 0; i < project->every.drops.count; i++) {
        const char *path = project->every.drops.items[i];
        if (mapping->source->kind == SOURCE_POSTGRES || speaks_for(mapping, path))
            continue;
        mapping->drops_optional[drops->count] = true;
        mapping->drops_why[drops->count] = project->every.drop_whys[i];
        drops->items[drops->count++] = path;
    }
}

static bool check_drop(struct reading *r, const struct json_place *place, struct drop *drop)
{
    const struct words *drops = &r->mapping->drops;
    if (drop->path == NULL)
        return true;
    if (!reading_path(r, place, PATH_MEMBERS, &drop->path))
        return false;
    if (!lies_in_level(r, drop->path))
        return json_error(r->error, place, "no \"each\" opens the \"*\" in \"%s\"", drop->path);
    for (size_t i = 0; i < drops->count; i++)
        if (strcmp(drops->items[i], drop->path) == 0)
            return json_error(r->error, place, "\"%s\" stands here twice", drop->path);
    return true;
}

static bool add_drop(struct reading *r, const cJSON *item, const struct json_place *place)
{
    struct mapping *mapping = r->mapping;
    struct words *drops = &mapping->drops;
    struct drop drop = {0};
    struct errors errors = {0};
    bool ok = reading_goes_on(r, read_drop(r, item, place, &drop, &errors), &errors) &&
              reading_goes_on(r, check_drop(r, place, &drop), &errors);
    if (!ok || !errors_give(&errors, r->error))
        return false;
    mapping->drops_optional[drops->count] = drop.optional;
    mapping->drops_why[drops->count] = drop.why;
    drops->items[drops->count++] = drop.path;
    return true;
}

bool mapping_read_drops(struct reading *r, const cJSON *json, const struct json_place *top)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "drop"), *item;
    struct json_place here = {top, "drop", 0};
    struct mapping *mapping = r->mapping;
    struct words *drops = &mapping->drops;
    if (list != NULL && !cJSON_IsArray(list))
        return json_error(r->error, &here, "this must be an array of texts, and is %s",
                          json_kind(list));
    size_t count = r->project->every.drops.count;
    count += list != NULL ? (size_t)cJSON_GetArraySize(list) : 0;
    drops->items = arena_alloc(r->arena, count, sizeof *drops->items);
    mapping->drops_optional = arena_alloc(r->arena, count, sizeof *mapping->drops_optional);
    mapping->drops_why = arena_alloc(r->arena, count, sizeof *mapping->drops_why);
    if (drops->items == NULL || mapping->drops_optional == NULL || mapping->drops_why == NULL)
        return reading_memory(r);
    struct errors errors = {0};
    size_t index = 0;
    cJSON_ArrayForEach(item, list)
    {
        struct json_place at = {&here, NULL, index++};
        if (!reading_goes_on(r, add_drop(r, item, &at), &errors))
            return false;
    }
    drop_everywhere(r->project, mapping);
    return errors_give(&errors, r->error);
}

/* A table that takes every record, or element, of which the rule speaks: a rule is for those that
 * none takes. NULL: there is none. */
static const char *takes_all(const struct mapping *mapping, const struct mapping_rule *rule)
{
    for (size_t t = 0; t < mapping->table_count; t++) {
        const struct mapping_table *table = &mapping->tables[t];
        bool same = rule->each == NULL || table->each == NULL ? rule->each == table->each
                                                              : strcmp(rule->each, table->each) == 0;
        bool decides = rule->each != NULL || strcmp(table->label, mapping->tables[0].label) == 0;
        if (same && decides && table->when.count == 0)
            return table->label;
    }
    return NULL;
}

static bool read_level(struct reading *r, const cJSON *item, const struct json_place *place,
                       struct mapping_rule *rule)
{
    struct json_place each = {place, "each", 0};
    if (!reading_text(r, item, place, "each", &rule->each) ||
        !reading_path(r, &each, PATH_MEMBERS, &rule->each))
        return false;
    return rule->each == NULL || reading_is_level(r, rule->each) ||
           json_error(r->error, &each, "no table has \"each\": \"%s\"", rule->each);
}

static bool check_rule(struct reading *r, const struct json_place *place,
                       const struct mapping_rule *rule)
{
    if (rule->why == NULL || rule->when.count == 0)
        return json_error(r->error, place, "a rule needs a \"when\", and a \"why\": the reason");
    const char *table = takes_all(r->mapping, rule);
    return table == NULL ||
           json_error(r->error, place,
                      "the rule leaves nothing out: %s takes all of them; give that table a "
                      "\"when\", or leave the rule away",
                      table);
}

static bool read_rule(struct reading *r, const cJSON *item, const struct json_place *place,
                      struct mapping_rule *rule)
{
    struct errors errors = {0};
    if (!cJSON_IsObject(item))
        return json_error(r->error, place,
                          "a rule is an object, as {\"each\": \"items\", "
                          "\"when\": {\"kind\": \"gift\"}, \"why\": \"...\"}, and this is %s",
                          json_kind(item));
    bool ok =
        reading_goes_on(r, json_only(item, place, rule_words, COUNT(rule_words), r->error),
                        &errors) &&
        reading_goes_on(r, read_level(r, item, place, rule), &errors) &&
        reading_goes_on(r, reading_text(r, item, place, "why", &rule->why), &errors) &&
        reading_goes_on(r, reading_bool(r, item, place, "optional", &rule->optional), &errors) &&
        reading_goes_on(r, mapping_read_conditions(r, item, place, &rule->when), &errors);
    bool lacks = cJSON_GetObjectItemCaseSensitive(item, "why") == NULL ||
                 cJSON_GetObjectItemCaseSensitive(item, "when") == NULL;
    if (ok && (lacks || errors.count == 0))
        ok = reading_goes_on(r, check_rule(r, place, rule), &errors);
    return ok && errors_give(&errors, r->error);
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
