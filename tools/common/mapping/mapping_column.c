/* The columns of a table: where their values come from, and what the column is. */
#include "reading.h"

#include <string.h>
#include <strings.h>

const char *const mapping_function_names[FUNCTION_COUNT] = {
    [FUNCTION_LOWER] = "lower",
    [FUNCTION_UPPER] = "upper",
    [FUNCTION_TRIM] = "trim",
    [FUNCTION_EMPTY_NULL] = "empty_to_null",
    [FUNCTION_PHONE] = "phone_digits",
    [FUNCTION_PASSWORD] = "supabase_password",
    [FUNCTION_SAFE_NUMBERS] = "safe_numbers",
    [FUNCTION_NOT_FINITE] = "not_finite_to_null",
    [FUNCTION_UUID] = "uuid",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A value's keys stand first in a column's, so that one list serves both. */
static const char *const column_words[] = {
    "from",     "const",      "parent", "position", "rest",        "object",    "first",
    "id_of",    "keys_id_of", "by",     "dangling", "do",          "default",   "when",
    "optional", "type",       "null",   "in",       "sql_default", "on_delete", "foreign_key"};
enum { VALUE_WORDS = 15 };
static const char *const deletes[] = {"cascade", "restrict", "set null", "no action"};

static bool is_scalar(const cJSON *value)
{
    return cJSON_IsString(value) || cJSON_IsNumber(value) || cJSON_IsBool(value) ||
           cJSON_IsNull(value);
}

bool mapping_read_conditions(struct reading *r, const cJSON *object, const struct json_place *place,
                             struct conditions *out)
{
    const cJSON *when = cJSON_GetObjectItemCaseSensitive(object, "when"), *test;
    struct json_place here = {place, "when", 0};
    if (when == NULL)
        return true;
    if (!cJSON_IsObject(when) || when->child == NULL)
        return json_error(r->error, &here,
                          "this must be an object, as {\"field\": true} or "
                          "{\"field\": {\"not\": \"\"}}, and is %s",
                          json_kind(when));
    out->items = arena_alloc(r->arena, (size_t)cJSON_GetArraySize(when), sizeof *out->items);
    if (out->items == NULL)
        return reading_memory(r);
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
            return json_error(r->error, &at,
                              "a field is compared with a text, a number, true, "
                              "false or null, not with %s",
                              json_kind(value));
        bool outer = strncmp(test->string, "^.", 2) == 0;
        out->items[out->count++] = (struct condition){
            .path = test->string + (outer ? 2 : 0),
            .value = value,
            .negated = negated,
            .outer = outer,
        };
    }
    return true;
}

/* {"uuid": "tasks"}: the one function with an argument. */
static bool get_argument(struct reading *r, const cJSON *item, const struct json_place *place,
                         struct mapping_value *value, const char **word)
{
    static const char *const argument_words[] = {"uuid"};
    if (!json_only(item, place, argument_words, 1, r->error) ||
        !reading_text(r, item, place, "uuid", &value->uuid_name))
        return false;
    *word = argument_words[0];
    return value->uuid_name != NULL ||
           json_error(r->error, place, "this must be {\"uuid\": \"a name\"}");
}

static bool get_function(struct reading *r, const cJSON *item, const struct json_place *place,
                         struct mapping_value *value)
{
    const char *word = item->valuestring;
    if (cJSON_IsObject(item)) {
        if (!get_argument(r, item, place, value, &word))
            return false;
    } else if (word == NULL || word[0] == '\0') {
        return json_error(r->error, place, "this must be a text, and is %s", json_kind(item));
    }
    size_t f = 0;
    while (f < FUNCTION_COUNT && strcmp(word, mapping_function_names[f]) != 0)
        f++;
    if (f == FUNCTION_COUNT)
        return reading_wrong_word(r, place, word, mapping_function_names, FUNCTION_COUNT);
    if (f == FUNCTION_UUID && !cJSON_IsObject(item))
        return json_error(r->error, place, "this needs a name: {\"uuid\": \"tasks\"}");
    for (size_t i = 0; i < value->function_count; i++)
        if (value->functions[i] == (enum mapping_function)f)
            return json_error(r->error, place, "\"%s\" stands here twice", word);
    value->functions[value->function_count++] = (enum mapping_function)f;
    return true;
}

static bool get_functions(struct reading *r, const cJSON *object, const struct json_place *place,
                          struct mapping_value *value)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "do"), *item;
    struct json_place here = {place, "do", 0};
    size_t count = 0;
    if (list != NULL && !cJSON_IsArray(list))
        return json_error(r->error, &here, "this must be an array of texts, and is %s",
                          json_kind(list));
    value->functions =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(list), sizeof *value->functions);
    if (value->functions == NULL)
        return reading_memory(r);
    cJSON_ArrayForEach(item, list)
    {
        struct json_place at = {&here, NULL, count++};
        if (!get_function(r, item, &at, value))
            return false;
    }
    return true;
}

static bool read_value(struct reading *r, const cJSON *object, const struct json_place *place,
                       struct mapping_value *value);

/* The members of an object, or the list of "first": a field, a constant or, in an object, an
 * object. */
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
        return reading_memory(r);
    cJSON_ArrayForEach(member, object)
    {
        struct json_place here = {place, member->string, value->member_count};
        struct mapping_member *to = &value->members[value->member_count++];
        to->name = member->string;
        if (!cJSON_IsObject(member))
            return json_error(r->error, &here,
                              "this must be an object, as {\"from\": \"field\"} "
                              "or {\"const\": 1}, and is %s",
                              json_kind(member));
        if (!json_only(member, &here, column_words, VALUE_WORDS, r->error) ||
            !read_value(r, member, &here, &to->value))
            return false;
        /* These work on a whole column, or member of an object: in here they would do nothing. */
        const char *misplaced = cJSON_HasObjectItem(member, "keys_id_of")      ? "keys_id_of"
                                : list && cJSON_HasObjectItem(member, "id_of") ? "id_of"
                                                                               : NULL;
        if (misplaced != NULL)
            return json_error(r->error, &here,
                              "\"%s\" is not for a value in here: give it to the "
                              "column",
                              misplaced);
        bool plain = to->value.kind == VALUE_FROM || to->value.kind == VALUE_CONST;
        bool nested = to->value.kind == VALUE_OBJECT || to->value.kind == VALUE_FIRST;
        if (!plain && (list || !nested))
            return json_error(r->error, &here,
                              list ? "a choice is made of \"from\" and \"const\""
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
            return json_error(r->error, place,
                              "a value has one origin, and this one has \"%s\" "
                              "and \"%s\"",
                              origin->string, found->string);
        origin = found;
        value->kind = origins[i].kind;
    }
    bool marker = value->kind == VALUE_POSITION || value->kind == VALUE_REST;
    if (marker && !cJSON_IsTrue(origin))
        return json_error(r->error, place, "\"%s\" can only be true", origin->string);
    const char *path_key = value->kind == VALUE_PARENT ? "parent" : "from";
    if (!reading_text(r, object, place, path_key, &value->from) ||
        !reading_bool(r, object, place, "optional", &value->optional) ||
        !get_functions(r, object, place, value) ||
        !mapping_read_reference(r, object, place, value) ||
        !mapping_read_conditions(r, object, place, &value->when))
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
    if (!reading_text(r, object, place, "type", &text))
        return false;
    bool is_id = cJSON_HasObjectItem(object, "id_of");
    if (text == NULL)
        text = is_id                                  ? "uuid"
               : column->value.kind == VALUE_POSITION ? "integer"
               : column->value.kind == VALUE_REST     ? "jsonb"
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
    if (is_id && column->type.base != PG_UUID && column->type.base != PG_TEXT)
        return json_error(r->error, &here,
                          "an identity is a uuid or its text, or an array of these, not %s", text);
    bool json = column->type.base == PG_JSONB || column->type.base == PG_JSON;
    if ((column->value.kind == VALUE_OBJECT || column->value.kind == VALUE_REST ||
         cJSON_HasObjectItem(object, "keys_id_of")) &&
        (!json || column->type.array))
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
        return json_error(r->error, place,
                          "a column is an object, as {\"from\": \"title\", "
                          "\"type\": \"text\"}, and this is %s",
                          json_kind(object));
    if (!json_only(object, place, column_words, COUNT(column_words), r->error) ||
        !read_value(r, object, place, &column->value) ||
        !read_type(r, object, place, table->keep_shape, column) || !check_default(r, place, column))
        return false;
    if (column->value.kind == VALUE_SAME && !table->keep_shape)
        return json_error(r->error, place,
                          "the column has no origin: give \"from\", \"const\", "
                          "\"parent\", \"position\", \"rest\", \"object\" or \"first\"");
    bool of_element = column->value.kind == VALUE_PARENT || column->value.kind == VALUE_POSITION;
    if (of_element && table->each == NULL)
        return json_error(r->error, place, "\"%s\" is for tables with \"each\"",
                          column->value.kind == VALUE_PARENT ? "parent" : "position");
    column->has_null = cJSON_HasObjectItem(object, "null");
    column->foreign_key = true;
    if (!reading_bool(r, object, place, "null", &nullable) ||
        !reading_bool(r, object, place, "foreign_key", &column->foreign_key) ||
        !reading_text(r, object, place, "sql_default", &column->sql_default) ||
        !reading_choice(r, object, place, "on_delete", deletes, COUNT(deletes), &column->on_delete))
        return false;
    column->not_null = !nullable;
    column->in = cJSON_GetObjectItemCaseSensitive(object, "in");
    struct json_place in_place = {place, "in", 0};
    if (column->in != NULL && (!cJSON_IsArray(column->in) || column->in->child == NULL))
        return json_error(r->error, &in_place,
                          "this must be an array of the allowed values, and "
                          "is %s",
                          json_kind(column->in));
    const cJSON *word;
    cJSON_ArrayForEach(word, column->in)
    {
        if (!cJSON_IsString(word) && !cJSON_IsNumber(word))
            return json_error(r->error, &in_place, "allowed values are texts or numbers, not %s",
                              json_kind(word));
    }
    return true;
}

/* The last of them. */
static bool is_new_column(struct reading *r, const struct json_place *place,
                          const struct mapping_table *table)
{
    const char *name = table->columns[table->column_count - 1].name;
    for (size_t i = 0; i + 1 < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return json_error(r->error, place, "the table has the column \"%s\" already", name);
    return true;
}

bool mapping_read_columns(struct reading *r, const cJSON *object, const struct json_place *place,
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
        return reading_memory(r);
    struct errors errors = {0};
    cJSON_ArrayForEach(item, columns)
    {
        struct json_place at = {&here, item->string, 0};
        struct mapping_column *column = &table->columns[table->column_count++];
        column->name = item->string;
        if ((!reading_name(r, &at, column->name) || !is_new_column(r, &at, table) ||
             !read_column(r, item, &at, table, column)) &&
            !errors_add(&errors, r->error))
            return false;
    }
    return errors_give(&errors, r->error);
}
