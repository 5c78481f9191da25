/* A batch of records, one by one, and their rows. */
#include "expect_rows.h"

#include "graduate/record.h"

#include <stdlib.h>
#include <string.h>

static bool name_record(const struct expectation *e, const struct item *record, struct error *error)
{
    char key[160];
    struct item id = item_find(record, "_id");
    if (id.value.value_type == BSON_TYPE_EOD)
        id = item_find(record, "$id");
    item_brief(&id, key, sizeof key);
    return error_at(error, e->entity->name, key, NULL);
}

static bool documents_each(struct expectation *e, const uint8_t *payload, size_t length,
                           record_visit visit, void *context, struct error *error)
{
    const uint8_t *end = payload + length;
    while (payload < end) {
        uint32_t size = end - payload >= 5 ? get_le32(payload) : 0;
        struct item record = {.value = {.value_type = BSON_TYPE_DOCUMENT}, .dates = &e->dates};
        if (size < 5 || size > (size_t)(end - payload))
            return error_set(error, ERROR_SOURCE, "a document lies about its length");
        memcpy(&record.value.value.v_doc.data, &payload, sizeof payload); /* it is only read */
        record.value.value.v_doc.data_len = size;
        struct item opened = record;
        e->given = payload;
        e->given_length = size;
        bool ok = expect_open_json(e, &opened, error) && visit(e, &opened, context, error);
        arena_release(&e->texts);
        if (!ok)
            return name_record(e, &record, error);
        payload += size;
    }
    return true;
}

bool records_each(struct expectation *e, const uint8_t *payload, size_t length, record_visit visit,
                  void *context, struct error *error)
{
    return e->catalog != NULL ? tuples_each(e, payload, length, visit, context, error)
                              : documents_each(e, payload, length, visit, context, error);
}

struct batch {
    const struct delivery *delivery;
    int64_t *records, *filtered;
};

/* The first of those with the digest that no record was found for yet: rows of a table without a
 * key may be the same. NULL: none. */
static const struct expect_correction *find_correction(struct expectation *e, const char *digest)
{
    size_t low = 0, high = e->correction_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(e->corrections[middle].digest, digest) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    while (low < e->correction_count && e->corrected[low] &&
           strcmp(e->corrections[low].digest, digest) == 0)
        low++;
    if (low == e->correction_count || strcmp(e->corrections[low].digest, digest) != 0)
        return NULL;
    e->corrected[low] = true;
    return &e->corrections[low];
}

/* What stands in the record's place; *record stays what it is where nothing does. */
static bool correct(struct expectation *e, struct item *record, struct error *error)
{
    char digest[RECORD_DIGEST_SIZE];
    e->refused = e->by_hand = false;
    if (e->correction_count == 0)
        return true;
    if (e->corrected == NULL)
        e->corrected = calloc(e->correction_count, sizeof *e->corrected);
    if (e->corrected == NULL)
        return error_memory(error);
    if (!record_digest(e->given, e->given_length, digest, error))
        return false;
    const struct expect_correction *found = find_correction(e, digest);
    e->refused = found != NULL && found->record == NULL;
    e->by_hand = found != NULL && !e->refused;
    if (found == NULL || e->refused)
        return true;
    if (e->catalog != NULL)
        return tuples_take(e, found->record, found->length, record, error);
    memcpy(&record->value.value.v_doc.data, &found->record, sizeof found->record);
    record->value.value.v_doc.data_len = (uint32_t)found->length;
    return expect_open_json(e, record, error);
}

static bool take_record(struct expectation *e, const struct item *record, void *context,
                        struct error *error)
{
    const struct batch *batch = context;
    struct item as_loaded = *record;
    bool out = false;
    if (!correct(e, &as_loaded, error) ||
        !expect_record(e, &as_loaded, &out, batch->delivery)) /* which has the error */
        return false;
    ++*batch->records;
    *batch->filtered += out;
    return true;
}

bool expectation_batch(struct expectation *expectation, const uint8_t *payload, size_t length,
                       expect_callback callback, void *context, int64_t *records, int64_t *filtered,
                       struct error *error)
{
    const struct delivery delivery = {callback, context, error};
    struct batch batch = {&delivery, records, filtered};
    return records_each(expectation, payload, length, take_record, &batch, error);
}
