#include "plan_facts.h"
#include "compiling.h"
#include "scope.h"

#include "graduate/path.h"
#include "graduate/words.h"

#include <string.h>

/* Every mapping asks; a fact that several ask is one. */
struct gathering {
    const struct mapping *entity;
    struct fact_plan *facts; /* NULL: they are only counted */
    size_t count;
};

static bool take(void *context, const struct mapping *user, const struct mapping_fact *fact,
                 bool optional)
{
    struct gathering *g = context;
    if (fact->to != g->entity)
        return true;
    for (size_t i = 0; g->facts != NULL && i < g->count; i++)
        if (strcmp(g->facts[i].fact->name, fact->name) == 0) {
            g->facts[i].optional = g->facts[i].optional && optional;
            return true;
        }
    if (g->facts != NULL)
        g->facts[g->count] = (struct fact_plan){.fact = fact, .user = user, .optional = optional};
    g->count++;
    return true;
}

static bool gather(struct gathering *g, const struct project *project, struct arena *arena,
                   struct error *error)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        mapping_each_fact(project->mappings[i], take, g);
    g->facts = arena_alloc(arena, g->count + 1, sizeof *g->facts);
    g->count = 0;
    if (g->facts == NULL)
        return error_memory(error);
    for (size_t i = 0; i < project->mapping_count; i++)
        mapping_each_fact(project->mappings[i], take, g);
    return true;
}

/* What it names is a column of the rows. */
static bool check_columns(struct compiling *c, const struct fact_plan *fact)
{
    const struct catalog_entity *catalog = c->plan->tuples.catalog;
    const struct node *root = &c->plan->scopes[0].root;
    const char **names = arena_alloc(&c->plan->arena, catalog->column_count + 1, sizeof *names);
    if (names == NULL)
        return error_memory(c->error);
    for (size_t i = 0; i < catalog->column_count; i++)
        names[i] = catalog->columns[i].name;
    for (size_t n = 0; n < root->child_count; n++) {
        const char *name = root->children[n].name;
        if (catalog_column_find(catalog, name) != NULL)
            continue;
        const char *nearest = words_nearest(name, names, catalog->column_count);
        error_set(c->error, ERROR_USAGE,
                  "%s: \"in\" asks the rows of %s for \"%s\", and there is no such column%s%s%s",
                  fact->user->file, c->plan->entity->name, name,
                  nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                  nearest != NULL ? "\"?" : "");
        return error_hint(c->error, "correct it, or leave it away");
    }
    return true;
}

/* The field that the path begins with is taken whole: it may lead through arrays. */
static bool compile_fact(struct compiling *c, struct fact_plan *fact)
{
    struct plan *plan = c->plan;
    struct path_step step;
    const char *rest = fact->fact->path;
    struct buffer first;
    buffer_init(&first);
    path_next(&rest, &step);
    char *name = path_step_name(&step, &plan->arena);
    if (name != NULL)
        path_put_name(&first, name);
    char *copy =
        name != NULL && !first.failed ? arena_text(&plan->arena, buffer_text(&first)) : NULL;
    buffer_release(&first);
    if (copy == NULL)
        return error_memory(c->error);
    fact->rest = rest;
    return scope_want(plan, &plan->scopes[0], copy, FOR_TEST, &fact->slot, c->error) &&
           compiling_tests(c, &plan->scopes[0], &fact->fact->when, &fact->tests,
                           &fact->test_count) &&
           (plan->tuples.catalog == NULL || check_columns(c, fact));
}

/* What stands where the mapping of the entity would look for fields is nothing to this plan. */
static void cover(struct node *node)
{
    node->whole = true;
    for (size_t i = 0; i < node->child_count; i++)
        cover(&node->children[i]);
}

bool plan_compile_facts(struct plan *plan, const struct project *project,
                        const struct mapping *entity, const struct catalog_entity *described,
                        struct fact_plan **facts, size_t *count, struct error *error)
{
    struct compiling c = {.plan = plan, .error = error};
    struct gathering g = {.entity = entity};
    *plan = (struct plan){.project = project, .entity = entity, .described = described};
    arena_init(&plan->arena);
    losses_init(&plan->losses, entity->name);
    path_account_init(&plan->paths);
    buffer_init(&plan->tuples.text);
    plan->scopes = arena_alloc(&plan->arena, 1, sizeof *plan->scopes);
    bool ok = plan->scopes != NULL ? gather(&g, project, &plan->arena, error) : error_memory(error);
    if (plan->scopes != NULL) {
        *plan->scopes = (struct scope){.path = "", .fixed = true, .root = {.slot = NO_SLOT}};
        plan->scope_count = 1;
    }
    bool rows = entity->source->kind == SOURCE_POSTGRES;
    ok = ok && (!rows || compiling_begin_tuples(&c, described));
    for (size_t i = 0; ok && i < g.count; i++)
        ok = compile_fact(&c, &g.facts[i]);
    if (ok)
        cover(&plan->scopes[0].root);
    ok = ok && compiling_make_slots(&c, &plan->scopes[0]) && compiling_find_moments(&c) &&
         (!rows || compiling_end_tuples(&c));
    *facts = g.facts;
    *count = g.count;
    if (!ok)
        plan_release(plan);
    return ok;
}
