#include "headcount.h"
#include "elements.h"
#include "graduate/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct headcount {
    const struct endpoint_texts *source;
    struct catalog catalog;
    struct arena arena;
    struct entity_count *counts;
    size_t count;
};

static bool holds(const struct words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

/* Several tables may be made of one array. Of a row's arrays nobody counts the elements. */
static bool list_arrays(struct headcount *headcount, struct entity_count *count)
{
    const struct mapping *entity = count->entity;
    struct words *arrays = &count->arrays;
    arrays->items = arena_alloc(&headcount->arena, entity->table_count, sizeof *arrays->items);
    count->elements = arena_alloc(&headcount->arena, entity->table_count, sizeof *count->elements);
    if (arrays->items == NULL || count->elements == NULL)
        return false;
    for (size_t i = 0; i < entity->table_count; i++) {
        const char *each = entity->tables[i].each;
        if (each != NULL && !holds(arrays, each) && entity->source->kind != SOURCE_POSTGRES)
            arrays->items[arrays->count++] = each;
    }
    return true;
}

static bool list_entities(struct headcount *headcount, const struct project *project,
                          struct error *error)
{
    headcount->counts =
        arena_alloc(&headcount->arena, project->mapping_count + 1, sizeof *headcount->counts);
    if (headcount->counts == NULL)
        return error_memory(error);
    for (size_t i = 0; i < project->mapping_count; i++) {
        if (project->mappings[i]->source != headcount->source->endpoint.source)
            continue;
        struct entity_count *count = &headcount->counts[headcount->count++];
        count->entity = project->mappings[i];
        if (!list_arrays(headcount, count))
            return error_memory(error);
    }
    return true;
}

/* Nothing is counted where something is missing: the whole would not be what was asked for. */
static bool find_entities(struct headcount *headcount, struct error *error)
{
    const struct endpoint_texts *source = headcount->source;
    if (!source->ops->catalog(&source->endpoint, &headcount->catalog, error))
        return false;
    for (size_t i = 0; i < headcount->count; i++) {
        const struct catalog_entity *found;
        if (!endpoint_find(&headcount->catalog, headcount->counts[i].entity, &found, error))
            return false;
    }
    return true;
}

static bool count_records(struct reader *reader, struct entity_count *count, struct error *error)
{
    struct buffer record;
    bool ok, more = true;
    buffer_init(&record);
    while ((ok = reader->ops->next(reader, &record, &more, error) && buffer_ok(&record, error)) &&
           more) {
        count->records++;
        for (size_t i = 0; i < count->arrays.count; i++)
            count->elements[i] +=
                elements_count(record.data, record.length, count->arrays.items[i]);
        buffer_clear(&record);
    }
    buffer_release(&record);
    int64_t held;
    return ok && (reader->ops->confirm == NULL ||
                  reader->ops->confirm(reader, count->records, &held, error));
}

static bool read_through(const struct headcount *headcount, struct entity_count *count,
                         struct error *error)
{
    const struct extraction what = {
        .endpoint = &headcount->source->endpoint,
        .from = count->entity->from,
        .catalog = catalog_find(&headcount->catalog, count->entity->from),
    };
    struct reader reader = {.ops = headcount->source->ops};
    bool ok = reader.ops->open(&reader, &what, error);
    if (ok) {
        ok = count_records(&reader, count, error);
        reader.ops->close(&reader);
    }
    if (!ok) /* a reader calls it as the source does */
        snprintf(error->entity, sizeof error->entity, "%s", count->entity->name);
    return ok;
}

static bool count_entities(struct headcount *headcount, struct error *error)
{
    const struct endpoint_texts *source = headcount->source;
    if (source->ops->count != NULL &&
        !source->ops->count(&source->endpoint, headcount->counts, headcount->count, error))
        return false;
    for (size_t i = 0; i < headcount->count; i++)
        if (!headcount->counts[i].counted && !read_through(headcount, &headcount->counts[i], error))
            return false;
    return true;
}

static bool put_arrays(const struct entity_count *count, cJSON *to)
{
    cJSON *list = cJSON_AddArrayToObject(to, "arrays");
    for (size_t i = 0; list != NULL && i < count->arrays.count; i++) {
        cJSON *array = cJSON_CreateObject();
        if (!cJSON_AddItemToArray(list, array) ||
            cJSON_AddStringToObject(array, "path", count->arrays.items[i]) == NULL ||
            cJSON_AddNumberToObject(array, "elements", (double)count->elements[i]) == NULL)
            return false;
    }
    return list != NULL;
}

static bool put_entities(const struct headcount *headcount, cJSON *to)
{
    cJSON *list = cJSON_AddArrayToObject(to, "entities");
    for (size_t i = 0; list != NULL && i < headcount->count; i++) {
        const struct entity_count *count = &headcount->counts[i];
        cJSON *entity = cJSON_CreateObject();
        if (!cJSON_AddItemToArray(list, entity) ||
            cJSON_AddStringToObject(entity, "entity", count->entity->name) == NULL ||
            cJSON_AddStringToObject(entity, "from", count->entity->from) == NULL ||
            cJSON_AddNumberToObject(entity, "records", (double)count->records) == NULL ||
            !put_arrays(count, entity))
            return false;
    }
    return list != NULL;
}

static bool to_json(const struct headcount *headcount, cJSON **json, struct error *error)
{
    const char *name = headcount->source->endpoint.source->name;
    *json = cJSON_CreateObject();
    if (cJSON_AddStringToObject(*json, "source", name) != NULL && put_entities(headcount, *json))
        return true;
    cJSON_Delete(*json);
    *json = NULL;
    return error_memory(error);
}

bool headcount_take(const struct project *project, const struct endpoint_texts *source,
                    cJSON **json, struct error *error)
{
    struct headcount headcount = {.source = source};
    *json = NULL;
    catalog_init(&headcount.catalog);
    arena_init(&headcount.arena);
    bool ok = list_entities(&headcount, project, error) && find_entities(&headcount, error) &&
              count_entities(&headcount, error) && to_json(&headcount, json, error);
    catalog_release(&headcount.catalog);
    arena_release(&headcount.arena);
    return ok;
}
