#include "expect_fact.h"
#include "canonical.h"
#include "expect_comparison.h"
#include "expect_identity.h"
#include "expect_reference.h"
#include "graduate/path.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys ------------------------------------------------------------------------------------ */

static const char *const kinds[] = {"text", "number", "truth", "moment", "clock", "other"};
enum { OTHER = EXPECT_FACT_KINDS - 1 };
_Static_assert(sizeof kinds / sizeof kinds[0] == EXPECT_FACT_KINDS, "a word for each");

size_t expect_fact_kind(const struct item *item)
{
    static const size_t numbers[FIELD_KINDS] = {
        [FIELD_TEXT] = 0,       [FIELD_OBJECTID] = 0, [FIELD_UUID] = 0,       [FIELD_NUMBER] = 1,
        [FIELD_BOOLEAN] = 2,    [FIELD_DATE] = 3,     [FIELD_BINARY] = OTHER, [FIELD_ARRAY] = OTHER,
        [FIELD_OBJECT] = OTHER, [FIELD_NULL] = OTHER};
    enum field_kind kind = expect_kind(item);
    struct instant instant;
    if (item_instant(item, &instant) && instant.timed && !instant.zoned &&
        !calendar_is_endless(&instant))
        return 4; /* it has no zone */
    return kind < FIELD_KINDS ? numbers[kind] : OTHER;
}

static void make_key(const struct mapping_fact *fact, const char *word, const char *kind,
                     const void *bytes, size_t length, uint8_t key[16])
{
    struct buffer text;
    buffer_init(&text);
    const char *const words[] = {fact->to->name, ".", fact->name, " ", word, " ", kind, ":"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        buffer_puts(&text, words[i]);
    buffer_put(&text, bytes, length);
    expect_key_of(&text, key);
    buffer_release(&text);
}

/* Microseconds since 2000, as seconds and what is behind them. */
static void put_moment(struct buffer *out, const struct item *item)
{
    const int64_t to_2000 = 946684800;
    struct instant instant;
    if (!item_instant(item, &instant)) {
        int64_t milliseconds = item->value.value.v_datetime;
        instant.seconds = milliseconds / 1000 - (milliseconds % 1000 < 0);
        instant.micros = (milliseconds - instant.seconds * 1000) * 1000;
        instant.seconds -= to_2000;
    }
    buffer_printf(out, "%" PRId64 "+%" PRId64, instant.seconds, instant.micros);
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
        put_moment(out, item);
        return true;
    default:
        return false;
    }
}

bool expect_fact_key(const struct mapping_fact *fact, const struct item *item, uint8_t key[16])
{
    struct buffer value;
    buffer_init(&value);
    bool ok = put_value(&value, item) && !value.failed;
    if (ok)
        make_key(fact, "is the", kinds[expect_fact_kind(item)], value.data, value.length, key);
    buffer_release(&value);
    return ok;
}

void expect_fact_kind_key(const struct mapping_fact *fact, size_t kind, uint8_t key[16])
{
    make_key(fact, "has some", kinds[kind], NULL, 0, key);
}

bool expect_fact_ask(const struct mapping_fact *fact, const struct expect_lookup *lookup,
                     const struct item *item, bool *holds, bool *strange, struct error *error)
{
    uint8_t key[16];
    size_t own = expect_fact_kind(item);
    bool any = false, same = false;
    *holds = *strange = false;
    if (expect_fact_key(fact, item, key) &&
        !lookup->ask_fact(lookup->context, fact->to, key, holds, error))
        return false;
    for (size_t i = 0; !*holds && i < EXPECT_FACT_KINDS; i++) {
        bool there = false;
        expect_fact_kind_key(fact, i, key);
        if (!lookup->ask_fact(lookup->context, fact->to, key, &there, error))
            return false;
        any = any || there;
        same = same || (there && i == own);
    }
    *strange = !*holds && !same && (any || own == OTHER);
    return true;
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
