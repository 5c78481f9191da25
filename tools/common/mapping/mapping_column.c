/* The columns of a table: where their values come from, and what the column is. */
#include "graduate/auth_columns.h"
#include "graduate/path.h"
#include "reading.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A value's keys stand first in a column's, so that one list serves both. */
static const char *const column_words[] = {
    "from",  "const", "parent",      "position",  "name",        "rest",       "object", "sql",
    "array", "first", "join",        "with",      "id_of",       "keys_id_of", "by",     "dangling",
    "do",    "map",   "else",        "default",   "when",        "optional",   "why",    "type",
    "null",  "in",    "sql_default", "on_delete", "foreign_key", "references", "misfit"};
enum { VALUE_WORDS = 23 };
const char *const value_kind_words[VALUE_KINDS] = {
    [VALUE_FROM] = "from",         [VALUE_CONST] = "const", [VALUE_PARENT] = "parent",
    [VALUE_POSITION] = "position", [VALUE_NAME] = "name",   [VALUE_REST] = "rest",
    [VALUE_OBJECT] = "object",     [VALUE_ARRAY] = "array", [VALUE_FIRST] = "first",
    [VALUE_JOIN] = "join",
};
static const char *const deletes[] = {"cascade", "restrict", "set null", "no action"};

/* What is said beside it stands by itself, and is read all the same. */
static bool also(struct reading *r, bool ok)
{
    return reading_goes_on(r, ok, r->found);
}

static bool is_scalar(const cJSON *value)
{
    return cJSON_IsString(value) || cJSON_IsNumber(value) || cJSON_IsBool(value) ||
           cJSON_IsNull(value);
}

/* What the functions before it leave over is nothing that the function is about. */
static bool check_functions(struct reading *r, const struct json_place *place, size_t steps,
                            const struct mapping_value *value)
{
    unsigned before;
    char gives[FUNCTION_KINDS], takes[FUNCTION_KINDS];
    size_t idle = function_calls_idle(value->functions, value->function_count, &before);
    if (idle == value->function_count)
        return true;
    const struct function_entry *entry = &mapping_functions[value->functions[idle].function];
    struct json_place here = {place, NULL, idle - steps};
    function_kinds(before, gives);
    function_kinds(entry->takes, takes);
    return json_error(r->error, &here, "\"%s\" is for %s, and what comes to it is %s", entry->name,
                      takes, gives);
}

/* The steps of a path behind the array that it leads to, as functions; and room for more. */
static bool take_steps(struct reading *r, const char *inside, size_t more,
                       struct mapping_value *value)
{
    struct path_step step;
    const char *rest = inside;
    size_t steps = 0;
    while (rest != NULL && path_next(&rest, &step))
        steps++;
    value->functions = arena_alloc(r->arena, steps + more, sizeof *value->functions);
    if (value->functions == NULL)
        return reading_memory(r);
    while (inside != NULL && path_next(&inside, &step)) {
        struct function_call *call = &value->functions[value->function_count++];
        *call = (struct function_call){.function = FUNCTION_ITEM, .place = step.place};
        if (step.kind == STEP_PLACE)
            continue;
        call->function = FUNCTION_FIELD;
        call->text = path_step_name(&step, r->arena);
        if (call->text == NULL)
            return reading_memory(r);
    }
    return true;
}

static bool get_functions(struct reading *r, const cJSON *object, const struct json_place *place,
                          const char *inside, struct mapping_value *value)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "do"), *item;
    struct json_place here = {place, "do", 0};
    if (list == NULL)
        return take_steps(r, inside, 0, value);
    if (!cJSON_IsArray(list) || list->child == NULL)
        return json_error(r->error, &here, "this must be an array of functions, and is %s",
                          json_kind(list));
    if (!take_steps(r, inside, (size_t)cJSON_GetArraySize(list), value))
        return false;
    size_t steps = value->function_count;
    cJSON_ArrayForEach(item, list)
    {
        struct json_place at = {&here, NULL, value->function_count - steps};
        struct function_call *call = &value->functions[value->function_count];
        if (!function_call_read(item, &at, r->arena, call, r->error))
            return false;
        for (size_t i = steps; cJSON_IsString(item) && i < value->function_count; i++)
            if (value->functions[i].function == call->function)
                return json_error(r->error, &at, "\"%s\" stands here twice", item->valuestring);
        value->function_count++;
    }
    return check_functions(r, &here, steps, value);
}

static bool read_value(struct reading *r, const cJSON *object, const struct json_place *place,
                       const char *name, struct mapping_value *value);

/* What may stand in a value that is made of others. */
#define KIND(kind) (1U << (kind))
static const struct {
    unsigned kinds;
    const char *words;
} insides[VALUE_KINDS] = {
    [VALUE_OBJECT] = {KIND(VALUE_FROM) | KIND(VALUE_CONST) | KIND(VALUE_FIRST) | KIND(VALUE_JOIN) |
                          KIND(VALUE_OBJECT) | KIND(VALUE_ARRAY) | KIND(VALUE_REST),
                      "a member of an object is made of \"from\", \"const\", \"first\", "
                      "\"join\", \"object\", \"array\" or \"rest\""},
    [VALUE_ARRAY] = {KIND(VALUE_FROM) | KIND(VALUE_CONST) | KIND(VALUE_FIRST) | KIND(VALUE_JOIN) |
                         KIND(VALUE_OBJECT) | KIND(VALUE_ARRAY) | KIND(VALUE_POSITION) |
                         KIND(VALUE_NAME),
                     "an element is made of \"from\", \"const\", \"first\", \"join\", \"object\", "
                     "\"array\", \"position\" and \"name\""},
    [VALUE_FIRST] = {KIND(VALUE_FROM) | KIND(VALUE_CONST),
                     "a choice is made of \"from\" and \"const\""},
    [VALUE_JOIN] = {KIND(VALUE_FROM) | KIND(VALUE_CONST) | KIND(VALUE_FIRST) |
                        KIND(VALUE_POSITION) | KIND(VALUE_NAME),
                    "what is joined is made of \"from\", \"const\", \"first\", \"position\" and "
                    "\"name\""},
};

/* Of an object in an array nobody would find the ids again. */
static const char *find_ids(const struct cJSON *object)
{
    const cJSON *member, *members = cJSON_GetObjectItemCaseSensitive(object, "object");
    const char *found = cJSON_HasObjectItem(object, "id_of") ? "id_of" : NULL;
    cJSON_ArrayForEach(member, members)
    {
        found = found != NULL ? found : find_ids(member);
    }
    return found;
}

/* These work on a whole column, or member of an object: in here they would do nothing. */
static bool check_ids(struct reading *r, const cJSON *member, const struct json_place *place,
                      enum value_kind inside, enum value_kind kind)
{
    bool whole = inside == VALUE_FIRST || inside == VALUE_JOIN || kind == VALUE_REST;
    const char *misplaced = cJSON_HasObjectItem(member, "keys_id_of")       ? "keys_id_of"
                            : whole && cJSON_HasObjectItem(member, "id_of") ? "id_of"
                            : inside == VALUE_ARRAY                         ? find_ids(member)
                                                                            : NULL;
    return misplaced == NULL ||
           json_error(r->error, place, "\"%s\" is not for a value in here: give it to the %s",
                      misplaced, inside == VALUE_ARRAY ? "array" : "column");
}

/* Into a column that is no JSON, and as ids, go scalars. */
static bool check_elements(struct reading *r, const struct json_place *place,
                           const struct mapping_value *value)
{
    struct json_place here = {place, "array", 0};
    for (size_t i = 0; value->kind == VALUE_ARRAY && i < value->member_count; i++) {
        const struct mapping_value *member = &value->members[i].value;
        struct json_place at = {&here, NULL, i};
        bool made = member->kind == VALUE_OBJECT || member->kind == VALUE_ARRAY ||
                    (member->kind == VALUE_CONST && !is_scalar(member->constant));
        if (made)
            return json_error(r->error, &at,
                              "only an array that is JSON has objects and arrays in it");
    }
    return true;
}

/* `inside`: of what it is a member. */
static bool read_member(struct reading *r, const cJSON *member, const struct json_place *place,
                        enum value_kind inside, struct mapping_member *to)
{
    to->name = member->string;
    if (cJSON_IsString(member)) { /* a text for a value is its "from" */
        const char *rest;
        to->value.from = member->valuestring;
        return reading_path_inside(r, place, PATH_ITSELF | PATH_OUT, &to->value.from, &rest) &&
               take_steps(r, rest, 0, &to->value);
    }
    if (!cJSON_IsObject(member))
        return json_error(r->error, place,
                          "this must be an object, as {\"from\": \"field\"} "
                          "or {\"const\": 1}, and is %s",
                          json_kind(member));
    const char *name = inside == VALUE_OBJECT ? to->name : NULL;
    if (!also(r, json_only(member, place, column_words, VALUE_WORDS, r->error)) ||
        !read_value(r, member, place, name, &to->value))
        return false;
    if ((insides[inside].kinds & KIND(to->value.kind)) == 0)
        return json_error(r->error, place, "%s", insides[inside].words);
    return check_ids(r, member, place, inside, to->value.kind) &&
           (!cJSON_HasObjectItem(member, "id_of") || check_elements(r, place, &to->value));
}

/* The members of an object, or a list of values. */
static bool read_members(struct reading *r, const cJSON *object, const struct json_place *place,
                         struct mapping_value *value)
{
    const cJSON *member;
    bool list = value->kind != VALUE_OBJECT;
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
        if (!also(r, read_member(r, member, &here, value->kind, to)))
            return false;
    }
    return true;
}

/* Of which element the place, or name, is meant: true of the innermost, a path of the one that it
 * names. */
static bool read_level(struct reading *r, const cJSON *origin, const struct json_place *place,
                       struct mapping_value *value)
{
    struct json_place here = {place, origin->string, 0};
    if (cJSON_IsTrue(origin))
        return true;
    if (!cJSON_IsString(origin))
        return json_error(r->error, place,
                          "\"%s\" can only be true, or the \"each\" of a level further out",
                          origin->string);
    value->from = origin->valuestring;
    return reading_path(r, &here, PATH_MEMBERS, &value->from);
}

/* A text, number or truth value is exchanged for a scalar. */
static bool read_map(struct reading *r, const cJSON *object, const struct json_place *place,
                     struct mapping_value *value)
{
    const cJSON *item;
    struct json_place here = {place, "map", 0}, other = {place, "else", 0};
    value->map = cJSON_GetObjectItemCaseSensitive(object, "map");
    value->otherwise = cJSON_GetObjectItemCaseSensitive(object, "else");
    if (value->map == NULL)
        return value->otherwise == NULL ||
               json_error(r->error, &other, "this is for a value with a \"map\"");
    if (!cJSON_IsObject(value->map) || value->map->child == NULL)
        return json_error(r->error, &here,
                          "this must be an object, as {\"yes\": true, \"no\": false}, and is %s",
                          json_kind(value->map));
    cJSON_ArrayForEach(item, value->map)
    {
        struct json_place at = {&here, item->string, 0};
        if (!is_scalar(item))
            return json_error(r->error, &at,
                              "this must be a text, a number, true, false or null, "
                              "and is %s",
                              json_kind(item));
    }
    return value->otherwise == NULL || is_scalar(value->otherwise) ||
           json_error(r->error, &other,
                      "this must be a text, a number, true, false or null, and is %s",
                      json_kind(value->otherwise));
}

static bool read_with(struct reading *r, const cJSON *object, const struct json_place *place,
                      struct mapping_value *value)
{
    const cJSON *with = cJSON_GetObjectItemCaseSensitive(object, "with");
    struct json_place here = {place, "with", 0};
    value->with = "";
    if (with == NULL)
        return true;
    if (value->kind != VALUE_JOIN)
        return json_error(r->error, &here, "this stands between what is joined");
    if (!cJSON_IsString(with))
        return json_error(r->error, &here, "this must be a text, and is %s", json_kind(with));
    value->with = with->valuestring;
    return true;
}

/* "page_count" as "pageCount": what stands behind the first letter or digit. */
static bool make_camel_case(char *name)
{
    char *to = name + strspn(name, "_");
    const char *first = to;
    bool changed = false;
    for (const char *at = first; *at != '\0'; at++) {
        bool begins = at > first && at[0] == '_' && at[1] >= 'a' && at[1] <= 'z';
        changed = changed || begins;
        *to++ = begins ? (char)(*++at - 'a' + 'A') : *at;
    }
    *to = '\0';
    return changed;
}

/* The field of a value that says no other: it has the column's name, or that in the form of
 * "every". NULL: no memory. */
static const char *field_of(struct reading *r, const char *name)
{
    struct every *every = &r->project->every;
    char *field = arena_text(r->arena, name);
    if (field == NULL)
        return NULL;
    if (every->camel_case && r->mapping->source->kind != SOURCE_POSTGRES && make_camel_case(field))
        every->camel_used = true;
    return path_of_name(field, r->arena);
}

static bool check_by(struct reading *r, const struct json_place *place, const char *inside,
                     const struct mapping_value *value)
{
    struct json_place by = {place, "by", 0};
    return inside == NULL || value->by == NULL ||
           json_error(r->error, &by,
                      "\"do\" is done on both sides, and so would be the way into the array: "
                      "take the value first, as {\"first\": [{\"from\": \"tags.0\"}], ..}");
}

/* Which key says where a value comes from; at most one of them may be there. Without one it is the
 * field called `name` (NULL: there must be one), or that of a text. False: its kind is not known;
 * what else is wrong in it is among those found. */
static bool read_value(struct reading *r, const cJSON *object, const struct json_place *place,
                       const char *name, struct mapping_value *value)
{
    const cJSON *origin = NULL, *sql = cJSON_GetObjectItemCaseSensitive(object, "sql");
    value->kind = VALUE_FROM;
    value->fallback = cJSON_GetObjectItemCaseSensitive(object, "default");
    for (unsigned kind = 0; kind <= VALUE_KINDS; kind++) {
        const cJSON *found = kind == VALUE_KINDS
                                 ? sql
                                 : cJSON_GetObjectItemCaseSensitive(object, value_kind_words[kind]);
        if (found == NULL)
            continue;
        if (origin != NULL)
            return json_error(r->error, place,
                              "a value has one origin, and this one has \"%s\" "
                              "and \"%s\"",
                              origin->string, found->string);
        origin = found;
        value->kind = found == sql ? VALUE_FROM : (enum value_kind)kind;
    }
    if (origin == NULL && name == NULL)
        return json_error(r->error, place,
                          "the value has no origin: give \"from\", \"const\", \"first\" or "
                          "\"object\"");
    if (origin == NULL)
        value->from = cJSON_IsString(object) ? object->valuestring : field_of(r, name);
    if (origin == NULL && value->from == NULL)
        return reading_memory(r);
    if (value->kind == VALUE_REST && !mapping_read_rest(r, origin, place, value))
        return false;
    bool level = value->kind == VALUE_POSITION || value->kind == VALUE_NAME;
    if (level && !read_level(r, origin, place, value))
        return false;
    const char *path_key = value->kind == VALUE_PARENT ? "parent" : "from", *inside = NULL;
    struct json_place from = {place, "from", 0};
    struct json_place here = {place, origin != NULL ? origin->string : NULL, 0};
    value->constant = value->kind == VALUE_CONST ? origin : NULL;
    return also(r, sql != NULL ? mapping_read_sql(r, object, place, value)
                               : reading_text(r, object, place, path_key, &value->from) &&
                                     (value->kind != VALUE_FROM ||
                                      reading_path_inside(r, &from, PATH_ITSELF | PATH_OUT,
                                                          &value->from, &inside))) &&
           also(r, reading_bool(r, object, place, "optional", &value->optional)) &&
           also(r, reading_text(r, object, place, "why", &value->why)) &&
           also(r, read_with(r, object, place, value)) &&
           also(r, get_functions(r, object, place, inside, value)) &&
           also(r, read_map(r, object, place, value)) &&
           also(r, mapping_read_reference(r, object, place, value)) &&
           also(r, mapping_read_conditions(r, object, place, &value->when)) &&
           also(r, check_by(r, place, inside, value)) &&
           (insides[value->kind].kinds == 0 || also(r, read_members(r, origin, &here, value)));
}

/* `sound`: the words of the column are, and the kind of its value is known. */
static bool read_type(struct reading *r, const cJSON *object, const struct json_place *place,
                      bool sound, const struct mapping_table *table, struct mapping_column *column)
{
    const char *text = NULL;
    struct json_place here = {place, "type", 0};
    if (!reading_text(r, object, place, "type", &text))
        return false;
    bool is_id = cJSON_HasObjectItem(object, "id_of");
    if (text == NULL)
        text = is_id                                  ? "uuid"
               : column->value.kind == VALUE_POSITION ? "integer"
               : column->value.kind == VALUE_NAME     ? "text"
               : column->value.kind == VALUE_REST     ? "jsonb"
                                                      : NULL;
    if (text == NULL) {
        bool element =
            column->value.function_count > 0 && column->value.functions->function == FUNCTION_ITEM;
        bool described = r->mapping->source->kind == SOURCE_POSTGRES && !element;
        if (column->value.kind == VALUE_PARENT || !sound ||
            (column->value.kind == VALUE_FROM && described))
            return true;
        if (table->exists && r->project->target_tables == NULL) {
            r->untyped = r->untyped_count++ == 0 ? column->name : r->untyped;
            return true;
        }
        if (cJSON_IsString(object))
            return json_error(r->error, place,
                              "a text is for a column whose type a source's table says; here it is "
                              "{\"from\": \"%s\", \"type\": ..}",
                              object->valuestring);
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
    if (!sound)
        return true;
    if ((column->value.kind == VALUE_OBJECT || column->value.kind == VALUE_REST ||
         cJSON_HasObjectItem(object, "keys_id_of")) &&
        (!json || column->type.array))
        return json_error(r->error, &here, "what makes an object needs the type jsonb, not %s",
                          text);
    if (column->value.kind == VALUE_ARRAY && !json && !column->type.array &&
        !cJSON_HasObjectItem(object, "do"))
        return json_error(r->error, &here,
                          "what makes an array needs the type jsonb, or that of an array, not %s",
                          text);
    return (json && !column->type.array) || check_elements(r, place, &column->value);
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

/* Values inside of others: mapping_link.c. */
static bool check_element(struct reading *r, const struct json_place *place,
                          const struct mapping_table *table, enum value_kind kind)
{
    const char *of_element = kind == VALUE_PARENT     ? "parent"
                             : kind == VALUE_POSITION ? "position"
                             : kind == VALUE_NAME     ? "name"
                                                      : NULL;
    return of_element == NULL || table->each != NULL ||
           json_error(r->error, place, "\"%s\" is for tables with \"each\"", of_element);
}

static bool read_in(struct reading *r, const cJSON *object, const struct json_place *place,
                    struct mapping_column *column)
{
    struct json_place in_place = {place, "in", 0};
    column->in = cJSON_GetObjectItemCaseSensitive(object, "in");
    if (column->in != NULL && (!cJSON_IsArray(column->in) || column->in->child == NULL))
        return json_error(r->error, &in_place,
                          "this must be an array of the allowed values, and "
                          "is %s",
                          json_kind(column->in));
    const cJSON *word;
    struct errors errors = {0};
    size_t index = 0;
    cJSON_ArrayForEach(word, column->in)
    {
        struct json_place here = {&in_place, NULL, index++};
        bool ok = cJSON_IsString(word) || cJSON_IsNumber(word) ||
                  json_error(r->error, &here, "allowed values are texts or numbers, not %s",
                             json_kind(word));
        if (!reading_goes_on(r, ok, &errors))
            return false;
    }
    return errors_give(&errors, r->error);
}

/* What Supabase Auth cannot read as null is none, whatever is said. */
static bool never_null(struct reading *r, const struct json_place *place,
                       struct mapping_column *column)
{
    struct json_place here = {place, "null", 0};
    if (column->has_null && !column->not_null)
        return json_error(r->error, &here,
                          "Supabase Auth fails at a null here: \"default\" can stand in");
    column->not_null = true;
    return true;
}

/* What is wrong in it is among those found. */
static bool read_column(struct reading *r, const cJSON *object, const struct json_place *place,
                        const struct mapping_table *table, struct mapping_column *column)
{
    bool nullable = true;
    if (!cJSON_IsObject(object) && !cJSON_IsString(object))
        return json_error(r->error, place,
                          "a column is a text, or an object, as {\"from\": \"title\", "
                          "\"type\": \"text\"}, and this is %s",
                          json_kind(object));
    bool spelt = json_only(object, place, column_words, COUNT(column_words), r->error);
    if (!also(r, spelt))
        return false;
    bool known = read_value(r, object, place, column->name, &column->value);
    if (!also(r, known))
        return false;
    bool typed = read_type(r, object, place, spelt && known, table, column);
    column->has_null = cJSON_HasObjectItem(object, "null");
    column->foreign_key = true;
    bool ok =
        also(r, typed && ((!spelt && column->type.name == NULL) || check_default(r, place, column))) &&
        also(r, !known || check_element(r, place, table, column->value.kind)) &&
        also(r, reading_bool(r, object, place, "null", &nullable)) &&
        also(r, reading_bool(r, object, place, "foreign_key", &column->foreign_key)) &&
        also(r, mapping_read_column_misfits(r, object, place, column)) &&
        also(r, reading_text(r, object, place, "sql_default", &column->sql_default)) &&
        also(r, reading_text(r, object, place, "references", &column->references)) &&
        also(r, reading_choice(r, object, place, "on_delete", deletes, COUNT(deletes),
                               &column->on_delete)) &&
        also(r, read_in(r, object, place, column));
    column->not_null = !nullable;
    return ok && (r->project->plain || !auth_column_is_never_null(table->label, column->name) ||
                  also(r, never_null(r, place, column)));
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

static bool lacks_types(struct reading *r, const struct json_place *place)
{
    struct json_place here = {place, r->untyped, 0};
    char what[80] = "the type of this column";
    if (r->untyped_count > 1)
        snprintf(what, sizeof what, "the type of this column, and of %zu more,",
                 r->untyped_count - 1);
    return reading_unasked(r, &here, what);
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
    r->found = &errors;
    r->untyped_count = 0;
    r->each = table->each;
    cJSON_ArrayForEach(item, columns)
    {
        struct json_place at = {&here, item->string, 0};
        struct mapping_column *column = &table->columns[table->column_count++];
        column->name = item->string;
        if (!also(r, reading_name(r, &at, column->name) && is_new_column(r, &at, table)) ||
            !also(r, read_column(r, item, &at, table, column)))
            return false;
    }
    if (r->untyped_count > 0 && !also(r, lacks_types(r, &here)))
        return false;
    return errors_give(&errors, r->error);
}
