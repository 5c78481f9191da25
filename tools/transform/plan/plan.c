#include "compiling.h"
#include "declared.h"
#include "scope.h"

#include "graduate/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_function(const struct mapping_value *value, enum mapping_function function)
{
    for (size_t i = 0; i < value->function_count; i++)
        if (value->functions[i].function == function)
            return true;
    return false;
}

static bool compile_map(struct compiling *c, const struct mapping_value *value,
                        struct expression *expression)
{
    struct arena *arena = &c->plan->arena;
    size_t count = value->map != NULL ? (size_t)cJSON_GetArraySize(value->map) : 0, at = 0;
    const cJSON *item;
    expression->exchanges = arena_alloc(arena, count + 1, sizeof *expression->exchanges);
    if (expression->exchanges == NULL)
        return error_memory(c->error);
    cJSON_ArrayForEach(item, value->map)
    {
        if (!value_from_json(arena, item, &expression->exchanges[at++]))
            return error_memory(c->error);
    }
    return value->otherwise == NULL ||
           value_from_json(arena, value->otherwise, &expression->exchanges[at]) ||
           error_memory(c->error);
}

static bool compile_rest(struct compiling *c, const char *column, const struct mapping_value *value,
                         struct expression *expression)
{
    struct plan *plan = c->plan;
    struct scope *scope = c->output->scope;
    const char *path = value->from != NULL ? value->from : ".";
    struct rest *rest = arena_alloc(&plan->arena, 1, sizeof *rest);
    bool settled;
    if (rest == NULL)
        return error_memory(c->error);
    *rest = (struct rest){.output = c->output, .column = column, .path = path, .slot = NO_SLOT};
    rest->place = value->from != NULL ? scope_path(plan, scope, path) : scope->path;
    if (rest->place == NULL)
        return error_memory(c->error);
    if (value->from != NULL && !scope_want(plan, scope, path, FOR_REST, &rest->slot, c->error))
        return false;
    struct node *node = scope_node(plan, scope, path, &settled);
    if (node == NULL)
        return error_memory(c->error);
    for (const struct rest *other = node->rests; other != NULL; other = other->next)
        if (other->output == c->output)
            return compiling_wrong(c, column, "/rest",
                                   "there is a \"rest\" column for these fields already");
    rest->next = node->rests;
    node->rests = expression->rest = rest;
    expression->keeps_rest = true;
    return true;
}

static bool compile_expression(struct compiling *c, const struct schema_column *column,
                               const struct mapping_value *value, const char *path,
                               struct expression *expression)
{
    struct plan *plan = c->plan;
    struct scope *scope = c->output->scope;
    *expression = (struct expression){.kind = value->kind, .slot = NO_SLOT, .mapping = value};
    arena_init(&expression->made);
    arena_init(&expression->joined);
    expression->path = value->kind == VALUE_FROM ? scope_path(plan, scope, value->from) : path;
    if (expression->path == NULL)
        return error_memory(c->error);
    buffer_init(&expression->resolved);
    bool reference = mapping_is_looked_up(value) && value->kind != VALUE_PARENT;
    expression->looked_up = reference || value->access != NULL;
    expression->set = value->by != NULL ? lookup_set(&plan->arena, value) : NULL;
    if (value->by != NULL && expression->set == NULL)
        return error_memory(c->error);
    expression->encoding = (struct encoding){
        .type = column->type,
        .identity = &plan->project->identity,
        .id_entity = value->id_of != NULL ? value->id_of->name : NULL,
        .ids = value->ids,
        .keys_entity = value->keys_id_of != NULL ? value->keys_id_of->name : NULL,
        .resolved = reference,
        .path = expression->path,
        .safe_numbers = has_function(value, FUNCTION_SAFE_NUMBERS),
        .list = mapping_remedy(&column->mapping->misfits, MISFIT_NO_ARRAY) == REMEDY_MEND,
        .losses = &plan->losses,
        .mending = &plan->mending,
    };
    if (!lookup_asking(&plan->arena, &plan->lookups, value, &expression->encoding.asking,
                       c->error) ||
        (value->kind == VALUE_FROM &&
         !scope_want(plan, scope, value->from, FOR_COLUMN, &expression->slot, c->error)))
        return false;
    if (value->kind == VALUE_POSITION || value->kind == VALUE_NAME)
        expression->level = value->from != NULL ? scope_of(plan, value->from) : scope;
    if (!compile_map(c, value, expression))
        return false;
    expression->has_fallback = value->fallback != NULL;
    if ((value->constant != NULL &&
         !value_from_json(&plan->arena, value->constant, &expression->constant)) ||
        (value->fallback != NULL &&
         !value_from_json(&plan->arena, value->fallback, &expression->fallback)))
        return error_memory(c->error);
    expression->members =
        arena_alloc(&plan->arena, value->member_count, sizeof *expression->members);
    expression->names = arena_alloc(&plan->arena, value->member_count, sizeof(char *));
    if (expression->members == NULL || expression->names == NULL)
        return error_memory(c->error);
    for (size_t i = 0; i < value->member_count; i++) {
        expression->names[i] = value->kind == VALUE_ARRAY ? arena_printf(&plan->arena, "%zu", i)
                                                          : value->members[i].name;
        if (value->kind == VALUE_ARRAY && expression->names[i] == NULL)
            return error_memory(c->error);
        if (!compile_expression(c, column, &value->members[i].value, path, &expression->members[i]))
            return false;
        /* Inside an object an identity is written as its text. */
        expression->members[i].encoding.type = (struct pgtype){.name = "text", .base = PG_TEXT};
        expression->member_count++;
        expression->keeps_rest = expression->keeps_rest ||
                                 ((value->kind == VALUE_OBJECT || value->kind == VALUE_ARRAY) &&
                                  expression->members[i].keeps_rest);
    }
    if (value->kind == VALUE_REST && !compile_rest(c, column->name, value, expression))
        return false;
    if (!compiling_tests(c, scope, &value->when, &expression->tests, &expression->test_count))
        return false;
    expression->as_it_stands = value->kind == VALUE_FROM && expression->test_count == 0 &&
                               value->function_count == 0 && value->map == NULL &&
                               !expression->looked_up;
    return true;
}

/* The rows of the forms of the table above; each tells where its fields begin. */
static bool compile_parent(struct compiling *c, const struct schema_column *column,
                           struct expression *expression)
{
    struct plan *plan = c->plan;
    const struct mapping_value *value = &column->mapping->value;
    const struct scope *scope = scope_of(plan, value->above->each);
    expression->parents =
        arena_alloc(&plan->arena, plan->output_count, sizeof *expression->parents);
    if (expression->parents == NULL)
        return error_memory(c->error);
    for (size_t o = 0; o < plan->output_count; o++) {
        struct output_plan *form = &plan->outputs[o];
        const struct schema_output *parent = form->output;
        size_t i = 0;
        if (form->scope != scope || strcmp(parent->table->label, value->above->label) != 0)
            continue;
        while (i < parent->column_count && strcmp(parent->columns[i].name, value->from) != 0)
            i++;
        if (i == parent->column_count)
            return compiling_wrong(c, column->name, "/parent",
                                   "a form of the parent table has no such column");
        if (pgtype_oid(&parent->columns[i].type) != pgtype_oid(&column->type))
            return compiling_wrong(c, column->name, "/type",
                                   "the parent's column has another type");
        if (form->fields == NULL)
            form->fields = arena_alloc(&plan->arena, parent->column_count, sizeof *form->fields);
        if (form->fields == NULL)
            return error_memory(c->error);
        expression->parents[expression->parent_count++] = (struct parent_column){o, i};
    }
    return true;
}

/* Can a record have two rows with one key in the table? A place in the record's array is never
 * twice. */
static bool may_stand_twice(const struct plan *plan, const struct output_plan *output)
{
    const struct schema_output *schema = output->output;
    bool place = false;
    for (size_t k = 0; k < schema->key_count; k++) {
        const struct mapping_column *column = schema->columns[schema->key[k]].mapping;
        place = place || (column != NULL && column->value.kind == VALUE_POSITION &&
                          column->value.from == NULL);
    }
    size_t forms = 0;
    for (size_t i = 0; i < plan->output_count; i++)
        forms += strcmp(plan->outputs[i].output->table->label, schema->table->label) == 0;
    return schema->table->each != NULL && schema->key_count > 0 &&
           !(place && forms == 1 && path_parent(schema->table->each) == 0);
}

/* One set for all forms of a table. */
static bool make_row_sets(struct compiling *c)
{
    struct plan *plan = c->plan;
    for (size_t i = 0; i < plan->output_count; i++) {
        struct output_plan *output = &plan->outputs[i];
        if (!may_stand_twice(plan, output))
            continue;
        for (size_t k = 0; output->keys == NULL && k < i; k++)
            if (strcmp(plan->outputs[k].output->table->label, output->output->table->label) == 0)
                output->keys = plan->outputs[k].keys;
        if (output->keys == NULL)
            output->keys = arena_alloc(&plan->arena, 1, sizeof *output->keys);
        if (output->fields == NULL)
            output->fields =
                arena_alloc(&plan->arena, output->output->column_count, sizeof *output->fields);
        output->key = arena_alloc(&plan->arena, output->output->key_count, sizeof *output->key);
        if (output->keys == NULL || output->fields == NULL || output->key == NULL)
            return error_memory(c->error);
        for (size_t k = 0; k < output->output->key_count; k++) {
            size_t column = output->output->key[k];
            const struct mapping_column *mapping = output->output->columns[column].mapping;
            const struct mapping_table *above = mapping != NULL ? mapping->value.above : NULL;
            if (above == NULL || above->each != NULL)
                output->key[output->key_count++] = column;
        }
    }
    return true;
}

/* What the mapping itself puts into the column must fit it; functions may make it fit later, and
 * what is looked up becomes what is found. */
static bool check_constants(struct compiling *c, const struct schema_column *column,
                            const struct encoding *encoding, const struct expression *expression)
{
    if (expression->mapping->function_count > 0 || expression->mapping->map != NULL ||
        expression->looked_up)
        return true;
    if ((expression->kind == VALUE_CONST &&
         !compiling_goes_on(
             c, compiling_check_constant(c, column, encoding, &expression->constant))) ||
        (expression->has_fallback &&
         !compiling_goes_on(c,
                            compiling_check_constant(c, column, encoding, &expression->fallback))))
        return false;
    for (size_t i = 0; expression->kind == VALUE_FIRST && i < expression->member_count; i++)
        if (!check_constants(c, column, encoding, &expression->members[i]))
            return false;
    return true;
}

static bool compile_column(struct compiling *c, const struct schema_column *column,
                           struct column_plan *plan)
{
    const struct mapping_value *value = &column->mapping->value;
    plan->column = column;
    if (!compile_expression(c, column, value, column->name, &plan->expression))
        return false;
    struct error why;
    bool ok = encode_supported(&column->type)
                  ? check_constants(c, column, &plan->expression.encoding, &plan->expression)
                  : compiling_goes_on(
                        c, compiling_wrong(c, column->name, "/type",
                                           "a field of a document cannot become this type"));
    if (!ok ||
        !compiling_goes_on(
            c, allowed_compile(&plan->allowed, &c->plan->arena, c->output->output->table->label,
                               column->name, &plan->expression.encoding, column->mapping->in,
                               &why) ||
                   compiling_wrong(c, column->name, "/in", why.message)))
        return false;
    plan->plain = plan->expression.as_it_stands && !plan->expression.has_fallback &&
                  !mapping_has_remedies(column->mapping) && column->type.base != PG_JSON &&
                  column->type.base != PG_JSONB;
    if (plan->plain)
        plan->expression.encoding.mending = NULL; /* nothing is said, and nobody says whose it is */
    return value->kind != VALUE_PARENT || compile_parent(c, column, &plan->expression);
}

static bool compile_rule(struct compiling *c, const struct mapping_rule *rule)
{
    struct rule_plan *plan = &c->plan->rules[c->plan->rule_count++];
    struct scope *scope = scope_of(c->plan, rule->each);
    plan->scope = scope;
    return compiling_tests(c, scope, &rule->when, &plan->tests, &plan->test_count);
}

static bool drop_in(struct compiling *c, struct scope *scope, const char *path)
{
    bool settled;
    struct node *node = scope_node(c->plan, scope, path_below(path, scope->path), &settled);
    if (node == NULL)
        return error_memory(c->error);
    if (settled || node->slot != NO_SLOT || node->child_count > 0)
        return error_set(c->error, ERROR_USAGE, "%s: /drop: \"%s\" is dropped, and mapped too",
                         c->plan->entity->file, path);
    node->dropped = true;
    node->slot = scope->slot_count++;
    return true;
}

/* A dropped path belongs to the scope that it lies in: "tasks.draft" to the elements of tasks; and,
 * where that may be a document instead, to the one around it, too. */
static bool compile_drop(struct compiling *c, const char *path)
{
    struct plan *plan = c->plan;
    struct scope *scope = &plan->scopes[0];
    for (size_t i = 1; i < plan->scope_count; i++)
        if (path_below(path, plan->scopes[i].path) != NULL &&
            strlen(plan->scopes[i].path) > strlen(scope->path))
            scope = &plan->scopes[i];
    bool ok = drop_in(c, scope, path);
    struct scope *outer = scope->fixed ? NULL : scope_around(plan, scope, NULL);
    for (; ok && outer != NULL; outer = scope_around(plan, scope, outer))
        ok = drop_in(c, outer, path);
    return ok;
}

/* Is a value at this node a value of the account (fate.h), or structure? What is only compared is
 * structure where somebody asks for what is in it. */
static bool is_counted(const struct node *node)
{
    bool opened = node->child_count > 0 || node->rests != NULL;
    bool array = node->array || node->members;
    return node->claimed || node->dropped || (node->tested && !node->whole && !array && !opened);
}

/* Give the slots of a subtree their paths in the account. `path`: of the node; `covered`: it is
 * counted further up. */
static bool give_paths(struct compiling *c, struct scope *scope, const struct node *node,
                       const char *path, bool covered)
{
    struct plan *plan = c->plan;
    if (node->slot != NO_SLOT) {
        struct slot_fate *fate = &scope->fates[node->slot];
        fate->least = node->lent      ? FATE_KEPT_OUT
                      : node->tested  ? FATE_COMPARED
                      : node->dropped ? FATE_DROPPED
                                      : FATE_SEEN;
        if (!node->claimed)
            fate->opened = node->members ? BSON_TYPE_DOCUMENT
                           : node->array ? BSON_TYPE_ARRAY
                                         : BSON_TYPE_EOD;
        /* The record itself is ".": "" would be a field without a name. */
        const char *shown = node == &scope->root && path[0] == '\0' ? "." : path;
        if (!path_account_find(&plan->paths, shown, strlen(shown), &fate->own, c->error))
            return false;
        if (!covered && is_counted(node))
            fate->path = fate->own;
    }
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *inner = &node->children[i];
        struct buffer name;
        buffer_init(&name);
        buffer_printf(&name, "%s%s", path, path[0] != '\0' ? "." : "");
        path_put_name(&name, inner->name);
        bool ok =
            buffer_ok(&name, c->error) && give_paths(c, scope, inner, buffer_text(&name),
                                                     covered || node->claimed || node->dropped);
        buffer_release(&name);
        if (!ok)
            return false;
    }
    return true;
}

/* Make a subtree ready to be met in documents (document.c). `around`: it lies in a node with rests.
 */
static bool prepare_nodes(struct arena *arena, struct scope *scope, struct node *node,
                          struct node *around)
{
    node->around = around;
    node->leads_to_rest = node->rests != NULL;
    for (struct rest *rest = node->rests; rest != NULL; rest = rest->next)
        rest->node = node;
    node->order = arena_alloc(arena, node->child_count, sizeof(struct node *));
    bool ok = node->order != NULL;
    for (size_t i = 0; ok && i < node->child_count; i++) {
        struct node *child = &node->children[i];
        size_t size = strlen(child->name) + 1, known = size < 8 ? size : 8;
        child->into = child->slot != NO_SLOT ? &scope->slots[child->slot] : &scope->unwanted;
        child->final = child->dropped || (child->child_count == 0 && child->rests == NULL);
        child->name_size = size;
        memcpy(&child->head, child->name, known);
        memset(&child->head_mask, 0xFF, known);
        if (size > sizeof child->tail)
            memcpy(&child->tail, child->name + size - sizeof child->tail, sizeof child->tail);
        node->order[i] = child;
        ok = prepare_nodes(arena, scope, child, node->rests != NULL ? node : around);
        node->leads_on = node->leads_on || child->leads_on || child->claimed || child->tested;
        node->leads_to_rest = node->leads_to_rest || child->leads_to_rest;
    }
    return ok;
}

/* Can something remain there? Elements and members that are rows leave nothing to what is around
 * them, and neither does a field that a column takes whole. */
static bool check_rest(struct compiling *c, const struct scope *scope, const struct rest *rest)
{
    const struct node *node = &scope->root;
    struct buffer level;
    struct path_step step;
    const char *path = rest->path, *why = NULL;
    buffer_init(&level);
    buffer_puts(&level, scope->path);
    while (why == NULL && path_next(&path, &step)) {
        size_t i = 0;
        why = node->whole ? "a column takes all that is in it, so that nothing remains" : NULL;
        while (!path_step_is(&step, node->children[i].name))
            i++;
        node = &node->children[i];
        buffer_puts(&level, level.length > 0 ? "." : "");
        path_put_name(&level, node->name);
        for (size_t k = 1; node->array && k < c->plan->scope_count; k++)
            if (c->plan->scopes[k].fixed &&
                strcmp(c->plan->scopes[k].path, buffer_text(&level)) == 0)
                why = "its elements are rows of their own, whose rest stands in their table";
        if (node->members)
            why = "its members are rows of their own, whose rest stands in their table";
    }
    if (why == NULL && node->whole)
        why = "a column takes it whole, so that nothing remains of it";
    bool ok = buffer_ok(&level, c->error);
    buffer_release(&level);
    c->output = rest->output;
    return ok && (why == NULL || compiling_wrong(c, rest->column, "/rest", why));
}

static bool check_rests(struct compiling *c, const struct scope *scope, const struct node *node)
{
    for (const struct rest *rest = node->rests; rest != NULL; rest = rest->next)
        if (rest->slot != NO_SLOT && !compiling_goes_on(c, check_rest(c, scope, rest)))
            return false;
    for (size_t i = 0; i < node->child_count; i++)
        if (!check_rests(c, scope, &node->children[i]))
            return false;
    return true;
}

bool compiling_make_slots(struct compiling *c, struct scope *scope)
{
    struct arena *arena = &c->plan->arena;
    scope->slots = arena_alloc(arena, (size_t)scope->slot_count, sizeof *scope->slots);
    scope->fates = arena_alloc(arena, (size_t)scope->slot_count, sizeof *scope->fates);
    scope->gathered = arena_alloc(arena, (size_t)scope->slot_count, sizeof *scope->gathered);
    if (scope->slots == NULL || scope->fates == NULL || scope->gathered == NULL ||
        !prepare_nodes(arena, scope, &scope->root, NULL))
        return error_memory(c->error);
    for (int i = 0; i < scope->slot_count; i++)
        scope->fates[i].path = NO_PATH;
    if (scope->path[0] != '\0' &&
        !path_account_find(&c->plan->paths, scope->path, strlen(scope->path), &scope->account,
                           c->error))
        return false;
    return give_paths(c, scope, &scope->root, scope->path, false);
}

bool expression_may_leave_out(const struct expression *expression)
{
    return expression->mapping != NULL && expression->mapping->dangling == DANGLING_LEFT_OUT &&
           !expression->encoding.type.array;
}

bool plan_compile(struct plan *plan, const struct schema *schema, const struct mapping *entity,
                  const struct catalog_entity *described, struct error *error)
{
    size_t first, count;
    struct compiling c = {.plan = plan, .error = error};
    *plan = (struct plan){.project = schema->project, .entity = entity, .described = described};
    arena_init(&plan->arena);
    losses_init(&plan->losses, entity->name);
    path_account_init(&plan->paths);
    buffer_init(&plan->tuples.text);
    schema_outputs(schema, entity, &first, &count);
    plan->outputs = arena_alloc(&plan->arena, count, sizeof *plan->outputs);
    bool ok = plan->outputs != NULL ? scopes_make(plan, error) : error_memory(error);
    ok = ok && (entity->source->kind != SOURCE_POSTGRES || compiling_begin_tuples(&c, described));
    for (size_t i = 0; ok && i < count; i++) {
        struct output_plan *output = &plan->outputs[plan->output_count++];
        output->output = &schema->outputs[first + i];
        output->scope = scope_of(plan, output->output->table->each);
        output->scope->has_outputs = true;
        output->scope->list = output->scope->list || 
                             mapping_remedy(&output->output->table->misfits, MISFIT_NO_ARRAY) ==
                                 REMEDY_MEND;
    }
    for (size_t i = 0; ok && i < count; i++) {
        struct output_plan *output = &plan->outputs[i];
        c.output = output;
        const struct mapping_table *table = output->output->table;
        output->columns =
            arena_alloc(&plan->arena, output->output->column_count, sizeof *output->columns);
        bool form = i == plan->form_count && table->each == NULL &&
                    strcmp(table->label, plan->outputs[0].output->table->label) == 0;
        plan->form_count += form;
        ok = output->columns != NULL || error_memory(error);
        ok = ok &&
             compiling_goes_on(&c, compiling_tests(&c, output->scope, &table->when,
                                                   &output->tests, &output->test_count));
        for (size_t k = 0; ok && k < output->output->column_count; k++) {
            const struct schema_column *column = &output->output->columns[k];
            ok = compiling_goes_on(&c, compiling_is_carried(&c, column)
                                           ? compiling_carry(&c, column, &output->columns[k])
                                           : compile_column(&c, column, &output->columns[k]));
            output->may_leave_out =
                output->may_leave_out || expression_may_leave_out(&output->columns[k].expression);
            output->column_count++;
        }
    }
    ok = ok && make_row_sets(&c);
    plan->rules = arena_alloc(&plan->arena, entity->rule_count, sizeof *plan->rules);
    ok = ok && plan->rules == NULL ? error_memory(error) : ok;
    for (size_t i = 0; ok && i < entity->rule_count; i++)
        ok = compiling_goes_on(&c, compile_rule(&c, &entity->rules[i]));
    int slot; /* identities.c reads it where it stands; here it is spoken for */
    ok = ok && (entity->identity == NULL ||
                scope_want(plan, &plan->scopes[0], entity->identity->from, FOR_TEST, &slot, error));
    for (size_t i = 0; ok && i < entity->drops.count; i++)
        ok = compiling_goes_on(&c, compile_drop(&c, entity->drops.items[i]));
    ok = ok && (plan->tuples.catalog == NULL || compiling_find_computed(&c)) &&
         scopes_settle(plan, error);
    for (size_t i = 0; ok && i < plan->scope_count; i++)
        ok = check_rests(&c, &plan->scopes[i], &plan->scopes[i].root) &&
             compiling_make_slots(&c, &plan->scopes[i]);
    ok = ok && compiling_find_moments(&c);
    if (ok && plan->tuples.catalog != NULL)
        ok = compiling_goes_on(&c, compiling_end_tuples(&c));
    else if (ok && described != NULL)
        ok = declared_check(plan, described, &c.errors, error);
    ok = compiling_goes_on(&c, ok) && errors_give(&c.errors, error);
    if (!ok)
        plan_release(plan);
    return ok;
}

static void release_expression(struct expression *expression)
{
    arena_release(&expression->made);
    buffer_release(&expression->resolved);
    arena_release(&expression->joined);
    for (size_t i = 0; i < expression->member_count; i++)
        release_expression(&expression->members[i]);
}

static void scope_release(struct scope *scope)
{
    for (int i = 0; scope->gathered != NULL && i < scope->slot_count; i++)
        bson_destroy(scope->gathered[i].array);
    free(scope->unspoken);
    buffer_release(&scope->scratch);
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->output_count; i++)
        if (plan->outputs[i].keys != NULL)
            row_set_release(plan->outputs[i].keys);
    for (size_t i = 0; i < plan->output_count; i++)
        for (size_t k = 0; k < plan->outputs[i].column_count; k++)
            release_expression(&plan->outputs[i].columns[k].expression);
    for (size_t i = 0; i < plan->scope_count; i++)
        scope_release(&plan->scopes[i]);
    for (const struct plan_pattern *kept = plan->patterns; kept != NULL; kept = kept->next)
        pattern_free(kept->pattern);
    losses_release(&plan->losses);
    path_account_release(&plan->paths);
    if (plan->tuples.document != NULL)
        bson_destroy(plan->tuples.document);
    buffer_release(&plan->tuples.text);
    arena_release(&plan->arena);
    *plan = (struct plan){0};
}
