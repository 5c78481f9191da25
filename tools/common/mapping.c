/* Reading a mapping file. Every function here takes the JSON value and its place, and fails with an
 * error that names the place. */
#include "mapping.h"
#include "graduate/json.h"
#include "graduate/words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const mapping_function_names[FUNCTION_COUNT] = {
    [FUNCTION_LOWER] = "lower",
    [FUNCTION_TRIM] = "trim",
    [FUNCTION_EMPTY_NULL] = "empty_to_null",
    [FUNCTION_PHONE] = "phone_digits",
    [FUNCTION_PASSWORD] = "supabase_password",
    [FUNCTION_SAFE_NUMBERS] = "safe_numbers",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The keys of each kind of object. A value's keys stand first in a column's, so that one list
 * serves both. */
static const char *const mapping_words[] = {"$schema", "from", "to", "drop"};
static const char *const table_words[] = {"each",    "keep_shape", "exists", "when",
                                          "key",     "columns",    "unique", "indexes",
                                          "checks",  "policies",   "grants", "comment"};
static const char *const column_words[] = {"from", "const",   "parent", "position", "rest",
                                           "object", "first", "id_of", "keys_id_of", "do",
                                           "default", "when",
                                           "type", "null", "in", "sql_default", "on_delete",
                                           "foreign_key"};
enum { VALUE_WORDS = 12 };
static const char *const index_words[] = {"columns", "where", "method", "unique"};
static const char *const policy_words[] = {"name", "for", "to", "using", "check"};
static const char *const deletes[] = {"cascade", "restrict", "set null", "no action"};
static const char *const commands[] = {"all", "select", "insert", "update", "delete"};
static const char *const methods[] = {"btree", "hash", "gin", "gist", "brin"};

struct reading {
    struct project *project;
    struct arena *arena;
    struct mapping *mapping;
    struct error *error;
};

static bool memory(struct reading *r)
{
    return error_memory(r->error);
}

static bool wrong_word(struct reading *r, const struct json_place *place, const char *word,
                       const char *const *allowed, size_t count)
{
    char all[256] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", allowed[i]);
    }
    const char *nearest = words_nearest(word, allowed, count);
    return json_error(r->error, place, "\"%s\" is none of: %s%s%s%s", word, all,
                      nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                      nearest != NULL ? "\"?" : "");
}

bool mapping_text(const cJSON *object, const struct json_place *place, const char *key,
                  const char **out, struct error *error)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    if (value == NULL)
        return true;
    struct json_place here = {place, key, 0};
    if (!cJSON_IsString(value) || value->valuestring[0] == '\0')
        return json_error(error, &here, "this must be a text, and is %s", json_kind(value));
    *out = value->valuestring;
    return true;
}

static bool get_text(struct reading *r, const cJSON *object, const struct json_place *place,
                     const char *key, const char **out)
{
    return mapping_text(object, place, key, out, r->error);
}

static bool get_choice(struct reading *r, const cJSON *object, const struct json_place *place,
                       const char *key, const char *const *allowed, size_t count, const char **out)
{
    const char *text = NULL;
    struct json_place here = {place, key, 0};
    if (!get_text(r, object, place, key, &text))
        return false;
    if (text == NULL)
        return true;
    for (size_t i = 0; i < count; i++)
        if (strcmp(allowed[i], text) == 0) {
            *out = allowed[i];
            return true;
        }
    return wrong_word(r, &here, text, allowed, count);
}

static bool get_bool(struct reading *r, const cJSON *object, const struct json_place *place,
                     const char *key, bool *out)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    struct json_place here = {place, key, 0};
    if (value == NULL)
        return true;
    if (!cJSON_IsBool(value))
        return json_error(r->error, &here, "this must be true or false, and is %s",
                          json_kind(value));
    *out = cJSON_IsTrue(value);
    return true;
}

static bool read_words(struct reading *r, const cJSON *array, const struct json_place *place,
                       struct words *out)
{
    if (!cJSON_IsArray(array))
        return json_error(r->error, place, "this must be an array of texts, and is %s",
                          json_kind(array));
    out->items = arena_alloc(r->arena, (size_t)cJSON_GetArraySize(array), sizeof *out->items);
    if (out->items == NULL)
        return memory(r);
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        struct json_place here = {place, NULL, out->count};
        if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
            return json_error(r->error, &here, "this must be a text, and is %s", json_kind(item));
        for (size_t i = 0; i < out->count; i++)
            if (strcmp(out->items[i], item->valuestring) == 0)
                return json_error(r->error, &here, "\"%s\" stands here twice", item->valuestring);
        out->items[out->count++] = item->valuestring;
    }
    return true;
}

static bool get_words(struct reading *r, const cJSON *object, const struct json_place *place,
                      const char *key, struct words *out)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, key);
    struct json_place here = {place, key, 0};
    return array == NULL || read_words(r, array, &here, out);
}

/* PostgreSQL would cut the name, and then not find it again. */
static bool check_name(struct reading *r, const struct json_place *place, const char *name)
{
    return strlen(name) <= 63 ||
           json_error(r->error, place, "a name in PostgreSQL has at most 63 bytes");
}

static bool is_scalar(const cJSON *value)
{
    return cJSON_IsString(value) || cJSON_IsNumber(value) || cJSON_IsBool(value) ||
           cJSON_IsNull(value);
}

static bool get_conditions(struct reading *r, const cJSON *object, const struct json_place *place,
                           struct conditions *out)
{
    const cJSON *when = cJSON_GetObjectItemCaseSensitive(object, "when"), *test;
    struct json_place here = {place, "when", 0};
    if (when == NULL)
        return true;
    if (!cJSON_IsObject(when) || when->child == NULL)
        return json_error(r->error, &here, "this must be an object, as {\"field\": true} or "
                          "{\"field\": {\"not\": \"\"}}, and is %s", json_kind(when));
    out->items = arena_alloc(r->arena, (size_t)cJSON_GetArraySize(when), sizeof *out->items);
    if (out->items == NULL)
        return memory(r);
    cJSON_ArrayForEach(test, when)
    {
        struct json_place at = {&here, test->string, 0};
        const cJSON *value = test;
        bool negated = cJSON_IsObject(test);
        static const char *const not_words[] = {"not"};
        if (negated && !json_only(test, &at, not_words, 1, r->error))
            return false;
        if (negated)
            value = cJSON_GetObjectItemCaseSensitive(test, "not");
        if (!is_scalar(value))
            return json_error(r->error, &at, "a field is compared with a text, a number, true, "
                              "false or null, not with %s", json_kind(value));
        out->items[out->count++] = (struct condition){test->string, value, negated};
    }
    return true;
}

static bool get_functions(struct reading *r, const cJSON *object, const struct json_place *place,
                          struct mapping_value *value)
{
    struct words words = {0};
    if (!get_words(r, object, place, "do", &words))
        return false;
    value->functions = arena_alloc(r->arena, words.count, sizeof *value->functions);
    if (value->functions == NULL)
        return memory(r);
    for (size_t i = 0; i < words.count; i++) {
        size_t f = 0;
        while (f < FUNCTION_COUNT && strcmp(words.items[i], mapping_function_names[f]) != 0)
            f++;
        struct json_place list = {place, "do", 0}, here = {&list, NULL, i};
        if (f == FUNCTION_COUNT)
            return wrong_word(r, &here, words.items[i], mapping_function_names, FUNCTION_COUNT);
        value->functions[value->function_count++] = (enum mapping_function)f;
    }
    return true;
}

static bool read_value(struct reading *r, const cJSON *object, const struct json_place *place,
                       struct mapping_value *value);

/* The members of an object, or the list of "first": a field, a constant or, in an object, an object. */
static bool read_members(struct reading *r, const cJSON *object, const struct json_place *place,
                         struct mapping_value *value)
{
    const cJSON *member;
    bool list = value->kind == VALUE_FIRST;
    if (list ? !cJSON_IsArray(object) || object->child == NULL : !cJSON_IsObject(object))
        return json_error(r->error, place, "this must be %s of values, and is %s",
                          list ? "an array" : "an object", json_kind(object));
    value->members =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(object), sizeof *value->members);
    if (value->members == NULL)
        return memory(r);
    cJSON_ArrayForEach(member, object)
    {
        struct json_place here = {place, member->string, value->member_count};
        struct mapping_member *to = &value->members[value->member_count++];
        to->name = member->string;
        if (!cJSON_IsObject(member))
            return json_error(r->error, &here, "this must be an object, as {\"from\": \"field\"} "
                              "or {\"const\": 1}, and is %s", json_kind(member));
        if (!json_only(member, &here, column_words, VALUE_WORDS, r->error) ||
            !read_value(r, member, &here, &to->value))
            return false;
        /* These work on a whole column, or member of an object: in here they would do nothing. */
        const char *misplaced = cJSON_HasObjectItem(member, "keys_id_of")     ? "keys_id_of"
                                : list && cJSON_HasObjectItem(member, "id_of") ? "id_of"
                                                                               : NULL;
        if (misplaced != NULL)
            return json_error(r->error, &here, "\"%s\" is not for a value in here: give it to the "
                              "column", misplaced);
        bool plain = to->value.kind == VALUE_FROM || to->value.kind == VALUE_CONST;
        bool nested = to->value.kind == VALUE_OBJECT || to->value.kind == VALUE_FIRST;
        if (!plain && (list || !nested))
            return json_error(r->error, &here, list ? "a choice is made of \"from\" and \"const\""
                                                    : "a member of an object is made of \"from\", "
                                                      "\"const\", \"first\" or \"object\"");
    }
    return true;
}

/* Which key says where a value comes from; at most one of them may be there. */
static bool read_value(struct reading *r, const cJSON *object, const struct json_place *place,
                       struct mapping_value *value)
{
    static const struct {
        const char *key;
        enum value_kind kind;
    } origins[] = {
        {"from", VALUE_FROM},         {"const", VALUE_CONST}, {"parent", VALUE_PARENT},
        {"position", VALUE_POSITION}, {"rest", VALUE_REST},   {"object", VALUE_OBJECT},
        {"first", VALUE_FIRST},
    };
    const cJSON *origin = NULL;
    value->kind = VALUE_SAME;
    for (size_t i = 0; i < COUNT(origins); i++) {
        const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, origins[i].key);
        if (found == NULL)
            continue;
        if (origin != NULL)
            return json_error(r->error, place, "a value has one origin, and this one has \"%s\" "
                              "and \"%s\"", origin->string, found->string);
        origin = found;
        value->kind = origins[i].kind;
    }
    bool marker = value->kind == VALUE_POSITION || value->kind == VALUE_REST;
    if (marker && !cJSON_IsTrue(origin))
        return json_error(r->error, place, "\"%s\" can only be true", origin->string);
    const char *path_key = value->kind == VALUE_PARENT ? "parent" : "from";
    if (!get_text(r, object, place, path_key, &value->from) ||
        !get_functions(r, object, place, value) || !get_conditions(r, object, place, &value->when))
        return false;
    value->constant = value->kind == VALUE_CONST ? origin : NULL;
    value->fallback = cJSON_GetObjectItemCaseSensitive(object, "default");
    struct json_place here = {place, origin != NULL ? origin->string : NULL, 0};
    bool composed = value->kind == VALUE_OBJECT || value->kind == VALUE_FIRST;
    return !composed || read_members(r, origin, &here, value);
}

static bool read_type(struct reading *r, const cJSON *object, const struct json_place *place,
                      bool keep_shape, struct mapping_column *column)
{
    const char *text = NULL;
    struct json_place here = {place, "type", 0};
    if (!get_text(r, object, place, "type", &text))
        return false;
    bool is_id = cJSON_HasObjectItem(object, "id_of");
    if (text == NULL)
        text = is_id                                       ? "uuid"
               : column->value.kind == VALUE_POSITION      ? "integer"
               : column->value.kind == VALUE_REST          ? "jsonb"
                                                           : NULL;
    if (text == NULL) {
        if (keep_shape || column->value.kind == VALUE_PARENT)
            return true;
        json_error(r->error, place, "the column needs a \"type\"");
        return error_hint(r->error, "for example \"type\": \"text\"");
    }
    struct error why = {0};
    if (!pgtype_parse(text, &column->type, &why))
        return json_error(r->error, &here, "%s", why.message);
    if (is_id && (column->type.array || (column->type.base != PG_UUID && column->type.base != PG_TEXT)))
        return json_error(r->error, &here, "an identity is a uuid or its text, not %s", text);
    bool json = column->type.base == PG_JSONB || column->type.base == PG_JSON;
    if ((column->value.kind == VALUE_OBJECT || column->value.kind == VALUE_REST ||
         cJSON_HasObjectItem(object, "keys_id_of")) && (!json || column->type.array))
        return json_error(r->error, &here, "what makes an object needs the type jsonb, not %s",
                          text);
    return true;
}

static bool check_default(struct reading *r, const struct json_place *place,
                          const struct mapping_column *column)
{
    const cJSON *fallback = column->value.fallback;
    struct json_place here = {place, "default", 0};
    bool json = column->type.base == PG_JSONB || column->type.base == PG_JSON;
    if (fallback != NULL && !is_scalar(fallback) && !json &&
        !(column->type.array && cJSON_IsArray(fallback)))
        return json_error(r->error, &here, "a column of type %s cannot hold %s",
                          column->type.name != NULL ? column->type.name : "scalar",
                          json_kind(fallback));
    return true;
}

static bool read_column(struct reading *r, const cJSON *object, const struct json_place *place,
                        const struct mapping_table *table, struct mapping_column *column)
{
    bool nullable = true;
    if (!cJSON_IsObject(object))
        return json_error(r->error, place, "a column is an object, as {\"from\": \"title\", "
                          "\"type\": \"text\"}, and this is %s", json_kind(object));
    if (!json_only(object, place, column_words, COUNT(column_words), r->error) ||
        !read_value(r, object, place, &column->value) ||
        !read_type(r, object, place, table->keep_shape, column) ||
        !check_default(r, place, column))
        return false;
    if (column->value.kind == VALUE_SAME && !table->keep_shape)
        return json_error(r->error, place, "the column has no origin: give \"from\", \"const\", "
                          "\"parent\", \"position\", \"rest\", \"object\" or \"first\"");
    bool of_element = column->value.kind == VALUE_PARENT || column->value.kind == VALUE_POSITION;
    if (of_element && table->each == NULL)
        return json_error(r->error, place, "\"%s\" is for tables with \"each\"",
                          column->value.kind == VALUE_PARENT ? "parent" : "position");
    column->has_null = cJSON_HasObjectItem(object, "null");
    column->foreign_key = true;
    if (!get_bool(r, object, place, "null", &nullable) ||
        !get_bool(r, object, place, "foreign_key", &column->foreign_key) ||
        !get_text(r, object, place, "sql_default", &column->sql_default) ||
        !get_choice(r, object, place, "on_delete", deletes, COUNT(deletes), &column->on_delete))
        return false;
    column->not_null = !nullable;
    column->in = cJSON_GetObjectItemCaseSensitive(object, "in");
    struct json_place in_place = {place, "in", 0};
    if (column->in != NULL && (!cJSON_IsArray(column->in) || column->in->child == NULL))
        return json_error(r->error, &in_place, "this must be an array of the allowed values, and "
                          "is %s", json_kind(column->in));
    const cJSON *word;
    cJSON_ArrayForEach(word, column->in)
    {
        if (!cJSON_IsString(word) && !cJSON_IsNumber(word))
            return json_error(r->error, &in_place, "allowed values are texts or numbers, not %s",
                              json_kind(word));
    }
    return true;
}

static bool read_columns(struct reading *r, const cJSON *object, const struct json_place *place,
                         struct mapping_table *table)
{
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(object, "columns"), *item;
    struct json_place here = {place, "columns", 0};
    if (columns == NULL && table->keep_shape)
        return true;
    if (!cJSON_IsObject(columns) || (columns->child == NULL && !table->keep_shape))
        return json_error(r->error, &here, "a table needs an object of columns, and this is %s",
                          json_kind(columns));
    if (cJSON_GetArraySize(columns) > 1600)
        return json_error(r->error, &here, "a table of PostgreSQL has at most 1600 columns");
    table->columns =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(columns), sizeof *table->columns);
    if (table->columns == NULL)
        return memory(r);
    cJSON_ArrayForEach(item, columns)
    {
        struct json_place at = {&here, item->string, 0};
        struct mapping_column *column = &table->columns[table->column_count++];
        column->name = item->string;
        if (!check_name(r, &at, column->name))
            return false;
        for (size_t i = 0; i + 1 < table->column_count; i++)
            if (strcasecmp(table->columns[i].name, column->name) == 0)
                return json_error(r->error, &at, "the table has the column \"%s\" already",
                                  table->columns[i].name);
        if (!read_column(r, item, &at, table, column))
            return false;
    }
    return true;
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
static bool check_columns(struct reading *r, const struct json_place *place,
                          const struct mapping_table *table, const struct words *words,
                          bool of_index)
{
    const char *names[256];
    size_t count = 0;
    for (size_t i = 0; i < table->column_count && count < COUNT(names); i++)
        names[count++] = table->columns[i].name;
    for (size_t i = 0; i < words->count; i++) {
        struct json_place here = {place, NULL, i};
        if (table->keep_shape || has_column(table, words->items[i], of_index))
            continue;
        const char *nearest = words_nearest(words->items[i], names, count);
        return json_error(r->error, &here, "the table has no column \"%s\"%s%s%s", words->items[i],
                          nearest != NULL ? "; did you mean \"" : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    }
    return true;
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
        return memory(r);
    cJSON_ArrayForEach(item, indexes)
    {
        struct json_place at = {&here, NULL, table->index_count};
        struct mapping_index *index = &table->indexes[table->index_count++];
        index->method = "btree";
        struct json_place list = {&at, "columns", 0};
        bool full = cJSON_IsObject(item);
        bool ok = full ? json_only(item, &at, index_words, COUNT(index_words), r->error) &&
                               get_words(r, item, &at, "columns", &index->columns) &&
                               get_text(r, item, &at, "where", &index->where) &&
                               get_bool(r, item, &at, "unique", &index->unique) &&
                               get_choice(r, item, &at, "method", methods, COUNT(methods),
                                          &index->method)
                         : read_words(r, item, &at, &index->columns);
        if (!ok || !check_columns(r, full ? &list : &at, table, &index->columns, true))
            return false;
        if (index->columns.count == 0)
            return json_error(r->error, &at, "an index needs columns");
    }
    return true;
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
        return memory(r);
    cJSON_ArrayForEach(item, uniques)
    {
        struct json_place at = {&here, NULL, table->unique_count};
        struct words *unique = &table->uniques[table->unique_count++];
        if (!read_words(r, item, &at, unique) || !check_columns(r, &at, table, unique, false))
            return false;
        if (unique->count == 0)
            return json_error(r->error, &at, "a unique needs columns");
    }
    return true;
}

static bool read_checks(struct reading *r, const cJSON *object, const struct json_place *place,
                        struct mapping_table *table)
{
    const cJSON *checks = cJSON_GetObjectItemCaseSensitive(object, "checks"), *item;
    struct json_place here = {place, "checks", 0};
    if (checks == NULL)
        return true;
    if (!cJSON_IsObject(checks))
        return json_error(r->error, &here, "this must be an object of names and SQL conditions, "
                          "and is %s", json_kind(checks));
    table->checks =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(checks), sizeof *table->checks);
    if (table->checks == NULL)
        return memory(r);
    cJSON_ArrayForEach(item, checks)
    {
        struct mapping_check *check = &table->checks[table->check_count++];
        struct json_place at = {&here, item->string, 0};
        check->name = item->string;
        if (!check_name(r, &at, check->name) ||
            !get_text(r, checks, &here, item->string, &check->expression))
            return false;
    }
    return true;
}

static bool read_policies(struct reading *r, const cJSON *object, const struct json_place *place,
                          struct mapping_table *table)
{
    const cJSON *policies = cJSON_GetObjectItemCaseSensitive(object, "policies"), *item;
    struct json_place here = {place, "policies", 0};
    if (policies == NULL)
        return true;
    if (!cJSON_IsArray(policies))
        return json_error(r->error, &here, "this must be an array, and is %s", json_kind(policies));
    table->policies =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(policies), sizeof *table->policies);
    if (table->policies == NULL)
        return memory(r);
    cJSON_ArrayForEach(item, policies)
    {
        struct json_place at = {&here, NULL, table->policy_count};
        struct mapping_policy *policy = &table->policies[table->policy_count++];
        policy->command = "all";
        if (!cJSON_IsObject(item))
            return json_error(r->error, &at, "a policy is an object, and this is %s",
                              json_kind(item));
        if (!json_only(item, &at, policy_words, COUNT(policy_words), r->error) ||
            !get_text(r, item, &at, "name", &policy->name) ||
            !get_choice(r, item, &at, "for", commands, COUNT(commands), &policy->command) ||
            !get_words(r, item, &at, "to", &policy->roles) ||
            !get_text(r, item, &at, "using", &policy->using) ||
            !get_text(r, item, &at, "check", &policy->with_check))
            return false;
        if (policy->name == NULL || policy->roles.count == 0)
            return json_error(r->error, &at, "a policy needs a \"name\" and the roles it is \"to\"");
        struct json_place name = {&at, "name", 0};
        if (!check_name(r, &name, policy->name))
            return false;
    }
    return true;
}

static bool read_grants(struct reading *r, const cJSON *object, const struct json_place *place,
                        struct mapping_table *table)
{
    const cJSON *grants = cJSON_GetObjectItemCaseSensitive(object, "grants"), *item;
    struct json_place here = {place, "grants", 0};
    if (grants == NULL)
        return true;
    if (!cJSON_IsObject(grants))
        return json_error(r->error, &here, "this must be an object of roles and privileges, and "
                          "is %s", json_kind(grants));
    table->grants =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(grants), sizeof *table->grants);
    if (table->grants == NULL)
        return memory(r);
    cJSON_ArrayForEach(item, grants)
    {
        struct json_place at = {&here, item->string, 0};
        struct mapping_grant *grant = &table->grants[table->grant_count++];
        grant->role = item->string;
        if (!read_words(r, item, &at, &grant->privileges))
            return false;
        for (size_t i = 0; i < grant->privileges.count; i++) {
            size_t c = 0;
            while (c < COUNT(commands) && strcmp(commands[c], grant->privileges.items[i]) != 0)
                c++;
            if (c == COUNT(commands))
                return wrong_word(r, &at, grant->privileges.items[i], commands, COUNT(commands));
        }
    }
    return true;
}

static bool read_table(struct reading *r, const cJSON *object, const struct json_place *place,
                       const char *label, struct mapping_table *table)
{
    const char *dot = strchr(label, '.');
    if (dot == NULL || dot == label || dot[1] == '\0' || strchr(dot + 1, '.') != NULL)
        return json_error(r->error, place, "a target table is named \"schema.table\", as "
                          "\"public.books\"");
    table->label = label;
    table->schema = arena_printf(r->arena, "%.*s", (int)(dot - label), label);
    table->name = dot + 1;
    if (table->schema == NULL)
        return memory(r);
    if (!check_name(r, place, table->schema) || !check_name(r, place, table->name))
        return false;
    if (!cJSON_IsObject(object))
        return json_error(r->error, place, "a table is an object, and this is %s",
                          json_kind(object));
    struct json_place key = {place, "key", 0};
    if (!json_only(object, place, table_words, COUNT(table_words), r->error) ||
        !get_text(r, object, place, "each", &table->each) ||
        !get_bool(r, object, place, "keep_shape", &table->keep_shape) ||
        !get_bool(r, object, place, "exists", &table->exists) ||
        !get_conditions(r, object, place, &table->when) ||
        !read_columns(r, object, place, table) ||
        !get_words(r, object, place, "key", &table->key) ||
        !check_columns(r, &key, table, &table->key, false) || !read_uniques(r, object, place, table) ||
        !read_indexes(r, object, place, table) || !read_checks(r, object, place, table) ||
        !read_policies(r, object, place, table) || !read_grants(r, object, place, table) ||
        !get_text(r, object, place, "comment", &table->comment))
        return false;
    bool postgres = r->mapping->source->kind == SOURCE_POSTGRES;
    if (table->keep_shape && !postgres)
        return json_error(r->error, place, "\"keep_shape\" is for tables of a postgres source");
    if (postgres && !table->keep_shape)
        return json_error(r->error, place, "a table of a postgres source needs \"keep_shape\": "
                          "true; name what differs under \"columns\"");
    if (table->key.count == 0 && !table->keep_shape)
        return json_error(r->error, place, "the table needs a \"key\": the columns that name a row");
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
        return memory(r);
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
        return json_error(r->error, &here, "there is no table without \"each\" for the record "
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
        !get_text(&r, json, &top, "from", &from))
        return false;
    const char *dot = from != NULL ? strchr(from, '.') : NULL;
    if (dot == NULL || dot[1] == '\0')
        return json_error(error, &from_place, "this must be \"source.collection\", as "
                          "\"core.books\"");
    char *source = arena_printf(arena, "%.*s", (int)(dot - from), from);
    if (source == NULL)
        return memory(&r);
    struct error why = {0};
    if (!project_find_source(project, source, &mapping->source, &why))
        return json_error(error, &from_place, "%s", why.message);
    mapping->from = dot + 1;
    return read_tables(&r, json, &top) && get_words(&r, json, &top, "drop", &mapping->drops);
}
