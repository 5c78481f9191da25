#include "expect_condition.h"
#include "expect_comparison.h"
#include "expect_fact.h"
#include "expect_path.h"

#include "graduate/path.h"
#include "graduate/pattern.h"

#include <stdlib.h>
#include <string.h>

/* ---- patterns ---------------------------------------------------------------------------------
 */

struct expect_pattern {
    const struct condition *condition;
    struct pattern *pattern;
};

static bool keep_pattern(struct expect_patterns *patterns, const struct condition *condition,
                         struct error *error)
{
    struct pattern *pattern;
    if (patterns->count == patterns->room) {
        size_t room = patterns->room * 2 + 4;
        struct expect_pattern *items = realloc(patterns->items, room * sizeof *items);
        if (items == NULL)
            return error_memory(error);
        patterns->items = items;
        patterns->room = room;
    }
    if (!pattern_new(&pattern, condition->operand->valuestring, error))
        return false;
    patterns->items[patterns->count++] = (struct expect_pattern){condition, pattern};
    return true;
}

bool expect_patterns_add(struct expect_patterns *patterns, const struct conditions *conditions,
                         struct error *error)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        if (condition->op == CONDITION_MATCHES && !keep_pattern(patterns, condition, error))
            return false;
        for (size_t k = 0; k < condition->list_count; k++)
            if (!expect_patterns_add(patterns, &condition->lists[k], error))
                return false;
    }
    return true;
}

void expect_patterns_release(struct expect_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        pattern_free(patterns->items[i].pattern);
    free(patterns->items);
    *patterns = (struct expect_patterns){0};
}

static const struct pattern *find_pattern(const struct expect_patterns *patterns,
                                          const struct condition *condition)
{
    size_t i = 0;
    while (patterns->items[i].condition != condition)
        i++;
    return patterns->items[i].pattern;
}

/* ---- questions --------------------------------------------------------------------------------
 */

/* A condition on a field, and what is there. */
struct question {
    const struct expect_view *view;
    const struct condition *condition;
    struct item field;
    struct error *error;
};

static bool refuse(const struct question *q, const struct item *item, const char *why)
{
    const struct expect_view *view = q->view;
    struct buffer path;
    buffer_init(&path);
    for (unsigned ups = q->condition->outer; ups > 0 && view->outer != NULL; ups--)
        view = view->outer;
    path_join(&path, view->path, q->condition->path);
    item_misfit(item, buffer_text(&path), why, q->error);
    buffer_release(&path);
    return false;
}

static bool refuse_kind(const struct question *q, const struct item *item)
{
    return refuse(q, item, "the mapping compares it with a value of another kind");
}

static bool is_so(enum condition_op op, enum comparison found)
{
    bool same = found == COMPARISON_EQUAL;
    return (same && op != CONDITION_ABOVE && op != CONDITION_BELOW) ||
           (found == COMPARISON_ABOVE && (op == CONDITION_ABOVE || op == CONDITION_AT_LEAST)) ||
           (found == COMPARISON_BELOW && (op == CONDITION_BELOW || op == CONDITION_AT_MOST));
}

/* As texts it is found to be one way; as the dates that they look like, is it the same? */
static bool check_meant(const struct question *q, const struct item *item, enum condition_op op,
                        const cJSON *constant, enum comparison found)
{
    enum comparison meant;
    return !expect_compare_meant(item, constant, &meant) || is_so(op, meant) == is_so(op, found) ||
           refuse(q, item,
                  "it is no date to its source, and as one it would be answered otherwise");
}

/* Every constant must be comparable; *holds: for one of them it is as the condition says. */
static bool is_one_of(const struct question *q, const cJSON *first, bool list, bool *holds)
{
    *holds = false;
    for (const cJSON *constant = first; constant != NULL; constant = list ? constant->next : NULL) {
        enum comparison found = expect_compare(&q->field, constant);
        enum condition_op op = q->condition->op;
        if (found == COMPARISON_IMPOSSIBLE)
            return refuse_kind(q, &q->field);
        if (!check_meant(q, &q->field, op, constant, found))
            return false;
        *holds = *holds || is_so(op, found);
    }
    return true;
}

/* What cannot be compared is something else, unless it is written alike. */
static bool equals(const struct question *q, const struct item *item, bool *equal)
{
    const cJSON *constant = q->condition->operand;
    enum comparison found = expect_compare(item, constant);
    *equal = found == COMPARISON_EQUAL;
    if (!check_meant(q, item, CONDITION_EQUAL, constant, found))
        return false;
    return found != COMPARISON_IMPOSSIBLE || !expect_is_spelt_alike(item, constant) ||
           refuse_kind(q, item);
}

static bool has(const struct question *q, bool *holds)
{
    bson_iter_t iter;
    bool ok = true;
    *holds = false;
    if (expect_kind(&q->field) != FIELD_ARRAY)
        return refuse(q, &q->field, "the mapping looks for an element in it");
    if (!item_open(&q->field, &iter, q->error))
        return false;
    while (!*holds && item_next(&iter, &ok, q->error)) {
        const struct item element = item_element(&q->field, &iter);
        if (!item_is_nothing(&element) && !equals(q, &element, holds))
            return false;
    }
    return ok;
}

static bool matches(const struct question *q, bool *holds)
{
    const char *text;
    size_t length;
    if (!item_text(&q->field, &text, &length))
        return refuse(q, &q->field, "the mapping looks for a pattern in it");
    return pattern_search(find_pattern(q->view->patterns, q->condition), text, length, holds,
                          q->error);
}

/* Nothing is found where nobody can be asked. */
static bool is_known(const struct question *q, bool *holds)
{
    const struct mapping_fact *fact = q->condition->fact;
    const struct expect_lookup *lookup = q->view->lookup;
    bool strange = false;
    *holds = false;
    if (lookup == NULL)
        return true;
    return expect_fact_ask(fact, lookup, &q->field, holds, &strange, q->error) &&
           (!strange ||
            refuse(q, &q->field, "the records that it is looked for in have another kind"));
}

static bool answer(const struct question *q, bool *holds)
{
    const cJSON *operand = q->condition->operand;
    bool wanted = cJSON_IsTrue(operand);
    bool nothing = item_is_nothing(&q->field);
    *holds = false;
    switch ((int)q->condition->op) {
    case CONDITION_EXISTS:
        *holds = wanted == (q->field.value.value_type != BSON_TYPE_EOD);
        return true;
    case CONDITION_EMPTY:
        *holds = wanted == item_is_empty(&q->field);
        return true;
    case CONDITION_KIND:
        *holds = expect_kind(&q->field) == q->condition->kind;
        return true;
    case CONDITION_EQUAL:
        if (cJSON_IsNull(operand)) {
            *holds = nothing;
            return true;
        }
        return nothing || is_one_of(q, operand, false, holds);
    case CONDITION_NOT:
        if (cJSON_IsNull(operand)) {
            *holds = !nothing;
            return true;
        }
        if (!nothing && !equals(q, &q->field, holds))
            return false;
        *holds = !nothing && !*holds;
        return true;
    case CONDITION_HAS:
        return nothing || has(q, holds);
    case CONDITION_MATCHES:
        return nothing || matches(q, holds);
    case CONDITION_FACT:
        return nothing || is_known(q, holds);
    case CONDITION_IN:
        return nothing || is_one_of(q, operand->child, true, holds);
    default:
        return nothing || is_one_of(q, operand, false, holds);
    }
}

/* Absent where nothing lies so far out. `made`: what arrays on the way have, item_gather. */
static struct item look(const struct expect_view *view, const struct condition *condition,
                        bson_t *made)
{
    for (unsigned ups = condition->outer; ups > 0 && view != NULL; ups--)
        view = view->outer;
    return view != NULL ? item_gather(view->document, condition->path, made) : (struct item){0};
}

/* From the field further on into the array that it is; absent where there is nothing. */
static bool step_on(struct question *q)
{
    struct path_step step;
    for (const char *rest = q->condition->inside; rest != NULL && path_next(&rest, &step);) {
        enum field_kind wanted = step.kind == STEP_PLACE ? FIELD_ARRAY : FIELD_OBJECT;
        struct item found = {0};
        bson_iter_t iter;
        bool ok = true;
        long at = 0, place = step.place;
        if (item_is_nothing(&q->field))
            return true;
        if (expect_kind(&q->field) != wanted)
            return refuse(q, &q->field, "the mapping looks for something in it");
        for (int pass = 0; pass < 2; pass++) { /* the first counts, for places from the end */
            if (!item_open(&q->field, &iter, q->error))
                return false;
            for (at = 0; item_next(&iter, &ok, q->error); at++) {
                bool this = step.kind == STEP_PLACE ? pass == 1 && at == place
                                                    : path_step_is(&step, bson_iter_key(&iter));
                if (this && found.value.value_type == BSON_TYPE_EOD)
                    found = item_element(&q->field, &iter);
            }
            if (!ok)
                return false;
            place += pass == 0 && place < 0 ? at : 0;
        }
        q->field = found;
    }
    return true;
}

static bool test(const struct expect_view *view, const struct condition *condition, bool *holds,
                 struct error *error)
{
    if (condition->path != NULL) {
        bson_t made = BSON_INITIALIZER;
        struct question q = {view, condition, look(view, condition, &made), error};
        bool ok = step_on(&q) && answer(&q, holds);
        bson_destroy(&made);
        return ok;
    }
    bool one = false;
    for (size_t i = 0; !one && i < condition->list_count; i++)
        if (!expect_holds(view, &condition->lists[i], &one, error))
            return false;
    *holds = condition->op == CONDITION_NONE ? !one : one;
    return true;
}

bool expect_holds(const struct expect_view *view, const struct conditions *conditions, bool *holds,
                  struct error *error)
{
    *holds = true;
    for (size_t i = 0; *holds && i < conditions->count; i++)
        if (!test(view, &conditions->items[i], holds, error))
            return false;
    return true;
}

bool expect_meets(const struct expect_view *view, const struct conditions *conditions, bson_t *made,
                  struct item *field, const char **path)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        for (size_t k = 0; k < condition->list_count; k++)
            if (expect_meets(view, &condition->lists[k], made, field, path))
                return true;
        if (condition->path == NULL)
            continue;
        *field = look(view, condition, made);
        *path = condition->path;
        if (!item_is_nothing(field))
            return true;
    }
    return false;
}
