/* A batch of documents, record by record. */
#include "expect_row.h"

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

bool documents_batch(struct expectation *e, const uint8_t *payload, size_t length,
                     expect_callback callback, void *context, int64_t *records, int64_t *filtered,
                     struct error *error)
{
    const struct delivery delivery = {callback, context, error};
    const uint8_t *end = payload + length;
    for (; payload < end; ++*records) {
        uint32_t size = end - payload >= 5 ? get_le32(payload) : 0;
        struct item record = {.value = {.value_type = BSON_TYPE_DOCUMENT}};
        bool out = false;
        if (size < 5 || size > (size_t)(end - payload))
            return error_set(error, ERROR_SOURCE, "a document lies about its length");
        memcpy(&record.value.value.v_doc.data, &payload, sizeof payload); /* it is only read */
        record.value.value.v_doc.data_len = size;
        bool ok = expect_record(e, &record, &out, &delivery);
        arena_release(&e->texts);
        if (!ok)
            return name_record(e, &record, error);
        *filtered += out;
        payload += size;
    }
    return true;
}
