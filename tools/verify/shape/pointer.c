#include "pointer.h"

#include <string.h>

struct gathering {
    struct pointers *pointers;
    struct blueprint *blueprint;
    const struct project *project;
    const struct blueprint_table *table;
    struct error *error;
    size_t room;
};

struct blueprint_table *pointer_find_table(const struct blueprint *blueprint, const char *label)
{
    for (size_t i = 0; i < blueprint->count; i++)
        if (strcmp(blueprint->tables[i].label, label) == 0)
            return &blueprint->tables[i];
    return NULL;
}

/* A form's own key; a table that keeps its shape has the source's. */
static const struct words *key_of(const struct blueprint_table *table,
                                  const struct mapping_table *form)
{
    return form->key.count > 0 ? &form->key : &table->key;
}

static bool is_in(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

static bool is_record_id(const struct mapping_column *column, const struct words *key)
{
    const char *from = column->value.kind == VALUE_FROM ? column->value.from : "";
    return strcmp(from, "_id") == 0 || strcmp(from, "$id") == 0 || is_in(key, column->name);
}

/* Does the column hold what an id of the entity becomes? Where its records are those of another
 * entity, that one's id. */
static bool holds_identity(const struct mapping_column *column, const struct mapping *entity)
{
    const struct mapping_value *value = &column->value, *other = entity->identity;
    if (column->type.array || value->by != NULL)
        return false;
    return value->id_of == entity ||
           (other != NULL && value->id_of == other->id_of && value->kind == VALUE_FROM &&
            value->function_count == 0 && strcmp(value->from, other->from) == 0);
}

static bool find_own_end(const struct blueprint *blueprint, const struct mapping *entity,
                         struct pointer_end *end, bool *home)
{
    *end = (struct pointer_end){0};
    *home = false;
    for (size_t t = 0; t < entity->table_count; t++) {
        const struct mapping_table *form = &entity->tables[t];
        const struct blueprint_table *table = pointer_find_table(blueprint, form->label);
        const struct words *key = key_of(table, form);
        for (size_t c = 0; form->each == NULL && c < form->column_count; c++) {
            const struct mapping_column *column = &form->columns[c];
            bool own = is_record_id(column, key);
            if (!own || !holds_identity(column, entity))
                continue;
            *home = key->count == 1 && strcmp(key->items[0], column->name) == 0;
            if (*home || end->table == NULL)
                *end = (struct pointer_end){table, column->name};
            if (*home)
                return true;
        }
    }
    return end->table != NULL;
}

bool pointer_find_end(const struct blueprint *blueprint, const struct mapping *entity,
                      struct pointer_end *end, bool *home)
{
    struct pointer_end other;
    bool other_home;
    if (find_own_end(blueprint, entity, end, home) && *home)
        return true;
    if (entity->identity != NULL &&
        find_own_end(blueprint, entity->identity->id_of, &other, &other_home)) {
        *end = other;
        *home = other_home;
    }
    return end->table != NULL;
}

static bool same_path(const struct words *a, const struct words *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

static bool add_end(const struct gathering *g, struct pointer *pointer, struct pointer_end end)
{
    struct pointer_end *grown =
        arena_alloc(&g->blueprint->arena, pointer->end_count + 1, sizeof *grown);
    if (grown == NULL)
        return error_memory(g->error);
    if (pointer->end_count > 0)
        memcpy(grown, pointer->ends, pointer->end_count * sizeof *grown);
    pointer->ends = grown;
    pointer->ends[pointer->end_count++] = end;
    return true;
}

static bool add(struct gathering *g, const struct pointer *found, const struct pointer_end *end)
{
    struct pointers *all = g->pointers;
    size_t i = 0;
    while (i < all->count &&
           (strcmp(all->items[i].column, found->column) != 0 || all->items[i].keys != found->keys ||
            !same_path(&all->items[i].path, &found->path)))
        i++;
    if (i == all->count && all->count == g->room) {
        size_t room = g->room * 2 + 8;
        struct pointer *grown = arena_alloc(&g->blueprint->arena, room, sizeof *grown);
        if (grown == NULL)
            return error_memory(g->error);
        if (all->count > 0)
            memcpy(grown, all->items, all->count * sizeof *grown);
        all->items = grown;
        g->room = room;
    }
    if (i == all->count)
        all->items[all->count++] = *found;
    all->items[i].loose = all->items[i].loose || found->loose;
    all->items[i].kept = all->items[i].kept || found->kept;
    return end == NULL || add_end(g, &all->items[i], *end);
}

static bool add_id(struct gathering *g, const struct mapping_column *column,
                   const struct words *path, const struct mapping_value *value)
{
    const struct mapping *entity = value->id_of != NULL ? value->id_of : value->keys_id_of;
    const struct pointer found = {.column = column->name,
                                  .path = *path,
                                  .keys = value->id_of == NULL,
                                  .array = column->type.array,
                                  .entity = entity,
                                  .loose = !column->foreign_key,
                                  .kept = value->dangling == DANGLING_KEEP};
    struct pointer_end end;
    bool home, there = pointer_find_end(g->blueprint, entity, &end, &home);
    return add(g, &found, there ? &end : NULL);
}

static bool add_inner(struct gathering *g, const struct mapping_column *column,
                      const struct mapping_value *value, const struct words *path)
{
    for (size_t i = 0; value->kind == VALUE_OBJECT && i < value->member_count; i++) {
        const struct mapping_member *member = &value->members[i];
        struct words inner = {
            arena_alloc(&g->blueprint->arena, path->count + 1, sizeof *inner.items),
            path->count + 1};
        if (inner.items == NULL)
            return error_memory(g->error);
        if (path->count > 0)
            memcpy(inner.items, path->items, path->count * sizeof *inner.items);
        inner.items[path->count] = member->name;
        if ((member->value.id_of != NULL && !add_id(g, column, &inner, &member->value)) ||
            !add_inner(g, column, &member->value, &inner))
            return false;
    }
    return true;
}

/* The table above, when the column is its whole key. */
static const struct blueprint_table *parent_of(const struct gathering *g,
                                               const struct mapping_column *column)
{
    if (column->value.kind != VALUE_PARENT)
        return NULL;
    const struct blueprint_table *parent =
        pointer_find_table(g->blueprint, column->value.above->label);
    bool whole = parent->key.count == 1 && strcmp(parent->key.items[0], column->value.from) == 0;
    return whole ? parent : NULL;
}

static bool add_column(struct gathering *g, const struct mapping_column *column)
{
    const struct words none = {0};
    const struct mapping_value *value = &column->value;
    const struct blueprint_table *parent = parent_of(g, column);
    if (parent != NULL) {
        const struct pointer found = {.column = column->name};
        const struct pointer_end end = {parent, parent->key.items[0]};
        return add(g, &found, &end);
    }
    bool ids = value->id_of != NULL || value->keys_id_of != NULL;
    return (!ids || add_id(g, column, &none, value)) && add_inner(g, column, value, &none);
}

static const struct mapping_value *find_member(const struct mapping_value *value, const char *name)
{
    for (size_t i = 0; i < value->member_count; i++)
        if (strcmp(value->members[i].name, name) == 0)
            return &value->members[i].value;
    return NULL;
}

/* Is there something else at the path? An object is made of what is said, so what is not said is
 * not there. */
static bool is_other_inside(const struct mapping_value *value, const struct words *path)
{
    for (size_t i = 0; i < path->count; i++) {
        if (value->kind != VALUE_OBJECT)
            return true;
        value = find_member(value, path->items[i]);
        if (value == NULL)
            return false;
    }
    return value->id_of == NULL;
}

/* Does this form put something else where the pointer stands? */
static bool is_other(const struct gathering *g, const struct pointer *pointer,
                     const struct mapping_column *column)
{
    const struct mapping_value *value = &column->value;
    bool null = value->kind == VALUE_CONST && cJSON_IsNull(value->constant);
    if (null || pointer->keys)
        return !null && value->keys_id_of == NULL;
    if (pointer->path.count > 0)
        return is_other_inside(value, &pointer->path);
    return value->id_of == NULL && parent_of(g, column) == NULL;
}

static bool is_itself(const struct gathering *g, const struct pointer *pointer)
{
    bool itself = false;
    for (size_t i = 0; i < pointer->end_count && pointer->path.count == 0 && !pointer->keys; i++)
        itself = itself || (pointer->ends[i].table == g->table &&
                            strcmp(pointer->ends[i].column, pointer->column) == 0);
    return itself;
}

static bool is_declared(const struct gathering *g, const struct pointer *pointer)
{
    bool declared = false;
    for (size_t i = 0; i < g->table->reference_count; i++)
        declared =
            declared || (g->table->references[i].declared &&
                         strcmp(g->table->references[i].columns.items[0], pointer->column) == 0);
    return declared && pointer->path.count == 0 && !pointer->keys;
}

typedef bool (*visit_column)(struct gathering *g, const struct mapping_column *column);

static bool each_column(struct gathering *g, visit_column visit)
{
    for (size_t i = 0; i < g->project->mapping_count; i++) {
        const struct mapping *entity = g->project->mappings[i];
        for (size_t t = 0; t < entity->table_count; t++) {
            const struct mapping_table *form = &entity->tables[t];
            for (size_t c = 0; c < form->column_count; c++)
                if (strcmp(form->label, g->table->label) == 0 && !visit(g, &form->columns[c]))
                    return false;
        }
    }
    return true;
}

static bool mark_open(struct gathering *g, const struct mapping_column *column)
{
    for (size_t i = 0; i < g->pointers->count; i++) {
        struct pointer *pointer = &g->pointers->items[i];
        if (strcmp(pointer->column, column->name) == 0)
            pointer->open = pointer->open || is_other(g, pointer, column);
    }
    return true;
}

bool pointers_gather(struct pointers *pointers, struct blueprint *blueprint,
                     const struct project *project, const struct blueprint_table *table,
                     struct error *error)
{
    struct gathering g = {pointers, blueprint, project, table, error, 0};
    *pointers = (struct pointers){0};
    if (!each_column(&g, add_column) || !each_column(&g, mark_open))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < pointers->count; i++)
        if (!is_itself(&g, &pointers->items[i]) && !is_declared(&g, &pointers->items[i]))
            pointers->items[kept++] = pointers->items[i];
    pointers->count = kept;
    return true;
}
