#include "misfit.h"

#include <stdio.h>
#include <string.h>

void misfit_begin(struct plan *plan, const struct column_plan *column)
{
    const struct mapping_column *mapping = column->column->mapping;
    plan->mending = (struct mending){.remedies = mapping != NULL ? &mapping->misfits : NULL};
}

static enum remedy remedy_of(const struct column_plan *column, const struct mending *mending)
{
    const struct expression *expression = &column->expression;
    bool made = expression->kind == VALUE_REST ||
                mapping_value_is_json(expression->mapping, &expression->encoding.type);
    return made || !mending->refused ? REMEDY_ERROR
                                     : mapping_remedy(mending->remedies, mending->kind);
}

bool misfit_stands_in(const struct column_plan *column, const struct mending *mending,
                      const struct error *error)
{
    enum remedy remedy = remedy_of(column, mending);
    return error->code == ERROR_DATA && (remedy == REMEDY_NULL || remedy == REMEDY_DEFAULT);
}

bool misfit_replace(struct plan *plan, const struct column_plan *column,
                    const struct loss_mark *lines, struct value *value, struct error *error)
{
    struct mending *mending = &plan->mending;
    const char *rule = mending->kind == MISFIT_OTHER ? "misfit" : misfit_names[mending->kind];
    const struct value before = *value;
    char was[120], is[120] = "null";
    if (!misfit_stands_in(column, mending, error))
        return false;
    *value = remedy_of(column, mending) == REMEDY_DEFAULT
                 ? column->expression.fallback
                 : (struct value){.type = BSON_TYPE_NULL};
    value_brief(&before, was, sizeof was);
    if (was[0] == '\0' && !value_is_text(&before))
        value_describe(&before, was, sizeof was);
    if (account_rule_is_secret(column->allowed.account))
        snprintf(was, sizeof was, "a text of %u bytes", before.length);
    if (!value_is_nothing(value))
        value_brief(value, is, sizeof is);
    losses_return(&plan->losses, lines);
    losses_add(&plan->losses, column->expression.path, rule, was, is);
    mending->lost = true;
    *error = (struct error){0};
    return true;
}
