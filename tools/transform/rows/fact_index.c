#include "fact_index.h"
#include "condition.h"
#include "document.h"
#include "graduate/path.h"
#include "lookup.h"
#include "value_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fact_index_open(struct fact_index *index, const struct project *project,
                     const struct mapping *entity, const struct catalog_entity *described,
                     const char *path, struct error *error)
{
    *index = (struct fact_index){.writer.runs = -1};
    json_fields_init(&index->json);
    if (!plan_compile_facts(&index->plan, project, entity, described, &index->facts, &index->count,
                            error))
        return false;
    struct arena *arena = &index->plan.arena;
    size_t slots = (size_t)index->plan.scopes[0].slot_count;
    index->entity = entity;
    index->kinds = arena_alloc(arena, index->count + 1, sizeof *index->kinds);
    index->values = arena_alloc(arena, index->count + 1, sizeof *index->values);
    index->met = arena_alloc(arena, slots + 1, sizeof *index->met);
    return index->kinds != NULL && index->values != NULL && index->met != NULL
               ? id_writer_open(&index->writer, path, error)
               : error_memory(error);
}

void fact_index_close(struct fact_index *index)
{
    if (index->entity == NULL)
        return;
    id_writer_close(&index->writer);
    plan_release(&index->plan);
    json_fields_release(&index->json);
    *index = (struct fact_index){.writer.runs = -1};
}

/* ---- one record -------------------------------------------------------------------------------
 */

struct putting {
    struct fact_index *index;
    size_t fact;
    bool counts; /* its conditions hold */
    struct error *error;
};

static bool put_value(const struct putting *p, const struct value *value)
{
    struct fact_index *index = p->index;
    const struct mapping_fact *fact = index->facts[p->fact].fact;
    struct id_entry entry = {.flags = ID_STAYS};
    enum fact_kind kind;
    index->values[p->fact]++;
    if (!p->counts || value_is_nothing(value))
        return true;
    bool findable = lookup_hash_fact(fact, value, &kind, entry.hash);
    if (findable && !id_writer_add(&index->writer, &entry, p->error))
        return false;
    if (index->kinds[p->fact] >> kind & 1)
        return true;
    index->kinds[p->fact] |= 1U << kind;
    lookup_hash_kind(fact, kind, entry.hash);
    return id_writer_add(&index->writer, &entry, p->error);
}

/* Everything that the path leads to, through arrays into all their elements. */
static bool put_values(const struct putting *p, const struct value *value, const char *path)
{
    bool array = value->type == BSON_TYPE_ARRAY;
    struct path_step step = {.text = ""};
    struct value_walk fields;
    struct value inner;
    if (!array && *path == '\0')
        return put_value(p, value);
    if (!array && (value->type != BSON_TYPE_DOCUMENT || !path_next(&path, &step)))
        return true;
    if (!value_walk_begin(&fields, value))
        return value_damaged(p->error);
    while (value_walk_next(&fields, &inner)) {
        if (array)
            value_inherit(&inner, value);
        if ((array || path_step_is(&step, fields.key)) && !put_values(p, &inner, path))
            return false;
    }
    return value_walk_ended(&fields) || value_damaged(p->error);
}

static bool put_record(struct fact_index *index, const struct value *given, struct error *error)
{
    struct scope *scope = &index->plan.scopes[0];
    struct value opened;
    const struct value *record = &opened;
    if (!json_fields_open(&index->json, &index->plan, given, &opened, error))
        return false;
    if (!document_walk(&index->plan, scope, record, error))
        return false;
    for (int i = 0; i < scope->slot_count; i++)
        index->met[i] += scope->slots[i].type != BSON_TYPE_EOD;
    for (size_t i = 0; i < index->count; i++) {
        const struct fact_plan *fact = &index->facts[i];
        struct putting putting = {index, i, false, error};
        const struct value *value = &scope->slots[fact->slot];
        if (!condition_holds(fact->tests, fact->test_count, &putting.counts, error))
            return false;
        if (value->type != BSON_TYPE_EOD && !put_values(&putting, value, fact->rest))
            return error_at(error, NULL, NULL, fact->fact->path);
    }
    return true;
}

bool fact_index_put_document(struct fact_index *index, const uint8_t *bson, size_t length,
                             struct error *error)
{
    char key[160];
    const struct value record = {
        .type = BSON_TYPE_DOCUMENT, .bytes = bson, .length = (uint32_t)length};
    index->records++;
    if (put_record(index, &record, error))
        return true;
    rows_find_key(bson, length, key, sizeof key);
    return error_at(error, index->entity->name, key, NULL);
}

bool fact_index_put_tuple(struct fact_index *index, const uint8_t **at, const uint8_t *end,
                          struct error *error)
{
    struct value record;
    index->records++;
    return tuple_read(&index->plan, at, end, error) &&
           ((tuple_record(&index->plan, &record, error) && put_record(index, &record, error)) ||
            error_at(error, index->entity->name, tuple_key(&index->plan), NULL));
}

/* ---- the end ----------------------------------------------------------------------------------
 */

/* The first field of these conditions that no record had; NULL: each was somewhere. */
static const char *find_unmet(const struct fact_index *index, const struct test *tests,
                              size_t count)
{
    const char *unmet = NULL;
    for (size_t i = 0; unmet == NULL && i < count; i++) {
        if (tests[i].slot != NO_SLOT && index->met[tests[i].slot] == 0)
            unmet = tests[i].mapping->path;
        for (size_t k = 0; unmet == NULL && k < tests[i].list_count; k++)
            unmet = find_unmet(index, tests[i].lists[k].items, tests[i].lists[k].count);
    }
    return unmet;
}

bool fact_index_finish(struct fact_index *index, struct error *error)
{
    bool rows = index->entity->source->kind == SOURCE_POSTGRES; /* their columns are known */
    for (size_t i = 0; !rows && index->records > 0 && i < index->count; i++) {
        const struct fact_plan *fact = &index->facts[i];
        const char *unmet = index->values[i] == 0
                                ? fact->fact->path
                                : find_unmet(index, fact->tests, fact->test_count);
        if (unmet == NULL || fact->optional)
            continue;
        error_set(error, ERROR_DATA, "no record of %s has \"%s\", for which %s asks by \"in\"",
                  index->entity->name, unmet, fact->user->file);
        return error_hint(error, "correct it in the mapping, or say \"optional\": true beside the "
                                 "\"when\" that asks");
    }
    return id_writer_finish(&index->writer, NULL, NULL, error);
}
