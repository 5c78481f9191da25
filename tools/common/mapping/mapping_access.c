/* Who may read and write a table: policies and grants, of a table or said once in project.json. */
#include "mapping.h"
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const policy_words[] = {"name", "for", "to", "using", "check"};
static const char *const commands[] = {"all", "select", "insert", "update", "delete"};

/* ---- policies -------------------------------------------------------------------------------- */

/* What stands in it besides its name. */
static bool read_policy(struct reading *r, const cJSON *item, const struct json_place *at,
                        struct mapping_policy *policy)
{
    struct errors errors = {0};
    policy->command = "all";
    return reading_goes_on(r, json_only(item, at, policy_words, COUNT(policy_words), r->error),
                           &errors) &&
           reading_goes_on(r, reading_text(r, item, at, "name", &policy->name), &errors) &&
           reading_goes_on(
               r, reading_choice(r, item, at, "for", commands, COUNT(commands), &policy->command),
               &errors) &&
           reading_goes_on(r, reading_member_words(r, item, at, "to", &policy->roles), &errors) &&
           reading_goes_on(r, reading_text(r, item, at, "using", &policy->using), &errors) &&
           reading_goes_on(r, reading_text(r, item, at, "check", &policy->with_check), &errors) &&
           errors_give(&errors, r->error);
}

bool project_read_policies(struct reading *r, const cJSON *json, const struct json_place *top)
{
    const cJSON *policies = cJSON_GetObjectItemCaseSensitive(json, "policies"), *item;
    struct json_place here = {top, "policies", 0};
    struct project *project = r->project;
    if (policies == NULL)
        return true;
    if (!cJSON_IsObject(policies) || policies->child == NULL)
        return json_error(r->error, &here, "this must be an object of names and policies, and is %s",
                          json_kind(policies));
    project->policies =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(policies), sizeof *project->policies);
    if (project->policies == NULL)
        return reading_memory(r);
    cJSON_ArrayForEach(item, policies)
    {
        struct json_place at = {&here, item->string, 0};
        struct mapping_policy *policy = &project->policies[project->policy_count++];
        if (!cJSON_IsObject(item))
            return json_error(r->error, &at, "a policy is an object, and this is %s",
                              json_kind(item));
        if (!read_policy(r, item, &at, policy) || !reading_name(r, &at, item->string))
            return false;
        if (policy->name != NULL || policy->roles.count == 0)
            return json_error(r->error, &at,
                              "a policy here is called by its key, and needs the roles it is "
                              "\"to\"");
        policy->name = item->string;
        for (size_t i = 0; i < COUNT(policy_words); i++)
            if (strcmp(policy_words[i], policy->name) == 0)
                return json_error(r->error, &at, "no policy can have this name here: tables say "
                                                 "something else by it");
    }
    return true;
}

/* {"with its owner": "post_id"} */
static bool take_named(struct reading *r, const cJSON *item, const struct json_place *at,
                       const struct mapping_table *table, struct mapping_policy *policy)
{
    const cJSON *column = item->child;
    struct json_place here = {at, column->string, 0};
    const char *name = column->valuestring;
    const struct words words = {&name, 1};
    for (size_t i = 0; i < r->project->policy_count; i++) {
        if (strcmp(r->project->policies[i].name, column->string) != 0)
            continue;
        if (!cJSON_IsString(column) || column->valuestring[0] == '\0')
            return json_error(r->error, &here, "this must be the column it is taken for, and is %s",
                              json_kind(column));
        *policy = r->project->policies[i];
        policy->column = column->valuestring;
        return mapping_check_columns(r, at, table, &words, false);
    }
    return false;
}

static bool is_named(const struct project *project, const cJSON *item)
{
    for (size_t i = 0; item->child != NULL && i < project->policy_count; i++)
        if (item->child->next == NULL &&
            strcmp(item->child->string, project->policies[i].name) == 0)
            return true;
    return false;
}

static bool read_table_policy(struct reading *r, const cJSON *item, const struct json_place *at,
                              const struct mapping_table *table, struct mapping_policy *policy)
{
    struct json_place name = {at, "name", 0};
    if (!cJSON_IsObject(item))
        return json_error(r->error, at, "a policy is an object, and this is %s", json_kind(item));
    if (is_named(r->project, item))
        return take_named(r, item, at, table, policy);
    if (!read_policy(r, item, at, policy))
        return false;
    if (policy->name == NULL || policy->roles.count == 0)
        return json_error(r->error, at, "a policy needs a \"name\" and the roles it is \"to\"");
    return reading_name(r, &name, policy->name);
}

bool mapping_read_policies(struct reading *r, const cJSON *object, const struct json_place *place,
                           struct mapping_table *table)
{
    const cJSON *policies = cJSON_GetObjectItemCaseSensitive(object, "policies"), *item;
    struct json_place here = {place, "policies", 0};
    if (policies == NULL)
        return true;
    if (!cJSON_IsArray(policies))
        return json_error(r->error, &here, "this must be an array, and is %s", json_kind(policies));
    table->policies =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(policies), sizeof *table->policies);
    if (table->policies == NULL)
        return reading_memory(r);
    struct errors errors = {0};
    cJSON_ArrayForEach(item, policies)
    {
        struct json_place at = {&here, NULL, table->policy_count};
        struct mapping_policy *policy = &table->policies[table->policy_count++];
        if (!reading_goes_on(r, read_table_policy(r, item, &at, table, policy), &errors))
            return false;
    }
    return errors_give(&errors, r->error);
}

/* ---- what a policy's column is, and refers to ------------------------------------------------ */

static bool is_own_key(const struct mapping *entity, const struct mapping_table *table)
{
    for (size_t c = 0; c < table->column_count && table->key.count == 1; c++)
        if (strcmp(table->columns[c].name, table->key.items[0]) == 0)
            return table->columns[c].value.id_of == entity;
    return table->keep_shape && table->key.count == 0;
}

/* The first of the entity's own tables whose key is its id. */
static const struct mapping_table *home_of(const struct mapping *entity)
{
    for (size_t t = 0; t < entity->table_count; t++)
        if (entity->tables[t].each == NULL && is_own_key(entity, &entity->tables[t]))
            return &entity->tables[t];
    return NULL;
}

static const struct mapping_table *table_of(const struct mapping_table *table, const char *name)
{
    for (size_t c = 0; c < table->column_count; c++) {
        const struct mapping_value *value = &table->columns[c].value;
        if (strcmp(table->columns[c].name, name) != 0)
            continue;
        return value->above != NULL ? value->above : value->id_of != NULL ? home_of(value->id_of)
                                                                          : NULL;
    }
    return NULL;
}

static void put_name(struct buffer *out, const char *name)
{
    buffer_putc(out, '"');
    for (; *name != '\0'; name++)
        buffer_puts(out, *name == '"' ? "\"\"" : (const char[]){*name, '\0'});
    buffer_putc(out, '"');
}

/* The SQL with its places filled in; NULL: it has none for the table that it names. */
static bool fill_in(struct arena *arena, const struct mapping_table *table,
                    const struct mapping_policy *policy, const char **sql, bool *lost)
{
    const struct mapping_table *there = table_of(table, policy->column);
    struct buffer out;
    buffer_init(&out);
    for (const char *at = *sql; at != NULL && *at != '\0';) {
        bool column = strncmp(at, "{column}", 8) == 0, other = strncmp(at, "{table}", 7) == 0;
        *lost = *lost || (other && there == NULL);
        if (column) {
            put_name(&out, policy->column);
        } else if (other && there != NULL) {
            put_name(&out, there->schema);
            buffer_putc(&out, '.');
            put_name(&out, there->name);
        } else {
            buffer_putc(&out, *at);
        }
        at += column ? 8 : other ? 7 : 1;
    }
    if (*sql != NULL)
        *sql = arena_text(arena, buffer_text(&out));
    bool ok = !out.failed;
    buffer_release(&out);
    return ok;
}

bool mapping_settle_policies(struct arena *arena, struct mapping *mapping, struct error *error)
{
    for (size_t t = 0; t < mapping->table_count; t++) {
        struct mapping_table *table = &mapping->tables[t];
        for (size_t i = 0; i < table->policy_count; i++) {
            struct mapping_policy *policy = &table->policies[i];
            bool lost = false;
            if (policy->column == NULL)
                continue;
            if (!fill_in(arena, table, policy, &policy->using, &lost) ||
                !fill_in(arena, table, policy, &policy->with_check, &lost))
                return error_memory(error);
            if (!lost)
                continue;
            error_set(error, ERROR_USAGE,
                      "%s: /to/%s/policies/%zu: \"%s\" wants the {table} that the column refers "
                      "to, and \"%s\" refers to none",
                      mapping->file, table->label, i, policy->name, policy->column);
            return error_hint(error, "take it for a column with \"id_of\" or \"parent\"");
        }
    }
    return true;
}

bool project_check_policies(const struct project *project, const struct json_place *top,
                            struct error *error)
{
    struct json_place here = {top, "policies", 0};
    for (size_t p = 0; p < project->policy_count && project->broken_count == 0; p++) {
        bool taken = false;
        for (size_t m = 0; m < project->mapping_count; m++)
            for (size_t t = 0; t < project->mappings[m]->table_count; t++) {
                const struct mapping_table *table = &project->mappings[m]->tables[t];
                for (size_t i = 0; i < table->policy_count; i++)
                    taken = taken || (table->policies[i].column != NULL &&
                                      strcmp(table->policies[i].name,
                                             project->policies[p].name) == 0);
            }
        struct json_place at = {&here, project->policies[p].name, 0};
        if (!taken)
            return json_error(error, &at, "no table takes this policy");
    }
    return true;
}

/* ---- grants ---------------------------------------------------------------------------------- */

bool mapping_read_grants(struct reading *r, const cJSON *object, const struct json_place *place,
                         struct mapping_grant **list, size_t *count)
{
    const cJSON *grants = cJSON_GetObjectItemCaseSensitive(object, "grants"), *item;
    struct json_place here = {place, "grants", 0};
    if (grants == NULL)
        return true;
    if (!cJSON_IsObject(grants))
        return json_error(r->error, &here,
                          "this must be an object of roles and privileges, and "
                          "is %s",
                          json_kind(grants));
    *list = arena_alloc(r->arena, (size_t)cJSON_GetArraySize(grants), sizeof **list);
    if (*list == NULL)
        return reading_memory(r);
    struct errors errors = {0};
    cJSON_ArrayForEach(item, grants)
    {
        struct json_place at = {&here, item->string, 0};
        struct mapping_grant *grant = &(*list)[(*count)++];
        grant->role = item->string;
        if (!reading_goes_on(r, reading_words(r, item, &at, &grant->privileges), &errors))
            return false;
        for (size_t i = 0; i < grant->privileges.count; i++) {
            size_t c = 0;
            while (c < COUNT(commands) && strcmp(commands[c], grant->privileges.items[i]) != 0)
                c++;
            if (c < COUNT(commands))
                continue;
            reading_wrong_word(r, &at, grant->privileges.items[i], commands, COUNT(commands));
            errors_add(&errors, r->error);
        }
    }
    return errors_give(&errors, r->error);
}


bool mapping_read_table_grants(struct reading *r, const cJSON *object,
                               const struct json_place *place, struct mapping_table *table)
{
    const struct every *every = &r->project->every;
    if (!cJSON_HasObjectItem(object, "grants") && !table->exists) {
        table->grants = every->grants;
        table->grant_count = every->grant_count;
    }
    return mapping_read_grants(r, object, place, &table->grants, &table->grant_count);
}
