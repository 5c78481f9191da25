/* A mapping file: its tables, in the order in which a batch writes them. */
#include "mapping.h"
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const mapping_words[] = {"$schema", "from",     "to",
                                            "drop",    "left_out", "identity"};
static const char *const table_words[] = {"each",    "keep_shape", "exists",  "when",   "key",
                                          "columns", "unique",     "indexes", "checks", "policies",
                                          "grants",  "comment",    "optional"};

static bool read_table(struct reading *r, const cJSON *object, const struct json_place *place,
                       const char *label, struct mapping_table *table)
{
    const char *dot = strchr(label, '.');
    if (dot == NULL || dot == label || dot[1] == '\0' || strchr(dot + 1, '.') != NULL)
        return json_error(r->error, place,
                          "a target table is named \"schema.table\", as "
                          "\"public.books\"");
    table->label = label;
    table->schema = arena_printf(r->arena, "%.*s", (int)(dot - label), label);
    table->name = dot + 1;
    if (table->schema == NULL)
        return reading_memory(r);
    if (!reading_name(r, place, table->schema) || !reading_name(r, place, table->name))
        return false;
    if (!cJSON_IsObject(object))
        return json_error(r->error, place, "a table is an object, and this is %s",
                          json_kind(object));
    struct json_place key = {place, "key", 0};
    if (!json_only(object, place, table_words, COUNT(table_words), r->error) ||
        !reading_text(r, object, place, "each", &table->each) ||
        !reading_bool(r, object, place, "keep_shape", &table->keep_shape) ||
        !reading_bool(r, object, place, "exists", &table->exists) ||
        !reading_bool(r, object, place, "optional", &table->optional) ||
        !mapping_read_conditions(r, object, place, &table->when) ||
        !mapping_read_columns(r, object, place, table) ||
        !reading_member_words(r, object, place, "key", &table->key) ||
        !mapping_check_columns(r, &key, table, &table->key, false) ||
        !mapping_read_shape(r, object, place, table) ||
        !reading_text(r, object, place, "comment", &table->comment))
        return false;
    bool postgres = r->mapping->source->kind == SOURCE_POSTGRES;
    if (table->keep_shape && !postgres)
        return json_error(r->error, place, "\"keep_shape\" is for tables of a postgres source");
    if (postgres && !table->keep_shape)
        return json_error(r->error, place,
                          "a table of a postgres source needs \"keep_shape\": "
                          "true; name what differs under \"columns\"");
    if (table->key.count == 0 && !table->keep_shape)
        return json_error(r->error, place,
                          "the table needs a \"key\": the columns that name a row");
    return true;
}

bool mapping_each_table(const cJSON *json, struct mapping *mapping, mapping_visit visit,
                        void *context, struct error *error)
{
    const struct json_place top = {NULL, mapping->file, 0};
    struct json_place here = {&top, "to", 0};
    const cJSON *to = cJSON_GetObjectItemCaseSensitive(json, "to"), *item;
    size_t next = 0;
    for (int children = 0; children < 2; children++) /* as in read_tables */
        cJSON_ArrayForEach(item, to)
        {
            struct json_place at = {&here, item->string, 0};
            size_t index = 0;
            const cJSON *first = cJSON_IsArray(item) ? item->child : item;
            for (const cJSON *part = first; part != NULL;
                 part = cJSON_IsArray(item) ? part->next : NULL) {
                struct json_place form = {&at, NULL, index++};
                if ((cJSON_GetObjectItemCaseSensitive(part, "each") != NULL) != (children == 1))
                    continue;
                if (!visit(context, &mapping->tables[next++], part,
                           cJSON_IsArray(item) ? &form : &at, error))
                    return false;
            }
        }
    return true;
}

static bool read_tables(struct reading *r, const cJSON *json, const struct json_place *top)
{
    const cJSON *to = cJSON_GetObjectItemCaseSensitive(json, "to"), *item, *part;
    struct json_place here = {top, "to", 0};
    if (!cJSON_IsObject(to) || to->child == NULL)
        return json_error(r->error, &here, "this must be an object of target tables, and is %s",
                          json_kind(to));
    size_t count = 0;
    cJSON_ArrayForEach(item, to) count +=
        cJSON_IsArray(item) ? (size_t)cJSON_GetArraySize(item) : 1;
    struct mapping *mapping = r->mapping;
    mapping->tables = arena_alloc(r->arena, count, sizeof *mapping->tables);
    if (mapping->tables == NULL)
        return reading_memory(r);
    /* Parents before children, so that a batch writes them in that order. */
    for (int children = 0; children < 2; children++)
        cJSON_ArrayForEach(item, to)
        {
            struct json_place at = {&here, item->string, 0};
            const cJSON *first = cJSON_IsArray(item) ? item->child : item;
            if (cJSON_IsArray(item) && first == NULL)
                return json_error(r->error, &at, "this list of row forms is empty");
            size_t index = 0;
            for (part = first; part != NULL; part = cJSON_IsArray(item) ? part->next : NULL) {
                struct json_place form = {&at, NULL, index++};
                if ((cJSON_GetObjectItemCaseSensitive(part, "each") != NULL) != (children == 1))
                    continue;
                if (!read_table(r, part, cJSON_IsArray(item) ? &form : &at, item->string,
                                &mapping->tables[mapping->table_count++]))
                    return false;
            }
        }
    if (mapping->tables[0].each != NULL)
        return json_error(r->error, &here,
                          "there is no table without \"each\" for the record "
                          "itself");
    return true;
}

bool mapping_parse(struct project *project, struct arena *arena, const cJSON *json,
                   struct mapping *mapping, struct error *error)
{
    struct reading r = {project, arena, mapping, error};
    const struct json_place top = {NULL, mapping->file, 0};
    const char *from = NULL;
    struct json_place from_place = {&top, "from", 0};
    if (!cJSON_IsObject(json))
        return json_error(error, &top, "a mapping is an object, and this is %s", json_kind(json));
    if (!json_only(json, &top, mapping_words, COUNT(mapping_words), error) ||
        !reading_text(&r, json, &top, "from", &from))
        return false;
    const char *dot = from != NULL ? strchr(from, '.') : NULL;
    if (dot == NULL || dot[1] == '\0')
        return json_error(error, &from_place,
                          "this must be \"source.collection\", as "
                          "\"core.books\"");
    char *source = arena_printf(arena, "%.*s", (int)(dot - from), from);
    if (source == NULL)
        return reading_memory(&r);
    struct error why = {0};
    if (!project_find_source(project, source, &mapping->source, &why))
        return json_error(error, &from_place, "%s", why.message);
    mapping->from = dot + 1;
    return read_tables(&r, json, &top) && mapping_read_drops(&r, json, &top) &&
           mapping_read_rules(&r, json, &top) && mapping_read_identity(&r, json, &top);
}
