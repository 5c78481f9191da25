/* level_access: may everybody what Appwrite let him?
 *
 * For a few users of every kind (askers.h) and every table whose policies were made of an Appwrite's
 * permissions, the rows that each may read, update and delete by Appwrite's rules (permit.h) are
 * held against those that the target lets him (admission.h); and whether he may make one. Either
 * side's keys are summed in buckets (tally.h), so that memory does not grow with the rows; where a
 * sum differs, both sides are read again for the keys of the first bucket that does. */
#include "admission.h"
#include "amended.h"
#include "canonical.h"
#include "known_ids.h"
#include "level.h"
#include "query.h"
#include "records.h"
#include "tally.h"

#include "graduate/message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 2048, KEYS_NAMED = 3 };

/* Keys of one bucket, on one side: each int32 length and its bytes. */
struct keys {
    struct buffer bytes;
    size_t count;
};

/* What one asker may do with one table. */
struct reach {
    struct tally *sides[SIDE_COUNT];
    bool differs;
    size_t bucket; /* the first that does */
    struct keys keys[SIDE_COUNT];
    char refusal[200];
};

struct proved_table {
    const struct mapping_table *mapping;
    const char **names; /* of the key */
    struct pgtype *types;
    size_t *places; /* in the rows as they are expected */
    size_t key_count;
    struct reach *reaches; /* of each asker each act on rows */
    struct admission_rule rules[2][ACTS]; /* of strangers, and of users */
};

struct proof {
    struct inspection *inspection;
    const struct access *access;
    struct askers askers;
    struct known_ids known;
    struct amended amended;
    /* of the entity at hand */
    const struct mapping *entity;
    struct permit permit;
    struct proved_table *tables;
    size_t table_count;
    bool naming; /* the second time */
    /* of the row at hand */
    struct buffer key;
    struct proved_table *table;
    struct reach *reach;
    struct error *error;
};

/* ---- tables ---------------------------------------------------------------------------------- */

static const struct mapping_table *guarded_table(const struct mapping *entity, const char *label)
{
    for (size_t t = 0; t < entity->table_count; t++)
        if (entity->tables[t].guarded && strcmp(entity->tables[t].label, label) == 0)
            return &entity->tables[t];
    return NULL;
}

/* Another mapping's records are in it, too: the entity's own rows would be held against all. */
static bool is_shared(const struct proof *proof, const struct mapping_table *table)
{
    const struct project *project = proof->inspection->verification->project;
    bool shared = false;
    for (size_t m = 0; m < project->mapping_count; m++)
        for (size_t t = 0; t < project->mappings[m]->table_count; t++)
            shared = shared || (project->mappings[m] != proof->entity &&
                                strcmp(project->mappings[m]->tables[t].label, table->label) == 0);
    return shared;
}

static bool add_table(struct proof *proof, const struct expected_table *expected,
                      const struct mapping_table *mapping)
{
    struct proved_table *table = &proof->tables[proof->table_count++];
    size_t count = expected->column_count + 1, reaches = proof->askers.count * ACTS_ON_ROWS;
    *table = (struct proved_table){
        .mapping = mapping,
        .names = calloc(count, sizeof *table->names),
        .types = calloc(count, sizeof *table->types),
        .places = calloc(count, sizeof *table->places),
        .reaches = calloc(reaches + 1, sizeof *table->reaches),
    };
    for (enum act act = 0; act < ACTS; act++)
        for (size_t user = 0; user < 2; user++) {
            buffer_init(&table->rules[user][act].condition);
            buffer_init(&table->rules[user][act].refusal);
        }
    bool ok = table->names != NULL && table->types != NULL && table->places != NULL &&
              table->reaches != NULL;
    for (size_t c = 0; ok && c < expected->column_count; c++) {
        if (!expected->columns[c].key)
            continue;
        table->names[table->key_count] = expected->columns[c].name;
        table->types[table->key_count] = expected->columns[c].type;
        table->places[table->key_count++] = c;
    }
    for (size_t i = 0; ok && i < reaches; i++)
        for (enum side side = 0; ok && side < SIDE_COUNT; side++) {
            table->reaches[i].sides[side] = calloc(1, sizeof(struct tally));
            ok = table->reaches[i].sides[side] != NULL;
        }
    return ok || error_memory(proof->error);
}

static void release_tables(struct proof *proof)
{
    for (size_t t = 0; t < proof->table_count; t++) {
        struct proved_table *table = &proof->tables[t];
        for (size_t i = 0; table->reaches != NULL && i < proof->askers.count * ACTS_ON_ROWS; i++)
            for (enum side side = 0; side < SIDE_COUNT; side++) {
                free(table->reaches[i].sides[side]);
                buffer_release(&table->reaches[i].keys[side].bytes);
            }
        for (enum act act = 0; act < ACTS; act++) {
            admission_rule_release(&table->rules[0][act]);
            admission_rule_release(&table->rules[1][act]);
        }
        free(table->names);
        free(table->types);
        free(table->places);
        free(table->reaches);
    }
    free(proof->tables);
    proof->tables = NULL;
    proof->table_count = 0;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void take_key(struct reach *reach, enum side side, const struct buffer *key, bool naming)
{
    const struct hash place = hash_of(key->data, key->length);
    struct keys *keys = &reach->keys[side];
    if (!naming) {
        tally_add(reach->sides[side], &place, &place, key->length);
    } else if (reach->differs && tally_bucket_of(&place) == reach->bucket &&
               keys->count < MOST_KEYS) {
        buffer_put_be32(&keys->bytes, (uint32_t)key->length);
        buffer_put(&keys->bytes, key->data, key->length);
        keys->count++;
    }
}

static void put_value(struct buffer *key, const struct expected_value *value)
{
    buffer_put_be32(key, (uint32_t)value->length);
    buffer_put(key, value->bytes, value->length);
}

static bool take_expected(void *context, const struct expected_row *row, struct error *error)
{
    struct proof *proof = context;
    struct proved_table *table = proof->tables;
    while (table < proof->tables + proof->table_count &&
           strcmp(table->mapping->label, row->table->label) != 0)
        table++;
    if (table == proof->tables + proof->table_count)
        return true;
    buffer_clear(&proof->key);
    for (size_t k = 0; k < table->key_count; k++)
        put_value(&proof->key, &row->values[table->places[k]]);
    if (!buffer_ok(&proof->key, error))
        return false;
    bool below = table->mapping->each != NULL; /* to change it is to update what it lies in */
    for (size_t i = 0; i < proof->askers.count; i++)
        for (enum act act = 0; act < ACTS_ON_ROWS; act++)
            if (proof->permit.by_document[i][below && act == ACT_DELETE ? ACT_UPDATE : act])
                take_key(&table->reaches[i * ACTS_ON_ROWS + act], SIDE_EXPECTED, &proof->key,
                         proof->naming);
    return true;
}

static bool take_document(struct proof *proof, struct expectation *expectation,
                          const uint8_t *bytes, uint32_t size, int64_t *records)
{
    struct item record = {.value = {.value_type = BSON_TYPE_DOCUMENT}};
    int64_t filtered = 0;
    memcpy(&record.value.value.v_doc.data, &bytes, sizeof bytes); /* it is only read */
    record.value.value.v_doc.data_len = size;
    return permit_take(&proof->permit, &record, proof->error) &&
           (!proof->permit.some || expectation_batch(expectation, bytes, size, take_expected, proof,
                                                     records, &filtered, proof->error));
}

static bool expect_all(struct proof *proof, struct records *records,
                       struct expectation *expectation)
{
    struct record_batch batch;
    int64_t count = 0;
    bool more = true, ok = true;
    while (ok && (ok = records_next(records, &batch, &more, proof->error)) && more) {
        const uint8_t *at = batch.payload, *end = at + batch.length;
        while (ok && at < end) {
            uint32_t size = end - at >= 5 ? get_le32(at) : 0;
            ok = (size >= 5 && size <= (size_t)(end - at)) ||
                 error_set(proof->error, ERROR_SOURCE, "a document lies about its length");
            ok = ok && take_document(proof, expectation, at, size, &count);
            at += ok ? size : 0;
        }
    }
    return ok;
}

/* The records' side. `first`: the tables are not known yet. */
static bool read_records(struct proof *proof, bool first)
{
    const struct verification *verification = proof->inspection->verification;
    struct records records;
    struct expectation *expectation;
    size_t corrected, count;
    if (!records_open(&records, verification, proof->entity, proof->error))
        return false;
    bool ok = expectation_new(&expectation, verification->project, proof->entity,
                              &records.catalog.entities[0], proof->error);
    if (ok) {
        const struct expected_table *tables = expectation_tables(expectation, &count);
        const struct expect_correction *corrections =
            amended_of(&proof->amended, proof->entity->name, &corrected);
        expectation_look_up(expectation, &proof->known.lookup);
        expectation_correct(expectation, corrections, corrected);
        if (first) {
            proof->tables = calloc(count + 1, sizeof *proof->tables);
            ok = proof->tables != NULL || error_memory(proof->error);
        }
        for (size_t t = 0; ok && first && t < count; t++) {
            const struct mapping_table *mapping = guarded_table(proof->entity, tables[t].label);
            if (mapping != NULL && is_shared(proof, mapping))
                inspection_doubt(proof->inspection, "%s is filled by several mappings, so who may "
                                 "what of its rows was not asked", mapping->label);
            else
                ok = mapping == NULL || add_table(proof, &tables[t], mapping);
        }
        ok = ok && (proof->table_count == 0 || expect_all(proof, &records, expectation));
        expectation_free(expectation);
    }
    records_close(&records);
    return ok;
}

static bool take_found(void *context, const struct expected_value *values, struct error *error)
{
    struct proof *proof = context;
    buffer_clear(&proof->key);
    for (size_t k = 0; k < proof->table->key_count; k++)
        put_value(&proof->key, &values[k]);
    take_key(proof->reach, SIDE_FOUND, &proof->key, proof->naming);
    return buffer_ok(&proof->key, error);
}

static struct admission admission_of(const struct proof *proof, struct proved_table *table,
                                     const struct asker *asker, enum act act)
{
    return (struct admission){proof->inspection, asker, table->mapping, act,
                              &table->rules[asker->id != NULL][act]};
}

/* The target's side. */
static bool read_target(struct proof *proof)
{
    struct buffer refusal;
    bool ok = true;
    buffer_init(&refusal);
    for (size_t t = 0; ok && t < proof->table_count; t++)
        for (size_t i = 0; ok && i < proof->askers.count * ACTS_ON_ROWS; i++) {
            const struct admission admission =
                admission_of(proof, &proof->tables[t], &proof->askers.items[i / ACTS_ON_ROWS],
                             (enum act)(i % ACTS_ON_ROWS));
            proof->table = &proof->tables[t];
            proof->reach = &proof->table->reaches[i];
            if (proof->naming && !proof->reach->differs)
                continue;
            ok = admission_rows(&admission, proof->table->names, proof->table->types,
                                proof->table->key_count, take_found, proof, &refusal,
                                proof->error);
            snprintf(proof->reach->refusal, sizeof proof->reach->refusal, "%s",
                     buffer_text(&refusal));
        }
    buffer_release(&refusal);
    return ok;
}

/* ---- what differs ---------------------------------------------------------------------------- */

static void compare(struct reach *reach, bool *any)
{
    bool differs[TALLY_BUCKETS];
    reach->differs =
        tally_compare(reach->sides[SIDE_EXPECTED], reach->sides[SIDE_FOUND], differs) > 0;
    while (reach->differs && !differs[reach->bucket])
        reach->bucket++;
    *any = *any || reach->differs;
}

static bool has_key(const struct keys *keys, const uint8_t *key, uint32_t length)
{
    const uint8_t *at = (const uint8_t *)keys->bytes.data, *end = at + keys->bytes.length;
    for (; at < end; at += 4 + get_be32(at))
        if (get_be32(at) == length && memcmp(at + 4, key, length) == 0)
            return true;
    return false;
}

static void put_key(const struct proved_table *table, const uint8_t *key, struct buffer *out)
{
    for (size_t k = 0; k < table->key_count; k++) {
        uint32_t length = get_be32(key);
        buffer_puts(out, k > 0 ? ", " : "");
        canonical_print(&table->types[k], key + 4, length, out);
        key += 4 + length;
    }
}

/* Keys that the other side has not. */
static size_t put_lone(const struct proved_table *table, const struct keys *these,
                       const struct keys *others, const char *head, struct buffer *out)
{
    const uint8_t *at = (const uint8_t *)these->bytes.data, *end = at + these->bytes.length;
    size_t named = 0;
    for (; at < end && named < KEYS_NAMED; at += 4 + get_be32(at)) {
        if (has_key(others, at + 4, get_be32(at)))
            continue;
        buffer_puts(out, named++ > 0 ? "; " : head);
        put_key(table, at + 4, out);
    }
    return named;
}

static bool tell(struct proof *proof, const struct proved_table *table, const struct asker *asker,
                 enum act act, const struct reach *reach)
{
    struct buffer keys;
    buffer_init(&keys);
    put_lone(table, &reach->keys[SIDE_EXPECTED], &reach->keys[SIDE_FOUND], "; only there: ", &keys);
    put_lone(table, &reach->keys[SIDE_FOUND], &reach->keys[SIDE_EXPECTED], "; only here: ", &keys);
    bool ok = buffer_ok(&keys, proof->error) &&
              inspection_find(proof->inspection, "access", table->mapping->label, NULL,
                              proof->error,
                              "%s%s%s%s may %s %" PRId64 " rows in Appwrite, and %" PRId64
                              " here%s%s%s",
                              asker->kind, asker->id != NULL ? " (" : "",
                              asker->id != NULL ? asker->id : "", asker->id != NULL ? ")" : "",
                              act_words[act], tally_rows(reach->sides[SIDE_EXPECTED]),
                              tally_rows(reach->sides[SIDE_FOUND]), buffer_text(&keys),
                              reach->refusal[0] != '\0' ? "; the server says: " : "",
                              reach->refusal);
    buffer_release(&keys);
    return ok;
}

static bool compare_rows(struct proof *proof)
{
    bool any = false, ok = true;
    size_t reaches = proof->askers.count * ACTS_ON_ROWS;
    for (size_t t = 0; t < proof->table_count; t++)
        for (size_t i = 0; i < reaches; i++)
            compare(&proof->tables[t].reaches[i], &any);
    proof->inspection->checks += (int64_t)(proof->table_count * reaches);
    if (!any)
        return true;
    proof->naming = true;
    ok = read_records(proof, false) && read_target(proof);
    proof->naming = false;
    for (size_t t = 0; ok && t < proof->table_count; t++)
        for (size_t i = 0; ok && i < reaches; i++)
            if (proof->tables[t].reaches[i].differs)
                ok = tell(proof, &proof->tables[t], &proof->askers.items[i / ACTS_ON_ROWS],
                          (enum act)(i % ACTS_ON_ROWS), &proof->tables[t].reaches[i]);
    return ok;
}

/* ---- new rows -------------------------------------------------------------------------------- */

static const char *column_of(const struct mapping_table *table)
{
    for (size_t c = 0; c < table->column_count; c++)
        if (table->columns[c].value.access != NULL)
            return table->columns[c].name;
    return NULL;
}

static bool compare_makers(struct proof *proof, struct proved_table *proved)
{
    const struct mapping_table *table = proved->mapping;
    struct buffer refusal;
    bool ok = true, may;
    buffer_init(&refusal);
    for (size_t i = 0; ok && i < proof->askers.count; i++) {
        const struct asker *asker = &proof->askers.items[i];
        const struct admission admission = admission_of(proof, proved, asker, ACT_CREATE);
        bool should = proof->permit.by_collection[i][ACT_CREATE];
        proof->inspection->checks++;
        ok = admission_to_create(&admission, column_of(table), &may, &refusal, proof->error) &&
             (may == should ||
              inspection_find(proof->inspection, "access", table->label, NULL, proof->error,
                              "%s%s%s%s may %screate a row in Appwrite, and may %shere%s%s",
                              asker->kind, asker->id != NULL ? " (" : "",
                              asker->id != NULL ? asker->id : "", asker->id != NULL ? ")" : "",
                              should ? "" : "not ", may ? "" : "not ",
                              refusal.length > 0 ? "; the server says: " : "",
                              buffer_text(&refusal)));
    }
    buffer_release(&refusal);
    return ok;
}

/* ---- entities -------------------------------------------------------------------------------- */

static const struct catalog_entity *collection_of(const struct proof *proof,
                                                  const struct mapping *entity)
{
    const struct verification *verification = proof->inspection->verification;
    for (size_t i = 0; i < verification->catalog_count; i++)
        if (strcmp(verification->catalogs[i].source, entity->source->name) == 0)
            return catalog_find(&verification->catalogs[i], entity->from);
    return NULL;
}

static bool prove_entity(struct proof *proof, const struct catalog_entity *collection)
{
    bool ok = permit_init(&proof->permit, collection, &proof->askers, proof->error) &&
              read_records(proof, true);
    int64_t blind = proof->permit.blind;
    ok = ok && read_target(proof) && compare_rows(proof);
    for (size_t t = 0; ok && t < proof->table_count; t++)
        ok = proof->tables[t].mapping->each != NULL ||
             compare_makers(proof, &proof->tables[t]);
    if (ok && blind > 0)
        inspection_remark(proof->inspection,
                          "%" PRId64 " documents of %s may be changed by some who may not read "
                          "them, which PostgreSQL does not let them",
                          blind, proof->entity->from);
    if (ok)
        message_info("%s: %zu tables, as %zu would see them", proof->entity->name,
                     proof->table_count, proof->askers.count);
    release_tables(proof);
    permit_release(&proof->permit);
    return ok ? true : error_at(proof->error, proof->entity->name, NULL, NULL);
}

/* Can the session become a guest, and a user? */
static bool can_ask(struct proof *proof, bool *can)
{
    const struct askers *askers = &proof->askers;
    bool guest = true, user = true;
    bool ok = admission_can(proof->inspection, &askers->items[0], &guest, proof->error) &&
              (askers->count == 1 ||
               admission_can(proof->inspection, &askers->items[1], &user, proof->error));
    *can = guest && user;
    return ok;
}

static bool prove(struct proof *proof)
{
    struct verification *verification = proof->inspection->verification;
    const struct project *project = verification->project;
    bool can = false;
    if (!askers_pick(&proof->askers, verification, proof->access, proof->error))
        return false;
    bool ok = can_ask(proof, &can);
    if (proof->askers.left_out > 0)
        inspection_remark(proof->inspection, "%" PRId64 " users who were looked at are not in the "
                          "target, and were not asked as", proof->askers.left_out);
    for (size_t m = 0; ok && can && m < project->mapping_count; m++) {
        proof->entity = project->mappings[m];
        const struct catalog_entity *collection = collection_of(proof, proof->entity);
        ok = proof->entity->access != proof->access || collection == NULL ||
             prove_entity(proof, collection);
    }
    askers_release(&proof->askers);
    return ok;
}

/* What keeps the level from its end, but is no fault of the program, is a doubt. */
static bool is_doubt(struct inspection *inspection, struct error *error)
{
    if (error->code == ERROR_BUG || error->code == ERROR_USAGE)
        return false;
    query_hint_rights(error);
    inspection_doubt(inspection, "%s%s%s", error->message, error->hint[0] != '\0' ? "; next: " : "",
                     error->hint);
    return true;
}

bool level_access(struct verification *verification, struct error *error)
{
    const struct project *project = verification->project;
    struct inspection inspection;
    struct proof proof = {.inspection = &inspection, .error = error};
    inspection_begin(&inspection, verification, LEVEL_ACCESS);
    buffer_init(&proof.key);
    bool ok = project->access_count == 0 ||
              (amended_read(&proof.amended, verification, error) &&
               known_ids_make(&proof.known, verification, error));
    for (size_t i = 0; ok && i < project->access_count; i++) {
        proof.access = &project->accesses[i];
        ok = prove(&proof);
    }
    ok = ok || is_doubt(&inspection, error);
    buffer_release(&proof.key);
    if (project->access_count > 0) {
        amended_release(&proof.amended);
        known_ids_release(&proof.known);
    }
    return inspection_close(&inspection, ok, error);
}
