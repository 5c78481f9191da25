#include "expect_condition.h"
#include "expect_path.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 32 };
enum kind { KIND_OTHER, KIND_TEXT, KIND_NUMBER, KIND_TRUTH };

static enum kind kind_of(const struct item *item)
{
    const char *text;
    size_t length;
    char number[ITEM_NUMBER];
    if (item_text(item, &text, &length))
        return KIND_TEXT;
    if (item->value.value_type == BSON_TYPE_BOOL)
        return KIND_TRUTH;
    return item_number(item, number) ? KIND_NUMBER : KIND_OTHER;
}

/* A text, and a number or a truth value that it could be the writing of. */
static bool is_spelt_alike(const struct item *a, const struct item *b)
{
    const char *text;
    size_t length;
    char number[ITEM_NUMBER], word[ITEM_NUMBER];
    const struct item *other = item_text(a, &text, &length) ? b : a;
    if (other == a && !item_text(b, &text, &length))
        return false;
    if (length > LONGEST_WORD || memchr(text, 0, length) != NULL)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    if (other->value.value_type == BSON_TYPE_BOOL)
        return strcmp(word, other->value.value.v_bool ? "true" : "false") == 0;
    return item_number(other, number) && item_same_number(word, number);
}

struct item expect_condition_field(const struct expect_view *view,
                                   const struct condition *condition)
{
    for (unsigned ups = condition->outer; ups > 0 && view != NULL; ups--)
        view = view->outer;
    return view != NULL ? item_find(view->document, condition->path) : (struct item){0};
}

static bool refuse(const struct expect_view *view, const struct condition *condition,
                   const struct item *field, struct error *error)
{
    struct buffer path;
    buffer_init(&path);
    for (unsigned ups = condition->outer; ups > 0 && view->outer != NULL; ups--)
        view = view->outer;
    path_join(&path, view->path, condition->path);
    item_misfit(field, buffer_text(&path), "the mapping compares it with a value of another kind",
                error);
    buffer_release(&path);
    return false;
}

static bool test(const struct expect_view *view, const struct condition *condition, bool *holds,
                 struct error *error)
{
    struct item field = expect_condition_field(view, condition);
    struct item constant = item_of_json(condition->value);
    bool nothing = item_is_nothing(&field);
    if (cJSON_IsNull(condition->value)) {
        *holds = nothing != condition->negated;
        return true;
    }
    *holds = false;
    if (nothing)
        return true;
    enum kind kind = kind_of(&field);
    bool alike = kind != KIND_OTHER && kind == kind_of(&constant);
    if (!alike && (!condition->negated || is_spelt_alike(&field, &constant)))
        return refuse(view, condition, &field, error);
    *holds = (alike && item_equals(&field, condition->value)) != condition->negated;
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
