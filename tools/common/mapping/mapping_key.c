/* Foreign keys that a mapping says between columns that are no identities: a column's "references",
 * and a table's "foreign_keys". */
#include "graduate/words.h"
#include "mapping.h"
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const key_words[] = {"columns",   "references", "to",
                                        "on_delete", "on_update",  "deferrable"};
static const char *const actions[] = {"cascade", "restrict", "set null", "set default",
                                      "no action"};
static const char *const timings[] = {"initially immediate", "initially deferred"};

/* "public.orders.id": the label of a table, and a column of it. */
static bool read_column_key(struct reading *r, const struct mapping_column *column,
                            const struct json_place *place, struct mapping_key *key)
{
    const char *first = strchr(column->references, '.');
    const char *second = first != NULL ? strchr(first + 1, '.') : NULL;
    struct json_place here = {place, "references", 0};
    if (second == NULL || second[1] == '\0')
        return json_error(r->error, &here,
                          "this must be \"schema.table.column\", as \"public.orders.id\"");
    *key = (struct mapping_key){
        .columns = {arena_alloc(r->arena, 1, sizeof *key->columns.items), 1},
        .references =
            arena_printf(r->arena, "%.*s", (int)(second - column->references), column->references),
        .to = {arena_alloc(r->arena, 1, sizeof *key->to.items), 1},
        .on_delete = column->on_delete,
    };
    if (key->columns.items == NULL || key->references == NULL || key->to.items == NULL)
        return reading_memory(r);
    key->columns.items[0] = column->name;
    key->to.items[0] = second + 1;
    return true;
}

static bool read_key(struct reading *r, const cJSON *object, const struct json_place *place,
                     const struct mapping_table *table, struct mapping_key *key)
{
    const char *timing = NULL;
    struct json_place columns = {place, "columns", 0}, to = {place, "to", 0};
    if (!cJSON_IsObject(object))
        return json_error(r->error, place, "a foreign key is an object, and this is %s",
                          json_kind(object));
    struct errors errors = {0};
    bool ok =
        reading_goes_on(r, json_only(object, place, key_words, COUNT(key_words), r->error),
                        &errors) &&
        reading_goes_on(r,
                        reading_member_words(r, object, place, "columns", &key->columns) &&
                            mapping_check_columns(r, &columns, table, &key->columns, false),
                        &errors) &&
        reading_goes_on(r, reading_text(r, object, place, "references", &key->references),
                        &errors) &&
        reading_goes_on(r, reading_member_words(r, object, place, "to", &key->to), &errors) &&
        reading_goes_on(r,
                        reading_choice(r, object, place, "on_delete", actions, COUNT(actions),
                                       &key->on_delete),
                        &errors) &&
        reading_goes_on(r,
                        reading_choice(r, object, place, "on_update", actions, COUNT(actions),
                                       &key->on_update),
                        &errors) &&
        reading_goes_on(
            r, reading_choice(r, object, place, "deferrable", timings, COUNT(timings), &timing),
            &errors);
    if (!ok || !errors_give(&errors, r->error))
        return false;
    if (key->columns.count == 0 || key->references == NULL)
        return json_error(r->error, place,
                          "a foreign key needs \"columns\", and the table that it "
                          "\"references\"");
    if (key->to.count > 0 && key->to.count != key->columns.count)
        return json_error(r->error, &to, "this must name as many columns as \"columns\" does");
    key->timing = timing != NULL ? arena_printf(r->arena, "DEFERRABLE%s",
                                                timing == timings[1] ? " INITIALLY DEFERRED" : "")
                                 : NULL;
    return timing == NULL || key->timing != NULL ? true : reading_memory(r);
}

bool mapping_read_keys(struct reading *r, const cJSON *object, const struct json_place *place,
                       struct mapping_table *table)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "foreign_keys"), *item;
    struct json_place columns = {place, "columns", 0}, here = {place, "foreign_keys", 0};
    if (list != NULL && !cJSON_IsArray(list))
        return json_error(r->error, &here, "this must be an array, and is %s", json_kind(list));
    table->foreign_keys =
        arena_alloc(r->arena, table->column_count + (size_t)cJSON_GetArraySize(list),
                    sizeof *table->foreign_keys);
    if (table->foreign_keys == NULL)
        return reading_memory(r);
    struct errors errors = {0};
    for (size_t c = 0; c < table->column_count; c++) {
        const struct mapping_column *column = &table->columns[c];
        struct json_place at = {&columns, column->name, 0};
        if (column->references == NULL)
            continue;
        struct mapping_key *key = &table->foreign_keys[table->foreign_key_count++];
        if (!reading_goes_on(r, read_column_key(r, column, &at, key), &errors))
            return false;
    }
    size_t index = 0;
    cJSON_ArrayForEach(item, list)
    {
        struct json_place at = {&here, NULL, index++};
        struct mapping_key *key = &table->foreign_keys[table->foreign_key_count++];
        if (!reading_goes_on(r, read_key(r, item, &at, table, key), &errors))
            return false;
    }
    return errors_give(&errors, r->error);
}

/* The first form of the table, whose columns all forms have. */
static const struct mapping_table *find_table(const struct project *project, const char *label)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        for (size_t t = 0; t < project->mappings[i]->table_count; t++)
            if (strcmp(project->mappings[i]->tables[t].label, label) == 0)
                return &project->mappings[i]->tables[t];
    return NULL;
}

bool mapping_link_keys(const struct project *project, const struct json_place *place,
                       struct mapping_table *table, struct error *error)
{
    struct errors errors = {0};
    for (size_t k = 0; k < table->foreign_key_count; k++) {
        struct mapping_key *key = &table->foreign_keys[k];
        const char *names[256], *nearest;
        size_t count = 0;
        key->table = find_table(project, key->references);
        if (key->table != NULL)
            continue;
        for (size_t i = 0; i < project->mapping_count; i++)
            for (size_t t = 0; t < project->mappings[i]->table_count && count < COUNT(names); t++)
                names[count++] = project->mappings[i]->tables[t].label;
        nearest = words_nearest(key->references, names, count);
        json_error(error, place, "\"references\": the project has no table %s%s%s%s",
                   key->references, nearest != NULL ? "; did you mean \"" : "",
                   nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
        errors_add(&errors, error);
    }
    return errors_give(&errors, error);
}
