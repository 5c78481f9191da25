/* What the conditions of other entities ask about the records of this one, told of each. */
#include "expect_fact.h"
#include "expect_row.h"
#include "graduate/path.h"

#include <stdlib.h>
#include <string.h>

void expect_facts_release(struct expect_facts *facts)
{
    free(facts->items);
    expect_patterns_release(&facts->patterns);
    *facts = (struct expect_facts){0};
}

struct gathering {
    struct expectation *e;
    struct error *error;
    bool ok;
};

static bool add_fact(void *context, const struct mapping *asking, const struct mapping_fact *fact,
                     bool optional)
{
    struct gathering *g = context;
    struct expect_facts *facts = &g->e->facts;
    (void)asking, (void)optional;
    if (fact->to != g->e->entity)
        return true;
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->items[i].fact->name, fact->name) == 0)
            return true;
    struct expect_told *grown = realloc(facts->items, (facts->count + 1) * sizeof *grown);
    if (grown != NULL) {
        facts->items = grown;
        grown[facts->count++] = (struct expect_told){.fact = fact};
    }
    g->ok = grown != NULL ? expect_patterns_add(&facts->patterns, &fact->when, g->error)
                          : error_memory(g->error);
    return g->ok;
}

static bool gather(struct expectation *e, struct error *error)
{
    struct gathering g = {e, error, true};
    for (size_t i = 0; g.ok && !e->facts.gathered && i < e->project->mapping_count; i++)
        mapping_each_fact(e->project->mappings[i], add_fact, &g);
    e->facts.gathered = true;
    return g.ok;
}

struct telling {
    expect_id_callback callback;
    void *context;
    struct error *error;
};

static bool tell_value(const struct telling *t, struct expect_told *told, const struct item *item)
{
    struct expect_id id = {.stays = true};
    size_t kind = expect_fact_kind(item);
    if (item_is_nothing(item))
        return true;
    if (expect_fact_key(told->fact, item, id.key) && !t->callback(t->context, &id, t->error))
        return false;
    if (told->kinds[kind])
        return true;
    told->kinds[kind] = true;
    expect_fact_kind_key(told->fact, kind, id.key);
    return t->callback(t->context, &id, t->error);
}

/* At the path, and in all elements of arrays on the way and at its end. */
static bool tell_all(const struct telling *t, struct expect_told *told, const struct item *item,
                     const char *path)
{
    bool ok = true, array = item->value.value_type == BSON_TYPE_ARRAY;
    struct path_step step;
    bson_iter_t iter;
    if (array) {
        if (!item_open(item, &iter, t->error))
            return false;
        while (ok && item_next(&iter, &ok, t->error)) {
            const struct item element = item_element(item, &iter);
            ok = tell_all(t, told, &element, path);
        }
        return ok;
    }
    const char *rest = path;
    if (!path_next(&rest, &step))
        return tell_value(t, told, item);
    char *name = strndup(path, (size_t)(rest - path) - (*rest != '\0'));
    if (name == NULL)
        return error_memory(t->error);
    const struct item inner = item_find(item, name);
    free(name);
    return tell_all(t, told, &inner, rest);
}

static bool visit(struct expectation *e, const struct item *record, void *context,
                  struct error *error)
{
    const struct telling *t = context;
    const struct expect_view view = {
        .document = record, .record = record, .path = "", .patterns = &e->facts.patterns};
    for (size_t i = 0; i < e->facts.count; i++) {
        struct expect_told *told = &e->facts.items[i];
        bool holds;
        if (!expect_holds(&view, &told->fact->when, &holds, error) ||
            (holds && !tell_all(t, told, record, told->fact->path)))
            return false;
    }
    return true;
}

bool expectation_facts(struct expectation *e, const uint8_t *payload, size_t length,
                       expect_id_callback callback, void *context, struct error *error)
{
    struct telling t = {callback, context, error};
    return gather(e, error) && records_each(e, payload, length, visit, &t, error);
}
