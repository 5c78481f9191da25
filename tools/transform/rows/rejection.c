#include "rejection.h"
#include "copy_text.h"
#include "document.h"
#include "graduate/record.h"
#include "tuple_text.h"

#include <stdlib.h>
#include <string.h>

const char *const reject_fields[REJECT_FIELDS] = {"entity", "key",   "path",  "message",
                                                  "record", "paths", "digest"};

bool rejection_init(struct rejection *rejection, size_t outputs, struct error *error)
{
    *rejection = (struct rejection){0};
    buffer_init(&rejection->tuples);
    buffer_init(&rejection->account);
    buffer_init(&rejection->after);
    buffer_init(&rejection->refusables);
    rejection->lengths = calloc(outputs + 1, sizeof *rejection->lengths);
    rejection->rows = calloc(outputs + 1, sizeof *rejection->rows);
    return (rejection->lengths != NULL && rejection->rows != NULL) || error_memory(error);
}

void rejection_release(struct rejection *rejection)
{
    buffer_release(&rejection->tuples);
    buffer_release(&rejection->account);
    buffer_release(&rejection->after);
    buffer_release(&rejection->refusables);
    free(rejection->lengths);
    free(rejection->rows);
}

void rejection_clear(struct rejection *rejection)
{
    buffer_clear(&rejection->tuples);
    buffer_clear(&rejection->refusables);
    rejection->records = rejection->refusable = 0;
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

void rejection_take_values_back(const struct rejection *rejection, struct plan *plan)
{
    size_t size = sizeof plan->paths.paths->values;
    for (size_t i = 0; i < plan->paths.count; i++) {
        if ((i + 1) * size <= rejection->account.length)
            memcpy(plan->paths.paths[i].values, rejection->account.data + i * size, size);
        else /* the record brought it */
            memset(plan->paths.paths[i].values, 0, size);
    }
}

static void take_back(struct rows *rows, struct plan *plan)
{
    const struct rejection *rejection = &rows->rejection;
    for (size_t i = 0; i < rows->count; i++) {
        struct buffer *tuples = &rows->lists[i].tuples;
        tuples->length = tuples->failed ? tuples->length : rejection->lengths[i];
        rows->lists[i].rows = rejection->rows[i];
    }
    losses_return(&plan->losses, &rejection->losses);
    plan->losses.hex_ids = rejection->hex_ids;
    rejection_take_values_back(rejection, plan);
}

bool rejection_count_values(const struct rejection *rejection, const struct plan *plan,
                            bson_t *paths)
{
    return path_account_put_since(
        &plan->paths, (const int64_t(*)[FATE_COUNT])(void *)rejection->account.data,
        rejection->account.length / sizeof plan->paths.paths->values, paths);
}

/* {"title": {"seen": 1, "rejected": 1}, ...} */
static char *count_values(const struct rejection *rejection, const struct plan *plan)
{
    bson_t paths = BSON_INITIALIZER;
    char *json = rejection_count_values(rejection, plan, &paths)
                     ? bson_as_relaxed_extended_json(&paths, NULL)
                     : NULL;
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

bool rejection_is_asked(const struct plan *plan, const struct error *error)
{
    const struct mending *mending = &plan->mending;
    bool misfit =
        mending->refused && mapping_remedy(mending->remedies, mending->kind) == REMEDY_REJECT;
    return plan->entity->rejects && error->code == ERROR_DATA && (misfit || mending->dangles);
}

bool rejection_take(struct rows *rows, struct plan *plan, const struct value *record,
                    const char *key, struct error *error)
{
    struct buffer text;
    if (!rejection_is_asked(plan, error))
        return false;
    buffer_init(&text);
    if (plan->tuples.catalog != NULL ? tuple_text(&plan->tuples, &text, error)
                                     : record_text(record->bytes, record->length, &text, error))
        set_aside(rows, plan, record, key, buffer_text(&text), error);
    buffer_release(&text);
    return error->code == ERROR_NONE;
}
