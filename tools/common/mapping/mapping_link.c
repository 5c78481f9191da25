/* What the names in a mapping refer to: entities behind id_of, columns of the parent. Runs when all
 * mappings of the project are parsed. */
#include "graduate/json.h"
#include "graduate/path.h"
#include "mapping.h"
#include "reading.h"

#include <string.h>

struct linking {
    struct project *project;
    struct arena *arena;
    struct mapping *mapping;
    struct error *error;
    struct errors errors; /* of all that is looked at */
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

/* How many documents lie around an element, at most: a level can be a document on the way. */
static unsigned levels_of(const char *each)
{
    unsigned levels = 0;
    struct path_step step;
    while (each != NULL && path_next(&each, &step))
        levels += step.kind != STEP_MEMBERS;
    return levels;
}

static bool check_ups(const struct linking *r, const struct json_place *place, unsigned ups,
                      unsigned levels)
{
    if (ups <= levels)
        return true;
    return json_error(r->error, place,
                      levels == 0 ? "\"^.\" looks out of an element at its record, and "
                                    "here is no \"each\""
                                  : "nothing lies so far out of this \"each\"");
}

static bool link_fact(const struct linking *r, const struct json_place *place,
                      struct condition *condition)
{
    struct mapping *const *mappings = r->project->mappings;
    struct json_place in = {place, "in", 0};
    struct error why = {0};
    const struct mapping *found;
    size_t i = 0;
    if (condition->op != CONDITION_FACT)
        return true;
    if (!project_find_mapping(r->project, condition->fact->entity, &found, &why))
        return json_error(r->error, &in, "%s", why.message);
    while (mappings[i] != found)
        i++;
    struct reading reading = {
        .project = r->project, .arena = r->arena, .mapping = mappings[i], .error = r->error};
    return mapping_link_fact(&reading, place, condition);
}

static bool check_array(const struct linking *r, const struct json_place *place, const char *path,
                        bool inside, unsigned levels)
{
    return !inside || levels > 0 || strcmp(path, ".") != 0 ||
           json_error(r->error, place, "a record is no array, and has no places");
}

/* `place`: of the list. */
static bool check_listed(const struct linking *r, const struct json_place *place,
                         struct conditions *conditions, unsigned levels)
{
    for (size_t i = 0; i < conditions->count; i++) {
        struct condition *condition = &conditions->items[i];
        struct json_place here = {place, condition->name, 0};
        for (size_t k = 0; k < condition->list_count; k++) {
            struct json_place list = {&here, NULL, k};
            if (!check_listed(r, &list, &condition->lists[k], levels))
                return false;
        }
        if (condition->path != NULL &&
            (!check_ups(r, &here, condition->outer, levels) ||
             !check_array(r, &here, condition->path, condition->inside != NULL, levels) ||
             !link_fact(r, &here, condition)))
            return false;
    }
    return true;
}

static bool check_conditions(const struct linking *r, const struct json_place *place,
                             struct conditions *conditions, unsigned levels)
{
    struct json_place when = {place, "when", 0};
    return check_listed(r, &when, conditions, levels);
}

static bool check_from(const struct linking *r, const struct json_place *place,
                       const struct mapping_value *value, const struct mapping_table *table)
{
    bool name = value->kind == VALUE_NAME;
    struct json_place from = {place, "from", 0}, level = {place, name ? "name" : "position", 0};
    const char *path = value->from;
    if (value->kind == VALUE_FROM && r->mapping->source->kind != SOURCE_POSTGRES)
        return check_ups(r, &from, path_ups(&path), levels_of(table->each)) &&
               check_array(r, &from, path, value->function_count > 0, levels_of(table->each));
    if (value->kind != VALUE_POSITION && !name)
        return true;
    if (table->each == NULL)
        return json_error(r->error, place, "\"%s\" is for tables with \"each\"", level.name);
    const char *below = path != NULL ? path_below(table->each, path) : "";
    if (below == NULL || path_is_members(below))
        return json_error(r->error, &level, "\"%s\" is no level around \"%s\"", path, table->each);
    const char *its = path != NULL ? path : table->each;
    return !name || its[strlen(its) - 1] == '*' ||
           json_error(r->error, &level,
                      "the elements of an array have no names; members have, as with \"each\": "
                      "\"%s.*\"",
                      its);
}

static bool also(struct linking *r, bool ok)
{
    return ok || errors_add(&r->errors, r->error);
}

/* What is wrong in it is among the errors. */
static bool link_value(struct linking *r, const cJSON *object, const struct json_place *place,
                       struct mapping_value *value, const struct mapping_table *table)
{
    const char *key = value_kind_words[value->kind];
    const cJSON *members = cJSON_GetObjectItemCaseSensitive(object, key);
    struct json_place here = {place, key, 0};
    if (!also(r, check_from(r, place, value, table)) ||
        !also(r, check_conditions(r, place, &value->when, levels_of(table->each))) ||
        !also(r, link_id(r, object, place, "id_of", &value->id_of)) ||
        !also(r, link_id(r, object, place, "keys_id_of", &value->keys_id_of)))
        return false;
    for (size_t i = 0; i < value->member_count; i++) {
        struct json_place at = {&here, value->members[i].name, i};
        if (!link_value(r, cJSON_GetArrayItem(members, (int)i), &at, &value->members[i].value,
                        table))
            return false;
    }
    return true;
}

/* ---- the row above --------------------------------------------------------------------------- */

/* Of the elements around, or the record, the nearest that tables are made of: their "each". */
static const char *each_above(const struct linking *r, const struct mapping_table *table)
{
    const char *nearest = "";
    for (size_t t = 0; t < r->mapping->table_count; t++) {
        const char *each = r->mapping->tables[t].each;
        if (each != NULL && path_below(table->each, each) != NULL && strlen(each) > strlen(nearest))
            nearest = each;
    }
    return nearest;
}

/* The column's name in a text that names the table, too, as "public.orders.id"; or NULL. */
static const char *name_inside(const char *text, const struct mapping_table *table)
{
    size_t length = strlen(table->label);
    return strncmp(text, table->label, length) == 0 && text[length] == '.' ? text + length + 1
                                                                           : NULL;
}

/* The first form of the table whose row is meant: the only one there, or the one that is named. Of
 * the record it is the first table. */
static bool find_above(const struct linking *r, const struct json_place *place,
                       const struct mapping_table *table, struct mapping_value *value)
{
    const struct mapping_table *other = NULL;
    const char *each = each_above(r, table);
    for (size_t t = 0; t < r->mapping->table_count; t++) {
        const struct mapping_table *above = &r->mapping->tables[t];
        const char *its = above->each != NULL ? above->each : "";
        const char *name = name_inside(value->from, above);
        if (strcmp(its, each) != 0)
            continue;
        if (name != NULL) {
            value->above = above;
            value->from = name;
            return true;
        }
        if (value->above == NULL)
            value->above = above;
        else if (its[0] != '\0' && strcmp(above->label, value->above->label) != 0)
            other = above;
    }
    return other == NULL ||
           json_error(r->error, place,
                      "%s and %s both take what is around this: name the table, too, as "
                      "\"%s.%s\"",
                      value->above->label, other->label, value->above->label, value->from);
}

static struct mapping_column *column_of(const struct mapping_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

/* A parent's column must be there, and have a type when the child is to take it over; it may be
 * taken over itself. */
static bool link_parent(struct linking *r, const struct json_place *place,
                        const struct mapping_table *table, struct mapping_column *column)
{
    struct mapping_value *value = &column->value;
    if (value->above == NULL && !find_above(r, place, table, value))
        return false;
    struct mapping_column *above = column_of(value->above, value->from);
    if (above == NULL && value->above->keep_shape) /* the catalog knows */
        return true;
    if (above == NULL)
        return json_error(r->error, place, "the parent table %s has no column \"%s\"",
                          value->above->label, value->from);
    if (above->value.kind == VALUE_PARENT && !link_parent(r, place, value->above, above))
        return false;
    if (column->type.name == NULL)
        column->type = above->type;
    return true;
}

/* One field is not opened as an array here and as an object there. */
static bool check_opened(const struct linking *r, const struct json_place *place,
                         const struct mapping_table *table)
{
    struct json_place here = {place, "each", 0};
    for (size_t t = 0; table->each != NULL && t < r->mapping->table_count; t++) {
        const char *each = r->mapping->tables[t].each;
        const char *below = each != NULL ? path_below(each, table->each) : NULL;
        if (below != NULL && path_is_members(below))
            return json_error(r->error, &here, "%s opens this as an object: \"%s\"",
                              r->mapping->tables[t].label, each);
    }
    return true;
}

static bool link_table(struct linking *r, const cJSON *object, const struct json_place *place,
                       struct mapping_table *table)
{
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(object, "columns");
    struct json_place here = {place, "columns", 0};
    if (!also(r, check_conditions(r, place, &table->when, levels_of(table->each))) ||
        !also(r, check_opened(r, place, table)) ||
        !also(r, mapping_link_keys(r->project, place, table, r->error)))
        return false;
    for (size_t i = 0; i < table->column_count; i++) {
        struct mapping_column *column = &table->columns[i];
        struct json_place at = {&here, column->name, 0};
        const cJSON *json = cJSON_GetObjectItemCaseSensitive(columns, column->name);
        if (!link_value(r, json, &at, &column->value, table) ||
            !also(r, column->value.kind != VALUE_PARENT || link_parent(r, &at, table, column)))
            return false;
        mapping_settle_reference(r->mapping, table, column);
    }
    return true;
}

static bool link_visited(void *context, struct mapping_table *table, const cJSON *object,
                         const struct json_place *place, struct error *error)
{
    (void)error;
    return link_table(context, object, place, table);
}

bool mapping_link(struct project *project, struct arena *arena, const cJSON *json,
                  struct mapping *mapping, struct error *error)
{
    struct linking r = {.project = project, .arena = arena, .mapping = mapping, .error = error};
    const struct json_place top = {NULL, mapping->file, 0};
    struct json_place left_out = {&top, "left_out", 0}, identity = {&top, "identity", 0};
    if (!mapping_each_table(json, mapping, link_visited, &r, error))
        return false;
    if (mapping->identity != NULL &&
        !link_id(&r, cJSON_GetObjectItemCaseSensitive(json, "identity"), &identity, "id_of",
                 &mapping->identity->id_of) &&
        !errors_add(&r.errors, error))
        return false;
    for (size_t i = 0; i < mapping->rule_count; i++) {
        struct json_place at = {&left_out, NULL, i};
        if (!check_conditions(&r, &at, &mapping->rules[i].when,
                              levels_of(mapping->rules[i].each)) &&
            !errors_add(&r.errors, error))
            return false;
    }
    return errors_give(&r.errors, error);
}
