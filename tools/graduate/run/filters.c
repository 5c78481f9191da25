#include "filters.h"
#include "figures.h"
#include "member.h"

#include "graduate/path.h"

#include <string.h>

static void put_reason(struct buffer *out, const char *reason)
{
    if (reason != NULL && strstr(buffer_text(out), reason) == NULL)
        buffer_printf(out, "%s%s", out->length > 0 ? "; " : "", reason);
}

static bool is_of(const char *each, const char *wanted)
{
    return strcmp(each != NULL ? each : "", wanted) == 0;
}

void filters_put_reasons(struct buffer *out, const struct mapping *mapping, const char *each)
{
    if (each[0] == '\0')
        put_reason(out, mapping->tables[0].why);
    for (size_t i = 0; i < mapping->rule_count; i++)
        if (is_of(mapping->rules[i].each, each))
            put_reason(out, mapping->rules[i].why);
    /* Rows that go because what they refer to is not there. */
    for (size_t t = 0; t < mapping->table_count; t++) {
        const struct mapping_table *table = &mapping->tables[t];
        for (size_t c = 0; is_of(table->each, each) && c < table->column_count; c++)
            if (table->columns[c].value.dangling == DANGLING_LEFT_OUT && !table->columns[c].type.array)
                put_reason(out, table->columns[c].value.why);
    }
}

/* `path` is the field's below the elements that the value is made of. */
static void put_of_value(struct buffer *out, const struct mapping_value *value, const char *path)
{
    if (value->kind == VALUE_FROM && path != NULL && strcmp(value->from, path) == 0)
        put_reason(out, value->why);
    for (size_t i = 0; i < value->member_count; i++) {
        const struct mapping_value *member = &value->members[i].value;
        put_of_value(out, member, path);
        if (member->kind == VALUE_FROM && path != NULL && strcmp(member->from, path) == 0)
            put_reason(out, value->why);
    }
}

void filters_put_value_reasons(struct buffer *out, const struct mapping *mapping, const char *path,
                               bool dropped)
{
    for (size_t i = 0; dropped && i < mapping->drops.count; i++)
        if (strcmp(mapping->drops.items[i], path) == 0)
            put_reason(out, mapping->drops_why[i]);
    for (size_t t = 0; !dropped && t < mapping->table_count; t++) {
        const struct mapping_table *table = &mapping->tables[t];
        const char *below = table->each != NULL ? path_below(path, table->each) : path;
        for (size_t c = 0; c < table->column_count; c++)
            put_of_value(out, &table->columns[c].value, below);
    }
}

static bool add(cJSON *array, const struct mapping *mapping, int64_t records)
{
    struct buffer reasons, text;
    char figure[FIGURE_SIZE];
    buffer_init(&reasons);
    buffer_init(&text);
    filters_put_reasons(&reasons, mapping, "");
    buffer_printf(&text, "%s %s of %s filtered", figure_count(records, figure),
                  records == 1 ? "record" : "records", mapping->name);
    if (reasons.length > 0)
        buffer_printf(&text, ": %s", buffer_text(&reasons));
    else
        buffer_puts(&text,
                    " without a reason: give the table a \"why\", or a rule of \"left_out\"");
    cJSON *json = cJSON_CreateObject();
    bool ok = !reasons.failed && !text.failed && cJSON_AddItemToArray(array, json) &&
              cJSON_AddStringToObject(json, "entity", mapping->name) != NULL &&
              cJSON_AddNumberToObject(json, "records", (double)records) != NULL &&
              cJSON_AddStringToObject(json, "reason", buffer_text(&reasons)) != NULL &&
              cJSON_AddStringToObject(json, "text", buffer_text(&text)) != NULL;
    buffer_release(&reasons);
    buffer_release(&text);
    return ok;
}

bool filters_gather(cJSON **array, const struct project *project, const struct account *account,
                    struct error *error)
{
    *array = cJSON_CreateArray();
    bool ok = *array != NULL;
    for (size_t i = 0; ok && i < account->entity_count; i++) {
        const struct account_entity *entity = &account->entities[i];
        const struct mapping *mapping = project_mapping(project, entity->entity);
        if (mapping != NULL && entity->filtered > 0)
            ok = add(*array, mapping, entity->filtered);
    }
    if (ok)
        return true;
    cJSON_Delete(*array);
    *array = NULL;
    return error_memory(error);
}

void filters_print(const cJSON *array, bool reasoned, struct buffer *out)
{
    const cJSON *filter;
    cJSON_ArrayForEach(filter, array)
    {
        if ((member_text(filter, "reason")[0] != '\0') == reasoned)
            buffer_printf(out, "  %s\n", member_text(filter, "text"));
    }
}
