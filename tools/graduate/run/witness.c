#include "witness.h"
#include "figures.h"

#include <stdlib.h>

bool witness_list_hear(struct witness_list *list, const struct project *project,
                       const struct catalogs *catalogs, const struct account *account,
                       struct error *error)
{
    *list = (struct witness_list){
        .items = calloc(account->entity_count + 1, sizeof *list->items),
    };
    if (list->items == NULL)
        return error_memory(error);
    for (size_t i = 0; i < account->entity_count; i++) {
        const struct account_entity *entity = &account->entities[i];
        const struct mapping *mapping = project_mapping(project, entity->entity);
        const struct catalog_entity *said =
            mapping != NULL ? catalogs_find(catalogs, mapping) : NULL;
        if (said != NULL && said->exact && said->estimate >= 0)
            list->items[list->count++] = (struct witness){mapping, said->estimate, entity->read};
    }
    return true;
}

void witness_list_release(struct witness_list *list)
{
    free(list->items);
    *list = (struct witness_list){0};
}

bool witness_contradicts(const struct witness *witness)
{
    return witness->counted != witness->read && !witness->mapping->source->changing;
}

size_t witness_list_contradict(const struct witness_list *list)
{
    size_t against = 0;
    for (size_t i = 0; i < list->count; i++)
        against += witness_contradicts(&list->items[i]);
    return against;
}

cJSON *witness_list_to_json(const struct witness_list *list)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < list->count; i++) {
        const struct witness *witness = &list->items[i];
        cJSON *json = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(array, json) &&
             cJSON_AddStringToObject(json, "entity", witness->mapping->name) != NULL &&
             cJSON_AddNumberToObject(json, "counted", (double)witness->counted) != NULL &&
             cJSON_AddNumberToObject(json, "read", (double)witness->read) != NULL &&
             cJSON_AddBoolToObject(json, "changing", witness->mapping->source->changing) != NULL;
    }
    if (ok)
        return array;
    cJSON_Delete(array);
    return NULL;
}

static void print_difference(const struct witness *witness, struct buffer *out)
{
    const char *entity = witness->mapping->name, *source = witness->mapping->source->name;
    char figures[2][FIGURE_SIZE];
    buffer_printf(out, "  %s: the source counted %s, and %s were read; ", entity,
                  figure_count(witness->counted, figures[0]),
                  figure_count(witness->read, figures[1]));
    if (witness->mapping->source->changing)
        buffer_printf(out, "it may, as the source %s is \"changing\"\n", source);
    else
        buffer_printf(out,
                      "stop what writes to it, and have it read anew: graduate run --restart %s; "
                      "or say \"changing\": true of the source %s in project.json\n",
                      entity, source);
}

void witness_list_print(const struct witness_list *list, struct buffer *out)
{
    size_t differ = 0;
    for (size_t i = 0; i < list->count; i++)
        differ += list->items[i].counted != list->items[i].read;
    if (list->count == 0)
        return;
    if (differ == 0) {
        buffer_printf(out,
                      "\nthe sources counted %zu of the entities themselves: as many records "
                      "were read of each\n",
                      list->count);
        return;
    }
    buffer_puts(out, witness_list_contradict(list) > 0
                         ? "\nWHAT WAS READ IS NOT WHAT THE SOURCES COUNTED:\n"
                         : "\nwhat was read is not what the sources counted:\n");
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].counted != list->items[i].read)
            print_difference(&list->items[i], out);
}
