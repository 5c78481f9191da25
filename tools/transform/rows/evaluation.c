#include "evaluation.h"
#include "condition.h"
#include "document.h"
#include "function.h"
#include "id_reference.h"
#include "misfit.h"
#include "number.h"
#include "permission.h"
#include "value_walk.h"

#include <stdio.h>
#include <string.h>

/* What becomes of the fields that an expression names. */
void evaluation_settle(const struct scope *scope, const struct expression *expression,
                       enum fate fate)
{
    if (expression->slot != NO_SLOT && scope->fates[expression->slot].fate < fate)
        scope->fates[expression->slot].fate = fate;
    for (size_t i = 0; i < expression->member_count; i++)
        evaluation_settle(scope, &expression->members[i], fate);
}

/* A value, where it came from, and what became of it on the way. */
struct outcome {
    struct value value;
    int slot;         /* NO_SLOT: from no field */
    enum fate fate;   /* by the expression's own conditions, functions and default */
    enum fate choice; /* of the choice that "first" took, by its own; else FATE_WRITTEN */
    bool gone;        /* its row is to be left out */
};

static bool compute(const struct origin *origin, const struct scope *scope,
                    struct expression *expression, bool not_null, struct outcome *outcome,
                    struct error *error);

/* Every choice has conditions, and they turned down what is there, or that nothing is. */
static bool check_taken(const struct expression *expression, bool any, struct error *error)
{
    const struct test *met = NULL;
    if (any || expression->has_fallback)
        return true;
    for (size_t i = 0; i < expression->member_count && met == NULL; i++)
        met = condition_met(expression->members[i].tests, expression->members[i].test_count);
    if (met == NULL)
        met = condition_first(expression->members->tests);
    const struct value *value = &met->scope->slots[met->slot];
    char what[120];
    value_describe(value, what, sizeof what);
    error_set(error, ERROR_DATA, "%s is taken by no choice of \"first\"",
              value->type == BSON_TYPE_EOD ? "an absent field" : what);
    error_hint(error, "correct the record in the source; or give the list a last choice "
                      "without \"when\" (as {\"const\": null}), or the value a "
                      "\"default\"; then run again");
    return condition_at(met, error);
}

/* Add to one of the numbers of the path that a slot's value came from. */
static void count(const struct origin *origin, const struct scope *scope, int slot,
                  enum fate number, int64_t more)
{
    if (slot != NO_SLOT && !origin->silent)
        path_account_number(&origin->plan->paths, scope->fates[slot].own, number, more);
}

/* What was something in the source is nothing in the target, and no line in the losses says so. */
static void note_emptied(const struct origin *origin, const struct scope *scope, int slot,
                         const struct value *value)
{
    if (slot != NO_SLOT && value_is_nothing(value) && !value_is_empty(&scope->slots[slot]))
        count(origin, scope, slot, FATE_EMPTIED, 1);
}

/* The first of several that is not nothing. The others are passed over: those behind it, and those
 * that were asked and are nothing; but where all of them are, that is what is written. */
static bool evaluate_first(const struct origin *origin, const struct scope *scope,
                           struct expression *expression, struct outcome *outcome,
                           struct error *error)
{
    bool any = false;
    for (size_t i = 0; i < expression->member_count; i++) {
        struct expression *member = &expression->members[i];
        struct outcome choice = {.fate = FATE_KEPT_OUT};
        if (value_is_nothing(&outcome->value)) {
            bool holds;
            if (!condition_holds(member->tests, member->test_count, &holds, error) ||
                !compute(origin, scope, member, false, &choice, error))
                return false;
            any = any || holds;
            outcome->value = choice.value;
            if (!value_is_nothing(&outcome->value)) { /* what becomes of it is seen further up */
                outcome->slot = choice.slot;
                outcome->choice = choice.fate;
                continue;
            }
        }
        bool in_vain = choice.fate == FATE_WRITTEN || choice.fate == FATE_CHANGED;
        evaluation_settle(scope, member, in_vain ? FATE_KEPT_OUT : choice.fate);
    }
    for (size_t i = 0; value_is_nothing(&outcome->value) && i < expression->member_count; i++) {
        bool holds;
        if (!condition_holds(expression->members[i].tests, expression->members[i].test_count,
                             &holds, error))
            return false;
        if (!holds)
            continue;
        evaluation_settle(scope, &expression->members[i], FATE_WRITTEN);
        if (expression->members[i].kind == VALUE_FROM)
            note_emptied(origin, scope, expression->members[i].slot, &outcome->value);
    }
    return check_taken(expression, any, error);
}

/* The value is one that does not fit, whatever became of it. */
static bool refuse_value(const struct origin *origin, enum misfit kind)
{
    origin->plan->mending.refused = true;
    origin->plan->mending.kind = kind;
    return false;
}

/* The functions, one after the other; each that makes another value is counted at the field's path.
 */
static bool apply_functions(const struct origin *origin, const struct scope *scope,
                            struct expression *expression, struct outcome *outcome,
                            struct error *error)
{
    bool lost = false;
    const struct function_context context = {
        .record = origin->record->bytes,
        .record_length = origin->record->length,
        .path = expression->path,
        .losses = &origin->plan->losses,
        .made = &expression->made,
        .lost = &lost,
        .keeps_text = mapping_remedy(origin->plan->mending.remedies, MISFIT_JSON) == REMEDY_MEND,
        .identity = &origin->plan->project->identity,
    };
    arena_release(&expression->made);
    for (size_t i = 0; i < expression->mapping->function_count; i++) {
        const struct function_call *call = &expression->mapping->functions[i];
        const struct value before = outcome->value;
        bool there = outcome->slot != NO_SLOT && scope->slots[outcome->slot].type != BSON_TYPE_EOD;
        if (!function_apply(call, &context, &outcome->value, error))
            return refuse_value(origin,
                                call->function == FUNCTION_JSON ? MISFIT_JSON : MISFIT_OTHER);
        if (there && !value_identical(&before, &outcome->value)) {
            outcome->fate = outcome->fate == FATE_WRITTEN ? FATE_CHANGED : outcome->fate;
            count(origin, scope, outcome->slot, FATE_BY_FUNCTION + call->function, 1);
        }
    }
    if (lost)
        outcome->fate = FATE_LOST;
    return true;
}

static bool refuse_exchange(const struct expression *expression, const struct value *value,
                            struct error *error)
{
    char what[120];
    value_describe(value, what, sizeof what);
    error_set(error, ERROR_DATA, "%s is none of those that \"map\" exchanges", what);
    error_hint(error, "correct the record in the source; or add it to \"map\" in the mapping, or "
                      "give all others an \"else\"; then run again");
    return error_at(error, NULL, NULL, expression->path);
}

/* What "map" has for the value. Nothing passes. */
static bool exchange(const struct origin *origin, const struct scope *scope,
                     struct expression *expression, struct outcome *outcome, struct error *error)
{
    const struct mapping_value *mapping = expression->mapping;
    const struct value *value = &outcome->value;
    char word[BSON_DECIMAL128_STRING];
    const cJSON *item;
    size_t at = 0;
    if (mapping->map == NULL || value_is_nothing(value))
        return true;
    bool text = value_is_text(value), number = value_is_number(value);
    if (!text && !value_is_scalar(value))
        return refuse_exchange(expression, value, error) ||
               refuse_value(origin, MISFIT_OTHER);
    if (!text)
        value_brief(value, word, sizeof word);
    const char *bytes = text ? (const char *)value->bytes : word;
    size_t length = text ? value->length : strlen(word);
    for (item = mapping->map->child; item != NULL; item = item->next, at++)
        if ((strlen(item->string) == length && memcmp(item->string, bytes, length) == 0) ||
            (number && number_same(item->string, bytes)))
            break;
    if (item == NULL && mapping->otherwise == NULL)
        return refuse_exchange(expression, value, error) ||
               refuse_value(origin, MISFIT_OTHER);
    outcome->value = expression->exchanges[at];
    if (outcome->slot == NO_SLOT || scope->slots[outcome->slot].type == BSON_TYPE_EOD)
        return true;
    outcome->fate = outcome->fate == FATE_WRITTEN ? FATE_CHANGED : outcome->fate;
    count(origin, scope, outcome->slot, FATE_BY_MAP, 1);
    return true;
}

/* Several as one text. */
static bool evaluate_join(const struct origin *origin, const struct scope *scope,
                          struct expression *expression, struct outcome *outcome,
                          struct error *error)
{
    static const struct function_call as_text = {.function = FUNCTION_TEXT};
    const char *joined = NULL;
    struct buffer text;
    bool ok = true, whole = expression->mapping->id_of != NULL;
    buffer_init(&text);
    for (size_t i = 0; ok && i < expression->member_count; i++) {
        struct expression *member = &expression->members[i];
        struct value value;
        int slot;
        ok = evaluation_value(origin, scope, member, false, &value, &slot, error);
        if (ok && value_is_nothing(&value) && whole) {
            error_set(error, ERROR_DATA, "a part of the identity is not there");
            error_hint(error, "correct the record in the source, or the mapping, and run again");
            ok = error_at(error, NULL, NULL, member->path);
        }
        if (!ok || value_is_nothing(&value))
            continue;
        bool lost = false;
        const struct function_context context = {
            .record = origin->record->bytes,
            .record_length = origin->record->length,
            .path = member->path,
            .losses = &origin->plan->losses,
            .made = &member->made,
            .lost = &lost,
        };
        ok = function_apply(&as_text, &context, &value, error);
        if (ok && !value_is_text(&value)) {
            char what[120];
            value_describe(&value, what, sizeof what);
            error_set(error, ERROR_DATA, "%s cannot be joined with others as a text", what);
            error_hint(error, "correct the record in the source, or the mapping, and run again");
            ok = error_at(error, NULL, NULL, member->path);
        }
        if (!ok)
            continue;
        if (joined != NULL)
            buffer_puts(&text, expression->mapping->with);
        buffer_put(&text, value.bytes, value.length);
        joined = "";
    }
    ok = ok && buffer_ok(&text, error);
    if (ok && joined != NULL) {
        char *copy = arena_alloc(&expression->joined, text.length + 1, 1);
        ok = copy != NULL || error_memory(error);
        if (ok && text.length > 0)
            memcpy(copy, text.data, text.length);
        outcome->value = value_from_text(copy, text.length);
    }
    buffer_release(&text);
    return ok;
}

/* Several as one array; what is absent is skipped. */
static bool evaluate_array(const struct origin *origin, const struct scope *scope,
                           struct expression *expression, struct outcome *outcome,
                           struct error *error)
{
    bson_t array = BSON_INITIALIZER;
    uint32_t count = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < expression->member_count; i++) {
        struct value value;
        char digits[16];
        const char *key;
        int slot;
        ok = evaluation_value(origin, scope, &expression->members[i], false, &value, &slot, error);
        if (!ok || value.type == BSON_TYPE_EOD)
            continue;
        bson_uint32_to_string(count++, &key, digits, sizeof digits);
        ok = value_append(&array, key, &value) || value_damaged(error);
    }
    uint8_t *copy = ok ? arena_alloc(&expression->joined, array.len, 1) : NULL;
    if (copy != NULL)
        memcpy(copy, bson_get_data(&array), array.len);
    outcome->value = (struct value){.type = BSON_TYPE_ARRAY, .bytes = copy, .length = array.len};
    ok = ok && (copy != NULL || error_memory(error));
    bson_destroy(&array);
    return ok;
}

static bool is_one_way_id(const struct value *value)
{
    struct value_walk elements;
    struct value element;
    bool found = false;
    if (value->type != BSON_TYPE_ARRAY)
        return value_is_text(value)
                   ? !identity_text_is_plain((const char *)value->bytes, value->length)
                   : value_is_scalar(value);
    if (value_walk_begin(&elements, value))
        while (!found && value_walk_next(&elements, &element))
            found = element.type != BSON_TYPE_ARRAY && is_one_way_id(&element);
    return found;
}

/* A text or number whose UUID leads nobody back to it is changed; so is an array with such a one.
 */
static void note_one_way_id(const struct origin *origin, const struct scope *scope,
                            const struct expression *expression, struct outcome *outcome)
{
    const struct mapping_value *mapping = expression->mapping;
    bool id = mapping->id_of != NULL && mapping->by == NULL;
    if ((!id && mapping->access == NULL) || outcome->slot == NO_SLOT ||
        (outcome->fate != FATE_WRITTEN && outcome->fate != FATE_CHANGED) ||
        !(id ? is_one_way_id(&outcome->value)
             : permission_is_one_way(mapping->access, &outcome->value)))
        return;
    outcome->fate = FATE_CHANGED;
    count(origin, scope, outcome->slot, FATE_BY_ONE_WAY_ID, 1);
}

/* An id that is found out in the records that it names. */
static bool look_up(const struct origin *origin, const struct scope *scope,
                    struct expression *expression, struct outcome *outcome, struct error *error)
{
    struct resolution resolution;
    bool permissions = expression->mapping->access != NULL;
    if (!(permissions ? permission_resolve : reference_resolve)(origin, expression, &outcome->value,
                                                                &resolution, error))
        return false;
    outcome->value = resolution.value;
    outcome->gone = resolution.gone;
    count(origin, scope, outcome->slot, FATE_DANGLING, resolution.dangling);
    if (resolution.lost)
        outcome->fate = FATE_LOST;
    return true;
}

static const struct scope *find_level(const struct scope *scope, const struct scope *level)
{
    while (scope != NULL && scope != level)
        scope = scope->outer;
    return scope;
}

/* The name of the member at hand, or of one around it. */
static struct value name_of(const struct scope *scope, const struct scope *level)
{
    scope = find_level(scope, level);
    return scope != NULL ? value_from_text(scope->name, strlen(scope->name))
                         : (struct value){.type = BSON_TYPE_EOD};
}

/* The place of the element at hand, or of one around it; absent where that is no element. */
static struct value position_of(const struct scope *scope, const struct scope *level)
{
    scope = find_level(scope, level);
    return scope != NULL && scope->outer != NULL
               ? (struct value){.type = BSON_TYPE_INT64, .integer = scope->position}
               : (struct value){.type = BSON_TYPE_EOD};
}

/* The value of an expression that has one by itself: constant, position, field or the first of
 * several, after its conditions, functions and default. */
static bool compute(const struct origin *origin, const struct scope *scope,
                    struct expression *expression, bool not_null, struct outcome *outcome,
                    struct error *error)
{
    bool holds;
    *outcome = (struct outcome){
        .value = {.type = BSON_TYPE_EOD},
        .slot = NO_SLOT,
        .fate = FATE_KEPT_OUT,
        .choice = FATE_WRITTEN,
    };
    if (!condition_holds(expression->tests, expression->test_count, &holds, error))
        return false;
    if (holds) {
        if (expression->kind == VALUE_CONST) {
            outcome->value = expression->constant;
        } else if (expression->kind == VALUE_POSITION) {
            outcome->value = position_of(scope, expression->level);
        } else if (expression->kind == VALUE_NAME) {
            outcome->value = name_of(scope, expression->level);
        } else if (expression->kind == VALUE_FROM) {
            outcome->value = scope->slots[expression->slot];
            outcome->slot = expression->slot;
        } else if (expression->kind == VALUE_FIRST &&
                   !evaluate_first(origin, scope, expression, outcome, error)) {
            return false;
        } else if (expression->kind == VALUE_JOIN || expression->kind == VALUE_ARRAY) {
            arena_release(&expression->joined);
            if (!(expression->kind == VALUE_JOIN
                      ? evaluate_join(origin, scope, expression, outcome, error)
                      : evaluate_array(origin, scope, expression, outcome, error)))
                return false;
        }
        outcome->fate = FATE_WRITTEN;
    }
    if ((expression->mapping->function_count > 0 &&
         !apply_functions(origin, scope, expression, outcome, error)) ||
        !exchange(origin, scope, expression, outcome, error))
        return false;
    note_one_way_id(origin, scope, expression, outcome);
    bool absent = outcome->value.type == BSON_TYPE_EOD;
    if (expression->has_fallback && (absent || (not_null && value_is_nothing(&outcome->value)))) {
        outcome->value = expression->fallback;
        if (outcome->fate != FATE_LOST)
            outcome->fate = FATE_DEFAULTED;
    }
    return !expression->looked_up || value_is_nothing(&outcome->value) ||
           look_up(origin, scope, expression, outcome, error);
}

bool evaluation_look_up(const struct origin *origin, const struct scope *scope,
                        struct expression *expression, struct value *value, struct error *error)
{
    struct outcome outcome = {.value = *value, .slot = NO_SLOT};
    if (!expression->looked_up || value_is_nothing(value))
        return true;
    if (!look_up(origin, scope, expression, &outcome, error))
        return false;
    *value = outcome.value;
    return true;
}

bool evaluation_make(const struct origin *origin, const struct scope *scope,
                     struct expression *expression, bool not_null, struct value *value, int *slot,
                     struct error *error)
{
    struct outcome outcome;
    if (!compute(origin, scope, expression, not_null, &outcome, error))
        return false;
    *value = outcome.value;
    *slot = outcome.slot;
    if (outcome.fate != FATE_LOST)
        note_emptied(origin, scope, outcome.slot, value);
    bool taken = outcome.fate == FATE_WRITTEN || outcome.fate == FATE_CHANGED;
    if (expression->kind != VALUE_FROM && taken) { /* members speak for themselves */
        enum fate fate = outcome.choice == FATE_WRITTEN ? outcome.fate : outcome.choice;
        if (outcome.slot != NO_SLOT && scope->fates[outcome.slot].fate < fate)
            scope->fates[outcome.slot].fate = fate;
    } else {
        evaluation_settle(scope, expression, outcome.fate);
    }
    return true;
}

bool evaluation_dangles(const struct origin *origin, struct output_plan *output, bool *dangles,
                        struct error *error)
{
    *dangles = false;
    if (!output->may_leave_out)
        return true;
    struct origin silent = *origin;
    struct losses *losses = &origin->plan->losses;
    silent.silent = true;
    for (size_t i = 0; !*dangles && i < output->column_count; i++) {
        struct expression *expression = &output->columns[i].expression;
        struct outcome outcome;
        uint32_t lines = losses->count;
        size_t length = losses->tuples.length;
        if (!expression_may_leave_out(expression))
            continue;
        misfit_begin(origin->plan, &output->columns[i]);
        if (!compute(&silent, output->scope, expression, false, &outcome, error)) {
            if (!misfit_stands_in(&output->columns[i], &origin->plan->mending, error))
                return false;
            *error = (struct error){0};
            losses->count = lines;
            losses->tuples.length = length;
            continue;
        }
        *dangles = outcome.gone;
        if (*dangles) {
            count(origin, output->scope, outcome.slot, FATE_DANGLING, 1);
        } else {
            losses->count = lines;
            losses->tuples.length = length;
        }
    }
    return true;
}
