#include "scope.h"

#include "graduate/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the levels ------------------------------------------------------------------------------ */

static bool add(struct plan *plan, const char *path, size_t length, bool fixed, struct error *error)
{
    for (size_t i = 1; i < plan->scope_count; i++) {
        struct scope *scope = &plan->scopes[i];
        if (strlen(scope->path) == length && strncmp(scope->path, path, length) == 0) {
            scope->fixed = scope->fixed || fixed;
            return true;
        }
    }
    struct scope *scope = &plan->scopes[plan->scope_count];
    bool members = length > 1 && path[length - 1] == '*' && path[length - 2] == '.';
    *scope = (struct scope){
        .path = arena_printf(&plan->arena, "%.*s", (int)length, path),
        .index = plan->scope_count++,
        .fixed = fixed || members,
        .members = members,
        .root = {.slot = NO_SLOT},
    };
    return scope->path != NULL || error_memory(error);
}

/* An object whose members are meant is no level of its own. */
static bool add_levels(struct plan *plan, const char *each, struct error *error)
{
    const char *rest = each;
    struct path_step step;
    while (path_next(&rest, &step)) {
        bool last = *rest == '\0';
        size_t length = last ? strlen(each) : (size_t)(rest - each) - 1;
        if (!path_is_members(rest) && !add(plan, each, length, last, error))
            return false;
    }
    return true;
}

static size_t count_steps(const char *each)
{
    size_t count = 0;
    struct path_step step;
    while (each != NULL && path_next(&each, &step))
        count++;
    return count;
}

static bool want_arrays(struct plan *plan, const struct scope *inner, struct error *error)
{
    for (struct scope *scope = scope_around(plan, inner, NULL); scope != NULL;
         scope = scope_around(plan, inner, scope)) {
        const char *path = path_below(inner->path, scope->path);
        if (inner->members)
            path = arena_printf(&plan->arena, "%.*s", (int)path_parent(path), path);
        if (path == NULL)
            return error_memory(error);
        scope->has_inner = true;
        if (!scope_want(plan, scope, path, inner->members ? FOR_MEMBERS : FOR_ARRAY,
                        &scope->arrays[inner->index], error))
            return false;
    }
    return true;
}

bool scopes_make(struct plan *plan, struct error *error)
{
    const struct mapping *entity = plan->entity;
    size_t most = 1;
    for (size_t i = 0; i < entity->table_count; i++)
        most += count_steps(entity->tables[i].each);
    for (size_t i = 0; i < entity->rule_count; i++)
        most += count_steps(entity->rules[i].each);
    plan->scopes = arena_alloc(&plan->arena, most, sizeof *plan->scopes);
    if (plan->scopes == NULL)
        return error_memory(error);
    plan->scopes[0] = (struct scope){.path = "", .fixed = true, .root = {.slot = NO_SLOT}};
    plan->scope_count = 1;
    bool ok = true;
    for (size_t i = 0; ok && i < entity->table_count; i++)
        ok = entity->tables[i].each == NULL || add_levels(plan, entity->tables[i].each, error);
    for (size_t i = 0; ok && i < entity->rule_count; i++)
        ok = entity->rules[i].each == NULL || add_levels(plan, entity->rules[i].each, error);
    for (size_t i = 0; ok && i < plan->scope_count; i++) {
        int *arrays = arena_alloc(&plan->arena, plan->scope_count, sizeof *arrays);
        ok = arrays != NULL || error_memory(error);
        for (size_t k = 0; ok && k < plan->scope_count; k++)
            arrays[k] = NO_SLOT;
        plan->scopes[i].arrays = arrays;
    }
    for (size_t i = 1; ok && i < plan->scope_count; i++)
        ok = want_arrays(plan, &plan->scopes[i], error);
    return ok;
}

struct scope *scope_of(struct plan *plan, const char *each)
{
    size_t i = 0;
    while (each != NULL && strcmp(plan->scopes[i].path, each) != 0)
        i++;
    return &plan->scopes[i];
}

/* Where a level is no array it is a document on the way, and the array is found further out. */
struct scope *scope_around(struct plan *plan, const struct scope *scope, const struct scope *nearer)
{
    struct scope *found = NULL;
    size_t most = nearer != NULL ? strlen(nearer->path) : strlen(scope->path), length = 0;
    for (size_t i = 0; i < plan->scope_count; i++) {
        struct scope *other = &plan->scopes[i];
        size_t its = strlen(other->path);
        if (other != scope && path_below(scope->path, other->path) != NULL && its < most &&
            (found == NULL || its > length)) {
            found = other;
            length = its;
        }
    }
    return nearer != NULL && nearer->fixed ? NULL : found;
}

/* ---- what is wanted -------------------------------------------------------------------------- */

static struct node *child(struct plan *plan, struct node *parent, const struct path_step *step)
{
    for (size_t i = 0; i < parent->child_count; i++)
        if (path_step_is(step, parent->children[i].name))
            return &parent->children[i];
    struct node *grown =
        arena_alloc(&plan->arena, parent->child_count + 1, sizeof *parent->children);
    char *copy = path_step_name(step, &plan->arena);
    if (grown == NULL || copy == NULL)
        return NULL;
    if (parent->child_count > 0)
        memcpy(grown, parent->children, parent->child_count * sizeof *grown);
    parent->children = grown;
    struct node *node = &grown[parent->child_count++];
    *node = (struct node){.name = copy, .slot = NO_SLOT};
    return node;
}

struct node *scope_node(struct plan *plan, struct scope *scope, const char *path, bool *settled)
{
    struct node *node = &scope->root;
    struct path_step step;
    *settled = node->whole;
    if (strcmp(path, ".") == 0)
        return node;
    while (node != NULL && path_next(&path, &step)) {
        node = child(plan, node, &step);
        *settled = *settled || (node != NULL && (node->whole || node->dropped));
    }
    return node;
}

static bool want(struct plan *plan, struct scope *scope, const char *path, enum wish wish,
                 bool lent, int *slot, struct error *error)
{
    bool settled;
    struct node *node = scope_node(plan, scope, path, &settled);
    if (node == NULL)
        return error_memory(error);
    if (node->slot == NO_SLOT)
        node->slot = scope->slot_count++;
    bool taken = wish == FOR_COLUMN || wish == FOR_FIELD;
    node->whole = node->whole || taken;
    node->claimed = node->claimed || taken;
    node->valued = node->valued || wish != FOR_FIELD;
    node->lent = node->lent || (lent && wish == FOR_COLUMN);
    node->tested = node->tested || wish == FOR_TEST;
    node->array = node->array || wish == FOR_ARRAY;
    node->members = node->members || wish == FOR_MEMBERS;
    *slot = node->slot;
    return true;
}

static bool want_further_out(struct plan *plan, const struct scope *scope, unsigned ups,
                             enum wish wish, struct borrowed *borrowed, struct error *error)
{
    for (struct scope *outer = scope_around(plan, scope, NULL); outer != NULL;
         outer = scope_around(plan, scope, outer)) {
        bool ok = ups == 1 ? want(plan, outer, borrowed->path, wish, true,
                                  &borrowed->slots[outer->index], error)
                           : want_further_out(plan, outer, ups - 1, wish, borrowed, error);
        if (!ok)
            return false;
    }
    return true;
}

static struct borrowed *find_borrowed(struct plan *plan, struct scope *scope, unsigned ups,
                                      const char *path)
{
    for (size_t i = 0; i < scope->borrowed_count; i++)
        if (scope->borrowed[i].ups == ups && strcmp(scope->borrowed[i].path, path) == 0)
            return &scope->borrowed[i];
    if (scope->borrowed_count == scope->borrowed_room) {
        size_t room = scope->borrowed_room * 2 + 4;
        struct borrowed *grown = arena_alloc(&plan->arena, room, sizeof *grown);
        if (grown == NULL)
            return NULL;
        if (scope->borrowed_count > 0)
            memcpy(grown, scope->borrowed, scope->borrowed_count * sizeof *grown);
        scope->borrowed = grown;
        scope->borrowed_room = room;
    }
    int *slots = arena_alloc(&plan->arena, plan->scope_count, sizeof *slots);
    if (slots == NULL)
        return NULL;
    for (size_t i = 0; i < plan->scope_count; i++)
        slots[i] = NO_SLOT;
    struct borrowed *borrowed = &scope->borrowed[scope->borrowed_count++];
    *borrowed = (struct borrowed){scope->slot_count++, ups, path, slots};
    return borrowed;
}

bool scope_want(struct plan *plan, struct scope *scope, const char *path, enum wish wish, int *slot,
                struct error *error)
{
    unsigned ups = path_ups(&path);
    if (ups == 0)
        return want(plan, scope, path, wish, false, slot, error);
    struct borrowed *borrowed = find_borrowed(plan, scope, ups, path);
    if (borrowed == NULL)
        return error_memory(error);
    *slot = borrowed->slot;
    return want_further_out(plan, scope, ups, wish, borrowed, error);
}

const char *scope_path(struct plan *plan, const struct scope *scope, const char *path)
{
    for (unsigned ups = path_ups(&path); ups > 0 && scope->path[0] != '\0'; ups--)
        scope = scope_around(plan, scope, NULL);
    bool itself = strcmp(path, ".") == 0 && scope->path[0] != '\0';
    return arena_printf(&plan->arena, "%s%s%s", scope->path,
                        scope->path[0] != '\0' && !itself ? "." : "", itself ? "" : path);
}

bool scopes_settle(struct plan *plan, struct error *error)
{
    for (size_t i = 1; i < plan->scope_count; i++) {
        struct scope *scope = &plan->scopes[i];
        for (struct scope *outer = scope->fixed ? NULL : scope_around(plan, scope, NULL);
             outer != NULL; outer = scope_around(plan, scope, outer)) {
            bool settled;
            const char *path = path_below(scope->path, outer->path);
            if (scope_node(plan, outer, path, &settled) == NULL)
                return error_memory(error);
            scope->root.whole = scope->root.whole || settled;
        }
    }
    return true;
}

/* ---- at work --------------------------------------------------------------------------------- */

void scope_borrow(struct scope *scope)
{
    for (size_t i = 0; i < scope->borrowed_count; i++) {
        const struct borrowed *borrowed = &scope->borrowed[i];
        const struct scope *from = scope;
        for (unsigned ups = borrowed->ups; ups > 0 && from != NULL; ups--)
            from = from->outer;
        int slot = from != NULL ? borrowed->slots[from->index] : NO_SLOT;
        struct slot_fate *fate = &scope->fates[borrowed->slot];
        fate->lender = NULL;
        if (slot == NO_SLOT)
            continue;
        scope->slots[borrowed->slot] = from->slots[slot];
        fate->lender = &from->fates[slot];
        fate->own = fate->lender->own;
    }
}

void scope_put_place(const struct scope *scope, struct buffer *out)
{
    if (scope->outer == NULL)
        return;
    const char *path = path_below(scope->path, scope->outer->path);
    scope_put_place(scope->outer, out);
    if (out->length > 0)
        buffer_putc(out, '.');
    if (!scope->members) {
        buffer_printf(out, "%s[%" PRId64 "]", path, scope->position - 1);
        return;
    }
    buffer_put(out, path, strlen(path) - 1);
    path_put_name(out, scope->name);
}

bool scope_at(const struct scope *scope, struct error *error)
{
    for (; scope->outer != NULL; scope = scope->outer) {
        size_t length = strlen(scope->path);
        if (strncmp(error->path, scope->path, length) != 0 ||
            strchr(".[", error->path[length]) == NULL) /* or at its end */
            continue;
        struct buffer place;
        buffer_init(&place);
        scope_put_place(scope, &place);
        buffer_puts(&place, error->path + length);
        snprintf(error->path, sizeof error->path, "%s", buffer_text(&place));
        buffer_release(&place);
        return false;
    }
    return false;
}
