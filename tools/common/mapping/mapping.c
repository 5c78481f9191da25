/* A mapping file: its tables, in the order in which a batch writes them. */
#include "mapping.h"
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const mapping_words[] = {"$schema",  "from",     "to",     "drop", "left_out",
                                            "identity", "misfit",   "json",   "said"};
static const char *const table_words[] = {
    "each",   "keep_shape", "exists",   "triggers", "if_there", "when",
    "key",    "columns",    "unique",   "indexes",  "checks",   "policies",
    "grants", "comment",    "optional", "why",      "misfit",   "foreign_keys"};
static const char *const switches[] = {"on", "off"};
static const char *const if_theres[] = {"fail", "skip", "update"}; /* as in enum if_there */
static const char *const update_words[] = {"update"};

static bool read_triggers(struct reading *r, const cJSON *object, const struct json_place *place,
                          struct mapping_table *table)
{
    const char *word = "on";
    bool ok = reading_choice(r, object, place, "triggers", switches, COUNT(switches), &word);
    table->triggers_off = strcmp(word, "off") == 0;
    return ok;
}

static bool read_updates(struct reading *r, const cJSON *object, const struct json_place *place,
                         struct mapping_table *table)
{
    struct json_place here = {place, "update", 0};
    table->if_there = IF_THERE_UPDATE;
    if (!json_only(object, place, update_words, COUNT(update_words), r->error) ||
        !reading_member_words(r, object, place, "update", &table->updates) ||
        !mapping_check_columns(r, &here, table, &table->updates, false))
        return false;
    if (table->updates.count == 0)
        return json_error(r->error, &here, "this names the columns that the row there takes");
    for (size_t i = 0; i < table->updates.count; i++)
        for (size_t k = 0; k < table->key.count; k++)
            if (strcmp(table->updates.items[i], table->key.items[k]) == 0)
                return json_error(r->error, &here, "\"%s\" is of the key that the row is found by",
                                  table->key.items[k]);
    return true;
}

static bool read_if_there(struct reading *r, const cJSON *object, const struct json_place *place,
                          struct mapping_table *table)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, "if_there");
    struct json_place here = {place, "if_there", 0};
    const char *word = if_theres[IF_THERE_FAIL];
    if (cJSON_IsObject(value))
        return read_updates(r, value, &here, table);
    if (!reading_choice(r, object, place, "if_there", if_theres, COUNT(if_theres), &word))
        return false;
    while (strcmp(if_theres[table->if_there], word) != 0)
        table->if_there++;
    return true;
}

/* `spelt`: no word of the table is unknown, which might be this one, and it was written so far. */
static bool check_key(struct reading *r, const cJSON *object, const struct json_place *place,
                      bool spelt, struct mapping_table *table)
{
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(object, "key");
    bool none = key == NULL ? spelt : cJSON_IsArray(key) && key->child == NULL;
    bool unasked = key == NULL && table->exists && r->project->target_tables == NULL;
    table->keyless = key != NULL && table->exists && table->key.count == 0;
    if (!none || table->keep_shape || table->keyless)
        return true;
    if (unasked)
        return reading_unasked(r, place, "the key of this table");
    return json_error(r->error, place,
                      "the table needs a \"key\": the columns that name a row; of a table that "
                      "\"exists\" it may be []");
}

static bool check_kept(struct reading *r, const struct json_place *place,
                       const struct mapping_table *table)
{
    return !table->keep_shape || r->mapping->source->kind == SOURCE_POSTGRES ||
           json_error(r->error, place, "\"keep_shape\" is for tables of a postgres source");
}

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
    struct json_place key = {place, "key", 0}, each = {place, "each", 0};
    struct errors errors = {0};
    bool spelt = json_only(object, place, table_words, COUNT(table_words), r->error);
    bool columns = cJSON_HasObjectItem(object, "columns");
    bool ok =
        reading_goes_on(r, spelt, &errors) &&
        reading_goes_on(r,
                        reading_text(r, object, place, "each", &table->each) &&
                            reading_path(r, &each, PATH_MEMBERS, &table->each),
                        &errors) &&
        reading_goes_on(r,
                        reading_bool(r, object, place, "keep_shape", &table->keep_shape) &&
                            check_kept(r, place, table),
                        &errors) &&
        reading_goes_on(r, reading_bool(r, object, place, "exists", &table->exists), &errors) &&
        reading_goes_on(r, read_triggers(r, object, place, table), &errors) &&
        reading_goes_on(r, reading_bool(r, object, place, "optional", &table->optional), &errors) &&
        reading_goes_on(r, reading_text(r, object, place, "why", &table->why), &errors) &&
        reading_goes_on(r, mapping_read_misfits(r, object, place, &table->misfits), &errors) &&
        reading_goes_on(r, mapping_read_conditions(r, object, place, &table->when), &errors) &&
        ((errors.count > 0 && !columns) ||
         reading_goes_on(r, mapping_read_columns(r, object, place, table), &errors)) &&
        reading_goes_on(r, reading_member_words(r, object, place, "key", &table->key), &errors) &&
        reading_goes_on(r,
                        check_key(r, object, place, spelt && (columns || errors.count == 0), table) &&
                            mapping_check_columns(r, &key, table, &table->key, false),
                        &errors) &&
        reading_goes_on(r, read_if_there(r, object, place, table), &errors) &&
        reading_goes_on(r, mapping_read_shape(r, object, place, table), &errors) &&
        reading_goes_on(r, mapping_read_policies(r, object, place, table), &errors) &&
        reading_goes_on(r, mapping_read_table_grants(r, object, place, table), &errors) &&
        reading_goes_on(r, mapping_read_keys(r, object, place, table), &errors) &&
        reading_goes_on(r, reading_text(r, object, place, "comment", &table->comment), &errors);
    if (!ok || !errors_give(&errors, r->error))
        return false;
    mapping_inherit_misfits(&r->mapping->misfits, &table->misfits);
    mapping_settle_refused(r, table);
    for (size_t i = 0; i < table->column_count; i++)
        mapping_settle_misfits(r, &table->misfits, &table->columns[i]);
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
    struct errors errors = {0};
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
                bool read = read_table(r, part, cJSON_IsArray(item) ? &form : &at, item->string,
                                       &mapping->tables[mapping->table_count++]);
                if (!reading_goes_on(r, read, &errors))
                    return false;
            }
        }
    if (!errors_give(&errors, r->error))
        return false;
    if (mapping->tables[0].each != NULL)
        return json_error(r->error, &here,
                          "there is no table without \"each\" for the record "
                          "itself");
    return true;
}

/* With what was wrong before, behind which a word that is missing may only be misspelt. */
static bool gives_up(struct errors *errors, bool there, struct error *last)
{
    if (there || errors->count == 0)
        errors_add(errors, last);
    return errors_give(errors, last);
}

bool mapping_parse(struct project *project, struct arena *arena, const cJSON *json,
                   struct mapping *mapping, struct error *error)
{
    struct reading r = {.project = project, .arena = arena, .mapping = mapping, .error = error};
    const struct json_place top = {NULL, mapping->file, 0};
    const char *from = NULL;
    struct json_place from_place = {&top, "from", 0};
    if (!cJSON_IsObject(json))
        return json_error(error, &top, "a mapping is an object, and this is %s", json_kind(json));
    struct errors errors = {0};
    if (!reading_goes_on(&r, json_only(json, &top, mapping_words, COUNT(mapping_words), error),
                         &errors) ||
        !reading_text(&r, json, &top, "from", &from))
        return false;
    const char *dot = from != NULL ? strchr(from, '.') : NULL;
    if (dot == NULL || dot[1] == '\0') {
        json_error(error, &from_place,
                   "this must be \"source.collection\", as "
                   "\"core.books\"");
        return gives_up(&errors, from != NULL, error);
    }
    char *source = arena_printf(arena, "%.*s", (int)(dot - from), from);
    if (source == NULL)
        return reading_memory(&r);
    struct error why = {0};
    if (!project_find_source(project, source, &mapping->source, &why)) {
        json_error(error, &from_place, "%s", why.message);
        return gives_up(&errors, true, error);
    }
    mapping->from = dot + 1;
    bool ok = reading_goes_on(&r, mapping_read_misfits(&r, json, &top, &mapping->misfits), &errors);
    mapping_inherit_misfits(&project->every.misfits, &mapping->misfits);
    return ok && reading_goes_on(&r, read_tables(&r, json, &top), &errors) &&
           reading_goes_on(&r, mapping_read_drops(&r, json, &top), &errors) &&
           reading_goes_on(&r, mapping_read_json(&r, json, &top), &errors) &&
           reading_goes_on(&r, mapping_read_rules(&r, json, &top), &errors) &&
           reading_goes_on(&r, mapping_read_identity(&r, json, &top), &errors) &&
           errors_give(&errors, error);
}
