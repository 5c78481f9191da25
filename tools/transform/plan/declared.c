#include "declared.h"

#include "graduate/path.h"
#include "graduate/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values that a declared type can have, in Extended JSON: a column fits it when it takes one of
 * them. A type that is not here is not compared. */
#define TEXTS                                                                                      \
    "{\"\": \"x\", \"\": \"2024-01-02\", \"\": \"2024-01-02T03:04:05\","                           \
    " \"\": \"2024-01-02T03:04:05Z\", \"\": \"00000000000000000000000a\","                         \
    " \"\": \"00000000-0000-4000-8000-00000000000a\", \"\": \"10.0.0.1\"}"
#define WHOLE "{\"\": {\"$numberLong\": \"1\"}}"
#define DATES                                                                                      \
    "{\"\": {\"$date\": {\"$numberLong\": \"0\"}}, \"\": {\"$date\": {\"$numberLong\": \"1\"}}}"
static const struct {
    const char *word, *values;
} declared_types[] = {
    {"string", TEXTS},
    {"varchar", TEXTS},
    {"text", TEXTS},
    {"mediumtext", TEXTS},
    {"longtext", TEXTS},
    {"email", TEXTS},
    {"enum", TEXTS},
    {"ip", TEXTS},
    {"url", TEXTS},
    {"integer", WHOLE},
    {"bigint", WHOLE},
    {"int", WHOLE},
    {"long", WHOLE},
    {"number", WHOLE},
    {"double", "{\"\": {\"$numberDouble\": \"1.0\"}}"},
    {"decimal", "{\"\": {\"$numberDecimal\": \"1\"}}"},
    {"boolean", "{\"\": true}"},
    {"bool", "{\"\": true}"},
    {"datetime", "{\"\": \"2024-01-02T03:04:05.678+00:00\"}"},
    {"date", DATES},
    {"objectId", "{\"\": {\"$oid\": \"00000000000000000000000a\"}}"},
    {"binData",
     "{\"\": {\"$binary\": {\"base64\": \"AAAAAAAAAAAAAAAAAAAAAA==\", \"subType\": \"04\"}},"
     " \"\": {\"$binary\": {\"base64\": \"AA==\", \"subType\": \"00\"}}}"},
    {"object", "{\"\": {}}"},
    {"array", "{\"\": []}"},
};

struct comparing {
    const struct plan *plan;
    const struct catalog_entity *described;
    struct errors *errors;
    struct error *error;
    const struct output_plan *output;
    const struct column_plan *column;
};

static bool is_appwrite(const struct comparing *c)
{
    return c->plan->entity->source->kind == SOURCE_APPWRITE;
}

/* "attribute" or "property of the validator": what a field is called there. */
static const char *word(const struct comparing *c)
{
    return is_appwrite(c) ? "attribute" : "property of the validator";
}

static bool take(const struct comparing *c)
{
    error_hint(c->error, is_appwrite(c) ? "correct the mapping, or the attribute in Appwrite"
                                        : "correct the mapping, or the validator in the source");
    return errors_add(c->errors, c->error);
}

/* A complaint of the column at hand; `at` is a word of it, with its slash. */
static bool complain(const struct comparing *c, const char *at, const char *what)
{
    error_set(c->error, ERROR_USAGE, "%s: /to/%s/columns/%s%s: %s", c->plan->entity->file,
              c->output->output->table->label, c->column->column->name, at, what);
    return take(c);
}

/* ---- types ------------------------------------------------------------------------------------
 */

/* Does the column take one of the values, each as it is or as the one element of an array? */
static bool takes_one(const struct encoding *encoding, const char *values, bool array)
{
    struct encoding unmoved = *encoding; /* as it is, but for its losses */
    struct losses losses;
    bson_t document, wrapped;
    bson_iter_t at;
    bson_error_t unused;
    bool taken = false;
    if (!bson_init_from_json(&document, values, -1, &unused))
        return true;
    losses_init(&losses, "");
    unmoved.losses = &losses;
    unmoved.resolved = false;
    for (bool more = bson_iter_init(&at, &document); more && !taken && bson_iter_next(&at);) {
        struct value value = value_from_iter(&at);
        struct buffer field;
        struct error misfit;
        bson_init(&wrapped);
        if (array) {
            bson_append_iter(&wrapped, "0", 1, &at);
            value = (struct value){
                .type = BSON_TYPE_ARRAY, .bytes = bson_get_data(&wrapped), .length = wrapped.len};
        }
        buffer_init(&field);
        taken = encode_field(&unmoved, &value, &field, &misfit);
        buffer_release(&field);
        bson_destroy(&wrapped);
    }
    losses_release(&losses);
    bson_destroy(&document);
    return taken;
}

/* One word of a declared type, "string[]": its length without "[]". */
static const char *values_of(const char *type, size_t length)
{
    for (size_t i = 0; i < sizeof declared_types / sizeof declared_types[0]; i++)
        if (strlen(declared_types[i].word) == length &&
            strncmp(declared_types[i].word, type, length) == 0)
            return declared_types[i].values;
    return NULL;
}

static bool ends_array(const char *type, size_t length)
{
    return length > 2 && strncmp(type + length - 2, "[]", 2) == 0;
}

/* Can any value of a declared type, "int|double", become a value of the column? */
static bool fits(const struct encoding *encoding, const char *type)
{
    while (*type != '\0') {
        size_t length = strcspn(type, "|");
        bool array = ends_array(type, length);
        const char *values = values_of(type, length - (array ? 2 : 0));
        if (values == NULL || takes_one(encoding, values, array))
            return true;
        type += length + (type[length] == '|');
    }
    return false;
}

/* Is it an array by none of its types? What is not known may be one. */
static bool is_no_array(const char *type)
{
    bool none = type[0] != '\0';
    while (*type != '\0') {
        size_t length = strcspn(type, "|");
        none = none && values_of(type, length) != NULL &&
               !(length == strlen("array") && strncmp(type, "array", length) == 0);
        type += length + (type[length] == '|');
    }
    return none;
}

static bool compare_type(const struct comparing *c, const struct catalog_column *field,
                         const struct encoding *encoding)
{
    char what[700], type[PGTYPE_SIZE];
    if (field->type[0] == '\0' || !encode_supported(&encoding->type) || fits(encoding, field->type))
        return true;
    pgtype_format(&encoding->type, type, sizeof type);
    snprintf(what, sizeof what, "the %s \"%.100s\" is %.60s, the column %s", word(c), field->name,
             field->type, type);
    return complain(c, encoding->id_entity != NULL ? "/id_of" : "/type", what);
}

/* ---- sizes, values, nothing -------------------------------------------------------------------
 */

static bool compare_size(const struct comparing *c, const struct catalog_column *field,
                         const struct encoding *encoding)
{
    char what[700], type[PGTYPE_SIZE];
    if (encoding->id_entity != NULL || encoding->type.length == 0 ||
        field->size <= encoding->type.length)
        return true;
    pgtype_format(&encoding->type, type, sizeof type);
    snprintf(what, sizeof what, "the %s \"%.100s\" has up to %lld characters, the column is %s",
             word(c), field->name, (long long)field->size, type);
    return complain(c, "/type", what);
}

static bool is_in(const cJSON *in, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, in)
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

static bool compare_elements(const struct comparing *c, const struct catalog_column *field)
{
    const cJSON *in = c->column->column->mapping->in;
    struct buffer missing;
    bool ok = true;
    if (in == NULL)
        return true;
    buffer_init(&missing);
    for (size_t i = 0; i < field->elements.count; i++)
        if (!is_in(in, field->elements.items[i]))
            buffer_printf(&missing, "%s\"%s\"", missing.length > 0 ? ", " : "",
                          field->elements.items[i]);
    if (missing.length > 0) {
        struct buffer what;
        buffer_init(&what);
        buffer_printf(&what, "the %s \"%s\" may be %s, too", word(c), field->name,
                      buffer_text(&missing));
        ok = buffer_ok(&what, c->error) && complain(c, "/in", buffer_text(&what));
        buffer_release(&what);
    }
    buffer_release(&missing);
    return ok;
}

static bool compare_null(const struct comparing *c, const struct catalog_column *field,
                         const struct expression *expression)
{
    char what[300];
    if (field->not_null || !c->column->column->not_null || expression->has_fallback)
        return true;
    snprintf(what, sizeof what,
             "the %s \"%.100s\" is not required, and the column must not be null: a \"default\" "
             "stands where nothing is",
             word(c), field->name);
    return complain(c, "", what);
}

/* ---- names ------------------------------------------------------------------------------------
 */

/* Appwrite's own members. */
static bool is_own(const char *name)
{
    return name[0] == '$' || name[0] == '.';
}

/* A name in the record that cannot be there. `place`: of the mapping, as "/drop/0". */
static bool compare_name(const struct comparing *c, const char *path, const char *place)
{
    char name[256];
    const struct catalog_entity *described = c->described;
    struct path_step step;
    if (!described->closed || is_own(path) || path[0] == '^' || !path_next(&path, &step))
        return true;
    snprintf(name, sizeof name, "%.*s", (int)step.length, step.text);
    for (size_t i = 0; i < described->column_count; i++)
        if (path_step_is(&step, described->columns[i].name))
            return true;
    const char **names = calloc(described->column_count + 1, sizeof *names);
    if (names == NULL)
        return error_memory(c->error);
    for (size_t i = 0; i < described->column_count; i++)
        names[i] = described->columns[i].name;
    const char *nearest = words_nearest(name, names, described->column_count);
    error_set(c->error, ERROR_USAGE, "%s: %s: \"%s\" is no %s%s%s%s", c->plan->entity->file, place,
              name, word(c), nearest != NULL ? "; did you mean \"" : "",
              nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    free(names);
    return take(c);
}

static bool compare_conditions(const struct comparing *c, const struct conditions *conditions,
                               bool inside, const char *place)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        char here[512];
        for (size_t k = 0; k < condition->list_count; k++)
            if (!compare_conditions(c, &condition->lists[k], inside, place))
                return false;
        snprintf(here, sizeof here, "%.400s/when", place);
        if (condition->path != NULL && !inside && !compare_name(c, condition->path, here))
            return false;
    }
    return true;
}

/* ---- columns ----------------------------------------------------------------------------------
 */

/* Are records kept from the column by something that may be about this very field? */
static bool is_filtered(const struct comparing *c, const struct mapping_value *value)
{
    return value->when.count > 0 || c->output->test_count > 0 || c->plan->form_count > 1 ||
           c->plan->rule_count > 0;
}

/* Is it of another kind than the field, when it comes to the column? */
static bool is_exchanged(const struct mapping_value *value)
{
    bool exchanged = value->map != NULL;
    for (size_t i = 0; i < value->function_count && !exchanged; i++) {
        const struct function_entry *entry = &mapping_functions[value->functions[i].function];
        exchanged = ((entry->takes ^ entry->gives) & ~(unsigned)OF_NOTHING) != 0;
    }
    return exchanged;
}

static bool compare_field(const struct comparing *c, const struct catalog_column *field,
                          const struct expression *expression, bool whole)
{
    const struct mapping_value *value = expression->mapping;
    const struct encoding *encoding = &c->column->expression.encoding;
    if (value->by == NULL && !is_exchanged(value) && !compare_type(c, field, encoding))
        return false;
    if (value->function_count > 0 || is_filtered(c, value))
        return true;
    return compare_size(c, field, encoding) && compare_elements(c, field) &&
           (!whole || compare_null(c, field, expression));
}

/* An element of an array that is a table's rows. */
static bool compare_element(const struct comparing *c, const struct catalog_column *array,
                            const struct expression *expression)
{
    char type[PGTYPE_SIZE];
    struct catalog_column element = *array;
    size_t length = strlen(array->type);
    if (strchr(array->type, '|') != NULL || !ends_array(array->type, length) ||
        length >= sizeof type)
        return true;
    snprintf(type, sizeof type, "%.*s", (int)length - 2, array->type);
    element.type = type;
    return compare_field(c, &element, expression, false);
}

/* What is declared of a text that is JSON says nothing of what is read in its place. */
static const struct catalog_column *declared_field(const struct comparing *c, const char *path)
{
    const struct words *json = &c->plan->entity->json;
    for (size_t i = 0; i < json->count; i++)
        if (strcmp(json->items[i], path) == 0)
            return NULL;
    return catalog_column_find(c->described, path);
}

/* `whole`: it is the column's value, and no part of one. */
static bool compare_value(const struct comparing *c, const struct expression *expression,
                          bool whole, const char *place)
{
    const struct mapping_value *value = expression->mapping;
    const char *array = c->output->scope->path;
    bool inside = array[0] != '\0';
    if (value->optional)
        return true;
    if (value->kind == VALUE_FROM) {
        const struct catalog_column *field = declared_field(c, inside ? array : value->from);
        if (!inside && !compare_name(c, value->from, place))
            return false;
        if (inside && strcmp(value->from, ".") == 0 && field != NULL &&
            !compare_element(c, field, expression))
            return false;
        if (!inside && field != NULL && !compare_field(c, field, expression, whole))
            return false;
    }
    if (value->kind == VALUE_REST && value->from != NULL && !inside &&
        !compare_name(c, value->from, place))
        return false;
    /* What is put into an object stays what it is. */
    for (size_t i = 0; i < expression->member_count; i++) {
        const struct expression *member = &expression->members[i];
        if (value->kind == VALUE_FIRST && !compare_value(c, member, false, place))
            return false;
        bool made = value->kind == VALUE_OBJECT || value->kind == VALUE_ARRAY;
        bool named = member->kind == VALUE_FROM ||
                     (member->kind == VALUE_REST && member->mapping->from != NULL);
        if (made && named && !inside && !member->mapping->optional &&
            !compare_name(c, member->mapping->from, place))
            return false;
    }
    return compare_conditions(c, &value->when, inside, place);
}

static bool compare_output(struct comparing *c, const struct output_plan *output)
{
    const struct mapping_table *table = output->output->table;
    char place[400];
    c->output = output;
    snprintf(place, sizeof place, "/to/%.300s", table->label);
    if (!table->optional) {
        const struct catalog_column *field =
            table->each != NULL ? declared_field(c, table->each) : NULL;
        char at[420];
        snprintf(at, sizeof at, "%s/each", place);
        if ((table->each != NULL && !compare_name(c, table->each, at)) ||
            !compare_conditions(c, &table->when, table->each != NULL, place))
            return false;
        if (field != NULL && is_no_array(field->type)) {
            error_set(c->error, ERROR_USAGE, "%s: %s: the %s \"%s\" is %s, and no array",
                      c->plan->entity->file, at, word(c), field->name, field->type);
            if (!take(c))
                return false;
        }
    }
    for (size_t i = 0; i < output->column_count; i++) {
        c->column = &output->columns[i];
        snprintf(place, sizeof place, "/to/%.200s/columns/%.128s", table->label,
                 c->column->column->name);
        if (!compare_value(c, &c->column->expression, true, place))
            return false;
    }
    return true;
}

/* ---- what has no place ------------------------------------------------------------------------
 */

static bool is_spoken_for(const struct scope *scope, const char *name)
{
    if (scope->root.rests != NULL || scope->root.whole)
        return true;
    for (size_t i = 0; i < scope->root.child_count; i++)
        if (strcmp(scope->root.children[i].name, name) == 0)
            return true;
    return false;
}

/* Appwrite shows every attribute of every document, but for relationships. */
static bool is_everywhere(const struct comparing *c, const struct catalog_column *field)
{
    return is_appwrite(c) ? strcmp(field->type, "relationship") != 0
                          : field->not_null && strchr(field->name, '.') == NULL;
}

static bool find_unplaced(const struct comparing *c)
{
    for (size_t i = 0; i < c->described->column_count; i++) {
        const struct catalog_column *field = &c->described->columns[i];
        if (!is_everywhere(c, field) || is_spoken_for(&c->plan->scopes[0], field->name))
            continue;
        error_set(c->error, ERROR_USAGE,
                  "%s: the %s \"%s\" has no place: map it to a column, name it in \"drop\", or "
                  "keep what remains in a \"rest\" column",
                  c->plan->entity->file, word(c), field->name);
        if (!take(c))
            return false;
    }
    return true;
}

bool declared_check(const struct plan *plan, const struct catalog_entity *described,
                    struct errors *errors, struct error *error)
{
    struct comparing c = {.plan = plan, .described = described, .errors = errors, .error = error};
    const struct mapping *entity = plan->entity;
    for (size_t i = 0; i < plan->output_count; i++)
        if (!compare_output(&c, &plan->outputs[i]))
            return false;
    for (size_t i = 0; i < entity->rule_count; i++) {
        char place[64];
        snprintf(place, sizeof place, "/left_out/%zu", i);
        if (!entity->rules[i].optional &&
            !compare_conditions(&c, &entity->rules[i].when, entity->rules[i].each != NULL, place))
            return false;
    }
    for (size_t i = 0; i < entity->drops.count; i++) {
        char place[64];
        snprintf(place, sizeof place, "/drop/%zu", i);
        if (!entity->drops_optional[i] && !compare_name(&c, entity->drops.items[i], place))
            return false;
    }
    for (size_t i = 0; i < entity->json.count; i++) {
        char place[64];
        snprintf(place, sizeof place, "/json/%zu", i);
        if (!compare_name(&c, entity->json.items[i], place))
            return false;
    }
    return find_unplaced(&c);
}
