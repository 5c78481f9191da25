/* What a mapping wants, before the first record: scopes and their claims,
 * the columns of each table. */
#include "expect_row.h"
#include "expect_value.h"
#include "graduate/path.h"

#include <stdlib.h>
#include <string.h>

static const char UPS[CONDITION_UPS + 1] = "^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^";

static bool claim(struct expectation *e, struct scope *scope, const char *path,
                  enum claim_kind kind, struct error *error)
{
    return scope_claim_out(e->scopes, e->scope_count, scope, path, kind, error);
}

/* With what a condition says of how far out it looks. */
static bool claim_fields(struct expectation *e, struct scope *scope,
                         const struct conditions *conditions, struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        for (size_t k = 0; ok && k < condition->list_count; k++)
            ok = claim_fields(e, scope, &condition->lists[k], error);
        if (!ok || condition->path == NULL)
            continue;
        char *path = arena_printf(&e->arena, "%.*s%s%s", (int)condition->outer, UPS,
                                  condition->outer > 0 ? "." : "", condition->path);
        ok = path != NULL ? claim(e, scope, path, CLAIM_TEST, error) : error_memory(error);
    }
    return ok;
}

static bool claim_conditions(struct expectation *e, struct scope *scope,
                             const struct conditions *conditions, struct error *error)
{
    return claim_fields(e, scope, conditions, error) &&
           expect_patterns_add(&scope->patterns, conditions, error);
}

/* A form has few rests, and room for as many as it has columns is not enough: an object has some.
 */
static bool claim_rest(struct expectation *e, struct form *form, const char *path,
                       struct error *error)
{
    struct words *rests = &form->rests;
    const char **grown = arena_alloc(&e->arena, rests->count + 1, sizeof *grown);
    if (grown == NULL)
        return error_memory(error);
    for (size_t i = 0; i < rests->count; i++)
        grown[i] = rests->items[i];
    grown[rests->count++] = path;
    rests->items = grown;
    return scope_claim_rest(form->scope, path, error);
}

static bool claim_value(struct expectation *e, struct form *form, const struct mapping_value *value,
                        struct error *error)
{
    struct scope *scope = form->scope;
    if (value->kind == VALUE_REST &&
        !claim_rest(e, form, value->from != NULL ? value->from : "", error))
        return false;
    if (value->kind == VALUE_FROM && !claim(e, scope, value->from, CLAIM_WHOLE, error))
        return false;
    for (size_t i = 0; i < value->member_count; i++)
        if (!claim_value(e, form, &value->members[i].value, error))
            return false;
    return claim_conditions(e, scope, &value->when, error);
}

static struct scope *find_scope(struct expectation *e, const char *path)
{
    for (size_t i = 0; i < e->scope_count; i++)
        if (strcmp(e->scopes[i].path, path != NULL ? path : "") == 0)
            return &e->scopes[i];
    return NULL;
}

/* A level for every name of the "each", which may be an array, too; the last is one. */
static bool make_levels(struct expectation *e, const char *each, struct error *error)
{
    const char *rest = each;
    struct path_step step;
    while (each != NULL && path_next(&rest, &step)) {
        bool last = *rest == '\0', members = step.kind == STEP_MEMBERS;
        if (path_is_members(rest))
            continue; /* of an object the members are the level */
        size_t length = strlen(each) - strlen(rest) - (last ? 0 : 1);
        char *path = arena_printf(&e->arena, "%.*s", (int)length, each);
        if (path == NULL)
            return error_memory(error);
        struct scope *scope = find_scope(e, path);
        if (scope == NULL) {
            scope = &e->scopes[e->scope_count++];
            *scope = (struct scope){.path = path, .members = members};
        }
        scope->fixed = scope->fixed || last || members;
    }
    return true;
}

static size_t count_levels(const struct mapping *entity)
{
    size_t count = 1;
    struct path_step step;
    for (size_t t = 0; t < entity->table_count; t++)
        for (const char *each = entity->tables[t].each; each != NULL && path_next(&each, &step);)
            count++;
    for (size_t i = 0; i < entity->rule_count; i++)
        for (const char *each = entity->rules[i].each; each != NULL && path_next(&each, &step);)
            count++;
    return count;
}

static bool claim_array(struct expectation *e, struct scope *outer, const struct scope *inner,
                        const char **path, struct error *error)
{
    *path = path_below(inner->path, outer->path);
    if (inner->members) /* the object is claimed, without the star behind it */
        *path = arena_printf(&e->arena, "%.*s", (int)strlen(*path) - 2, *path);
    return *path != NULL
               ? scope_claim(outer, *path, inner->members ? CLAIM_MEMBERS : CLAIM_EACH, error)
               : error_memory(error);
}

/* Which arrays may stand in which documents: each is claimed there. */
static bool claim_arrays(struct expectation *e, struct error *error)
{
    for (size_t o = 0; o < e->scope_count; o++) {
        struct scope *outer = &e->scopes[o];
        outer->arrays = arena_alloc(&e->arena, e->scope_count, sizeof *outer->arrays);
        if (outer->arrays == NULL)
            return error_memory(error);
        for (size_t i = 1; i < e->scope_count; i++) {
            if (!scope_opens(e->scopes, e->scope_count, outer, &e->scopes[i]))
                continue;
            if (!claim_array(e, outer, &e->scopes[i], &outer->arrays[i], error))
                return false;
        }
    }
    return true;
}

static bool make_scopes(struct expectation *e, struct error *error)
{
    bool ok = true;
    e->scopes = arena_alloc(&e->arena, count_levels(e->entity), sizeof *e->scopes);
    if (e->scopes == NULL)
        return error_memory(error);
    e->scopes[e->scope_count++] = (struct scope){.path = "", .fixed = true};
    for (size_t t = 0; ok && t < e->entity->table_count; t++)
        ok = make_levels(e, e->entity->tables[t].each, error);
    for (size_t i = 0; ok && i < e->entity->rule_count; i++)
        ok = make_levels(e, e->entity->rules[i].each, error);
    return ok && claim_arrays(e, error);
}

/* Which columns the form has: the mapping's, and those of the source that it keeps. A parent's
 * column may leave its type to that. */
static bool describe(struct expectation *e, struct form *form, struct error *error)
{
    const struct mapping_table *mapping = form->mapping;
    form->columns = mapping->columns;
    form->column_count = mapping->column_count;
    form->key = mapping->key;
    return e->catalog == NULL || tuples_describe(e, form, error);
}

static bool claim_form(struct expectation *e, struct form *form, struct error *error)
{
    const struct mapping_table *mapping = form->mapping;
    form->scope = find_scope(e, mapping->each);
    form->scope->has_forms = true;
    form->scope->list = form->scope->list || mapping_remedy(&mapping->misfits, MISFIT_NO_ARRAY) == REMEDY_MEND;
    if (!describe(e, form, error))
        return false;
    for (size_t i = 0; i < form->column_count; i++) {
        const struct mapping_value *value = &form->columns[i].value;
        if (!claim_value(e, form, value, error))
            return false;
    }
    return claim_conditions(e, form->scope, &mapping->when, error);
}

static bool claim_rule(struct expectation *e, const struct mapping_rule *rule, struct error *error)
{
    return claim_conditions(e, find_scope(e, rule->each), &rule->when, error);
}

/* "tasks.draft" is dropped from the elements of tasks, if they are a scope; from a document on the
 * way, too, if tasks may be one. */
static bool claim_drop(struct expectation *e, const char *path, struct error *error)
{
    const struct scope *deepest = &e->scopes[0];
    for (size_t i = 1; i < e->scope_count; i++)
        if (path_below(path, e->scopes[i].path) != NULL &&
            path_below(e->scopes[i].path, deepest->path) != NULL)
            deepest = &e->scopes[i];
    bool ok = true;
    for (size_t i = 0; ok && i < e->scope_count; i++) {
        struct scope *scope = &e->scopes[i];
        bool around = !deepest->fixed && scope_opens(e->scopes, e->scope_count, scope, deepest);
        if (scope == deepest || around)
            ok = scope_claim(scope, path_below(path, scope->path), CLAIM_DROP, error);
    }
    return ok;
}

/* Elements that no table takes lie in what a column further out takes whole. */
static void cover_levels(struct expectation *e)
{
    for (size_t i = 1; i < e->scope_count; i++)
        for (size_t o = 0; !e->scopes[i].fixed && o < e->scope_count; o++) {
            const struct scope *outer = &e->scopes[o];
            if (outer->arrays[i] != NULL)
                e->scopes[i].covered = e->scopes[i].covered || outer->covered ||
                                       scope_takes_whole(outer, outer->arrays[i]);
        }
}

/* Rows that others take columns from are kept while what they were made of is at hand. */
static bool keep_parents(struct expectation *e, struct error *error)
{
    for (size_t f = 0; f < e->form_count; f++) {
        const struct mapping_table *mapping = e->forms[f].mapping;
        for (size_t c = 0; c < mapping->column_count; c++) {
            const struct mapping_table *above = mapping->columns[c].value.above;
            for (size_t p = 0; above != NULL && p < e->form_count; p++) {
                struct form *parent = &e->forms[p];
                if (parent->kept != NULL || strcmp(parent->mapping->label, above->label) != 0)
                    continue;
                parent->kept = arena_alloc(&e->arena, 1, sizeof *parent->kept);
                if (parent->kept == NULL)
                    return error_memory(error);
                if (!row_init(parent->kept, &e->arena, parent->table->column_count, error))
                    return false;
            }
        }
    }
    return true;
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
        most += e->forms[f].column_count;
    table->columns = arena_alloc(&e->arena, most, sizeof *table->columns);
    if (table->columns == NULL)
        return error_memory(error);
    for (size_t f = 0; f < e->form_count; f++) {
        const struct form *form = &e->forms[f];
        const struct mapping_table *mapping = form->mapping;
        for (size_t i = 0; strcmp(mapping->label, table->label) == 0 && i < form->column_count;
             i++) {
            const struct mapping_column *from = &form->columns[i];
            bool made = form->carried == NULL || form->carried[i].source < 0;
            struct expected_column *column = &table->columns[expect_column(table, from->name)];
            if (column == &table->columns[table->column_count])
                table->columns[table->column_count++] =
                    (struct expected_column){.name = from->name, .type = from->type};
            column->key = column->key || expect_in_words(&form->key, from->name);
            if (made && !expect_can_put(&from->type) && from->value.kind != VALUE_PARENT)
                return expect_wrong(e, mapping, from->name,
                                    "a field of a document cannot become this type", error);
        }
    }
    qsort(table->columns, table->column_count, sizeof *table->columns, compare_columns);
    return true;
}

/* Can a record have two rows with one key in the form's table? Each place in its array is another.
 */
static bool is_repeatable(const struct expectation *e, const struct form *form)
{
    const struct mapping_table *mapping = form->mapping;
    bool placed = false;
    size_t forms = 0;
    for (size_t c = 0; c < mapping->column_count; c++)
        placed = placed || (mapping->columns[c].value.kind == VALUE_POSITION &&
                            mapping->columns[c].value.from == NULL &&
                            expect_in_words(&form->key, mapping->columns[c].name));
    for (size_t f = 0; f < e->form_count; f++)
        forms += e->forms[f].table == form->table;
    return mapping->each != NULL && form->key.count > 0 &&
           (!placed || forms > 1 || strcspn(mapping->each, ".") < strlen(mapping->each));
}

static bool watch_keys(struct expectation *e, struct error *error)
{
    for (size_t f = 0; f < e->form_count; f++) {
        struct form *form = &e->forms[f];
        for (size_t o = 0; o < f; o++)
            if (e->forms[o].table == form->table && e->forms[o].keys != NULL)
                form->keys = e->forms[o].keys;
        if (form->keys == NULL && is_repeatable(e, form)) {
            form->keys = arena_alloc(&e->arena, 1, sizeof *form->keys);
            if (form->keys == NULL)
                return error_memory(error);
        }
    }
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
        form->places = arena_alloc(&e->arena, form->column_count, sizeof *form->places);
        if (form->places == NULL)
            return error_memory(error);
        for (size_t i = 0; i < form->column_count; i++)
            form->places[i] = expect_column(form->table, form->columns[i].name);
        if (form->table->column_count > widest)
            widest = form->table->column_count;
    }
    return row_init(&e->row, &e->arena, widest, error) && keep_parents(e, error) &&
           watch_keys(e, error);
}

bool expect_prepare(struct expectation *e, struct error *error)
{
    size_t count = e->entity->table_count;
    e->forms = arena_alloc(&e->arena, count, sizeof *e->forms);
    e->tables = arena_alloc(&e->arena, count, sizeof *e->tables);
    if (e->forms == NULL || e->tables == NULL)
        return error_memory(error);
    if (!make_scopes(e, error) || (e->catalog != NULL && !tuples_begin(e, error)))
        return false;
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
    if (e->catalog != NULL && !tuples_claim_computed(e, error))
        return false;
    cover_levels(e);
    for (size_t i = 0; i < e->scope_count; i++)
        if (!scope_name_paths(&e->scopes[i], &e->counts, error))
            return false;
    return (e->catalog == NULL || tuples_look(e, error)) && gather_tables(e, error);
}
