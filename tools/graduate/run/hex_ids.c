#include "hex_ids.h"
#include "figures.h"
#include "member.h"
#include "printable.h"

#include "graduate/path.h"

#include <stdio.h>
#include <string.h>

/* What is left of the path below the table's record or element; NULL: it lies elsewhere. */
static const char *path_inside(const struct mapping_table *table, const char *path)
{
    if (table->each == NULL)
        return path;
    return strcmp(path, table->each) == 0 ? "." : path_below(path, table->each);
}

static bool names(const struct mapping_value *value, const char *path)
{
    if (value->kind == VALUE_FROM && strcmp(value->from, path) == 0)
        return true;
    for (size_t i = 0; i < value->member_count; i++)
        if (names(&value->members[i].value, path))
            return true;
    return false;
}

/* How deep the place lies of which it keeps the rest, and the path is in that, from 1; 0: it does
 * not. */
static size_t rest_depth(const struct mapping_value *value, const char *path)
{
    const char *place = value->from != NULL ? value->from : "";
    bool keeps = value->kind == VALUE_REST && path_below(path, place) != NULL;
    bool made = value->kind == VALUE_OBJECT || value->kind == VALUE_ARRAY;
    size_t deepest = keeps ? strlen(place) + 1 : 0;
    for (size_t i = 0; made && i < value->member_count; i++) {
        size_t depth = rest_depth(&value->members[i].value, path);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

/* The column that keeps the field as JSON: one that names it, or else the nearest rest. */
static const struct mapping_column *find_column(const struct mapping *mapping, const char *path)
{
    const struct mapping_column *rest = NULL;
    size_t nearest = 0;
    for (size_t t = 0; t < mapping->table_count; t++) {
        const struct mapping_table *table = &mapping->tables[t];
        const char *inside = path_inside(table, path);
        size_t length = table->each != NULL ? strlen(table->each) + 1 : 0;
        for (size_t c = 0; inside != NULL && c < table->column_count; c++) {
            const struct mapping_column *column = &table->columns[c];
            bool json = column->type.base == PG_JSON || column->type.base == PG_JSONB;
            if (json && names(&column->value, inside))
                return column;
            size_t depth = rest_depth(&column->value, inside);
            if (depth > 0 && length + depth > nearest) {
                rest = column;
                nearest = length + depth;
            }
        }
    }
    return rest;
}

/* Where an entity has its own ids as UUIDs: "public.users.id"; false where it has them nowhere. */
static bool find_home(const struct mapping *mapping, char *out, size_t size)
{
    const struct mapping_table *table = &mapping->tables[0];
    for (size_t c = 0; c < table->column_count; c++) {
        const struct mapping_value *value = &table->columns[c].value;
        if (value->id_of == mapping && value->kind == VALUE_FROM &&
            strcmp(value->from, "_id") == 0) {
            snprintf(out, size, "%s.%s", table->label, table->columns[c].name);
            return true;
        }
    }
    return false;
}

/* Which of several an id would be of, nobody knows. */
static void put_homes(const struct project *project, const struct mapping *mapping, char *out,
                      size_t size)
{
    size_t homes = 0;
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *other = project->mappings[i];
        char home[200];
        if (other->source == mapping->source && find_home(other, home, sizeof home)) {
            snprintf(out, size, "%s", home);
            homes++;
        }
    }
    if (homes != 1)
        snprintf(out, size, "%s", "the ids of the tables");
}

static bool add(cJSON *array, const struct project *project, const struct mapping *mapping,
                const struct account_path *path)
{
    const struct mapping_column *column = find_column(mapping, path->path);
    int64_t ids = path->values[FATE_HEX_IDS];
    char text[900], homes[200], figure[FIGURE_SIZE];
    put_homes(project, mapping, homes, sizeof homes);
    snprintf(text, sizeof text,
             "%s %s at \"%.256s\" %s kept inside %s as hex text, and no longer %s %s; name %s as a "
             "column with id_of to keep the reference",
             figure_count(ids, figure), ids == 1 ? "ObjectId" : "ObjectIds", path->path,
             ids == 1 ? "is" : "are", column != NULL ? column->name : "JSON",
             ids == 1 ? "matches" : "match", homes, ids == 1 ? "it" : "them");
    cJSON *json = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, json) &&
           cJSON_AddStringToObject(json, "entity", mapping->name) != NULL &&
           cJSON_AddStringToObject(json, "path", path->path) != NULL &&
           cJSON_AddNumberToObject(json, "ids", (double)ids) != NULL &&
           cJSON_AddStringToObject(json, "column", column != NULL ? column->name : "") != NULL &&
           cJSON_AddStringToObject(json, "text", text) != NULL;
}

bool hex_ids_gather(cJSON **array, const struct project *project, const struct account *account,
                    struct error *error)
{
    *array = cJSON_CreateArray();
    bool ok = *array != NULL;
    for (size_t i = 0; ok && i < account->path_count; i++) {
        const struct account_path *path = &account->paths[i];
        const struct mapping *mapping = project_mapping(project, path->entity);
        if (mapping != NULL && path->values[FATE_HEX_IDS] > 0)
            ok = add(*array, project, mapping, path);
    }
    if (ok)
        return true;
    cJSON_Delete(*array);
    *array = NULL;
    return error_memory(error);
}

void hex_ids_print(const cJSON *array, struct buffer *out)
{
    const cJSON *ids;
    cJSON_ArrayForEach(ids, array)
    {
        char printable[900]; /* the path comes from the records */
        const char *text = member_text(ids, "text");
        printable_copy(printable, sizeof printable, text, strlen(text));
        buffer_printf(out, "  %s: %s\n", member_text(ids, "entity"), printable);
    }
}
