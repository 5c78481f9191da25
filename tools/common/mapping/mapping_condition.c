/* The conditions of a mapping: "when" of tables, values, choices and rules. */
#include "reading.h"

#include "graduate/path.h"

#include "graduate/pattern.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const field_kind_names[FIELD_KINDS] = {
    [FIELD_TEXT] = "text",     [FIELD_NUMBER] = "number",     [FIELD_BOOLEAN] = "boolean",
    [FIELD_DATE] = "date",     [FIELD_OBJECTID] = "objectid", [FIELD_UUID] = "uuid",
    [FIELD_BINARY] = "binary", [FIELD_ARRAY] = "array",       [FIELD_OBJECT] = "object",
    [FIELD_NULL] = "null",
};

/* ---- operands ---------------------------------------------------------------------------------
 */

/* What a field can be equal to. */
static bool is_constant(const cJSON *value)
{
    return cJSON_IsString(value) || cJSON_IsNumber(value) || cJSON_IsBool(value);
}

static bool is_scalar(const cJSON *value)
{
    return is_constant(value) || cJSON_IsNull(value);
}

static bool is_ordered(const cJSON *value)
{
    return cJSON_IsString(value) || cJSON_IsNumber(value);
}

static bool is_truth(const cJSON *value)
{
    return cJSON_IsBool(value);
}

static bool is_text(const cJSON *value)
{
    return cJSON_IsString(value);
}

static bool is_list(const cJSON *value)
{
    return cJSON_IsArray(value) && value->child != NULL;
}

static bool is_question(const cJSON *value)
{
    return cJSON_IsObject(value);
}

static const char scalars[] = "a text, a number, true, false or null";

/* In the order of enum condition_op, from CONDITION_NOT. */
static const char *const condition_words[] = {"not",      "in",      "above",   "below",
                                              "at_least", "at_most", "matches", "has",
                                              "kind",     "exists",  "empty"};

static const struct {
    bool (*fits)(const cJSON *operand);
    const char *fitting;
} operands[] = {
    [CONDITION_NOT] = {is_scalar, scalars},
    [CONDITION_IN] = {is_list, "an array of texts, of numbers, or of true and false"},
    [CONDITION_FACT] = {is_question, "an object"},
    [CONDITION_ABOVE] = {is_ordered, "a text or a number"},
    [CONDITION_BELOW] = {is_ordered, "a text or a number"},
    [CONDITION_AT_LEAST] = {is_ordered, "a text or a number"},
    [CONDITION_AT_MOST] = {is_ordered, "a text or a number"},
    [CONDITION_MATCHES] = {is_text, "a regular expression"},
    [CONDITION_HAS] = {is_constant, "a text, a number, true or false"},
    [CONDITION_KIND] = {is_text, "the name of a kind"},
    [CONDITION_EXISTS] = {is_truth, "true or false"},
    [CONDITION_EMPTY] = {is_truth, "true or false"},
};

static bool is_one_kind(const cJSON *a, const cJSON *b)
{
    return (cJSON_IsString(a) && cJSON_IsString(b)) || (cJSON_IsNumber(a) && cJSON_IsNumber(b)) ||
           (cJSON_IsBool(a) && cJSON_IsBool(b));
}

static bool check_list(struct reading *r, const struct json_place *place, const cJSON *list)
{
    const cJSON *item;
    size_t index = 0;
    cJSON_ArrayForEach(item, list)
    {
        struct json_place here = {place, NULL, index++};
        if (!is_constant(item) || !is_one_kind(item, list->child))
            return json_error(r->error, &here,
                              "a list holds constants of one kind: texts, numbers, or true and "
                              "false; this is %s",
                              json_kind(item));
        for (const cJSON *before = list->child; before != item; before = before->next)
            if (cJSON_Compare(before, item, true))
                return json_error(r->error, &here, "this stands in the list already");
    }
    return true;
}

static bool check_pattern(struct reading *r, const struct json_place *place, const cJSON *operand)
{
    struct pattern *pattern;
    struct error why = {0};
    bool ok = pattern_new(&pattern, operand->valuestring, &why);
    pattern_free(pattern);
    if (!ok && why.code != ERROR_USAGE) {
        *r->error = why;
        return false;
    }
    return ok || json_error(r->error, place, "%s", why.message);
}

static bool find_kind(struct reading *r, const struct json_place *place, const cJSON *operand,
                      enum field_kind *kind)
{
    for (size_t i = 0; i < FIELD_KINDS; i++)
        if (strcmp(field_kind_names[i], operand->valuestring) == 0) {
            *kind = (enum field_kind)i;
            return true;
        }
    return reading_wrong_word(r, place, operand->valuestring, field_kind_names, FIELD_KINDS);
}

/* As far as it can be read before all entities are. */
static bool read_fact(struct reading *r, const struct json_place *place,
                      struct condition *condition)
{
    const cJSON *member, *found = NULL;
    cJSON_ArrayForEach(member, condition->operand)
    {
        struct json_place here = {place, member->string, 0};
        if (strcmp(member->string, "when") == 0)
            continue;
        if (!cJSON_IsString(member) || member->valuestring[0] == '\0')
            return json_error(r->error, &here,
                              "beside \"when\" stands an entity with the path of a field of its "
                              "records, as \"identities\": \"userId\"; this is %s",
                              json_kind(member));
        if (found != NULL)
            return json_error(r->error, &here, "one entity is asked, and this asks \"%s\" already",
                              found->string);
        found = member;
    }
    if (found == NULL)
        return json_error(r->error, place,
                          "this names an entity and a field of its records, as "
                          "{\"identities\": \"userId\"}, or is an array of constants");
    condition->fact = arena_alloc(r->arena, 1, sizeof *condition->fact);
    if (condition->fact == NULL)
        return reading_memory(r);
    *condition->fact = (struct mapping_fact){.entity = found->string, .path = found->valuestring};
    return true;
}

static bool check_operand(struct reading *r, const struct json_place *place,
                          struct condition *condition)
{
    const cJSON *operand = condition->operand;
    if (!operands[condition->op].fits(operand))
        return json_error(r->error, place, "this must be %s, and is %s",
                          operands[condition->op].fitting, json_kind(operand));
    return (condition->op != CONDITION_IN || check_list(r, place, operand)) &&
           (condition->op != CONDITION_MATCHES || check_pattern(r, place, operand)) &&
           (condition->op != CONDITION_KIND || find_kind(r, place, operand, &condition->kind)) &&
           (condition->op != CONDITION_FACT || read_fact(r, place, condition));
}

/* ---- the tree ---------------------------------------------------------------------------------
 */

static bool is_branch(const cJSON *member, enum condition_op *op)
{
    *op = strcmp(member->string, "any") == 0 ? CONDITION_ANY : CONDITION_NONE;
    return *op == CONDITION_ANY || strcmp(member->string, "none") == 0;
}

/* How many conditions an object holds: one for each question about a field. */
static size_t count_in(const cJSON *object)
{
    const cJSON *member;
    enum condition_op op;
    size_t count = 0;
    cJSON_ArrayForEach(member, object) count +=
        is_branch(member, &op) || !cJSON_IsObject(member) ? 1 : (size_t)cJSON_GetArraySize(member);
    return count;
}

static bool read_list(struct reading *r, const cJSON *object, const struct json_place *place,
                      const char *above, struct conditions *out);

static bool read_branch(struct reading *r, const cJSON *list, const struct json_place *place,
                        const char *above, struct condition *condition)
{
    const cJSON *item;
    if (!is_list(list))
        return json_error(r->error, place,
                          "\"%s\" holds a list of conditions, as [{\"a\": true}, {\"b\": 1}], and "
                          "this is %s",
                          list->string, json_kind(list));
    condition->lists =
        arena_alloc(r->arena, (size_t)cJSON_GetArraySize(list), sizeof *condition->lists);
    if (condition->lists == NULL)
        return reading_memory(r);
    cJSON_ArrayForEach(item, list)
    {
        struct json_place here = {place, NULL, condition->list_count};
        const char *prefix =
            arena_printf(r->arena, "%s%s/%zu/", above, list->string, condition->list_count);
        if (prefix == NULL)
            return reading_memory(r);
        if (!reading_goes_on(
                r, read_list(r, item, &here, prefix, &condition->lists[condition->list_count++]),
                r->found))
            return false;
    }
    return true;
}

/* Whether a field is there is asked by every other question, too, but "empty": true. */
static bool check_exists(struct reading *r, const cJSON *object, const struct json_place *place)
{
    const cJSON *exists = cJSON_GetObjectItemCaseSensitive(object, "exists");
    const cJSON *empty = cJSON_GetObjectItemCaseSensitive(object, "empty");
    struct json_place here = {place, "exists", 0};
    bool alone = cJSON_GetArraySize(object) == 1;
    bool decides = cJSON_IsTrue(exists) && cJSON_IsTrue(empty) && cJSON_GetArraySize(object) == 2;
    return exists == NULL || alone || decides ||
           json_error(r->error, &here,
                      "this decides nothing beside another question, unless it is true and "
                      "\"empty\" is true");
}

/* The questions about one field. */
static bool read_questions(struct reading *r, const cJSON *object, const struct json_place *place,
                           const struct condition *about, struct conditions *out)
{
    const cJSON *operand;
    if (object->child == NULL)
        return json_error(r->error, place, "a field is compared with %s, not with %s", scalars,
                          json_kind(object));
    if (!json_only(object, place, condition_words, COUNT(condition_words), r->error) ||
        !check_exists(r, object, place))
        return false;
    cJSON_ArrayForEach(operand, object)
    {
        struct json_place here = {place, operand->string, 0};
        struct condition *condition = &out->items[out->count++];
        *condition = *about;
        condition->operand = operand;
        for (size_t i = 0; i < COUNT(condition_words); i++)
            if (strcmp(condition_words[i], operand->string) == 0)
                condition->op = (enum condition_op)(CONDITION_NOT + i);
        if (condition->op == CONDITION_IN && cJSON_IsObject(operand))
            condition->op = CONDITION_FACT;
        if (!reading_goes_on(r, check_operand(r, &here, condition), r->found))
            return false;
    }
    return true;
}

static bool read_field(struct reading *r, const cJSON *member, const struct json_place *place,
                       const char *above, struct conditions *out)
{
    const char *path = member->string, *inside;
    if (!reading_path_inside(r, place, PATH_ITSELF | PATH_OUT, &path, &inside))
        return false;
    unsigned outer = path_ups(&path);
    if (outer > CONDITION_UPS)
        return json_error(r->error, place, "nothing lies so far out");
    const struct condition condition = {
        .op = CONDITION_EQUAL,
        .path = path,
        .inside = inside,
        .outer = outer,
        .operand = member,
        .name = member->string,
        .place = arena_printf(r->arena, "%s%s", above, member->string),
    };
    if (condition.place == NULL)
        return reading_memory(r);
    if (cJSON_IsObject(member))
        return read_questions(r, member, place, &condition, out);
    if (!is_scalar(member))
        return json_error(r->error, place, "a field is compared with %s, not with %s", scalars,
                          json_kind(member));
    out->items[out->count++] = condition;
    return true;
}

static bool read_list(struct reading *r, const cJSON *object, const struct json_place *place,
                      const char *above, struct conditions *out)
{
    const cJSON *member;
    if (!cJSON_IsObject(object) || object->child == NULL)
        return json_error(r->error, place,
                          "this must be an object, as {\"field\": true} or "
                          "{\"field\": {\"not\": \"\"}}, and is %s",
                          json_kind(object));
    out->items = arena_alloc(r->arena, count_in(object), sizeof *out->items);
    if (out->items == NULL)
        return reading_memory(r);
    cJSON_ArrayForEach(member, object)
    {
        struct json_place here = {place, member->string, 0};
        struct condition branch = {.operand = member, .name = member->string};
        if (!is_branch(member, &branch.op)) {
            if (!reading_goes_on(r, read_field(r, member, &here, above, out), r->found))
                return false;
            continue;
        }
        branch.place = arena_printf(r->arena, "%s%s", above, member->string);
        if (branch.place == NULL)
            return reading_memory(r);
        if (!reading_goes_on(r, read_branch(r, member, &here, above, &branch), r->found))
            return false;
        out->items[out->count++] = branch;
    }
    return true;
}

bool mapping_read_conditions(struct reading *r, const cJSON *object, const struct json_place *place,
                             struct conditions *out)
{
    const cJSON *when = cJSON_GetObjectItemCaseSensitive(object, "when");
    struct json_place here = {place, "when", 0};
    struct errors errors = {0}, *around = r->found;
    r->found = &errors; /* also of what it branches to */
    bool ok = when == NULL || read_list(r, when, &here, "", out);
    r->found = around;
    return reading_goes_on(r, ok, &errors) && errors_give(&errors, r->error);
}
