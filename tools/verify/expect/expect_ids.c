/* By what others know the records of an entity. */
#include "expect_function.h"
#include "expect_identity.h"
#include "expect_reference.h"
#include "expect_rows.h"

#include <string.h>

enum { MOST_WAYS = 64 };

struct telling {
    const struct form *home; /* whose key the identity is; NULL: its own tables have none */
    size_t key;              /* of its columns */
    const struct mapping_value *by[MOST_WAYS]; /* how others name its records, each way once */
    size_t by_count;
    expect_id_callback callback;
    void *context;
    struct error *error;
};

static void find_home(const struct expectation *e, struct telling *t)
{
    for (size_t f = 0; t->home == NULL && f < e->form_count; f++) {
        const struct form *form = &e->forms[f];
        const struct words *key = &form->key;
        for (size_t c = 0; c < form->column_count; c++) {
            const struct mapping_column *column = &form->columns[c];
            if (form->mapping->each != NULL || key->count != 1 || column->type.array ||
                column->value.id_of != e->entity || column->value.by != NULL ||
                strcmp(key->items[0], column->name) != 0)
                continue;
            t->home = form;
            t->key = c;
        }
    }
}

static bool is_same_way(const struct mapping_value *a, const struct mapping_value *b)
{
    struct buffer one, other;
    bool same = strcmp(a->by, b->by) == 0 && a->function_count == b->function_count;
    buffer_init(&one);
    buffer_init(&other);
    for (size_t i = 0; same && i < a->function_count; i++) {
        function_call_put(&a->functions[i], &one);
        function_call_put(&b->functions[i], &other);
    }
    same =
        same && !one.failed && !other.failed && strcmp(buffer_text(&one), buffer_text(&other)) == 0;
    buffer_release(&one);
    buffer_release(&other);
    return same;
}

static bool find_ways(const struct expectation *e, struct telling *t,
                      const struct mapping_value *value)
{
    size_t at = 0;
    if (value->by != NULL && value->id_of == e->entity) {
        while (at < t->by_count && !is_same_way(t->by[at], value))
            at++;
        if (at == MOST_WAYS)
            return error_set(t->error, ERROR_USAGE, "%s is looked up by more than %d fields",
                             e->entity->name, MOST_WAYS);
        t->by[at] = value;
        t->by_count += at == t->by_count;
    }
    for (size_t i = 0; i < value->member_count; i++)
        if (!find_ways(e, t, &value->members[i].value))
            return false;
    return true;
}

static bool find_all_ways(const struct expectation *e, struct telling *t)
{
    for (size_t m = 0; m < e->project->mapping_count; m++) {
        const struct mapping *mapping = e->project->mappings[m];
        for (size_t i = 0; i < mapping->table_count; i++)
            for (size_t c = 0; c < mapping->tables[i].column_count; c++)
                if (!find_ways(e, t, &mapping->tables[i].columns[c].value))
                    return false;
    }
    return true;
}

/* By one of its fields, as values of other mappings name it; unless their functions do not take it.
 */
static bool tell_field(struct expectation *e, const struct telling *t, const struct item *record,
                       const struct mapping_value *by, struct expect_id *id)
{
    struct expect_surroundings around = {
        .record = record, .texts = &e->texts, .rule = &e->project->identity};
    struct item item = item_find(record, by->by);
    bool changed;
    for (size_t i = 0; i < by->function_count; i++)
        if (!expect_apply(&by->functions[i], &around, &item, &changed, t->error)) {
            if (t->error->code != ERROR_DATA)
                return false;
            *t->error = (struct error){0};
            return true;
        }
    id->by = by->by;
    return item_is_nothing(&item) || !expect_key_of_field(by, &item, id->key) ||
           t->callback(t->context, id, t->error);
}

static bool tell(struct expectation *e, const struct telling *t, const struct item *record,
                 struct expect_id *id)
{
    bool ok = t->callback(t->context, id, t->error);
    for (size_t i = 0; ok && i < t->by_count; i++)
        ok = tell_field(e, t, record, t->by[i], id);
    return ok;
}

/* Its records are those of another entity: the id is that one's, and stays if that one does. */
static bool become_other(struct expectation *e, const struct item *record, struct expect_id *id,
                         bool *there, struct error *error)
{
    const struct identity *rule = &e->project->identity;
    const struct mapping_value *identity = e->entity->identity;
    struct item own = item_find(record, "_id"), other = item_find(record, identity->from);
    struct expect_answer answer = {.there = false};
    uint8_t uuid[16], key[16];
    if (own.value.value_type == BSON_TYPE_EOD)
        own = item_find(record, "$id");
    *there = !item_is_nothing(&own);
    if (!*there)
        return true;
    if (!expect_identity(rule, e->entity->name, IDENTITY_TEXTS, &own, uuid))
        return item_misfit(&own, "_id", "it is nobody's id", error);
    expect_key_of_id(e->entity, uuid, id->key);
    if (!item_is_nothing(&other)) {
        if (!expect_identity(rule, identity->id_of->name, identity->ids, &other, answer.uuid))
            return item_misfit(&other, identity->from, "it is nobody's id", error);
        expect_key_of_id(identity->id_of, answer.uuid, key);
        if (e->lookup != NULL &&
            !e->lookup->ask(e->lookup->context, identity->id_of, key, &answer, error))
            return false;
    }
    memcpy(id->uuid, answer.uuid, sizeof id->uuid);
    id->aside = id->aside || (id->stays && answer.aside);
    id->stays = id->stays && answer.there && answer.stays;
    return true;
}

static bool visit(struct expectation *e, const struct item *record, void *context,
                  struct error *error)
{
    const struct telling *t = context;
    struct expect_id id = {.by = NULL};
    struct item item;
    bool there;
    if (!record_stays(e, record, t->home != NULL ? t->home->mapping->label : NULL, &id.stays,
                      &id.aside, error))
        return false;
    if (e->entity->identity != NULL)
        return become_other(e, record, &id, &there, error) && (!there || tell(e, t, record, &id));
    if (!record_value(e, t->home, record, t->key, &item, error))
        return false;
    if (item_is_nothing(&item))
        return true;
    if (!expect_identity(&e->project->identity, e->entity->name, t->home->columns[t->key].value.ids,
                         &item, id.uuid))
        return item_misfit(&item, ".", "it is nobody's id", error);
    expect_key_of_id(e->entity, id.uuid, id.key);
    return tell(e, t, record, &id);
}

bool expectation_ids(struct expectation *e, const uint8_t *payload, size_t length,
                     expect_id_callback callback, void *context, struct error *error)
{
    struct telling t = {.callback = callback, .context = context, .error = error};
    find_home(e, &t);
    if (t.home == NULL && e->entity->identity == NULL)
        return expect_wrong(e, &e->entity->tables[0], NULL, "no table's key is its identity",
                            error);
    return find_all_ways(e, &t) && records_each(e, payload, length, visit, &t, error);
}
