#include "condition.h"
#include "scope.h"
#include "value_order.h"
#include "value_walk.h"

#include "graduate/path.h"

#include <stdio.h>
#include <string.h>

bool condition_at(const struct test *test, struct error *error)
{
    error_at(error, NULL, NULL, test->path);
    return scope_at(test->scope, error);
}

/* `what`: the value, described, and what is wrong with it. */
static bool refuse(const struct test *test, const char *what, struct error *error)
{
    error_set(error, ERROR_DATA, "%s", what);
    error_hint(error, "correct the record in the source, or the condition in the mapping; then run "
                      "again");
    return condition_at(test, error);
}

static bool wrong_kind(const struct test *test, const struct value *value,
                       const struct value *constant, struct error *error)
{
    char what[120], other[120], text[400];
    struct moment moment;
    bool clock = value_moment(value, &moment) && moment.timed && !moment.zoned;
    value_describe(value, what, sizeof what);
    value_describe(constant, other, sizeof other);
    snprintf(text, sizeof text,
             "%s%s is of another kind than %s, which the mapping compares it with", what,
             clock ? ", which has no zone," : "", other);
    return refuse(test, text, error);
}

static bool no_such_thing(const struct test *test, const struct value *value, const char *wanted,
                          struct error *error)
{
    char what[120], text[400];
    value_describe(value, what, sizeof what);
    snprintf(text, sizeof text, "%s is no %s, as the condition \"%s\" wants it", what, wanted,
             test->mapping->operand->string);
    return refuse(test, text, error);
}

static bool is_within(enum condition_op op, enum order order)
{
    switch ((int)op) {
    case CONDITION_ABOVE:
        return order == ORDER_MORE;
    case CONDITION_BELOW:
        return order == ORDER_LESS;
    case CONDITION_AT_LEAST:
        return order == ORDER_MORE || order == ORDER_SAME;
    case CONDITION_AT_MOST:
        return order == ORDER_LESS || order == ORDER_SAME;
    default:
        return order == ORDER_SAME;
    }
}

/* Texts are compared by their bytes. Where they are moments, and as such the answer is another one,
 * nobody can have meant that. */
static bool check_reading(const struct test *test, enum condition_op op, const struct value *value,
                          const struct value *constant, enum order order, struct error *error)
{
    char what[120], other[120], text[400];
    enum order moments;
    if (!value_order_of_moments(value, constant, &moments) ||
        is_within(op, moments) == is_within(op, order))
        return true;
    value_describe(value, what, sizeof what);
    value_describe(constant, other, sizeof other);
    snprintf(text, sizeof text,
             "%s and %s are compared as texts, and as moments the answer is another: write the "
             "constant in the form that the source's texts have",
             what, other);
    return refuse(test, text, error);
}

/* One of the constants, all of which must be of the value's kind. */
static bool compare(const struct test *test, const struct value *value, bool *holds,
                    struct error *error)
{
    *holds = false;
    for (size_t i = 0; i < test->constant_count; i++) {
        enum order order = value_order(value, &test->constants[i]);
        if (order == ORDER_STRANGE)
            return wrong_kind(test, value, &test->constants[i], error);
        if (!check_reading(test, test->mapping->op, value, &test->constants[i], order, error))
            return false;
        *holds = *holds || is_within(test->mapping->op, order);
    }
    return true;
}

/* Is it equal? Of another kind it is something else, unless it reads the same. */
static bool is_equal(const struct test *test, const struct value *value, bool *equal,
                     struct error *error)
{
    enum order order = value_order(value, test->constants);
    *equal = order == ORDER_SAME;
    if (!check_reading(test, CONDITION_EQUAL, value, test->constants, order, error))
        return false;
    return order != ORDER_STRANGE || !value_reads_the_same(value, test->constants) ||
           wrong_kind(test, value, test->constants, error);
}

static bool has_element(const struct test *test, const struct value *array, bool *holds,
                        struct error *error)
{
    struct value_walk elements;
    struct value element;
    *holds = false;
    if (array->type != BSON_TYPE_ARRAY)
        return no_such_thing(test, array, "array", error);
    if (!value_walk_begin(&elements, array)) {
        value_damaged(error);
        return condition_at(test, error);
    }
    while (value_walk_next(&elements, &element)) {
        value_inherit(&element, array);
        if (!value_is_nothing(&element) && !is_equal(test, &element, holds, error))
            return false;
        if (*holds)
            return true;
    }
    if (value_walk_ended(&elements))
        return true;
    value_damaged(error);
    return condition_at(test, error);
}

static bool is_of_kind(const struct test *test, const struct value *value)
{
    enum field_kind kind;
    return value_field_kind(value, &kind) && kind == test->mapping->kind;
}

static bool is_in_index(struct lookup *lookup, const uint8_t hash[16], bool *found,
                        struct error *error)
{
    struct id_entry entry;
    return id_index_find(&lookup->index, hash, &entry, found, error);
}

/* A value that none of the other entity's has: are there any of its kind, at least? */
static bool check_kinds(const struct test *test, struct lookup *lookup, const struct value *value,
                        enum fact_kind kind, struct error *error)
{
    const struct mapping_fact *fact = test->mapping->fact;
    bool any = false;
    for (unsigned i = 0; i < FACT_KINDS; i++) {
        enum fact_kind other = (enum fact_kind)((i + kind) % FACT_KINDS); /* its own first */
        uint8_t hash[16];
        lookup_hash_kind(fact, other, hash);
        if (!is_in_index(lookup, hash, &any, error))
            return false;
        if (any && other == kind)
            return true;
        if (any)
            break;
    }
    if (!any && kind != FACT_OTHER)
        return true;
    char what[120], text[400];
    value_describe(value, what, sizeof what);
    snprintf(text, sizeof text, "%s is of another kind than what records of %s have as \"%s\"",
             what, fact->to->name, fact->path);
    return refuse(test, text, error);
}

/* Of a part of the records there is nobody who could be asked: then it is not so. */
static bool is_fact(const struct test *test, const struct value *value, bool *holds,
                    struct error *error)
{
    const struct lookups *lookups = test->plan->lookups;
    const struct mapping_fact *fact = test->mapping->fact;
    struct lookup *lookup = lookups != NULL ? lookups_find_facts(lookups, fact->to) : NULL;
    enum fact_kind kind;
    uint8_t hash[16];
    *holds = false;
    bool findable = lookup_hash_fact(fact, value, &kind, hash);
    if (lookup == NULL)
        return true;
    return (!findable || is_in_index(lookup, hash, holds, error)) &&
           (*holds || check_kinds(test, lookup, value, kind, error));
}

/* The field has something in it, or what is asked is not of that. */
static bool ask(const struct test *test, const struct value *value, bool *holds,
                struct error *error)
{
    switch ((int)test->mapping->op) {
    case CONDITION_EXISTS:
        *holds = (value->type != BSON_TYPE_EOD) == (test->constants->integer != 0);
        return true;
    case CONDITION_EMPTY:
        *holds = value_is_empty(value) == (test->constants->integer != 0);
        return true;
    case CONDITION_KIND:
        *holds = is_of_kind(test, value);
        return true;
    case CONDITION_MATCHES:
        if (!value_is_text(value))
            return no_such_thing(test, value, "text", error);
        return pattern_search(test->pattern, (const char *)value->bytes, value->length, holds,
                              error);
    case CONDITION_HAS:
        return has_element(test, value, holds, error);
    case CONDITION_FACT:
        return is_fact(test, value, holds, error);
    case CONDITION_NOT:
        if (!is_equal(test, value, holds, error))
            return false;
        *holds = !*holds;
        return true;
    default:
        return compare(test, value, holds, error);
    }
}

static bool lists_hold(const struct test *test, bool *holds, struct error *error)
{
    bool any = false;
    for (size_t i = 0; !any && i < test->list_count; i++)
        if (!condition_holds(test->lists[i].items, test->lists[i].count, &any, error))
            return false;
    *holds = any == (test->mapping->op == CONDITION_ANY);
    return true;
}

/* What is found in the field on the way into it, through places and names. */
static bool step_inside(const struct test *test, struct value *value, struct error *error)
{
    struct path_step step;
    for (const char *rest = test->mapping->inside; rest != NULL && path_next(&rest, &step);) {
        struct value_walk inner;
        struct value member, found = {.type = BSON_TYPE_EOD};
        bool place = step.kind == STEP_PLACE;
        if (value_is_nothing(value))
            break;
        if (value->type != (place ? BSON_TYPE_ARRAY : BSON_TYPE_DOCUMENT)) {
            char what[120], text[400];
            value_describe(value, what, sizeof what);
            snprintf(text, sizeof text, "%s is no %s, in which the mapping looks for \"%.*s\"",
                     what, place ? "array" : "document", (int)step.length, step.text);
            return refuse(test, text, error);
        }
        long count = 0, wanted = step.place;
        if (place && wanted < 0 && value_walk_begin(&inner, value))
            for (; value_walk_next(&inner, &member); count++)
                ;
        wanted += wanted < 0 ? count : 0;
        bool ok = value_walk_begin(&inner, value);
        for (long i = 0; ok && value_walk_next(&inner, &member); i++)
            if (found.type == BSON_TYPE_EOD &&
                (place ? i == wanted : path_step_is(&step, inner.key)))
                found = member;
        if (!ok || !value_walk_ended(&inner)) {
            value_damaged(error);
            return condition_at(test, error);
        }
        value_inherit(&found, value);
        *value = found;
    }
    return true;
}

static bool test_holds(const struct test *test, bool *holds, struct error *error)
{
    enum condition_op op = test->mapping->op;
    bool of_nothing = op == CONDITION_EXISTS || op == CONDITION_EMPTY || op == CONDITION_KIND;
    if (test->slot == NO_SLOT)
        return lists_hold(test, holds, error);
    const struct value *value = &test->scope->slots[test->slot];
    struct value inner;
    if (test->mapping->inside != NULL) {
        inner = *value;
        value = &inner;
        if (!step_inside(test, &inner, error))
            return false;
    }
    bool nothing = value_is_nothing(value);
    if ((op == CONDITION_EQUAL || op == CONDITION_NOT) && value_is_nothing(test->constants)) {
        *holds = nothing == (op == CONDITION_EQUAL);
        return true;
    }
    *holds = false;
    return (nothing && !of_nothing) || ask(test, value, holds, error);
}

bool condition_holds(const struct test *tests, size_t count, bool *holds, struct error *error)
{
    *holds = true;
    for (size_t i = 0; *holds && i < count; i++)
        if (!test_holds(&tests[i], holds, error))
            return false;
    return true;
}

const struct test *condition_met(const struct test *tests, size_t count)
{
    const struct test *met = NULL;
    for (size_t i = 0; met == NULL && i < count; i++) {
        const struct test *test = &tests[i];
        if (test->slot != NO_SLOT && !value_is_nothing(&test->scope->slots[test->slot]))
            met = test;
        for (size_t k = 0; met == NULL && k < test->list_count; k++)
            met = condition_met(test->lists[k].items, test->lists[k].count);
    }
    return met;
}

const struct test *condition_first(const struct test *test)
{
    while (test->slot == NO_SLOT)
        test = test->lists->items;
    return test;
}

bool condition_refusal(const struct test *tests, size_t count, char *out, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const struct test *test = &tests[i];
        struct error unused;
        bool holds;
        char what[120];
        if (test_holds(test, &holds, &unused) && holds)
            continue;
        test = condition_first(test);
        const struct value *value = &test->scope->slots[test->slot];
        value_describe(value, what, sizeof what);
        snprintf(out, size, "%s: %s is %s", test->mapping->place, test->mapping->path,
                 value->type == BSON_TYPE_EOD ? "not there" : what);
        return true;
    }
    return false;
}
