#include "known_ids.h"
#include "records.h"

#include "graduate/file.h"
#include "graduate/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ID_ASIDE = 4 }; /* beside those of id_index.h */

static struct known_entity *find(const struct known_ids *known, const struct mapping *entity,
                                 bool facts)
{
    for (size_t i = 0; i < known->count; i++)
        if (known->entities[i].entity == entity && known->entities[i].facts == facts)
            return &known->entities[i];
    return NULL;
}

static bool ask(void *context, const struct mapping *to, const uint8_t key[16],
                struct expect_answer *answer, struct error *error)
{
    struct known_entity *entity = find(context, to, false);
    struct id_entry entry;
    bool found;
    const struct known_ids *known = context;
    if (known->maker != NULL && !mapping_leans_on(known->maker, to)) { /* whoever stays, it does */
        answer->there = answer->stays = true;
        return true;
    }
    if (entity == NULL)
        return error_set(error, ERROR_BUG, "the ids of %s are not known", to->name);
    if (!id_index_find(&entity->index, key, &entry, &found, error))
        return false;
    if (!found)
        return true;
    answer->there = true;
    answer->stays = (entry.flags & ID_STAYS) != 0;
    answer->aside = (entry.flags & ID_ASIDE) != 0;
    memcpy(answer->uuid, entry.uuid, sizeof answer->uuid);
    return true;
}

static bool ask_fact(void *context, const struct mapping *to, const uint8_t key[16], bool *there,
                     struct error *error)
{
    struct known_entity *entity = find(context, to, true);
    struct id_entry entry;
    return entity != NULL ? id_index_find(&entity->index, key, &entry, there, error)
                          : error_set(error, ERROR_BUG, "nothing is known of %s", to->name);
}

static bool take(void *context, const struct expect_id *id, struct error *error)
{
    struct id_entry entry = {.flags =
                                 (uint8_t)((id->stays ? ID_STAYS : 0) | (id->aside ? ID_ASIDE : 0) |
                                           (id->by ? ID_ONCE : 0))};
    memcpy(entry.hash, id->key, sizeof entry.hash);
    memcpy(entry.uuid, id->uuid, sizeof entry.uuid);
    return id_writer_add(context, &entry, error);
}

static bool refuse_twice(void *context, const struct id_entry *one, const struct id_entry *other,
                         struct error *error)
{
    const struct mapping *entity = context;
    (void)one, (void)other;
    return error_set(
        error, ERROR_DATA,
        "two records of %s have the same value in a field by which others look them up",
        entity->name);
}

static bool read_all(struct records *records, struct expectation *expectation, bool facts,
                     struct id_writer *writer, struct error *error)
{
    struct record_batch batch;
    bool more = true, ok = true;
    while (ok && (ok = records_next(records, &batch, &more, error)) && more)
        ok = (facts ? expectation_facts : expectation_ids)(expectation, batch.payload, batch.length,
                                                           take, writer, error);
    return ok;
}

static bool write_index(struct known_ids *known, struct known_entity *entity, struct error *error)
{
    struct records records;
    struct expectation *expectation;
    struct id_writer writer;
    union { /* the callback's context is not const */
        const struct mapping *read;
        void *context;
    } mapping = {.read = entity->entity};
    if (!records_open(&records, known->verification, entity->entity, error))
        return false;
    bool ok = expectation_new(&expectation, known->verification->project, entity->entity,
                              &records.catalog.entities[0], error);
    if (ok) {
        expectation_look_up(expectation, &known->lookup);
        known->maker = entity->facts ? NULL : entity->entity;
        ok = id_writer_open(&writer, entity->path, error) &&
             read_all(&records, expectation, entity->facts, &writer, error) &&
             id_writer_finish(&writer, refuse_twice, mapping.context, error);
        id_writer_close(&writer);
        expectation_free(expectation);
        known->maker = NULL;
    }
    if (ok)
        message_info("%s: %s of %" PRId64 " records are known", entity->entity->name,
                     entity->facts ? "what is asked" : "the ids", records.records);
    records_close(&records);
    return ok ? true : error_at(error, entity->entity->name, NULL, NULL);
}

static bool make_one(struct known_ids *known, const struct mapping *entity, bool facts,
                     struct error *error)
{
    struct known_entity made = {.entity = entity, .facts = facts};
    char name[NAME_MAX];
    snprintf(name, sizeof name, "%s.%s", entity->name, facts ? "facts" : "ids");
    if (!file_join(made.path, sizeof made.path, known->folder, name, error) ||
        !write_index(known, &made, error) || !id_index_open(&made.index, made.path, error))
        return false;
    known->entities[known->count++] = made;
    return true;
}

/* Those that it leans on come first. */
static bool make_ids(struct known_ids *known, const struct mapping *entity, struct error *error)
{
    const struct project *project = known->verification->project;
    if (find(known, entity, false) != NULL)
        return true;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (mapping_leans_on(entity, project->mappings[i]) &&
            !make_ids(known, project->mappings[i], error))
            return false;
    return make_one(known, entity, false, error);
}

typedef bool (*relation)(const struct mapping *mapping, const struct mapping *to);

static bool does_any(const struct project *project, relation does, const struct mapping *to)
{
    for (size_t i = 0; i < project->mapping_count; i++)
        if (does(project->mappings[i], to))
            return true;
    return false;
}

bool known_ids_make(struct known_ids *known, const struct verification *verification,
                    struct error *error)
{
    const struct project *project = verification->project;
    *known = (struct known_ids){.verification = verification, .lookup = {ask, ask_fact, known}};
    known->entities = calloc(2 * project->mapping_count + 1, sizeof *known->entities);
    bool ok = known->entities != NULL || error_memory(error);
    for (int facts = 1; facts >= 0; facts--) /* who stays may depend on a fact */
        for (size_t i = 0; ok && i < project->mapping_count; i++) {
            const struct mapping *entity = project->mappings[i];
            if (!does_any(project, facts == 1 ? mapping_asks : mapping_looks_up, entity))
                continue;
            ok = (known->folder[0] != '\0' || file_make_scratch(known->folder, error)) &&
                 (facts == 1 ? make_one(known, entity, true, error)
                             : make_ids(known, entity, error));
        }
    return ok;
}

void known_ids_release(struct known_ids *known)
{
    for (size_t i = 0; i < known->count; i++) {
        id_index_close(&known->entities[i].index);
        unlink(known->entities[i].path);
    }
    if (known->folder[0] != '\0')
        rmdir(known->folder);
    free(known->entities);
    *known = (struct known_ids){.count = 0};
}
