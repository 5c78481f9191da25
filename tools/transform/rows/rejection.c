#include "rejection.h"
#include "copy_text.h"
#include "document.h"
#include "graduate/digest.h"

#include <stdlib.h>
#include <string.h>

const char *const reject_fields[REJECT_FIELDS] = {"entity", "key",   "path",  "message",
                                                  "record", "paths", "digest"};

bool rejection_init(struct rejection *rejection, size_t outputs, struct error *error)
{
    *rejection = (struct rejection){0};
    buffer_init(&rejection->tuples);
    buffer_init(&rejection->account);
    rejection->lengths = calloc(outputs + 1, sizeof *rejection->lengths);
    rejection->rows = calloc(outputs + 1, sizeof *rejection->rows);
    return (rejection->lengths != NULL && rejection->rows != NULL) || error_memory(error);
}

void rejection_release(struct rejection *rejection)
{
    buffer_release(&rejection->tuples);
    buffer_release(&rejection->account);
    free(rejection->lengths);
    free(rejection->rows);
}

void rejection_clear(struct rejection *rejection)
{
    buffer_clear(&rejection->tuples);
    rejection->records = 0;
}

bool rejection_mark(struct rows *rows, struct plan *plan, struct error *error)
{
    struct rejection *rejection = &rows->rejection;
    plan->mending = (struct mending){0};
    for (size_t i = 0; i < rows->count; i++) {
        rejection->lengths[i] = rows->lists[i].tuples.length;
        rejection->rows[i] = rows->lists[i].rows;
    }
    rejection->losses = losses_mark(&plan->losses);
    rejection->hex_ids = plan->losses.hex_ids;
    buffer_clear(&rejection->account);
    for (size_t i = 0; i < plan->paths.count; i++)
        buffer_put(&rejection->account, plan->paths.paths[i].values,
                   sizeof plan->paths.paths[i].values);
    return buffer_ok(&rejection->account, error);
}

static void take_back(struct rows *rows, struct plan *plan)
{
    const struct rejection *rejection = &rows->rejection;
    size_t size = sizeof plan->paths.paths->values;
    for (size_t i = 0; i < rows->count; i++) {
        struct buffer *tuples = &rows->lists[i].tuples;
        tuples->length = tuples->failed ? tuples->length : rejection->lengths[i];
        rows->lists[i].rows = rejection->rows[i];
    }
    losses_return(&plan->losses, &rejection->losses);
    plan->losses.hex_ids = rejection->hex_ids;
    for (size_t i = 0; i < plan->paths.count; i++) {
        if ((i + 1) * size <= rejection->account.length)
            memcpy(plan->paths.paths[i].values, rejection->account.data + i * size, size);
        else /* the record brought it */
            memset(plan->paths.paths[i].values, 0, size);
    }
}

/* Canonical Extended JSON; of a record that is none (its texts are no UTF-8) its bytes. */
static bool put_record(struct buffer *out, struct losses *losses, const struct value *record,
                       struct error *error)
{
    bson_t document;
    char *json = bson_init_static(&document, record->bytes, record->length)
                     ? bson_as_canonical_extended_json(&document, NULL)
                     : NULL;
    if (json != NULL) {
        buffer_puts(out, json);
        bson_free(json);
        return true;
    }
    struct json_writer writer;
    const struct value bytes = {
        .type = BSON_TYPE_BINARY, .bytes = record->bytes, .length = record->length};
    json_writer_init(&writer, out, losses, "", false);
    return json_write_value(&writer, &bytes, error);
}

/* What the record's values count as, now that it is set aside: {"title": {"seen": 1, ...}}. */
static char *count_values(const struct rejection *rejection, const struct plan *plan)
{
    bson_t paths;
    bson_init(&paths);
    bool ok = path_account_put_since(
        &plan->paths, (const int64_t(*)[FATE_COUNT])(void *)rejection->account.data,
        rejection->account.length / sizeof plan->paths.paths->values, &paths);
    char *json = ok ? bson_as_relaxed_extended_json(&paths, NULL) : NULL;
    bson_destroy(&paths);
    return json;
}

static bool set_aside(struct rows *rows, struct plan *plan, const struct value *record,
                      const char *key, const char *text, struct error *error)
{
    struct rejection *rejection = &rows->rejection;
    char digest[RECORD_DIGEST_SIZE];
    take_back(rows, plan);
    document_set_aside(&plan->scopes[0], &plan->paths, FATE_REJECTED);
    char *paths = count_values(rejection, plan);
    if (paths == NULL || !record_digest(record->bytes, record->length, digest, error)) {
        bson_free(paths);
        return error_memory(error);
    }
    const char *const fields[REJECT_FIELDS] = {
        plan->entity->name, key, error->path, error->message, text, paths, digest};
    copy_texts(&rejection->tuples, fields, REJECT_FIELDS);
    rejection->records++;
    bson_free(paths);
    *error = (struct error){0};
    return true;
}

bool rejection_take(struct rows *rows, struct plan *plan, const struct value *record,
                    const char *key, struct error *error)
{
    const struct mending *mending = &plan->mending;
    struct buffer text;
    bool misfit =
        mending->refused && mapping_remedy(mending->remedies, mending->kind) == REMEDY_REJECT;
    if (!plan->entity->rejects || error->code != ERROR_DATA || !(misfit || mending->dangles))
        return false;
    buffer_init(&text);
    if (put_record(&text, &plan->losses, record, error) && buffer_ok(&text, error))
        set_aside(rows, plan, record, key, buffer_text(&text), error);
    buffer_release(&text);
    return error->code == ERROR_NONE;
}
