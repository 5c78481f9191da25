/* What a mapping gives a table besides columns and a key: uniques, indexes, checks. */
#include "graduate/path.h"
#include "graduate/words.h"
#include "mapping.h"
#include "reading.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const index_words[] = {"columns", "where", "method", "unique"};
static const char *const methods[] = {"btree", "hash", "gin", "gist", "brin"};

bool mapping_value_is_plain(const struct mapping_value *value)
{
    return value->kind == VALUE_FROM && value->function_count == 0 && value->map == NULL &&
           value->access == NULL && value->when.count == 0 && !mapping_is_looked_up(value);
}

static bool is_rest_of(const struct mapping_value *value, const char *name)
{
    struct path_step step;
    const char *path = value->from;
    bool found = value->kind == VALUE_REST && path != NULL && path_next(&path, &step) &&
                 path_step_is(&step, name);
    for (size_t i = 0; i < value->member_count && !found; i++)
        found = is_rest_of(&value->members[i].value, name);
    return found;
}

/* It speaks for fields of what the form is made of, and for no others. */
bool mapping_read_rest(struct reading *r, const cJSON *origin, const struct json_place *place,
                       struct mapping_value *value)
{
    struct json_place here = {place, "rest", 0};
    if (cJSON_IsTrue(origin))
        return true;
    if (!cJSON_IsString(origin))
        return json_error(r->error, place,
                          "\"rest\" can only be true, or the path of an object, as \"metadata\"");
    value->from = origin->valuestring;
    return reading_path_of_object(r, &here, &value->from);
}

bool mapping_keeps_rest_of(const struct mapping_table *table, const char *name)
{
    bool found = false;
    for (size_t i = 0; table->each == NULL && i < table->column_count && !found; i++)
        found = is_rest_of(&table->columns[i].value, name);
    return found;
}

bool mapping_value_is_json(const struct mapping_value *value, const struct pgtype *type)
{
    bool json = (type->base == PG_JSON || type->base == PG_JSONB) && !type->array;
    return value->kind == VALUE_OBJECT ||
           (value->kind == VALUE_ARRAY && json && value->id_of == NULL);
}

const char *mapping_word_tail(const char *word, const char *name)
{
    size_t length = strlen(name);
    bool begins = strncmp(word, name, length) == 0 && (word[length] == '\0' || word[length] == ' ');
    return begins ? word + length : NULL;
}

/* An index can also name "created_at desc", and an "(expression)". */
static bool has_column(const struct mapping_table *table, const char *word, bool of_index)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const char *tail = mapping_word_tail(word, table->columns[i].name);
        if (tail != NULL && (of_index || tail[0] == '\0'))
            return true;
    }
    return of_index && word[0] == '(';
}

/* Columns named by a key, unique or index. A table that keeps its shape has columns that only the
 * catalog knows; schema.c checks those. */
bool mapping_check_columns(struct reading *r, const struct json_place *place,
                           const struct mapping_table *table, const struct words *words,
                           bool of_index)
{
    const char *names[256];
    size_t count = 0;
    struct errors errors = {0};
    if (table->column_count == 0) /* none could be read, which is told by itself */
        return true;
    for (size_t i = 0; i < table->column_count && count < COUNT(names); i++)
        names[count++] = table->columns[i].name;
    for (size_t i = 0; i < words->count; i++) {
        struct json_place here = {place, NULL, i};
        if (table->keep_shape || has_column(table, words->items[i], of_index))
            continue;
        const char *nearest = words_nearest(words->items[i], names, count);
        json_error(r->error, &here, "the table has no column \"%s\"%s%s%s", words->items[i],
                   nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                   nearest != NULL ? "\"?" : "");
        errors_add(&errors, r->error);
    }
    return errors_give(&errors, r->error);
}

static bool read_index(struct reading *r, const cJSON *item, const struct json_place *at,
                       const struct mapping_table *table, struct mapping_index *index)
{
    struct json_place list = {at, "columns", 0};
    struct errors errors = {0};
    bool full = cJSON_IsObject(item);
    index->method = "btree";
    if (!full && !reading_words(r, item, at, &index->columns))
        return false;
    bool spelt = !full || json_only(item, at, index_words, COUNT(index_words), r->error);
    bool ok =
        reading_goes_on(r, spelt, &errors) &&
        (!full ||
         (reading_goes_on(r, reading_member_words(r, item, at, "columns", &index->columns),
                          &errors) &&
          reading_goes_on(r, reading_text(r, item, at, "where", &index->where), &errors) &&
          reading_goes_on(r, reading_bool(r, item, at, "unique", &index->unique), &errors) &&
          reading_goes_on(
              r, reading_choice(r, item, at, "method", methods, COUNT(methods), &index->method),
              &errors))) &&
        reading_goes_on(
            r, mapping_check_columns(r, full ? &list : at, table, &index->columns, true), &errors);
    if (ok && errors.count == 0 && index->columns.count == 0)
        return json_error(r->error, at, "an index needs columns");
    return ok && errors_give(&errors, r->error);
}

static bool read_indexes(struct reading *r, const cJSON *object, const struct json_place *place,
                         struct mapping_table *table)
{
    const cJSON *indexes = cJSON_GetObjectItemCaseSensitive(object, "indexes"), *item;
    struct json_place here = {place, "indexes", 0};
    if (indexes == NULL)
        return true;
    if (!cJSON_IsArray(indexes))
        return json_error(r->error, &here, "this must be an array, and is %s", json_kind(indexes));
    table->indexes =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(indexes), sizeof *table->indexes);
    if (table->indexes == NULL)
        return reading_memory(r);
    struct errors errors = {0};
    cJSON_ArrayForEach(item, indexes)
    {
        struct json_place at = {&here, NULL, table->index_count};
        struct mapping_index *index = &table->indexes[table->index_count++];
        if (!reading_goes_on(r, read_index(r, item, &at, table, index), &errors))
            return false;
    }
    return errors_give(&errors, r->error);
}

static bool read_uniques(struct reading *r, const cJSON *object, const struct json_place *place,
                         struct mapping_table *table)
{
    const cJSON *uniques = cJSON_GetObjectItemCaseSensitive(object, "unique"), *item;
    struct json_place here = {place, "unique", 0};
    if (uniques == NULL)
        return true;
    if (!cJSON_IsArray(uniques))
        return json_error(r->error, &here, "this must be an array of column lists, and is %s",
                          json_kind(uniques));
    table->uniques =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(uniques), sizeof *table->uniques);
    if (table->uniques == NULL)
        return reading_memory(r);
    struct errors errors = {0};
    cJSON_ArrayForEach(item, uniques)
    {
        struct json_place at = {&here, NULL, table->unique_count};
        struct words *unique = &table->uniques[table->unique_count++];
        bool read = reading_words(r, item, &at, unique) &&
                    mapping_check_columns(r, &at, table, unique, false) &&
                    (unique->count > 0 || json_error(r->error, &at, "a unique needs columns"));
        if (!reading_goes_on(r, read, &errors))
            return false;
    }
    return errors_give(&errors, r->error);
}

static bool read_checks(struct reading *r, const cJSON *object, const struct json_place *place,
                        struct mapping_table *table)
{
    const cJSON *checks = cJSON_GetObjectItemCaseSensitive(object, "checks"), *item;
    struct json_place here = {place, "checks", 0};
    if (checks == NULL)
        return true;
    if (!cJSON_IsObject(checks))
        return json_error(r->error, &here,
                          "this must be an object of names and SQL conditions, "
                          "and is %s",
                          json_kind(checks));
    table->checks =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(checks), sizeof *table->checks);
    if (table->checks == NULL)
        return reading_memory(r);
    struct errors errors = {0};
    cJSON_ArrayForEach(item, checks)
    {
        struct mapping_check *check = &table->checks[table->check_count++];
        struct json_place at = {&here, item->string, 0};
        check->name = item->string;
        bool read = reading_name(r, &at, check->name) &&
                    reading_text(r, checks, &here, item->string, &check->expression);
        if (!reading_goes_on(r, read, &errors))
            return false;
    }
    return errors_give(&errors, r->error);
}

bool mapping_read_shape(struct reading *r, const cJSON *object, const struct json_place *place,
                        struct mapping_table *table)
{
    struct errors errors = {0};
    return reading_goes_on(r, read_uniques(r, object, place, table), &errors) &&
           reading_goes_on(r, read_indexes(r, object, place, table), &errors) &&
           reading_goes_on(r, read_checks(r, object, place, table), &errors) &&
           errors_give(&errors, r->error);
}
