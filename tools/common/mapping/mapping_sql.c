/* Values that a Postgres computes as its rows are read: each is a field of the record, beside its
 * columns. What stands in an expression is the server's to judge. */
#include "graduate/path.h"
#include "reading.h"

#include <string.h>

/* What json_error would begin with. */
static const char *text_of(struct arena *arena, const struct json_place *place)
{
    struct error error;
    json_error(&error, place, "%s", "");
    return arena_text(arena, error.message);
}

static bool is_deep(const char *each)
{
    struct path_step step;
    unsigned levels = 0;
    while (each != NULL && path_next(&each, &step))
        levels += step.kind != STEP_MEMBERS;
    return levels > 1;
}

bool mapping_read_sql(struct reading *r, const cJSON *object, const struct json_place *place,
                      struct mapping_value *value)
{
    struct json_place here = {place, "sql", 0};
    enum source_kind kind = r->mapping->source->kind;
    if (!reading_text(r, object, place, "sql", &value->sql))
        return false;
    if (kind != SOURCE_POSTGRES)
        return json_error(r->error, &here,
                          "the source evaluates it, and %s is %s: \"sql\" is for a postgres source",
                          r->mapping->source->name, source_kind_names[kind]);
    if (is_deep(r->each))
        return json_error(r->error, &here,
                          "this is of the record, and the elements lie deeper: give it to the "
                          "record's table, and take it as \"parent\" from level to level");
    value->sql_name = arena_printf(r->arena, "sql: %s", value->sql);
    value->sql_place = text_of(r->arena, &here);
    const char *field = value->sql_name != NULL ? path_of_name(value->sql_name, r->arena) : NULL;
    value->from = field != NULL && r->each != NULL ? arena_printf(r->arena, "^.%s", field) : field;
    return (value->from != NULL && value->sql_place != NULL) || reading_memory(r);
}

struct visiting {
    const struct mapping *mapping;
    mapping_sql_visit visit;
    void *context;
};

static bool visit_value(const struct visiting *v, const struct mapping_value *value)
{
    for (size_t i = 0; i < value->member_count; i++)
        if (!visit_value(v, &value->members[i].value))
            return false;
    return value->sql == NULL || v->visit(v->context, v->mapping, value);
}

bool mapping_each_sql(const struct mapping *mapping, mapping_sql_visit visit, void *context)
{
    const struct visiting v = {mapping, visit, context};
    for (size_t t = 0; t < mapping->table_count; t++)
        for (size_t c = 0; c < mapping->tables[t].column_count; c++)
            if (!visit_value(&v, &mapping->tables[t].columns[c].value))
                return false;
    return true;
}

bool mapping_replaces(const struct mapping_table *table, const char *column)
{
    for (size_t c = 0; c < table->column_count; c++)
        if (table->columns[c].value.sql != NULL && strcmp(table->columns[c].name, column) == 0)
            return true;
    return false;
}
