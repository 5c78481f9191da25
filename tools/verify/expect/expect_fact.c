#include "expect_fact.h"
#include "canonical.h"
#include "expect_comparison.h"
#include "expect_identity.h"
#include "expect_rows.h"
#include "graduate/path.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys ------------------------------------------------------------------------------------ */

/* What can be the same; the last are those of which nothing is. */
static const char *const kinds[] = {"text", "number", "truth", "moment", "other"};
enum { KINDS = sizeof kinds / sizeof kinds[0], OTHER = KINDS - 1 };

static size_t kind_of(const struct item *item)
{
    static const size_t numbers[FIELD_KINDS] = {
        [FIELD_TEXT] = 0,       [FIELD_OBJECTID] = 0, [FIELD_UUID] = 0,       [FIELD_NUMBER] = 1,
        [FIELD_BOOLEAN] = 2,    [FIELD_DATE] = 3,     [FIELD_BINARY] = OTHER, [FIELD_ARRAY] = OTHER,
        [FIELD_OBJECT] = OTHER, [FIELD_NULL] = OTHER};
    enum field_kind kind = expect_kind(item);
    return kind < FIELD_KINDS ? numbers[kind] : OTHER;
}

static void make_key(const struct mapping_fact *fact, const char *word, const char *kind,
                     const void *bytes, size_t length, uint8_t key[16])
{
    uint8_t digest[SHA_DIGEST_LENGTH];
    struct buffer text;
    buffer_init(&text);
    buffer_printf(&text, "%s.%s %s %s:", fact->to->name, fact->name, word, kind);
    buffer_put(&text, bytes, length);
    SHA1(text.data, text.length, digest);
    memcpy(key, digest, 16);
    buffer_release(&text);
}

/* False: no other value is the same. */
static bool put_value(struct buffer *out, const struct item *item)
{
    char text[ITEM_NUMBER];
    const char *word;
    size_t length;
    switch ((int)expect_kind(item)) {
    case FIELD_TEXT:
        if (item_text(item, &word, &length))
            buffer_put(out, word, length);
        return true;
    case FIELD_OBJECTID:
        bson_oid_to_string(&item->value.value.v_oid, text);
        buffer_puts(out, text);
        return true;
    case FIELD_UUID:
        expect_uuid_write(item->value.value.v_binary.data, text);
        buffer_puts(out, text);
        return true;
    case FIELD_NUMBER:
        return item_number(item, text) && strcmp(text, "NaN") != 0 &&
               canonical_put_decimal(out, text);
    case FIELD_BOOLEAN:
        buffer_putc(out, item->value.value.v_bool ? '+' : '-');
        return true;
    case FIELD_DATE:
        buffer_printf(out, "%" PRId64, item->value.value.v_datetime);
        return true;
    default:
        return false;
    }
}

static bool key_of_value(const struct mapping_fact *fact, const struct item *item, uint8_t key[16])
{
    struct buffer value;
    buffer_init(&value);
    bool ok = put_value(&value, item) && !value.failed;
    if (ok)
        make_key(fact, "is the", kinds[kind_of(item)], value.data, value.length, key);
    buffer_release(&value);
    return ok;
}

bool expect_fact_ask(const struct mapping_fact *fact, const struct expect_lookup *lookup,
                     const struct item *item, bool *holds, bool *strange, struct error *error)
{
    uint8_t key[16];
    size_t own = kind_of(item);
    bool any = false, same = false;
    *holds = *strange = false;
    if (key_of_value(fact, item, key) &&
        !lookup->ask_fact(lookup->context, fact->to, key, holds, error))
        return false;
    for (size_t i = 0; !*holds && i < KINDS; i++) {
        bool there = false;
        make_key(fact, "has some", kinds[i], NULL, 0, key);
        if (!lookup->ask_fact(lookup->context, fact->to, key, &there, error))
            return false;
        any = any || there;
        same = same || (there && i == own);
    }
    *strange = !*holds && !same && (any || own == OTHER);
    return true;
}

/* ---- telling --------------------------------------------------------------------------------- */

struct expect_told {
    const struct mapping_fact *fact;
    bool kinds[KINDS]; /* of which it was told that there are some */
};

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
    size_t kind = kind_of(item);
    if (item_is_nothing(item))
        return true;
    if (key_of_value(told->fact, item, id.key) && !t->callback(t->context, &id, t->error))
        return false;
    if (told->kinds[kind])
        return true;
    told->kinds[kind] = true;
    make_key(told->fact, "has some", kinds[kind], NULL, 0, id.key);
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
            const struct item element = item_of(&iter);
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

/* ---- of rows --------------------------------------------------------------------------------- */

struct naming {
    const struct mapping *entity;
    const char *name;
};

static bool begins_with(const char *path, const char *name)
{
    struct path_step step;
    return path_next(&path, &step) && path_step_is(&step, name);
}

static bool conditions_name(const struct conditions *conditions, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < conditions->count && !found; i++) {
        const struct condition *condition = &conditions->items[i];
        found = condition->path != NULL && begins_with(condition->path, name);
        for (size_t k = 0; k < condition->list_count && !found; k++)
            found = conditions_name(&condition->lists[k], name);
    }
    return found;
}

static bool names_no_other(void *context, const struct mapping *asking,
                           const struct mapping_fact *fact, bool optional)
{
    const struct naming *n = context;
    (void)asking, (void)optional;
    return fact->to != n->entity ||
           (!begins_with(fact->path, n->name) && !conditions_name(&fact->when, n->name));
}

bool expect_facts_name(const struct project *project, const struct mapping *entity,
                       const char *name)
{
    struct naming naming = {entity, name};
    for (size_t i = 0; i < project->mapping_count; i++)
        if (!mapping_each_fact(project->mappings[i], names_no_other, &naming))
            return true;
    return false;
}
