/* What the names in a mapping refer to: entities behind id_of, columns of the parent; and paths,
 * whose form depends on the source. Runs when all mappings of the project are parsed. */
#include "graduate/json.h"
#include "mapping.h"

#include <string.h>

struct linking {
    struct project *project;
    struct mapping *mapping;
    struct error *error;
};

static bool link_id(struct linking *r, const cJSON *object, const struct json_place *place,
                    const char *key, const struct mapping **out)
{
    const char *name = NULL;
    struct json_place here = {place, key, 0};
    struct error why = {0};
    if (!json_text(object, place, key, false, &name, r->error))
        return false;
    if (name != NULL && !project_find_mapping(r->project, name, out, &why))
        return json_error(r->error, &here, "%s", why.message);
    return true;
}

/* A column of a table can have any name; a path into documents is names with dots between them. */
static bool check_path(const struct linking *r, const struct json_place *place, const char *path,
                       bool itself)
{
    if (r->mapping->source->kind == SOURCE_POSTGRES || (itself && strcmp(path, ".") == 0))
        return true;
    size_t length = strlen(path);
    if (length > 0 && path[0] != '.' && path[length - 1] != '.' && strstr(path, "..") == NULL)
        return true;
    return json_error(r->error, place, "\"%s\" is no path: a name in it is empty", path);
}

/* `inner`: of an element, from which one can look out at the record. */
static bool check_conditions(const struct linking *r, const struct json_place *place,
                             const struct conditions *conditions, bool inner)
{
    struct json_place when = {place, "when", 0};
    for (size_t i = 0; i < conditions->count; i++) {
        struct json_place here = {&when, conditions->items[i].path, 0};
        if (conditions->items[i].outer && !inner)
            return json_error(r->error, &here,
                              "\"^.\" looks out of an element at its record, and "
                              "here is no \"each\"");
        if (!check_path(r, &here, conditions->items[i].path, !conditions->items[i].outer))
            return false;
    }
    return true;
}

/* "by" is a path in the records of the other entity. */
static bool link_reference(struct linking *r, const struct json_place *place,
                           const struct mapping_value *value)
{
    struct json_place by = {place, "by", 0};
    if (value->by == NULL || value->id_of == NULL)
        return true;
    if (value->id_of->source->kind == SOURCE_POSTGRES)
        return json_error(r->error, &by, "this is for records of documents, and %s has rows",
                          value->id_of->name);
    return check_path(r, &by, value->by, false);
}

static bool link_value(struct linking *r, const cJSON *object, const struct json_place *place,
                       struct mapping_value *value, bool inner)
{
    const char *key = value->kind == VALUE_FIRST ? "first" : "object";
    const cJSON *members = cJSON_GetObjectItemCaseSensitive(object, key);
    struct json_place here = {place, key, 0}, from = {place, "from", 0};
    if ((value->kind == VALUE_FROM && !check_path(r, &from, value->from, true)) ||
        !check_conditions(r, place, &value->when, inner) ||
        !link_id(r, object, place, "id_of", &value->id_of) ||
        !link_id(r, object, place, "keys_id_of", &value->keys_id_of) ||
        !link_reference(r, place, value))
        return false;
    for (size_t i = 0; i < value->member_count; i++) {
        struct json_place at = {&here, value->members[i].name, i};
        if (!link_value(r, cJSON_GetArrayItem(members, (int)i), &at, &value->members[i].value,
                        inner))
            return false;
    }
    return true;
}

/* A parent's column must be there, and have a type when the child is to take it over. */
static bool link_parent(struct linking *r, const struct json_place *place,
                        struct mapping_column *column)
{
    const struct mapping_table *parent = &r->mapping->tables[0];
    for (size_t i = 0; i < parent->column_count; i++)
        if (strcmp(parent->columns[i].name, column->value.from) == 0) {
            if (column->type.name == NULL)
                column->type = parent->columns[i].type;
            return true;
        }
    return json_error(r->error, place, "the parent table %s has no column \"%s\"", parent->label,
                      column->value.from);
}

static bool link_table(struct linking *r, const cJSON *object, const struct json_place *place,
                       struct mapping_table *table)
{
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(object, "columns");
    struct json_place here = {place, "columns", 0}, each = {place, "each", 0};
    if ((table->each != NULL && !check_path(r, &each, table->each, false)) ||
        !check_conditions(r, place, &table->when, table->each != NULL))
        return false;
    for (size_t i = 0; i < table->column_count; i++) {
        struct mapping_column *column = &table->columns[i];
        struct json_place at = {&here, column->name, 0};
        if (!link_value(r, cJSON_GetObjectItemCaseSensitive(columns, column->name), &at,
                        &column->value, table->each != NULL))
            return false;
        if (column->value.kind == VALUE_PARENT && !link_parent(r, &at, column))
            return false;
    }
    return true;
}

static bool link_visited(void *context, struct mapping_table *table, const cJSON *object,
                         const struct json_place *place, struct error *error)
{
    (void)error;
    return link_table(context, object, place, table);
}

bool mapping_link(struct project *project, const cJSON *json, struct mapping *mapping,
                  struct error *error)
{
    struct linking r = {project, mapping, error};
    const struct json_place top = {NULL, mapping->file, 0};
    struct json_place drop = {&top, "drop", 0}, left_out = {&top, "left_out", 0};
    struct json_place identity = {&top, "identity", 0}, from = {&identity, "from", 0};
    if (!mapping_each_table(json, mapping, link_visited, &r, error))
        return false;
    if (mapping->identity != NULL &&
        (!check_path(&r, &from, mapping->identity->from, false) ||
         !link_id(&r, cJSON_GetObjectItemCaseSensitive(json, "identity"), &identity, "id_of",
                  &mapping->identity->id_of)))
        return false;
    for (size_t i = 0; i < mapping->rule_count; i++) {
        struct json_place at = {&left_out, NULL, i};
        if (!check_conditions(&r, &at, &mapping->rules[i].when, mapping->rules[i].each != NULL))
            return false;
    }
    for (size_t i = 0; i < mapping->drops.count; i++) {
        struct json_place at = {&drop, NULL, i};
        if (!check_path(&r, &at, mapping->drops.items[i], false))
            return false;
    }
    return true;
}
