/* Facts of other entities, which conditions ask about: "in": {"identities": "userId", "when":
 * {..}}.
 */
#include "reading.h"

#include <stdlib.h>
#include <string.h>

/* ---- linking --------------------------------------------------------------------------------- */

/* It is a question about one record, not about a third entity. */
static bool check_alone(struct reading *r, const struct json_place *place,
                        const struct conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        struct json_place here = {place, condition->name, 0};
        if (condition->op == CONDITION_FACT)
            return json_error(r->error, &here,
                              "in here only that record itself is asked, and no further entity");
        if (condition->outer > 0)
            return json_error(r->error, &here, "a record has nothing around it");
        for (size_t k = 0; k < condition->list_count; k++) {
            struct json_place list = {&here, NULL, k};
            if (!check_alone(r, &list, &condition->lists[k]))
                return false;
        }
    }
    return true;
}

static bool give_name(struct reading *r, const cJSON *operand, struct mapping_fact *fact)
{
    const cJSON *when = cJSON_GetObjectItemCaseSensitive(operand, "when");
    char *text = when != NULL ? cJSON_PrintUnformatted(when) : NULL;
    bool ok = when == NULL || text != NULL;
    if (ok)
        fact->name = arena_printf(r->arena, "%s%s%s", fact->path, text != NULL ? " when " : "",
                                  text != NULL ? text : "");
    cJSON_free(text);
    return (ok && fact->name != NULL) || reading_memory(r);
}

bool mapping_link_fact(struct reading *r, const struct json_place *place,
                       struct condition *condition)
{
    struct mapping_fact *fact = condition->fact;
    struct json_place in = {place, "in", 0};
    struct json_place here = {&in, fact->entity, 0}, when = {&in, "when", 0};
    fact->to = r->mapping;
    if (r->mapping->source == NULL) /* its own file is wrong, which is told */
        return give_name(r, condition->operand, fact);
    return reading_path(r, &here, PATH_PLAIN, &fact->path) &&
           mapping_read_conditions(r, condition->operand, &in, &fact->when) &&
           check_alone(r, &when, &fact->when) && give_name(r, condition->operand, fact);
}

/* ---- who asks whom --------------------------------------------------------------------------- */

struct visiting {
    const struct mapping *mapping;
    mapping_fact_visit visit;
    void *context;
};

static bool visit_conditions(const struct visiting *v, const struct conditions *conditions,
                             bool optional)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        if (condition->op == CONDITION_FACT &&
            !v->visit(v->context, v->mapping, condition->fact, optional))
            return false;
        for (size_t k = 0; k < condition->list_count; k++)
            if (!visit_conditions(v, &condition->lists[k], optional))
                return false;
    }
    return true;
}

static bool visit_value(const struct visiting *v, const struct mapping_value *value, bool optional)
{
    bool allowed = optional || value->optional;
    for (size_t i = 0; i < value->member_count; i++)
        if (!visit_value(v, &value->members[i].value, allowed))
            return false;
    return visit_conditions(v, &value->when, allowed);
}

bool mapping_each_fact(const struct mapping *mapping, mapping_fact_visit visit, void *context)
{
    const struct visiting v = {mapping, visit, context};
    for (size_t t = 0; t < mapping->table_count; t++) {
        const struct mapping_table *table = &mapping->tables[t];
        if (!visit_conditions(&v, &table->when, table->optional))
            return false;
        for (size_t c = 0; c < table->column_count; c++)
            if (!visit_value(&v, &table->columns[c].value, false))
                return false;
    }
    for (size_t i = 0; i < mapping->rule_count; i++)
        if (!visit_conditions(&v, &mapping->rules[i].when, mapping->rules[i].optional))
            return false;
    return true;
}

static bool is_of_another(void *context, const struct mapping *mapping,
                          const struct mapping_fact *fact, bool optional)
{
    (void)mapping, (void)optional;
    return fact->to != context;
}

bool mapping_asks(const struct mapping *mapping, const struct mapping *to)
{
    union { /* the callback's context is not const */
        const struct mapping *read;
        void *context;
    } asked = {.read = to};
    return !mapping_each_fact(mapping, is_of_another, asked.context);
}
