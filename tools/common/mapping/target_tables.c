#include "target_tables.h"
#include "graduate/arena.h"
#include "graduate/file.h"
#include "graduate/words.h"

#include <limits.h>
#include <string.h>

#define KEY_IS_SAID                                                                                \
    ADVICE("say a \"key\": the columns by which its rows are told apart, or [] where none are")

/* One form of a table, and what the target says of it (NULL: nothing). */
struct filling {
    struct project *project;
    cJSON *table;
    const cJSON *there;
    bool described; /* the source says of which type its fields are */
    struct error *error;
};

static bool has(const cJSON *object, const char *word)
{
    return cJSON_GetObjectItemCaseSensitive(object, word) != NULL;
}

/* Is its type said, or that of another column? */
static bool is_typed(const cJSON *column)
{
    return has(column, "type") || has(column, value_kind_words[VALUE_PARENT]);
}

/* Has it one by what it is, unless the target has another? */
static bool has_own_type(const cJSON *column)
{
    return has(column, "id_of") || has(column, value_kind_words[VALUE_POSITION]) ||
           has(column, value_kind_words[VALUE_NAME]) || has(column, value_kind_words[VALUE_REST]);
}

static bool is_field(const cJSON *column)
{
    for (int kind = 0; kind < VALUE_KINDS; kind++)
        if (kind != VALUE_FROM && has(column, value_kind_words[kind]))
            return false;
    return true;
}

static bool keeps_shape(const cJSON *table)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(table, "keep_shape"));
}

static bool takes_type(const struct filling *f, const cJSON *column)
{
    return (cJSON_IsString(column) || cJSON_IsObject(column)) && !is_typed(column) &&
           !(keeps_shape(f->table) && is_field(column));
}

static bool takes_key(const struct filling *f)
{
    return !has(f->table, "key") && !keeps_shape(f->table);
}

/* Must the target be asked for what this form does not say? */
static bool asks(const struct filling *f)
{
    const cJSON *column;
    bool any = takes_key(f);
    cJSON_ArrayForEach(column, cJSON_GetObjectItemCaseSensitive(f->table, "columns"))
    {
        any = any || (takes_type(f, column) && !has_own_type(column));
    }
    return any;
}

static bool no_column(const struct filling *f, const cJSON *types, const struct json_place *place)
{
    size_t count = 0;
    const char **names =
        arena_alloc(f->project->memory, (size_t)cJSON_GetArraySize(types) + 1, sizeof *names);
    if (names == NULL)
        return error_memory(f->error);
    for (const cJSON *type = types != NULL ? types->child : NULL; type != NULL; type = type->next)
        names[count++] = type->string;
    const char *nearest = words_nearest(place->name, names, count);
    json_error(f->error, place, "the target's table has no such column%s%s%s",
               nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
               nearest != NULL ? "\"?" : "");
    return error_hint(f->error, "correct it, or leave it away");
}

/* A text for a column is its "from". */
static bool put_type(cJSON *columns, cJSON *column, const char *type)
{
    if (cJSON_IsObject(column))
        return cJSON_AddStringToObject(column, "type", type) != NULL;
    cJSON *object = cJSON_CreateObject();
    bool ok = cJSON_AddStringToObject(object, "from", column->valuestring) != NULL &&
              cJSON_AddStringToObject(object, "type", type) != NULL &&
              cJSON_ReplaceItemInObjectCaseSensitive(columns, column->string, object);
    if (!ok)
        cJSON_Delete(object);
    return ok;
}

static bool fill_column(const struct filling *f, cJSON *columns, cJSON *column,
                        const struct json_place *place)
{
    struct pgtype type;
    struct error unknown;
    const cJSON *types = cJSON_GetObjectItemCaseSensitive(f->there, "columns");
    const cJSON *is = cJSON_GetObjectItemCaseSensitive(types, column->string);
    if (!takes_type(f, column))
        return true;
    if (!cJSON_IsString(is))
        return no_column(f, types, place);
    if (pgtype_parse(is->valuestring, &type, &unknown))
        return put_type(columns, column, is->valuestring) || error_memory(f->error);
    if (has_own_type(column) || (f->described && is_field(column)))
        return true; /* it is compared with the target's before anything is loaded */
    json_error(f->error, place, "the column is %s in the target, a type that no value here becomes",
               is->valuestring);
    return error_hint(f->error, "leave the column out of the mapping, and fill it in the target "
                                "when the run is done");
}

static bool fill_key(const struct filling *f, const struct json_place *place)
{
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(f->there, "key"), *name;
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(f->table, "columns");
    if (!takes_key(f))
        return true;
    if (!cJSON_IsArray(key) || key->child == NULL) {
        json_error(f->error, place, "the target's table has no primary key");
        return error_hint(f->error, KEY_IS_SAID);
    }
    cJSON_ArrayForEach(name, key)
    {
        if (cJSON_IsString(name) &&
            cJSON_GetObjectItemCaseSensitive(columns, name->valuestring) != NULL)
            continue;
        json_error(f->error, place, "no column here is \"%s\", of the target's primary key",
                   cJSON_IsString(name) ? name->valuestring : "");
        return error_hint(f->error, KEY_IS_SAID);
    }
    cJSON *copy = cJSON_Duplicate(key, true);
    if (copy != NULL && cJSON_AddItemToObject(f->table, "key", copy))
        return true;
    cJSON_Delete(copy);
    return error_memory(f->error);
}

static bool fill_form(const struct filling *f, const char *label, const struct json_place *place)
{
    struct errors errors = {0};
    struct json_place here = {place, "columns", 0};
    cJSON *columns = cJSON_GetObjectItemCaseSensitive(f->table, "columns"), *next;
    if (f->there == NULL) {
        if (!asks(f))
            return true;
        json_error(f->error, place, "the target had no table %s when it was asked", label);
        return error_hint(f->error, "take a Supabase database for a target, or whichever one "
                                    "brings this table; nothing was touched");
    }
    for (cJSON *column = columns != NULL ? columns->child : NULL; column != NULL; column = next) {
        struct json_place at = {&here, column->string, 0};
        next = column->next;
        if (column->string != NULL && !fill_column(f, columns, column, &at) &&
            !errors_add(&errors, f->error))
            return false;
    }
    return (fill_key(f, place) || errors_add(&errors, f->error)) && errors_give(&errors, f->error);
}

static bool is_described(const struct project *project, const cJSON *json)
{
    const char *from = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "from"));
    for (size_t i = 0; from != NULL && i < project->source_count; i++) {
        size_t length = strlen(project->sources[i].name);
        if (strncmp(from, project->sources[i].name, length) == 0 && from[length] == '.')
            return project->sources[i].kind == SOURCE_POSTGRES;
    }
    return false;
}

/* Every form of a table that the target brings. */
typedef bool (*form_visit)(void *context, cJSON *form, const char *label,
                           const struct json_place *place, struct error *error);
static bool each_form(cJSON *json, const char *file, form_visit visit, void *context,
                      struct error *error)
{
    const struct json_place top = {NULL, file, 0}, to = {&top, "to", 0};
    cJSON *tables = cJSON_GetObjectItemCaseSensitive(json, "to"), *table, *form;
    struct errors errors = {0};
    cJSON_ArrayForEach(table, tables)
    {
        bool list = cJSON_IsArray(table);
        struct json_place here = {&to, table->string, 0}, at = {&here, NULL, 0};
        for (form = list ? table->child : table; form != NULL; form = list ? form->next : NULL) {
            bool exists = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(form, "exists"));
            if (exists && table->string != NULL &&
                !visit(context, form, table->string, list ? &at : &here, error) &&
                !errors_add(&errors, error))
                return false;
            at.index++;
        }
    }
    return errors_give(&errors, error);
}

struct filling_file {
    struct project *project;
    bool described;
};

static bool fill(void *context, cJSON *form, const char *label, const struct json_place *place,
                 struct error *error)
{
    const struct filling_file *file = context;
    const cJSON *all = file->project->target_tables;
    const cJSON *tables = cJSON_GetObjectItemCaseSensitive(all, "tables");
    const struct filling f = {file->project, form, cJSON_GetObjectItemCaseSensitive(tables, label),
                              file->described, error};
    if (all != NULL)
        return fill_form(&f, label, place);
    file->project->asks_target = file->project->asks_target || asks(&f);
    return true;
}

bool target_tables_fill(struct project *project, cJSON *json, const char *file, struct error *error)
{
    struct filling_file filling = {project, is_described(project, json)};
    return each_form(json, file, fill, &filling, error);
}

bool target_tables_read(struct project *project, const char *catalogs, struct error *error)
{
    char path[PATH_MAX];
    return catalogs == NULL ||
           (file_join(path, sizeof path, catalogs, TARGET_TABLES, error) &&
            (!file_exists(path) || json_read_file(path, &project->target_tables, error)));
}

struct visiting {
    bool (*visit)(void *context, const char *label, struct error *error);
    void *context;
};

static bool visit_form(void *context, cJSON *form, const char *label,
                       const struct json_place *place, struct error *error)
{
    const struct visiting *visiting = context;
    (void)form;
    (void)place;
    return visiting->visit(visiting->context, label, error);
}

bool project_each_existing(const struct project *project,
                           bool (*visit)(void *context, const char *label, struct error *error),
                           void *context, struct error *error)
{
    struct visiting visiting = {visit, context};
    cJSON *file;
    cJSON_ArrayForEach(file, project->files)
    {
        if (!each_form(file, file->string, visit_form, &visiting, error))
            return false;
    }
    return true;
}
