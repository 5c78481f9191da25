#include "unmet.h"
#include "member.h"
#include "printable.h"

#include "graduate/path.h"
#include "graduate/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum role { ROLE_FIELD, ROLE_MUST };

struct looking {
    struct unmet_list *list;
    const struct project *project;
    const struct mapping *mapping;
    const struct account *account;
    struct error *error;
};

static const struct account_path *path_of(const struct looking *l, const char *path)
{
    for (size_t i = 0; i < l->account->path_count; i++)
        if (strcmp(l->account->paths[i].entity, l->mapping->name) == 0 &&
            strcmp(l->account->paths[i].path, path) == 0)
            return &l->account->paths[i];
    return NULL;
}

static bool was_there(const struct account_path *path)
{
    return path != NULL && (path->values[FATE_SEEN] > 0 || path->values[FATE_MET] > 0);
}

/* The most similar path that was there, with the same path before its last name. */
static const struct account_path *find_nearest(const struct looking *l, const char *path)
{
    const char *names[256] = {NULL};
    const struct account_path *there[256] = {NULL};
    size_t parent = path_parent(path), count = 0;
    parent += parent > 0;
    for (size_t i = 0; i < l->account->path_count && count < 256; i++) {
        const struct account_path *other = &l->account->paths[i];
        if (strcmp(other->entity, l->mapping->name) != 0 || !was_there(other) ||
            strncmp(other->path, path, parent) != 0 ||
            path_parent(other->path) + (parent > 0) != parent)
            continue;
        there[count] = other;
        names[count++] = other->path + parent;
    }
    const char *nearest = words_nearest(path + parent, names, count);
    for (size_t i = 0; nearest != NULL && i < count; i++)
        if (names[i] == nearest)
            return there[i];
    return NULL;
}

/* A table's columns are known before; what lies below them is not. */
static bool is_column(const struct looking *l, const char *path)
{
    return l->mapping->source->kind == SOURCE_POSTGRES && path_parent(path) == 0;
}

/* `each`: the array in whose elements the path lies, or NULL. */
static bool look(struct looking *l, const char *pointer, const char *each, const char *path,
                 enum role role)
{
    char full[256];
    bool itself = strcmp(path, ".") == 0;
    if (itself && each == NULL)
        return true;
    snprintf(full, sizeof full, "%s%s%s", each != NULL ? each : "",
             each != NULL && !itself ? "." : "", itself ? "" : path);
    const struct account_path *array = each != NULL ? path_of(l, each) : NULL;
    if (is_column(l, full) || was_there(path_of(l, full)) ||
        (each != NULL && (array == NULL || array->values[FATE_ELEMENTS] == 0)))
        return true;
    struct unmet_list *list = l->list;
    struct unmet *grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    if (grown == NULL)
        return error_memory(l->error);
    list->items = grown;
    struct unmet *unmet = &grown[list->count++];
    const struct account_path *nearest = find_nearest(l, full);
    *unmet = (struct unmet){.element = each != NULL};
    snprintf(unmet->pointer, sizeof unmet->pointer, "%s", pointer);
    snprintf(unmet->path, sizeof unmet->path, "%s", full);
    if (nearest != NULL)
        snprintf(unmet->nearest, sizeof unmet->nearest, "%s", nearest->path);
    else if (each != NULL && was_there(path_of(l, path))) /* the level was mistaken */
        snprintf(unmet->nearest, sizeof unmet->nearest, "^.%s", path);
    unmet->grave = role == ROLE_MUST || (nearest != NULL && nearest->values[FATE_REST] > 0);
    return true;
}

/* Move out by one level; the members of an object and the object are one. */
static void move_out(char *level)
{
    size_t parent = path_parent(level);
    if (strcmp(level + parent, ".*") == 0) {
        level[parent] = '\0';
        parent = path_parent(level);
    }
    level[parent] = '\0';
}

/* A path that looks out of the elements of `each`. A level can be a document on the way, so that
 * what is around lies further out than it seems. */
static bool look_out(struct looking *l, const char *pointer, const char *each, unsigned ups,
                     const char *path, enum role role)
{
    char level[256], nearest[256], full[512];
    snprintf(level, sizeof level, "%s", each != NULL ? each : "");
    for (unsigned i = 0; i < ups; i++)
        move_out(level);
    snprintf(nearest, sizeof nearest, "%s", level);
    for (; ups > 0 && level[0] != '\0'; move_out(level)) {
        snprintf(full, sizeof full, "%s.%s", level, path);
        if (was_there(path_of(l, full)))
            return true;
    }
    if (ups > 0 && was_there(path_of(l, path)))
        return true;
    return look(l, pointer, nearest[0] != '\0' ? nearest : NULL, path, role);
}

/* A field that Appwrite adds to every record: which ones there are, its version says. */
static bool is_appwrites(const struct mapping *mapping, const char *path)
{
    return mapping->source->kind == SOURCE_APPWRITE && path[0] == '$';
}

static bool look_at_conditions(struct looking *l, const char *pointer, const char *each,
                               const struct conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        char here[512];
        for (size_t k = 0; k < condition->list_count; k++)
            if (!look_at_conditions(l, pointer, each, &condition->lists[k]))
                return false;
        snprintf(here, sizeof here, "%.300s/when/%s", pointer, condition->place);
        if (condition->path != NULL &&
            !look_out(l, here, each, condition->outer, condition->path, ROLE_MUST))
            return false;
    }
    return true;
}

static bool look_at_value(struct looking *l, const char *pointer, const char *each,
                          const struct mapping_value *value)
{
    if (value->optional)
        return true;
    const char *from = value->from;
    unsigned ups = value->kind == VALUE_FROM ? path_ups(&from) : 0;
    bool rest = value->kind == VALUE_REST && from != NULL;
    if ((value->kind == VALUE_FROM || rest) && !look_out(l, pointer, each, ups, from, ROLE_FIELD))
        return false;
    for (size_t i = 0; i < value->member_count; i++) {
        char here[512];
        if (value->kind != VALUE_OBJECT)
            snprintf(here, sizeof here, "%.300s/%s/%zu", pointer, value_kind_words[value->kind], i);
        else
            snprintf(here, sizeof here, "%.300s/object/%s", pointer, value->members[i].name);
        if (!look_at_value(l, here, each, &value->members[i].value))
            return false;
    }
    return look_at_conditions(l, pointer, each, &value->when);
}

/* Forms of one table stand in a list. */
static void put_pointer(const struct looking *l, size_t table, char *out, size_t size)
{
    const struct mapping *mapping = l->mapping;
    char file[256];
    size_t form = 0;
    for (size_t t = 0; t < table; t++)
        form += strcmp(mapping->tables[t].label, mapping->tables[table].label) == 0;
    snprintf(file, sizeof file, "%s.json", mapping->name);
    const cJSON *json = cJSON_GetObjectItemCaseSensitive(l->project->files, file);
    const cJSON *to = cJSON_GetObjectItemCaseSensitive(json, "to");
    const cJSON *forms = cJSON_GetObjectItemCaseSensitive(to, mapping->tables[table].label);
    if (cJSON_IsArray(forms))
        snprintf(out, size, "/to/%s/%zu", mapping->tables[table].label, form);
    else
        snprintf(out, size, "/to/%s", mapping->tables[table].label);
}

static bool look_at_table(struct looking *l, size_t index)
{
    const struct mapping_table *table = &l->mapping->tables[index];
    char pointer[200], here[512];
    put_pointer(l, index, pointer, sizeof pointer);
    snprintf(here, sizeof here, "%s/each", pointer);
    if (!table->optional &&
        ((table->each != NULL && !look(l, here, NULL, table->each, ROLE_MUST)) ||
         !look_at_conditions(l, pointer, table->each, &table->when)))
        return false;
    for (size_t i = 0; i < table->column_count; i++) {
        snprintf(here, sizeof here, "%s/columns/%s", pointer, table->columns[i].name);
        if (!look_at_value(l, here, table->each, &table->columns[i].value))
            return false;
    }
    return true;
}

/* Of a text that is JSON what is in it is counted, where the mapping goes on inside. */
static bool look_at_json(struct looking *l, size_t index)
{
    const char *path = l->mapping->json.items[index];
    char pointer[64];
    for (size_t i = 0; i < l->account->path_count; i++)
        if (strcmp(l->account->paths[i].entity, l->mapping->name) == 0 &&
            was_there(&l->account->paths[i]) && path_below(l->account->paths[i].path, path) != NULL)
            return true;
    snprintf(pointer, sizeof pointer, "/json/%zu", index);
    return look(l, pointer, NULL, path, ROLE_FIELD);
}

bool unmet_find(struct unmet_list *list, const struct project *project,
                const struct mapping *mapping, const struct account *account, int64_t records,
                struct error *error)
{
    struct looking l = {list, project, mapping, account, error};
    *list = (struct unmet_list){0};
    if (records == 0)
        return true;
    bool ok = true;
    for (size_t t = 0; ok && t < mapping->table_count; t++)
        ok = look_at_table(&l, t);
    for (size_t i = 0; ok && i < mapping->rule_count; i++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/left_out/%zu", i);
        ok = mapping->rules[i].optional ||
             look_at_conditions(&l, pointer, mapping->rules[i].each, &mapping->rules[i].when);
    }
    if (ok && mapping->identity != NULL)
        ok = look(&l, "/identity/from", NULL, mapping->identity->from, ROLE_MUST);
    for (size_t i = 0; ok && i < mapping->json.count; i++)
        ok = look_at_json(&l, i);
    for (size_t i = 0; ok && i < mapping->drops.count; i++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/drop/%zu", i);
        ok = mapping->drops_optional[i] || is_appwrites(mapping, mapping->drops.items[i]) ||
             look(&l, pointer, NULL, mapping->drops.items[i], ROLE_MUST);
    }
    if (!ok)
        unmet_release(list);
    return ok;
}

void unmet_release(struct unmet_list *list)
{
    free(list->items);
    *list = (struct unmet_list){0};
}

void unmet_describe(const struct unmet *unmet, const struct mapping *mapping, int64_t records,
                    char *out, size_t size)
{
    snprintf(out, size, "%s: no %s of %s has \"%s\" (0 of %" PRId64 " records)%s%s%s",
             unmet->pointer, unmet->element ? "element" : "record", mapping->name, unmet->path,
             records, unmet->nearest[0] != '\0' ? "; the nearest that was there is \"" : "",
             unmet->nearest, unmet->nearest[0] != '\0' ? "\"" : "");
}

static bool add_to(cJSON *array, const struct unmet_list *list, const struct mapping *mapping,
                   int64_t records)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct unmet *unmet = &list->items[i];
        char text[1200];
        cJSON *json = cJSON_CreateObject();
        unmet_describe(unmet, mapping, records, text, sizeof text);
        if (!cJSON_AddItemToArray(array, json) ||
            cJSON_AddStringToObject(json, "entity", mapping->name) == NULL ||
            cJSON_AddStringToObject(json, "pointer", unmet->pointer) == NULL ||
            cJSON_AddStringToObject(json, "path", unmet->path) == NULL ||
            cJSON_AddStringToObject(json, "nearest", unmet->nearest) == NULL ||
            cJSON_AddNumberToObject(json, "records", (double)records) == NULL ||
            cJSON_AddBoolToObject(json, "grave", unmet->grave) == NULL ||
            cJSON_AddStringToObject(json, "text", text) == NULL)
            return false;
    }
    return true;
}

/* What project.json drops everywhere, and no record of any entity has. */
static bool add_every(cJSON *array, const struct project *project, const struct account *account)
{
    const struct mapping of_project = {.name = "project"};
    bool ok = true;
    for (size_t i = 0; ok && i < project->every.drops.count; i++) {
        const char *path = project->every.drops.items[i];
        struct unmet unmet = {.grave = false}; /* all was read by then */
        struct unmet_list list = {.items = &unmet, .count = 1};
        int64_t met = 0, records = 0;
        for (size_t e = 0; e < account->entity_count; e++)
            records += account->entities[e].read;
        for (size_t p = 0; p < account->path_count; p++)
            if (strcmp(account->paths[p].path, path) == 0)
                met += account->paths[p].values[FATE_SEEN] + account->paths[p].values[FATE_MET];
        snprintf(unmet.pointer, sizeof unmet.pointer, "/every/drop/%s", path);
        snprintf(unmet.path, sizeof unmet.path, "%s", path);
        ok = path[0] == '$' || met > 0 || records == 0 || add_to(array, &list, &of_project, records);
    }
    return ok;
}

bool unmet_gather(cJSON **array, const struct project *project, const struct account *account,
                  struct error *error)
{
    *array = cJSON_CreateArray();
    bool ok = *array != NULL || error_memory(error);
    for (size_t i = 0; ok && i < account->entity_count; i++) {
        const struct mapping *mapping = project_mapping(project, account->entities[i].entity);
        int64_t records = account->entities[i].read;
        struct unmet_list list;
        if (mapping == NULL)
            continue;
        ok = unmet_find(&list, project, mapping, account, records, error) &&
             (add_to(*array, &list, mapping, records) || error_memory(error));
        unmet_release(&list);
    }
    ok = ok && (add_every(*array, project, account) || error_memory(error));
    if (!ok) {
        cJSON_Delete(*array);
        *array = NULL;
    }
    return ok;
}

void unmet_print(const cJSON *array, struct buffer *out)
{
    const cJSON *unmet;
    cJSON_ArrayForEach(unmet, array)
    {
        char printable[1200]; /* the nearest path comes from the records */
        const char *text = member_text(unmet, "text");
        printable_copy(printable, sizeof printable, text, strlen(text));
        buffer_printf(out, "  %s.json: %s\n", member_text(unmet, "entity"), printable);
    }
}
