/* What the mapping of a document source wants, before the first record: scopes and their claims,
 * the columns of each table. */
#include "expect_row.h"
#include "expect_value.h"

#include <stdlib.h>
#include <string.h>

/* `top`: the record's, where conditions may look, too. */
static bool claim_conditions(struct scope *top, struct scope *scope,
                             const struct conditions *conditions, struct error *error)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (!scope_claim(conditions->items[i].outer ? top : scope, conditions->items[i].path,
                         CLAIM_TEST, error))
            return false;
    return true;
}

static bool claim_value(struct scope *top, struct scope *scope, const struct mapping_value *value,
                        struct error *error)
{
    if (value->kind == VALUE_FROM && !scope_claim(scope, value->from, CLAIM_WHOLE, error))
        return false;
    for (size_t i = 0; i < value->member_count; i++)
        if (!claim_value(top, scope, &value->members[i].value, error))
            return false;
    return claim_conditions(top, scope, &value->when, error);
}

static struct scope *find_scope(struct expectation *e, const char *path)
{
    for (size_t i = 0; i < e->scope_count; i++)
        if (strcmp(e->scopes[i].path, path) == 0)
            return &e->scopes[i];
    e->scopes[e->scope_count] = (struct scope){.path = path};
    return &e->scopes[e->scope_count++];
}

static bool claim_form(struct expectation *e, struct form *form, struct error *error)
{
    const struct mapping_table *mapping = form->mapping;
    form->scope = find_scope(e, mapping->each != NULL ? mapping->each : "");
    if (mapping->each != NULL && !scope_claim(&e->scopes[0], mapping->each, CLAIM_EACH, error))
        return false;
    for (size_t i = 0; i < mapping->column_count; i++) {
        const struct mapping_value *value = &mapping->columns[i].value;
        if (value->kind == VALUE_REST) {
            form->rest = value;
            form->scope->has_rest = true;
            form->scope->rest_safe = expect_has_function(value, FUNCTION_SAFE_NUMBERS);
        }
        if (!claim_value(&e->scopes[0], form->scope, value, error))
            return false;
    }
    return claim_conditions(&e->scopes[0], form->scope, &mapping->when, error);
}

static bool claim_rule(struct expectation *e, const struct mapping_rule *rule, struct error *error)
{
    struct scope *scope = find_scope(e, rule->each != NULL ? rule->each : "");
    return claim_conditions(&e->scopes[0], scope, &rule->when, error);
}

/* "tasks.draft" is dropped from the elements of tasks, if they are a scope. */
static bool claim_drop(struct expectation *e, const char *path, struct error *error)
{
    for (size_t i = 1; i < e->scope_count; i++) {
        size_t length = strlen(e->scopes[i].path);
        if (strncmp(path, e->scopes[i].path, length) == 0 && path[length] == '.')
            return scope_claim(&e->scopes[i], path + length + 1, CLAIM_DROP, error);
    }
    return scope_claim(&e->scopes[0], path, CLAIM_DROP, error);
}

static int compare_columns(const void *a, const void *b)
{
    const struct expected_column *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* The columns of all forms with the table's label. */
static bool gather_columns(struct expectation *e, struct expected_table *table, struct error *error)
{
    size_t most = 0;
    for (size_t f = 0; f < e->form_count; f++)
        most += e->forms[f].mapping->column_count;
    table->columns = arena_alloc(&e->arena, most, sizeof *table->columns);
    if (table->columns == NULL)
        return error_memory(error);
    for (size_t f = 0; f < e->form_count; f++) {
        const struct mapping_table *mapping = e->forms[f].mapping;
        for (size_t i = 0; strcmp(mapping->label, table->label) == 0 && i < mapping->column_count;
             i++) {
            const struct mapping_column *from = &mapping->columns[i];
            struct expected_column *column = &table->columns[expect_column(table, from->name)];
            if (column == &table->columns[table->column_count])
                table->columns[table->column_count++] =
                    (struct expected_column){.name = from->name, .type = from->type};
            column->key = column->key || expect_in_words(&mapping->key, from->name);
            if (!expect_can_put(&from->type) && from->value.kind != VALUE_PARENT)
                return expect_wrong(e, mapping, from->name,
                                    "a field of a document cannot become this type", error);
        }
    }
    qsort(table->columns, table->column_count, sizeof *table->columns, compare_columns);
    return true;
}

static bool gather_tables(struct expectation *e, struct error *error)
{
    size_t widest = 0;
    for (size_t f = 0; f < e->form_count; f++) {
        size_t t = 0;
        while (t < e->table_count && strcmp(e->tables[t].label, e->forms[f].mapping->label) != 0)
            t++;
        if (t == e->table_count) {
            e->tables[e->table_count++] = (struct expected_table){
                .label = e->forms[f].mapping->label, .mapping = e->forms[f].mapping};
            if (!gather_columns(e, &e->tables[t], error))
                return false;
        }
        struct form *form = &e->forms[f];
        form->table = &e->tables[t];
        form->places = arena_alloc(&e->arena, form->mapping->column_count, sizeof *form->places);
        if (form->places == NULL)
            return error_memory(error);
        for (size_t i = 0; i < form->mapping->column_count; i++)
            form->places[i] = expect_column(form->table, form->mapping->columns[i].name);
        if (form->table->column_count > widest)
            widest = form->table->column_count;
    }
    return row_init(&e->row, &e->arena, widest, error) &&
           row_init(&e->parent, &e->arena, widest, error);
}

bool documents_prepare(struct expectation *e, struct error *error)
{
    size_t count = e->entity->table_count;
    e->forms = arena_alloc(&e->arena, count, sizeof *e->forms);
    e->tables = arena_alloc(&e->arena, count, sizeof *e->tables);
    e->scopes = arena_alloc(&e->arena, count + 1, sizeof *e->scopes);
    if (e->forms == NULL || e->tables == NULL || e->scopes == NULL)
        return error_memory(error);
    find_scope(e, "");
    for (; e->form_count < count; e->form_count++) {
        struct form *form = &e->forms[e->form_count];
        form->mapping = &e->entity->tables[e->form_count];
        if (!claim_form(e, form, error))
            return false;
    }
    for (size_t i = 0; i < e->entity->rule_count; i++)
        if (!claim_rule(e, &e->entity->rules[i], error))
            return false;
    if (e->entity->identity != NULL &&
        !scope_claim(&e->scopes[0], e->entity->identity->from, CLAIM_TEST, error))
        return false;
    for (size_t i = 0; i < e->entity->drops.count; i++)
        if (!claim_drop(e, e->entity->drops.items[i], error))
            return false;
    for (size_t i = 0; i < e->scope_count; i++)
        if (!scope_name_paths(&e->scopes[i], &e->counts, error))
            return false;
    return gather_tables(e, error);
}
