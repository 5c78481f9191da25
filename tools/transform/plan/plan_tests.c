/* Conditions, compiled: with the slots of the fields that they look at. */
#include "compiling.h"
#include "scope.h"

#include <string.h>

/* With what it says of how far out it looks. */
static const char *condition_path(struct compiling *c, const struct condition *condition)
{
    char ups[CONDITION_UPS + 1] = "";
    memset(ups, '^', condition->outer);
    return arena_printf(&c->plan->arena, "%s%s%s", ups, condition->outer > 0 ? "." : "",
                        condition->path);
}

static bool compile_pattern(struct compiling *c, struct test *test)
{
    struct plan *plan = c->plan;
    struct plan_pattern *kept = arena_alloc(&plan->arena, 1, sizeof *kept);
    if (kept == NULL)
        return error_memory(c->error);
    if (!pattern_new(&kept->pattern, test->mapping->operand->valuestring, c->error))
        return false;
    kept->next = plan->patterns;
    plan->patterns = kept;
    test->pattern = kept->pattern;
    return true;
}

/* The operand as values: one, or the members of a list. */
static bool compile_constants(struct compiling *c, struct test *test)
{
    const cJSON *operand = test->mapping->operand;
    bool list = cJSON_IsArray(operand);
    size_t count = list ? (size_t)cJSON_GetArraySize(operand) : 1;
    test->constants = arena_alloc(&c->plan->arena, count, sizeof *test->constants);
    if (test->constants == NULL)
        return error_memory(c->error);
    for (const cJSON *item = list ? operand->child : operand; test->constant_count < count;
         item = item->next)
        if (!value_from_json(&c->plan->arena, item, &test->constants[test->constant_count++]))
            return error_memory(c->error);
    return true;
}

static bool compile_test(struct compiling *c, struct scope *scope,
                         const struct condition *condition, struct test *test)
{
    *test = (struct test){.mapping = condition, .plan = c->plan, .scope = scope, .slot = NO_SLOT};
    test->lists = arena_alloc(&c->plan->arena, condition->list_count, sizeof *test->lists);
    if (test->lists == NULL)
        return error_memory(c->error);
    for (size_t i = 0; i < condition->list_count; i++) {
        struct test_list *list = &test->lists[test->list_count++];
        if (!compiling_tests(c, scope, &condition->lists[i], &list->items, &list->count))
            return false;
    }
    if (condition->path == NULL)
        return true;
    const char *path = condition_path(c, condition);
    test->path = path != NULL ? scope_path(c->plan, scope, path) : NULL;
    if (test->path == NULL)
        return error_memory(c->error);
    return (condition->op == CONDITION_FACT      ? true
            : condition->op == CONDITION_MATCHES ? compile_pattern(c, test)
                                                 : compile_constants(c, test)) &&
           scope_want(c->plan, scope, path, FOR_TEST, &test->slot, c->error);
}

bool compiling_tests(struct compiling *c, struct scope *scope, const struct conditions *conditions,
                     struct test **tests, size_t *count)
{
    *tests = arena_alloc(&c->plan->arena, conditions->count, sizeof **tests);
    if (*tests == NULL)
        return error_memory(c->error);
    for (size_t i = 0; i < conditions->count; i++)
        if (!compile_test(c, scope, &conditions->items[i], &(*tests)[(*count)++]))
            return false;
    return true;
}
