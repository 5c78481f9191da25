#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct compiling {
    struct plan *plan;
    const struct output_plan *output; /* the one at hand */
    struct error *error;
};

static bool memory(struct compiling *c)
{
    return error_memory(c->error);
}

/* `word`: of the column, with its slash; "" is the column itself. */
static bool wrong(struct compiling *c, const char *column, const char *word, const char *what)
{
    const struct schema_output *output = c->output->output;
    return error_set(c->error, ERROR_USAGE, "%s: /to/%s/columns/%s%s: %s", output->entity->file,
                     output->table->label, column, word, what);
}

static struct node *child(struct compiling *c, struct node *parent, const char *name, size_t length)
{
    for (size_t i = 0; i < parent->child_count; i++)
        if (strlen(parent->children[i].name) == length &&
            strncmp(parent->children[i].name, name, length) == 0)
            return &parent->children[i];
    struct node *grown =
        arena_alloc(&c->plan->arena, parent->child_count + 1, sizeof *parent->children);
    char *copy = arena_printf(&c->plan->arena, "%.*s", (int)length, name);
    if (grown == NULL || copy == NULL)
        return NULL;
    if (parent->child_count > 0)
        memcpy(grown, parent->children, parent->child_count * sizeof *grown);
    parent->children = grown;
    struct node *node = &grown[parent->child_count++];
    *node = (struct node){.name = copy, .slot = NO_SLOT};
    return node;
}

/* The node of a dotted path, made where it is missing; "." is the root. *settled: a column takes it
 * whole, or it is dropped, or it lies in a field of which that is true. */
static struct node *descend(struct compiling *c, struct scope *scope, const char *path,
                            bool *settled)
{
    struct node *node = &scope->root;
    *settled = node->whole;
    if (strcmp(path, ".") == 0)
        return node;
    while (node != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        node = child(c, node, path, length);
        path += length + (path[length] == '.');
        *settled = *settled || (node != NULL && (node->whole || node->dropped));
    }
    return node;
}

/* What for: a test speaks for no field inside of the one that it compares. */
enum wish { FOR_TEST, FOR_ARRAY, FOR_COLUMN };

static bool want(struct compiling *c, struct scope *scope, const char *path, enum wish wish,
                 int *slot)
{
    bool settled;
    struct node *node = descend(c, scope, path, &settled);
    if (node == NULL)
        return memory(c);
    if (node->slot == NO_SLOT)
        node->slot = scope->slot_count++;
    node->whole = node->whole || wish != FOR_TEST;
    node->claimed = node->claimed || wish == FOR_COLUMN;
    node->tested = node->tested || wish == FOR_TEST;
    *slot = node->slot;
    return true;
}

static bool compile_tests(struct compiling *c, struct scope *scope,
                          const struct conditions *conditions, struct test **tests, size_t *count)
{
    *tests = arena_alloc(&c->plan->arena, conditions->count, sizeof **tests);
    if (*tests == NULL)
        return memory(c);
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->items[i];
        struct test *test = &(*tests)[(*count)++];
        struct scope *where = condition->outer ? &c->plan->scopes[0] : scope;
        *test = (struct test){.scope = where, .negated = condition->negated, .mapping = condition};
        if (!value_from_json(&c->plan->arena, condition->value, &test->value))
            return memory(c);
        if (!want(c, where, condition->path, FOR_TEST, &test->slot))
            return false;
    }
    return true;
}

static bool has_function(const struct mapping_value *value, enum mapping_function function)
{
    for (size_t i = 0; i < value->function_count; i++)
        if (value->functions[i] == function)
            return true;
    return false;
}

static bool compile_expression(struct compiling *c, const struct schema_column *column,
                               const struct mapping_value *value, const char *path,
                               struct expression *expression)
{
    struct plan *plan = c->plan;
    struct scope *scope = c->output->scope;
    *expression = (struct expression){.kind = value->kind, .slot = NO_SLOT, .mapping = value};
    buffer_init(&expression->scratch);
    const char *dot = scope->path[0] != '\0' && value->kind == VALUE_FROM ? "." : "";
    bool itself = value->from != NULL && strcmp(value->from, ".") == 0;
    expression->path = value->kind == VALUE_FROM
                           ? arena_printf(&plan->arena, "%s%s%s", scope->path, itself ? "" : dot,
                                          itself ? "" : value->from)
                           : path;
    if (expression->path == NULL)
        return memory(c);
    buffer_init(&expression->resolved);
    expression->looked_up = mapping_is_looked_up(value) && value->kind != VALUE_PARENT;
    expression->set = value->by != NULL ? lookup_set(&plan->arena, value) : NULL;
    if (value->by != NULL && expression->set == NULL)
        return memory(c);
    expression->encoding = (struct encoding){
        .type = column->type,
        .identity = &plan->project->identity,
        .id_entity = value->id_of != NULL ? value->id_of->name : NULL,
        .ids = value->ids,
        .resolved = expression->looked_up,
        .path = expression->path,
        .safe_numbers = has_function(value, FUNCTION_SAFE_NUMBERS),
        .losses = &plan->losses,
    };
    if (value->kind == VALUE_FROM && !want(c, scope, value->from, FOR_COLUMN, &expression->slot))
        return false;
    expression->has_fallback = value->fallback != NULL;
    if ((value->constant != NULL &&
         !value_from_json(&plan->arena, value->constant, &expression->constant)) ||
        (value->fallback != NULL &&
         !value_from_json(&plan->arena, value->fallback, &expression->fallback)))
        return memory(c);
    expression->members =
        arena_alloc(&plan->arena, value->member_count, sizeof *expression->members);
    expression->names = arena_alloc(&plan->arena, value->member_count, sizeof(char *));
    if (expression->members == NULL || expression->names == NULL)
        return memory(c);
    for (size_t i = 0; i < value->member_count; i++) {
        expression->names[i] = value->members[i].name;
        if (!compile_expression(c, column, &value->members[i].value, path, &expression->members[i]))
            return false;
        /* Inside an object an identity is written as its text. */
        expression->members[i].encoding.type = (struct pgtype){.name = "text", .base = PG_TEXT};
        expression->member_count++;
    }
    return compile_tests(c, scope, &value->when, &expression->tests, &expression->test_count);
}

static bool compile_parent(struct compiling *c, const struct schema_column *column,
                           struct expression *expression)
{
    const char *name = column->mapping->value.from;
    expression->parent =
        arena_alloc(&c->plan->arena, c->plan->form_count, sizeof *expression->parent);
    if (expression->parent == NULL)
        return memory(c);
    for (size_t form = 0; form < c->plan->form_count; form++) {
        const struct schema_output *parent = c->plan->outputs[form].output;
        size_t i = 0;
        while (i < parent->column_count && strcmp(parent->columns[i].name, name) != 0)
            i++;
        if (i == parent->column_count)
            return wrong(c, column->name, "/parent",
                         "a form of the parent table has no such column");
        if (pgtype_oid(&parent->columns[i].type) != pgtype_oid(&column->type))
            return wrong(c, column->name, "/type", "the parent's column has another type");
        expression->parent[form] = i;
    }
    return true;
}

static bool check_constant(struct compiling *c, const struct schema_column *column,
                           const struct encoding *encoding, const struct value *value)
{
    struct buffer bytes;
    struct error why = {0};
    struct encoding plain = *encoding;
    plain.resolved = false;
    buffer_init(&bytes);
    bool ok = encode_field(&plain, value, &bytes, &why);
    buffer_release(&bytes);
    return ok || wrong(c, column->name, "", why.message);
}

/* What the mapping itself puts into the column must fit it; functions may make it fit later. */
static bool check_constants(struct compiling *c, const struct schema_column *column,
                            const struct encoding *encoding, const struct expression *expression)
{
    if (expression->mapping->function_count > 0)
        return true;
    if ((expression->kind == VALUE_CONST &&
         !check_constant(c, column, encoding, &expression->constant)) ||
        (expression->has_fallback && !check_constant(c, column, encoding, &expression->fallback)))
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
    if (!encode_supported(&column->type))
        return wrong(c, column->name, "/type", "a field of a document cannot become this type");
    struct error why;
    if (!check_constants(c, column, &plan->expression.encoding, &plan->expression))
        return false;
    if (!allowed_compile(&plan->allowed, &c->plan->arena, &plan->expression.encoding,
                         column->mapping->in, &why))
        return wrong(c, column->name, "/in", why.message);
    if (value->kind == VALUE_REST) {
        if (c->output->scope->has_rest)
            return wrong(c, column->name, "/rest",
                         "there is a \"rest\" column for these fields already");
        c->output->scope->has_rest = true;
    }
    return value->kind != VALUE_PARENT || compile_parent(c, column, &plan->expression);
}

static bool find_scope(struct compiling *c, const char *each, struct scope **scope)
{
    struct plan *plan = c->plan;
    *scope = &plan->scopes[0];
    if (each == NULL)
        return true;
    for (size_t i = 1; i < plan->scope_count; i++)
        if (strcmp(plan->scopes[i].path, each) == 0) {
            *scope = &plan->scopes[i];
            return true;
        }
    *scope = &plan->scopes[plan->scope_count++];
    (*scope)->path = each;
    (*scope)->root.slot = NO_SLOT;
    return want(c, &plan->scopes[0], each, FOR_ARRAY, &(*scope)->array);
}

static bool compile_rule(struct compiling *c, const struct mapping_rule *rule)
{
    struct rule_plan *plan = &c->plan->rules[c->plan->rule_count++];
    struct scope *scope;
    if (!find_scope(c, rule->each, &scope))
        return false;
    plan->scope = scope;
    return compile_tests(c, scope, &rule->when, &plan->tests, &plan->test_count);
}

/* A dropped path belongs to the scope that it lies in: "tasks.draft" to the elements of tasks. */
static bool compile_drop(struct compiling *c, const char *path)
{
    struct plan *plan = c->plan;
    struct scope *scope = &plan->scopes[0];
    const char *inner = path;
    for (size_t i = 1; i < plan->scope_count; i++) {
        size_t length = strlen(plan->scopes[i].path);
        if (strncmp(path, plan->scopes[i].path, length) == 0 && path[length] == '.') {
            scope = &plan->scopes[i];
            inner = path + length + 1;
            break;
        }
    }
    bool settled;
    struct node *node = descend(c, scope, inner, &settled);
    if (node == NULL)
        return memory(c);
    if (settled || node->slot != NO_SLOT || node->child_count > 0)
        return error_set(c->error, ERROR_USAGE, "%s: /drop: \"%s\" is dropped, and mapped too",
                         plan->entity->file, path);
    node->dropped = true;
    node->slot = scope->slot_count++;
    return true;
}

/* Is a value at this node a value of the account (fate.h), or structure? What is only compared is
 * structure where somebody asks for what is in it. */
static bool is_counted(const struct scope *scope, const struct node *node)
{
    bool opened = node->child_count > 0 || (node == &scope->root && scope->has_rest);
    return node->claimed || node->dropped || (node->tested && !node->whole && !opened);
}

/* Give the slots of a subtree their paths in the account. `path`: of the node; `covered`: it is
 * counted further up. */
static bool give_paths(struct compiling *c, struct scope *scope, const struct node *node,
                       const char *path, bool covered)
{
    struct plan *plan = c->plan;
    if (node->slot != NO_SLOT) {
        struct slot_fate *fate = &scope->fates[node->slot];
        fate->path = NO_PATH;
        fate->least = node->tested ? FATE_COMPARED : node->dropped ? FATE_DROPPED : FATE_SEEN;
        /* The record itself is ".": "" would be a field without a name. */
        const char *shown = node == &scope->root && path[0] == '\0' ? "." : path;
        if (!path_account_find(&plan->paths, shown, strlen(shown), &fate->own, c->error))
            return false;
        if (!covered && is_counted(scope, node))
            fate->path = fate->own;
    }
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *inner = &node->children[i];
        const char *name =
            arena_printf(&plan->arena, "%s%s%s", path, path[0] != '\0' ? "." : "", inner->name);
        if (name == NULL)
            return memory(c);
        if (!give_paths(c, scope, inner, name, covered || node->claimed || node->dropped))
            return false;
    }
    return true;
}

static bool make_slots(struct compiling *c, struct scope *scope)
{
    struct arena *arena = &c->plan->arena;
    scope->slots = arena_alloc(arena, (size_t)scope->slot_count, sizeof *scope->slots);
    scope->fates = arena_alloc(arena, (size_t)scope->slot_count, sizeof *scope->fates);
    if (scope->slots == NULL || scope->fates == NULL)
        return memory(c);
    return give_paths(c, scope, &scope->root, scope->path, false);
}

bool plan_compile(struct plan *plan, const struct schema *schema, const struct mapping *entity,
                  struct error *error)
{
    size_t first, count;
    struct compiling c = {plan, NULL, error};
    *plan = (struct plan){.project = schema->project, .entity = entity};
    arena_init(&plan->arena);
    losses_init(&plan->losses, entity->name);
    path_account_init(&plan->paths);
    schema_outputs(schema, entity, &first, &count);
    struct errors errors = {0};
    plan->scopes = arena_alloc(&plan->arena, count + 1, sizeof *plan->scopes);
    plan->outputs = arena_alloc(&plan->arena, count, sizeof *plan->outputs);
    bool ok = plan->scopes != NULL && plan->outputs != NULL ? true : memory(&c);
    if (ok) {
        plan->scopes[0] = (struct scope){.path = "", .root = {.slot = NO_SLOT}, .array = NO_SLOT};
        plan->scope_count = 1;
    }
    for (size_t i = 0; ok && i < count; i++) {
        struct output_plan *output = &plan->outputs[plan->output_count++];
        output->output = &schema->outputs[first + i];
        c.output = output;
        const struct mapping_table *table = output->output->table;
        output->columns =
            arena_alloc(&plan->arena, output->output->column_count, sizeof *output->columns);
        bool form = i == plan->form_count && table->each == NULL &&
                    strcmp(table->label, plan->outputs[0].output->table->label) == 0;
        plan->form_count += form;
        ok = output->columns != NULL ? find_scope(&c, table->each, &output->scope) : memory(&c);
        ok = ok &&
             compile_tests(&c, output->scope, &table->when, &output->tests, &output->test_count);
        for (size_t k = 0; ok && k < output->output->column_count; k++) {
            ok = compile_column(&c, &output->output->columns[k], &output->columns[k]) ||
                 errors_add(&errors, error);
            output->column_count++;
        }
    }
    plan->rules = arena_alloc(&plan->arena, entity->rule_count, sizeof *plan->rules);
    ok = ok && plan->rules == NULL ? memory(&c) : ok;
    for (size_t i = 0; ok && i < entity->rule_count; i++)
        ok = compile_rule(&c, &entity->rules[i]);
    int slot; /* identities.c reads it where it stands; here it is spoken for */
    ok = ok && (entity->identity == NULL ||
                want(&c, &plan->scopes[0], entity->identity->from, FOR_TEST, &slot));
    for (size_t i = 0; ok && i < entity->drops.count; i++)
        ok = compile_drop(&c, entity->drops.items[i]);
    for (size_t i = 0; ok && i < plan->scope_count; i++)
        ok = make_slots(&c, &plan->scopes[i]);
    ok = ok && errors_give(&errors, error);
    if (!ok)
        plan_release(plan);
    return ok;
}

static void release_expression(struct expression *expression)
{
    buffer_release(&expression->scratch);
    buffer_release(&expression->resolved);
    for (size_t i = 0; i < expression->member_count; i++)
        release_expression(&expression->members[i]);
}

static void scope_release(struct scope *scope)
{
    free(scope->unspoken);
    buffer_release(&scope->scratch);
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->output_count; i++)
        for (size_t k = 0; k < plan->outputs[i].column_count; k++)
            release_expression(&plan->outputs[i].columns[k].expression);
    for (size_t i = 0; i < plan->scope_count; i++)
        scope_release(&plan->scopes[i]);
    losses_release(&plan->losses);
    path_account_release(&plan->paths);
    arena_release(&plan->arena);
    *plan = (struct plan){0};
}
